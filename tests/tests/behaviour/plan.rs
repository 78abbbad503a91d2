//! Readings of the plan's indicators and reports handed in.

use ansinh::schema::global_id;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use crate::fixture::{DISTRICT_FAR, DISTRICT_HERE, HERE};

async fn read(caller: &Caller, code: &str, value: &str, as_of: &str, more: Value) -> Answer {
    let document = "mutation($input: RecordIndicatorInput!) {
        recordIndicator(input: $input) { indicator { code actual asOf met } } }";
    let mut input = json!({ "code": code, "planYear": 2022, "value": value, "asOf": as_of });
    for (name, value) in more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    caller.ask(document, json!({ "input": input })).await
}

/// The global id of what an agency owes, for a district where it stands for many.
async fn obligation(t: &Service, code: &str, reporter: &str, district: Option<&str>) -> String {
    let unit = district.map_or("o.reporter_unit_id IS NULL".to_owned(), |code| {
        format!("o.reporter_unit_id = (SELECT u.id FROM admin_unit u WHERE u.code = '{code}' AND u.level = 'DISTRICT')")
    });
    let query = format!(
        "SELECT o.id FROM report_obligation o JOIN agency a ON a.id = o.reporter_id \
         WHERE o.code = '{code}' AND a.code = '{reporter}' AND {unit}"
    );
    global_id::encode("ReportObligation", t.number(&query).await)
}

async fn submit(caller: &Caller, id: &str, as_of: &str) -> Answer {
    let document = "mutation($input: SubmitReportInput!) { submitReport(input: $input) {
        report { code submittedAt asOf estimated late reporter { code } reporterUnit { code } } } }";
    caller.ask(document, json!({ "input": { "obligationId": id, "asOf": as_of, "estimated": true } })).await
}

both_databases! {
    async fn the_newest_reading_of_the_province_is_the_actual_value(t: &Service) {
        let officer = t.as_role("dolisa_officer").await;
        let first = read(&officer, "POVERTY_RATE", "3.250", "2022-12-31", json!({ "numerator": "13000", "denominator": "400000" })).await;
        assert_eq!(first.data()["recordIndicator"]["indicator"],
            json!({ "code": "POVERTY_RATE", "actual": "3.25", "asOf": "2022-12-31", "met": false }));
        let newer = read(&officer, "POVERTY_RATE", "2.9", "2023-06-30", json!({})).await;
        assert_eq!(newer.data()["recordIndicator"]["indicator"]["met"], true);
        // An older day and a single commune leave it as it is.
        read(&officer, "POVERTY_RATE", "3.6", "2022-06-30", json!({})).await.data();
        let commune = read(&officer, "POVERTY_RATE", "9", "2023-07-01", json!({ "unit": { "code": HERE } })).await;
        assert_eq!(commune.data()["recordIndicator"]["indicator"],
            json!({ "code": "POVERTY_RATE", "actual": "2.9", "asOf": "2023-06-30", "met": true }));
        let corrected = read(&officer, "POVERTY_RATE", "2.8", "2023-06-30", json!({})).await;
        assert_eq!(corrected.data()["recordIndicator"]["indicator"]["actual"], "2.8");
        assert_eq!(t.number("SELECT count(*) FROM indicator_reading").await, 5);
        for table in ["audit_entry", "change_event"] {
            let query = format!("SELECT count(*) FROM {table} WHERE subject_type = 'Indicator'");
            assert_eq!(t.number(&query).await, 5, "{table}");
        }
    }

    async fn a_reading_that_can_not_be_is_refused(t: &Service) {
        let officer = t.as_role("dolisa_officer").await;
        let of_unit = |code: &str| json!({ "unit": { "code": code } });
        for (code, value, as_of, more, field) in [
            ("NO_SUCH", "3", "2022-12-31", json!({}), "input.code"),
            ("POVERTY_RATE", "3", "2022-12-31", json!({ "planYear": 2023 }), "input.planYear"),
            ("POVERTY_RATE", "3", "2026-11-24", json!({}), "input.asOf"),
            ("POVERTY_RATE", "100.1", "2022-12-31", json!({}), "input.value"),
            ("POVERTY_RATE", "-1", "2022-12-31", json!({}), "input.value"),
            ("POVERTY_RATE", "3", "2022-12-31", json!({ "numerator": "1" }), "input.denominator"),
            ("POVERTY_RATE", "3", "2022-12-31", of_unit("99999"), "input.unit.code"),
        ] {
            read(&officer, code, value, as_of, more).await.refused("BAD_USER_INPUT", field);
        }
        let finance = t.as_role("finance_viewer").await;
        read(&finance, "POVERTY_RATE", "3", "2022-12-31", json!({})).await.refused("FORBIDDEN", "");
        let local = t.as_role_in("dolisa_officer", DISTRICT_FAR).await;
        for unit in [json!({}), of_unit(HERE)] {
            read(&local, "POVERTY_RATE", "3", "2022-12-31", unit).await.refused("FORBIDDEN", "input.unit");
        }
        assert_eq!(t.number("SELECT count(*) FROM indicator_reading").await, 0);
    }

    async fn a_district_hands_in_its_own_report_once(t: &Service) {
        // Before the tokens: none is good before it was issued.
        t.set_day("2022-06-09");
        let (ours, theirs) = (
            t.as_role_in("district_officer", DISTRICT_HERE).await,
            t.as_role_in("district_officer", DISTRICT_FAR).await,
        );
        let id = obligation(t, "Q2", "DPC", Some(DISTRICT_HERE)).await;
        submit(&theirs, &id, "2022-06-05").await.refused("FORBIDDEN", "input.obligationId");
        submit(&t.as_role("dolisa_officer").await, &id, "2022-06-05").await.refused("FORBIDDEN", "input.obligationId");
        submit(&ours, &id, "2022-06-10").await.refused("BAD_USER_INPUT", "input.asOf");
        submit(&ours, &id, "2022-03-31").await.refused("BAD_USER_INPUT", "input.asOf");
        submit(&ours, &global_id::encode("ReportObligation", 999_999), "2022-06-05").await.refused("NOT_FOUND", "input.obligationId");
        submit(&ours, "Q2", "2022-06-05").await.refused("BAD_USER_INPUT", "input.obligationId");
        assert_eq!(t.number("SELECT count(*) FROM report_obligation WHERE submitted_at IS NOT NULL").await, 0);
        let answer = submit(&ours, &id, "2022-06-05").await;
        assert_eq!(answer.data()["submitReport"]["report"], json!({ "code": "Q2", "submittedAt": "2022-06-09T03:00:00Z",
            "asOf": "2022-06-05", "estimated": true, "late": false, "reporter": { "code": "DPC" },
            "reporterUnit": { "code": DISTRICT_HERE } }));
        submit(&ours, &id, "2022-06-05").await.refused("CONFLICT", "input.obligationId");
        assert_eq!(t.number("SELECT count(*) FROM change_event WHERE subject_type = 'ReportObligation'").await, 1);
    }

    async fn what_all_departments_owe_is_handed_in_by_dolisa(t: &Service) {
        let id = obligation(t, "Q3", "ALL_DEPTS", None).await;
        submit(&t.as_role("insurance_officer").await, &id, "2022-09-30").await.refused("FORBIDDEN", "input.obligationId");
        let answer = submit(&t.as_role("dolisa_officer").await, &id, "2022-09-30").await;
        assert_eq!(answer.data()["submitReport"]["report"]["late"], true);
        submit(&t.as_role("statistics_viewer").await, &id, "2022-09-30").await.refused("FORBIDDEN", "");
        let own = obligation(t, "CONSOLIDATED_ANNUAL", "DOLISA", None).await;
        submit(&t.as_role("dolisa_approver").await, &own, "2022-12-31").await.data();
    }
}
