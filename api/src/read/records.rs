//! The records of a mutation's answer: written first, then read through the same projections as everything else.
//!
//! A batch answers item by item, but its records are read with one statement for each field that selects them,
//! however many items there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_graphql::{Context, Value, parser::types::SelectionSet};
use tokio::sync::OnceCell;

use super::{
    Answered, Compiler, Conditions, FEW, Filling, Many, One, Projected, Projection, bounded, filling, is_short, names,
    once, plan::ObjectPlan, raw, root, root_key, setting, shape, shape::Item,
};
use crate::{
    db::{Claim, Part, Row},
    error::{Failure, Result},
    request::Request,
    schema::{aims, selection::Document},
};

/// Cells by key, and their shape, for one field of the answer.
struct Loaded<K> {
    plan: ObjectPlan,
    cells: HashMap<K, Vec<String>>,
    /// Room for the cells.
    _claim: Claim,
}

type Loads<K> = Arc<Mutex<HashMap<String, Arc<OnceCell<Loaded<K>>>>>>;

/// The ids of one type that a mutation answers with.
#[derive(Clone)]
pub struct Records {
    ids: Arc<[i64]>,
    loads: Loads<i64>,
}

impl Records {
    pub fn new(ids: impl IntoIterator<Item = i64>) -> Self {
        Self { ids: ids.into_iter().collect(), loads: Arc::default() }
    }

    async fn load<'c, T: Projected>(
        &self,
        ctx: &Context<'_>,
        cell: &'c OnceCell<Loaded<i64>>,
    ) -> Result<&'c Loaded<i64>> {
        cell.get_or_try_init(|| async {
            let ids = self.ids.iter().copied();
            let few = self.ids.len() <= FEW;
            keyed(ctx, T::PROJECTION, "{t}.id", few, |rows| rows.one_of_numbers("{c}.id", ids), |row| row.number(0))
                .await
        })
        .await
    }

    /// The record with this id, none where the caller may not see it (any more).
    pub async fn get<T: Projected>(&self, ctx: &Context<'_>, id: i64) -> async_graphql::Result<Option<One<T>>> {
        let cell = load(&self.loads, ctx);
        let loaded = self.load::<T>(ctx, &cell).await?;
        match loaded.cells.get(&id).and_then(|cells| cells.first()) {
            Some(cells) => {
                let text =
                    shape(ctx, Request::of(ctx).today(), cells, |shaper, cells| shaper.object(&loaded.plan, cells))?;
                Ok(text.map(raw).map(One::new))
            }
            None => Ok(None),
        }
    }

    /// A record that was written, by this request or by the one that it repeats: since then it may have left the
    /// caller's sight.
    pub async fn written<T: Projected>(&self, ctx: &Context<'_>, id: i64) -> async_graphql::Result<One<T>> {
        let record = self.get(ctx, id).await?;
        Ok(record.ok_or_else(|| Failure::not_found(ctx.item.node.name.node.as_str()))?)
    }

    /// The records with these ids, in this order, as far as the caller may see them.
    pub async fn list<T: Projected>(&self, ctx: &Context<'_>, ids: &[i64]) -> async_graphql::Result<Many<T>> {
        if ids.is_empty() {
            return Ok(Many::new(raw("[]".to_owned())));
        }
        let cell = load(&self.loads, ctx);
        let loaded = self.load::<T>(ctx, &cell).await?;
        let cells = ids.iter().filter_map(|id| loaded.cells.get(id)?.first());
        let list = format!("[{}]", cells.map(String::as_str).collect::<Vec<_>>().join(","));
        let text = shape(ctx, Request::of(ctx).today(), &list, |shaper, cells| shaper.list(&loaded.plan, cells))?;
        Ok(Many::new(raw(text.unwrap_or_else(|| "[]".to_owned()))))
    }
}

/// Texts that records are looked up by, each of which may have several.
#[derive(Clone)]
pub struct Matches {
    texts: Arc<[String]>,
    column: &'static str,
    loads: Loads<String>,
}

impl Matches {
    /// `column`: of the type's table.
    pub fn new(column: &'static str, texts: impl IntoIterator<Item = String>) -> Self {
        Self { texts: texts.into_iter().collect(), column, loads: Arc::default() }
    }

    /// The records with this text, as far as the caller may see them.
    pub async fn get<T: Projected>(&self, ctx: &Context<'_>, text: &str) -> async_graphql::Result<Many<T>> {
        let cell = load(&self.loads, ctx);
        let loaded = cell
            .get_or_try_init(|| async {
                let texts = self.texts.iter().cloned();
                let key = format!("{{t}}.{}", self.column);
                let column = format!("{{c}}.{}", self.column);
                let few = self.texts.len() <= FEW;
                keyed(ctx, T::PROJECTION, &key, few, |rows| rows.one_of_texts(&column, texts), key_text).await
            })
            .await?;
        let cells = loaded.cells.get(text).map(Vec::as_slice).unwrap_or_default();
        let list = format!("[{}]", cells.join(","));
        let text = shape(ctx, Request::of(ctx).today(), &list, |shaper, cells| shaper.list(&loaded.plan, cells))?;
        Ok(Many::new(raw(text.unwrap_or_else(|| "[]".to_owned()))))
    }
}

fn load<K>(loads: &Loads<K>, ctx: &Context<'_>) -> Arc<OnceCell<Loaded<K>>> {
    let key = names(ctx);
    loads.lock().unwrap_or_else(std::sync::PoisonError::into_inner).entry(key).or_default().clone()
}

fn key_text(row: &Row) -> Result<String> {
    Ok(row.text(0)?.unwrap_or_default().to_owned())
}

/// The records that fit, by key: one statement. `few`: of no more than [`FEW`] keys.
async fn keyed<K: Eq + std::hash::Hash>(
    ctx: &Context<'_>,
    projection: &'static Projection,
    key: &str,
    few: bool,
    conditions: impl FnOnce(&mut Conditions<'_>),
    key_of: impl Fn(&Row) -> Result<K>,
) -> Result<Loaded<K>> {
    let nodes = Document::of(ctx).merged(ctx);
    let sets: Vec<&SelectionSet> = nodes.iter().map(|node| &node.node.selection_set.node).collect();
    let request = Request::of(ctx);
    if let Some(guard) = projection.guard {
        request.viewer.require(guard)?;
    }
    let setting = setting(ctx, None);
    let mut rows = setting.conditions(projection);
    conditions(&mut rows);
    let mut compiler = Compiler::new(setting);
    compiler.open_bounded("k, i, j");
    let row = compiler.row(projection);
    compiler.template(&format!("{key},{{t}}.id,"), row, None);
    let plan = compiler.object(row, &sets)?;
    compiler.push(request.db.dialect.json_text());
    root(&mut compiler, row, rows.fixed());
    compiler.template(" ORDER BY {t}.id", row, None);
    compiler.close_bounded_together();
    let statement = |room| {
        let filling = Filling { room, ..filling(request, None, Vec::new()) };
        request.db.statement(compiler.sql.as_str(), filling.values(&compiler.bound))
    };
    // Other fields of the same root read at the same time.
    let first = request.cost.bytes_of(root_key(ctx)).min(request.room.half(Part::Cells));
    let short = few && compiler.quick && is_short(projection, first);
    let Answered { rows, claim } = bounded(request, first, short, 1, statement).await?;
    let mut cells: HashMap<K, Vec<String>> = HashMap::new();
    request.uses.planned(root_key(ctx), &compiler.uses, Vec::new());
    for row in rows {
        cells.entry(key_of(&row)?).or_default().push(row.text(1)?.unwrap_or_default().to_owned());
    }
    Ok(Loaded { plan, cells, _claim: claim })
}

/// The records of `nodes`, in the order asked for: one statement for each type named. Those of a type that the viewer
/// may not read are refused one by one, the rest stands.
pub async fn nodes(ctx: &Context<'_>, ids: Vec<(&'static Projection, String)>) -> Result<Value> {
    Ok(once(ctx, async { of_types(ctx, ids).await.map(Some) }).await?.unwrap_or_default())
}

async fn of_types(ctx: &Context<'_>, ids: Vec<(&'static Projection, String)>) -> Result<Value> {
    let mut types: Vec<&'static Projection> = Vec::new();
    for (projection, _) in &ids {
        if !types.iter().any(|known| std::ptr::eq(*known, *projection)) {
            types.push(projection);
        }
    }
    let mut loaded: HashMap<&str, Loaded<String>> = HashMap::new();
    let viewer = &Request::of(ctx).viewer;
    let refused = |projection: &Projection| projection.guard.filter(|guard| !viewer.may(*guard));
    for projection in types {
        if refused(projection).is_some() {
            continue;
        }
        let keys: Vec<String> =
            ids.iter().filter(|(of, _)| std::ptr::eq(*of, projection)).map(|(_, key)| key.clone()).collect();
        let few = keys.len() <= FEW;
        let by_id = |rows: &mut Conditions<'_>| {
            if projection.lettered {
                rows.one_of_texts("{c}.id", keys);
            } else {
                rows.one_of_numbers("{c}.id", keys.iter().filter_map(|key| key.parse().ok()));
            }
        };
        let of_type = keyed(ctx, projection, "CAST({t}.id AS TEXT)", few, by_id, key_text).await?;
        loaded.insert(projection.name, of_type);
    }
    let named = |(projection, key): &(&Projection, String)| format!("{}:{key}", projection.name);
    let (denied, allowed): (Vec<_>, Vec<_>) = ids.iter().partition(|(projection, _)| refused(projection).is_some());
    let found = |of: &Projection, key: &str| loaded.get(of.name).is_some_and(|of| of.cells.contains_key(key));
    let missing = allowed.into_iter().filter(|(of, key)| of.personal && !found(of, key));
    aims::note_missed(ctx, false, missing.map(named));
    aims::note_missed(ctx, true, denied.into_iter().map(named));
    let text = shape(ctx, Request::of(ctx).today(), "", |shaper, _| {
        let items = ids.iter().map(|(projection, key)| {
            if let Some(permission) = refused(projection) {
                return Item::Refused(permission, ctx.item.pos);
            }
            let found =
                loaded.get(projection.name).and_then(|of_type| Some((of_type, of_type.cells.get(key)?.first()?)));
            found.map_or(Item::Missing, |(of_type, cells)| Item::Record(&of_type.plan, cells))
        });
        shaper.nullable_items(items)
    })?;
    Ok(raw(text.unwrap_or_else(|| "null".to_owned())))
}
