//! Who is refused with a token that an outside issuer signed leaves an entry, where we know whom it means.

use serde_json::{Value, json};
use tests::{both_databases, database::TestDatabase, signer::Signer};

use super::{Bank, with};

/// The refusals of the bank's client: operation, and whether its token has a row.
async fn refusals(bank: &Bank) -> Vec<String> {
    let query = format!(
        "SELECT e.operation || CASE WHEN e.token_id IS NULL THEN '' ELSE ' of a token' END
         FROM audit_entry e JOIN client k ON k.id = e.client_id JOIN agency a ON a.id = e.agency_id
         WHERE e.decision = 'DENIED' AND k.name = '{}' AND a.code = 'VBSP' ORDER BY e.id",
        bank.client
    );
    bank.t.texts(&query).await
}

both_databases! {
    async fn what_is_signed_for_a_client_of_ours_is_its_attempt(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let now = bank.t.app.clock.now().timestamp();
        let signed = |name: &str, value: Value| bank.key.sign(Some(bank.key.kid()), &with(bank.claims(), name, value));
        let mut expected: Vec<&str> = Vec::new();
        for (token, noted) in [
            (signed("exp", json!(now - 31)), "token/expired"),
            (signed("nbf", json!(now + 31)), "token/not_yet_valid"),
            (signed("aud", json!("account")), "token/wrong_audience"),
            (signed("exp", json!(now + 400 * 86_400)), "token/lives_too_long"),
        ] {
            assert_eq!(format!("token/{}", bank.refusal(&token).await), noted);
            expected.push(noted);
            assert_eq!(refusals(&bank).await, expected);
        }
        // One that was taken before has its row.
        let token = bank.token();
        assert_eq!(bank.ask(&token).await.status, 200);
        bank.t.sql("UPDATE client SET status = 'DISABLED'").await;
        bank.refusal(&token).await;
        bank.refusal(&signed("jti", json!("another"))).await;
        bank.t.clock.advance(chrono::TimeDelta::seconds(331));
        bank.refusal(&token).await;
        expected.extend(["token/client_disabled of a token", "token/client_disabled", "token/expired of a token"]);
        assert_eq!(refusals(&bank).await, expected);
        bank.t.sql("UPDATE client SET status = 'ACTIVE'").await;
        bank.t.also(&bank.t.bearing("", &bank.client), "platform_admin").await;
        assert_eq!(bank.refusal(&bank.token()).await, "unknown_client");
        expected.push("token/unknown_client");
        assert_eq!(refusals(&bank).await, expected);
    }

    async fn what_is_not_leaves_none(t: &TestDatabase) {
        let bank = Bank::new(t.borrowed()).await;
        let before = bank.t.number("SELECT count(*) FROM audit_entry").await;
        let expired = with(bank.claims(), "exp", json!(1));
        for token in [
            Signer::new().sign(Some(bank.key.kid()), &expired),
            Signer::new().sign(Some("unknown"), &expired),
            bank.key.sign(Some(bank.key.kid()), &with(bank.claims(), "azp", json!("others"))),
            bank.key.sign(Some(bank.key.kid()), &with(expired, "azp", Value::Null)),
        ] {
            bank.refusal(&token).await;
        }
        assert_eq!(bank.t.number("SELECT count(*) FROM audit_entry").await, before);
    }
}
