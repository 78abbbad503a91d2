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

    async fn a_review_names_no_other_standard_than_that_of_its_day(t: &Service) {
        t.set_day("2027-03-01");
        let (officer, household) = home(t, FAR).await;
        let under = |code: &str| json!({ "incomePerCapita": 2_000_000, "standardCode": code });
        let before = entries(t).await;
        for (on, code, words) in [
            ("2026-12-01", "ND351-2025", "ND351-2025 is in force from 2027-01-01 to 2030-12-31, not on 2026-12-01. ND07-2021 was."),
            ("2027-01-15", "ND07-2021", "ND07-2021 is in force from 2022-01-01 to 2026-12-31, not on 2027-01-15. ND351-2025 was."),
            ("2021-12-31", "ND07-2021", "ND07-2021 is in force from 2022-01-01 to 2026-12-31, not on 2021-12-31."),
            ("2027-01-15", "ND99-2099", "There is no poverty standard with the code ND99-2099."),
        ] {
            let answer = review(&officer, &household, on, under(code)).await;
            answer.refused("BAD_USER_INPUT", "input.standardCode");
            assert_eq!(answer.errors()[0]["message"], words);
        }
        let unknown = review(&officer, &household, "2021-12-31", json!({ "incomePerCapita": 1 })).await;
        let words = unknown.errors()[0]["message"].as_str().unwrap();
        assert!(words.contains("ND07-2021 2022-01-01 – 2026-12-31, ND351-2025 2027-01-01 – 2030-12-31"), "{words}");
        assert_eq!(entries(t).await, before);
        for (on, code, class) in [("2026-12-01", "ND07-2021", "AVERAGE"), ("2027-01-15", "ND351-2025", "POOR")] {
            let answer = review(&officer, &household, on, under(code)).await;
            let found = &answer.data()["reviewHousehold"]["review"];
            assert_eq!((&found["computedClass"], &found["standard"]["code"]), (&json!(class), &json!(code)));
        }
    }

    async fn what_is_urban_goes_by_the_commune_of_the_day(t: &Service) {
        t.set_day("2027-03-01");
        // A township until 30 June 2025, part of a commune since; a commune that became part of a ward on that day.
        for (commune, before, after) in [("28801", "NEAR_POOR", "AVERAGE"), ("28786", "AVERAGE", "NEAR_POOR")] {
            let (officer, household) = home(t, commune).await;
            for (on, class) in [("2025-06-30", before), ("2025-07-15", after)] {
                let found = json!({ "incomePerCapita": 1_900_000, "deprivations": [] });
                let answer = review(&officer, &household, on, found).await;
                assert_eq!(answer.data()["reviewHousehold"]["review"]["computedClass"], class, "{commune} {on}");
            }
            let document = "query($code: String!) { household(code: $code) { reviews { areaKind } } }";
            let answer = officer.ask(document, json!({ "code": format!("{commune}-R") })).await;
            let kinds = if before == "NEAR_POOR" { ["URBAN", "RURAL"] } else { ["RURAL", "URBAN"] };
            assert_eq!(answer.data()["household"]["reviews"], json!(kinds.map(|kind| json!({ "areaKind": kind }))));
        }
    }

    async fn days_that_the_procedure_does_not_have_are_warned_of(t: &Service) {
        t.set_day("2027-03-20");
        let (officer, household) = home(t, FAR).await;
        let found = json!({ "incomePerCapita": 1_000_000 });
        let warnings = |answer: &Answer, root: &str| answer.data()[root]["warnings"].clone();
        let warned = |code: &str, field: &str| json!([{ "code": code, "field": field }]);
        let odd = review(&officer, &household, "2027-01-14", found.clone()).await;
        assert_eq!(warnings(&odd, "reviewHousehold"), warned("REVIEW_PERIOD", "input.reviewedOn"));
        let regular = review(&officer, &household, "2027-01-15", found.clone()).await;
        assert_eq!(warnings(&regular, "reviewHousehold"), json!([]));
        let yearly = review(&officer, &household, "2026-09-01", found).await;
        let above = review(&officer, &household, "2027-02-15", json!({ "incomePerCapita": 2_200_001 })).await;
        assert_eq!(warnings(&above, "reviewHousehold"), warned("AVERAGE_LINE_UNKNOWN", "input.incomePerCapita"));
        let timely = decide(&officer, &yearly, "POOR", "2027-01-01").await;
        assert_eq!(warnings(&timely, "decideReview"), json!([]), "the yearly round has its own days");
        let timely = decide(&officer, &regular, "POOR", "2027-01-30").await;
        assert_eq!(warnings(&timely, "decideReview"), json!([]));
        let late = decide(&officer, &above, "NEWLY_ESCAPED", "2027-03-03").await;
        assert_eq!(warnings(&late, "decideReview"), warned("DECISION_LATE", "input.effectiveFrom"));
        assert_eq!(late.data()["decideReview"]["household"]["povertyClass"], "NEWLY_ESCAPED");
    }

    async fn who_escaped_is_known_by_its_day_for_three_years(t: &Service) {
        let (officer, id) = home(t, FAR).await;
        let mut reviewed = Vec::new();
        for on in ["2023-09-01", "2024-09-01", "2025-09-01", "2026-09-01"] {
            reviewed.push(review(&officer, &id, on, json!({ "incomePerCapita": 1_000_000 })).await);
        }
        for (number, class, from) in [
            (0, "POOR", "2024-01-01"), (1, "NEWLY_ESCAPED", "2025-01-01"), (2, "AVERAGE", "2026-01-01"), (3, "NEAR_POOR", "2026-11-01"),
        ] {
            decide(&officer, &reviewed[number], class, from).await.data();
        }
        let document = "query($code: String!, $on: Date) { household(code: $code, on: $on) { povertyClass escapedOn newlyEscapedUntil } }";
        for (on, class, escaped, until) in [
            ("2024-12-31", "POOR", None, None),
            ("2025-01-01", "NEWLY_ESCAPED", Some("2025-01-01"), Some("2028-01-01")),
            ("2026-10-31", "AVERAGE", Some("2025-01-01"), Some("2028-01-01")),
            ("2026-11-01", "NEAR_POOR", None, None),
        ] {
            t.sql("UPDATE household SET registered_on = '2023-01-01', history_from = '2023-01-01'").await;
            let answer = officer.ask(document, json!({ "code": "28804-R", "on": on })).await;
            assert_eq!(answer.data()["household"], json!({ "povertyClass": class, "escapedOn": escaped, "newlyEscapedUntil": until }), "{on}");
        }
        let bank = t.as_role("bank_officer").await.ask(document, json!({ "code": "28804-R" })).await;
        assert_eq!(bank.data()["household"]["povertyClass"], "NEAR_POOR");
    }

    async fn standards_say_what_is_known_of_them(t: &Service) {
        let finance = t.as_role("finance_viewer").await;
        let answer = finance.query("{ povertyStandards { code basis ruralAverageLine urbanAverageLine ruralScoreLine urbanScoreLine
            pointsADeprivation scoreForPoor scoreBasis } }").await;
        assert_eq!(answer.data()["povertyStandards"], json!([
            { "code": "ND07-2021", "basis": "STATED", "ruralAverageLine": 2_250_000, "urbanAverageLine": 3_000_000, "ruralScoreLine": 140,
              "urbanScoreLine": 175, "pointsADeprivation": 10, "scoreForPoor": 30, "scoreBasis": "STATED" },
            { "code": "ND351-2025", "basis": "INFERRED", "ruralAverageLine": null, "urbanAverageLine": null, "ruralScoreLine": null,
              "urbanScoreLine": null, "pointsADeprivation": null, "scoreForPoor": null, "scoreBasis": "UNKNOWN" } ]));
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
