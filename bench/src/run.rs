//! One measurement from the empty folder to the table.

use std::{cell::Cell, path::PathBuf, sync::Arc, time::Duration};

use chrono::Utc;
use clap::Args;
use tokio_postgres::Client;

use crate::{
    compare::{Same, compare},
    drive::{Target, drive},
    ground::{Ground, Setup, Store},
    inputs::Lists,
    process::{self, Memory},
    report::{Measured, Report, Round, Side, count, tell},
    scenario::{Asker, SCENARIOS, Scenario, Share},
    service::Service,
    serving::Floor,
    tokens::Tokens,
    trouble::{Result, While},
};

#[derive(Args)]
pub struct Order {
    #[command(flatten)]
    ground: Setup,
    /// Only these scenarios.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    scenario: Vec<String>,
    /// Length of a round. The warm-up takes as long.
    #[arg(long, value_name = "S", default_value_t = 10)]
    seconds: u64,
    /// Rounds of the service and of the floor, in turn.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Connections, each with one request at a time.
    #[arg(long, value_name = "N", default_value_t = 16)]
    connections: usize,
    /// Only compare the answers of service and floor, and time nothing.
    #[arg(long, conflicts_with = "out")]
    compare_only: bool,
    /// Write results.json, results.md and results.svg into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// All that runs. Fields are dropped in order, the database last.
struct Bench {
    order: Order,
    lists: Arc<Lists>,
    tokens: Tokens,
    /// Seconds since the epoch: references of this run differ from those of others.
    began: i64,
    turns: Cell<u64>,
    service: Service,
    /// The service's, before the first request.
    rest: Memory,
    /// None over SQLite.
    floor: Option<Floor>,
    owner: Option<Client>,
    ground: Ground,
}

/// The service or the floor under one scenario.
struct Candidate {
    /// As the database knows it.
    user: &'static str,
    target: Target,
    pid: u32,
    side: Side,
}

pub async fn run(order: Order) -> Result<()> {
    let chosen = chosen(&order.scenario)?;
    let bench = Bench::start(order).await?;
    let mut report = bench.report();
    for scenario in chosen {
        tell(&format!("{}: {}", scenario.name, scenario.title));
        let bytes = bench.compare(scenario).await?;
        if bench.order.compare_only {
            continue;
        }
        report.scenarios.push(bench.measure(scenario, bytes).await?);
        if let Some(folder) = &bench.order.out {
            // As they come: what was measured stays, whatever becomes of the rest.
            report.save(folder)?;
        }
    }
    if !bench.order.compare_only {
        tell("");
        tell(&report.markdown());
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Scenario>> {
    if names.is_empty() {
        return Ok(SCENARIOS.iter().collect());
    }
    let find = |name: &String| {
        let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
        found.during(|| {
            let known: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
            format!("there is no scenario {name}; there are {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

impl Bench {
    async fn start(order: Order) -> Result<Self> {
        let ground = Ground::prepare(&order.ground).await?;
        let lists = Arc::new(Lists::load(&ground.store).await?);
        let tokens = Tokens::issue(&ground.program, &lists)?;
        let service = ground.program.serve()?;
        tell(&format!("the service was ready after {} ms", service.ready_after.as_millis()));
        let rest = process::memory_of(service.pid())?;
        let (floor, owner) = match &ground.store {
            Store::Postgres(cluster) => (Some(Floor::start(cluster)?), Some(cluster.owner().await?)),
            Store::Sqlite(_) => (None, None),
        };
        let (began, turns) = (Utc::now().timestamp(), Cell::new(0));
        Ok(Self { order, lists, tokens, began, turns, service, rest, floor, owner, ground })
    }

    /// Holds the answers against each other, and returns their mean length; none where there is no floor.
    async fn compare(&self, scenario: &'static Scenario) -> Result<Option<usize>> {
        let candidates = self.candidates(scenario);
        let (Some(owner), [service, floor]) = (&self.owner, candidates.as_slice()) else { return Ok(None) };
        let asker = self.asker(scenario, 0, Share { number: 0, of: 1 });
        let Same { answers, bytes } = compare(scenario, &service.target, &floor.target, owner, asker).await?;
        let rows = if scenario.writes() { " and the rows that were written" } else { "" };
        tell(&format!("  {answers} answers are the same, {bytes} bytes each{rows}"));
        Ok(Some(bytes))
    }

    async fn measure(&self, scenario: &'static Scenario, answer_bytes: Option<usize>) -> Result<Measured> {
        let mut candidates = self.candidates(scenario);
        if let Some(owner) = &self.owner {
            // What was written before is on the disk, so that no round pays for it.
            owner.batch_execute("CHECKPOINT").await?;
        }
        for candidate in &mut candidates {
            candidate.side.statements = self.warm_up(scenario, candidate).await?;
        }
        for round in 1..=self.order.rounds {
            for candidate in &mut candidates {
                let figures = self.round(scenario, candidate, round).await?;
                let (rate, cpu) = (figures.requests_a_second, figures.cpu());
                tell(&format!("  round {round}, {}: {rate:.0} requests/s, {cpu:.3} CPU s for 1,000", candidate.user));
                candidate.side.rounds.push(figures);
            }
        }
        for candidate in &mut candidates {
            candidate.side.memory = process::memory_of(candidate.pid)?;
        }
        let mut sides = candidates.into_iter().map(|candidate| candidate.side);
        let (service, floor) = (sides.next().unwrap_or_default(), sides.next());
        Ok(Measured { name: scenario.name, title: scenario.title, answer_bytes, service, floor })
    }

    /// The service, and the floor where there is one.
    fn candidates(&self, scenario: &Scenario) -> Vec<Candidate> {
        let tokens = self.tokens.of(scenario.role);
        let service = Candidate {
            user: "service",
            target: Target::Service { address: self.service.address, tokens },
            pid: self.service.pid(),
            side: Side::default(),
        };
        let floor = self.floor.as_ref().map(|floor| Candidate {
            user: "floor",
            target: Target::Floor { address: floor.address },
            pid: floor.pid(),
            side: Side::default(),
        });
        [service].into_iter().chain(floor).collect()
    }

    /// Fills caches and statements, and has the database count what one request sends to it.
    async fn warm_up(&self, scenario: &'static Scenario, candidate: &Candidate) -> Result<Option<f64>> {
        let askers = self.askers(scenario, 0);
        let (Store::Postgres(cluster), Some(owner)) = (&self.ground.store, &self.owner) else {
            drive(&candidate.target, scenario, askers, self.time()).await?;
            return Ok(None);
        };
        cluster.count_statements(owner, true).await?;
        let tally = drive(&candidate.target, scenario, askers, self.time()).await?;
        let calls = cluster.counted(owner, candidate.user).await?;
        cluster.count_statements(owner, false).await?;
        Ok(calls.map(|calls| count(calls) / count(tally.requests)))
    }

    async fn round(&self, scenario: &'static Scenario, candidate: &Candidate, round: usize) -> Result<Round> {
        let askers = self.askers(scenario, round);
        let before = self.used(candidate.pid)?;
        let tally = drive(&candidate.target, scenario, askers, self.time()).await?;
        let after = self.used(candidate.pid)?;
        Ok(Round::new(&tally, after.0 - before.0, after.1 - before.1))
    }

    /// CPU seconds of a program and of the database so far; SQLite is within the program.
    fn used(&self, pid: u32) -> Result<(f64, f64)> {
        let database = match &self.ground.store {
            Store::Postgres(cluster) => process::cpu_of_family(cluster.postmaster)?,
            Store::Sqlite(_) => 0.0,
        };
        Ok((process::cpu_of(pid)?, database))
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.order.seconds)
    }

    /// Service and floor get the same inputs in the same order.
    fn askers(&self, scenario: &'static Scenario, round: usize) -> Vec<Asker> {
        let of = self.order.connections;
        (0..of).map(|number| self.asker(scenario, round, Share { number, of })).collect()
    }

    fn asker(&self, scenario: &'static Scenario, round: usize, share: Share) -> Asker {
        let seed = u64::try_from((round + 1) * 10_000 + share.number).unwrap_or_default();
        let turn = self.turns.get();
        self.turns.set(turn + 1);
        Asker::new(scenario, self.lists.clone(), seed, share, format!("{}-{turn}", self.began))
    }

    /// Without a scenario yet.
    fn report(&self) -> Report {
        let Order { connections, seconds, .. } = self.order;
        Report { conditions: self.ground.conditions(), connections, seconds, rest: self.rest, scenarios: Vec::new() }
    }
}
