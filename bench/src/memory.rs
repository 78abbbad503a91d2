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
/// As many texts as the cost lets a page of 1,000 households have, and no sense; and so many that the answer is just about as
/// long as an answer may be.
const REPEATED: usize = 990;
const FITTING: usize = 250;

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
    #[serde(flatten)]
    sum: Sum,
    /// Resident memory in MB: the most meanwhile, and right after it.
    peak: f64,
    after: f64,
}

/// What readers got.
#[derive(Clone, Copy, Default, Serialize)]
struct Sum {
    /// Read to their end.
    answers: u64,
    /// For want of room, now or at all.
    refused: u64,
    /// Bytes that were read, of all answers.
    bytes: u64,
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
fn loads([repeated, fitting]: [&'static str; 2]) -> [Load; 8] {
    use Pace::{Fast, Slow};
    let load = |title, document, readers, pace| Load { title, document, readers, pace };
    [
        load("1,000 households with all that hangs on them, one reader", LARGEST, 1, Fast),
        load("the same, one reader at 10 kB/s", LARGEST, 1, Slow),
        load("the same, 16 readers", LARGEST, 16, Fast),
        load("the same, 16 readers at 10 kB/s", LARGEST, 16, Slow),
        load("1,000 households, 990 times their address, one reader", repeated, 1, Fast),
        load("the same, 16 readers", repeated, 16, Fast),
        load("1,000 households, 250 times their address, 16 readers", fitting, 16, Fast),
        load("the same, 64 readers at 10 kB/s", fitting, 64, Slow),
    ]
}

pub async fn run(order: Order) -> Result<()> {
    let ground = Ground::prepare(&order.ground).await?;
    let token = tokens::of_department(&ground.program)?;
    let service = ground.program.serve()?;
    let rest = process::memory_of(service.pid())?;
    tell(&format!("at rest {:.0} MB", rest.resident));
    let mut held = Vec::new();
    for load in loads([REPEATED, FITTING].map(|times| &*repeated(times).leak())) {
        process::forget_peak(service.pid())?;
        let sum = load.run(service.address, &token, Duration::from_secs(order.seconds)).await?;
        let memory = process::memory_of(service.pid())?;
        tell(&format!(
            "{}: {} answers, {} refused, at most {:.0} MB",
            load.title, sum.answers, sum.refused, memory.peak
        ));
        held.push(Held { load: load.title, sum, peak: memory.peak, after: memory.resident });
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

fn repeated(times: usize) -> String {
    let fields: String = (0..times).map(|number| format!(" a{number}: address")).collect();
    format!("{{ households(first: 1000) {{ nodes {{{fields} }} }} }}")
}

impl Load {
    async fn run(&self, address: SocketAddr, token: &HeaderValue, time: Duration) -> Result<Sum> {
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
        Ok(sums.into_iter().fold(Sum::default(), Sum::and))
    }

    /// Asks again and again. A slow reader leaves what it has not read when the time is over.
    async fn reader(&self, address: SocketAddr, request: &str, end: Instant) -> Result<Sum> {
        let mut sum = Sum::default();
        while Instant::now() < end {
            sum = sum.and(self.read(address, request, end).await?);
        }
        Ok(sum)
    }

    /// Asks once.
    async fn read(&self, address: SocketAddr, request: &str, end: Instant) -> Result<Sum> {
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
                let answered = self.is_answer(&begin)?;
                let (answers, refused) = (u64::from(answered && read == 0), u64::from(!answered));
                return Ok(Sum { answers, refused, bytes });
            }
            if slow {
                turns.tick().await;
            }
        }
    }

    /// An answer with errors begins with them. One whose beginning was not read in time is none.
    fn is_answer(&self, begin: &[u8]) -> Result<bool> {
        let begin = String::from_utf8_lossy(begin);
        if begin.starts_with("HTTP/1.1 200") && begin.contains("{\"data\":") {
            return Ok(true);
        }
        if begin.contains("LIMIT_EXCEEDED") {
            return Ok(false);
        }
        Err(format!("{}: {begin}", self.title).into())
    }
}

impl Sum {
    const fn and(self, more: Self) -> Self {
        Self {
            answers: self.answers + more.answers,
            refused: self.refused + more.refused,
            bytes: self.bytes + more.bytes,
        }
    }
}

impl Report {
    fn markdown(&self) -> String {
        let mut text =
            format!("{}\n\nEach load {} s; MB of resident memory.\n\n", self.conditions.line(), self.seconds);
        text.push_str(
            "| load | answers | refused | MB an answer | peak MB | MB after |\n| --- | --: | --: | --: | --: | --: |\n",
        );
        let _fits =
            writeln!(text, "| at rest after the start | | | | {:.0} | {:.0} |", self.rest.peak, self.rest.resident);
        for held in &self.loads {
            let Sum { answers, refused, bytes } = held.sum;
            let size = match answers {
                0 => "—".to_owned(),
                answers => format!("{:.1}", count(bytes / 1_000) / 1_000.0 / count(answers)),
            };
            let _fits = writeln!(
                text,
                "| {} | {answers} | {refused} | {size} | {:.0} | {:.0} |",
                held.load, held.peak, held.after
            );
        }
        text
    }
}
