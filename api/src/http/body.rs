//! A request's body: read within its bounds, and taken apart as GraphQL over HTTP says.

use std::time::Duration;

use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, Payload};
use async_graphql::{Request, Variables};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::refusal::Refusal;
use crate::config::Limits;

/// Reads the body whole, up to the limits in bytes and time. A sender that trickles is cut off.
pub async fn read(headers: &HeaderMap, payload: Payload, limits: Limits) -> Result<Vec<u8>, Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limits.body_bytes) {
        return Err(Refusal::BodyTooLarge(limits.body_bytes));
    }
    within(limits.request_time, collect(payload, limits.body_bytes)).await
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    tokio::time::timeout(time, work).await.unwrap_or(Err(Refusal::BodyTooSlow))
}

async fn collect(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk: Bytes = chunk.map_err(|_| Refusal::BodyBroken)?;
        if body.len() + chunk.len() > limit {
            return Err(Refusal::BodyTooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The entries of a request, not looked into yet. Others are ignored, as the specification demands.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entries<'a> {
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow)]
    document_id: Option<&'a RawValue>,
    #[serde(borrow)]
    operation_name: Option<&'a RawValue>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

/// A GraphQL request, whose document may be named instead of written.
#[derive(Debug)]
pub struct Asked {
    pub request: Request,
    pub document_id: Option<String>,
}

/// Takes a body apart into a GraphQL request.
pub fn parse(body: &[u8]) -> Result<Asked, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::NotUtf8)?;
    let entries = entries(text)?;
    let query = entry::<String>(entries.query, "query", "a text")?;
    let document_id = entry::<String>(entries.document_id, "documentId", "a text")?;
    let mut request = Request::new(query.clone().unwrap_or_default());
    request.operation_name = entry(entries.operation_name, "operationName", "a text")?;
    request.variables = object::<Variables>(entries.variables, "variables")?;
    request.extensions = object(entries.extensions, "extensions")?;
    if query.is_none() && document_id.is_none() && !request.extensions.contains_key("persistedQuery") {
        return Err(Refusal::MissingQuery);
    }
    Ok(Asked { request, document_id })
}

fn entries(text: &str) -> Result<Entries<'_>, Refusal> {
    // A struct may also be read from a list, so the outer form is looked at first.
    match text.trim_start().as_bytes().first() {
        Some(b'{') => serde_json::from_str(text).map_err(|_| Refusal::NotJson),
        _ => match serde_json::from_str::<&RawValue>(text) {
            Ok(value) if value.get().starts_with('[') => Err(Refusal::Batch),
            Ok(_) => Err(Refusal::NotAnObject),
            Err(_) => Err(Refusal::NotJson),
        },
    }
}

/// An entry's value; absent and null are the same.
fn entry<T: DeserializeOwned>(
    value: Option<&RawValue>,
    field: &'static str,
    expected: &'static str,
) -> Result<Option<T>, Refusal> {
    value.map(|value| serde_json::from_str(value.get()).map_err(|_| Refusal::WrongType(field, expected))).transpose()
}

fn object<T: DeserializeOwned + Default>(value: Option<&RawValue>, field: &'static str) -> Result<T, Refusal> {
    Ok(entry(value, field, "an object")?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use async_graphql::Value;

    use super::*;

    #[track_caller]
    fn refusal(body: impl AsRef<[u8]>) -> Refusal {
        parse(body.as_ref()).expect_err("the body was accepted")
    }

    #[test]
    fn a_request_is_taken_apart() {
        let request = parse(
            r#" {"operationName":"Q","later":[1],"query":"query Q { a }","variables":{"tên":"Bến Tre","n":9007199254740993},
               "extensions":{"x":{}}} "#
                .as_bytes(),
        )
        .unwrap()
        .request;
        assert_eq!(request.query, "query Q { a }");
        assert_eq!(request.operation_name.as_deref(), Some("Q"));
        assert_eq!(request.variables["tên"], Value::from("Bến Tre"));
        assert_eq!(request.variables["n"], Value::from(9_007_199_254_740_993_i64));
        assert!(request.extensions.contains_key("x"));
    }

    #[test]
    fn null_is_as_absent() {
        let request =
            parse(br#"{"query":"{ a }","variables":null,"operationName":null,"extensions":null}"#).unwrap().request;
        assert_eq!(request.operation_name, None);
        assert!(request.variables.is_empty());
    }

    #[test]
    fn what_is_no_request_is_named() {
        assert_eq!(refusal(b"{\"query\":\"\xff\"}"), Refusal::NotUtf8);
        for text in ["", " ", "{", "NONSENSE", "{\"query\":}", "{\"query\":\"{ a }\"} {}", "[", "{\"a\":1,}"] {
            assert_eq!(refusal(text), Refusal::NotJson, "{text:?}");
        }
        assert_eq!(refusal(r#"{"query":"{ a }","query":"{ b }"}"#), Refusal::NotJson);
        assert_eq!(refusal(r#"[{"query":"{ a }"}]"#), Refusal::Batch);
        assert_eq!(refusal(r#"["{ a }",null,null,null]"#), Refusal::Batch);
        assert_eq!(refusal("3"), Refusal::NotAnObject);
        assert_eq!(refusal(r#"{"qeury":"{ a }"}"#), Refusal::MissingQuery);
        assert_eq!(refusal(r#"{"query":null}"#), Refusal::MissingQuery);
    }

    #[test]
    fn deep_values_do_not_exhaust_the_stack() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refusal(&deep), Refusal::Batch);
        let body = format!(r#"{{"query":"a","variables":{{"v":{deep}}}}}"#);
        assert_eq!(refusal(body), Refusal::WrongType("variables", "an object"));
        assert!(parse(format!(r#"{{"query":"a","later":{deep}}}"#).as_bytes()).is_ok());
    }

    #[test]
    fn entries_of_the_wrong_type_are_named() {
        for wrong in ["3", "true", "[]", "{}"] {
            assert_eq!(refusal(format!(r#"{{"query":{wrong}}}"#)), Refusal::WrongType("query", "a text"));
            let body = format!(r#"{{"query":"a","operationName":{wrong}}}"#);
            assert_eq!(refusal(body), Refusal::WrongType("operationName", "a text"));
        }
        for field in ["variables", "extensions"] {
            for wrong in ["3", "true", "[]", "[1]", "\"{}\""] {
                let body = format!(r#"{{"query":"a","{field}":{wrong}}}"#);
                assert_eq!(refusal(body), Refusal::WrongType(field, "an object"));
            }
        }
    }
}
