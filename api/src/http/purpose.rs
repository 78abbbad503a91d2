//! What a request is for: the headers `X-Purpose`, a code, and `X-Legal-Basis`, a text.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use entity::enums::Purpose;
use percent_encoding::percent_decode;

use super::refusal::Refusal;
use crate::access::purpose::{HEADER, Stated};

const PURPOSE: HeaderName = HeaderName::from_static("x-purpose");
const LEGAL_BASIS: HeaderName = HeaderName::from_static("x-legal-basis");
/// Letters of a legal basis: the number, date and article of a few documents.
const MAX_LETTERS: usize = 300;
pub const LEGAL_BASIS_HEADER: &str = "X-Legal-Basis";

/// What the caller says. One who says nothing is asked for nothing here.
pub fn stated(headers: &HeaderMap) -> Result<Stated, Refusal> {
    let purpose = sole(headers, &PURPOSE, HEADER)?
        .map(|value| value.to_str().ok().and_then(|code| Purpose::parse(code.trim())).ok_or(Refusal::UnknownPurpose));
    let basis = sole(headers, &LEGAL_BASIS, LEGAL_BASIS_HEADER)?
        .map(|value| legal_basis(value).ok_or(Refusal::BadLegalBasis(MAX_LETTERS)));
    Ok(Stated { purpose: purpose.transpose()?, legal_basis: basis.transpose()? })
}

/// Two of a kind leave it open what is meant.
fn sole<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    header: &'static str,
) -> Result<Option<&'h HeaderValue>, Refusal> {
    let mut values = headers.get_all(name);
    let first = values.next();
    if values.next().is_some() { Err(Refusal::TwoHeaders(header)) } else { Ok(first) }
}

/// Text in UTF-8, as it is or percent-encoded, as many clients can't put Vietnamese into a header otherwise.
fn legal_basis(value: &HeaderValue) -> Option<String> {
    let text = percent_decode(value.as_bytes()).decode_utf8().ok()?;
    let text = text.trim();
    let printable = !text.is_empty() && !text.chars().any(char::is_control);
    (printable && text.chars().count() <= MAX_LETTERS).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &[u8])]) -> Result<(Option<Purpose>, Option<String>), Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        stated(&headers).map(|stated| (stated.purpose, stated.legal_basis))
    }

    #[test]
    fn what_is_said_is_taken() {
        assert_eq!(of(&[]), Ok((None, None)));
        assert_eq!(of(&[("X-Purpose", b" INSPECTION ")]), Ok((Some(Purpose::Inspection), None)));
        for value in ["Điều 5 NĐ 07/2021".as_bytes(), b" %C4%90i%E1%BB%81u 5 N%C4%90 07/2021 "] {
            assert_eq!(of(&[("x-legal-basis", value)]), Ok((None, Some("Điều 5 NĐ 07/2021".into()))));
        }
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for code in ["", "inspection", "INSPECTION,REPORTING", "NOTHING"] {
            assert_eq!(of(&[("X-Purpose", code.as_bytes())]), Err(Refusal::UnknownPurpose), "{code}");
        }
        let two: &[(&str, &[u8])] = &[("X-Purpose", b"INSPECTION"), ("X-Purpose", b"INSPECTION")];
        assert_eq!(of(two), Err(Refusal::TwoHeaders("X-Purpose")));
        let two: &[(&str, &[u8])] = &[("X-Legal-Basis", b"a"), ("X-Legal-Basis", b"b")];
        assert_eq!(of(two), Err(Refusal::TwoHeaders("X-Legal-Basis")));
        let long = "đ".repeat(MAX_LETTERS + 1);
        for basis in [&b""[..], b"  ", b"%20", b"a%0Ab", b"a%00", b"\xff", b"%FF", long.as_bytes()] {
            assert_eq!(of(&[("X-Legal-Basis", basis)]), Err(Refusal::BadLegalBasis(MAX_LETTERS)), "{basis:?}");
        }
    }
}
