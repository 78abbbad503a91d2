//! One measurement from the empty folder to the table.

use std::{
    cell::Cell,
    collections::HashMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use clap::Args;
use hyper::header::HeaderValue;
use tokio_postgres::Client;

use crate::{
    compare::{Same, compare},
    drive::{Target, drive},
    inputs::Lists,
    machine::Machine,
    postgres::{self, Cluster},
    process,
    report::{Measured, Report, Round, Side, count, seconds},
    scenario::{Asker, Role, SCENARIOS, Scenario, Share},
    scratch::Scratch,
    service::{self, Program, Service},
    trouble::{Result, While},
};

#[derive(Args)]
pub struct Order {
    /// How many households the register has; 3.4 people each.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    households: u32,
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
    /// Write results.json and results.md into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The service to measure; without it `ansinh` beside this program, built where it is missing.
    #[arg(long, value_name = "PATH")]
    service: Option<PathBuf>,
    /// Keep the register in this folder, and use the one that is there.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

/// The floor's process. Killed on drop.
struct Floor {
    child: Child,
    address: SocketAddr,
}

/// By the code of the commune that is asked for; the empty code where none is.
struct Tokens {
    province: Arc<HashMap<String, HeaderValue>>,
    bank: Arc<HashMap<String, HeaderValue>>,
    insurance: Arc<HashMap<String, HeaderValue>>,
    communes: Arc<HashMap<String, HeaderValue>>,
}

/// All that runs.
struct Bench {
    order: Order,
    lists: Arc<Lists>,
    /// Seconds since the epoch: references of this run differ from those of others.
    began: i64,
    turns: Cell<u64>,
    owner: Client,
    service: Service,
    tokens: Tokens,
    floor: Floor,
    cluster: Cluster,
}

pub async fn run(order: Order) -> Result<()> {
    let chosen = chosen(&order.scenario)?;
    let scratch = Scratch::temporary()?;
    let home = order.keep.as_deref().map(Scratch::given).transpose()?;
    let home = home.as_ref().unwrap_or(&scratch).path();
    let cluster = Cluster::start(home, scratch.path())?;
    cluster.prepare().await?;
    let program = Program::new(order.service.as_deref(), &home.join("service"), cluster.url("service"))?;
    tell(&format!("PostgreSQL {}; {}", cluster.version, program.path().display()));
    let seeded = seed(&cluster, &program, order.households).await?;
    let bench = Bench::start(order, cluster, &program).await?;
    let mut scenarios = Vec::new();
    for scenario in chosen {
        scenarios.push(bench.measure(scenario).await?);
    }
    let report = bench.report(seeded, scenarios);
    tell("");
    tell(&report.markdown());
    match &bench.order.out {
        Some(folder) => report.save(folder),
        None => Ok(()),
    }
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

/// Fills an empty register, and returns how long that took; none where it was filled already.
async fn seed(cluster: &Cluster, program: &Program, households: u32) -> Result<Option<Duration>> {
    let owner = cluster.owner().await?;
    let exists = owner.query_opt("SELECT 1 FROM pg_class WHERE relname = 'household'", &[]).await?.is_some();
    if exists {
        let there: i64 = owner.query_one("SELECT count(*) FROM household", &[]).await?.try_get(0)?;
        if there > 0 {
            let asked = i64::from(households);
            if there != asked {
                return Err(format!("the register that was kept has {there} households, not {asked}").into());
            }
            tell(&format!("the register that was kept, {there} households"));
            // For a binary that is newer than the register.
            program.run(&["migrate", "up"])?;
            return Ok(None);
        }
    }
    program.run(&["migrate", "up"])?;
    let began = Instant::now();
    program.run(&["seed", "--households", &households.to_string()])?;
    let took = began.elapsed();
    tell(&format!("{households} households seeded in {}", seconds(took)));
    let began = Instant::now();
    owner.batch_execute("VACUUM ANALYZE").await?;
    tell(&format!("vacuumed and analysed in {}", seconds(began.elapsed())));
    Ok(Some(took))
}

impl Bench {
    async fn start(order: Order, cluster: Cluster, program: &Program) -> Result<Self> {
        let owner = cluster.owner().await?;
        let lists = Arc::new(Lists::load(&owner).await?);
        let tokens = Tokens::issue(program, &lists)?;
        let service = program.serve()?;
        tell(&format!("the service was ready after {} ms", service.ready_after.as_millis()));
        let floor = Floor::start(&cluster)?;
        Ok(Self {
            order,
            lists,
            began: Utc::now().timestamp(),
            turns: Cell::new(0),
            owner,
            service,
            tokens,
            floor,
            cluster,
        })
    }

    async fn measure(&self, scenario: &'static Scenario) -> Result<Measured> {
        tell(&format!("{}: {}", scenario.name, scenario.title));
        let (service, floor) = (self.to_service(scenario), Target::Floor { address: self.floor.address });
        let asker = self.asker(scenario, 0, Share { number: 0, of: 1 });
        let Same { answers, bytes: answer_bytes } = compare(scenario, &service, &floor, &self.owner, asker).await?;
        tell(&format!("  {answers} answers are the same, {answer_bytes} bytes each"));
        // What was written before is on the disk, so that no round pays for it.
        self.owner.batch_execute("CHECKPOINT").await?;
        let mut sides = [
            (service, "service", self.service.pid(), Side::default()),
            (floor, "floor", self.floor.child.id(), Side::default()),
        ];
        for (target, user, _, side) in &mut sides {
            side.statements = self.warm_up(scenario, target, user).await?;
        }
        for round in 1..=self.order.rounds {
            for (target, user, pid, side) in &mut sides {
                let figures = self.round(scenario, target, *pid, round).await?;
                let (rate, cpu) = (figures.requests_a_second, figures.cpu_program + figures.cpu_database);
                tell(&format!("  round {round}, {user}: {rate:.0} requests/s, {cpu:.3} CPU s for 1,000"));
                side.rounds.push(figures);
            }
        }
        for (.., pid, side) in &mut sides {
            side.memory = process::memory_of(*pid)?;
        }
        let [(.., service), (.., floor)] = sides;
        Ok(Measured { name: scenario.name, title: scenario.title, answer_bytes, service, floor: Some(floor) })
    }

    /// Fills caches and statements, and has the database count what one request sends to it.
    async fn warm_up(&self, scenario: &'static Scenario, target: &Target, user: &str) -> Result<Option<f64>> {
        self.count_statements(true).await?;
        let tally = drive(target, scenario, self.askers(scenario, 0), self.time()).await?;
        if !self.cluster.counts_statements {
            return Ok(None);
        }
        let sql = "SELECT COALESCE(sum(calls), 0)::bigint FROM pg_stat_statements WHERE userid = (SELECT oid FROM pg_roles WHERE rolname = $1)";
        let calls: i64 = self.owner.query_one(sql, &[&user]).await?.try_get(0)?;
        self.count_statements(false).await?;
        Ok(Some(count(calls.unsigned_abs()) / count(tally.requests)))
    }

    /// Has the database count statements from now on, or no more.
    async fn count_statements(&self, on: bool) -> Result<()> {
        if !self.cluster.counts_statements {
            return Ok(());
        }
        let track = if on { "top" } else { "none" };
        self.owner.batch_execute(&format!("ALTER SYSTEM SET pg_stat_statements.track = '{track}'")).await?;
        self.owner.batch_execute("SELECT pg_reload_conf()").await?;
        loop {
            let now: String = self.owner.query_one("SHOW pg_stat_statements.track", &[]).await?.try_get(0)?;
            if now == track {
                break;
            }
        }
        if on {
            self.owner.batch_execute("SELECT pg_stat_statements_reset()").await?;
        }
        Ok(())
    }

    async fn round(&self, scenario: &'static Scenario, target: &Target, pid: u32, round: usize) -> Result<Round> {
        let askers = self.askers(scenario, round);
        let used = || -> Result<_> { Ok((process::cpu_of(pid)?, process::cpu_of_family(self.cluster.postmaster)?)) };
        let before = used()?;
        let tally = drive(target, scenario, askers, self.time()).await?;
        let after = used()?;
        Ok(Round::new(&tally, after.0 - before.0, after.1 - before.1))
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

    fn to_service(&self, scenario: &Scenario) -> Target {
        let tokens = match scenario.role {
            Role::Province => &self.tokens.province,
            Role::Commune => &self.tokens.communes,
            Role::Bank => &self.tokens.bank,
            Role::Insurance => &self.tokens.insurance,
        };
        Target::Service { address: self.service.address, tokens: tokens.clone() }
    }

    fn report(&self, seeded: Option<Duration>, scenarios: Vec<Measured>) -> Report {
        let order = &self.order;
        Report {
            command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
            machine: Machine::of_this(),
            database: format!("PostgreSQL {}", self.cluster.version),
            database_settings: postgres::SETTINGS.iter().map(|&setting| setting.to_owned()).collect(),
            service_settings: service::SETTINGS.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            connections: order.connections,
            seconds: order.seconds,
            households: order.households,
            seeding_seconds: seeded.map(|took| took.as_secs_f64()),
            scenarios,
        }
    }
}

impl Tokens {
    fn issue(program: &Program, lists: &Lists) -> Result<Self> {
        let token = |agency, role, scope: &str| -> Result<_> {
            Ok(HeaderValue::from_str(&format!("Bearer {}", program.token(agency, role, scope)?))?)
        };
        let mut communes = HashMap::new();
        for commune in lists.communes() {
            communes.insert(commune.to_owned(), token("CPC", "commune_officer", commune)?);
        }
        let one = |token: HeaderValue| -> HashMap<_, _> {
            let communes = lists.communes().into_iter().chain([""]);
            communes.map(|commune| (commune.to_owned(), token.clone())).collect()
        };
        Ok(Self {
            province: Arc::new(one(token("DOLISA", "dolisa_officer", PROVINCE)?)),
            bank: Arc::new(one(token("VBSP", "bank_officer", PROVINCE)?)),
            insurance: Arc::new(one(token("PSI", "insurance_officer", PROVINCE)?)),
            communes: Arc::new(communes),
        })
    }
}

/// The province's code on the register's day.
const PROVINCE: &str = "83";

impl Floor {
    fn start(cluster: &Cluster) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--database", &cluster.settings("floor", postgres::DATABASE)]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().during(|| "no pipe".to_owned())?;
        let mut line = String::new();
        let mut floor = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        BufReader::new(output).read_line(&mut line)?;
        floor.address = line.trim().parse().during(|| format!("the floor says {line:?}"))?;
        Ok(floor)
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[expect(clippy::print_stdout, reason = "a program for the command line")]
fn tell(line: &str) {
    println!("{line}");
}
