//! The answer in query order. async-graphql 7.2 answers the fields of an object in the order in which they end, and
//! leaves out a nullable root field that failed; compiled reads write their own text in order and are passed through.

use async_graphql::{
    Name, Value, Variables,
    parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet},
};
use async_graphql_value::{RAW_VALUE_TOKEN, Value as AstValue};
use indexmap::IndexMap;

use super::document::operation;

/// The response keys of an object in query order, each with its field's name and the keys below it.
#[derive(Default)]
pub struct Keys(IndexMap<Name, (Name, Keys)>);

impl Keys {
    /// The name of the field under a key.
    pub fn field(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|(name, _)| name.as_str())
    }
}

/// The keys of an operation: of a query only those of the root, whose fields are compiled reads.
pub fn keys(document: &ExecutableDocument, name: Option<&str>, variables: &Variables) -> Option<(OperationType, Keys)> {
    let running = operation(document, name)?;
    let ty = running.node.ty;
    let mut keys = Keys::default();
    let walk = Walk { document, variables, whole: ty != OperationType::Query };
    walk.gather(&running.node.selection_set.node, &mut Vec::new(), &mut keys);
    Some((ty, keys))
}

struct Walk<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    whole: bool,
}

impl<'d> Walk<'d> {
    fn gather(&self, set: &'d SelectionSet, visited: &mut Vec<&'d Name>, keys: &mut Keys) {
        for selection in set.items.iter().filter(|selection| included(&selection.node, self.variables)) {
            match &selection.node {
                Selection::Field(field) => {
                    let (name, key) = (&field.node.name.node, field.node.response_key().node.clone());
                    let (_, below) = keys.0.entry(key).or_insert_with(|| (name.clone(), Keys::default()));
                    // The roots of a query that are no compiled read as a whole.
                    if self.whole || matches!(name.as_str(), "personsByNationalId" | "explainAccess") {
                        Walk { whole: true, ..*self }.gather(&field.node.selection_set.node, &mut Vec::new(), below);
                    }
                }
                Selection::InlineFragment(inline) => self.gather(&inline.node.selection_set.node, visited, keys),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name).filter(|_| !visited.contains(&name)) {
                        visited.push(name);
                        self.gather(&fragment.node.selection_set.node, visited, keys);
                    }
                }
            }
        }
    }
}

/// Whether a selection is kept by its `@skip` and `@include`.
pub(super) fn included(selection: &Selection, variables: &Variables) -> bool {
    selection.directives().iter().all(|directive| {
        let condition = directive.node.get_argument("if").map(|value| match &value.node {
            AstValue::Boolean(value) => *value,
            AstValue::Variable(name) => variables.get(name) == Some(&Value::Boolean(true)),
            _ => false,
        });
        match (directive.node.name.node.as_str(), condition) {
            ("skip", Some(condition)) => !condition,
            ("include", Some(condition)) => condition,
            _ => true,
        }
    })
}

/// The root in query order. A nullable field that failed is null; a non-null one takes the whole with it.
pub fn root(data: Value, keys: &Keys, non_null: impl Fn(&str) -> bool) -> Value {
    let mut fields = match data {
        Value::Object(fields) => fields,
        _ => IndexMap::new(),
    };
    let mut ordered = IndexMap::with_capacity(keys.0.len());
    for (key, (name, below)) in &keys.0 {
        let value = fields.swap_remove(key).unwrap_or(Value::Null);
        if value == Value::Null && non_null(name) {
            return Value::Null;
        }
        ordered.insert(key.clone(), within(value, below));
    }
    Value::Object(ordered)
}

/// An object below the root, or a list of them.
fn within(value: Value, keys: &Keys) -> Value {
    match value {
        Value::List(items) if !keys.0.is_empty() => items.into_iter().map(|item| within(item, keys)).collect(),
        Value::Object(mut fields) if !keys.0.is_empty() && !fields.contains_key(RAW_VALUE_TOKEN) => {
            let mut ordered = IndexMap::with_capacity(fields.len());
            for (key, (_, below)) in &keys.0 {
                if let Some(value) = fields.swap_remove(key) {
                    ordered.insert(key.clone(), within(value, below));
                }
            }
            Value::Object(ordered)
        }
        other => other,
    }
}
