//! The document of a request before the library runs it: limits and variables.
//!
//! async-graphql 7.2 reads an absent nullable variable inside an input as null (which would erase a field that the
//! caller didn't mean to touch) and drops fields with `@include` on a defaulted variable: both are put right here.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
    },
};
use async_graphql_value::Value as AstValue;

use crate::error::{Code, Failure, Result};

/// Most levels of selections: what the usual query of the schema's own description has. PostgreSQL plans nested
/// sub-selects ever more slowly from half as many more.
const MAX_DEPTH: usize = 16;
/// Most root fields: each is a statement, and they run at the same time.
const MAX_ROOTS: usize = 30;
/// Most selected fields once all fragments are written out.
const MAX_FIELDS: usize = 2_000;

/// The operation that will run, by name or because it is the only one.
pub fn operation<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Option<&'d Positioned<OperationDefinition>> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.values().next(),
        _ => None,
    }
}

/// Size of a selection set once its fragments are written out: all fields, those of its first level, levels.
#[derive(Clone, Copy, Default)]
struct Size {
    fields: usize,
    keys: usize,
    depth: usize,
}

/// Refuses what is too deep or too wide before anything walks the document field by field: a few hundred bytes of
/// fragments can stand for millions of fields.
pub fn limit(document: &ExecutableDocument) -> Result<()> {
    let mut known = HashMap::new();
    for (_, operation) in document.operations.iter() {
        let size = size(document, &operation.node.selection_set.node, &mut known, 0)?;
        if size.depth > MAX_DEPTH {
            return Err(limit_exceeded("levels deep", "tầng", size.depth, MAX_DEPTH));
        }
        if size.fields > MAX_FIELDS {
            return Err(limit_exceeded("fields wide", "trường", size.fields, MAX_FIELDS));
        }
        if size.keys > MAX_ROOTS {
            return Err(limit_exceeded("root fields long", "trường gốc", size.keys, MAX_ROOTS));
        }
    }
    Ok(())
}

fn limit_exceeded(what: &str, what_vi: &str, found: usize, most: usize) -> Failure {
    Failure::new(
        Code::LimitExceeded,
        format!("The operation is {found} {what}; at most {most} are answered. Ask for less at once."),
        format!("Truy vấn có {found} {what_vi}; tối đa {most}. Hãy chia nhỏ truy vấn."),
    )
}

fn size<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    known: &mut HashMap<&'d Name, Size>,
    level: usize,
) -> Result<Size> {
    // A fragment that spreads itself is the library's to refuse, but it must not keep us here.
    if level > 64 {
        return Err(limit_exceeded("levels deep", "tầng", level, MAX_DEPTH));
    }
    let mut total = Size::default();
    for selection in &set.items {
        let part = match &selection.node {
            Selection::Field(field) => {
                let below = size(document, &field.node.selection_set.node, known, level + 1)?;
                Size { fields: below.fields.saturating_add(1), keys: 1, depth: below.depth + 1 }
            }
            Selection::InlineFragment(inline) => size(document, &inline.node.selection_set.node, known, level + 1)?,
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let spread = match (known.get(name), document.fragments.get_key_value(name)) {
                    (Some(size), _) => *size,
                    (None, Some((name, fragment))) => {
                        let found = size(document, &fragment.node.selection_set.node, known, level + 1)?;
                        known.insert(name, found);
                        found
                    }
                    (None, None) => Size::default(),
                };
                // A fragment that isn't there, or is empty, is still work for whoever walks the document.
                Size { fields: spread.fields.max(1), ..spread }
            }
        };
        total.fields = total.fields.saturating_add(part.fields);
        total.keys = total.keys.saturating_add(part.keys);
        total.depth = total.depth.max(part.depth);
    }
    Ok(total)
}

/// Gives absent variables their defaults, and takes absent nullable variables without default out of the document
/// together with the argument or input field they stand for: that is what the specification means by absent. A
/// non-null variable without a value is refused.
pub fn settle_variables(
    document: &mut ExecutableDocument,
    name: Option<&str>,
    variables: &mut Variables,
) -> Result<()> {
    let Some(running) = operation(document, name) else { return Ok(()) };
    let mut absent = Vec::new();
    for definition in &running.node.variable_definitions {
        let variable = &definition.node.name.node;
        let nullable = definition.node.var_type.node.nullable;
        match variables.get(variable) {
            Some(Value::Null) if !nullable => return Err(lacking_value(variable)),
            Some(_) => continue,
            None => {}
        }
        match &definition.node.default_value {
            Some(default) => {
                variables.insert(variable.clone(), default.node.clone());
            }
            None if nullable => absent.push(variable.clone()),
            None => return Err(lacking_value(variable)),
        }
    }
    if absent.is_empty() {
        return Ok(());
    }
    let DocumentParts { operations, fragments } = parts(document);
    for operation in operations {
        operation.variable_definitions.retain(|definition| !absent.contains(&definition.node.name.node));
        erase(&mut operation.selection_set.node, &absent);
    }
    for fragment in fragments {
        erase(fragment, &absent);
    }
    Ok(())
}

fn lacking_value(variable: &str) -> Failure {
    Failure::input(
        format!("variables.{variable}"),
        format!("The variable ${variable} must have a value."),
        format!("Biến ${variable} phải có giá trị."),
    )
}

/// Refuses U+0000, which PostgreSQL can't store: once, for all texts of a request.
pub fn refuse_nul(query: &str, variables: &Variables) -> Result<()> {
    let in_query = query.contains('\0') || query.contains("\\u0000");
    if in_query || variables.values().any(has_nul) {
        return Err(Failure::new(
            Code::BadUserInput,
            "A text of the request holds the character U+0000.",
            "Yêu cầu chứa ký tự U+0000 không hợp lệ.",
        ));
    }
    Ok(())
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.values().any(has_nul),
        _ => false,
    }
}

struct DocumentParts<'d> {
    operations: Vec<&'d mut OperationDefinition>,
    fragments: Vec<&'d mut SelectionSet>,
}

fn parts(document: &mut ExecutableDocument) -> DocumentParts<'_> {
    let operations = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![&mut operation.node],
        DocumentOperations::Multiple(operations) => operations.values_mut().map(|found| &mut found.node).collect(),
    };
    let fragments = document.fragments.values_mut().map(|fragment| &mut fragment.node.selection_set.node).collect();
    DocumentParts { operations, fragments }
}

fn erase(set: &mut SelectionSet, absent: &[Name]) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                field.node.arguments.retain(|(_, value)| !is_absent(&value.node, absent));
                for (_, value) in &mut field.node.arguments {
                    erase_value(&mut value.node, absent);
                }
                erase(&mut field.node.selection_set.node, absent);
            }
            Selection::InlineFragment(inline) => erase(&mut inline.node.selection_set.node, absent),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn is_absent(value: &AstValue, absent: &[Name]) -> bool {
    matches!(value, AstValue::Variable(name) if absent.contains(name))
}

fn erase_value(value: &mut AstValue, absent: &[Name]) {
    match value {
        AstValue::Object(fields) => {
            fields.retain(|_, value| !is_absent(value, absent));
            fields.values_mut().for_each(|value| erase_value(value, absent));
        }
        AstValue::List(items) => {
            for item in items {
                if is_absent(item, absent) {
                    *item = AstValue::Null;
                } else {
                    erase_value(item, absent);
                }
            }
        }
        _ => {}
    }
}
