//! What a request must be: its method, media types, body and token.

use std::io::{Read, Write};
use std::time::Duration;

use ansinh::config::{Limits, Mode};
use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, GRAPHQL_RESPONSE, Service};

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
