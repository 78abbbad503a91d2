//! Connections: the part of the shaper that makes edges, nodes and page info of one list of rows.

use async_graphql::PathSegment;

use super::{
    cells::Cells,
    pages,
    plan::{EdgeOut, ObjectPlan, PageInfoOut, PageOut, PagePlan},
    shape::{Shaped, Shaper, Stop},
};

/// One row of a page: its place in the order, and the cells of its objects.
struct PageRow<'t> {
    key: Option<&'t str>,
    id: &'t str,
    objects: Vec<&'t str>,
}

struct Page<'p, 't> {
    plan: &'p PagePlan,
    rows: Vec<PageRow<'t>>,
    has_more: bool,
    total: &'t str,
}

impl Shaper<'_> {
    pub fn page(&mut self, plan: &PagePlan, cells: &mut Cells<'_>) -> Shaped {
        if let ([(key, PageOut::Nodes(_))], [object]) = (plan.slots.as_slice(), plan.objects.as_slice())
            && plan.bare
            && !plan.is_counted()
            && !plan.backward
        {
            return self.nodes(plan, key, object, cells);
        }
        let page = read(plan, cells)?;
        self.out.push('{');
        for (index, (key, out)) in plan.slots.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.key(key);
            self.path.push(PathSegment::Field(key.clone()));
            let written = self.part(&page, out);
            self.path.pop();
            written?;
        }
        self.out.push('}');
        self.measure()
    }

    /// A page of which nothing but its records is asked, in one go: where each ends needn't be found out before.
    fn nodes(&mut self, plan: &PagePlan, key: &str, object: &ObjectPlan, cells: &mut Cells<'_>) -> Shaped {
        self.out.push('{');
        self.key(key);
        self.path.push(PathSegment::Field(key.to_owned()));
        let written = self.up_to(plan.limit, object, cells);
        self.path.pop();
        written?;
        self.out.push('}');
        self.measure()
    }

    /// A list without what is beyond a limit, which only tells that there is more.
    fn up_to(&mut self, limit: usize, object: &ObjectPlan, cells: &mut Cells<'_>) -> Shaped {
        self.out.push('[');
        let mut index = 0;
        if cells.enter()? {
            while cells.more() {
                if index == limit {
                    cells.value()?;
                    continue;
                }
                self.out.push_str(if index > 0 { "," } else { "" });
                self.path.push(PathSegment::Index(index));
                let written = self.object(object, cells);
                self.path.pop();
                written?;
                index += 1;
            }
            cells.leave()?;
        }
        self.out.push(']');
        Ok(())
    }

    fn part(&mut self, page: &Page<'_, '_>, out: &PageOut) -> Shaped {
        match out {
            PageOut::TypeName => self.text(&page.plan.type_name),
            PageOut::TotalCount => self.out.push_str(page.total),
            PageOut::PageInfo(slots) => self.page_info(page, slots),
            PageOut::Nodes(object) => {
                self.each(page, |shaper, row| shaper.node(page, row, *object))?;
            }
            PageOut::Edges(slots) => {
                self.each(page, |shaper, row| shaper.edge(page, row, slots))?;
            }
        }
        Ok(())
    }

    fn each(&mut self, page: &Page<'_, '_>, mut write: impl FnMut(&mut Self, &PageRow<'_>) -> Shaped) -> Shaped {
        self.out.push('[');
        for (index, row) in page.rows.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.path.push(PathSegment::Index(index));
            let written = write(self, row);
            self.path.pop();
            written?;
        }
        self.out.push(']');
        Ok(())
    }

    fn node(&mut self, page: &Page<'_, '_>, row: &PageRow<'_>, object: usize) -> Shaped {
        let plan = page.plan.objects.get(object).ok_or(Stop::Malformed)?;
        let text = row.objects.get(object).ok_or(Stop::Malformed)?;
        self.object(plan, &mut Cells::new(text))
    }

    fn edge(&mut self, page: &Page<'_, '_>, row: &PageRow<'_>, slots: &[(String, EdgeOut)]) -> Shaped {
        self.out.push('{');
        for (index, (key, out)) in slots.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.key(key);
            match out {
                EdgeOut::TypeName => {
                    let name = page.plan.type_name.replace("Connection", "Edge");
                    self.text(&name);
                }
                EdgeOut::Cursor => self.cursor(page, Some(row)),
                EdgeOut::Node(object) => {
                    self.path.push(PathSegment::Field(key.clone()));
                    let written = self.node(page, row, *object);
                    self.path.pop();
                    written?;
                }
            }
        }
        self.out.push('}');
        self.measure()
    }

    fn cursor(&mut self, page: &Page<'_, '_>, row: Option<&PageRow<'_>>) {
        match row {
            Some(row) => {
                if let Some(subject) = page.plan.subject {
                    self.note(subject, row.id);
                }
                self.out.push('"');
                pages::encode(page.plan.tag, row.key, row.id, &mut self.out);
                self.out.push('"');
            }
            None => self.out.push_str("null"),
        }
    }

    fn page_info(&mut self, page: &Page<'_, '_>, slots: &[(String, PageInfoOut)]) {
        let (forward, opposite) = (page.has_more, page.plan.has_opposite);
        let (next, previous) = if page.plan.backward { (opposite, forward) } else { (forward, opposite) };
        self.out.push('{');
        for (index, (key, out)) in slots.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.key(key);
            match out {
                PageInfoOut::TypeName => self.text("PageInfo"),
                PageInfoOut::HasNextPage => self.out.push_str(if next { "true" } else { "false" }),
                PageInfoOut::HasPreviousPage => self.out.push_str(if previous { "true" } else { "false" }),
                PageInfoOut::StartCursor => self.cursor(page, page.rows.first()),
                PageInfoOut::EndCursor => self.cursor(page, page.rows.last()),
            }
        }
        self.out.push('}');
    }
}

/// Reads the rows, or `[rows, total]`: the rows in forward order, without the one that only tells that there are more.
fn read<'p, 't>(plan: &'p PagePlan, cells: &mut Cells<'t>) -> Shaped<Page<'p, 't>> {
    let counted = plan.is_counted();
    if counted && !cells.enter()? {
        return Err(Stop::Null);
    }
    let mut rows = Vec::new();
    if cells.enter()? {
        while cells.more() {
            rows.push(row(plan, cells)?);
        }
        cells.leave()?;
    }
    let total = if counted { cells.value()? } else { "null" };
    if counted {
        cells.leave()?;
    }
    let has_more = rows.len() > plan.limit;
    rows.truncate(plan.limit);
    if plan.backward {
        rows.reverse();
    }
    Ok(Page { plan, rows, has_more, total })
}

fn row<'t>(plan: &PagePlan, cells: &mut Cells<'t>) -> Shaped<PageRow<'t>> {
    if plan.bare {
        return Ok(PageRow { key: None, id: "null", objects: vec![cells.value()?] });
    }
    cells.enter()?;
    let key = Some(cells.value()?).filter(|key| *key != "null");
    let id = cells.value()?;
    let objects = plan.objects.iter().map(|_| cells.value()).collect::<Result<Vec<_>, _>>()?;
    cells.leave()?;
    Ok(PageRow { key, id, objects })
}
