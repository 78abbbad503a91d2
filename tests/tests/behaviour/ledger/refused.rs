//! Who is refused before anything runs leaves an entry where the token names somebody.

use ansinh::identity::token::Claims;
use chrono::TimeDelta;
use serde_json::json;
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
    signer::Signer,
};

use super::durable;
use crate::{bad_tokens::claims, fixture::HERE};

const QUERY: &str = "{ viewer { client } }";
/// As many as are noted of one client in a minute.
const MOST: usize = 60;

/// The refusals in the ledger: operation, decision, client, agency, token, roles, purpose, request.
async fn refusals(t: &Service) -> Vec<String> {
    let query = "SELECT e.operation || ' ' || e.decision || ' ' || k.name || ' ' || a.code || ' '
            || CASE WHEN e.token_id = (SELECT max(t.id) FROM token t WHERE t.client_id = k.id) THEN 'token' ELSE '-' END
            || ' ' || e.roles || ' ' || COALESCE(e.purpose, '-') || ' ' || e.request_id || ' ' || CAST(e.subjects AS TEXT)
        FROM audit_entry e JOIN client k ON k.id = e.client_id JOIN agency a ON a.id = e.agency_id
        WHERE e.operation LIKE 'token/%' OR e.operation LIKE 'operation/%' ORDER BY e.id";
    t.texts(query).await
}

async fn sent(caller: &Caller, id: &str) -> Answer {
    caller.clone().with("x-request-id", id).with("x-purpose", "INSPECTION").query(QUERY).await
}

fn bearing(t: &Service, claims: &Claims) -> Caller {
    let token = t.app.keys.sign(claims).unwrap_or_else(|error| panic!("{error}"));
    t.with_token(&token)
}

both_databases! {
    async fn a_known_token_that_is_refused_leaves_an_entry(t: &Service) {
        let auditor = t.as_role_in("auditor", HERE).await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let (good, now) = (claims(t, &auditor), t.app.clock.now().timestamp());
        let name = &auditor.name;
        let mut expected = Vec::new();
        let mut check = async |caller: &Caller, id: &str, operation: &str, who: &str| {
            let answer = sent(caller, id).await;
            answer.refused("UNAUTHENTICATED", "");
            assert_eq!(answer.status, 401);
            let reason = operation.strip_prefix("token/").unwrap();
            assert!(answer.headers["www-authenticate"].to_str().unwrap().ends_with(&format!("\"{reason}\"")), "{operation}");
            expected.push(format!("{operation} DENIED {who} INSPECTION {id} {{}}"));
            assert_eq!(refusals(t).await, expected);
        };
        let who = format!("{name} PPC token auditor");
        check(&bearing(t, &Claims { exp: now - 31, ..good.clone() }), "a", "token/expired", &who).await;
        check(&bearing(t, &Claims { nbf: now + 31, ..good.clone() }), "b", "token/not_yet_valid", &who).await;
        // A token of this client under the name of another one.
        let other = Claims { sub: claims(t, &officer).sub, ..good.clone() };
        check(&bearing(t, &other), "c", "token/revoked", &who).await;
        for (change, operation) in [
            ("UPDATE client SET status = 'DISABLED'", "token/client_disabled"),
            ("UPDATE client SET status = 'PENDING'", "token/client_disabled"),
            // Its client is somewhere else now.
            ("UPDATE client SET status = 'ACTIVE', scope_unit_id = (SELECT id FROM admin_unit WHERE code = '831')", "token/revoked"),
            ("UPDATE token SET revoked_at = 1", "token/revoked"),
        ] {
            t.sql(change).await;
            check(&auditor, "d", operation, &who).await;
        }
        t.sql("DELETE FROM client_role").await;
        check(&auditor, "e", "token/revoked", &format!("{name} PPC token ")).await;
    }

    async fn a_token_that_names_nobody_leaves_none(t: &Service) {
        let auditor = t.as_role("auditor").await;
        let (good, attacker) = (claims(t, &auditor), Signer::new());
        let forged = |kid: &str| attacker.sign(Some(kid), &serde_json::to_value(&good).unwrap());
        let kid = Signer::kid(&attacker);
        let own: serde_json::Value = t.app.keys.jwks().parse().unwrap();
        let before = t.number("SELECT count(*) FROM audit_entry").await;
        for caller in [
            t.with_token(&forged(kid)),
            t.with_token(&forged(own["keys"][0]["kid"].as_str().unwrap())),
            t.with_token("a.b.c"),
            bearing(t, &Claims { aud: "another service".into(), ..good.clone() }),
            bearing(t, &Claims { jti: "0198a0a0-0000-7000-8000-000000000000".into(), ..good.clone() }),
            bearing(t, &Claims { jti: "0198a0a0-0000-7000-8000-000000000000".into(), exp: 1, ..good.clone() }),
        ] {
            assert_eq!(sent(&caller, "x").await.status, 401);
        }
        assert_eq!(t.number("SELECT count(*) FROM audit_entry").await, before);
    }

    async fn a_flood_of_a_refused_token_fills_no_ledger_and_shuts_nobody_out(t: &Service) {
        let auditor = t.as_role("auditor").await;
        let expired = bearing(t, &Claims { exp: 1, ..claims(t, &auditor) });
        for _ in 0..MOST {
            assert_eq!(expired.query(QUERY).await.status, 401);
        }
        for _ in 0..5 {
            let answer = expired.query(QUERY).await;
            answer.refused("LIMIT_EXCEEDED", "");
            assert_eq!((answer.status, &answer.headers["retry-after"]), (429, &"60".parse().unwrap()));
        }
        assert_eq!(refusals(t).await.len(), MOST);
        // What is good of the same client is answered, and others are counted for themselves.
        auditor.query(QUERY).await.data();
        let other = bearing(t, &Claims { exp: 1, ..claims(t, &t.as_role("statistics_viewer").await) });
        assert_eq!(other.query(QUERY).await.status, 401);
        t.clock.advance(TimeDelta::seconds(60));
        assert_eq!(expired.query(QUERY).await.status, 401);
        assert_eq!(refusals(t).await.len(), MOST + 2);
    }

    async fn an_operation_that_is_not_registered_leaves_an_entry(t: &Service) {
        let auditor = t.as_role("auditor").await;
        t.sql("UPDATE client SET registered_only = TRUE").await;
        let document = json!({ "query": "{ person(nationalId: \"083080000001\") { fullName } }" });
        let bound = auditor.clone().with("x-request-id", "a");
        for body in [document, json!({ "documentId": format!("sha256:{}", "0".repeat(64)) })] {
            let answer = bound.send(&body).await;
            answer.refused("FORBIDDEN", "");
            assert_eq!(answer.status, 403);
        }
        let entry = format!("operation/not_registered DENIED {} PPC token auditor - a {{}}", auditor.name);
        assert_eq!(refusals(t).await, [entry.clone(), entry]);
        let told = "SELECT count(*) FROM audit_entry WHERE operation LIKE 'operation/%' AND (aimed IS NOT NULL OR fields <> '')";
        assert_eq!(t.number(told).await, 0, "nothing of the document gets in");
        for _ in 2..MOST {
            assert_eq!(bound.query(QUERY).await.status, 403);
        }
        bound.query(QUERY).await.refused("LIMIT_EXCEEDED", "");
        assert_eq!(refusals(t).await.len(), MOST);
    }

    async fn a_refusal_that_can_not_be_noted_is_none(t: &Service) {
        let auditor = t.as_role("auditor").await;
        t.sql("UPDATE token SET revoked_at = 1").await;
        let refuse = if t.database.backend == DbBackend::Sqlite { durable::SQLITE_REFUSES } else { durable::POSTGRES_REFUSES };
        t.sql(refuse).await;
        let answer = auditor.query(QUERY).await;
        answer.refused("UNAVAILABLE", "");
        assert_eq!((answer.status, refusals(t).await.len()), (503, 0));
    }
}
