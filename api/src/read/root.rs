//! The statement of a root field: as it was compiled before for the same caller's rights and selection, or compiled now.

use std::sync::Arc;

use async_graphql::{
    Positioned,
    parser::types::{Field as Node, SelectionSet},
};
use chrono::NaiveDate;

use super::{
    Looked,
    bound::Bound,
    cached::{Compiled, Key},
    compile::{Compiler, Row, Setting},
    condition::Condition,
    pages::{PageArgs, Window},
    plan::Out,
    projection::{Projection, Sort},
};
use crate::{error::Result, request::Request};

pub(super) struct Read {
    pub projection: &'static Projection,
    pub day: Option<NaiveDate>,
    pub kind: Kind,
}

pub(super) enum Kind {
    One,
    Sole(Looked),
    Many(&'static str),
    Page(Sort, PageArgs),
}

/// Which rows a root field asks for: their conditions, and of a page where it begins and ends.
pub(super) struct Rows {
    pub conditions: Vec<Condition>,
    pub window: Option<Window<Bound>>,
}

impl Read {
    pub(super) fn window(&self, one_plan: bool, given: &mut Vec<sea_orm::Value>) -> Result<Option<Window<Bound>>> {
        let Kind::Page(sort, page) = &self.kind else { return Ok(None) };
        let window = Window { one_plan, ..page.window(sort, self.projection)? };
        Ok(Some(window.bound(|value| {
            given.push(value);
            Bound::Given(given.len() - 1)
        })))
    }

    fn key(&self, setting: &Setting<'_>, rows: &Rows, nodes: &[&Positioned<Node>]) -> Key {
        let kind = match (&self.kind, &rows.window) {
            (Kind::Page(sort, _), Some(window)) => &Key::page(sort, window),
            (Kind::Many(order), _) => *order,
            (Kind::Sole(_), _) => "sole",
            _ => "one",
        };
        let mut text = Key::text(self.projection, kind, setting.day.is_some(), &rows.conditions);
        setting.document.write(nodes.iter().map(|node| &node.node.selection_set.node), &mut text);
        Key { rights: setting.rights, today: setting.today, version: setting.catalog.version(), text }
    }
}

/// The statement of a root field and the shape of its answer: as they were compiled before, or compiled now.
pub(super) fn compiled(
    request: &Request,
    setting: Setting<'_>,
    read: &Read,
    rows: Rows,
    nodes: &[&Positioned<Node>],
) -> Result<Arc<Compiled>> {
    let key = read.key(&setting, &rows, nodes);
    if let Some(known) = request.plans.get(&key) {
        return Ok(known);
    }
    let mut compiler = Compiler::new(setting);
    let out = compile(&mut compiler, read, rows, nodes)?;
    let Compiler { sql, bound, uses, quick, .. } = compiler;
    let compiled = Arc::new(Compiled { sql, bound, out, quick, uses });
    request.plans.keep(key, compiled.clone());
    Ok(compiled)
}

/// Writes the statement of a root field.
fn compile<'a>(compiler: &mut Compiler<'a>, read: &Read, rows: Rows, nodes: &[&'a Positioned<Node>]) -> Result<Out> {
    let sets: Vec<&SelectionSet> = nodes.iter().map(|node| &node.node.selection_set.node).collect();
    let dialect = compiler.setting.dialect;
    let text = dialect.json_text();
    compiler.open_bounded("j");
    let out = match (&read.kind, rows.window) {
        (Kind::Page(sort, _), Some(window)) => {
            let out = compiler.page(None, read.projection, *sort, &window, rows.conditions, &sets)?;
            compiler.push(text);
            compiler.push(" LIMIT 1");
            out
        }
        (Kind::Many(order), _) => {
            let row = compiler.row(read.projection);
            let (gather, gathered) = dialect.json_rows();
            compiler.push(gather);
            let plan = compiler.object(row, &sets)?;
            compiler.push(" AS j");
            root(compiler, row, rows.conditions);
            compiler.push(" ORDER BY ");
            compiler.template(order, row, None);
            compiler.push(gathered);
            compiler.push(text);
            compiler.push(" LIMIT 1");
            Out::List(plan)
        }
        _ => {
            let row = compiler.row(read.projection);
            let plan = compiler.object(row, &sets)?;
            compiler.push(text);
            root(compiler, row, rows.conditions);
            compiler.push(" LIMIT 2");
            Out::Object(plan)
        }
    };
    compiler.close_bounded(match &read.kind {
        Kind::Sole(looked) => Some(&looked.beside),
        _ => None,
    });
    Ok(out)
}

pub(super) fn root(compiler: &mut Compiler<'_>, row: Row, conditions: Vec<Condition>) {
    compiler.from(row, "", row);
    compiler.push(" WHERE TRUE");
    compiler.visible(row, None);
    compiler.conditions(row, conditions);
}
