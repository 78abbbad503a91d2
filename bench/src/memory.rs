//! What the service holds in memory: at rest, while it answers the largest pages, and while somebody reads slowly.

use std::{fmt::Write, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use futures_util::future::try_join_all;
use hyper::header::HeaderValue;
use serde::Serialize;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    ground::{Ground, Setup},
    process::{self, Memory},
    report::{Conditions, count, tell},
    tokens,
    trouble::Result,
};

#[derive(Args)]
pub struct Order {
    #[command(flatten)]
    ground: Setup,
    /// How long each load lasts.
    #[arg(long, value_name = "S", default_value_t = 20)]
    seconds: u64,
    /// Write memory.json and memory.md into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Records and lists that a page of 1,000 households may have by the default limits.
const LARGEST: &str = include_str!("../queries/largest-page.graphql");
/// As many texts as the default limits let a page of 1,000 households have, and no sense.
const REPEATED: usize = 990;

/// A slow reader takes a thousand bytes ten times a second.
const SLOW_BYTES: usize = 1_000;
const SLOW_TURN: Duration = Duration::from_millis(100);
/// The least that the kernel takes in for it, so that the rest stays with the service.
const SLOW_BUFFER: u32 = 4_096;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Fast,
    Slow,
}

/// How many read what, and how.
struct Load {
    title: &'static str,
    document: &'static str,
    readers: usize,
    pace: Pace,
}

/// What was held under a load.
#[derive(Serialize)]
struct Held {
    load: &'static str,
    answers: u64,
    /// Bytes that were read, of all answers.
    bytes: u64,
    /// Resident memory in MB: the most meanwhile, and right after it.
    peak: f64,
    after: f64,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    conditions: Conditions,
    seconds: u64,
    /// After the start, before the first request.
    rest: Memory,
    loads: Vec<Held>,
}

/// Loads that ask for records first, since memory that was once used may stay with the process.
fn loads(repeated: &'static str) -> [Load; 6] {
    use Pace::{Fast, Slow};
    let load = |title, document, readers, pace| Load { title, document, readers, pace };
    [
        load("1,000 households with all that hangs on them, one reader", LARGEST, 1, Fast),
        load("the same, one reader at 10 kB/s", LARGEST, 1, Slow),
        load("the same, 16 readers", LARGEST, 16, Fast),
        load("the same, 16 readers at 10 kB/s", LARGEST, 16, Slow),
        load("1,000 households, 990 times their address, one reader", repeated, 1, Fast),
        load("the same, 16 readers", repeated, 16, Fast),
    ]
}

pub async fn run(order: Order) -> Result<()> {
    let ground = Ground::prepare(&order.ground).await?;
    let token = tokens::of_department(&ground.program)?;
    let service = ground.program.serve()?;
    let rest = process::memory_of(service.pid())?;
    tell(&format!("at rest {:.0} MB", rest.resident));
    let mut held = Vec::new();
    for load in loads(repeated().leak()) {
        process::forget_peak(service.pid())?;
        let (answers, bytes) = load.run(service.address, &token, Duration::from_secs(order.seconds)).await?;
        let memory = process::memory_of(service.pid())?;
        tell(&format!("{}: {answers} answers, at most {:.0} MB", load.title, memory.peak));
        held.push(Held { load: load.title, answers, bytes, peak: memory.peak, after: memory.resident });
    }
    let report = Report { conditions: ground.conditions(), seconds: order.seconds, rest, loads: held };
    let table = report.markdown();
    tell(&format!("\n{table}"));
    if let Some(folder) = &order.out {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("memory.json"), serde_json::to_string_pretty(&report)? + "\n")?;
        std::fs::write(folder.join("memory.md"), table)?;
    }
    Ok(())
}

fn repeated() -> String {
    let fields: String = (0..REPEATED).map(|number| format!(" a{number}: address")).collect();
    format!("{{ households(first: 1000) {{ nodes {{{fields} }} }} }}")
}

impl Load {
    /// How many answers were read to their end, and the bytes of all.
    async fn run(&self, address: SocketAddr, token: &HeaderValue, time: Duration) -> Result<(u64, u64)> {
        let end = Instant::now() + time;
        let body = json!({ "query": self.document }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            token.to_str()?,
            body.len(),
        );
        let request = head + &body;
        let readers = (0..self.readers).map(|_| self.reader(address, &request, end));
        let sums = try_join_all(readers).await?;
        Ok(sums.into_iter().fold((0, 0), |sum, more| (sum.0 + more.0, sum.1 + more.1)))
    }

    /// Asks again and again. A slow reader leaves what it has not read when the time is over.
    async fn reader(&self, address: SocketAddr, request: &str, end: Instant) -> Result<(u64, u64)> {
        let (mut answers, mut bytes) = (0, 0);
        while Instant::now() < end {
            let (whole, read) = self.read(address, request, end).await?;
            answers += u64::from(whole);
            bytes += read;
        }
        Ok((answers, bytes))
    }

    /// Whether the answer was read to its end, and how much of it.
    async fn read(&self, address: SocketAddr, request: &str, end: Instant) -> Result<(bool, u64)> {
        let slow = self.pace == Pace::Slow;
        let socket = TcpSocket::new_v4()?;
        if slow {
            socket.set_recv_buffer_size(SLOW_BUFFER)?;
        }
        let mut stream = socket.connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut turns = interval(SLOW_TURN);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut piece = vec![0; if slow { SLOW_BYTES } else { 1 << 16 }];
        let (mut begin, mut bytes) = (Vec::new(), 0);
        loop {
            let read = stream.read(&mut piece).await?;
            bytes += u64::try_from(read)?;
            if begin.len() < SLOW_BYTES {
                begin.extend(piece.iter().take(read));
            }
            if read == 0 || (slow && Instant::now() >= end) {
                self.check(&begin)?;
                return Ok((read == 0, bytes));
            }
            if slow {
                turns.tick().await;
            }
        }
    }

    /// An answer with errors begins with them.
    fn check(&self, begin: &[u8]) -> Result<()> {
        let begin = String::from_utf8_lossy(begin);
        if begin.starts_with("HTTP/1.1 200") && begin.contains("{\"data\":") {
            return Ok(());
        }
        Err(format!("{}: {begin}", self.title).into())
    }
}

impl Report {
    fn markdown(&self) -> String {
        let mut text =
            format!("{}\n\nEach load {} s; MB of resident memory.\n\n", self.conditions.line(), self.seconds);
        text.push_str("| load | answers | MB an answer | peak MB | MB after |\n| --- | --: | --: | --: | --: |\n");
        let _fits =
            writeln!(text, "| at rest after the start | | | {:.0} | {:.0} |", self.rest.peak, self.rest.resident);
        for held in &self.loads {
            let size = match held.answers {
                0 => "—".to_owned(),
                answers => format!("{:.1}", count(held.bytes / 1_000) / 1_000.0 / count(answers)),
            };
            let _fits =
                writeln!(text, "| {} | {} | {size} | {:.0} | {:.0} |", held.load, held.answers, held.peak, held.after);
        }
        text
    }
}
