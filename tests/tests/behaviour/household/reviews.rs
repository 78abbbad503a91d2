use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use super::{entries, household, write};
use crate::fixture::{FAR, HERE, register_household};

const REVIEW: &str = "review { id version computedClass decidedClass effectiveFrom effectiveTo standard { code } }
    household { version povertyClass } warnings { code field }";

/// Three of the twelve.
const THREE: [&str; 3] = ["EMPLOYMENT", "LATRINE", "WATER_SOURCE"];

/// A household of a commune: its officer, and its global id.
async fn home(t: &Service, commune: &'static str) -> (Caller, Value) {
    let code = format!("{commune}-R");
    let id = register_household(t, commune, &code, json!([{ "fullName": "Lê A", "relationshipToHead": "HEAD" }])).await;
    (t.as_role_in("commune_officer", commune).await, json!(id))
}

async fn review(officer: &Caller, household: &Value, on: &str, found: Value) -> Answer {
    let mut input = json!({ "householdId": household, "reviewedOn": on, "deprivations": THREE });
    input.as_object_mut().unwrap().extend(found.as_object().unwrap().clone());
    write(officer, "reviewHousehold", input, REVIEW).await
}

/// Decides the review of an answer.
async fn decide(officer: &Caller, reviewed: &Answer, class: &str, from: &str) -> Answer {
    let id = &reviewed.data()["reviewHousehold"]["review"]["id"];
    let input = json!({ "reviewId": id, "expectedVersion": 1, "decidedClass": class, "decisionNumber": "12/QĐ-UBND",
        "effectiveFrom": from });
    write(officer, "decideReview", input, REVIEW).await
}

both_databases! {
    async fn the_class_follows_from_the_standard_of_the_day(t: &Service) {
        t.set_day("2027-03-01");
        let (rural, urban) = (home(t, FAR).await, home(t, HERE).await);
        let two = json!(["LATRINE", "WATER_SOURCE"]);
        for ((officer, household), on, found, class, standard) in [
            (&rural, "2026-09-01", json!({ "incomePerCapita": 1_500_000 }), "POOR", "ND07-2021"),
            (&rural, "2026-09-02", json!({ "incomePerCapita": 1_500_000, "deprivations": two }), "NEAR_POOR", "ND07-2021"),
            (&rural, "2026-09-03", json!({ "incomePerCapita": 1_500_001 }), "AVERAGE", "ND07-2021"),
            (&rural, "2027-01-15", json!({ "incomePerCapita": 1_500_001 }), "POOR", "ND351-2025"),
            (&urban, "2026-09-01", json!({ "incomePerCapita": 2_000_000 }), "POOR", "ND07-2021"),
            (&urban, "2026-09-02", json!({ "incomePerCapita": 3_000_001 }), "BETTER_OFF", "ND07-2021"),
            (&rural, "2026-09-04", json!({ "scoreA": 140, "scoreB": 30 }), "POOR", "ND07-2021"),
            (&urban, "2026-09-04", json!({ "scoreA": 175, "scoreB": 20, "deprivations": two }), "NEAR_POOR", "ND07-2021"),
        ] {
            let answer = review(officer, household, on, found.clone()).await;
            let payload = &answer.data()["reviewHousehold"];
            assert_eq!((&payload["review"]["computedClass"], &payload["review"]["standard"]["code"]), (&json!(class), &json!(standard)), "{on} {found}");
            assert_eq!(payload["warnings"], json!([]));
            assert_eq!(payload["household"], json!({ "version": 1, "povertyClass": null }), "nothing is decided yet");
        }
    }

    async fn a_review_is_refused_or_warned_of_where_it_contradicts_itself(t: &Service) {
        t.set_day("2027-03-01");
        let (officer, household) = home(t, FAR).await;
        let enough = json!({ "incomePerCapita": 1_000_000 });
        review(&officer, &household, "2026-09-01", enough.clone()).await.data();
        let before = entries(t).await;
        for (on, found, code, field) in [
            ("2026-09-01", enough.clone(), "CONFLICT", "input.reviewedOn"),
            ("2027-03-02", enough.clone(), "BAD_USER_INPUT", "input.reviewedOn"),
            ("2021-12-31", enough.clone(), "BAD_USER_INPUT", "input.reviewedOn"),
            ("2026-09-02", json!({}), "BAD_USER_INPUT", "input.incomePerCapita"),
            ("2026-09-02", json!({ "scoreA": 100 }), "BAD_USER_INPUT", "input.incomePerCapita"),
            ("2026-09-02", json!({ "scoreA": 141, "scoreB": 30 }), "BAD_USER_INPUT", "input.incomePerCapita"),
            ("2027-02-01", json!({ "scoreA": 100, "scoreB": 30 }), "BAD_USER_INPUT", "input.incomePerCapita"),
            ("2026-09-02", json!({ "incomePerCapita": -1 }), "BAD_USER_INPUT", "input.incomePerCapita"),
            ("2026-09-02", json!({ "scoreA": 100, "scoreB": -10 }), "BAD_USER_INPUT", "input.scoreB"),
        ] {
            review(&officer, &household, on, found).await.refused(code, field);
        }
        let dolisa = t.as_role("dolisa_officer").await;
        review(&dolisa, &household, "2026-09-02", enough).await.refused("FORBIDDEN", "");
        assert_eq!(entries(t).await, before);
        let odd = review(&officer, &household, "2026-09-02", json!({ "incomePerCapita": 1_500_001, "scoreA": 140, "scoreB": 20 })).await;
        assert_eq!(odd.data()["reviewHousehold"]["warnings"], json!([
            { "code": "SCORE_MISMATCH", "field": "input.scoreB" }, { "code": "SCORE_MISMATCH", "field": "input.scoreA" } ]));
    }

    async fn decisions_take_effect_on_their_day_and_end_the_one_before(t: &Service) {
        let (officer, id) = home(t, FAR).await;
        let poor = json!({ "incomePerCapita": 1_000_000 });
        let first = review(&officer, &id, "2026-09-10", poor.clone()).await;
        let second = review(&officer, &id, "2026-11-20", poor.clone()).await;
        let third = review(&officer, &id, "2026-11-21", poor).await;
        decide(&officer, &first, "POOR", "2026-09-09").await.refused("BAD_USER_INPUT", "input.effectiveFrom");
        decide(&officer, &first, "POOR", "2027-11-24").await.refused("BAD_USER_INPUT", "input.effectiveFrom");
        let decided = decide(&officer, &first, "POOR", "2026-10-01").await;
        assert_eq!(decided.data()["decideReview"]["household"], json!({ "version": 2, "povertyClass": "POOR" }));
        assert_eq!(decided.data()["decideReview"]["review"]["effectiveFrom"], "2026-10-01");
        decide(&officer, &first, "POOR", "2026-10-02").await.refused("CONFLICT", "expectedVersion");
        decide(&officer, &second, "POOR", "2026-11-20").await.data();
        decide(&officer, &third, "NEWLY_ESCAPED", "2026-11-21").await.data();

        let document = "query($code: String!) { household(code: $code) { povertyClass
            reviews { decidedClass effectiveFrom effectiveTo version } }
            then: household(code: $code, on: \"2026-11-23\") { povertyClass } }";
        let answer = officer.ask(document, json!({ "code": "28804-R" })).await;
        assert_eq!(answer.data(), &json!({
            "household": { "povertyClass": "NEWLY_ESCAPED", "reviews": [
                { "decidedClass": "POOR", "effectiveFrom": "2026-10-01", "effectiveTo": "2026-11-19", "version": 3 },
                { "decidedClass": "POOR", "effectiveFrom": "2026-11-20", "effectiveTo": "2026-11-20", "version": 3 },
                { "decidedClass": "NEWLY_ESCAPED", "effectiveFrom": "2026-11-21", "effectiveTo": null, "version": 2 } ] },
            "then": { "povertyClass": "NEWLY_ESCAPED" } }));
    }

    async fn one_decision_at_a_time_waits_for_its_day(t: &Service) {
        let (officer, id) = home(t, FAR).await;
        let found = json!({ "incomePerCapita": 1_000_000 });
        let mut reviewed = Vec::new();
        for on in ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"] {
            reviewed.push(review(&officer, &id, on, found.clone()).await);
        }
        decide(&officer, &reviewed[0], "POOR", "2026-11-10").await.data();
        let later = decide(&officer, &reviewed[1], "NEAR_POOR", "2027-01-01").await;
        assert_eq!(later.data()["decideReview"]["household"]["povertyClass"], "POOR");
        decide(&officer, &reviewed[2], "AVERAGE", "2027-02-01").await.refused("CONFLICT", "input.effectiveFrom");
        decide(&officer, &reviewed[2], "AVERAGE", "2026-11-20").await.refused("CONFLICT", "input.effectiveFrom");
        t.set_day("2026-12-31");
        assert_eq!(household(t, "28804-R").await["povertyClass"], "POOR");
        t.set_day("2027-01-01");
        assert_eq!(household(t, "28804-R").await["povertyClass"], "NEAR_POOR");
        // The one that waited is due: there is room for the next, and it is not lost.
        let next = decide(&officer, &reviewed[3], "BETTER_OFF", "2027-02-01").await;
        assert_eq!(next.data()["decideReview"]["household"]["povertyClass"], "NEAR_POOR");
        t.set_day("2027-02-01");
        assert_eq!(household(t, "28804-R").await["povertyClass"], "BETTER_OFF");
    }

    async fn of_two_decisions_on_one_review_one_wins(t: &Service) {
        let (officer, id) = home(t, FAR).await;
        let reviewed = review(&officer, &id, "2026-11-01", json!({ "incomePerCapita": 1_000_000 })).await;
        let (one, other) = tokio::join!(
            decide(&officer, &reviewed, "POOR", "2026-11-10"),
            decide(&officer, &reviewed, "NEAR_POOR", "2026-11-11")
        );
        let (won, lost): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(|answer| answer.errors().is_empty());
        assert_eq!(won.len(), 1);
        lost[0].refused("CONFLICT", "expectedVersion");
        let class = &won[0].data()["decideReview"]["review"]["decidedClass"];
        assert_eq!(&household(t, "28804-R").await["povertyClass"], class);
    }
}
