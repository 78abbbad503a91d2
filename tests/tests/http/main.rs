//! What HTTP asks of a request before GraphQL begins, and what every answer has.

mod answers;
mod requests;

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use ansinh::clock::FixedClock;
use ansinh::config::{Config, Limits, Mode};
use ansinh::identity::admin::{self, Issue, Life};
use ansinh::identity::keys::generate_pem;
use ansinh::startup::{App, Server};
use chrono::TimeDelta;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::database::{DbBackend, TestDatabase};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// A service of its own for one test.
struct Service {
    app: Arc<App>,
    clock: Arc<FixedClock>,
    server: Server,
    token: String,
    client: Client,
    _database: TestDatabase,
}

impl Service {
    async fn start() -> Self {
        Self::start_as(
            Mode::Demo,
            Limits { body_bytes: 4096, request_time: Duration::from_secs(30), ..Limits::default() },
        )
        .await
    }

    async fn start_as(mode: Mode, limits: Limits) -> Self {
        let database = TestDatabase::new(DbBackend::Sqlite).await;
        let clock = Arc::new(FixedClock::at("2023-03-01T02:00:00Z".parse().unwrap()));
        let config = Config {
            mode,
            units_day: "2022-12-31".parse().unwrap(),
            signing_keys: Some(generate_pem().unwrap_or_else(|error| panic!("{error}"))),
            limits,
            ..Config::of_database(&database.url)
        };
        let listener = TcpListener::bind(config.listen).unwrap();
        let app = Arc::new(App::open(config, clock.clone()).await.unwrap_or_else(|error| panic!("{error}")));
        app.prepare().await.unwrap_or_else(|error| panic!("{error}"));
        let issue = Issue {
            client: "a partner's system",
            agency: "DOLISA",
            roles: &["dolisa_officer".into()],
            scope: "83",
            valid_for: TimeDelta::hours(1),
            life: Life::Checked,
        };
        let token = admin::issue(&app, &issue).await.unwrap();
        let server = Server::start(app.clone(), listener).unwrap();
        Self { app, clock, server, token, client: Client::new(), _database: database }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.server.address()))
    }

    /// A request to GraphQL with a token, without body and type.
    fn post(&self) -> RequestBuilder {
        self.request(Method::POST, "/graphql").bearer_auth(&self.token)
    }

    async fn query(&self, accept: &str, body: Value) -> Answer {
        Answer::of(self.post().header("accept", accept).json(&body)).await
    }

    /// The head of a request as it goes over the wire, for what a proper client doesn't send.
    fn head(&self, length: &str) -> String {
        format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             {length}\r\n\r\n",
            self.token
        )
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The one error of a refusal, after a look at what each of them must have.
    #[track_caller]
    fn refusal(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status, &body["errors"][0]["extensions"]["code"]), (status, &json!(code)), "{body}");
        assert!(body.get("data").is_none() && body["errors"][1].is_null(), "{body}");
        let error = body["errors"][0].clone();
        assert!(error["message"].is_string() && error["extensions"]["messageVi"].is_string(), "{error}");
        assert_eq!(error["extensions"]["requestId"], self.header("x-request-id"));
        error
    }
}
