//! A dry run of a poverty standard says what deciding would give, of whom the caller sees, and what follows as far as the
//! caller may read it.

use std::collections::{BTreeMap, BTreeSet};

use ansinh::household::{Lines, reclassified};
use entity::enums::PovertyClass;
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use super::{entries, write};
use crate::fixture::{self, DISTRICT_HERE, FAR, HERE, NEAR, register_household};

/// A township until 2025, rural since.
const TOWNSHIP: &str = "28801";
/// The standard from 1 January 2027, as the decree has it, apart from the register's own data.
const RURAL: Lines = Lines { poor: 2_200_000, average: None, deprivations_for_poor: 3, scores: None };
const URBAN: Lines = Lines { poor: 2_800_000, ..RURAL };

const COUNTS: &str = "counts { outcome currentClass newClass households }";

async fn run(caller: &Caller, standard: &str, unit: Option<&str>, selection: &str) -> Answer {
    let document = format!(
        "query($standard: String!, $unit: UnitRef) {{ reclassificationImpact(standardCode: $standard, unit: $unit) {{ {selection} }} }}"
    );
    let unit = unit.map_or(Value::Null, |code| json!({ "code": code }));
    caller.ask(&document, json!({ "standard": standard, "unit": unit })).await
}

async fn impact(caller: &Caller, unit: Option<&str>, selection: &str) -> Value {
    run(caller, "ND351-2025", unit, selection).await.data()["reclassificationImpact"].clone()
}

/// A household past the service: its class, and its latest review, which nobody decided.
async fn insert(t: &Service, commune: &str, code: &str, class: &str, review: &str) {
    let class = if class.is_empty() { "NULL".to_owned() } else { format!("'{class}'") };
    t.sql(&format!(
        "INSERT INTO household (code, commune_id, district_id, area_kind, search_text, poverty_class, registered_on, history_from, version,
                created_at, updated_at) SELECT '{code}', id, parent_id, area_kind, 'x', {class}, '2022-01-01', '2022-01-01', 1, 0, 0
                FROM admin_unit WHERE code = '{commune}' AND valid_from IS NULL"
    ))
    .await;
    if !review.is_empty() {
        t.sql(&reviewed(code, "2026-10-01", review, "NULL, NULL")).await;
    }
}

/// `found`: income, deprivations, score B. `decided`: class and first day.
fn reviewed(code: &str, on: &str, found: &str, decided: &str) -> String {
    format!(
        "INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, computed_class, income_per_capita, deprivations,
                score_b, decided_class, effective_from, version, created_at, updated_at)
            SELECT h.id, s.id, '{on}', h.area_kind, 'POOR', {found}, {decided}, 1, 0, 0
            FROM household h, poverty_standard s WHERE h.code = '{code}' AND s.code = 'ND07-2021'"
    )
}

/// Code and class then of each household that flips, over all pages.
async fn flips(caller: &Caller, unit: Option<&str>) -> BTreeMap<String, String> {
    let (mut found, mut after) = (BTreeMap::new(), String::new());
    loop {
        let selection = format!(
            "flips(first: 7{after}) {{ nodes {{ newClass household {{ code }} }} pageInfo {{ hasNextPage endCursor }} }}"
        );
        let page = impact(caller, unit, &selection).await["flips"].clone();
        for node in page["nodes"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            found.insert(text(&node["household"]["code"]), text(&node["newClass"]));
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
}

/// Registers a household through the API, reviews it and decides as named.
async fn decided(t: &Service, commune: &'static str, code: &str, found: Value, class: &str) -> Value {
    let id = register_household(
        t,
        commune,
        code,
        json!([{ "fullName": "Lê A", "relationshipToHead": "HEAD", "dateOfBirth": "1980-05-17" }]),
    )
    .await;
    decide(t, commune, &json!(id), "2026-11-02", found, |_| class.to_owned()).await;
    json!(id)
}

/// Reviews a household on a day, decides by what was computed, and gives the class that was computed.
async fn decide(
    t: &Service,
    commune: &str,
    id: &Value,
    on: &str,
    found: Value,
    class: impl Fn(&str) -> String,
) -> String {
    let officer = t.as_role_in("commune_officer", commune).await;
    let mut input = json!({ "householdId": id, "reviewedOn": on });
    input.as_object_mut().unwrap().extend(found.as_object().unwrap().clone());
    let answer = write(&officer, "reviewHousehold", input, "review { id computedClass }").await;
    let review = &answer.data()["reviewHousehold"]["review"];
    let computed = review["computedClass"].as_str().unwrap();
    let input = json!({ "reviewId": review["id"], "expectedVersion": 1, "decidedClass": class(computed), "decisionNumber": "1/QĐ-UBND",
        "effectiveFrom": on });
    write(&officer, "decideReview", input, "review { id }").await.data();
    computed.to_owned()
}

both_databases! {
    async fn the_statement_says_what_the_rule_says(t: &Service) {
        let mut expected = BTreeMap::new();
        let mut counts: BTreeMap<(String, String, String), i64> = BTreeMap::new();
        let mut number = 0;
        for (commune, lines) in [(FAR, RURAL), (HERE, URBAN), (TOWNSHIP, RURAL)] {
            for (class, escaped) in [
                ("POOR", ""), ("NEAR_POOR", ""), ("AVERAGE", ""), ("BETTER_OFF", ""), ("", ""),
                ("NEWLY_ESCAPED", "2023-12-31"), ("NEWLY_ESCAPED", "2024-01-01"),
            ] {
                for (income, deprivations) in [(0, 3), (lines.poor, 2), (lines.poor, 3), (lines.poor, 12), (lines.poor + 1, 12)] {
                    number += 1;
                    let code = format!("{commune}-T{number:03}");
                    let mask = (1 << deprivations) - 1;
                    insert(t, commune, &code, class, &format!("{income}, {mask}, NULL")).await;
                    if !escaped.is_empty() {
                        t.sql(&reviewed(&code, "2022-10-01", "0, 7, NULL", "'POOR', '2023-01-01'")).await;
                        t.sql(&reviewed(&code, "2023-10-01", "1600000, 7, NULL", &format!("'NEWLY_ESCAPED', '{escaped}'"))).await;
                    }
                    let newly = escaped == "2024-01-01";
                    let then = reclassified(lines, income, deprivations, PovertyClass::parse(class), newly).map(PovertyClass::as_str);
                    let outcome = if then.is_some() { "CLASSIFIED" } else { "ABOVE_THE_LINE" };
                    *counts.entry((outcome.into(), class.into(), then.unwrap_or_default().into())).or_default() += 1;
                    if let Some(then) = then.filter(|then| !class.is_empty() && *then != class) {
                        expected.insert(code, then.to_owned());
                    }
                }
            }
        }
        let officer = t.as_role("dolisa_officer").await;
        assert_eq!(flips(&officer, None).await, expected);
        let found = impact(&officer, Some("83"), &format!("on flips(first: 0) {{ totalCount }} {COUNTS}")).await;
        assert_eq!((&found["on"], &found["flips"]["totalCount"]), (&json!("2027-01-01"), &json!(expected.len())));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let counted: BTreeMap<_, _> = found["counts"].as_array().unwrap().iter().map(|row| {
            ((text(&row["outcome"]), text(&row["currentClass"]), text(&row["newClass"])), row["households"].as_i64().unwrap())
        }).collect();
        assert_eq!(counted, counts);
    }

    async fn a_dry_run_is_what_deciding_gives(t: &Service) {
        let found = |income: i64, deprivations: &[&str]| json!({ "incomePerCapita": income, "deprivations": deprivations });
        let three = ["EMPLOYMENT", "LATRINE", "WATER_SOURCE"];
        let homes = [
            (FAR, "POOR", found(1_500_000, &three)), (FAR, "AVERAGE", found(1_500_001, &three)), (FAR, "AVERAGE", found(2_200_000, &three[..2])),
            (FAR, "AVERAGE", found(2_200_001, &three)), (HERE, "NEAR_POOR", found(2_000_000, &three[..1])), (HERE, "AVERAGE", found(2_800_000, &three)),
            (HERE, "BETTER_OFF", found(3_000_001, &[])), (HERE, "POOR", found(2_900_000, &[])), (TOWNSHIP, "AVERAGE", found(2_200_001, &[])),
        ];
        let mut ids = Vec::new();
        for (index, (commune, class, found)) in homes.iter().enumerate() {
            ids.push(decided(t, commune, &format!("{commune}-D{index}"), found.clone(), class).await);
        }
        let officer = t.as_role("dolisa_officer").await;
        let before = entries(t).await;
        let dry = flips(&officer, None).await;
        assert_eq!(entries(t).await, before, "nothing is written");
        t.set_day("2027-01-15");
        let list = ["POOR", "NEAR_POOR"];
        let mut really = BTreeMap::new();
        for (index, (commune, class, found)) in homes.iter().enumerate() {
            let computed = decide(t, commune, &ids[index], "2027-01-15", found.clone(), |computed| match list.contains(&computed) {
                false if list.contains(class) => "NEWLY_ESCAPED".to_owned(),
                // Above the line the data of the standard don't tell which class.
                false => (*class).to_owned(),
                true => computed.to_owned(),
            }).await;
            let then = if list.contains(&computed.as_str()) { &computed } else if list.contains(class) { "NEWLY_ESCAPED" } else { class };
            if then != *class {
                really.insert(format!("{commune}-D{index}"), then.to_owned());
            }
        }
        assert_eq!(dry, really);
        assert_eq!(dry.values().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["NEAR_POOR", "NEWLY_ESCAPED", "POOR"]));
        assert_eq!(flips(&officer, None).await, BTreeMap::new(), "once decided nothing flips");
    }

    async fn who_says_too_little_is_counted_apart(t: &Service) {
        insert(t, HERE, "28757-A1", "", "").await;
        insert(t, HERE, "28757-A2", "POOR", "").await;
        insert(t, HERE, "28757-A3", "POOR", "NULL, 7, 30").await;
        insert(t, HERE, "28757-A4", "NEAR_POOR", "1000000, 0, 30").await;
        insert(t, HERE, "28757-A5", "AVERAGE", "2800001, 0, 30").await;
        insert(t, HERE, "28757-A6", "AVERAGE", "2800000, 0, 0").await;
        insert(t, HERE, "28757-A7", "AVERAGE", "2800000, 7, 30").await;
        // The latest review counts, whatever an earlier one found; who is dissolved doesn't.
        t.sql(&reviewed("28757-A6", "2026-09-30", "0, 4095, NULL", "NULL, NULL")).await;
        t.sql("UPDATE household SET dissolved_on = '2026-11-01' WHERE code = '28757-A7'").await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let found = impact(&officer, None, &format!("standard {{ code }} unit {{ code }} {COUNTS} flips(first: 9) {{ nodes {{ currentClass newClass }} }}")).await;
        let row = |outcome: &str, now: Option<&str>, then: Option<&str>| json!({ "outcome": outcome, "currentClass": now, "newClass": then, "households": 1 });
        assert_eq!(found, json!({
            "standard": { "code": "ND351-2025" }, "unit": { "code": HERE },
            "counts": [
                row("CLASSIFIED", Some("AVERAGE"), Some("NEAR_POOR")),
                row("ABOVE_THE_LINE", Some("AVERAGE"), None),
                row("INCOMPLETE_REVIEW", Some("POOR"), None),
                row("INCOMPLETE_REVIEW", Some("NEAR_POOR"), None),
                row("NO_REVIEW", Some("POOR"), None),
                row("NO_REVIEW", None, None) ],
            "flips": { "nodes": [{ "currentClass": "AVERAGE", "newClass": "NEAR_POOR" }] } }));
        let unknown = impact(&officer, None, "flips(first: 9, currentClasses: [POOR]) { totalCount }").await;
        assert_eq!(unknown["flips"]["totalCount"], 0);
        // Of a class that waits for its day the day counts.
        t.sql("UPDATE household SET next_class = 'NEAR_POOR', next_class_on = '2026-11-23' WHERE code = '28757-A6'").await;
        assert_eq!(impact(&officer, None, "flips(first: 9) { totalCount }").await["flips"]["totalCount"], 0);
    }

    async fn a_scope_tries_its_own_households_only(t: &Service) {
        for (commune, code) in [(HERE, "28757-S1"), (NEAR, "28756-S1"), (FAR, "28804-S1")] {
            insert(t, commune, code, "AVERAGE", "1800000, 7, NULL").await;
        }
        let commune = t.as_role_in("commune_officer", HERE).await;
        let district = t.as_role_in("district_officer", DISTRICT_HERE).await;
        let province = t.as_role("dolisa_officer").await;
        let codes = async |caller: &Caller, unit: Option<&str>| flips(caller, unit).await.into_keys().collect::<Vec<_>>();
        assert_eq!(codes(&commune, None).await, ["28757-S1"]);
        assert_eq!(codes(&district, None).await, ["28756-S1", "28757-S1"]);
        assert_eq!(codes(&district, Some(NEAR)).await, ["28756-S1"]);
        assert_eq!(codes(&province, None).await, ["28756-S1", "28757-S1", "28804-S1"]);
        assert_eq!(codes(&province, Some(DISTRICT_HERE)).await, ["28756-S1", "28757-S1"]);
        for (caller, unit) in [(&commune, NEAR), (&commune, DISTRICT_HERE), (&commune, "83"), (&district, FAR), (&district, "83")] {
            assert_eq!(impact(caller, Some(unit), COUNTS).await, json!(null), "{unit} for {}", caller.name);
        }
        for role in ["bank_officer", "insurance_officer", "finance_viewer", "statistics_viewer", "front_officer"] {
            let answer = run(&t.as_role(role).await, "ND351-2025", None, COUNTS).await;
            answer.refused("FORBIDDEN", "");
            assert_eq!(answer.partial()["reclassificationImpact"], json!(null), "{role}");
        }
        run(&province, "ND99-2099", None, COUNTS).await.refused("BAD_USER_INPUT", "standardCode");
        run(&province, "ND351-2025", Some("99999"), COUNTS).await.refused("BAD_USER_INPUT", "unit.code");
        run(&province, "ND351-2025", None, "flips { totalCount }").await.refused("BAD_USER_INPUT", "first");
        let own = run(&province, "ND07-2021", None, "on flips(first: 9) { nodes { newClass } }").await;
        assert_eq!(own.data()["reclassificationImpact"], json!({ "on": "2026-11-23", "flips": { "nodes": [{ "newClass": "POOR" }, { "newClass": "POOR" }] } }));
    }

    async fn what_follows_is_told_to_who_may_read_it(t: &Service) {
        let home = fixture::home(t, HERE, 7).await;
        // The fixture's household: two people with cards of the poor, a benefit for a house of merit, a loan of the product
        // POOR, a livelihood model. Its income was above the line after all; of a second one it was under it.
        t.sql("UPDATE poverty_review SET income_per_capita = 2900000; UPDATE program SET code = 'X' WHERE code = 'HOUSING_POOR';
            UPDATE program SET code = 'HOUSING_POOR' WHERE code = 'HOUSING_MERIT'").await;
        t.sql("UPDATE loan SET product_id = (SELECT id FROM loan_product WHERE code = 'POOR')").await;
        insert(t, HERE, "28757-000008", "AVERAGE", "2800000, 0, NULL").await;
        t.sql("INSERT INTO person (household_id, commune_id, district_id, full_name, name_folded, version, created_at, updated_at)
            SELECT id, commune_id, district_id, 'Lê B', 'le b', 1, 0, 0 FROM household WHERE code = '28757-000008'").await;
        let follows = "healthCardsOfClass healthCardsDue benefitsOfClass loansOfClass loanProductsGained { code } loanProductsLost { code }
            modelsOfClass";
        let selection = format!("flips(first: 9) {{ nodes {{ currentClass newClass household {{ code }} review {{ incomePerCapita }} {follows} }} }}");
        let officer = t.as_role_in("commune_officer", HERE).await;
        let found = impact(&officer, None, &selection).await["flips"]["nodes"].clone();
        let codes = |codes: &[&str]| json!(codes.iter().map(|code| json!({ "code": code })).collect::<Vec<_>>());
        assert_eq!(found[0], json!({ "currentClass": "POOR", "newClass": "NEWLY_ESCAPED", "household": { "code": home.code },
            "review": { "incomePerCapita": 2_900_000 }, "healthCardsOfClass": 2, "healthCardsDue": 0, "benefitsOfClass": 1, "loansOfClass": 1,
            "loanProductsGained": codes(&["NEWLY_ESCAPED"]), "loanProductsLost": codes(&["HOUSING_POOR", "POOR"]), "modelsOfClass": 1 }));
        assert_eq!(found[1], json!({ "currentClass": "AVERAGE", "newClass": "NEAR_POOR", "household": { "code": "28757-000008" },
            "review": { "incomePerCapita": 2_800_000 }, "healthCardsOfClass": 0, "healthCardsDue": 1, "benefitsOfClass": 0, "loansOfClass": 0,
            "loanProductsGained": codes(&["NEAR_POOR", "OVERSEAS_WORK"]), "loanProductsLost": [], "modelsOfClass": 0 }));
        t.sql("INSERT INTO role (code, name, built_in) VALUES ('reviewer', 'X', FALSE);
            INSERT INTO role_permission SELECT id, 'household:read' FROM role WHERE code = 'reviewer';
            INSERT INTO role_permission SELECT id, 'review:read' FROM role WHERE code = 'reviewer'").await;
        let reviewer = t.as_roles_in(&["reviewer"], "DOH", HERE).await;
        let fields = ["healthCardsOfClass", "healthCardsDue", "benefitsOfClass", "loansOfClass", "loanProductsGained", "loanProductsLost", "modelsOfClass"];
        let hidden = |answer: &Answer| {
            let node = &answer.partial()["reclassificationImpact"]["flips"]["nodes"][0];
            assert_eq!(node["newClass"], "NEWLY_ESCAPED");
            let errors: BTreeSet<_> = answer.errors().iter().map(|error| error["path"][4].as_str().unwrap().to_owned()).collect();
            let null: BTreeSet<_> = fields.iter().filter(|field| node[**field].is_null()).map(|field| (*field).to_owned()).collect();
            assert_eq!(errors, null);
            null
        };
        assert_eq!(hidden(&run(&reviewer, "ND351-2025", None, &selection).await).len(), fields.len());
        for (permission, shown) in [("insurance:read", 2), ("benefit:read", 3), ("loan:read", 6), ("modelProject:read", 7)] {
            t.sql(&format!("INSERT INTO role_permission SELECT id, '{permission}' FROM role WHERE code = 'reviewer'")).await;
            assert_eq!(hidden(&run(&reviewer, "ND351-2025", None, &selection).await).len(), fields.len() - shown, "{permission}");
        }
    }

    async fn assistance_that_is_for_the_poor_only_is_among_what_follows(t: &Service) {
        insert(t, HERE, "28757-A1", "POOR", "1900000, 3, NULL").await;
        insert(t, HERE, "28757-A2", "NEAR_POOR", "1900000, 7, NULL").await;
        // Lonely and poor; lonely and disabled; too young to be old; a child without support.
        for (name, born, categories, protected) in [("A", "1950-01-01", 8, 0), ("B", "1950-01-01", 8, 2), ("C", "1980-01-01", 8, 0), ("D", "2020-01-01", 32, 0), ("E", "1950-01-01", 8, 1)] {
            t.sql(&format!("INSERT INTO person (household_id, commune_id, district_id, full_name, name_folded, date_of_birth, categories, protected_categories,
                    version, created_at, updated_at)
                SELECT id, commune_id, district_id, '{name}', '{name}', '{born}', {categories}, {protected}, 1, 0, 0 FROM household;
                INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on,
                    proposed_on, paid_amount, version, created_at, updated_at)
                SELECT g.id, p.household_id, p.id, p.commune_id, p.district_id, 'DISBURSED', 750000, 'MONTHLY', '2026-01-01', '2026-01-01', 0, 1, 0, 0
                FROM person p, program g WHERE g.code = 'SOCIAL_ASSISTANCE' AND p.full_name = '{name}'")).await;
        }
        let selection = "flips(first: 9) { nodes { currentClass newClass benefitsOfClass } }";
        let officer = t.as_role_in("commune_officer", HERE).await;
        let found = impact(&officer, None, selection).await["flips"]["nodes"].clone();
        let flip = |now: &str, then: &str, benefits: i32| json!({ "currentClass": now, "newClass": then, "benefitsOfClass": benefits });
        assert_eq!(found, json!([flip("POOR", "NEAR_POOR", 2), flip("NEAR_POOR", "POOR", 0)]), "A, and E whose disability is neither severe nor extreme");
        t.sql("UPDATE benefit SET status = 'CANCELLED' WHERE person_id IN (SELECT id FROM person WHERE full_name = 'E')").await;
        assert_eq!(impact(&officer, None, selection).await["flips"]["nodes"][0]["benefitsOfClass"], 1);
        // Who may not read protected categories is not told of assistance.
        t.sql("INSERT INTO role (code, name, built_in) VALUES ('reviewer', 'X', FALSE);
            INSERT INTO role_permission SELECT r.id, p.code FROM role r, (SELECT 'household:read' AS code UNION SELECT 'review:read' UNION SELECT 'benefit:read') p
            WHERE r.code = 'reviewer'").await;
        let reviewer = t.as_roles_in(&["reviewer"], "DOH", HERE).await;
        assert_eq!(impact(&reviewer, None, selection).await["flips"]["nodes"][0]["benefitsOfClass"], 0);
    }

    async fn what_goes_on_as_a_pension_is_not_lost(t: &Service) {
        // From poor to near-poor, and to neither.
        insert(t, HERE, "28757-Q1", "POOR", "1900000, 3, NULL").await;
        insert(t, HERE, "28757-Q2", "POOR", "2900000, 3, NULL").await;
        // Lonely, by age and by whether there is a pension: without one 76, 71 and 65; with one 76.
        for (name, born, categories) in [("A", "'1950-06-01'", 520), ("B", "'1955-06-01'", 520), ("C", "'1961-06-01'", 520), ("D", "'1950-06-01'", 8)] {
            for home in ["28757-Q1", "28757-Q2"] {
                t.sql(&format!("INSERT INTO person (household_id, commune_id, district_id, full_name, name_folded, date_of_birth, categories, protected_categories,
                        version, created_at, updated_at)
                    SELECT id, commune_id, district_id, '{name}', '{name} {home}', {born}, {categories}, 0, 1, 0, 0 FROM household WHERE code = '{home}';
                    INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on,
                        proposed_on, paid_amount, version, created_at, updated_at)
                    SELECT g.id, p.household_id, p.id, p.commune_id, p.district_id, 'DISBURSED', 1000000, 'MONTHLY', '2026-01-01', '2026-01-01', 0, 1, 0, 0
                    FROM person p, program g WHERE g.code = 'SOCIAL_ASSISTANCE' AND p.name_folded = '{name} {home}'")).await;
            }
        }
        let officer = t.as_role_in("commune_officer", HERE).await;
        let lost = async |code: &str| {
            let found = impact(&officer, None, "flips(first: 9) { nodes { newClass benefitsOfClass household { code } } }").await;
            let flip = found["flips"]["nodes"].as_array().unwrap().iter().find(|flip| flip["household"]["code"] == code).unwrap().clone();
            (flip["newClass"].as_str().unwrap().to_owned(), flip["benefitsOfClass"].as_i64().unwrap())
        };
        assert_eq!(lost("28757-Q1").await, ("NEAR_POOR".to_owned(), 2), "C and D; A and B have the pension then");
        assert_eq!(lost("28757-Q2").await, ("NEWLY_ESCAPED".to_owned(), 3), "B, C and D; A has the pension at any class");
    }

    async fn so_is_the_social_pension_of_the_poor(t: &Service) {
        insert(t, HERE, "28757-P1", "NEAR_POOR", "2900000, 7, NULL").await;
        insert(t, HERE, "28757-P2", "POOR", "1900000, 7, NULL").await;
        // 71 on the standard's first day, 71 and severely disabled, 75 on that day, 71 with a pension.
        for (name, born, categories, protected) in [("A", "1955-06-01", 512, 0), ("B", "1955-06-01", 512, 2), ("C", "1952-01-01", 512, 0), ("D", "1955-06-01", 0, 0)] {
            t.sql(&format!("INSERT INTO person (household_id, commune_id, district_id, full_name, name_folded, date_of_birth, categories, protected_categories,
                    version, created_at, updated_at)
                SELECT id, commune_id, district_id, '{name}', '{name}', '{born}', {categories}, {protected}, 1, 0, 0 FROM household;
                INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on,
                    proposed_on, paid_amount, version, created_at, updated_at)
                SELECT g.id, p.household_id, p.id, p.commune_id, p.district_id, 'DISBURSED', 500000, 'MONTHLY', '2026-01-01', '2026-01-01', 0, 1, 0, 0
                FROM person p, program g WHERE g.code = 'SOCIAL_ASSISTANCE' AND p.full_name = '{name}'")).await;
        }
        let officer = t.as_role_in("commune_officer", HERE).await;
        let found = impact(&officer, None, "flips(first: 9) { nodes { currentClass newClass benefitsOfClass } }").await;
        assert_eq!(found["flips"]["nodes"], json!([{ "currentClass": "NEAR_POOR", "newClass": "NEWLY_ESCAPED", "benefitsOfClass": 1 }]), "A alone");
    }

    async fn credit_counts_an_escape_for_three_years(t: &Service) {
        for (code, escaped) in [("28804-E1", "2023-12-31"), ("28804-E2", "2024-01-01")] {
            insert(t, FAR, code, "NEWLY_ESCAPED", "2200000, 7, NULL").await;
            t.sql(&reviewed(code, "2022-10-01", "0, 7, NULL", "'POOR', '2023-01-01'")).await;
            t.sql(&reviewed(code, "2023-10-01", "1600000, 7, NULL", &format!("'NEWLY_ESCAPED', '{escaped}'"))).await;
        }
        let officer = t.as_role_in("commune_officer", FAR).await;
        let found = impact(&officer, None, "flips(first: 9) { nodes { newClass loanProductsLost { code } } }").await;
        assert_eq!(found["flips"]["nodes"], json!([
            { "newClass": "POOR", "loanProductsLost": [] },
            { "newClass": "POOR", "loanProductsLost": [{ "code": "NEWLY_ESCAPED" }] } ]));
    }

    async fn every_household_that_is_shown_is_in_the_ledger(t: &Service) {
        insert(t, HERE, "28757-L1", "AVERAGE", "1800000, 7, NULL").await;
        let id = t.number("SELECT id FROM household").await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let last = "SELECT fields || ' ' || COALESCE(CAST(subjects AS TEXT), '') FROM audit_entry WHERE subjects IS NOT NULL
            AND operation = 'reclassificationImpact' ORDER BY id DESC LIMIT 1";
        impact(&officer, None, "flips(first: 5, newClasses: [POOR]) { nodes { newClass } }").await;
        let entry = t.texts(last).await.remove(0);
        assert!(entry.contains("ReclassifiedHousehold.newClass") && entry.contains("ReclassifiedHousehold.filter.newClasses"), "{entry}");
        assert!(entry.replace(' ', "").ends_with(&format!("{{\"Household\":[{id}]}}")), "{entry}");
        impact(&officer, None, COUNTS).await;
        let entry = t.texts(last).await.remove(0);
        assert!(entry.contains("ReclassificationImpact.counts") && !entry.contains("Household\""), "{entry}");
    }
}
