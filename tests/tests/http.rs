//! What HTTP asks of a request before GraphQL begins, and what every answer has.

use std::io::{Read, Write};
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

#[tokio::test]
async fn the_accepted_media_type_is_spoken() {
    let service = Service::start().await;
    for (accept, spoken) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_RESPONSE),
        ("application/json;q=0.1, */*;q=0.5", GRAPHQL_RESPONSE),
    ] {
        let answer = service.query(accept, json!({ "query": "{ __typename }" })).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, &*format!("{spoken}; charset=utf-8")));
        assert_eq!(answer.json(), json!({ "data": { "__typename": "Query" } }));
    }
    let answer = service.query("text/html", json!({ "query": "{ __typename }" })).await;
    answer.refusal(406, "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_document_at_fault_is_400_or_200_by_media_type_and_has_no_data() {
    let service = Service::start().await;
    for body in [
        json!({ "query": "{" }),
        json!({ "query": "{ noSuchField }" }),
        json!({ "query": "query A { __typename } query B { __typename }", "operationName": "C" }),
        json!({ "query": "query ($name: String!) { __type(name: $name) { name } }" }),
        json!({ "query": "" }),
    ] {
        for (accept, status) in [(GRAPHQL_RESPONSE, 400), ("application/json", 200)] {
            let answer = service.query(accept, body.clone()).await;
            assert_eq!(answer.status, status, "{body}");
            assert!(answer.json()["errors"][0]["message"].is_string(), "{body}");
            assert!(answer.json().get("data").is_none(), "{body}");
        }
    }
}

#[tokio::test]
async fn absent_and_null_entries_are_the_same_and_unknown_ones_ignored() {
    let service = Service::start().await;
    let named = "query A { __typename } query B($name: String!) { __type(name: $name) { name } }";
    let body = json!({ "query": named, "operationName": "B", "variables": { "name": "Query" } });
    assert_eq!(
        service.query(GRAPHQL_RESPONSE, body).await.json(),
        json!({ "data": { "__type": { "name": "Query" } } })
    );
    for body in [
        json!({ "query": "{ __typename }", "variables": null, "operationName": null, "extensions": null }),
        json!({ "query": "{ __typename }", "extensions": { "a": 1 }, "later": [1] }),
    ] {
        let answer = service.query(GRAPHQL_RESPONSE, body).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "data": { "__typename": "Query" } })));
    }
}

#[tokio::test]
async fn other_methods_are_405_with_the_allowed_one() {
    let service = Service::start().await;
    for (method, path, allowed) in [
        (Method::GET, "/graphql?query=%7B__typename%7D", "POST"),
        (Method::GET, "/graphql", "POST"),
        (Method::PUT, "/graphql", "POST"),
        (Method::DELETE, "/graphql", "POST"),
        (Method::OPTIONS, "/graphql", "POST"),
        (Method::POST, "/healthz", "GET, HEAD"),
    ] {
        let answer = Answer::of(service.request(method, path).bearer_auth(&service.token)).await;
        assert_eq!(answer.header("allow"), allowed, "{path}");
        answer.refusal(405, "BAD_USER_INPUT");
    }
    assert_eq!(Answer::of(service.request(Method::HEAD, "/graphql")).await.status, 405);
    Answer::of(service.request(Method::GET, "/no/such/page")).await.refusal(404, "NOT_FOUND");
}

#[tokio::test]
async fn what_a_browser_sends_unasked_is_not_read() {
    let service = Service::start().await;
    let body = json!({ "query": "{ __typename }" }).to_string();
    for content_type in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=iso-8859-1",
    ] {
        let answer = Answer::of(service.post().header("content-type", content_type).body(body.clone())).await;
        answer.refusal(415, "BAD_USER_INPUT");
    }
    Answer::of(service.post().body(body.clone())).await.refusal(415, "BAD_USER_INPUT");
    let packed = service.post().header("content-encoding", "gzip").header("content-type", "application/json");
    Answer::of(packed.body(body)).await.refusal(415, "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_body_at_fault_says_what_is_wrong() {
    let service = Service::start().await;
    for (body, field) in [
        (&b"{\"query\":\"\xff\"}"[..], Value::Null),
        (b"", Value::Null),
        (b"NONSENSE", Value::Null),
        (b"{\"query\":", Value::Null),
        (b"[{\"query\":\"{ __typename }\"}]", Value::Null),
        (b"\"{ __typename }\"", Value::Null),
        (b"{\"qeury\":\"{ __typename }\"}", json!("query")),
        (b"{\"query\":7}", json!("query")),
        (b"{\"query\":\"{ __typename }\",\"operationName\":{}}", json!("operationName")),
        (b"{\"query\":\"{ __typename }\",\"variables\":[1]}", json!("variables")),
        (b"{\"query\":\"{ __typename }\",\"extensions\":\"x\"}", json!("extensions")),
    ] {
        for accept in [GRAPHQL_RESPONSE, "application/json"] {
            let request = service.post().header("accept", accept).header("content-type", "application/json");
            let error = Answer::of(request.body(body)).await.refusal(400, "BAD_USER_INPUT");
            assert_eq!(error["extensions"]["field"], field, "{error}");
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_comes() {
    let service = Service::start().await;
    let sized = |bytes: usize| {
        let body = json!({ "query": "{ __typename }", "x": "" }).to_string();
        body.replace("\"x\":\"\"", &format!("\"x\":\"{}\"", "x".repeat(bytes - body.len())))
    };
    let json = || service.post().header("content-type", "application/json");
    assert_eq!(Answer::of(json().body(sized(4096))).await.status, 200);
    Answer::of(json().body(sized(4097))).await.refusal(413, "LIMIT_EXCEEDED");
    Answer::of(json().body(sized(300_000))).await.refusal(413, "LIMIT_EXCEEDED");

    let mut stream = service.connect();
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let request = format!("{}{chunk}{chunk}", service.head("Transfer-Encoding: chunked"));
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_cut_off() {
    let limits = Limits { body_bytes: 4096, request_time: Duration::from_millis(300), ..Limits::default() };
    let service = Service::start_as(Mode::Demo, limits).await;
    for (length, begun) in [("Content-Length: 100", "{\"query\":"), ("Transfer-Encoding: chunked", "1\r\n{\r\n")] {
        let mut stream = service.connect();
        stream.write_all(format!("{}{begun}", service.head(length)).as_bytes()).unwrap();
        // Reads until the service closes the connection; a sender that stays silent must not keep it.
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"TIMEOUT\""), "{length}: {answer}");
    }
}

#[tokio::test]
async fn without_a_good_token_nobody_gets_in() {
    let service = Service::start().await;
    let challenge = async |request: RequestBuilder| {
        let answer = Answer::of(request.json(&json!({ "query": "{ __typename }" }))).await;
        answer.refusal(401, "UNAUTHENTICATED");
        answer.header("www-authenticate").to_owned()
    };
    let post = |path: &str| service.request(Method::POST, path);
    let bare = "Bearer realm=\"ansinh\"";
    assert_eq!(challenge(post("/graphql")).await, bare);
    assert_eq!(challenge(post("/graphql").basic_auth("user", Some(&service.token))).await, bare);

    let because = |reason: &str| format!("{bare}, error=\"invalid_token\", error_description=\"{reason}\"");
    assert_eq!(challenge(post("/graphql").bearer_auth("a.b.c")).await, because("malformed"));
    assert_eq!(challenge(service.post().bearer_auth(&service.token)).await, because("malformed"));
    let (message, _) = service.token.rsplit_once('.').unwrap();
    assert_eq!(challenge(post("/graphql").bearer_auth(format!("{message}."))).await, because("bad_signature"));

    assert_eq!(service.query("*/*", json!({ "query": "{ __typename }" })).await.status, 200);
    service.clock.advance(TimeDelta::hours(2));
    assert_eq!(challenge(service.post()).await, because("expired"));
    service.clock.advance(TimeDelta::days(-1));
    assert_eq!(challenge(service.post()).await, because("not_yet_valid"));
}

#[tokio::test]
async fn the_public_pages_need_no_token() {
    let service = Service::start().await;
    let get = async |path: &str| Answer::of(service.request(Method::GET, path)).await;
    assert_eq!(get("/healthz").await.json(), json!({ "status": "ok" }));
    assert_eq!(get("/readyz").await.json(), json!({ "status": "ready" }));
    let keys = get("/.well-known/jwks.json").await;
    assert_eq!(keys.json()["keys"][0]["alg"], "ES256");
    assert!(keys.json()["keys"][0].get("d").is_none());
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    for path in ["/", "/graphiql"] {
        let page = get(path).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    }
}

#[tokio::test]
async fn production_has_no_graphiql() {
    let limits = Limits { body_bytes: 4096, request_time: Duration::from_secs(30), ..Limits::default() };
    let service = Service::start_as(Mode::Production, limits).await;
    for path in ["/", "/graphiql"] {
        Answer::of(service.request(Method::GET, path)).await.refusal(404, "NOT_FOUND");
    }
    assert_eq!(service.query("*/*", json!({ "query": "{ __typename }" })).await.status, 200);
}

#[tokio::test]
async fn the_request_id_is_kept_or_made() {
    let service = Service::start().await;
    let id = async |given: &str| {
        let request = service.request(Method::GET, "/healthz").header("x-request-id", given);
        Answer::of(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(id("chain-7.A_b").await, "chain-7.A_b");
    for harmful in ["a b", "a\"b", &"x".repeat(65)] {
        let made = id(harmful).await;
        assert!(made != harmful && made.len() == 36, "{made}");
    }
    assert_ne!(id("").await, id("").await);
}

#[tokio::test]
async fn every_answer_has_the_safe_headers() {
    let service = Service::start().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/healthz"),
        (Method::POST, "/graphql"),
        (Method::GET, "/graphql"),
        (Method::GET, "/no/such/page"),
    ] {
        let answer = Answer::of(service.request(method, path)).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
    }
}

#[tokio::test]
async fn large_answers_are_compressed_on_request() {
    let service = Service::start().await;
    // A client that doesn't unpack by itself.
    let client = Client::builder().no_gzip().no_brotli().build().unwrap();
    let answer = async |coding: &str, query: &str| {
        let request = client.post(format!("http://{}/graphql", service.server.address())).bearer_auth(&service.token);
        Answer::of(request.header("accept-encoding", coding).json(&json!({ "query": query }))).await
    };
    let large = "{ __schema { types { name description fields { name description } } } }";
    let plain = answer("identity", large).await;
    assert_eq!(plain.header("content-encoding"), "");
    for coding in ["gzip", "br"] {
        let packed = answer(coding, large).await;
        assert_eq!((packed.status, packed.header("content-encoding")), (200, coding));
        assert_eq!(packed.header("vary"), "accept-encoding");
        assert!(packed.body.len() < plain.body.len() / 2);
    }
    assert_eq!(answer("gzip, br", "{ __typename }").await.header("content-encoding"), "");
    let unpacked = service.query("*/*", json!({ "query": large })).await;
    assert_eq!(unpacked.json(), plain.json());
}

#[tokio::test]
async fn a_database_that_is_gone_shows_as_not_ready() {
    let service = Service::start().await;
    service.app.db.connection.clone().close().await.unwrap();
    let ready = Answer::of(service.request(Method::GET, "/readyz")).await;
    assert_eq!((ready.status, ready.json()), (503, json!({ "status": "unavailable" })));
    assert!(!ready.header("retry-after").is_empty());
    assert_eq!(Answer::of(service.request(Method::GET, "/healthz")).await.status, 200);
    // Who was looked up a moment ago is known without it.
    service.app.viewers.forget();
    let answer = service.query("*/*", json!({ "query": "{ __typename }" })).await;
    answer.refusal(503, "UNAVAILABLE");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_has_begun() {
    let service = Service::start().await;
    let body = json!({ "query": "{ __typename }" }).to_string();
    let (first, rest) = body.split_at(5);
    let mut stream = service.connect();
    let head = service.head(&format!("Connection: close\r\nContent-Length: {}", body.len()));
    stream.write_all(format!("{head}{first}").as_bytes()).unwrap();
    // An answer on another connection shows that both have been taken up.
    assert_eq!(Answer::of(service.request(Method::GET, "/healthz")).await.status, 200);

    let address = service.server.address();
    let stopping = tokio::spawn(service.server.stop());
    while TcpStream::connect(address).is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("{\"data\":{\"__typename\":\"Query\"}}"),
        "{answer}"
    );
    stopping.await.unwrap().unwrap();
}
