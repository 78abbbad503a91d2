//! What every answer has, the pages that need no token, and a service that is ending.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ansinh::config::{Limits, Mode};
use reqwest::{Client, Method};
use serde_json::json;

use super::{Answer, Service};

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
