//! Objects of scalars alone as arrays of texts, on PostgreSQL: `json_build_array` looks the type of each argument up anew
//! for each row, a cast is settled with the plan. A list of such arrays is made JSON in one go.

use async_graphql::{Positioned, parser::types::Field as Node};

use super::{
    compile::{Compiler, Row},
    plan::{ObjectPlan, Out},
    projection::{Field, Leaf, Projection, Source},
};
use crate::{db::Dialect, error::Result, schema::selection::Groups};

impl<'a> Compiler<'a> {
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
