//! Public keys of others (RFC 7517): of clients that sign assertions and of outside issuers. A key says by its own type
//! which algorithms it verifies; what a token's header says only has to be among them, so that no key is taken for
//! another kind.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::token::{MAX_ID_BYTES, TokenRefusal, signature_only};

/// Members that only a private or shared key has.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// Bytes of an RSA modulus: 2048 to 4096 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// A public key that verifies signatures.
#[derive(Clone)]
pub struct PublicKey {
    pub kid: String,
    algorithms: &'static [Algorithm],
    key: DecodingKey,
    /// The public members alone.
    pub jwk: Value,
}

/// Why a JWK is no key that we take; a sentence for whoever registers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoKey(pub &'static str);

impl PublicKey {
    /// Reads a JWK: P-256, or RSA of 2048 to 4096 bits. Without a `kid` its thumbprint (RFC 7638) is its name.
    pub fn parse(jwk: &Value) -> Result<Self, NoKey> {
        let members = jwk.as_object().ok_or(NoKey("It is not a JSON object."))?;
        if PRIVATE.iter().any(|name| members.contains_key(*name)) {
            return Err(NoKey("It holds a private or shared key: give the public half only."));
        }
        if text(members, "use").is_some_and(|purpose| purpose != "sig") {
            return Err(NoKey("It is not meant for signatures."));
        }
        let (algorithms, key, canonical) = match text(members, "kty") {
            Some("EC") => p256(members)?,
            Some("RSA") => rsa(members)?,
            _ => return Err(NoKey("Only P-256 and RSA keys are taken.")),
        };
        let thumbprint = || URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.to_string()));
        let kid = text(members, "kid").map_or_else(thumbprint, str::to_owned);
        if kid.is_empty() || kid.len() > MAX_ID_BYTES {
            return Err(NoKey("Its kid must have 1 to 128 bytes."));
        }
        let mut jwk = canonical;
        if let Some(public) = jwk.as_object_mut() {
            public.insert("kid".into(), kid.clone().into());
            public.extend(members.get("alg").map(|alg| ("alg".into(), alg.clone())));
        }
        Ok(Self { kid, algorithms, key, jwk })
    }

    /// What a token says that this key signed. Periods, issuer and audience are the caller's to check.
    pub fn verify<T: DeserializeOwned + Clone>(&self, token: &str, header: &Header) -> Result<T, TokenRefusal> {
        if !self.algorithms.contains(&header.alg) {
            return Err(TokenRefusal::BadSignature);
        }
        let decoded = jsonwebtoken::decode::<T>(token, &self.key, &signature_only(header.alg));
        decoded.map(|decoded| decoded.claims).map_err(|error| match error.kind() {
            ErrorKind::Json(_) | ErrorKind::Utf8(_) => TokenRefusal::Malformed,
            _ => TokenRefusal::BadSignature,
        })
    }
}

/// The header of a token that is worth looking at: not too long, nothing that must be understood and isn't.
pub fn header(token: &str, most_bytes: usize) -> Result<Header, TokenRefusal> {
    if token.len() > most_bytes {
        return Err(TokenRefusal::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRefusal::Malformed)?;
    let asymmetric = matches!(header.alg, Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256);
    if asymmetric && header.crit.is_none() { Ok(header) } else { Err(TokenRefusal::Malformed) }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

fn bytes(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, NoKey> {
    let text = text(members, name).ok_or(NoKey("It lacks a member."))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NoKey("One of its members is not base64url."))
}

type Parts = (&'static [Algorithm], DecodingKey, Value);

fn p256(members: &Map<String, Value>) -> Result<Parts, NoKey> {
    let wrong = NoKey("It is not a point of P-256.");
    let (x, y) = (bytes(members, "x")?, bytes(members, "y")?);
    if text(members, "crv") != Some("P-256") || x.len() != 32 || y.len() != 32 {
        return Err(NoKey("Of the elliptic curves only P-256 is taken."));
    }
    if text(members, "alg").is_some_and(|alg| alg != "ES256") {
        return Err(NoKey("A P-256 key signs with ES256."));
    }
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    p256::PublicKey::from_sec1_bytes(&point).map_err(|_| wrong)?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    Ok((&[Algorithm::ES256], DecodingKey::from_ec_der(&point), json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y })))
}

fn rsa(members: &Map<String, Value>) -> Result<Parts, NoKey> {
    let (n, e) = (bytes(members, "n")?, bytes(members, "e")?);
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    let leading = n.first().is_some_and(|first| first & 0x80 != 0);
    if !RSA_BYTES.contains(&n.len()) || !leading || !odd(&n) {
        return Err(NoKey("An RSA key must have 2048 to 4096 bits."));
    }
    if !(1..=4).contains(&e.len()) || !odd(&e) || e == [1] {
        return Err(NoKey("Its exponent is not one of an RSA key."));
    }
    let algorithms: &'static [Algorithm] = match text(members, "alg") {
        None => &[Algorithm::RS256, Algorithm::PS256],
        Some("RS256") => &[Algorithm::RS256],
        Some("PS256") => &[Algorithm::PS256],
        Some(_) => return Err(NoKey("An RSA key signs with RS256 or PS256.")),
    };
    let key = DecodingKey::from_rsa_raw_components(&n, &e);
    let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
    Ok((algorithms, key, json!({ "e": e, "kty": "RSA", "n": n })))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7638, section 3.1.
    const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
         tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI\
         SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    fn rsa_key() -> Value {
        json!({ "kty": "RSA", "n": RSA_N, "e": "AQAB" })
    }

    fn p256_key() -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
    }

    #[test]
    fn a_key_without_a_name_has_its_thumbprint() {
        assert_eq!(PublicKey::parse(&rsa_key()).ok().unwrap().kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(PublicKey::parse(&p256_key()).ok().unwrap().kid, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }

    #[test]
    fn a_key_verifies_by_the_algorithms_of_its_type_only() {
        let algorithms = |jwk: &Value| PublicKey::parse(jwk).ok().unwrap().algorithms;
        assert_eq!(algorithms(&p256_key()), [Algorithm::ES256]);
        assert_eq!(algorithms(&rsa_key()), [Algorithm::RS256, Algorithm::PS256]);
        let mut fixed = rsa_key();
        fixed["alg"] = json!("PS256");
        assert_eq!(algorithms(&fixed), [Algorithm::PS256]);
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        let with = |mut jwk: Value, name: &str, value: &str| {
            jwk[name] = json!(value);
            jwk
        };
        for jwk in [
            json!("x"),
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
            with(p256_key(), "d", "AAAA"),
            with(p256_key(), "x", "AAAA"),
            with(p256_key(), "y", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            with(p256_key(), "crv", "P-384"),
            with(p256_key(), "alg", "HS256"),
            with(p256_key(), "use", "enc"),
            with(p256_key(), "kid", ""),
            with(rsa_key(), "alg", "HS256"),
            with(rsa_key(), "alg", "none"),
            with(rsa_key(), "n", "AQAB"),
            with(rsa_key(), "e", "AQ"),
            with(rsa_key(), "d", "AQAB"),
        ] {
            assert!(PublicKey::parse(&jwk).is_err(), "{jwk}");
        }
    }

    // Signed by openssl with a key that was thrown away.
    const N: &str = "4uxMYKqV3UDlbU6zDGGxorCoavKp3jBlnCfkpaWMyAnISRQ0TFqNkrwcWp41GTVMUU8QnOXC6sTKPr9pd4-R8YrTd5xEvpn54izxry-fenZZ\
         jQ62gMrLxq0jIWDUIkPGa_e-cteifxXlZZrloVNhHzRoIMqV_9im-8rf_Ox49eTMbRwv3aarqzHpUJ9ecbQB0oes-Z6w2ZwgIANVfVF29rt0\
         tKOUhYrewBdsyQyh-qxjzvC7H00_PSNNd7UEE375genUs01aXq7FkWfbh-pAb1zBM63fvIauLMFH8-_6wRvtBNYKlC60aIM4mgRifuOst1C4\
         32WKoL9voLvNRXUgZw";
    const RS256: &str = "eyJhbGciOiAiUlMyNTYifQ.eyJzdWIiOiAiYSJ9.ik7e-NjCMuDFxmjHt5IXwHu5b2TW2_5h_VLhyKl8URXNenDsHc9TK1QbhAwJCMKB5-_W\
         hjxZEPWHXdybFWMNSUmVwt6pslrGxsToqawBehdoB0SyzjX5GTuuQ51XX3GTySc9_vsUJZ4ATJmeR97laOsJB5-KvqEs78zFvvcZfvc-o52k\
         Ng7y3mhptu1NUWkr1eqqL-v3wM5y_nRsWtkK9jGoZnWFVZcf5jtClyH6lyubSKFWjnDva9vAra8rM-G9lmMtGV9Etez7TPQIzLdWwdvJphKl\
         4liQVPIubQjlUFb_q3Q3jwkNhyKHcl95aipUrH1GwMBB_pjPFBZcyanz9Q";
    const PS256: &str = "eyJhbGciOiAiUFMyNTYifQ.eyJzdWIiOiAiYSJ9.G7x2vPJUQo2Pxe_HItaRyTFjk82LhYwk0nRmCKeUX0esupMLRZoPa7WVAzzKRzSt2pHb\
         4gym8rBgMvP5wOVigUdnmmwCBmHw2PhIM3BjSvNAa9ALQGXbjOMe0ubjSYyrvt0HlNZ3VAeZgIHVTHTpSBlsTefTNeFDurfuy5jS-Dm6SBq8\
         CSc99r1Hd7wN9z-NbUNIl5UpBgw8mkFtoJ7zOy3XGJOD7HfVIcmefG_MUm6oV4IyB6mZXN0PLnTMep2Eu3_bsh_VP7spQhvWWAAfXXdTCiqm\
         nIybn8UBgSwZum-ltfqna15ozD8_rNJjoyN7ilxQ7S047X95Cu_oUv9fAg";

    #[test]
    fn rsa_signatures_are_checked_by_their_own_algorithm() {
        let key = |alg: Option<&str>| {
            let mut jwk = json!({ "kty": "RSA", "n": N, "e": "AQAB" });
            jwk.as_object_mut().unwrap().extend(alg.map(|alg| ("alg".to_owned(), json!(alg))));
            PublicKey::parse(&jwk).ok().unwrap()
        };
        let verify = |key: &PublicKey, token: &str| key.verify::<Value>(token, &header(token, 4_096).unwrap());
        for token in [RS256, PS256] {
            assert_eq!(verify(&key(None), token), Ok(json!({ "sub": "a" })));
            let (message, _) = token.rsplit_once('.').unwrap();
            let other = if token == RS256 { PS256 } else { RS256 };
            let (_, signature) = other.rsplit_once('.').unwrap();
            assert_eq!(verify(&key(None), &format!("{message}.{signature}")), Err(TokenRefusal::BadSignature));
        }
        assert!(verify(&key(Some("PS256")), PS256).is_ok());
        assert_eq!(verify(&key(Some("PS256")), RS256), Err(TokenRefusal::BadSignature));
        let curve = PublicKey::parse(&p256_key()).ok().unwrap();
        assert_eq!(verify(&curve, RS256), Err(TokenRefusal::BadSignature));
    }
}
