//! The shape of an answer: what `shape.rs` makes of the cells, in query order.

use async_graphql::Pos;

use super::projection::{Compute, Leaf};

/// An object: one slot for each response key. Its cells come in the order of the slots that have one.
#[derive(Debug, Default)]
pub struct ObjectPlan {
    pub slots: Vec<Slot>,
    /// Whether the row's id is the first cell, for the ledger and for who asks for it.
    pub keyed: bool,
    /// Whether the cells are texts, numbers too.
    pub texts: bool,
    /// The record, for the ledger.
    pub subject: Option<Subject>,
    /// Cells are gathered in arrays of this many where they are more than a function may take.
    pub chunk: Option<usize>,
}

impl ObjectPlan {
    /// Notes the record that it tells of.
    pub(super) fn tells_of(&mut self, subject: Option<&'static str>) {
        let denied = self.slots.iter().any(|slot| matches!(slot.out, Out::Forbidden(_)));
        self.subject = subject.map(|type_name| Subject { type_name, denied });
    }
}

/// A record on a person or a household.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub type_name: &'static str,
    /// Whether something was asked of it that is denied.
    pub denied: bool,
}

#[derive(Debug)]
pub struct Slot {
    pub key: String,
    pub non_null: bool,
    pub at: Pos,
    pub out: Out,
}

pub enum Out {
    /// No cell.
    TypeName(&'static str),
    /// No cell: the caller may not read it, for want of this permission.
    Forbidden(crate::access::Permission),
    /// The global id of this type.
    Id(&'static str),
    /// The same of the row's own id: no cell.
    RowId(&'static str),
    Leaf(Leaf),
    Computed {
        compute: Compute,
        arguments: Vec<(&'static str, async_graphql::Value)>,
        shape: Option<TreePlan>,
    },
    Object(ObjectPlan),
    List(ObjectPlan),
    Page(Box<PagePlan>),
    /// A pair of the type's name and the object; the name chooses the plan.
    OneOf(Vec<(&'static str, ObjectPlan)>),
}

/// The part of a computed object that was selected.
#[derive(Debug, Default)]
pub struct TreePlan {
    pub type_name: &'static str,
    /// Response key, name within the object (none: `__typename`).
    pub slots: Vec<(String, Option<&'static str>)>,
}

/// A connection. Its cell is its rows, or `[rows, total]`; a row is its object, or `[sort key, id, objects…]`.
#[derive(Debug, Default)]
pub struct PagePlan {
    pub type_name: String,
    pub slots: Vec<(String, PageOut)>,
    /// Objects in a row, one for each selection of `edges` or `nodes`.
    pub objects: Vec<ObjectPlan>,
    pub tag: &'static str,
    pub limit: usize,
    pub backward: bool,
    /// A cursor was given, so there is something before it (or after it, backwards).
    pub has_opposite: bool,
    pub has_rows: bool,
    /// A row is its one object alone, rather than `[key, id, objects…]`: nobody asks for its place.
    pub bare: bool,
    pub has_total: bool,
    /// Whether the answer tells cursors, which can be decoded.
    pub has_cursors: bool,
    /// The records that cursors tell of, for the ledger.
    pub subject: Option<Subject>,
}

impl PagePlan {
    /// Whether the cell is `[rows, total]`, rather than the rows alone.
    pub const fn is_counted(&self) -> bool {
        self.has_total || !self.has_rows
    }
}

#[derive(Debug)]
pub enum PageOut {
    TypeName,
    /// Of the object with this index; none: only cursors were selected.
    Edges(Vec<(String, EdgeOut)>),
    Nodes(usize),
    PageInfo(Vec<(String, PageInfoOut)>),
    TotalCount,
}

#[derive(Debug)]
pub enum EdgeOut {
    TypeName,
    Cursor,
    Node(usize),
}

#[derive(Debug)]
pub enum PageInfoOut {
    TypeName,
    HasNextPage,
    HasPreviousPage,
    StartCursor,
    EndCursor,
}

impl std::fmt::Debug for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TypeName(_) => "TypeName",
            Self::Forbidden(_) => "Forbidden",
            Self::Id(_) => "Id",
            Self::RowId(_) => "RowId",
            Self::Leaf(_) => "Leaf",
            Self::Computed { .. } => "Computed",
            Self::Object(_) => "Object",
            Self::List(_) => "List",
            Self::Page(_) => "Page",
            Self::OneOf(_) => "OneOf",
        })
    }
}
