//! The answer to a request that reached GraphQL: its status and its bytes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, RETRY_AFTER};
use async_graphql::{Response, ServerError, Value};
use async_graphql_value::RAW_VALUE_TOKEN;
use serde::{Serialize, de::IgnoredAny};

use super::negotiate::Media;
use super::refusal::RETRY_SECONDS;
use super::sending::{PIECE, Sending};
use crate::db::Room;

/// Below this, compressing costs more than it saves.
const WORTH_COMPRESSING: usize = 1024;

/// What of a response goes out besides data.
#[derive(Serialize)]
struct Beside<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

/// Writes a response. One that was not executed has no `data` entry, not a null one.
fn write(response: &Response, outcome: Outcome, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let beside = Beside { errors: &response.errors, extensions: &response.extensions };
    serde_json::to_writer(&mut *out, &beside)?;
    if outcome == Outcome::NotExecuted {
        return Ok(());
    }
    // Over its closing brace.
    out.pop();
    out.extend_from_slice(if out.len() > 1 { b",\"data\":" } else { b"\"data\":" });
    write_value(&response.data, out)?;
    out.push(b'}');
    Ok(())
}

/// Writes a value. What the reads wrote as text is passed on as it is; the library would read it once more.
fn write_value(value: &Value, out: &mut Vec<u8>) -> serde_json::Result<()> {
    match value {
        Value::Object(entries) => {
            if let Some(Value::String(text)) = entries.get(RAW_VALUE_TOKEN).filter(|_| entries.len() == 1) {
                debug_assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "what a read wrote is JSON");
                out.extend_from_slice(text.as_bytes());
                return Ok(());
            }
            out.push(b'{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b"," } else { b"" });
                serde_json::to_writer(&mut *out, key.as_str())?;
                out.push(b':');
                write_value(value, out)?;
            }
            out.push(b'}');
        }
        Value::List(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b"," } else { b"" });
                write_value(value, out)?;
            }
            out.push(b']');
        }
        scalar => serde_json::to_writer(out, scalar)?,
    }
    Ok(())
}

/// How a request fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// There are data, maybe with errors beside them.
    Answered,
    /// It was executed, and an error left no data.
    NoData,
    /// It was refused before execution.
    NotExecuted,
}

impl Outcome {
    fn of(response: &Response) -> Self {
        match response.data {
            Value::Null if response.errors.iter().any(|error| !error.path.is_empty()) => Self::NoData,
            Value::Null if !response.errors.is_empty() => Self::NotExecuted,
            _ => Self::Answered,
        }
    }
}

/// A response on its way out: the room that it takes, and how long it may take to be sent.
pub struct Outgoing {
    pub response: Response,
    pub room: Arc<Room>,
    pub time: Duration,
}

impl From<Response> for Outgoing {
    /// Of one that nothing was read for.
    fn from(response: Response) -> Self {
        Self { response, room: Arc::default(), time: Duration::ZERO }
    }
}

/// Writes a response in a media type.
pub fn respond(outgoing: Outgoing, media: Media) -> HttpResponse {
    let Outgoing { response, room, time } = outgoing;
    let outcome = Outcome::of(&response);
    let mut text = Vec::with_capacity(room.written() + WORTH_COMPRESSING);
    if write(&response, outcome, &mut text).is_err() {
        return HttpResponse::InternalServerError().finish();
    }
    let status = status(&response, outcome, media);
    drop(response);
    let mut answer = HttpResponse::build(status);
    answer.content_type(media.content_type());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.insert_header((RETRY_AFTER, RETRY_SECONDS));
    }
    if text.len() < WORTH_COMPRESSING {
        answer.insert_header((CONTENT_ENCODING, "identity"));
    }
    if text.len() <= PIECE {
        return answer.body(text);
    }
    room.keep(text.len());
    answer.body(Sending::new(text, room, time))
}

/// The service's own failure shows in the status of both media types as long as there are no data. The client's
/// shows only in `application/graphql-response+json`: in `application/json`, a status other than 200 would tell an
/// older client that the body is not GraphQL's.
fn status(response: &Response, outcome: Outcome, media: Media) -> StatusCode {
    if outcome == Outcome::Answered {
        return StatusCode::OK;
    }
    let code = response.errors.first().map_or("", code);
    match code {
        "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        "TIMEOUT" => StatusCode::GATEWAY_TIMEOUT,
        "INTERNAL" => StatusCode::INTERNAL_SERVER_ERROR,
        _ if outcome == Outcome::NoData || media == Media::Json => StatusCode::OK,
        "FORBIDDEN" => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn code(error: &ServerError) -> &str {
    match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => code,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use async_graphql::{ErrorExtensionValues, PathSegment, value};

    use super::*;

    fn error(code: &str, path: &[&str]) -> ServerError {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", code);
        let mut error = ServerError::new("message", None);
        error.extensions = Some(extensions);
        error.path = path.iter().map(|key| PathSegment::Field((*key).to_owned())).collect();
        error
    }

    fn answered(data: Value, errors: Vec<ServerError>, media: Media) -> (u16, String) {
        let mut response = Response::from_errors(errors);
        response.data = data;
        let answer = respond(response.into(), media);
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().try_into_bytes().unwrap().to_vec()).unwrap())
    }

    #[test]
    fn data_come_with_200_whatever_the_errors() {
        for media in [Media::Json, Media::GraphqlResponse] {
            assert_eq!(answered(value!({"a": 1}), vec![], media), (200, r#"{"data":{"a":1}}"#.into()));
            let (status, body) = answered(value!({"a": null}), vec![error("UNAVAILABLE", &["a"])], media);
            assert_eq!(status, 200);
            assert!(body.ends_with(r#""data":{"a":null}}"#), "{body}");
        }
    }

    #[test]
    fn a_request_that_was_not_executed_has_no_data_entry() {
        for (code, json, graphql) in
            [("BAD_USER_INPUT", 200, 400), ("LIMIT_EXCEEDED", 200, 400), ("", 200, 400), ("FORBIDDEN", 200, 403)]
        {
            for (media, expected) in [(Media::Json, json), (Media::GraphqlResponse, graphql)] {
                let (status, body) = answered(Value::Null, vec![error(code, &[])], media);
                assert_eq!(status, expected, "{code}");
                assert!(!body.contains("\"data\""), "{body}");
            }
        }
    }

    #[test]
    fn what_was_written_as_text_is_passed_on() {
        let raw = |text: &str| value!({ RAW_VALUE_TOKEN: (text) });
        let data = value!({ "a": (raw("{\"b\": [1,\"\\n\"]}")), "c\"": [(raw("null")), 1, "x\"y", null] });
        let (_, body) = answered(data, vec![], Media::Json);
        assert_eq!(body, "{\"data\":{\"a\":{\"b\": [1,\"\\n\"]},\"c\\\"\":[null,1,\"x\\\"y\",null]}}");
    }

    #[test]
    fn an_error_that_left_no_data_is_a_partial_answer() {
        for media in [Media::Json, Media::GraphqlResponse] {
            let (status, body) = answered(Value::Null, vec![error("CONFLICT", &["registerHousehold"])], media);
            assert_eq!(status, 200);
            assert!(body.ends_with(r#""data":null}"#), "{body}");
        }
    }

    #[test]
    fn failures_of_the_service_show_in_the_status() {
        for (code, expected) in [("UNAVAILABLE", 503), ("TIMEOUT", 504), ("INTERNAL", 500)] {
            for path in [&[][..], &["household"]] {
                for media in [Media::Json, Media::GraphqlResponse] {
                    assert_eq!(answered(Value::Null, vec![error(code, path)], media).0, expected);
                }
            }
        }
    }
}
