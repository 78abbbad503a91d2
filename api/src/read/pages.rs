//! Arguments of a connection: bounds, cursors, and the keyset condition they make.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::Value;

use super::{
    bound::Bound,
    projection::{Projection, Sort, SortKind},
};
use crate::error::{Failure, Result};

/// Most records of one page.
pub const MAX_PAGE: i32 = 1_000;

/// `first` xor `last`, with `after` and `before`.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// A checked page: how many, from which end, between which positions.
#[derive(Debug)]
pub struct Window<V = Value> {
    pub limit: usize,
    /// Whether one plan of the database serves whatever the other values are.
    pub one_plan: bool,
    pub backward: bool,
    pub after: Option<Position<V>>,
    pub before: Option<Position<V>>,
}

/// The place of a record in an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Position<V = Value> {
    /// None where the order is by id alone.
    pub key: Option<V>,
    pub id: V,
}

impl Window {
    /// With its positions as they are bound.
    pub fn bound(self, mut bind: impl FnMut(Value) -> Bound) -> Window<Bound> {
        let mut position = |position: Position| Position { key: position.key.map(&mut bind), id: bind(position.id) };
        let (after, before) = (self.after.map(&mut position), self.before.map(&mut position));
        Window { limit: self.limit, one_plan: self.one_plan, backward: self.backward, after, before }
    }
}

impl PageArgs {
    pub fn window(&self, sort: &Sort, to: &Projection) -> Result<Window> {
        let (count, backward, field) = match (self.first, self.last) {
            (Some(first), None) => (first, false, "first"),
            (None, Some(last)) => (last, true, "last"),
            (None, None) => {
                return Err(Failure::input(
                    "first",
                    format!("Say how many records you want: first or last, 0 to {MAX_PAGE}."),
                    format!("Hãy cho biết số bản ghi cần lấy: first hoặc last, từ 0 đến {MAX_PAGE}."),
                ));
            }
            (Some(_), Some(_)) => {
                return Err(Failure::input(
                    "last",
                    "Give first or last, not both.",
                    "Chỉ dùng first hoặc last, không dùng cả hai.",
                ));
            }
        };
        let limit = usize::try_from(count).ok().filter(|_| count <= MAX_PAGE).ok_or_else(|| {
            Failure::input(
                field,
                format!("{field} is {count}; a page has 0 to {MAX_PAGE} records."),
                format!("{field} là {count}; một trang có từ 0 đến {MAX_PAGE} bản ghi."),
            )
        })?;
        Ok(Window {
            limit,
            one_plan: false,
            backward,
            after: self.after.as_deref().map(|cursor| decode(cursor, sort, to, "after")).transpose()?,
            before: self.before.as_deref().map(|cursor| decode(cursor, sort, to, "before")).transpose()?,
        })
    }
}

/// Appends the cursor of a row to an answer: the order's tag, the sort key and the id as the database wrote them, so
/// that nothing is lost in between.
pub fn encode(tag: &str, key: Option<&str>, id: &str, out: &mut String) {
    let text = match key {
        Some(key) => format!("[\"{tag}\",{key},{id}]"),
        None => format!("[\"{tag}\",{id}]"),
    };
    BASE64_URL_SAFE_NO_PAD.encode_string(text, out);
}

fn decode(cursor: &str, sort: &Sort, to: &Projection, field: &str) -> Result<Position> {
    parse(cursor, sort, to).ok_or_else(|| {
        Failure::input(
            field,
            format!("{field} is no cursor of this list in this order."),
            format!("{field} không phải là con trỏ của danh sách này theo thứ tự này."),
        )
    })
}

/// A cursor may be forged: what it says is held against the types of the columns.
fn parse(cursor: &str, sort: &Sort, to: &Projection) -> Option<Position> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let parts: Vec<serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
    let (tag, rest) = parts.split_first()?;
    if tag.as_str()? != sort.tag {
        return None;
    }
    match (sort.column, rest) {
        (None, [id]) => Some(Position { key: None, id: id_value(id, to)? }),
        (Some((_, kind)), [key, id]) => {
            let key = match kind {
                SortKind::Text => Value::from(key.as_str().filter(|key| !key.contains('\0'))?),
                SortKind::Integer => Value::from(key.as_i64()?),
                SortKind::Date => Value::from(key.as_str()?.parse::<chrono::NaiveDate>().ok()?),
            };
            Some(Position { key: Some(key), id: id_value(id, to)? })
        }
        _ => None,
    }
}

fn id_value(id: &serde_json::Value, to: &Projection) -> Option<Value> {
    match id {
        serde_json::Value::String(letters) => to.key(letters).filter(|_| to.lettered),
        number => to.key(&number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loan::LOAN;

    fn page(first: Option<i32>, last: Option<i32>) -> Result<Window> {
        PageArgs { first, last, ..PageArgs::default() }.window(&Sort::BY_ID, &LOAN)
    }

    #[test]
    fn a_page_has_one_bound_within_the_limit() {
        assert_eq!(page(Some(1_000), None).unwrap().limit, 1_000);
        assert!(page(None, Some(5)).unwrap().backward);
        for (first, last, field) in [
            (None, None, "first"),
            (Some(1), Some(1), "last"),
            (Some(1_001), None, "first"),
            (Some(-1), None, "first"),
            (None, Some(5_000), "last"),
        ] {
            assert_eq!(page(first, last).unwrap_err().field.as_deref(), Some(field));
        }
    }

    #[test]
    fn a_cursor_comes_back_as_its_position_and_only_in_its_order() {
        let sort = Sort::by("code", "code", SortKind::Text);
        let mut cursor = String::new();
        encode("code", Some("\"28757-000001\""), "7", &mut cursor);
        let position = parse(&cursor, &sort, &LOAN).unwrap();
        assert_eq!(position, Position { key: Some("28757-000001".into()), id: 7_i64.into() });
        assert!(parse(&cursor, &Sort::BY_ID, &LOAN).is_none());
        assert!(parse("not a cursor", &sort, &LOAN).is_none());
    }
}
