//! Objects: an array of their cells in JSON, or where one has scalars alone an array of texts, on PostgreSQL. `json_build_array`
//! looks the type of each argument up anew for each row, a cast is settled with the plan, and a list of such arrays is made JSON in
//! one go.

use async_graphql::{
    Positioned,
    parser::types::{Field as Node, SelectionSet},
};

use super::{
    compile::{Compiler, Row},
    plan::{ObjectPlan, Out},
    projection::{Field, Leaf, Projection, Source},
};
use crate::{db::Dialect, error::Result, schema::selection::Groups};

impl<'a> Compiler<'a> {
    /// The cells of an object as a JSON array.
    pub fn object(&mut self, row: Row, sets: &[&'a SelectionSet]) -> Result<ObjectPlan> {
        let groups = self.fields_of(row.projection, sets);
        self.array(row, groups)
    }

    /// The same within a list or in a cell, where it may be an array of texts.
    pub(super) fn nested(&mut self, row: Row, sets: &[&'a SelectionSet]) -> Result<ObjectPlan> {
        self.quick &= !row.projection.lettered;
        let groups = self.fields_of(row.projection, sets);
        if self.fits_texts(row.projection, &groups) { self.texts(row, groups) } else { self.array(row, groups) }
    }

    fn fields_of(&self, projection: &Projection, sets: &[&'a SelectionSet]) -> Groups<'a> {
        let applies = |on: &str| on == projection.name || (projection.node && on == "Node");
        self.setting.document.collect(sets.iter().copied(), &applies)
    }

    fn array(&mut self, row: Row, groups: Groups<'a>) -> Result<ObjectPlan> {
        let projection = row.projection;
        let chunk = (groups.len() > Dialect::JSON_ARGUMENTS).then_some(Dialect::JSON_ARGUMENTS);
        let open = self.setting.dialect.json_array();
        let mut plan = ObjectPlan { slots: Vec::with_capacity(groups.len()), chunk, ..ObjectPlan::default() };
        self.push(open);
        let mut cells = 0;
        let subject = self.subject(projection, &groups);
        if subject.is_some() {
            self.push(if chunk.is_some() { open } else { "" });
            self.template("{t}.id", row, None);
            plan.keyed = true;
            cells += 1;
        }
        for (key, nodes) in groups {
            let start = self.sql.len();
            let slot = self.slot(row, key, &nodes, plan.keyed)?;
            if self.sql.len() > start {
                let separator = match chunk {
                    Some(_) if cells == 0 => open,
                    Some(size) if cells % size == 0 => &format!("),{open}"),
                    _ if cells > 0 => ",",
                    _ => "",
                };
                self.sql.insert_str(start, separator);
                cells += 1;
            }
            plan.slots.push(slot);
        }
        self.push(if chunk.is_some() && cells > 0 { "))" } else { ")" });
        plan.tells_of(subject);
        Ok(plan)
    }

    /// The type of the record that an object tells of, where it is of a person or a household.
    pub(super) fn subject(&mut self, projection: &Projection, groups: &Groups<'a>) -> Option<&'static str> {
        let sums = groups.iter().any(|(_, nodes)| sums(projection, nodes));
        self.uses.personal |= projection.personal || sums;
        projection.subject_with(sums)
    }

    /// Whether each field of the selection is a cell that a text can stand for, and there is one. Ids with letters are told
    /// from numbers by their quotes.
    pub(super) fn fits_texts(&self, projection: &Projection, groups: &Groups<'a>) -> bool {
        let mut cells = usize::from(projection.subject().is_some());
        let fits = groups.iter().all(|(_, nodes)| match selected(projection, nodes) {
            Some(field) => {
                cells += usize::from(self.refused(field).is_none());
                self.is_text(field)
            }
            None => true,
        });
        self.setting.dialect == Dialect::Postgres && !projection.lettered && fits && cells > 0
    }

    fn is_text(&self, field: &'static Field) -> bool {
        match field.source_for(&self.setting.rights) {
            Source::Id => true,
            Source::Column(_, leaf) | Source::Sql { leaf, .. } => {
                matches!(leaf, Leaf::Set(_)) || !field.ty.starts_with('[')
            }
            _ => false,
        }
    }

    /// The cells of an object as an array of texts.
    pub(super) fn texts(&mut self, row: Row, groups: Groups<'a>) -> Result<ObjectPlan> {
        let slots = Vec::with_capacity(groups.len());
        let mut plan = ObjectPlan { slots, texts: true, ..ObjectPlan::default() };
        let subject = self.subject(row.projection, &groups);
        self.push("ARRAY[");
        if subject.is_some() {
            self.template("{t}.id::text", row, None);
            plan.keyed = true;
        }
        let mut first = !plan.keyed;
        for (key, nodes) in groups {
            let start = self.sql.len();
            let mut slot = self.slot(row, key, &nodes, plan.keyed)?;
            if let (Out::Leaf(leaf @ Leaf::Plain), Some(field)) = (&mut slot.out, selected(row.projection, &nodes))
                && is_bare(field.ty)
            {
                *leaf = Leaf::Bare;
            }
            if self.sql.len() > start {
                self.sql.insert_str(start, if first { "(" } else { ",(" });
                self.push(")::text");
                first = false;
            }
            plan.slots.push(slot);
        }
        self.push("]");
        plan.tells_of(subject);
        Ok(plan)
    }
}

fn selected(projection: &Projection, nodes: &[&Positioned<Node>]) -> Option<&'static Field> {
    nodes.first().and_then(|node| projection.field(node.node.name.node.as_str()))
}

/// Whether JSON writes values of the type without quotes.
fn is_bare(ty: &str) -> bool {
    matches!(ty.trim_end_matches('!'), "Int" | "VND" | "Boolean")
}

/// Whether a field is selected that sums the rows of households.
fn sums(projection: &Projection, nodes: &[&Positioned<Node>]) -> bool {
    let field = nodes.first().and_then(|first| projection.field(first.node.name.node.as_str()));
    field.is_some_and(|field| field.sums)
}
