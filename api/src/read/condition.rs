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
#[derive(Clone)]
pub struct Condition<V = Bound> {
    pub template: String,
    pub values: Vec<V>,
    /// Another way to the same rows.
    pub way: Option<Way<V>>,
}

#[derive(Clone)]
pub enum Way<V = Bound> {
    Keys(ByKeys<V>),
    Parts(&'static Parts),
}

/// Conditions with the same values that each leave a part of the rows, no two of them the same row. An index has each part in
/// the order of a column, and all that counting it takes.
pub struct Parts {
    pub parts: [OnePart; 2],
    pub column: &'static str,
}

pub struct OnePart {
    pub template: &'static str,
    /// Whether the viewer's agency needs each row of it by the condition itself, which says what the row rule would ask.
    pub needed: bool,
}

/// The rows of a few keys, one key after the other, instead of all rows held against the condition: PostgreSQL decides when it
/// has looked how many keys there are.
#[derive(Clone)]
pub struct ByKeys<V = Bound> {
    /// A column of the table that an index begins with, the id behind it.
    pub column: &'static str,
    /// A select of `key`: what the column holds in the rows that fulfil the condition. One more than `most` is enough.
    pub keys: String,
    pub values: Vec<V>,
    /// With more of them the condition is the quicker way.
    pub most: usize,
}

impl<V> Condition<V> {
    fn map<B>(self, bind: &mut impl FnMut(V) -> B) -> Condition<B> {
        let values = self.values.into_iter().map(&mut *bind).collect();
        let way = self.way.map(|way| match way {
            Way::Keys(ByKeys { column, keys, values, most }) => {
                let values = values.into_iter().map(&mut *bind).collect();
                Way::Keys(ByKeys { column, keys, values, most })
            }
            Way::Parts(parts) => Way::Parts(parts),
        });
        Condition { template: self.template, values, way }
    }
}

/// Gathers conditions on one row. A template names the row `{c}` and its values `{0}`, `{1}`; no text of a client gets
/// into it.
pub struct Conditions<'a> {
    pub rights: Rights,
    viewer: &'a Viewer,
    pub catalog: &'a Catalog,
    pub dialect: Dialect,
    pub today: NaiveDate,
    table: &'static str,
    pub(super) list: Vec<Condition<Value>>,
    /// Whether they leave no more than the rows of a commune.
    in_commune: bool,
    /// Whether they name the commune.
    of_commune: bool,
    /// Whether how many of those hangs on a value.
    varying: bool,
    /// Whether they are found by keys where those are few.
    by_keys: bool,
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
        Self {
            rights,
            viewer,
            catalog,
            dialect,
            today,
            table,
            list: Vec::new(),
            in_commune,
            of_commune: in_commune,
            varying: false,
            by_keys: false,
        }
    }

    /// For a read compiled with these very values.
    pub(super) fn fixed(self) -> Vec<Condition> {
        self.list.into_iter().map(|condition| condition.map(&mut Bound::Fixed)).collect()
    }

    /// For a read that other values fit into too, which are added to those that the root field was given.
    pub(super) fn open(self, given: &mut Vec<Value>) -> Vec<Condition> {
        let mut bind = |value| {
            given.push(value);
            Bound::Given(given.len() - 1)
        };
        self.list.into_iter().map(|condition| condition.map(&mut bind)).collect()
    }

    pub fn add(&mut self, template: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        let values = values.into_iter().collect();
        self.list.push(Condition { template: template.into(), values, way: None });
    }

    /// Rows that are also found by keys of theirs, in one plan for few and for many.
    pub fn add_with_keys(&mut self, template: impl Into<String>, value: Value, by_keys: ByKeys<Value>) {
        self.by_keys = true;
        self.list.push(Condition { template: template.into(), values: vec![value], way: Some(Way::Keys(by_keys)) });
    }

    /// Rows of a commune that an index has part by part.
    pub fn add_with_parts(&mut self, template: impl Into<String>, value: Value, parts: &'static Parts) {
        self.list.push(Condition { template: template.into(), values: vec![value], way: Some(Way::Parts(parts)) });
    }

    /// Rows of a commune.
    pub fn add_of_commune(&mut self, unit_id: i64) {
        self.of_commune = true;
        self.add_in_commune("{c}.commune_id = {0}", unit_id);
    }

    /// Whether what was added by now, or the viewer's scope, names a commune.
    pub const fn of_commune(&self) -> bool {
        self.of_commune
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
        (self.in_commune || self.by_keys) && !self.varying
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
