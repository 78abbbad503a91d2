//! Monthly assistance is paid by levels and coefficients: who corrects one is told what was paid by it, and of a payment and a
//! correction at one moment one sees the other.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::{
    law::{admin, level, severe, with},
    monthly::{fate, home, monthly, pay},
    *,
};
use crate::fixture::write;

const WARNED: &str = "warnings { code field message messageVi }";

async fn set_level(caller: &Caller, input: Value) -> Value {
    let answer = write(caller, "recordAssistanceLevel", input, &format!("level {{ version }} {WARNED}")).await;
    answer.data()["recordAssistanceLevel"]["warnings"].clone()
}

both_databases! {
    async fn who_corrects_a_level_is_told_what_was_paid_by_it(t: &Service) {
        let (cast, admin, (home, people)) = (cast(t).await, admin(t).await, home(t).await);
        let id = approved(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await.remove(0);
        assert_eq!(set_level(&admin, with(&level(510_000), json!({ "expectedVersion": 1 }))).await, json!([]), "nothing was paid yet");
        set_level(&admin, with(&level(500_000), json!({ "expectedVersion": 2 }))).await;
        assert_eq!(fate(&pay(&cast.payer, &id, 750_000, "2026-11-23", "PC-1").await), APPLIED);
        let warned = set_level(&admin, with(&level(520_000), json!({ "expectedVersion": 3 }))).await;
        assert_eq!((&warned[0]["code"], &warned[0]["field"]), (&json!("ASSISTANCE_PAID"), &json!("input.amount")), "{warned}");
        for figure in ["750000", "2024-07-01", "1 payments"] {
            assert!(warned[0]["message"].as_str().unwrap().contains(figure), "{warned}");
        }
        assert!(warned[0]["messageVi"].as_str().unwrap().contains("750000"), "{warned}");
        // What was paid stands, and what the month was worked out at.
        assert_eq!(fate(&pay(&cast.payer, &id, 1, "2026-11-23", "PC-2").await), ("REFUSED", "BAD_USER_INPUT", "amount"));
        // Its source tells nothing of what is due; a level of days in which nothing was paid neither.
        let source = with(&level(520_000), json!({ "expectedVersion": 4, "source": "Công báo" }));
        assert_eq!(set_level(&admin, source).await, json!([]));
        assert_eq!(set_level(&admin, with(&level(600_000), json!({ "effectiveFrom": "2026-12-01" }))).await, json!([]));
        assert_eq!(set_level(&admin, with(&level(400_000), json!({ "effectiveFrom": "2023-01-01" }))).await, json!([]), "until the next begins");
    }

    async fn a_coefficient_follows_the_one_before_and_tells_what_was_paid(t: &Service) {
        let (cast, admin, (home, people)) = (cast(t).await, admin(t).await, home(t).await);
        let id = approved(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await.remove(0);
        assert_eq!(fate(&pay(&cast.payer, &id, 750_000, "2026-11-23", "PC-1").await), APPLIED);
        let shown = format!("coefficient {{ coefficient version }} previousEndedOn {WARNED}");
        let next = |from: &str| with(&severe("2"), json!({ "effectiveFrom": from, "endsPrevious": true }));
        let answer = write(&admin, "recordAssistanceCoefficient", next("2026-11-01"), &shown).await;
        let done = &answer.data()["recordAssistanceCoefficient"];
        assert_eq!((&done["previousEndedOn"], &done["coefficient"]["version"]), (&json!("2026-10-31"), &json!(1)));
        assert_eq!(done["warnings"][0]["field"], "input.coefficient", "{done}");
        // The month was worked out at 1.5.
        assert_eq!(fate(&pay(&cast.payer, &id, 1, "2026-11-23", "PC-2").await), ("REFUSED", "BAD_USER_INPUT", "amount"));
        let later = write(&admin, "recordAssistanceCoefficient", next("2026-12-01"), &shown).await;
        assert_eq!(later.data()["recordAssistanceCoefficient"]["warnings"], json!([]), "of days to come");
    }

    async fn of_a_payment_and_a_correction_one_sees_the_other(t: &Service) {
        let (cast, admin, (home, people)) = (cast(t).await, admin(t).await, home(t).await);
        let id = approved(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await.remove(0);
        for round in 0..8 {
            let version = 1 + 2 * round;
            let reference = format!("PC-{round}");
            let lower = with(&level(400_000), json!({ "expectedVersion": version }));
            let (paid, warned) = tokio::join!(pay(&cast.payer, &id, 750_000, "2026-11-23", &reference), set_level(&admin, lower));
            let (paid, warned) = (fate(&paid) == APPLIED, warned != json!([]));
            assert_eq!(paid, warned, "paid by a level that was another by then, and nobody was told");
            t.sql("DELETE FROM benefit_payment; UPDATE benefit SET paid_amount = 0, status = 'APPROVED'").await;
            set_level(&admin, with(&level(500_000), json!({ "expectedVersion": version + 1 }))).await;
        }
    }
}
