//! Bounds on what one request, and one client, may ask of the service: `[limits]`, and for a role
//! `[limits.roles.<code>]` over it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::ConfigError;
use super::layers::{Layers, Setting};

/// Bounds on one request and on one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Levels of selections. PostgreSQL plans nested sub-selects ever more slowly from half as many more.
    pub depth: usize,
    /// Root fields: each is a statement, and they run at the same time.
    pub root_fields: usize,
    /// Selected fields once all fragments are written out.
    pub fields: usize,
    /// Aliases as they are written.
    pub aliases: usize,
    /// Directives as they are written.
    pub directives: usize,
    /// Lexical tokens of the document.
    pub tokens: usize,
    /// Errors in an answer; the rest is counted.
    pub errors: usize,
    /// Items of one mutation.
    pub batch_items: usize,
    /// Bytes of a request's body. A batch of 1,000 items with their text fits in the default of 1 MiB.
    pub body_bytes: usize,
    /// Bytes of an answer.
    pub answer_bytes: usize,
    /// Time to receive a request, and again to answer it.
    pub request_time: Duration,
    /// Time of one statement that reads.
    pub statement_time: Duration,
    /// Values that the answer may have at worst.
    pub cost: u64,
    /// Connections to the database that one client's requests have at a time.
    pub concurrency: usize,
    /// Requests of one client in a minute on one node; none: as many as it likes.
    pub requests_per_minute: Option<u64>,
    /// Cost of one client's requests in a minute on one node; none: as much as it likes.
    pub cost_per_minute: Option<u64>,
}

/// What a statement has where nothing else is said. The connections to PostgreSQL are opened with it.
pub const STATEMENT_TIME: Duration = Duration::from_secs(30);

/// What the requests of one client cost in a minute where nothing else is said: a hundred of the dearest.
const BUDGET: u64 = 100_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 16,
            root_fields: 30,
            fields: 2_500,
            aliases: 2_000,
            directives: 1_000,
            tokens: 20_000,
            errors: 100,
            batch_items: 1_000,
            body_bytes: 1 << 20,
            answer_bytes: 8 << 20,
            request_time: Duration::from_secs(30),
            statement_time: STATEMENT_TIME,
            cost: 1_000_000,
            concurrency: 6,
            requests_per_minute: Some(6_000),
            cost_per_minute: Some(BUDGET),
        }
    }
}

impl Limits {
    /// Of each number the wider one: who has two roles may what either may.
    fn widest(self, other: Self) -> Self {
        let rate = |one: Option<u64>, other: Option<u64>| one.zip(other).map(|(one, other)| one.max(other));
        Self {
            depth: self.depth.max(other.depth),
            root_fields: self.root_fields.max(other.root_fields),
            fields: self.fields.max(other.fields),
            aliases: self.aliases.max(other.aliases),
            directives: self.directives.max(other.directives),
            tokens: self.tokens.max(other.tokens),
            errors: self.errors.max(other.errors),
            batch_items: self.batch_items.max(other.batch_items),
            body_bytes: self.body_bytes.max(other.body_bytes),
            answer_bytes: self.answer_bytes.max(other.answer_bytes),
            request_time: self.request_time.max(other.request_time),
            statement_time: self.statement_time.max(other.statement_time),
            cost: self.cost.max(other.cost),
            concurrency: self.concurrency.max(other.concurrency),
            requests_per_minute: rate(self.requests_per_minute, other.requests_per_minute),
            cost_per_minute: rate(self.cost_per_minute, other.cost_per_minute),
        }
    }
}

/// The limits of roles that have some of their own.
pub type RoleLimits = BTreeMap<String, Limits>;

/// What a caller with these roles may: of each number the widest; the usual ones for a role without any of its own.
pub fn of_roles<T: AsRef<str>>(usual: Limits, of_role: &RoleLimits, roles: &[T]) -> Limits {
    if of_role.is_empty() {
        return usual;
    }
    let each = roles.iter().map(|role| of_role.get(role.as_ref()).copied().unwrap_or(usual));
    each.reduce(Limits::widest).unwrap_or(usual)
}

/// A number of `[limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Number {
    Depth,
    RootFields,
    Fields,
    Aliases,
    Directives,
    Tokens,
    Errors,
    BatchItems,
    BodyBytes,
    AnswerBytes,
    RequestSeconds,
    StatementSeconds,
    Cost,
    Concurrency,
    RequestsPerMinute,
    CostPerMinute,
}

struct Row {
    number: Number,
    key: &'static str,
    range: RangeInclusive<u64>,
    set: fn(&mut Limits, u64),
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Each number with its key, the range that it may have, and its place. Larger documents than these would reach what
/// the parser and PostgreSQL can bear; a batch of more items than 1,000 would not fit into one statement.
const ROWS: &[Row] = &[
    Row { number: Number::Depth, key: "depth", range: 3..=24, set: |to, n| to.depth = size(n) },
    Row { number: Number::RootFields, key: "root_fields", range: 1..=100, set: |to, n| to.root_fields = size(n) },
    Row { number: Number::Fields, key: "fields", range: 10..=10_000, set: |to, n| to.fields = size(n) },
    Row { number: Number::Aliases, key: "aliases", range: 0..=10_000, set: |to, n| to.aliases = size(n) },
    Row { number: Number::Directives, key: "directives", range: 0..=10_000, set: |to, n| to.directives = size(n) },
    Row { number: Number::Tokens, key: "tokens", range: 50..=200_000, set: |to, n| to.tokens = size(n) },
    Row { number: Number::Errors, key: "errors", range: 1..=10_000, set: |to, n| to.errors = size(n) },
    Row { number: Number::BatchItems, key: "batch_items", range: 1..=1_000, set: |to, n| to.batch_items = size(n) },
    Row {
        number: Number::BodyBytes,
        key: "body_bytes",
        range: 1_024..=67_108_864,
        set: |to, n| to.body_bytes = size(n),
    },
    Row {
        number: Number::AnswerBytes,
        key: "answer_bytes",
        range: 65_536..=1_073_741_824,
        set: |to, n| to.answer_bytes = size(n),
    },
    Row {
        number: Number::RequestSeconds,
        key: "request_seconds",
        range: 1..=600,
        set: |to, n| to.request_time = Duration::from_secs(n),
    },
    Row {
        number: Number::StatementSeconds,
        key: "statement_seconds",
        range: 1..=600,
        set: |to, n| to.statement_time = Duration::from_secs(n),
    },
    Row { number: Number::Cost, key: "cost", range: 100..=1_000_000_000, set: |to, n| to.cost = n },
    Row { number: Number::Concurrency, key: "concurrency", range: 1..=15, set: |to, n| to.concurrency = size(n) },
    Row {
        number: Number::RequestsPerMinute,
        key: "requests_per_minute",
        range: 0..=100_000_000,
        set: |to, n| to.requests_per_minute = (n > 0).then_some(n),
    },
    Row {
        number: Number::CostPerMinute,
        key: "cost_per_minute",
        range: 0..=1_000_000_000_000,
        set: |to, n| to.cost_per_minute = (n > 0).then_some(n),
    },
];

/// Bytes that all answers of a node may hold at a time. One client has half of it, so the longest answer must fit into that.
pub(super) fn answers_bytes(layers: &Layers, usual: Limits, of_role: &RoleLimits) -> Result<usize, ConfigError> {
    let (setting, expected) = (Setting::AnswersBytes, "a number from 131072 to 68719476736");
    let bytes = layers.parse(setting, "33554432", expected, |text| {
        text.parse::<usize>().ok().filter(|bytes| (131_072..=68_719_476_736).contains(bytes))
    })?;
    let longest = of_role.values().fold(usual, |longest, limits| longest.widest(*limits)).answer_bytes;
    if bytes / 2 < longest {
        return Err(ConfigError::new(format!(
            "{} is {bytes}, less than twice the bytes of one answer, which may be {longest}.",
            layers.name(setting)
        )));
    }
    Ok(bytes)
}

/// The limits for all, and those of roles, of which each number that isn't named is the one for all.
pub(super) fn read(layers: &Layers) -> Result<(Limits, RoleLimits), ConfigError> {
    let mut usual = Limits::default();
    for row in ROWS {
        if let Some(given) = layers.get(Setting::Limit(row.number)) {
            set(&mut usual, row, &given.text, &given.name)?;
        }
    }
    let said = layers.get(Setting::Limit(Number::CostPerMinute)).is_some();
    afford(&mut usual, said);
    affordable(&usual, "limits")?;
    let mut roles = RoleLimits::new();
    for (role, key, given) in &layers.of_roles {
        let row = ROWS.iter().find(|row| row.key == key).ok_or_else(|| {
            let known = ROWS.iter().map(|row| row.key).collect::<Vec<_>>().join(", ");
            ConfigError::new(format!("{} is not a limit of a role; there are {known}.", given.name))
        })?;
        set(roles.entry(role.clone()).or_insert(usual), row, &given.text, &given.name)?;
    }
    for (role, limits) in &mut roles {
        let own = layers.of_roles.iter().any(|(of, key, _)| of == role && key == "cost_per_minute");
        afford(limits, said || own);
        affordable(limits, &format!("limits.roles.{role}"))?;
    }
    Ok((usual, roles))
}

fn set(limits: &mut Limits, row: &Row, text: &str, name: &str) -> Result<(), ConfigError> {
    let number = text.parse::<u64>().ok().filter(|number| row.range.contains(number)).ok_or_else(|| {
        let (least, most) = (row.range.start(), row.range.end());
        ConfigError::new(format!("{name} is \"{text}\", which is not a number from {least} to {most}."))
    })?;
    (row.set)(limits, number);
    Ok(())
}

/// A budget that nobody named goes up with the cost of one request.
fn afford(limits: &mut Limits, said: bool) {
    if !said {
        limits.cost_per_minute = limits.cost_per_minute.map(|budget| budget.max(limits.cost));
    }
}

/// A request that costs more than a whole minute's budget would be told to wait for ever.
fn affordable(limits: &Limits, table: &str) -> Result<(), ConfigError> {
    match limits.cost_per_minute {
        Some(budget) if budget < limits.cost => Err(ConfigError::new(format!(
            "In {table}, cost_per_minute is {budget}, less than the cost of one request, which may be {}.",
            limits.cost
        ))),
        _ => Ok(()),
    }
}
