//! Outside issuers, `[[issuers]]` in the file: who else may sign tokens, and what their words mean here.

use std::collections::BTreeMap;

use ::config::Value;
use serde::Deserialize;

use super::{ConfigError, Mode};

/// An issuer of another house, such as an agency's Keycloak.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// `iss` of its tokens.
    pub issuer: String,
    /// Where its public keys are.
    pub jwks_uri: String,
    /// What its tokens for this service name in `aud`.
    pub audience: String,
    /// The claim that names the system that asks.
    #[serde(default = "client_claim")]
    pub client_claim: String,
    /// The claim that lists its roles; dots lead into objects.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
    /// Their role to the code of ours. One that isn't named here gives nothing.
    pub roles: BTreeMap<String, String>,
    /// The claim with the code of an administrative unit that narrows the client's scope.
    #[serde(default)]
    pub scope_claim: Option<String>,
}

fn client_claim() -> String {
    "azp".into()
}

fn roles_claim() -> String {
    "realm_access.roles".into()
}

/// Reads the list and refuses what would be unsafe.
pub(super) fn read(list: Option<&Value>, mode: Mode, own: &str) -> Result<Vec<Issuer>, ConfigError> {
    let Some(list) = list else { return Ok(Vec::new()) };
    let issuers = Vec::<Issuer>::deserialize(list.clone())
        .map_err(|error| ConfigError::new(format!("The entry \"issuers\" is not understood: {error}.")))?;
    for (place, issuer) in issuers.iter().enumerate() {
        let name = &issuer.issuer;
        if name.trim().is_empty() || name == own || issuers.iter().take(place).any(|other| other.issuer == *name) {
            return Err(ConfigError::new(format!(
                "The issuer \"{name}\" must have a name of its own: neither ours nor that of another."
            )));
        }
        let address = reqwest::Url::parse(&issuer.jwks_uri).ok();
        let scheme = address.as_ref().map(reqwest::Url::scheme);
        if scheme != Some("https") && !(scheme == Some("http") && mode == Mode::Demo) {
            return Err(ConfigError::new(format!(
                "jwks_uri of the issuer \"{name}\" must begin with https://: whoever can change the keys on their way can \
                 make tokens."
            )));
        }
        if issuer.audience.trim().is_empty() || issuer.client_claim.is_empty() || issuer.roles.is_empty() {
            return Err(ConfigError::new(format!(
                "The issuer \"{name}\" needs an audience, a client_claim and at least one entry in roles."
            )));
        }
    }
    Ok(issuers)
}
