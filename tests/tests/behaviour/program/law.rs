//! What a program pays at most, and the levels and coefficients of social assistance, are recorded and corrected by the lead
//! department.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::write;

pub(super) async fn admin(t: &Service) -> Caller {
    t.as_role("agency_admin").await
}

pub(super) fn with(input: &Value, change: Value) -> Value {
    let mut input = input.clone();
    input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    input
}

/// The house of merit, as the reference data have it, at another figure.
fn merit(most: i64) -> Value {
    json!({ "programCode": "HOUSING_MERIT", "rule": "TOTAL", "maxAmount": most, "perPerson": false, "yearly": false, "binding": true,
        "effectiveFrom": "2022-04-07", "basis": "STATED", "source": "Công báo" })
}

pub(super) fn level(amount: i64) -> Value {
    json!({ "amount": amount, "effectiveFrom": "2024-07-01", "basis": "STATED", "source": "Nghị quyết của tỉnh #12 | Điều 1" })
}

pub(super) fn severe(coefficient: &str) -> Value {
    json!({ "ground": "SEVERE_DISABILITY", "coefficient": coefficient, "effectiveFrom": "2021-07-01", "basis": "INFERRED", "source": "bản tin; K" })
}

async fn set_limit(caller: &Caller, input: Value) -> Answer {
    write(
        caller,
        "recordProgramLimit",
        input,
        "limit { rule sources maxAmount basis source version recordedBy { code } }",
    )
    .await
}

async fn set_level(caller: &Caller, input: Value) -> Answer {
    write(
        caller,
        "recordAssistanceLevel",
        input,
        "level { amount basis source version effectiveFrom recordedBy { code } }",
    )
    .await
}

async fn set_coefficient(caller: &Caller, input: Value) -> Answer {
    let row = "coefficient { ground coefficient basis source version effectiveTo recordedBy { code } }";
    write(caller, "recordAssistanceCoefficient", input, row).await
}

/// Proposes a house of merit.
async fn propose(commune: &Caller, key: u32, household: &str, amount: i64) -> Answer {
    let item = json!({ "programCode": "HOUSING_MERIT", "householdId": household, "amount": amount,
        "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": amount }] });
    batch(commune, "proposeBenefits", key, vec![item], json!({})).await
}

async fn merit_home(t: &Service, number: u32) -> String {
    let members = json!([{ "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD" }]);
    let code = format!("{HERE}-{number:06}");
    let id = fixture::register_household(t, HERE, &code, members).await;
    t.sql(&format!("UPDATE household SET categories = 1 WHERE code = '{code}'")).await;
    id
}

async fn entries(t: &Service) -> i64 {
    t.number("SELECT (SELECT count(*) FROM audit_entry WHERE subject_type IN ('ProgramLimit', 'AssistanceLevel', 'AssistanceCoefficient')
        AND decision = 'ALLOWED' AND subjects IS NULL) + (SELECT count(*) FROM change_event)").await
}

both_databases! {
    async fn a_limit_counts_on_every_node_and_what_was_approved_stands(t: &Service) {
        let other = t.another_node(|_| ()).await;
        let (admin, home, second) = (admin(t).await, merit_home(t, 1).await, merit_home(t, 2).await);
        let commune = other.with_token(t.as_role_in("commune_officer", HERE).await.token());
        let answer = propose(&commune, 1, &home, 70_000_000).await;
        assert_eq!(fates(results(&answer, "proposeBenefits"))[0].0, "APPLIED");
        let corrected = set_limit(&admin, with(&merit(60_000_000), json!({ "expectedVersion": 1 }))).await;
        assert_eq!(corrected.data()["recordProgramLimit"]["limit"], json!({ "rule": "TOTAL", "sources": [], "maxAmount": 60_000_000,
            "basis": "STATED", "source": "Công báo", "version": 2, "recordedBy": { "code": "DOLISA" } }));
        let before = entries(t).await;
        set_limit(&admin, merit(60_000_000)).await.data();
        assert_eq!(entries(t).await, before, "the same again");
        let answer = propose(&commune, 2, &second, 60_000_001).await;
        let refused = &results(&answer, "proposeBenefits")[0]["error"];
        assert!(refused["message"].as_str().unwrap().contains("60000000"), "{refused}");
        // A version of a later day leaves the earlier one, and one of an earlier day takes nothing from it.
        set_limit(&admin, with(&merit(80_000_000), json!({ "effectiveFrom": "2026-01-01" }))).await.data();
        set_limit(&admin, with(&merit(10_000_000), json!({ "effectiveFrom": "2020-01-01" }))).await.data();
        let answer = propose(&commune, 3, &second, 80_000_000).await;
        assert_eq!(fates(results(&answer, "proposeBenefits"))[0].0, "APPLIED");
        let shown = commune.query("{ program(code: \"HOUSING_MERIT\") { limits { rule maxAmount effectiveFrom version recordedBy { code } } } }").await;
        assert!(shown.errors().is_empty() || shown.code(0) == "FORBIDDEN", "{}", shown.text);
        let shown = t.as_role("dolisa_approver").await.query("{ program(code: \"HOUSING_MERIT\") { limits { rule maxAmount version } } }").await;
        let totals: Vec<_> = shown.data()["program"]["limits"].as_array().unwrap().iter().filter(|limit| limit["rule"] == "TOTAL").collect();
        assert_eq!(totals, [&json!({ "rule": "TOTAL", "maxAmount": 10_000_000, "version": 1 }), &json!({ "rule": "TOTAL", "maxAmount": 60_000_000, "version": 2 }),
            &json!({ "rule": "TOTAL", "maxAmount": 80_000_000, "version": 1 })]);
        let fields = t.texts("SELECT operation || ' ' || fields FROM audit_entry WHERE subject_type = 'ProgramLimit' AND subjects IS NULL AND decision = 'ALLOWED' ORDER BY id").await;
        assert_eq!(fields[0], "recordProgramLimit maxAmount,source");
        assert_eq!(fields[1], "recordProgramLimit rule,effectiveFrom,sources,maxAmount,perPerson,yearly,binding,basis,source,effectiveTo");
    }

    async fn an_abolished_limit_limits_nothing_after_its_last_day(t: &Service) {
        let (admin, commune) = (admin(t).await, t.as_role_in("commune_officer", HERE).await);
        let (first, second) = (merit_home(t, 1).await, merit_home(t, 2).await);
        let fate = async |key, home: &String| {
            let answer = propose(&commune, key, home, 70_000_001).await;
            fates(results(&answer, "proposeBenefits"))[0].0.to_owned()
        };
        set_limit(&admin, with(&merit(70_000_000), json!({ "expectedVersion": 1, "effectiveTo": "2022-04-06" }))).await
            .refused("BAD_USER_INPUT", "input.effectiveTo");
        let abolished = with(&merit(70_000_000), json!({ "expectedVersion": 1, "effectiveTo": "2026-11-24" }));
        set_limit(&admin, abolished).await.data();
        t.set_day("2026-11-24");
        assert_eq!(fate(1, &first).await, "REFUSED", "its last day");
        t.set_day("2026-11-25");
        assert_eq!(fate(2, &first).await, "APPLIED");
        set_limit(&admin, with(&merit(60_000_000), json!({ "effectiveFrom": "2026-11-25" }))).await.data();
        assert_eq!(fate(3, &second).await, "REFUSED", "another that was recorded since");
        let shown = admin.query("{ program(code: \"HOUSING_MERIT\") { limits { rule effectiveTo } } }").await;
        let ends = shown.data()["program"]["limits"].as_array().unwrap().iter().filter(|limit| limit["effectiveTo"] == "2026-11-24");
        assert_eq!(ends.count(), 1, "{}", shown.text);
    }

    async fn assistance_goes_by_what_was_recorded(t: &Service) {
        let admin = admin(t).await;
        let members = json!([{ "fullName": "Lê Thị Một", "relationshipToHead": "HEAD", "dateOfBirth": "1985-05-05" }]);
        fixture::register_household(t, HERE, "28757-000001", members).await;
        t.sql("UPDATE person SET protected_categories = 2").await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let due = async |on: &str| {
            let document = format!("{{ household(code: \"28757-000001\") {{ members {{ socialAssistance(on: \"{on}\") {{ level levelSource coefficient monthlyAmount unverified }} }} }} }}");
            officer.query(&document).await.data()["household"]["members"][0]["socialAssistance"].clone()
        };
        let answer = set_level(&admin, with(&level(550_000), json!({ "expectedVersion": 1 }))).await;
        assert_eq!(answer.data()["recordAssistanceLevel"]["level"]["version"], 2);
        assert_eq!(due("2026-11-20").await, json!({ "level": 550_000, "levelSource": "Nghị quyết của tỉnh #12 | Điều 1", "coefficient": "1.5",
            "monthlyAmount": 825_000, "unverified": false }));
        let new = with(&level(600_000), json!({ "effectiveFrom": "2026-10-01", "basis": "UNKNOWN" }));
        set_level(&admin, new).await.data();
        assert_eq!((&due("2026-09-30").await["level"], &due("2026-10-01").await["unverified"]), (&json!(550_000), &json!(true)));
        let ended = with(&severe("1.5"), json!({ "expectedVersion": 1, "effectiveTo": "2026-09-30" }));
        assert_eq!(set_coefficient(&admin, ended).await.data()["recordAssistanceCoefficient"]["coefficient"],
            json!({ "ground": "SEVERE_DISABILITY", "coefficient": "1.5", "basis": "INFERRED", "source": "bản tin; K", "version": 2,
                "effectiveTo": "2026-09-30", "recordedBy": { "code": "DOLISA" } }));
        set_coefficient(&admin, with(&severe("1.75"), json!({ "effectiveFrom": "2026-10-01" }))).await.data();
        assert_eq!(due("2026-10-01").await["monthlyAmount"], 1_050_000);
        assert_eq!(due("2026-09-30").await["monthlyAmount"], 825_000);
        let shown = t.as_role("statistics_viewer").await.query("{ assistanceLevels { amount basis unverified version recordedBy { code } }
            assistanceCoefficients(on: \"2026-10-01\") { ground coefficient basis version } }").await;
        assert_eq!(shown.data()["assistanceLevels"].as_array().unwrap().len(), 4);
        assert_eq!(shown.data()["assistanceLevels"][3], json!({ "amount": 600_000, "basis": "UNKNOWN", "unverified": true, "version": 1, "recordedBy": { "code": "DOLISA" } }));
        let rows = shown.data()["assistanceCoefficients"].as_array().unwrap();
        assert!(rows.contains(&json!({ "ground": "SEVERE_DISABILITY", "coefficient": "1.75", "basis": "INFERRED", "version": 1 })));
        let events = "SELECT subject_type || ' ' || operation || ' ' || version FROM change_event WHERE subject_type LIKE 'Assistance%' ORDER BY id";
        assert_eq!(t.texts(events).await, ["AssistanceLevel UPDATED 2", "AssistanceLevel CREATED 1", "AssistanceCoefficient UPDATED 2", "AssistanceCoefficient CREATED 1"]);
    }

    async fn what_nobody_has_checked_is_shown_so_with_its_source(t: &Service) {
        let document = "{ assistanceLevels { unverified source } assistanceCoefficients { ground unverified source }
            programs(planYear: 2022) { limits { unverified source } } }";
        let shown = t.as_role("statistics_viewer").await.query(document).await.data().clone();
        let limits = shown["programs"].as_array().unwrap().iter().flat_map(|program| program["limits"].as_array().unwrap());
        let of = |root: &str| shown[root].as_array().unwrap().clone();
        let mut rows = [of("assistanceLevels"), of("assistanceCoefficients")].concat();
        rows.extend(limits.cloned());
        assert!(rows.len() > 20, "{rows:?}");
        for row in &rows {
            // A source ends with how certain it is: K is known and not checked.
            let known = row["source"].as_str().unwrap().split("; ").any(|part| ["K", "K+"].contains(&part));
            assert_eq!(row["unverified"], known, "{row}");
            let of_disability = row["ground"].as_str().is_some_and(|ground| ground.contains("DISABILITY"));
            assert!(row["ground"].is_null() || of_disability != known, "A3 was read, A4 to A7 weren't: {row}");
        }
    }

    async fn what_is_absurd_or_meets_another_is_refused(t: &Service) {
        let admin = admin(t).await;
        let before = entries(t).await;
        for (change, code, field) in [
            (json!({ "programCode": "NONE" }), "BAD_USER_INPUT", "input.programCode"),
            (json!({ "rule": " " }), "BAD_USER_INPUT", "input.rule"),
            (json!({ "maxAmount": 0 }), "BAD_USER_INPUT", "input.maxAmount"),
            (json!({ "maxAmount": 70_000_000_000_i64 }), "BAD_USER_INPUT", "input.maxAmount"),
            (json!({ "source": "" }), "BAD_USER_INPUT", "input.source"),
            (json!({ "rule": "OTHER", "expectedVersion": 1 }), "BAD_USER_INPUT", "input.rule"),
            (json!({}), "CONFLICT", "input.rule"),
            (json!({ "expectedVersion": 2 }), "CONFLICT", "expectedVersion"),
        ] {
            set_limit(&admin, with(&merit(60_000_000), change)).await.refused(code, field);
        }
        for (change, code, field) in [
            (json!({ "amount": -1 }), "BAD_USER_INPUT", "input.amount"),
            (json!({ "amount": 500_000_000 }), "BAD_USER_INPUT", "input.amount"),
            (json!({}), "CONFLICT", "input.effectiveFrom"),
        ] {
            set_level(&admin, with(&level(550_000), change)).await.refused(code, field);
        }
        for (change, code, field) in [
            (json!({ "coefficient": "0" }), "BAD_USER_INPUT", "input.coefficient"),
            (json!({ "coefficient": "150" }), "BAD_USER_INPUT", "input.coefficient"),
            (json!({ "effectiveTo": "2021-06-30" }), "BAD_USER_INPUT", "input.effectiveTo"),
            (json!({ "effectiveFrom": "2022-01-01" }), "CONFLICT", "input.effectiveFrom"),
            (json!({ "effectiveFrom": "2021-01-01" }), "CONFLICT", "input.effectiveTo"),
            (json!({}), "CONFLICT", "input.ground"),
        ] {
            set_coefficient(&admin, with(&severe("2"), change)).await.refused(code, field);
        }
        assert_eq!(entries(t).await, before, "nothing is written");
    }

    async fn only_the_lead_departments_administrator_writes_them(t: &Service) {
        let bank = t.as_roles_in(&["agency_admin"], "VBSP", "83").await;
        let district = t.as_role_in("agency_admin", DISTRICT_HERE).await;
        for (caller, named) in [(&t.as_role("dolisa_officer").await, false), (&bank, true), (&district, false)] {
            let field = |name: &'static str| if named { name } else { "" };
            set_limit(caller, merit(60_000_000)).await.refused("FORBIDDEN", field("programLimit"));
            set_level(caller, level(550_000)).await.refused("FORBIDDEN", field("assistanceLevel"));
            set_coefficient(caller, severe("2")).await.refused("FORBIDDEN", field("assistanceCoefficient"));
        }
        assert_eq!(t.number("SELECT count(*) FROM program_limit WHERE recorded_by IS NOT NULL").await, 0);
    }

    async fn of_two_at_once_one_is_refused(t: &Service) {
        let admin = admin(t).await;
        let new = |most: i64| with(&merit(most), json!({ "rule": "GIFTS", "effectiveFrom": "2026-01-01" }));
        let (one, two) = tokio::join!(set_limit(&admin, new(1_000_000)), set_limit(&admin, new(2_000_000)));
        [&one, &two].into_iter().find(|answer| !answer.errors().is_empty()).unwrap().refused("CONFLICT", "input.rule");
        let corrected = |amount: i64| with(&level(amount), json!({ "expectedVersion": 1 }));
        let (one, two) = tokio::join!(set_level(&admin, corrected(550_000)), set_level(&admin, corrected(600_000)));
        [&one, &two].into_iter().find(|answer| !answer.errors().is_empty()).unwrap().refused("CONFLICT", "expectedVersion");
        let ended = with(&severe("1.5"), json!({ "expectedVersion": 1, "effectiveTo": "2025-12-31", "basis": "STATED" }));
        set_coefficient(&admin, ended).await.data();
        let next = |from: &str| with(&severe("2"), json!({ "effectiveFrom": from }));
        let (one, two) = tokio::join!(set_coefficient(&admin, next("2026-01-01")), set_coefficient(&admin, next("2026-02-01")));
        let lost = [&one, &two].into_iter().find(|answer| !answer.errors().is_empty()).unwrap();
        assert_eq!(lost.code(0), "CONFLICT");
        assert_eq!(t.number("SELECT count(*) FROM assistance_coefficient WHERE code = 'SEVERE_DISABILITY'").await, 2);
    }
}
