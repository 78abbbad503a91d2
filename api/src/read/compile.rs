//! From a selection and a projection to one statement and the shape of its answer.
//!
//! The statement is written front to back into one text: an object is a JSON array of its cells, a relation a
//! sub-select in its parent's cell. Type guards, row rules and field guards are applied here and nowhere else, so a
//! path through the graph can't get around them. Nothing of a client's words gets into the text: keys stay in the
//! plan, values are bound.

use async_graphql::{
    Positioned,
    parser::types::{Field as Node, SelectionSet},
};
use chrono::NaiveDate;
use sea_orm::Value;

use super::{
    arguments::Arguments,
    bound::Bound,
    compile_page::narrowed,
    condition::{Condition, Conditions},
    pages::{PageArgs, Window},
    plan::{Out, Slot, TreePlan},
    projection::{Field, Projection, Relation, Source},
};
use crate::{
    access::{Rights, Viewer, uses::Planned},
    db::Dialect,
    error::{Failure, Result},
    place::Catalog,
    schema::selection::{Document, Groups},
};

/// What a read is compiled under.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub rights: Rights,
    /// For the words of a filter's refusal.
    pub viewer: &'a Viewer,
    pub catalog: &'a Catalog,
    pub dialect: Dialect,
    pub document: Document<'a>,
    pub today: NaiveDate,
    /// The day of a read as of a day.
    pub day: Option<NaiveDate>,
}

impl<'a> Setting<'a> {
    /// Conditions on the rows of a projection.
    pub const fn conditions(&self, on: &Projection) -> Conditions<'a> {
        Conditions::new(self.rights, self.viewer, self.catalog, self.dialect, self.today, on.table)
    }
}

/// A row within the statement: table alias `t{alias}` of a projection.
#[derive(Clone, Copy)]
pub struct Row {
    pub projection: &'static Projection,
    pub alias: usize,
}

pub struct Compiler<'a> {
    pub setting: Setting<'a>,
    pub sql: String,
    pub bound: Vec<Bound>,
    /// What the statement reads of persons.
    pub uses: Planned,
    aliases: usize,
    /// Within the total of a root list.
    pub(super) counting: bool,
    /// Within the source of rows that the viewer's agency needs by what is asked for.
    pub(super) told_needed: bool,
    /// Whether all of it is found by keys, a few rows each: nothing is counted, summed up or searched for.
    pub quick: bool,
    pub(super) day_slot: Option<usize>,
    pub(super) today_slot: Option<usize>,
    pub(super) now_slot: Option<usize>,
}

impl<'a> Compiler<'a> {
    pub const fn new(setting: Setting<'a>) -> Self {
        Self {
            setting,
            sql: String::new(),
            bound: Vec::new(),
            uses: Planned { personal: false, allowed: Vec::new(), denied: Vec::new(), filters: Vec::new() },
            aliases: 0,
            counting: false,
            told_needed: false,
            quick: true,
            day_slot: None,
            today_slot: None,
            now_slot: None,
        }
    }

    pub const fn row(&mut self, projection: &'static Projection) -> Row {
        self.aliases += 1;
        Row { projection, alias: self.aliases }
    }

    pub fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Binds a value and writes its placeholder.
    pub fn bind(&mut self, value: Value) {
        self.bind_as(Bound::Fixed(value));
    }

    pub fn bind_as(&mut self, bound: Bound) {
        self.bound.push(bound);
        self.placeholder(self.bound.len());
    }

    pub(super) fn placeholder(&mut self, slot: usize) {
        self.sql.push(self.setting.dialect.placeholder());
        self.sql.push_str(&slot.to_string());
    }

    /// One response key of an object: writes its cell, if it has one. `keyed`: the row's id is there already.
    pub(super) fn slot(&mut self, row: Row, key: &str, nodes: &[&'a Positioned<Node>], keyed: bool) -> Result<Slot> {
        let first = nodes.first().ok_or_else(|| Failure::internal("a response key without a field"))?;
        let name = first.node.name.node.as_str();
        let slot = |non_null, out| Slot { key: key.to_owned(), non_null, at: first.pos, out };
        if name == "__typename" {
            return Ok(slot(true, Out::TypeName(row.projection.name)));
        }
        let field = row
            .projection
            .field(name)
            .ok_or_else(|| Failure::internal(format!("no field {name} on {}", row.projection.name)))?;
        if field.sensitivity.is_none() {
            return Err(undeclared(row.projection, field));
        }
        let sets: Vec<&'a SelectionSet> = nodes.iter().map(|node| &node.node.selection_set.node).collect();
        let out = match self.refused(field) {
            Some(permission) => {
                self.uses.denied.push((row.projection.name, field.name));
                Out::Forbidden(permission)
            }
            None => {
                if row.projection.personal || field.sums {
                    self.uses.allowed.push((row.projection.name, field.name));
                }
                match field.source {
                    Source::Id if keyed => Out::RowId(row.projection.name),
                    _ => self.cell(row, field, &first.node, &sets)?,
                }
            }
        };
        Ok(slot(field.ty.ends_with('!'), out))
    }

    /// The permission that the viewer lacks for the field or for the type it leads to.
    pub(super) fn refused(&self, field: &Field) -> Option<crate::access::Permission> {
        let target = match &field.source {
            Source::One(relation) | Source::Many(relation, _) | Source::Page(relation, ..) => relation.to.guard,
            Source::Embed(to) => to.guard,
            _ => None,
        };
        [field.guard, target].into_iter().flatten().find(|permission| !self.setting.rights.may(*permission))
    }

    fn cell(&mut self, row: Row, field: &'static Field, node: &'a Node, sets: &[&'a SelectionSet]) -> Result<Out> {
        let source = field.source_for(&self.setting.rights);
        // Those of the plan may sum up all that was done for it.
        let of_the_plan = !row.projection.personal
            && !matches!(source, Source::Id | Source::Column(..) | Source::One(_) | Source::Embed(_));
        self.quick &= !field.sums && !of_the_plan && !row.projection.lettered;
        Ok(match source {
            Source::Id => {
                self.template("{t}.id", row, None);
                Out::Id(row.projection.name)
            }
            Source::Column(column, leaf) => {
                self.column(row, column);
                Out::Leaf(*leaf)
            }
            Source::Sql { now, on_day, leaf } => {
                self.template(on_day.filter(|_| self.setting.day.is_some()).unwrap_or(now), row, None);
                Out::Leaf(*leaf)
            }
            Source::Computed { inputs, compute, shape } => {
                self.inputs(row, inputs);
                Out::Computed {
                    compute: *compute,
                    arguments: self.given(field, node),
                    shape: shape.map(|shape| self.tree(shape, sets)),
                }
            }
            Source::Embed(to) => Out::Object(self.object(Row { projection: to, alias: row.alias }, sets)?),
            Source::One(relation) => self.single(row, relation, sets)?,
            Source::Many(relation, order) => self.list(row, field, node, relation, order, sets)?,
            Source::Page(relation, sort, filter) => {
                let arguments = Arguments::new(self.setting.document, node);
                let mut conditions = self.setting.conditions(relation.to);
                if let Some(filter) = filter {
                    filter(arguments.value("filter"), &mut conditions)?;
                }
                if let Some(further) = relation.arguments {
                    further(&arguments, &mut conditions)?;
                }
                let narrowed = narrowed(self.setting.document, relation.to, node);
                self.uses.filters.extend(narrowed);
                let page = PageArgs {
                    first: arguments.get("first")?,
                    after: arguments.get("after")?,
                    last: arguments.get("last")?,
                    before: arguments.get("before")?,
                };
                let window = Window { one_plan: true, ..page.window(sort, relation.to)?.bound(Bound::Fixed) };
                self.page(Some((row, relation)), relation.to, *sort, &window, conditions.fixed(), sets)?
            }
            Source::OneOf { tag, id, types } => self.one_of(row, tag, id, types, sets)?,
        })
    }

    fn inputs(&mut self, row: Row, inputs: &[&str]) {
        self.push(self.setting.dialect.json_array());
        for (index, input) in inputs.iter().enumerate() {
            if index > 0 {
                self.push(",");
            }
            self.template(input, row, None);
        }
        self.push(")");
    }

    fn given(&self, field: &'static Field, node: &Node) -> Vec<(&'static str, async_graphql::Value)> {
        let value = |name| self.setting.document.argument(node, name);
        field.args.iter().filter_map(|arg| value(arg.name).map(|value| (arg.name, value))).collect()
    }

    fn tree(&self, shape: &'static Projection, sets: &[&'a SelectionSet]) -> TreePlan {
        let groups: Groups<'a> = self.setting.document.collect(sets.iter().copied(), &|on| on == shape.name);
        let slots = groups.into_iter().map(|(key, nodes)| {
            let name = nodes.first().and_then(|node| shape.field(&node.node.name.node)).map(|field| field.name);
            (key.to_owned(), name)
        });
        TreePlan { type_name: shape.name, slots: slots.collect() }
    }

    fn single(&mut self, row: Row, relation: &'static Relation, sets: &[&'a SelectionSet]) -> Result<Out> {
        let child = self.row(relation.to);
        let (open, close) = self.setting.dialect.json_cell();
        self.push(open);
        self.push("(SELECT ");
        let plan = self.nested(child, sets)?;
        self.related(row, relation, child);
        self.push(" LIMIT 1)");
        self.push(close);
        Ok(Out::Object(plan))
    }

    fn list(
        &mut self,
        row: Row,
        field: &'static Field,
        node: &'a Node,
        relation: &'static Relation,
        order: &str,
        sets: &[&'a SelectionSet],
    ) -> Result<Out> {
        let child = self.row(relation.to);
        let (open, close) = self.setting.dialect.json_cell();
        self.push(open);
        let (gather, gathered) = self.setting.dialect.json_rows();
        self.push(gather);
        let plan = self.nested(child, sets)?;
        self.push(" AS j");
        self.related(row, relation, child);
        if let Some(further) = relation.arguments.filter(|_| !field.args.is_empty()) {
            let mut conditions = self.setting.conditions(relation.to);
            further(&Arguments::new(self.setting.document, node), &mut conditions)?;
            self.conditions(child, conditions.fixed());
        }
        self.push(" ORDER BY ");
        self.template(order, row, Some(child));
        self.push(gathered);
        self.push(close);
        Ok(Out::List(plan))
    }

    fn one_of(
        &mut self,
        row: Row,
        tag: &str,
        id: &str,
        types: &'static [&'static Projection],
        sets: &[&'a SelectionSet],
    ) -> Result<Out> {
        let rights = self.setting.rights;
        let readable = types.iter().filter(|to| to.guard.is_none_or(|guard| rights.may(guard)));
        let mut plans = Vec::new();
        let (open, close) = self.setting.dialect.json_cell();
        self.push(self.setting.dialect.json_array());
        self.column(row, tag);
        self.push(",");
        self.push(open);
        self.push("CASE ");
        self.column(row, tag);
        for to in readable {
            let child = self.row(to);
            self.push(&format!(" WHEN '{}' THEN (SELECT ", to.name));
            let plan = self.object(child, sets)?;
            self.from(child, "", row);
            self.push(" WHERE ");
            self.template("{c}.id = ", row, Some(child));
            self.column(row, id);
            self.visible(child, None);
            self.push(")");
            plans.push((to.name, plan));
        }
        // A CASE needs a branch, also for a viewer who may read none of the types.
        self.push(" WHEN '' THEN NULL END");
        self.push(close);
        self.push(")");
        Ok(Out::OneOf(plans))
    }

    /// `FROM … WHERE …` of a relation: its condition and what the viewer may see.
    pub(super) fn related(&mut self, row: Row, relation: &Relation, child: Row) {
        self.from(child, relation.join, row);
        self.push(" WHERE ");
        let on = relation.on_day.filter(|_| self.setting.day.is_some()).unwrap_or(relation.on);
        self.template(on, row, Some(child));
        self.visible(child, Some((row.projection, relation.on)));
    }

    /// `FROM` with the past states where the read is as of a day.
    pub fn from(&mut self, row: Row, join: &str, parent: Row) {
        self.push(" FROM ");
        self.template(row.projection.table, row, None);
        self.push(&format!(" t{}", row.alias));
        if !join.is_empty() {
            self.push(" ");
            self.template(join, parent, Some(row));
        }
        if let (Some(history), Some(_)) = (&row.projection.history, self.setting.day) {
            let alias = row.alias;
            self.push(&format!(
                " LEFT JOIN {} t{alias}h ON t{alias}h.{} = t{alias}.id AND ",
                history.table, history.of
            ));
            self.template(&history.on.replace("{h}", &format!("t{alias}h")), row, None);
        }
    }

    /// Conditions as ` AND …`.
    pub fn conditions(&mut self, row: Row, conditions: Vec<Condition>) {
        for Condition { template, values, .. } in conditions {
            let base = self.bound.len();
            self.bound.extend(values);
            self.push(" AND (");
            self.render(&template, row, Some(row), base);
            self.push(")");
        }
    }
}

/// Deny is the default: what says nothing of itself is read by nobody.
fn undeclared(of: &Projection, field: &Field) -> Failure {
    Failure::forbidden(
        format!("The policy says nothing of {}.{}; nobody reads it.", of.name, field.name),
        format!("Chính sách chưa quy định trường {}.{}; không ai được đọc.", of.name, field.name),
    )
}
