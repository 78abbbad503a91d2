//! What a request is for: how it is said, and what a role gives for it.

use ansinh::identity::purposes::set_purposes;
use entity::{EnumSet, enums::Purpose};
use serde_json::json;
use tests::{both_databases, service::Service};

use crate::{fixture, ledger::entries};

const LOANS: &str = "{ loans(first: 1) { totalCount } loanProducts { code } }";

async fn limit(t: &Service, role: &str, purposes: &[Purpose], required: bool) {
    let done = set_purposes(&t.app, role, EnumSet::from(purposes), required).await;
    done.unwrap_or_else(|failure| panic!("{}", failure.message));
    // As the command does it, past the service: else it would count half a second later.
    t.app.viewers.forget();
}

both_databases! {
    async fn a_purpose_that_is_none_ends_the_request(t: &Service) {
        fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        let before = entries(t).await.len();
        let long = "x".repeat(301);
        for (caller, field) in [
            (bank.clone().with("x-purpose", "CURIOSITY"), "X-Purpose"),
            (bank.clone().with("x-purpose", "loan_appraisal"), "X-Purpose"),
            (bank.clone().with("x-purpose", ""), "X-Purpose"),
            (bank.clone().with("x-purpose", "REPORTING").with("x-purpose", "REPORTING"), "X-Purpose"),
            (bank.clone().with("x-legal-basis", ""), "X-Legal-Basis"),
            (bank.clone().with("x-legal-basis", "%00"), "X-Legal-Basis"),
            (bank.clone().with("x-legal-basis", &long), "X-Legal-Basis"),
            (bank.clone().with("x-legal-basis", "a").with("x-legal-basis", "a"), "X-Legal-Basis"),
        ] {
            let (answer, reads) = t.reads(caller.query(LOANS)).await;
            answer.refused("BAD_USER_INPUT", field);
            assert_eq!((answer.status, reads), (400, 0));
        }
        assert_eq!(entries(t).await.len(), before);
    }

    async fn a_role_gives_nothing_for_a_purpose_that_is_not_its_own(t: &Service) {
        fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        for caller in [bank.clone(), bank.clone().with("x-purpose", "LOAN_APPRAISAL")] {
            assert_eq!(caller.query(LOANS).await.data()["loans"]["totalCount"], 3);
        }
        let before = entries(t).await.len();
        let answer = bank.with("x-purpose", "BENEFIT_DECISION").query(LOANS).await;
        answer.refused("FORBIDDEN", "X-Purpose");
        let message = answer.errors()[0]["message"].as_str().unwrap();
        assert!(message.contains("LOAN_APPRAISAL, REPORTING"), "{message}");
        assert!(answer.partial()["loans"].is_null() && !answer.partial()["loanProducts"].is_null());
        assert_eq!(entries(t).await.split_off(before), [json!(["loans", "DENIED", "", {}])]);
        let denied = "SELECT purpose FROM audit_entry WHERE decision = 'DENIED'";
        assert_eq!(t.texts(denied).await, ["BENEFIT_DECISION"]);
    }

    async fn of_several_roles_those_count_that_are_for_the_purpose(t: &Service) {
        let register = fixture::register(t).await;
        let both = t.as_roles_in(&["bank_officer", "auditor"], "PPC", "83").await;
        let document = format!("{{ household(code: \"{}\") {{ reviews {{ decidedClass }} head {{ nationalId }} }} }}", register.here.code);
        let appraising = both.clone().with("x-purpose", "LOAN_APPRAISAL").query(&document).await;
        assert_eq!(appraising.partial()["household"], json!({ "reviews": null, "head": { "nationalId": register.here.national_id } }));
        let inspecting = both.clone().with("x-purpose", "INSPECTION").query(&document).await;
        assert_eq!(inspecting.partial()["household"], json!({ "reviews": [{ "decidedClass": "POOR" }], "head": { "nationalId": null } }));
        let nobodys = both.with("x-purpose", "POVERTY_REVIEW").query(&document).await;
        assert!(nobodys.partial()["household"].is_null());
    }

    async fn an_operator_may_require_a_purpose_and_it_holds_at_once(t: &Service) {
        fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        limit(t, "bank_officer", &[Purpose::LoanAppraisal], true).await;
        let before = entries(t).await.len();
        let answer = bank.query("{ loans(first: 1) { totalCount } programs { code } }").await;
        answer.refused("FORBIDDEN", "X-Purpose");
        assert!(!answer.partial()["programs"].is_null(), "what is on nobody needs no purpose");
        assert_eq!(entries(t).await.split_off(before), [json!(["loans", "DENIED", "", {}])]);
        assert!(answer.errors()[0]["message"].as_str().unwrap().ends_with(": LOAN_APPRAISAL."), "{}", answer.body);
        for (purpose, count) in [("LOAN_APPRAISAL", json!(3)), ("REPORTING", json!(null))] {
            let answer = bank.clone().with("x-purpose", purpose).query(LOANS).await;
            assert_eq!(answer.partial()["loans"]["totalCount"], count, "{purpose}");
        }
        limit(t, "bank_officer", &[], false).await;
        assert_eq!(bank.with("x-purpose", "INSPECTION").query(LOANS).await.data()["loans"]["totalCount"], 3);
        let failure = set_purposes(&t.app, "nobody", EnumSet::new(), false).await.unwrap_err();
        assert_eq!(failure.field.as_deref(), Some("code"));
    }

    async fn a_start_leaves_what_an_operator_said(t: &Service) {
        limit(t, "bank_officer", &[], true).await;
        t.app.prepare().await.unwrap_or_else(|error| panic!("{error}"));
        let query = "SELECT CAST(purposes AS TEXT) FROM role WHERE code = 'bank_officer' AND purpose_required";
        assert_eq!(t.texts(query).await, ["0"]);
        assert_eq!(t.number("SELECT count(*) FROM role WHERE built_in AND purposes IS NULL").await, 0);
    }
}
