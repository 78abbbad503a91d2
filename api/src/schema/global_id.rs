//! Global ids: base64url of `Type:id`. Opaque to partners, readable to us.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::error::{Failure, Result};

pub fn encode(type_name: &str, id: i64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{type_name}:{id}"))
}

/// Appends to an answer without a text of its own in between.
pub fn encode_into(type_name: &str, id: &str, out: &mut String) {
    BASE64_URL_SAFE_NO_PAD.encode_string(format!("{type_name}:{id}"), out);
}

/// The type and the id within it, as text: a money event's begins with letters.
pub fn decode(id: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (type_name, id) = text.split_once(':')?;
    Some((type_name.to_owned(), id.to_owned()))
}

/// The record's id, where the global id is one of this type.
pub fn expect(type_name: &str, id: &str, field: &str) -> Result<i64> {
    let refused = || {
        Failure::input(
            field,
            format!("{field} is not the id of a {type_name}."),
            format!("{field} không phải là mã của {type_name}."),
        )
    };
    let (found, number) = decode(id).ok_or_else(refused)?;
    if found != type_name {
        return Err(refused());
    }
    number.parse().map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_only_as_its_own_type() {
        let id = encode("Household", 42);
        assert_eq!(expect("Household", &id, "id").unwrap(), 42);
        for wrong in [encode("Person", 42), "Household:42".to_owned(), encode("Household", 42) + "x", String::new()] {
            let failure = expect("Household", &wrong, "input.id").unwrap_err();
            assert_eq!(failure.field.as_deref(), Some("input.id"));
        }
    }
}
