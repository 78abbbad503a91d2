//! Connections: the part of the compiler that pages a list for each parent.

use async_graphql::{
    Value,
    parser::types::{Field as Node, SelectionSet},
};

use super::{
    bound::Bound,
    compile::{Compiler, Row},
    compile_ways::way,
    condition::{Condition, Way},
    page_args::PAGE_ARGS,
    pages::{Position, Window},
    plan::{EdgeOut, Out, PageInfoOut, PageOut, PagePlan, Subject},
    projection::{Projection, Relation, Sort, Source},
};
use crate::{
    access::uses::FilterName,
    error::Result,
    schema::selection::{Document, Groups},
};

/// Lengths of a page that the text of a statement may say. For each further one a session of the database keeps a plan more.
const USUAL: [usize; 12] = [0, 1, 2, 3, 5, 10, 20, 25, 50, 100, 500, 1_000];

/// Most selections of one connection's records, under several aliases: each is a cell of the row.
const MAX_OBJECTS: usize = 80;

/// A connection's selection: its plan so far, and the selection sets of each object in a row.
struct Selected<'a> {
    plan: PagePlan,
    objects: Vec<Vec<&'a SelectionSet>>,
}

impl<'a> Compiler<'a> {
    /// The cell of a connection: its rows, or `[rows, total]`. `parent`: the row and relation it hangs on; none for a root.
    pub fn page(
        &mut self,
        parent: Option<(Row, &'static Relation)>,
        to: &'static Projection,
        sort: Sort,
        window: &Window<Bound>,
        conditions: Vec<Condition>,
        sets: &[&'a SelectionSet],
    ) -> Result<Out> {
        let mut selected = self.connection(to, sets);
        if selected.objects.len() > MAX_OBJECTS {
            return Err(crate::schema::too_many("nodes", selected.objects.len(), MAX_OBJECTS));
        }
        selected.plan.tag = sort.tag;
        selected.plan.limit = window.limit;
        selected.plan.backward = window.backward;
        selected.plan.has_opposite = if window.backward { window.before.is_some() } else { window.after.is_some() };
        self.uses.personal |= to.personal;
        if to.personal && selected.plan.has_cursors {
            self.uses.allowed.push((to.name, sort.field(to)));
            selected.plan.subject = to.subject().map(|type_name| Subject { type_name, denied: false });
        }
        if !selected.plan.is_counted() {
            self.rows(parent, to, sort, window, conditions, &mut selected)?;
            return Ok(Out::Page(Box::new(selected.plan)));
        }
        self.push(self.setting.dialect.json_array());
        let total = conditions.clone();
        if selected.plan.has_rows {
            self.rows(parent, to, sort, window, conditions, &mut selected)?;
        } else {
            self.push("NULL");
        }
        self.push(",");
        if selected.plan.has_total {
            self.quick = false;
            let row = self.row(to);
            self.counting = parent.is_none();
            self.total(parent, row, total);
            self.counting = false;
        } else {
            self.push("NULL");
        }
        self.push(")");
        Ok(Out::Page(Box::new(selected.plan)))
    }

    fn rows(
        &mut self,
        parent: Option<(Row, &'static Relation)>,
        to: &'static Projection,
        sort: Sort,
        window: &Window<Bound>,
        conditions: Vec<Condition>,
        selected: &mut Selected<'a>,
    ) -> Result<()> {
        let row = self.row(to);
        let (open, close) = self.setting.dialect.json_cell();
        self.push(open);
        let (gather, gathered) = self.setting.dialect.json_rows();
        self.push(gather);
        selected.plan.bare = !selected.plan.has_cursors && selected.objects.len() == 1;
        let bare = selected.plan.bare;
        if !bare {
            self.push(self.setting.dialect.json_array());
            match sort.column {
                Some((column, _)) => self.template(&format!("{{t}}.{column},{{t}}.id"), row, None),
                None => self.template("NULL,{t}.id", row, None),
            }
        }
        for sets in std::mem::take(&mut selected.objects) {
            self.push(if bare { "" } else { "," });
            let object = self.nested(row, &sets)?;
            selected.plan.objects.push(object);
        }
        self.push(if bare { " AS j" } else { ") AS j" });
        match way(&conditions).filter(|way| parent.is_none() && way.serves(sort)) {
            Some(Way::Keys(by_keys)) => self.found(row, sort, window, conditions, by_keys),
            Some(Way::Parts(parts)) => self.parts(row, sort, window, &conditions, parts),
            None => {
                self.source(parent, row);
                self.conditions(row, conditions);
                self.bounded(row, sort, window);
            }
        }
        self.push(gathered);
        self.push(close);
        Ok(())
    }

    /// ` AND … ORDER BY … LIMIT …` of a page.
    pub(super) fn bounded(&mut self, row: Row, sort: Sort, window: &Window<Bound>) {
        for (position, after) in [(&window.after, true), (&window.before, false)] {
            if let Some(position) = position {
                self.keyset(row, sort, position, after != sort.descending);
            }
        }
        self.ordered(row, sort, window);
    }

    pub(super) fn ordered(&mut self, row: Row, sort: Sort, window: &Window<Bound>) {
        self.order(row, sort, sort.descending != window.backward);
        self.push(" LIMIT ");
        self.limit(window);
    }

    /// PostgreSQL takes a limit that it isn't told for a tenth of the rows: what it plans then looks dear, and it plans anew for
    /// each set of values. That is worth its time where the best plan hangs on them, and only there.
    pub(super) fn limit(&mut self, window: &Window<Bound>) {
        let limit = window.limit + 1;
        if window.one_plan && USUAL.contains(&window.limit) {
            self.push(&limit.to_string());
        } else {
            self.bind(i64::try_from(limit).unwrap_or(i64::MAX).into());
        }
    }

    /// `FROM … WHERE …` of a connection.
    pub(super) fn source(&mut self, parent: Option<(Row, &'static Relation)>, row: Row) {
        match parent {
            Some((parent, relation)) => self.related(parent, relation, row),
            None => {
                self.from(row, "", row);
                self.push(" WHERE TRUE");
                self.visible(row, None);
            }
        }
    }

    /// Beyond a position: `(key, id) > (…)`, or below it.
    fn keyset(&mut self, row: Row, sort: Sort, position: &Position<Bound>, above: bool) {
        let sign = if above { ">" } else { "<" };
        match (sort.column, &position.key) {
            (Some((column, _)), Some(key)) => {
                self.push(&format!(" AND (t{}.{column}, t{}.id) {sign} (", row.alias, row.alias));
                self.bind_as(key.clone());
                self.push(", ");
                self.bind_as(position.id.clone());
                self.push(")");
            }
            _ => {
                self.push(&format!(" AND t{}.id {sign} ", row.alias));
                self.bind_as(position.id.clone());
            }
        }
    }

    fn order(&mut self, row: Row, sort: Sort, descending: bool) {
        let direction = if descending { " DESC" } else { "" };
        self.push(" ORDER BY ");
        if let Some((column, _)) = sort.column {
            self.push(&format!("t{}.{column}{direction}, ", row.alias));
        }
        self.push(&format!("t{}.id{direction}", row.alias));
    }

    fn connection(&self, to: &'static Projection, sets: &[&'a SelectionSet]) -> Selected<'a> {
        let type_name = to.connection();
        let groups = self.groups(sets, &type_name);
        let mut selected = Selected { plan: PagePlan { type_name, ..PagePlan::default() }, objects: Vec::new() };
        for (key, nodes) in groups {
            let sets: Vec<_> = nodes.iter().map(|node| &node.node.selection_set.node).collect();
            let out = match nodes.first().map(|node| node.node.name.node.as_str()) {
                Some("edges") => PageOut::Edges(self.edges(to, &sets, &mut selected.objects)),
                Some("nodes") => {
                    selected.objects.push(sets);
                    PageOut::Nodes(selected.objects.len() - 1)
                }
                Some("pageInfo") => PageOut::PageInfo(self.page_info(&sets)),
                Some("totalCount") => PageOut::TotalCount,
                _ => PageOut::TypeName,
            };
            selected.plan.has_cursors |= match &out {
                PageOut::Edges(slots) => slots.iter().any(|(_, out)| matches!(out, EdgeOut::Cursor)),
                PageOut::PageInfo(slots) => {
                    slots.iter().any(|(_, out)| matches!(out, PageInfoOut::StartCursor | PageInfoOut::EndCursor))
                }
                PageOut::Nodes(_) | PageOut::TotalCount | PageOut::TypeName => false,
            };
            selected.plan.has_total |= matches!(out, PageOut::TotalCount);
            selected.plan.has_rows |= matches!(out, PageOut::Edges(_) | PageOut::Nodes(_) | PageOut::PageInfo(_));
            selected.plan.slots.push((key.to_owned(), out));
        }
        selected
    }

    fn edges(
        &self,
        to: &'static Projection,
        sets: &[&'a SelectionSet],
        objects: &mut Vec<Vec<&'a SelectionSet>>,
    ) -> Vec<(String, EdgeOut)> {
        let groups = self.groups(sets, &format!("{}Edge", to.name));
        let edges = groups.into_iter().map(|(key, nodes)| {
            let out = match nodes.first().map(|node| node.node.name.node.as_str()) {
                Some("cursor") => EdgeOut::Cursor,
                Some("node") => {
                    objects.push(nodes.iter().map(|node| &node.node.selection_set.node).collect());
                    EdgeOut::Node(objects.len() - 1)
                }
                _ => EdgeOut::TypeName,
            };
            (key.to_owned(), out)
        });
        edges.collect()
    }

    fn page_info(&self, sets: &[&'a SelectionSet]) -> Vec<(String, PageInfoOut)> {
        let groups = self.groups(sets, "PageInfo");
        let infos = groups.into_iter().map(|(key, nodes)| {
            let out = match nodes.first().map(|node| node.node.name.node.as_str()) {
                Some("hasNextPage") => PageInfoOut::HasNextPage,
                Some("hasPreviousPage") => PageInfoOut::HasPreviousPage,
                Some("startCursor") => PageInfoOut::StartCursor,
                Some("endCursor") => PageInfoOut::EndCursor,
                _ => PageInfoOut::TypeName,
            };
            (key.to_owned(), out)
        });
        infos.collect()
    }

    fn groups(&self, sets: &[&'a SelectionSet], type_name: &str) -> Groups<'a> {
        self.setting.document.collect(sets.iter().copied(), &|on| on == type_name)
    }
}

/// What a list of records on persons is narrowed by: each key of its filter, each argument that isn't the page's or the
/// order.
pub fn narrowed(document: Document<'_>, to: &'static Projection, node: &Node) -> Vec<FilterName> {
    let mut filters = Vec::new();
    if !to.personal {
        return filters;
    }
    for (name, _) in &node.arguments {
        let name = name.node.as_str();
        match document.argument(node, name) {
            None | Some(Value::Null) => {}
            Some(Value::Object(keys)) if name == "filter" => {
                let given = keys.into_iter().filter(|(_, value)| *value != Value::Null);
                filters.extend(given.map(|(key, _)| (to.name, key.to_string())));
            }
            Some(_) if name == "orderBy" || PAGE_ARGS.iter().any(|arg| arg.name == name) => {}
            Some(_) => filters.push((to.name, name.to_owned())),
        }
    }
    filters
}

impl Sort {
    /// The field that a cursor of this order tells.
    fn field(&self, of: &Projection) -> &'static str {
        let Some((sorted, _)) = self.column else { return "id" };
        let tells = |source: &Source| matches!(source, Source::Column(column, _) if *column == sorted);
        of.fields.iter().find(|field| tells(&field.source)).map_or(sorted, |field| field.name)
    }
}
