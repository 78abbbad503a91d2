//! The selection of a request, read from the parsed document.
//!
//! async-graphql's own views of it (`SelectionField`, `Lookahead`) lose type conditions and don't merge fields, so
//! this file walks the document. It is the only one that touches the library's hidden query environment. Skipped
//! fields are already gone when a resolver runs.

use std::fmt::Write as _;

use async_graphql::{
    Context, Name, Positioned, QueryPathSegment, Value, Variables,
    context::QueryEnv,
    parser::types::{Field, Selection, SelectionSet},
};
use indexmap::IndexMap;

/// Response key -> every field node that has it, in query order.
pub type Groups<'a> = IndexMap<&'a str, Vec<&'a Positioned<Field>>>;

/// Where selections come from: fragments and variables of the running operation.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    env: &'a QueryEnv,
}

impl<'a> Document<'a> {
    pub fn of(ctx: &Context<'a>) -> Self {
        Self { env: ctx.query_env }
    }

    pub fn variables(self) -> &'a Variables {
        &self.env.variables
    }

    /// CollectFields of the specification over several selection sets: fragments expanded where their type condition
    /// `applies`, fields merged by response key.
    pub fn collect(
        self,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
        applies: &dyn Fn(&str) -> bool,
    ) -> Groups<'a> {
        let mut groups = Groups::new();
        let mut visited = Vec::new();
        for set in sets {
            self.gather(set, applies, &mut visited, &mut groups);
        }
        groups
    }

    fn gather(
        self,
        set: &'a SelectionSet,
        applies: &dyn Fn(&str) -> bool,
        visited: &mut Vec<&'a Name>,
        groups: &mut Groups<'a>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    groups.entry(field.node.response_key().node.as_str()).or_default().push(field);
                }
                Selection::InlineFragment(inline) => {
                    if inline.node.type_condition.as_ref().is_none_or(|on| applies(&on.node.on.node)) {
                        self.gather(&inline.node.selection_set.node, applies, visited, groups);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if visited.contains(&name) {
                        continue;
                    }
                    visited.push(name);
                    if let Some(fragment) = self.env.fragments.get(name)
                        && applies(&fragment.node.type_condition.node.on.node)
                    {
                        self.gather(&fragment.node.selection_set.node, applies, visited, groups);
                    }
                }
            }
        }
    }

    /// Every node of the field that a resolver answers, found by its path from the operation: the library runs a
    /// resolver once for each node and loses all but one of their answers. Types on this path are never abstract.
    pub fn merged(self, ctx: &Context<'a>) -> Vec<&'a Positioned<Field>> {
        let mut path = Vec::new();
        let mut step = ctx.path_node.as_ref();
        while let Some(node) = step {
            if let QueryPathSegment::Name(name) = node.segment {
                path.push(name);
            }
            step = node.parent;
        }
        let mut nodes: Vec<&'a Positioned<Field>> = Vec::new();
        let mut sets = vec![&self.env.operation.node.selection_set.node];
        for key in path.into_iter().rev() {
            nodes = self.collect(sets, &|_| true).swap_remove(key).unwrap_or_default();
            sets = nodes.iter().map(|node| &node.node.selection_set.node).collect();
        }
        nodes
    }

    /// How often the library runs the resolver of a root field: each time that the document names it, with a fragment
    /// again wherever it is spread.
    pub fn times(self, ctx: &Context<'a>) -> usize {
        self.count(&self.env.operation.node.selection_set.node, &ctx.item.node.response_key().node)
    }

    fn count(self, set: &SelectionSet, key: &Name) -> usize {
        let times = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => usize::from(field.node.response_key().node == *key),
            Selection::InlineFragment(inline) => self.count(&inline.node.selection_set.node, key),
            Selection::FragmentSpread(spread) => {
                let fragment = self.env.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or(0, |fragment| self.count(&fragment.node.selection_set.node, key))
            }
        });
        times.sum()
    }

    /// Writes all that a read is compiled from: keys, names, places, type conditions, the values of arguments. Two
    /// selections with the same text are read by the same statement. Fragments are written where they are spread.
    pub fn write(self, sets: impl IntoIterator<Item = &'a SelectionSet>, text: &mut String) {
        for set in sets {
            text.push('{');
            for selection in &set.items {
                match &selection.node {
                    Selection::Field(field) => self.write_field(field, text),
                    Selection::InlineFragment(inline) => {
                        text.push_str("...");
                        if let Some(on) = &inline.node.type_condition {
                            text.push_str(&on.node.on.node);
                        }
                        self.write([&inline.node.selection_set.node], text);
                    }
                    Selection::FragmentSpread(spread) => {
                        let Some(fragment) = self.env.fragments.get(&spread.node.fragment_name.node) else { continue };
                        // By name: of two spreads of one fragment the second adds nothing.
                        text.push_str("...&");
                        text.push_str(&spread.node.fragment_name.node);
                        text.push(' ');
                        text.push_str(&fragment.node.type_condition.node.on.node);
                        self.write([&fragment.node.selection_set.node], text);
                    }
                }
            }
            text.push('}');
        }
    }

    fn write_field(self, field: &'a Positioned<Field>, text: &mut String) {
        let (node, at) = (&field.node, field.pos);
        text.push_str(&node.response_key().node);
        text.push(':');
        text.push_str(&node.name.node);
        // Errors name the place.
        for number in [at.line, at.column] {
            text.push('@');
            push_number(number, text);
        }
        for (name, _) in &node.arguments {
            text.push('(');
            text.push_str(&name.node);
            match self.argument(node, &name.node) {
                Some(value) => {
                    let _infallible = write!(text, "={value})");
                }
                None => text.push(')'),
            }
        }
        if node.selection_set.node.items.is_empty() {
            text.push(',');
        } else {
            self.write([&node.selection_set.node], text);
        }
    }

    /// An argument's value with its variables filled in; none where it is absent or its variable is.
    pub fn argument(self, field: &Field, name: &str) -> Option<Value> {
        let value = field.get_argument(name)?;
        value.node.clone().into_const_with(|variable| self.variables().get(&variable).cloned().ok_or(())).ok()
    }
}

/// Written for each field of each request, where the machinery of formatting costs more than all else of it.
fn push_number(number: usize, text: &mut String) {
    if number >= 10 {
        push_number(number / 10, text);
    }
    let digit = u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10));
    text.extend(digit);
}
