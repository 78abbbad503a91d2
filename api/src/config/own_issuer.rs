//! What the service calls itself in its tokens: an address (RFC 8414, section 2), below which the token endpoint is, so that
//! a client that knows nothing but the metadata names the right audience.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;

use super::layers::{Layers, Setting};
use super::{ConfigError, Mode};

/// The one that was given. The demo is what it listens on, and production makes nothing up.
pub(super) fn read(layers: &Layers, mode: Mode, listen: SocketAddr) -> Result<String, ConfigError> {
    let name = layers.name(Setting::Issuer);
    let issuer = match (layers.get(Setting::Issuer), mode) {
        (Some(given), _) => given.text.trim(),
        (None, Mode::Demo) => return Ok(format!("http://{listen}")),
        (None, Mode::Production) => "",
    };
    if is_https(issuer) || is_loopback(issuer) {
        return Ok(issuer.to_owned());
    }
    let found = if issuer.is_empty() { "is not set".to_owned() } else { format!("is \"{issuer}\"") };
    Err(ConfigError::new(format!(
        "{name} {found}: it must be the public address of the service, such as https://ansinh.bentre.example, without \
         query or fragment. Plain http:// is for this machine alone, as http://127.0.0.1:8080."
    )))
}

fn is_https(text: &str) -> bool {
    address(text).is_some_and(|url| url.scheme() == "https")
}

/// Whether an issuer is of one machine: a service that nobody else reaches.
pub fn is_loopback(text: &str) -> bool {
    address(text).is_some_and(|url| {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        url.scheme() == "http" && (host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
    })
}

fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| url.host_str().is_some())?;
    let bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    bare.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_address_that_others_can_trust() {
        for good in ["https://ansinh.bentre.example", "https://ansinh.example:8443/register"] {
            assert!(is_https(good) && !is_loopback(good), "{good}");
        }
        for own in ["http://127.0.0.1:8080", "http://[::1]:9", "http://localhost"] {
            assert!(is_loopback(own) && !is_https(own), "{own}");
        }
        for bad in [
            "ansinh",
            "http://ansinh.example",
            "https://",
            "https://a.example?x=1",
            "https://a.example#x",
            "https://u:p@a.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "",
        ] {
            assert!(!is_https(bad) && !is_loopback(bad), "{bad}");
        }
    }
}
