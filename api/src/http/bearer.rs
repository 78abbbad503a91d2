//! The one way to say who is asking: `Authorization: Bearer <token>` (RFC 6750, section 2.1). A token in the body is not
//! looked at. One in the address refuses the request, even beside a good header: addresses end up in logs, and whoever
//! sends it there must learn of it.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use actix_web::web::Query;

use super::refusal::Refusal;
use crate::identity::token::TokenRefusal;

/// What a parameter that holds a token is called.
const TOKEN_NAMES: [&str; 4] = ["access_token", "token", "authorization", "bearer"];

/// Refuses an address with a parameter that is called like a token or looks like one of ours.
pub fn none_in_address(query: &str) -> Result<(), Refusal> {
    if query.is_empty() {
        return Ok(());
    }
    let refused = Refusal::BadToken(TokenRefusal::InAddress);
    let pairs = Query::<Vec<(String, String)>>::from_query(query).map_err(|_| refused)?.into_inner();
    let is_token = |(name, value): &(String, String)| {
        TOKEN_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
            || (value.contains("eyJ") && value.matches('.').count() >= 2)
    };
    if pairs.iter().any(is_token) { Err(refused) } else { Ok(()) }
}

/// The token of a request.
pub fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION);
    let Some(value) = values.next() else { return Err(Refusal::NoToken) };
    // Two of them leave it open who is asking.
    if values.next().is_some() {
        return Err(Refusal::BadToken(TokenRefusal::Malformed));
    }
    let Ok(value) = value.to_str() else { return Err(Refusal::BadToken(TokenRefusal::Malformed)) };
    let value = value.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    let token = token.trim_start();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(plain) {
        return Err(Refusal::BadToken(TokenRefusal::Malformed));
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn of(values: &[&str]) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        token(&headers).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_taken() {
        assert_eq!(of(&["Bearer a.b-c_d"]).unwrap(), "a.b-c_d");
        assert_eq!(of(&["bEARER  a.b.c "]).unwrap(), "a.b.c");
    }

    #[test]
    fn anything_else_is_refused() {
        for none in [&[][..], &["Basic dXNlcjpwYXNz"], &["a.b.c"], &[""]] {
            assert_eq!(of(none), Err(Refusal::NoToken), "{none:?}");
        }
        let malformed = Err(Refusal::BadToken(TokenRefusal::Malformed));
        for bad in
            [&["Bearer"][..], &["Bearer "], &["Bearer a b"], &["Bearer a,b"], &["Bearer é"], &["Bearer a", "Bearer a"]]
        {
            assert_eq!(of(bad), malformed, "{bad:?}");
        }
    }
}
