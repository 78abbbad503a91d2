//! Documents that were valid before are not validated again: of a machine's question that costs more than to run it.
//!
//! The rules look at the document, and one of them at the values of variables: whether each fits where it is put, be it an
//! argument or deep within an object. What fits where hangs on a value's kind; of a text also on which of the scalars take
//! it, and on the text itself where it is the value of an enum. So a document is known as valid for one operation and
//! for values that no place could tell from those that it was validated with.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Write,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use async_graphql::{
    ScalarType, ServerError, ValidationResult, Value, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::{ExecutableDocument, TypeKind},
};
use async_trait::async_trait;

use super::{
    document::operation,
    scalars::{Date, Decimal, Instant},
};

/// Most forms that are remembered of a document; a machine has one or two, and one for each value of an enum.
const MOST: usize = 64;
/// Longer lists are validated each time.
const LONGEST_LIST: usize = 50;
/// Longer texts that begin like a number or a date are validated each time; no other of that length is one.
const LONGEST_TEXT: usize = 64;
/// Longer forms are not remembered.
const LONGEST: usize = 2 << 10;

/// The names of all values of enums.
static ENUM_VALUES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let values = super::types().into_iter().flat_map(|ty| match ty.kind {
        TypeKind::Enum(of) => of.values,
        _ => Vec::new(),
    });
    values.map(|value| value.node.value.node.to_string()).collect()
});

/// The forms in which a document was found valid.
#[derive(Default)]
pub struct Forms(Mutex<HashSet<String>>);

/// Of one request: the form that it has, beside those that were valid.
pub struct Validity {
    pub forms: Arc<Forms>,
    pub form: String,
}

impl Validity {
    fn is_known(&self) -> bool {
        self.forms.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.form)
    }

    fn note(&self) {
        let mut forms = self.forms.0.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.len() < MOST {
            forms.insert(self.form.clone());
        }
    }
}

/// The operation and its variables, as far as validation can tell them apart; none where that would take as long.
pub fn form(document: &ExecutableDocument, name: Option<&str>, variables: &Variables) -> Option<String> {
    let mut form = name.unwrap_or_default().to_owned();
    for definition in &operation(document, name)?.node.variable_definitions {
        let variable = &definition.node.name.node;
        write!(form, "\n{variable} ").ok()?;
        match variables.get(variable) {
            Some(value) => write_kind(value, &mut form)?,
            None => form.push('-'),
        }
    }
    (form.len() <= LONGEST).then_some(form)
}

/// What decides where a value fits.
fn write_kind(value: &Value, form: &mut String) -> Option<()> {
    match value {
        Value::Null => form.push_str("null"),
        Value::Boolean(_) => form.push_str("boolean"),
        // Whatever bounds a type of numbers has, these are within.
        Value::Number(number) if number.as_u64().is_some_and(|number| i32::try_from(number).is_ok()) => {
            form.push_str("integer");
        }
        Value::String(text) if ENUM_VALUES.contains(text) => form.push_str(text),
        Value::String(text) if text.len() > LONGEST_TEXT => {
            let looks_like_one = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
            form.push_str((!looks_like_one).then_some("text000")?);
        }
        Value::String(_) => {
            form.push_str("text");
            for fits in [Date::is_valid, Instant::is_valid, Decimal::is_valid] {
                form.push(if fits(value) { '1' } else { '0' });
            }
        }
        Value::List(values) if values.len() <= LONGEST_LIST => {
            let kinds = values.iter().map(|value| {
                let mut kind = String::new();
                write_kind(value, &mut kind).map(|()| kind)
            });
            let kinds: BTreeSet<String> = kinds.collect::<Option<_>>()?;
            form.push('[');
            for kind in kinds {
                form.push_str(&kind);
                form.push(',');
            }
            form.push(']');
        }
        Value::Object(entries) => {
            form.push('{');
            for (key, value) in entries {
                write!(form, "{:?} ", key.as_str()).ok()?;
                write_kind(value, form)?;
                form.push(',');
            }
            form.push('}');
        }
        _ => return None,
    }
    Some(())
}

/// Leaves out the validation of what is known to be valid.
pub struct KnownValid;

impl ExtensionFactory for KnownValid {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for KnownValid {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let Some(validity) = ctx.data_opt::<Validity>() else { return next.run(ctx).await };
        if validity.is_known() {
            // What validation works out besides is for bounds that the schema doesn't have.
            return Ok(ValidationResult { cache_control: Default::default(), complexity: 0, depth: 0 });
        }
        let valid = next.run(ctx).await?;
        validity.note();
        Ok(valid)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn kind(value: Value) -> Option<String> {
        let mut form = String::new();
        write_kind(&value, &mut form).map(|()| form)
    }

    #[test]
    fn values_of_enums_are_known() {
        for value in ["POOR", "NEAR_POOR", "ACTIVE", "HEALTH", "DESC"] {
            assert!(ENUM_VALUES.contains(value), "{value}");
        }
        assert!(ENUM_VALUES.iter().all(|value| value.len() <= LONGEST_TEXT && !value.starts_with("text")));
    }

    #[test]
    fn values_are_of_one_kind_where_no_place_tells_them_apart() {
        let same = [
            (value!("28873"), value!("2")),
            (value!("a name"), value!("Nguyễn")),
            (value!("HN4380123456789"), Value::from("x".repeat(1_000))),
            (value!("2026-01-31"), value!("2022-04-07")),
            (value!(1), value!(2_000_000_000)),
            (value!(["x", "y"]), value!(["z"])),
            (value!({"a": [{"b": 1}]}), value!({"a": [{"b": 2}, {"b": 3}]})),
        ];
        for (one, other) in same {
            assert!(kind(one.clone()).is_some());
            assert_eq!(kind(one.clone()), kind(other.clone()), "{one} {other}");
        }
        let apart = [
            (value!("2026-01-31"), value!("2026-02-31")),
            (value!("POOR"), value!("NEAR_POOR")),
            (value!("POOR"), value!("poor")),
            (value!("2026-01-31T00:00:00Z"), value!("2026-01-31 00:00:00")),
            (value!("1.5"), value!("1,5")),
            (value!(["x", null]), value!(["x"])),
            (value!({"a": 1}), value!({"b": 1})),
            (value!({"a": 1}), value!({"a": null})),
            (value!({"a": 1, "b": 1}), value!({"a": {"b": 1}})),
            (value!({"a": "integer,b"}), value!({"a": 1, "b": ""})),
            (value!("x"), value!(["x"])),
        ];
        for (one, other) in apart {
            assert_ne!(kind(one.clone()), kind(other.clone()), "{one} {other}");
        }
        let long = Value::from(format!("1.{}", "0".repeat(64)));
        for each in [long, value!(-1), value!(1.5), value!(4_000_000_000_u64), Value::List(vec![value!(1); 51])] {
            assert_eq!(kind(each), None);
        }
    }
}
