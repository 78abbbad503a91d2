//! Reads: a root field is one statement, compiled from its selection.
//!
//! Start with `projection.rs` (the table that slices fill, with the words of `field.rs`), then `root.rs` (a root field's statement, kept or new:
//! `cached.rs`, `bound.rs`), `compile.rs` (selection and table to SQL, with
//! `compile_rows.rs` for what a viewer sees, `compile_object.rs` for an object's cells, `compile_ways.rs` for other ways to a page) and
//! `shape.rs` (cells to the answer's text). This file is what resolvers call: [`one`], [`many`], [`page`] for roots,
//! [`Records`] for the records of a mutation's answer.

mod answered;
pub mod arguments;
mod bound;
mod cached;
mod cells;
mod compile;
mod compile_object;
mod compile_page;
mod compile_rows;
mod compile_template;
mod compile_ways;
pub mod compute;
mod condition;
mod declared;
mod field;
mod output;
mod page_args;
pub mod pages;
mod plan;
pub mod projection;
mod records;
mod root;
mod shape;
mod shape_page;

use std::pin::Pin;

use answered::{Answered, bounded, lacking};
use async_graphql::{Context, PathSegment, Positioned, QueryPathSegment, Value, parser::types::Field as Node};
use bound::Filling;
pub use cached::Plans;
use cells::Cells;
use chrono::NaiveDate;
use compile::{Compiler, Setting};
use compile_page::narrowed;
pub use condition::{ByKeys, Conditions, OnePart, Parts};
pub use output::{Connection, Many, One, Projected};
pub use pages::PageArgs;
use plan::Out;
use projection::{Projection, Sort};
pub use records::{Matches, Records, nodes};
use root::{Kind, Read, Rows, compiled, root};
use shape::{Shaped, Shaper, Stop};

use crate::{
    access::{
        Viewer,
        uses::{Planned, Seen},
    },
    db::{Part, Row},
    error::{Failure, Result},
    request::Request,
    schema::selection::Document,
};

/// The first words of every compiled read, so that a DBA (and a test) can tell them from the rest.
const MARK: &str = "/*read*/";

/// Bytes that the answer of a short read usually has at worst: some hundred values.
const SHORT: usize = 32 << 10;
/// As many records.
const FEW: usize = 10;

/// What is done once it is known how many records were found, before anything is answered: a refusal refuses the whole.
#[derive(Clone, Copy)]
pub struct Looked {
    pub beside: Beside,
    /// Is told how many were found, and where there is one what stands beside it.
    pub then: Then,
}

pub type Then = for<'a> fn(&'a Request, usize, Vec<i64>) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// What is read beside a record of the caller's client: numbers of a table with at most one row for each client, 0 where
/// there is none.
#[derive(Clone, Copy)]
pub struct Beside {
    pub table: &'static str,
    pub columns: &'static [&'static str],
}

type Conditioned<'f> = dyn FnOnce(&mut Conditions<'_>) -> Result<()> + Send + 'f;

/// At most one record.
pub async fn one<T: Projected>(
    ctx: &Context<'_>,
    conditions: impl FnOnce(&mut Conditions<'_>) -> Result<()> + Send,
) -> async_graphql::Result<Option<One<T>>> {
    one_on(ctx, None, conditions).await
}

/// At most one record, as it was on a day.
pub async fn one_on<T: Projected>(
    ctx: &Context<'_>,
    day: Option<NaiveDate>,
    conditions: impl FnOnce(&mut Conditions<'_>) -> Result<()> + Send,
) -> async_graphql::Result<Option<One<T>>> {
    let read = Read { projection: T::PROJECTION, day, kind: Kind::One };
    Ok(answer(ctx, read, Box::new(conditions)).await?.map(One::new))
}

/// The one record that the conditions name; `looked` is told whether the caller sees none, one or two of it.
pub async fn sole<T: Projected>(
    ctx: &Context<'_>,
    looked: Looked,
    conditions: impl FnOnce(&mut Conditions<'_>) -> Result<()> + Send,
) -> async_graphql::Result<Option<One<T>>> {
    let read = Read { projection: T::PROJECTION, day: None, kind: Kind::Sole(looked) };
    Ok(answer(ctx, read, Box::new(conditions)).await?.map(One::new))
}

/// A record of a type that the id names.
pub async fn node(ctx: &Context<'_>, projection: &'static Projection, key: String) -> Result<Option<Value>> {
    let read = Read { projection, day: None, kind: Kind::One };
    let Some(id) = projection.key(&key) else { return Ok(None) };
    answer(
        ctx,
        read,
        Box::new(|rows| {
            rows.add("{c}.id = {0}", [id]);
            Ok(())
        }),
    )
    .await
}

/// Whether a viewer, the caller or another, sees the record of a type that the id names.
pub async fn sees(ctx: &Context<'_>, viewer: &Viewer, projection: &'static Projection, key: &str) -> Result<bool> {
    let request = Request::of(ctx);
    let Some(id) = projection.key(key).filter(|_| projection.guard.is_none_or(|guard| viewer.may(guard))) else {
        return Ok(false);
    };
    let setting = Setting { rights: viewer.rights(), viewer, ..setting(ctx, None) };
    let mut conditions = setting.conditions(projection);
    conditions.add("{c}.id = {0}", [id]);
    let mut compiler = Compiler::new(setting);
    compiler.push(MARK);
    compiler.push("SELECT 1");
    let row = compiler.row(projection);
    root(&mut compiler, row, conditions.fixed());
    let filling = Filling { token_id: viewer.token_id, ..filling(request, None, Vec::new()) };
    let statement = request.db.statement(compiler.sql, filling.values(&compiler.bound));
    let claim = request.room.claim(Part::Cells, 0);
    Ok(!request.read(statement, claim, !projection.lettered).await?.0.is_empty())
}

/// Notes in the ledger that a root field tells of a type's records otherwise than by a read of their fields: of the one
/// with this key, or of none.
pub fn tells_of(ctx: &Context<'_>, projection: &'static Projection, key: Option<&str>) {
    if !projection.personal {
        return;
    }
    let (uses, root) = (&Request::of(ctx).uses, root_key(ctx));
    uses.planned(root, &Planned { personal: true, ..Planned::default() }, Vec::new());
    if let Some(key) = key {
        let mut seen = Seen::default();
        let cell = if projection.lettered { format!("\"{key}\"") } else { key.to_owned() };
        seen.allowed.add(projection.name, &cell);
        uses.seen(root, seen);
    }
}

/// All records, in this order (a template over `{t}`), for lists that are short.
pub async fn many<T: Projected>(
    ctx: &Context<'_>,
    order: &'static str,
    conditions: impl FnOnce(&mut Conditions<'_>) -> Result<()> + Send,
) -> async_graphql::Result<Option<Many<T>>> {
    many_from(ctx, T::PROJECTION, order, conditions).await
}

/// All records of a type that is read from several places, from this one: a projection of the type's name and fields.
pub async fn many_from<T: Projected>(
    ctx: &Context<'_>,
    projection: &'static Projection,
    order: &'static str,
    conditions: impl FnOnce(&mut Conditions<'_>) -> Result<()> + Send,
) -> async_graphql::Result<Option<Many<T>>> {
    let read = Read { projection, day: None, kind: Kind::Many(order) };
    Ok(answer(ctx, read, Box::new(conditions)).await?.map(Many::new))
}

/// A connection.
pub async fn page<T: Projected>(
    ctx: &Context<'_>,
    sort: Sort,
    page: PageArgs,
    conditions: impl FnOnce(&mut Conditions<'_>) -> Result<()> + Send,
) -> async_graphql::Result<Option<Connection<T>>> {
    let read = Read { projection: T::PROJECTION, day: None, kind: Kind::Page(sort, page) };
    Ok(answer(ctx, read, Box::new(conditions)).await?.map(Connection::new))
}

/// The answer of a root field.
async fn answer(ctx: &Context<'_>, read: Read, conditions: Box<Conditioned<'_>>) -> Result<Option<Value>> {
    let nodes = Document::of(ctx).merged(ctx);
    once(ctx, run(ctx, &read, conditions, &nodes)).await
}

/// The work of a root field is done once, for all its selections, and fails once, however often the document names it.
async fn once(ctx: &Context<'_>, work: impl Future<Output = Result<Option<Value>>>) -> Result<Option<Value>> {
    if Document::of(ctx).times(ctx) < 2 {
        return work.await;
    }
    let cell = Request::of(ctx).answer(names(ctx));
    let mut failure = None;
    let value = cell
        .get_or_init(|| async {
            work.await.map(Option::unwrap_or_default).unwrap_or_else(|error| {
                failure = Some(error);
                Value::Null
            })
        })
        .await;
    match failure {
        Some(failure) => Err(failure),
        None => Ok((*value != Value::Null).then(|| value.clone())),
    }
}

async fn run(
    ctx: &Context<'_>,
    read: &Read,
    conditions: Box<Conditioned<'_>>,
    nodes: &[&Positioned<Node>],
) -> Result<Option<Value>> {
    let request = Request::of(ctx);
    let setting = setting(ctx, read.day);
    if let Some(guard) = read.projection.guard {
        request.viewer.require(guard)?;
    }
    let mut rows = setting.conditions(read.projection);
    conditions(&mut rows)?;
    let mut given = Vec::new();
    let one_plan = rows.one_plan();
    let asked = Rows { conditions: rows.open(&mut given), window: read.window(one_plan, &mut given)? };
    let compiled = compiled(request, setting, read, asked, nodes)?;
    let filling = filling(request, read.day, given);
    let statement = |room| {
        let filling = Filling { room, ..filling.clone() };
        request.db.statement(compiled.sql.as_str(), filling.values(&compiled.bound))
    };
    let bytes = request.cost.bytes_of(root_key(ctx));
    let short = matches!(read.kind, Kind::One | Kind::Sole(_)) && compiled.quick && is_short(read.projection, bytes);
    let Answered { rows, claim: _claim } = bounded(request, bytes, short, 0, statement).await?;
    let narrowed = match (&read.kind, nodes.first()) {
        // Nodes of one response key have the same arguments.
        (Kind::Page(..), Some(node)) => narrowed(setting.document, read.projection, &node.node),
        _ => Vec::new(),
    };
    request.uses.planned(root_key(ctx), &compiled.uses, narrowed);
    if let Kind::Sole(looked) = &read.kind {
        let numbers = |row: &Row| (0..looked.beside.columns.len()).map(|column| row.number(2 + column)).collect();
        let beside: Result<Vec<_>> = rows.first().map_or_else(|| Ok(Vec::new()), numbers);
        (looked.then)(request, rows.len(), beside?).await?;
    }
    let Some(row) = rows.first() else { return Ok(None) };
    let cells = row.text(0)?.unwrap_or_default();
    let day = setting.day.unwrap_or(setting.today);
    let text = shape(ctx, day, cells, |shaper, cells| match &compiled.out {
        Out::Object(plan) => shaper.object(plan, cells),
        Out::List(plan) => shaper.list(plan, cells),
        Out::Page(plan) => shaper.page(plan, cells),
        _ => Err(Stop::Malformed),
    })?;
    Ok(text.map(raw))
}

/// Whether the quick read of a few records, found by their keys, is done at once. Lettered keys are those of a view over
/// several tables, which has no index.
fn is_short(projection: &Projection, bytes: usize) -> bool {
    projection.personal && !projection.lettered && bytes <= SHORT
}

fn filling(request: &Request, day: Option<NaiveDate>, given: Vec<sea_orm::Value>) -> Filling {
    let (token_id, client_id) = (request.viewer.token_id, request.viewer.client_id);
    Filling { given, token_id, client_id, day, today: request.today(), now: request.micros(), room: 0 }
}

fn setting<'a>(ctx: &Context<'a>, day: Option<NaiveDate>) -> Setting<'a> {
    let request = Request::of(ctx);
    Setting {
        rights: request.viewer.rights(),
        viewer: &request.viewer,
        catalog: &request.catalog,
        dialect: request.db.dialect,
        document: Document::of(ctx),
        today: request.today(),
        day,
    }
}

/// Shapes cells and adds their errors to the answer; none where the whole is null.
fn shape(
    ctx: &Context<'_>,
    day: NaiveDate,
    cells: &str,
    write: impl FnOnce(&mut Shaper<'_>, &mut Cells<'_>) -> Shaped,
) -> Result<Option<String>> {
    let request = Request::of(ctx);
    let claim = request.room.claim(Part::Text, cells.len());
    let mut shaper = Shaper::new(&request.viewer, day, path(ctx), request.limits.errors, claim);
    let written = write(&mut shaper, &mut Cells::new(cells));
    if let Err(Stop::NoRoom(lack)) = written {
        return Err(lacking(lack));
    }
    let (text, errors, seen) = shaper.finish();
    Request::of(ctx).uses.seen(root_key(ctx), seen);
    for error in errors {
        ctx.add_error(error);
    }
    match written {
        Ok(()) => Ok(Some(text)),
        Err(Stop::Null) => Ok(None),
        Err(Stop::Malformed | Stop::NoRoom(_)) => Err(Failure::internal("a compiled read came back in another shape")),
    }
}

/// A finished text as a value that the library passes through.
fn raw(text: String) -> Value {
    Value::Object(
        [(async_graphql::Name::new(async_graphql_value::RAW_VALUE_TOKEN), Value::String(text))].into_iter().collect(),
    )
}

fn path(ctx: &Context<'_>) -> Vec<PathSegment> {
    let mut path = Vec::new();
    let mut step = ctx.path_node.as_ref();
    while let Some(node) = step {
        path.push(match node.segment {
            QueryPathSegment::Index(index) => PathSegment::Index(index),
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
        });
        step = node.parent;
    }
    path.reverse();
    path
}

/// The response key of the root field that this field lies in.
fn root_key<'c>(ctx: &Context<'c>) -> &'c str {
    let (mut step, mut key) = (ctx.path_node.as_ref(), "");
    while let Some(node) = step {
        if let QueryPathSegment::Name(name) = node.segment {
            key = name;
        }
        step = node.parent;
    }
    key
}

/// The response keys from the root to this field: the same for all items of a list.
fn names(ctx: &Context<'_>) -> String {
    let names = path(ctx).into_iter().filter_map(|segment| match segment {
        PathSegment::Field(name) => Some(name),
        PathSegment::Index(_) => None,
    });
    names.collect::<Vec<_>>().join("/")
}
