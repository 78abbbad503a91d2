//! Cursors of households by code: base64url of `["code","28756-000001",7]`.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{Refusal, json::Json};

/// The code within a cursor.
pub fn code(cursor: &str) -> Result<String, Refusal> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|error| Refusal(error.to_string()))?;
    let (_, code, _): (&str, String, i64) = serde_json::from_slice(&bytes)?;
    Ok(code)
}

pub fn write(code: &str, id: i64, out: &mut Json) {
    out.base64(&format!("[\"code\",\"{code}\",{id}]"));
}
