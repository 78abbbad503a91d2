//! The floor: the least that a service can do for these answers. One prepared statement for each request, over
//! connections that belong to one worker each and take requests one behind the other without waiting (pipelining); rows
//! in binary; the answer's bytes written once, by hand. No GraphQL, no tokens, no rights, no ledger of reads, no log.

mod cursor;
mod json;
mod s1;
mod s2;
mod s3;
mod s4;
mod s5;
mod s6;
mod s8;
mod s9;

use std::{cell::Cell, collections::HashMap, net::TcpListener, rc::Rc, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer, ResponseError,
    web::{self, Bytes},
};
use chrono::{NaiveDate, TimeDelta, Utc};
use clap::Args;
use serde::{Deserialize, de::DeserializeOwned};
use tokio_postgres::{Client, NoTls, Row, Statement, types::ToSql};

use crate::trouble::Result;

#[derive(Args)]
pub struct Order {
    /// Settings of the connection to the database, `host=… user=… dbname=…`.
    #[arg(long, value_name = "SETTINGS")]
    database: String,
    /// Connections of each worker for reads; there is one worker for each core.
    #[arg(long, value_name = "N", default_value_t = 1)]
    connections: usize,
    /// Connections of each worker for writes: what waits for the disk must not hold up the next.
    #[arg(long, value_name = "N", default_value_t = 8)]
    writers: usize,
}

/// A connection with its statements.
struct Hand {
    client: Client,
    s1: Statement,
    s2: Statement,
    s3: Statement,
    s3_bank: Statement,
    s4: Statement,
    s5: Statement,
    s6: Statement,
    s8: Statement,
    s9_repayments: Statement,
    s9_insurance: Statement,
}

/// What a worker has.
struct Hands {
    readers: Turns,
    writers: Turns,
    /// In whose name writes are entered.
    bank: Office,
    insurance: Office,
    /// Ids of the units by code, as of the register's day for units. The service, too, knows them by heart.
    units: HashMap<String, i64>,
}

/// As the service's.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

const UNITS: &str = "SELECT code, id FROM admin_unit
     WHERE level <> 'HAMLET' AND COALESCE(valid_from <= '2022-12-31', TRUE) AND COALESCE(valid_to >= '2022-12-31', TRUE)";

type Answer = std::result::Result<HttpResponse, Refusal>;

/// Only a fault of ours comes here: the measurement stops at the first.
#[derive(Debug)]
struct Refusal(String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ResponseError for Refusal {}

macro_rules! from {
    ($($error:ty),+) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self(format!("{error:?}"))
            }
        }
    )+};
}
from!(tokio_postgres::Error, serde_json::Error);

impl Hand {
    async fn open(database: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
        actix_web::rt::spawn(connection);
        client.batch_execute("SET jit = off").await?;
        Ok(Self {
            s1: client.prepare(include_str!("../../floor/S1.sql")).await?,
            s2: client.prepare(include_str!("../../floor/S2.sql")).await?,
            s3: client.prepare(include_str!("../../floor/S3.sql")).await?,
            s3_bank: client.prepare(include_str!("../../floor/S7-bank.sql")).await?,
            s4: client.prepare(include_str!("../../floor/S4.sql")).await?,
            s5: client.prepare(include_str!("../../floor/S5.sql")).await?,
            s6: client.prepare(include_str!("../../floor/S6.sql")).await?,
            s8: client.prepare(include_str!("../../floor/S8.sql")).await?,
            s9_repayments: client.prepare(include_str!("../../floor/S9-repayments.sql")).await?,
            s9_insurance: client.prepare(include_str!("../../floor/S9-insurance.sql")).await?,
            client,
        })
    }

    async fn rows(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> std::result::Result<Vec<Row>, Refusal> {
        Ok(self.client.query(statement, values).await?)
    }
}

impl Hands {
    async fn open(database: String, readers: usize, writers: usize) -> Result<Self> {
        let first = Hand::open(&database).await?;
        let mut units = HashMap::new();
        for row in first.client.query(UNITS, &[]).await? {
            units.insert(row.try_get(0)?, row.try_get(1)?);
        }
        let (bank, insurance) = (Office::find(&first, "VBSP").await?, Office::find(&first, "PSI").await?);
        let (readers, writers) = (Turns::open(&database, readers).await?, Turns::open(&database, writers).await?);
        Ok(Self { readers, writers, bank, insurance, units })
    }

    fn unit(&self, code: &str) -> std::result::Result<i64, Refusal> {
        self.units.get(code).copied().ok_or_else(|| Refusal(format!("no unit {code}")))
    }

    fn next(&self) -> std::result::Result<Rc<Hand>, Refusal> {
        self.readers.next()
    }

    fn next_writer(&self) -> std::result::Result<Rc<Hand>, Refusal> {
        self.writers.next()
    }
}

/// Connections that take turns.
struct Turns {
    all: Vec<Rc<Hand>>,
    next: Cell<usize>,
}

impl Turns {
    async fn open(database: &str, count: usize) -> Result<Self> {
        let mut all = Vec::new();
        for _ in 0..count.max(1) {
            all.push(Rc::new(Hand::open(database).await?));
        }
        Ok(Self { all, next: Cell::new(0) })
    }

    fn next(&self) -> std::result::Result<Rc<Hand>, Refusal> {
        let turn = self.next.get();
        self.next.set(turn.wrapping_add(1));
        let hand = self.all.get(turn % self.all.len().max(1));
        hand.cloned().ok_or_else(|| Refusal("no connection".to_owned()))
    }
}

/// An agency and a client of it.
struct Office {
    agency: i64,
    client: i64,
}

impl Office {
    async fn find(hand: &Hand, agency: &str) -> Result<Self> {
        let sql = "SELECT a.id, c.id FROM agency a JOIN client c ON c.agency_id = a.id WHERE a.code = $1 LIMIT 1";
        let row = hand.client.query_one(sql, &[&agency]).await?;
        Ok(Self { agency: row.try_get(0)?, client: row.try_get(1)? })
    }
}

/// What a write enters beside its content.
struct Work {
    /// Microseconds.
    at: i64,
    agency: i64,
    client: i64,
}

impl Work {
    fn begin(office: &Office) -> Self {
        Self { at: Utc::now().timestamp_micros(), agency: office.agency, client: office.client }
    }
}

/// Serves until it is killed; its first line tells the address.
pub fn serve(order: &Order) -> Result<()> {
    let (database, readers, writers) = (order.database.clone(), order.connections, order.writers);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    say_address(&listener)?;
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let database = database.clone();
            App::new()
                .data_factory(move || Hands::open(database.clone(), readers, writers))
                .route("/S1", web::post().to(s1::answer))
                .route("/S2", web::post().to(s2::answer))
                .route("/S3", web::post().to(s3::answer))
                .route("/S4", web::post().to(s4::answer))
                .route("/S5", web::post().to(s5::answer))
                .route("/S6", web::post().to(s6::one))
                .route("/S8", web::post().to(s8::answer))
                .route("/S9-repayments", web::post().to(s6::many))
                .route("/S9-insurance", web::post().to(s9::insurance))
                .route("/S7-commune", web::post().to(s3::answer))
                .route("/S7-bank", web::post().to(s3::for_bank))
        });
        // Its connection idles while what a thousand items wrote is taken back, also before the first request.
        server.keep_alive(KEEP_ALIVE).client_request_timeout(KEEP_ALIVE).tcp_nodelay(true).listen(listener)?.run().await
    })?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this line is what the process that started us waits for")]
fn say_address(listener: &TcpListener) -> Result<()> {
    println!("{}", listener.local_addr()?);
    Ok(())
}

/// What a mutation of many items is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch<T> {
    items: Vec<T>,
    idempotency_key: String,
}

fn batch<T: DeserializeOwned>(body: &Bytes) -> std::result::Result<Batch<T>, Refusal> {
    #[derive(Deserialize)]
    struct Input<T> {
        input: Batch<T>,
    }
    Ok(input::<Input<T>>(body)?.input)
}

fn input<T: DeserializeOwned>(body: &Bytes) -> std::result::Result<T, Refusal> {
    Ok(serde_json::from_slice(body)?)
}

fn json(body: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body)
}

/// The register's day: that of Asia/Ho_Chi_Minh, which has no summer time.
fn today() -> NaiveDate {
    (Utc::now() + TimeDelta::hours(7)).date_naive()
}
