//! The load: so many connections, each with one request at a time, on loopback.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    scenario::{Ask, Asker, Scenario},
    tokens::ByCommune,
    trouble::{Result, While},
};

/// Who is asked.
#[derive(Clone)]
pub enum Target {
    /// The service, with the tokens of the scenario's role by commune.
    Service {
        address: SocketAddr,
        tokens: ByCommune,
    },
    Floor {
        address: SocketAddr,
    },
}

/// A kept connection.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    target: Target,
}

/// What one round did.
pub struct Tally {
    pub requests: u64,
    pub took: Duration,
    /// Microseconds.
    pub latency: Histogram<u64>,
}

impl Connection {
    pub async fn open(target: &Target) -> Result<Self> {
        let (Target::Service { address, .. } | Target::Floor { address }) = target;
        let stream = TcpStream::connect(address).await.during(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, target: target.clone() })
    }

    /// Asks, and returns the answer's body. Anything but 200 is an error.
    pub async fn ask(&mut self, scenario: &Scenario, ask: &Ask) -> Result<Bytes> {
        self.sender.ready().await?;
        let answer = self.sender.send_request(self.request(scenario, ask)?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        // An answer with errors begins with them.
        if status != StatusCode::OK || !body.starts_with(b"{\"data\":") {
            let (asked, said) = (begin(&ask.variables.to_string()), begin(&String::from_utf8_lossy(&body)));
            return Err(format!("{} {asked}: {status} {said}", scenario.name).into());
        }
        Ok(body)
    }

    /// The service gets the document with each request, as partners' systems send it; the floor the variables alone.
    fn request(&self, scenario: &Scenario, ask: &Ask) -> Result<Request<Full<Bytes>>> {
        let request = match &self.target {
            Target::Service { tokens, .. } => {
                let body = json!({ "query": scenario.query, "variables": ask.variables }).to_string();
                let token = tokens.get(&ask.commune).during(|| format!("no token for {:?}", ask.commune))?;
                let request = Request::post("/graphql").header(AUTHORIZATION, token);
                request
                    .header(ACCEPT, "application/graphql-response+json")
                    .header(HOST, "bench")
                    .header(CONTENT_TYPE, "application/json")
                    .body(body)
            }
            Target::Floor { .. } => {
                Request::post(format!("/{}", scenario.name)).header(HOST, "bench").body(ask.variables.to_string())
            }
        };
        Ok(request?.map(|body| Full::new(Bytes::from(body))))
    }
}

/// Enough of a text to see what is wrong.
fn begin(text: &str) -> String {
    text.chars().take(1_000).collect()
}

/// Asks over all connections until the time is over; what is under way then is finished and counted.
pub async fn drive(target: &Target, scenario: &Scenario, askers: Vec<Asker>, time: Duration) -> Result<Tally> {
    let connections = try_join_all(askers.iter().map(|_| Connection::open(target))).await?;
    let began = Instant::now();
    let clients = connections.into_iter().zip(askers);
    let tallies =
        try_join_all(clients.map(|(connection, asker)| client(connection, scenario, asker, began + time))).await?;
    let took = began.elapsed();
    let mut latency = histogram()?;
    for tally in tallies {
        latency.add(tally)?;
    }
    Ok(Tally { requests: latency.len(), took, latency })
}

async fn client(
    mut connection: Connection,
    scenario: &Scenario,
    mut asker: Asker,
    end: Instant,
) -> Result<Histogram<u64>> {
    let mut latency = histogram()?;
    loop {
        let began = Instant::now();
        if began >= end {
            return Ok(latency);
        }
        let ask = asker.ask();
        let began = Instant::now();
        let answer = connection.ask(scenario, &ask).await?;
        latency.saturating_record(u64::try_from(began.elapsed().as_micros())?);
        asker.hear(&answer);
    }
}

/// Up to a minute, to three digits.
fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}
