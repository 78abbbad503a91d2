//! The words in which a slice writes down its fields: one line each, of a column, an expression or a relation, and what
//! is to be said of it besides. What each tells of a person is said in the words of `declared.rs`.

use super::{
    arguments::Arguments,
    condition::Conditions,
    page_args::PAGE_ARGS,
    projection::{Arg, Compute, Field, Filter, Leaf, Projection, Relation, Sort, Source},
};
use crate::{access::Permission, error::Result};

const fn field(name: &'static str, ty: &'static str, source: Source) -> Field {
    Field {
        name,
        doc: "",
        ty,
        args: &[],
        guard: None,
        sensitivity: None,
        sums: false,
        owned: None,
        source,
        otherwise: None,
        hides: None,
    }
}

/// Tells nothing of a person by itself.
pub const fn id() -> Field {
    field("id", "ID!", Source::Id).internal()
}

/// A column as it stands.
pub const fn column(name: &'static str, ty: &'static str, column: &'static str) -> Field {
    field(name, ty, Source::Column(column, Leaf::Plain))
}

pub const fn instant(name: &'static str, ty: &'static str, column: &'static str) -> Field {
    field(name, ty, Source::Column(column, Leaf::Instant))
}

pub const fn boolean(name: &'static str, ty: &'static str, column: &'static str) -> Field {
    field(name, ty, Source::Column(column, Leaf::Bool))
}

/// A bit mask column as a list of enum values.
pub const fn set(name: &'static str, ty: &'static str, column: &'static str, values: &'static [&'static str]) -> Field {
    field(name, ty, Source::Column(column, Leaf::Set(values)))
}

/// An expression over the row.
pub const fn sql(name: &'static str, ty: &'static str, template: &'static str) -> Field {
    field(name, ty, Source::Sql { now: template, on_day: None, leaf: Leaf::Plain })
}

pub const fn computed(name: &'static str, ty: &'static str, inputs: &'static [&'static str], f: Compute) -> Field {
    field(name, ty, Source::Computed { inputs, compute: f, shape: None })
}

/// Objects made by a function: `shape` says their fields.
pub const fn computed_objects(
    name: &'static str,
    ty: &'static str,
    shape: &'static Projection,
    inputs: &'static [&'static str],
    f: Compute,
) -> Field {
    field(name, ty, Source::Computed { inputs, compute: f, shape: Some(shape) })
}

pub const fn embed(name: &'static str, ty: &'static str, to: &'static Projection) -> Field {
    field(name, ty, Source::Embed(to))
}

const fn relation(to: &'static Projection, on: &'static str) -> Relation {
    Relation { to, join: "", on, on_day: None, arguments: None }
}

/// The row that a foreign key names: `on` is `{c}.id = {t.commune_id}`.
pub const fn one(name: &'static str, ty: &'static str, to: &'static Projection, on: &'static str) -> Field {
    field(name, ty, Source::One(relation(to, on)))
}

pub const fn many(
    name: &'static str,
    ty: &'static str,
    to: &'static Projection,
    on: &'static str,
    order: &'static str,
) -> Field {
    field(name, ty, Source::Many(relation(to, on), order))
}

pub const fn page(name: &'static str, ty: &'static str, to: &'static Projection, on: &'static str) -> Field {
    Field { args: PAGE_ARGS, ..field(name, ty, Source::Page(relation(to, on), Sort::BY_ID, None)) }
}

pub const fn one_of(
    name: &'static str,
    ty: &'static str,
    tag: &'static str,
    id: &'static str,
    types: &'static [&'static Projection],
) -> Field {
    field(name, ty, Source::OneOf { tag, id, types })
}

impl Field {
    pub const fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }

    /// Without the permission the field is null with FORBIDDEN, and its column is not read.
    pub const fn guard(self, permission: Permission) -> Self {
        Self { guard: Some(permission), ..self }
    }

    pub const fn args(self, args: &'static [Arg]) -> Self {
        Self { args, ..self }
    }

    /// How an expression or a relation reads as of a day.
    pub const fn on_day(self, template: &'static str) -> Self {
        let source = match self.source {
            Source::Sql { now, leaf, .. } => Source::Sql { now, on_day: Some(template), leaf },
            Source::Column(column, leaf) => Source::Sql { now: column, on_day: Some(template), leaf },
            Source::One(relation) => Source::One(Relation { on_day: Some(template), ..relation }),
            Source::Many(relation, order) => Source::Many(Relation { on_day: Some(template), ..relation }, order),
            Source::Page(relation, sort, filter) => {
                Source::Page(Relation { on_day: Some(template), ..relation }, sort, filter)
            }
            other => other,
        };
        Self { source, ..self }
    }

    /// Further tables of a relation.
    pub const fn join(self, join: &'static str) -> Self {
        let source = match self.source {
            Source::One(relation) => Source::One(Relation { join, ..relation }),
            Source::Many(relation, order) => Source::Many(Relation { join, ..relation }, order),
            Source::Page(relation, sort, filter) => Source::Page(Relation { join, ..relation }, sort, filter),
            other => other,
        };
        Self { source, ..self }
    }

    /// A condition of a list from the field's arguments.
    pub const fn arguments(
        self,
        args: &'static [Arg],
        arguments: fn(&Arguments<'_>, &mut Conditions<'_>) -> Result<()>,
    ) -> Self {
        let source = match self.source {
            Source::Many(relation, order) => Source::Many(Relation { arguments: Some(arguments), ..relation }, order),
            Source::Page(relation, sort, filter) => {
                Source::Page(Relation { arguments: Some(arguments), ..relation }, sort, filter)
            }
            other => other,
        };
        Self { source, args, ..self }
    }

    /// The `filter` argument of a connection; `args` must name it and the four of every connection.
    pub const fn filter(self, args: &'static [Arg], filter: Filter) -> Self {
        let source = match self.source {
            Source::Page(relation, sort, _) => Source::Page(relation, sort, Some(filter)),
            other => other,
        };
        Self { source, args, ..self }
    }

    pub const fn sort(self, sort: Sort) -> Self {
        let source = match self.source {
            Source::Page(relation, _, filter) => Source::Page(relation, sort, filter),
            other => other,
        };
        Self { source, ..self }
    }
}
