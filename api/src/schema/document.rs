//! The document of a request before the library runs it: limits and variables.
//!
//! async-graphql 7.2 reads an absent nullable variable inside an input as null (which would erase a field that the
//! caller didn't mean to touch), drops fields with `@include` on a defaulted variable, and does not see variables in
//! the directives of `__typename`: all are put right here.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::{
        Error as ParseError,
        types::{DocumentOperations, ExecutableDocument, InlineFragment, OperationDefinition, Selection, SelectionSet},
    },
};
use async_graphql_value::Value as AstValue;

use super::lexer;
use crate::{
    config::Limits,
    error::{Code, Failure, Result},
};

/// How deep a document is walked to see how deep it is; the parser counts as far.
const WALKED: usize = 64;

/// Whether the parser gave up on the depth of a document: it counts to 64, and its grammar watches its own stack.
pub fn is_too_deep(error: &ParseError) -> bool {
    match error {
        ParseError::RecursionLimitExceeded => true,
        ParseError::Syntax { message, .. } => message.ends_with("stack limit reached"),
        _ => false,
    }
}

/// The refusal of a document that is too deep even to be counted.
pub fn too_deep(limits: &Limits) -> Failure {
    let most = limits.depth;
    Failure::new(
        Code::LimitExceeded,
        format!("The operation is more than {most} levels deep. Ask for less at once."),
        format!("Truy vấn sâu hơn {most} tầng. Hãy chia nhỏ truy vấn."),
    )
}

/// Refuses a text that is too long to be parsed.
pub fn limit_text(query: &str, limits: &Limits) -> Result<()> {
    let found = lexer::count(query);
    for (what, what_vi, found, most) in [
        ("tokens long", "từ tố", found.tokens, limits.tokens),
        ("aliases long", "bí danh", found.aliases, limits.aliases),
        ("directives long", "chỉ thị", found.directives, limits.directives),
    ] {
        if found > most {
            return Err(limit_exceeded(what, what_vi, found, most));
        }
    }
    Ok(())
}

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
pub fn limit(document: &ExecutableDocument, limits: &Limits) -> Result<()> {
    let mut known = HashMap::new();
    for (_, operation) in document.operations.iter() {
        let size = size(document, &operation.node.selection_set.node, &mut known, 0).ok_or_else(|| too_deep(limits))?;
        if size.depth > limits.depth {
            return Err(limit_exceeded("levels deep", "tầng", size.depth, limits.depth));
        }
        if size.fields > limits.fields {
            return Err(limit_exceeded("fields wide", "trường", size.fields, limits.fields));
        }
        if size.keys > limits.root_fields {
            return Err(limit_exceeded("root fields long", "trường gốc", size.keys, limits.root_fields));
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
) -> Option<Size> {
    // A fragment that spreads itself is the library's to refuse, but it must not keep us here.
    if level > WALKED {
        return None;
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
    Some(total)
}

/// Refuses the character U+0000 wherever it is written: PostgreSQL holds no text with it, SQLite's search ends at it.
pub fn without_zero(query: &str, variables: &Variables) -> Result<()> {
    let at_fault = variables.iter().find(|(_, value)| has_zero(value)).map(|(name, _)| name.as_str());
    let at_fault = at_fault.or_else(|| (query.contains('\0') || query.contains("\\u0000")).then_some("query"));
    at_fault.map_or(Ok(()), |field| {
        Err(Failure::input(field, "The character U+0000 is not taken.", "Không nhận ký tự U+0000."))
    })
}

fn has_zero(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(has_zero),
        Value::Object(fields) => fields.values().any(has_zero),
        _ => false,
    }
}

/// Gives absent variables their defaults, and takes absent nullable variables without default out of the operation
/// together with the argument or input field they stand for: that is what the specification means by absent. Refuses
/// an absent or null value of a type that has no null.
pub fn settle_variables(
    document: &mut ExecutableDocument,
    name: Option<&str>,
    variables: &mut Variables,
) -> Result<()> {
    let Some(running) = operation(document, name) else { return Ok(()) };
    // The library looks into fragments for other operations' variables too.
    variables.retain(|given, _| running.node.variable_definitions.iter().any(|known| known.node.name.node == *given));
    let mut absent = Vec::new();
    for definition in &running.node.variable_definitions {
        let (variable, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        match (variables.get(variable), &definition.node.default_value) {
            (Some(Value::Null), _) | (None, None) if !ty.nullable => {
                return Err(Failure::input(
                    variable.as_str(),
                    format!("The variable ${variable} needs a value of the type {ty}."),
                    format!("Biến ${variable} phải có giá trị kiểu {ty}."),
                ));
            }
            (Some(_), _) => {}
            (None, Some(default)) => {
                variables.insert(variable.clone(), default.node.clone());
            }
            (None, None) => absent.push(variable.clone()),
        }
    }
    if !absent.is_empty() {
        let reached = fragments_of(document, &running.node.selection_set.node);
        erase_variables(document, name, &reached, &absent);
    }
    Ok(())
}

/// Names of the fragments that a selection leads to. Those of other operations have variables of their own.
fn fragments_of(document: &ExecutableDocument, set: &SelectionSet) -> Vec<Name> {
    let (mut found, mut sets) = (Vec::new(), vec![set]);
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => sets.push(&field.node.selection_set.node),
                Selection::InlineFragment(inline) => sets.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let (false, Some(fragment)) = (found.contains(name), document.fragments.get(name)) {
                        found.push(name.clone());
                        sets.push(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
    found
}

fn erase_variables(document: &mut ExecutableDocument, name: Option<&str>, fragments: &[Name], absent: &[Name]) {
    let running = match (&mut document.operations, name) {
        (DocumentOperations::Single(running), _) => Some(running),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get_mut(name),
        (DocumentOperations::Multiple(operations), None) => operations.values_mut().next(),
    };
    if let Some(Positioned { node: OperationDefinition { variable_definitions, selection_set, .. }, .. }) = running {
        variable_definitions.retain(|definition| !absent.contains(&definition.node.name.node));
        erase(&mut selection_set.node, absent);
    }
    for name in fragments {
        if let Some(fragment) = document.fragments.get_mut(name) {
            erase(&mut fragment.node.selection_set.node, absent);
        }
    }
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

/// Moves the directives of `__typename` to an inline fragment around it, where the library looks at them.
pub fn wrap_type_names(document: &mut ExecutableDocument) {
    let operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    operations.into_iter().for_each(|operation| wrap(&mut operation.node.selection_set.node));
    document.fragments.values_mut().for_each(|fragment| wrap(&mut fragment.node.selection_set.node));
}

fn wrap(set: &mut SelectionSet) {
    for selection in &mut set.items {
        let at = selection.pos;
        match &mut selection.node {
            Selection::Field(field) if field.node.name.node == "__typename" && !field.node.directives.is_empty() => {
                let directives = std::mem::take(&mut field.node.directives);
                let items = vec![Positioned::new(Selection::Field(field.clone()), at)];
                let selection_set = Positioned::new(SelectionSet { items }, at);
                let inline = InlineFragment { type_condition: None, directives, selection_set };
                selection.node = Selection::InlineFragment(Positioned::new(inline, at));
            }
            Selection::Field(field) => wrap(&mut field.node.selection_set.node),
            Selection::InlineFragment(inline) => wrap(&mut inline.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}
