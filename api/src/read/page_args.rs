//! The arguments of every connection.

use super::projection::Arg;

const FIRST: Arg = Arg { name: "first", ty: "Int", doc: "The first so many, at most 1,000." };
const AFTER: Arg = Arg { name: "after", ty: "String", doc: "After this cursor." };
const LAST: Arg = Arg { name: "last", ty: "Int", doc: "The last so many, at most 1,000." };
const BEFORE: Arg = Arg { name: "before", ty: "String", doc: "Before this cursor." };
pub const PAGE_ARGS: &[Arg] = &[FIRST, AFTER, LAST, BEFORE];

/// The arguments of a connection with a filter of this input type.
pub const fn filtered(ty: &'static str) -> [Arg; 5] {
    [Arg { name: "filter", ty, doc: "Which of them." }, FIRST, AFTER, LAST, BEFORE]
}
