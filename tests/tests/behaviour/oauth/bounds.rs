//! What keeps those who try, and those who ask too often, from `/oauth/token`, and never a machine with a good proof.

use ansinh::{config::Limits, identity::client_keys};
use chrono::TimeDelta;
use tests::{both_databases, service::Service, signer::Signer};

use super::{SECRET, VIEWER, a_client, by_assertion, by_assertion_for, by_secret, claims, tokens};

both_databases! {
    async fn who_guesses_waits(t: &Service) {
        let (_, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let (_, other) = a_client(t, &["insurance_officer"], "PSI").await;
        for _ in 0..10 {
            by_secret(t, &id, "guess", &[]).await.refused(401, "invalid_client");
        }
        let answer = by_secret(t, &id, "guess", &[]).await;
        answer.refused(429, "invalid_client");
        assert_eq!(answer.wait, "60");
        assert_eq!(by_secret(t, &other, SECRET, &[]).await.status, 200);
        t.clock.advance(TimeDelta::seconds(60));
        by_secret(t, &id, "guess", &[]).await.refused(401, "invalid_client");
    }

    async fn a_good_proof_passes_however_many_bad_ones_came_before(t: &Service) {
        let (name, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let (key, other) = (Signer::new(), Signer::new());
        client_keys::add(&t.app, &name, &key.jwk.to_string()).await.unwrap_or_else(|f| panic!("{}", f.message));
        for _ in 0..10 {
            by_secret(t, &id, "guess", &[]).await.refused(401, "invalid_client");
        }
        // Beyond the 100 of an address, too, where proofs take turns.
        for place in 0..100 {
            let junk = other.sign(None, &claims(t, &id, &format!("junk {place}")));
            by_assertion(t, &junk).await.refused(429, "invalid_client");
        }
        by_secret(t, &id, SECRET, &[]).await.token();
        by_assertion(t, &key.sign(None, &claims(t, &id, "good"))).await.token();
        by_secret(t, &id, "guess", &[]).await.refused(429, "invalid_client");
        let (bad, good) = tokio::join!(by_secret(t, &id, "guess", &[]), by_secret(t, &id, SECRET, &[]));
        bad.refused(429, "invalid_client");
        good.token();
        assert_eq!(t.number("SELECT count(*) FROM audit_entry WHERE decision = 'DENIED'").await, 10);
    }

    async fn a_clients_rate_bounds_its_tokens_too(t: &Service) {
        let (_, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let bound = t.another_node(|config| {
            let limits = Limits { requests_per_minute: Some(3), ..config.limits };
            config.role_limits = [("bank_officer".to_owned(), limits)].into();
        }).await;
        let before = tokens(t).await;
        let answers = [by_secret(&bound, &id, SECRET, &[]).await, by_secret(&bound, &id, SECRET, &[]).await];
        assert_eq!(bound.with_token(answers[0].token()).query(VIEWER).await.status, 200);
        for _ in 0..3 {
            let refused = by_secret(&bound, &id, SECRET, &[]).await;
            refused.refused(429, "temporarily_unavailable");
            assert_eq!(refused.wait, "60");
        }
        assert_eq!(bound.with_token(answers[1].token()).query(VIEWER).await.status, 429);
        assert_eq!(tokens(t).await, before + 2);
        // Who isn't the client takes nothing of what it may.
        bound.clock.advance(TimeDelta::seconds(60));
        for _ in 0..5 {
            by_secret(&bound, &id, "guess", &[]).await.refused(401, "invalid_client");
        }
        by_secret(&bound, &id, SECRET, &[]).await.token();
    }
    async fn what_is_refused_uses_its_assertion_up(t: &Service) {
        let (name, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let key = Signer::new();
        client_keys::add(&t.app, &name, &key.jwk.to_string()).await.unwrap_or_else(|f| panic!("{}", f.message));
        let bound = t.another_node(|config| config.role_limits = [("bank_officer".to_owned(),
            Limits { requests_per_minute: Some(1), ..config.limits })].into()).await;
        let before = tokens(t).await;
        let signed = |jti: &str| key.sign(None, &claims(t, &id, jti));
        by_assertion_for(t, &signed("scope"), &[("scope", "auditor")]).await.refused(400, "invalid_scope");
        by_assertion(t, &signed("scope")).await.refused(401, "invalid_client");
        by_assertion(&bound, &signed("the one")).await.token();
        by_assertion(&bound, &signed("rate")).await.refused(429, "temporarily_unavailable");
        by_assertion(t, &signed("rate")).await.refused(401, "invalid_client");
        t.sql(&format!("INSERT INTO client_role (client_id, role_id)
            SELECT k.id, r.id FROM client k, role r WHERE k.name = '{name}' AND r.code = 'platform_admin'")).await;
        by_assertion(t, &signed("platform")).await.refused(400, "unauthorized_client");
        t.sql(&format!("DELETE FROM client_role WHERE client_id = (SELECT id FROM client WHERE name = '{name}')
            AND role_id = (SELECT id FROM role WHERE code = 'platform_admin')")).await;
        by_assertion(t, &signed("platform")).await.refused(401, "invalid_client");
        by_assertion(t, &signed("another")).await.token();
        assert_eq!((tokens(t).await, t.number("SELECT count(*) FROM assertion_use").await), (before + 2, 5));
    }
}
