//! The shape of the table that says how each type is read.
//!
//! A [`Projection`] is one GraphQL type: its fields, the columns and relations behind them, and who may read them.
//! From it come the SQL (`compile.rs`), the answer (`shape.rs`), the access check and the registered type
//! (`schema/register.rs`). A slice's `projection.rs` holds a `static` for each of its types, one line a field, written
//! with the words of `field.rs`.
//!
//! SQL fragments are templates over aliases, written by us, never by a client:
//!
//! | written | means |
//! |---|---|
//! | `{t}` | the alias of this type's row |
//! | `{c}` | in a relation: the alias of the related row (`{t}` is then the parent's) |
//! | `{t.x}` | column `x` of the row as of the day that was asked for |
//! | `{day}` | that day, or today |
//! | `{today}` | today, also where another day was asked for |
//! | `{day_end}` | the last instant of that day in Asia/Ho_Chi_Minh, microseconds |
//! | `{now}` | this instant, microseconds |
//! | `{scope}` | the unit of the viewer's scope |
//! | `{seen.x}` | in a sub-select: the viewer sees the row `x`, which hangs on a household and lies in a commune |
//! | `{seen_household.x}` | the same of a household `x` |
//! | `{seen_loan.x}` | the same of a loan `x` |

use async_graphql::Value;

pub use super::field::{
    boolean, column, computed, computed_objects, embed, id, instant, many, one, one_of, page, set, sql,
};
pub use super::page_args::filtered;
use super::{arguments::Arguments, compute::Inputs, condition::Conditions, declared::tells_of_persons};
use crate::{
    access::{Hidden, Owned, Permission, Reach, Sensitivity},
    error::Result,
};

/// How one type is read.
pub struct Projection {
    pub name: &'static str,
    pub doc: &'static str,
    /// Table or view; or a sub-select, which may depend on the day.
    pub table: &'static str,
    /// Without it, no value of the type is read, by whatever path.
    pub guard: Option<Permission>,
    pub rows: Rows,
    /// Which of those rows take a permission besides.
    pub hidden: Option<Hidden>,
    /// Where the past states of the row are kept, for reads as of a day.
    pub history: Option<History>,
    /// The column with the day from which the row exists, for reads as of a day.
    pub born: Option<&'static str>,
    /// Implements `Node`.
    pub node: bool,
    /// Of a type without ids of its own: the type whose ids its rows bear, for the ledger.
    pub record: Option<&'static str>,
    /// Ids begin with letters that name the table: a view over several.
    pub lettered: bool,
    /// Whether its records hold data on persons, so that the ledger keeps each use of one.
    pub personal: bool,
    /// Of two types with one name: with which permission this one is read, or without which the other.
    pub readers: Option<Readers>,
    /// As what its columns are owned, but for those that say otherwise; none: the service keeps them.
    pub owned: Option<Owned>,
    pub fields: &'static [Field],
}

/// For whom a type is that others read from another table.
#[derive(Clone, Copy)]
pub enum Readers {
    With(Permission),
    Without(Permission),
}

/// Which rows of a type a viewer sees. Required, so that it can't be forgotten.
pub enum Rows {
    /// All of them: the type holds no data on persons.
    Public,
    /// Those whose own `commune_id` and `district_id` lie in the viewer's scope, as far as its agency needs the person
    /// or household that they hang on.
    Scoped(Reach),
    /// Rows that hold no data on persons, in the viewer's scope; those of no commune and district belong to the whole
    /// province and are seen by all, and each row by who sees one of its `members`, whose `column` refers to it: a
    /// household in a project may have moved.
    ScopedOrShared { members: &'static Projection, column: &'static str },
    /// As `Scoped`, hanging on the household that `household_id` names, and each row only with the permission that the value of a column asks for; rows of other values
    /// are seen by nobody.
    ScopedByKind { column: &'static str, kinds: &'static [(&'static str, Permission)] },
    /// Those whose parent is seen: `column` refers to the parent's id.
    Through { parent: &'static Projection, column: &'static str },
    /// As `Through`; rows of no parent (`column` null) are seen by all.
    ThroughOrNone { parent: &'static Projection, column: &'static str },
    /// Units in the viewer's scope: the table is `admin_unit` itself.
    UnitInScope,
    /// Part of its parent's row: never read by itself.
    Embedded,
    /// Those of the caller's own agency (`agency_id`), of every agency with the permission `all`; and in either case those
    /// whose `scope_unit_id` lies in the viewer's scope.
    OwnAgency { all: Permission },
    /// The caller's own row, `{t}.id` = the viewer's token.
    OwnToken,
}

/// A table of past states: `columns` of the row as they were from `from` to `to`.
pub struct History {
    pub table: &'static str,
    /// The column that refers to the row.
    pub of: &'static str,
    /// Condition on `{h}` under which a state is the one of `{day}`.
    pub on: &'static str,
    pub columns: &'static [&'static str],
}

pub struct Field {
    pub name: &'static str,
    pub doc: &'static str,
    /// The GraphQL type, as in the contract: `[Person!]!`.
    pub ty: &'static str,
    pub args: &'static [Arg],
    pub guard: Option<Permission>,
    /// What it tells of a person. Without it nobody reads the field: `declared.rs`.
    pub sensitivity: Option<Sensitivity>,
    /// Sums the rows of households in sight, which may be one household's.
    pub sums: bool,
    pub owned: Option<Owned>,
    pub source: Source,
    /// What viewers without some permission get in its place.
    pub otherwise: Option<Otherwise>,
    /// What its function keeps from some who may read it.
    pub hides: Option<Hides>,
}

/// Another value of the same type for viewers without a permission.
pub struct Otherwise {
    pub lacking: Permission,
    pub source: Source,
    /// How it differs, for the printed policy.
    pub words: &'static str,
}

/// A rule inside a computed field: null where it doesn't hold.
pub struct Hides {
    /// Without it the value is always null.
    pub needs: Option<Permission>,
    /// When else it is null, for the printed policy.
    pub words: &'static str,
}

pub struct Arg {
    pub name: &'static str,
    pub ty: &'static str,
    pub doc: &'static str,
}

/// How a cell of the database becomes a value.
#[derive(Clone, Copy)]
pub enum Leaf {
    /// As the database writes it: text, integers, dates, enum values, decimals (kept as text).
    Plain,
    /// As the database writes it, but that a number or a truth value may come as a text.
    Bare,
    /// 0/1 on SQLite.
    Bool,
    /// Microseconds since the epoch.
    Instant,
    /// A bit mask over these values.
    Set(&'static [&'static str]),
}

pub type Compute = fn(&Inputs<'_>) -> Result<serde_json::Value>;
pub type Filter = fn(Option<Value>, &mut Conditions<'_>) -> Result<()>;

pub enum Source {
    /// The global id.
    Id,
    /// A column of the row, dated where the projection's history has it.
    Column(&'static str, Leaf),
    /// An expression over the row; `on_day` where it reads differently as of a day.
    Sql { now: &'static str, on_day: Option<&'static str>, leaf: Leaf },
    /// Expressions, and a function from them to the value: a scalar, or objects that the sub-selection is taken from.
    /// The objects' type is `shape`, whose fields' names are the objects' keys.
    Computed { inputs: &'static [&'static str], compute: Compute, shape: Option<&'static Projection> },
    /// Another type made from the same row.
    Embed(&'static Projection),
    /// At most one row of another type.
    One(Relation),
    /// All related rows, for relations that have few.
    Many(Relation, &'static str),
    /// A connection.
    Page(Relation, Sort, Option<Filter>),
    /// A row of one of several types, named by a column: type column, id column, the types.
    OneOf { tag: &'static str, id: &'static str, types: &'static [&'static Projection] },
}

/// Rows of `to` that belong to the row.
pub struct Relation {
    pub to: &'static Projection,
    /// Further tables: `JOIN program_agency {c}j ON {c}j.agency_id = {c}.id`.
    pub join: &'static str,
    pub on: &'static str,
    /// The condition as of a day, where `on` would not find the rows of then.
    pub on_day: Option<&'static str>,
    /// A condition from the field's arguments.
    pub arguments: Option<fn(&Arguments<'_>, &mut Conditions<'_>) -> Result<()>>,
}

/// The order of a connection: by a column, then by id.
#[derive(Clone, Copy)]
pub struct Sort {
    /// Names the order inside cursors, so that a cursor of another order is refused.
    pub tag: &'static str,
    /// None: by id alone.
    pub column: Option<(&'static str, SortKind)>,
    pub descending: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SortKind {
    Text,
    Integer,
    Date,
}

impl Sort {
    /// In the order of entry.
    pub const BY_ID: Self = Self { tag: "id", column: None, descending: false };

    pub const fn by(tag: &'static str, column: &'static str, kind: SortKind) -> Self {
        Self { tag, column: Some((column, kind)), descending: false }
    }
}

impl Projection {
    /// A type without guard, row rule `rows`, that implements `Node`.
    pub const fn new(name: &'static str, table: &'static str, rows: Rows, fields: &'static [Field]) -> Self {
        Self {
            name,
            doc: "",
            table,
            guard: None,
            rows,
            hidden: None,
            history: None,
            born: None,
            node: true,
            record: None,
            lettered: false,
            personal: tells_of_persons(fields),
            readers: None,
            owned: None,
            fields,
        }
    }

    /// A type without an id of its own.
    pub const fn plain(name: &'static str, table: &'static str, rows: Rows, fields: &'static [Field]) -> Self {
        Self { node: false, ..Self::new(name, table, rows, fields) }
    }

    /// A type made from its parent's row, or by a function.
    pub const fn embedded(name: &'static str, fields: &'static [Field]) -> Self {
        Self::plain(name, "", Rows::Embedded, fields)
    }

    pub const fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }

    pub const fn guard(self, permission: Permission) -> Self {
        Self { guard: Some(permission), ..self }
    }

    pub const fn hiding(self, hidden: Hidden) -> Self {
        Self { hidden: Some(hidden), ..self }
    }

    pub const fn history(self, history: History) -> Self {
        Self { history: Some(history), ..self }
    }

    pub const fn born(self, column: &'static str) -> Self {
        Self { born: Some(column), ..self }
    }

    pub const fn of_record(self, name: &'static str) -> Self {
        Self { record: Some(name), ..self }
    }

    /// The type of the record that a row tells of, where it holds data on persons.
    pub fn subject(&self) -> Option<&'static str> {
        self.subject_with(false)
    }

    /// The same where the row has `sums` of what is on persons.
    pub fn subject_with(&self, sums: bool) -> Option<&'static str> {
        self.record.or(self.node.then_some(self.name)).filter(|_| self.personal || sums)
    }

    pub const fn lettered(self) -> Self {
        Self { lettered: true, ..self }
    }

    /// An id from outside as the value to compare with; none where no row can have it, so that the database is never
    /// given a value of another type than the column's.
    pub fn key(&self, id: &str) -> Option<sea_orm::Value> {
        if self.lettered {
            let letters = id.starts_with(|first: char| first.is_ascii_uppercase());
            return (letters && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| id.into());
        }
        id.parse::<i64>().ok().filter(|number| number.to_string() == id).map(sea_orm::Value::from)
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A connection's type is `{name}Connection`.
    pub fn connection(&self) -> String {
        format!("{}Connection", self.name)
    }
}
