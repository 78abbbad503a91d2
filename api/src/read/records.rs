//! The records of a mutation's answer: written first, then read through the same projections as everything else.
//!
//! A batch answers item by item, but its records are read with one statement for each field that selects them,
//! however many items there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_graphql::{Context, parser::types::SelectionSet};
use sea_orm::ConnectionTrait;
use tokio::sync::OnceCell;

use super::{Compiler, MARK, ObjectPlan, One, Out, Projected, raw, root, setting, shape};
use crate::{
    error::Result,
    request::Request,
    schema::selection::Document,
};

/// Cells by id, and their shape, for one field of the answer.
struct Loaded {
    plan: Out,
    cells: HashMap<i64, String>,
}

/// The ids of one type that a mutation answers with.
#[derive(Clone)]
pub struct Records {
    ids: Arc<[i64]>,
    loaded: Arc<Mutex<HashMap<String, Arc<OnceCell<Loaded>>>>>,
}

impl Records {
    pub fn new(ids: impl IntoIterator<Item = i64>) -> Self {
        Self { ids: ids.into_iter().collect(), loaded: Arc::default() }
    }

    /// The record with this id, none where the caller may not see it (any more).
    pub async fn get<T: Projected>(&self, ctx: &Context<'_>, id: i64) -> async_graphql::Result<Option<One<T>>> {
        let key = ctx.item.node.response_key().node.to_string();
        let cell = {
            let mut loaded = self.loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            loaded.entry(key).or_default().clone()
        };
        let loaded = cell.get_or_try_init(|| self.load::<T>(ctx)).await?;
        let Some(cells) = loaded.cells.get(&id) else { return Ok(None) };
        Ok(shape(ctx, Request::of(ctx).today(), &loaded.plan, cells)?.map(raw).map(One::new))
    }

    async fn load<T: Projected>(&self, ctx: &Context<'_>) -> Result<Loaded> {
        let nodes = Document::of(ctx).merged(ctx);
        let sets: Vec<&SelectionSet> = nodes.iter().map(|node| &node.node.selection_set.node).collect();
        let (plan, cells) = by_ids(ctx, T::PROJECTION, &self.ids, &sets).await?;
        Ok(Loaded { plan: Out::Object(plan), cells })
    }
}

/// The cells of the records with these ids, as far as the caller may see them: one statement.
pub(super) async fn by_ids(
    ctx: &Context<'_>,
    projection: &'static super::Projection,
    ids: &[i64],
    sets: &[&SelectionSet],
) -> Result<(ObjectPlan, HashMap<i64, String>)> {
    let request = Request::of(ctx);
    if let Some(guard) = projection.guard {
        request.viewer.require(guard)?;
    }
    let setting = setting(ctx, None);
    let mut conditions = setting.conditions();
    conditions.one_of_numbers("{c}.id", ids.iter().copied());
    let mut compiler = Compiler::new(setting);
    compiler.push(MARK);
    let row = compiler.row(projection);
    compiler.template("{t}.id,", row, None);
    let plan = compiler.object(row, sets)?;
    compiler.push(request.db.dialect.json_text());
    root(&mut compiler, row, conditions);
    let statement = request.db.statement(compiler.sql, compiler.values);
    let mut cells = HashMap::with_capacity(ids.len());
    for row in request.db.connection.query_all_raw(statement).await? {
        cells.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    Ok((plan, cells))
}
