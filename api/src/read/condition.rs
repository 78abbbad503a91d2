//! Conditions on the rows of a read: what filters and roots ask for, as templates with bound values.

use chrono::NaiveDate;
use sea_orm::Value;

use super::bound::Bound;
use crate::{
    access::{Permission, Reach, Rights, Scope, Viewer, filters},
    db::Dialect,
    error::Result,
    place::Catalog,
};

/// A template, and what is bound in it.
pub type Condition = (String, Vec<Bound>);

/// Gathers conditions on one row. A template names the row `{c}` and its values `{0}`, `{1}`; no text of a client gets
/// into it.
pub struct Conditions<'a> {
    pub rights: Rights,
    viewer: &'a Viewer,
    pub catalog: &'a Catalog,
    pub dialect: Dialect,
    pub today: NaiveDate,
    table: &'static str,
    pub(super) list: Vec<(String, Vec<Value>)>,
    /// Whether they leave no more than the rows of a commune.
    in_commune: bool,
    /// Whether how many of those hangs on a value.
    varying: bool,
}

impl<'a> Conditions<'a> {
    pub(super) const fn new(
        rights: Rights,
        viewer: &'a Viewer,
        catalog: &'a Catalog,
        dialect: Dialect,
        today: NaiveDate,
        table: &'static str,
    ) -> Self {
        let in_commune = matches!(rights.scope, Scope::Commune { .. });
        Self { rights, viewer, catalog, dialect, today, table, list: Vec::new(), in_commune, varying: false }
    }

    /// For a read compiled with these very values.
    pub(super) fn fixed(self) -> Vec<Condition> {
        self.list
            .into_iter()
            .map(|(template, values)| (template, values.into_iter().map(Bound::Fixed).collect()))
            .collect()
    }

    /// For a read that other values fit into too, which are added to those that the root field was given.
    pub(super) fn open(self, given: &mut Vec<Value>) -> Vec<Condition> {
        let mut bind = |value| {
            given.push(value);
            Bound::Given(given.len() - 1)
        };
        self.list
            .into_iter()
            .map(|(template, values)| (template, values.into_iter().map(&mut bind).collect()))
            .collect()
    }

    pub fn add(&mut self, template: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.list.push((template.into(), values.into_iter().collect()));
    }

    /// Rows of a commune or of a part of it.
    pub fn add_in_commune(&mut self, template: impl Into<String>, unit_id: i64) {
        self.in_commune = true;
        self.add(template, [unit_id.into()]);
    }

    /// Rows of which there may be few or many, as the value is: the letters of a text, the begin of a time. How they are best
    /// found hangs on it.
    pub fn add_varying(&mut self, template: impl Into<String>, value: Value) {
        self.varying = true;
        self.add(template, [value]);
    }

    /// Whether one plan serves whatever the values are: so few rows are left that no other would be better by much.
    pub(super) const fn one_plan(&self) -> bool {
        self.in_commune && !self.varying
    }

    /// `expression` (over `{c}`) is one of these texts; enums are texts.
    pub fn one_of_texts<T: Into<String>>(&mut self, expression: &str, texts: impl IntoIterator<Item = T>) {
        let (condition, value) = self.dialect.among(expression, "{0}", self.dialect.texts(texts));
        self.add(condition, [value]);
    }

    pub fn one_of_numbers(&mut self, expression: &str, numbers: impl IntoIterator<Item = i64>) {
        let (condition, value) = self.dialect.among(expression, "{0}", self.dialect.numbers(numbers));
        self.add(condition, [value]);
    }

    /// Rows of a hamlet: a household knows its own, other rows that of their household.
    pub fn in_hamlet(&self) -> String {
        match self.table {
            "household" => "{c}.hamlet_id = {0}".to_owned(),
            "model_project" => "{c}.site_id = {0}".to_owned(),
            _ => format!(
                "{{c}}.household_id IN (SELECT h.id FROM household h WHERE h.hamlet_id = {{0}}{})",
                self.needed(Reach::Household, "h")
            ),
        }
    }

    /// ` AND …` for a sub-select that looks at another row than its own, under an alias of its own: a record can be seen
    /// while its household isn't, and a filter must not tell of it.
    pub fn needed(&self, reach: Reach, alias: &str) -> String {
        let condition = self.rights.need.condition(reach, alias, "{today}");
        condition.map_or_else(String::new, |condition| format!(" AND ({condition})"))
    }

    /// A filter on something the viewer may not read would tell it: it is refused like the field.
    pub fn require(&self, permission: Permission, field: &str) -> Result<()> {
        self.viewer.require(permission).map_err(|failure| failure.with_field(field))
    }

    /// The same by what the policy says of a filter's key.
    pub fn admit(&self, filter: &str, key: &str) -> Result<()> {
        let field = format!("filter.{key}");
        filters::admit(&format!("{filter}.{key}"), |permission| self.require(permission, &field))
    }
}
