//! Documents that were valid before are not validated again: of a machine's question that costs more than to run it.
//!
//! The rules look at the document, and one of them at the values of variables: whether each fits its argument's type. Of the
//! types named below it is the kind of a value that decides, not the value. So a document is known as valid for one operation
//! and for variables of these kinds. Validated each time are documents with variables of other types, and with variables
//! within an object: where that is given for a list, the library doesn't compare their types, only their values.

use std::{
    collections::HashSet,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    ServerError, ValidationResult, Value, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::{BaseType, ExecutableDocument, Selection, SelectionSet, Type},
};
use async_graphql_value::Value as Literal;
use async_trait::async_trait;

use super::document::operation;

/// Types of which the kind of a value decides whether it is one.
const BY_KIND: [&str; 4] = ["String", "ID", "Int", "Boolean"];
/// Most forms that are remembered of a document; a machine has one or two.
const MOST: usize = 8;

/// The forms in which a document was found valid; none are remembered of one whose variables' values count.
pub struct Forms {
    counts_values: bool,
    valid: Mutex<HashSet<String>>,
}

/// Of one request: the form that it has, beside those that were valid.
pub struct Validity {
    pub forms: Arc<Forms>,
    pub form: String,
}

impl Validity {
    fn is_known(&self) -> bool {
        self.forms.valid.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.form)
    }

    fn note(&self) {
        let mut forms = self.forms.valid.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.len() < MOST {
            forms.insert(self.form.clone());
        }
    }
}

impl Forms {
    pub fn of(document: &ExecutableDocument) -> Self {
        let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
        let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
        let counts_values = operations.chain(fragments).any(has_variable_in_object);
        Self { counts_values, valid: Mutex::default() }
    }
}

fn has_variable_in_object(set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => {
            field.node.arguments.iter().any(|(_, value)| hides_variable(&value.node))
                || has_variable_in_object(&field.node.selection_set.node)
        }
        Selection::InlineFragment(inline) => has_variable_in_object(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => false,
    })
}

/// Whether a variable is somewhere within an object of this value.
fn hides_variable(value: &Literal) -> bool {
    match value {
        Literal::Object(entries) => entries.values().any(names_variable),
        Literal::List(values) => values.iter().any(hides_variable),
        _ => false,
    }
}

fn names_variable(value: &Literal) -> bool {
    match value {
        Literal::Variable(_) => true,
        Literal::List(values) => values.iter().any(names_variable),
        Literal::Object(entries) => entries.values().any(names_variable),
        _ => false,
    }
}

/// The operation and the kinds of its variables, as far as validation can tell them apart; none where it looks at values.
pub fn form(document: &ExecutableDocument, forms: &Forms, name: Option<&str>, variables: &Variables) -> Option<String> {
    if forms.counts_values {
        return None;
    }
    let mut form = name.unwrap_or_default().to_owned();
    for definition in &operation(document, name)?.node.variable_definitions {
        let (variable, ty) = (&definition.node.name.node, &definition.node.var_type.node);
        if !BY_KIND.contains(&named(ty)) {
            return None;
        }
        let kind = match variables.get(variable) {
            Some(value) => kind(value)?,
            None => "-",
        };
        write!(form, "\n{variable} {kind}").ok()?;
    }
    Some(form)
}

fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => named(of),
    }
}

/// What decides whether a value is of one of the types; lists are of one kind throughout, and not of lists.
fn kind(value: &Value) -> Option<&'static str> {
    let kinds: HashSet<&str> = match value {
        Value::List(values) => values.iter().map(simple).collect::<Option<_>>()?,
        _ => return simple(value),
    };
    let mut kinds = kinds.into_iter();
    match (kinds.next(), kinds.next()) {
        (None, _) => Some("[]"),
        (Some("text"), None) => Some("[text]"),
        (Some("integer"), None) => Some("[integer]"),
        (Some("boolean"), None) => Some("[boolean]"),
        _ => None,
    }
}

fn simple(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => Some("null"),
        Value::String(_) => Some("text"),
        Value::Boolean(_) => Some("boolean"),
        // Whatever bounds an Int has, these are within.
        Value::Number(number) if number.as_u64().is_some_and(|number| i32::try_from(number).is_ok()) => Some("integer"),
        _ => None,
    }
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
