//! What a root field was aimed at: the ids and codes among its arguments, for the entry of a use that met no record.
//! Personal numbers, names and texts are never among them.

use std::collections::BTreeSet;

use async_graphql::{Context, Name, ServerResult, Value};

use super::{global_id, projections};
use crate::{
    access::uses::{Aims, Uses},
    error::Code,
    request::Request,
};

/// Longest value that is kept; codes and contract numbers are shorter.
const MAX_VALUE: usize = 100;
/// Most values of one argument: two for each item of a batch. What is refused for its length leaves no more.
const MAX_VALUES: usize = 2_000;
/// Digits of personal numbers, of today and of before, with what people write between them.
const PERSONAL: std::ops::RangeInclusive<usize> = 9..=12;
/// The list of a batch.
const ITEMS: &str = "items";

/// Inputs that hold personal numbers.
const NUMBERS: &[&str] = &["nationalId", "nationalIds"];

/// Inputs that are unique in the whole province: that one is taken may tell of a record out of sight.
const KEYS: &[&str] = &["code", "contractNumber", "reference"];

/// Whether the refusal of a change is an attempt, which the ledger keeps. Whatever it says comes from looking at records (that one
/// isn't there or is out of reach, what stands in the way of a change, what is forbidden); of the input alone, it does no harm
/// there. Not so what is too much or can't be done at the moment: nothing was looked at.
pub fn is_attempt(code: &str) -> bool {
    let nothing_told = [Code::LimitExceeded, Code::Timeout, Code::Unavailable, Code::Internal];
    nothing_told.iter().all(|nothing| nothing.as_str() != code)
}

/// Whether an input holds personal numbers.
pub fn is_numbers(field: &str) -> bool {
    field.rsplit('.').next().is_some_and(|name| NUMBERS.contains(&name))
}

/// After a root field was resolved: notes what it was aimed at, where no record of its answer tells.
pub fn note(ctx: &Context<'_>, uses: &Uses, resolved: &ServerResult<Option<Value>>) {
    let root = ctx.item.node.response_key().node.as_str();
    uses.settle_repeated(root);
    let refused = uses.items(root);
    if !refused.is_empty() {
        uses.aimed_in_vain(root, true, of(ctx, Some(&refused)));
    } else if resolved.is_err() || uses.found_nothing(root) {
        uses.aimed(root, of(ctx, None));
    }
}

/// The aims of a root field's arguments; of a batch those of these items only, with what they have in common.
pub fn of(ctx: &Context<'_>, items: Option<&BTreeSet<usize>>) -> Aims {
    let mut gathered = Gathered { aims: Aims::new(), items };
    for (name, value) in ctx.field().arguments().unwrap_or_default() {
        // The one argument of a mutation says nothing by its name.
        let path = if name.as_str() == "input" { "" } else { name.as_str() };
        gathered.value(path, name.as_str(), &value);
    }
    gathered.aims
}

/// Notes which of the records named by a root field's `ids`, as `Household:12`, it did not meet.
pub fn note_missed(ctx: &Context<'_>, denied: bool, ids: impl Iterator<Item = String>) {
    let ids: BTreeSet<_> = ids.collect();
    if !ids.is_empty() {
        let root = ctx.item.node.response_key().node.as_str();
        Request::of(ctx).uses.aimed_in_vain(root, denied, Aims::from([("ids".to_owned(), ids)]));
    }
}

struct Gathered<'a> {
    aims: Aims,
    items: Option<&'a BTreeSet<usize>>,
}

impl Gathered<'_> {
    fn value(&mut self, path: &str, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(field, value)| self.field(path, field, value)),
            Value::List(list) => {
                let chosen = self.items.filter(|_| path == ITEMS);
                let wanted = |index: &usize| chosen.is_none_or(|items| items.contains(index));
                list.iter().enumerate().filter(|(index, _)| wanted(index)).for_each(|(_, item)| {
                    self.value(path, name, item);
                });
            }
            scalar if names_a_record(name) => {
                if let Some(value) = kept(scalar) {
                    let values = self.aims.entry(path.to_owned()).or_default();
                    if values.len() < MAX_VALUES {
                        values.insert(value);
                    }
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, path: &str, name: &Name, value: &Value) {
        let name = name.as_str();
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        self.value(&path, name, value);
    }
}

/// Whether an argument of this name holds ids or codes of records.
fn names_a_record(name: &str) -> bool {
    let id = matches!(name, "id" | "ids") || name.ends_with("Id") || name.ends_with("Ids");
    let code = KEYS.contains(&name) || name == "contractNumbers" || name.ends_with("Code");
    (id || code) && !NUMBERS.contains(&name)
}

/// An id as `Household:12` where it is one of this register's, a code as it is. None of what can't be one: a text with
/// spaces, letters of names or no digit, and what may hold a personal number, in whatever argument it came.
fn kept(value: &Value) -> Option<String> {
    let given = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if let Some((type_name, key)) = global_id::decode(&given) {
        let known = projections().iter().find(|projection| projection.name == type_name)?;
        // Rows count up from 1, and are far from 10 digits.
        let plausible = known.lettered || key.len() < *PERSONAL.start();
        return (plausible && !may_be_personal(&key) && known.key(&key).is_some())
            .then(|| format!("{type_name}:{key}"));
    }
    let plain = given.bytes().all(|byte| byte.is_ascii_graphic()) && given.bytes().any(|byte| byte.is_ascii_digit());
    let kept = (1..=MAX_VALUE).contains(&given.len()) && plain && !may_be_personal(&given);
    kept.then_some(given)
}

/// Whether there is a run of digits as long as a personal number, in one piece or in the threes and fours that people
/// write. Codes of households and contracts have longer pieces.
fn may_be_personal(text: &str) -> bool {
    let personal = |digits: usize| PERSONAL.contains(&digits);
    let whole = text.split(|letter: char| !letter.is_ascii_digit()).any(|run| personal(run.len()));
    let mut joined = 0;
    let pieces = text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|piece| {
        let short = piece.len() <= 4 && piece.bytes().all(|byte| byte.is_ascii_digit());
        joined = if short { joined + piece.len() } else { 0 };
        personal(joined)
    });
    whole || pieces
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn aims(input: &Value, items: Option<&[usize]>) -> String {
        let items = items.map(|items| items.iter().copied().collect());
        let mut gathered = Gathered { aims: Aims::new(), items: items.as_ref() };
        gathered.value("", "input", input);
        serde_json::to_string(&gathered.aims).unwrap()
    }

    #[test]
    fn ids_and_codes_are_kept_and_nothing_else() {
        let household = global_id::encode("Household", 12);
        let input = value!({ "id": household.clone(), "address": "12 Ap 3", "head": { "personId": 7, "fullName": "X" },
            "code": "28757-000001", "idempotencyKey": "k", "note": null });
        assert_eq!(aims(&input, None), r#"{"code":["28757-000001"],"head.personId":["7"],"id":["Household:12"]}"#);
        let items =
            value!({ "items": [{ "contractNumber": "A1" }, { "contractNumber": "B1" }, { "contractNumber": "C1" }] });
        assert_eq!(aims(&items, Some(&[0, 2])), r#"{"items.contractNumber":["A1","C1"]}"#);
        let many = value!({ "ids": (0..3_000).map(|id| global_id::encode("Household", id)).collect::<Vec<_>>() });
        assert_eq!(aims(&many, None).matches("Household").count(), MAX_VALUES);
        assert_eq!(aims(&value!({ "ids": [household.clone(), household] }), None), r#"{"ids":["Household:12"]}"#);
    }

    #[test]
    fn nothing_of_a_person_gets_in() {
        for personal in [
            "083080000001",
            "320000001",
            "8312345678",
            "083.080.000.001",
            "083-080-000-001",
            "CCCD083080000001",
            "NguyenVanA",
            "Nguyễn Văn A",
            "Nguyen Van A",
            "",
            "a\nb",
        ] {
            let input = value!({ "code": personal, "nationalId": personal, "nationalIds": [personal], "id": personal });
            assert_eq!(aims(&input, None), "{}", "{personal:?}");
        }
        assert_eq!(aims(&value!({ "nationalId": "ABC" }), None), "{}");
        for forged in [
            ("Person", 83_080_000_001_i64),
            ("Person", 183_080_000_001),
            ("083080000001", 1),
            ("Household", 320_000_001),
        ] {
            assert_eq!(aims(&value!({ "id": global_id::encode(forged.0, forged.1) }), None), "{}", "{forged:?}");
        }
        assert_eq!(aims(&value!({ "id": 83_080_000_001_i64 }), None), "{}");
        assert_eq!(aims(&value!({ "code": "x".repeat(101) }), None), "{}");
    }
}
