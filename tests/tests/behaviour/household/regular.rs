//! The report of the 5th on regular reviews.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use crate::fixture::{self, DISTRICT_HERE, FAR, HERE, NEAR};

const FIGURES: &str = "takenUp poor nearPoor newlyEscaped answered open overdue nextDueOn";

async fn asked(caller: &Caller, year: i32, month: i32, unit: Option<&str>) -> Answer {
    let document = format!(
        "query($unit: UnitRef) {{ regularReviewReport(year: {year}, month: {month}, unit: $unit) \
         {{ unit {{ code }} from through dueOn figures {{ {FIGURES} }} }} }}"
    );
    caller.ask(&document, json!({ "unit": unit.map(|code| json!({ "code": code })) })).await
}

async fn report(caller: &Caller, month: i32, unit: Option<&str>) -> Value {
    asked(caller, 2026, month, unit).await.data()["regularReviewReport"].clone()
}

/// Figures in their order, without the next day.
fn numbers(report: &Value) -> Vec<i64> {
    FIGURES.split(' ').filter_map(|name| report["figures"][name].as_i64()).collect()
}

/// Reviews of a commune, each of a household of its own: day and class decided.
async fn reviews(t: &Service, commune: &str, from: u32, of: &[(&str, Option<&str>)]) {
    for (number, (day, class)) in (from..).zip(of) {
        let code = format!("{commune}-{number:06}");
        let head = json!([{ "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD" }]);
        fixture::register_household(t, commune, &code, head).await;
        let decided =
            class.map_or("NULL, NULL, NULL".to_owned(), |class| format!("'{class}', 'QD-{number}', '2026-04-01'"));
        t.sql(&format!(
            "INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, deprivations, computed_class, decided_class,
                 decision_number, effective_from, version, created_at, updated_at)
             SELECT h.id, s.id, '{day}', h.area_kind, 0, 'POOR', {decided}, 1, 0, 0
             FROM household h, poverty_standard s WHERE h.code = '{code}' AND s.effective_to = '2026-12-31'"
        ))
        .await;
    }
}

both_databases! {
    async fn it_counts_what_became_of_the_reviews_of_its_month(t: &Service) {
        t.set_day("2026-03-05");
        reviews(t, HERE, 1, &[
            ("2026-02-14", Some("POOR")), ("2026-02-15", Some("POOR")), ("2026-02-16", Some("NEAR_POOR")), ("2026-02-20", Some("NEAR_POOR")),
            ("2026-02-28", Some("NEWLY_ESCAPED")), ("2026-03-01", Some("AVERAGE")), ("2026-02-17", Some("BETTER_OFF")),
            ("2026-02-18", None), ("2026-03-14", None), ("2026-03-15", None),
        ]).await;
        reviews(t, NEAR, 1, &[("2026-02-15", None)]).await;
        reviews(t, FAR, 1, &[("2026-02-15", Some("POOR"))]).await;
        let commune = t.as_role_in("commune_officer", HERE).await;
        assert_eq!(report(&commune, 3, None).await, json!({ "unit": { "code": HERE }, "from": "2026-02-15", "through": "2026-03-14",
            "dueOn": "2026-03-05", "figures": { "takenUp": 8, "poor": 1, "nearPoor": 2, "newlyEscaped": 1, "answered": 2, "open": 2,
            "overdue": 1, "nextDueOn": "2026-03-02" } }));
        let district = t.as_role_in("district_officer", DISTRICT_HERE).await;
        let (of_district, near) = (report(&district, 3, None).await, report(&district, 3, Some(NEAR)).await);
        let province = report(&t.as_role("dolisa_officer").await, 3, None).await;
        assert_eq!(numbers(&near), [1, 0, 0, 0, 0, 1, 1]);
        assert_eq!((numbers(&of_district)[0], numbers(&province)[0]), (9, 10), "the reports of communes and districts add up");
        assert_eq!(numbers(&report(&commune, 2, None).await), [1, 1, 0, 0, 0, 0, 0], "the 14th is the month's before");
        // A decision takes one out of what is open.
        t.sql("UPDATE poverty_review SET decided_class = 'POOR', effective_from = '2026-04-01' WHERE reviewed_on = '2026-02-18'").await;
        assert_eq!(numbers(&report(&commune, 3, None).await), [8, 2, 2, 1, 2, 1, 0]);
        t.set_day("2026-03-31");
        let commune = t.as_role_in("commune_officer", HERE).await;
        assert_eq!(numbers(&report(&commune, 3, None).await), [8, 2, 2, 1, 2, 1, 1], "15 days from the 14th");
        assert_eq!(numbers(&report(&commune, 4, None).await), [1, 0, 0, 0, 0, 1, 1]);
    }

    async fn the_yearly_round_is_none_of_it(t: &Service) {
        reviews(t, HERE, 1, &[("2026-08-31", Some("POOR")), ("2026-09-01", Some("POOR")), ("2026-09-14", None), ("2026-10-20", None)]).await;
        let commune = t.as_role_in("commune_officer", HERE).await;
        assert_eq!(numbers(&report(&commune, 9, None).await), [1, 1, 0, 0, 0, 0, 0]);
    }

    async fn it_is_of_february_to_september_and_of_what_has_begun(t: &Service) {
        t.set_day("2026-03-05");
        let commune = t.as_role_in("commune_officer", HERE).await;
        for month in [-1, 0, 1, 10, 12, 13] {
            asked(&commune, 2026, month, None).await.refused("BAD_USER_INPUT", "month");
        }
        let early = asked(&commune, 2026, 4, None).await;
        early.refused("BAD_USER_INPUT", "month");
        for figure in ["2026-04-05", "2026-03-15", "2026-03-05"] {
            assert!(early.text.contains(figure), "{}", early.text);
        }
        asked(&commune, 999_999, 3, None).await.refused("BAD_USER_INPUT", "month");
        for year in [i32::MIN, -5_000, -1, 0, 1, 2020] {
            let refused = asked(&commune, year, 3, None).await;
            refused.refused("BAD_USER_INPUT", "year");
            assert!(refused.text.contains("2021") && refused.text.contains(&year.to_string()), "{}", refused.text);
        }
        asked(&commune, 2021, 3, None).await.data();
        t.set_day("2026-03-15");
        asked(&t.as_role_in("commune_officer", HERE).await, 2026, 4, None).await.data();
    }

    async fn it_is_for_who_reads_the_reviews_of_the_unit(t: &Service) {
        t.set_day("2026-03-05");
        reviews(t, HERE, 1, &[("2026-02-15", Some("POOR"))]).await;
        for role in ["statistics_viewer", "finance_viewer", "front_officer", "bank_officer"] {
            asked(&t.as_role(role).await, 2026, 3, None).await.refused("FORBIDDEN", "");
        }
        let far = t.as_role_in("commune_officer", FAR).await;
        assert!(asked(&far, 2026, 3, Some(HERE)).await.data()["regularReviewReport"].is_null(), "another commune's");
        assert_eq!(numbers(&report(&far, 3, None).await), [0, 0, 0, 0, 0, 0, 0]);
    }

    async fn a_province_is_one_statement(t: &Service) {
        t.set_day("2026-03-05");
        reviews(t, HERE, 1, &[("2026-02-15", Some("POOR")), ("2026-02-20", None), ("2026-02-21", None)]).await;
        reviews(t, FAR, 1, &[("2026-02-15", None)]).await;
        let officer = t.as_role("dolisa_officer").await;
        asked(&officer, 2026, 3, None).await.data();
        let statements = t.statements(async { asked(&officer, 2026, 3, None).await; }).await;
        let reads = statements.iter().filter(|sql| sql.starts_with("/*read*/")).count();
        assert_eq!(reads, 1, "{statements:?}");
    }
}
