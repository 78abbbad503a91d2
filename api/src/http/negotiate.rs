//! Which media types a request speaks and wants to hear, after the GraphQL-over-HTTP specification.

use actix_web::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};

/// A media type of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells how the request fared.
    GraphqlResponse,
    /// `application/json`: older clients, to whom only 200 says that the body is GraphQL's.
    Json,
}

impl Media {
    const ALL: [Self; 2] = [Self::GraphqlResponse, Self::Json];

    fn subtype(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "graphql-response+json",
            Self::Json => "json",
        }
    }

    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

/// How well a media range of `Accept` fits; the greater, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    quality: u16,
    specificity: u8,
    /// Ranges of equal quality are taken in the order in which the client wrote them.
    earliness: usize,
}

/// The media type to answer in, or none that the client accepts (406). Without a preference it is
/// `application/json`, which every client understands.
pub fn accepted(headers: &HeaderMap) -> Option<Media> {
    let mut values = headers.get_all(ACCEPT).peekable();
    if values.peek().is_none() {
        return Some(Media::Json);
    }
    let ranges = values.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
    let best = Media::ALL.into_iter().filter_map(|media| Some((fit(&ranges, media)?, media)));
    best.max_by_key(|(fit, media)| (*fit, *media == Media::Json)).map(|(_, media)| media)
}

/// The most specific range that matches a media type decides on it, whatever the others say (RFC 9110, 12.5.1).
fn fit(ranges: &str, media: Media) -> Option<Fit> {
    let fits = ranges.split(',').enumerate().filter_map(|(index, range)| {
        let (specificity, quality) = matches(range, media)?;
        Some(Fit { quality, specificity, earliness: usize::MAX - index })
    });
    fits.max_by_key(|fit| (fit.specificity, fit.earliness)).filter(|fit| fit.quality > 0)
}

/// The specificity and quality of one range, if it matches.
fn matches(range: &str, media: Media) -> Option<(u8, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let specificity = match (kind, subtype) {
        ("*", "*") => 0,
        (kind, "*") if kind.eq_ignore_ascii_case("application") => 1,
        (kind, subtype)
            if kind.eq_ignore_ascii_case("application") && subtype.eq_ignore_ascii_case(media.subtype()) =>
        {
            2
        }
        _ => return None,
    };
    let mut quality = 1000;
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=')?;
        if name.eq_ignore_ascii_case("q") {
            quality = thousandths(value)?;
        } else if name.eq_ignore_ascii_case("charset") && !is_utf8(value) {
            return None;
        }
    }
    Some((specificity, quality))
}

/// A quality such as `0.75`, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = format!("{fraction:0<3}").parse::<u16>().ok()?;
    let quality = whole.parse::<u16>().ok()?.checked_mul(1000)?.checked_add(fraction)?;
    (quality <= 1000).then_some(quality)
}

/// Whether the body is JSON in UTF-8 and not packed. Other types are refused, also because a browser sends
/// `text/plain` and forms across sites without asking.
pub fn speaks_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE);
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    let utf8 = parts
        .filter_map(|part| part.split_once('='))
        .all(|(name, value)| !name.eq_ignore_ascii_case("charset") || is_utf8(value));
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    json && utf8 && plain
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_best_accepted_type_is_spoken() {
        for (accept, expected) in [
            (&[][..], Some(Media::Json)),
            (&["*/*"], Some(Media::Json)),
            (&["application/*"], Some(Media::Json)),
            (&["application/json"], Some(Media::Json)),
            (&["APPLICATION/JSON; charset=UTF-8"], Some(Media::Json)),
            (&["application/graphql-response+json"], Some(Media::GraphqlResponse)),
            (&["application/graphql-response+json; charset=utf-8"], Some(Media::GraphqlResponse)),
            (&["application/graphql-response+json, application/json;q=0.9"], Some(Media::GraphqlResponse)),
            (&["application/graphql-response+json, application/json"], Some(Media::GraphqlResponse)),
            (&["application/json, application/graphql-response+json"], Some(Media::Json)),
            (&["application/json;q=0.5, application/graphql-response+json;q=0.501"], Some(Media::GraphqlResponse)),
            (&["application/graphql-response+json, */*"], Some(Media::GraphqlResponse)),
            (&["application/graphql-response+json;q=0.5, */*"], Some(Media::Json)),
            (&["text/html", "application/graphql-response+json"], Some(Media::GraphqlResponse)),
            (&["application/json;q=0, */*"], Some(Media::GraphqlResponse)),
            (&["text/html,application/xhtml+xml,*/*;q=0.8"], Some(Media::Json)),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["application/json; charset=utf-16"], None),
            (&["application/json;q=2"], None),
            (&["application/jsonp, image/*"], None),
            (&[""], None),
        ] {
            assert_eq!(accepted(&headers(ACCEPT, accept)), expected, "{accept:?}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        for (content_type, expected) in [
            (&["application/json"][..], true),
            (&["Application/JSON; Charset=\"UTF-8\""], true),
            (&["application/json;charset=utf-8"], true),
            (&[], false),
            (&["application/json; charset=iso-8859-1"], false),
            (&["application/json", "text/plain"], false),
            (&["text/plain"], false),
            (&["application/x-www-form-urlencoded"], false),
            (&["multipart/form-data; boundary=x"], false),
            (&["application/graphql"], false),
            (&["application/jsonx"], false),
        ] {
            assert_eq!(speaks_json(&headers(CONTENT_TYPE, content_type)), expected, "{content_type:?}");
        }
        let mut packed = headers(CONTENT_TYPE, &["application/json"]);
        packed.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(!speaks_json(&packed));
    }
}
