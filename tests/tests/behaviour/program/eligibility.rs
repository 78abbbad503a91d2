//! Who a program is for on the day: lists of the unserved, proposals and approvals go by one table.

use std::collections::BTreeSet;

use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::FAR;

/// A decision on the class of a household, in force from a day to a day.
async fn decided(t: &Service, household: &str, class: &str, from: &str, to: Option<&str>, number: &str) {
    let to = to.map_or("NULL".to_owned(), |to| format!("'{to}'"));
    let now = if to == "NULL" { class } else { "" };
    t.sql(&format!(
        "INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, deprivations, computed_class, decided_class,
             decision_number, effective_from, effective_to, version, created_at, updated_at)
         SELECT h.id, s.id, '2025-11-01', h.area_kind, 0, '{class}', '{class}', '{number}', '{from}', {to}, 1, 0, 0
         FROM household h, poverty_standard s WHERE h.code = '{household}' AND s.effective_to = '2026-12-31';
         UPDATE household SET poverty_class = '{now}' WHERE code = '{household}' AND '{now}' <> ''"
    ))
    .await;
}

/// A card of one's own, as the program of the near-poor pays it.
fn card(household: &str) -> Value {
    json!({ "programCode": "HI_NEAR_POOR", "householdId": household, "amount": 100_000,
        "funding": [{ "source": "PROVINCIAL_BUDGET", "lineCode": "III.2.2", "amount": 100_000 }] })
}

/// Codes of those that a list of the unserved has.
async fn unserved(caller: &Caller, list: &str, name: &str, program: &str) -> BTreeSet<String> {
    let document =
        format!("{{ {list}(first: 100, filter: {{ lacksProgramCode: \"{program}\" }}) {{ nodes {{ id {name} }} }} }}");
    let answer = caller.query(&document).await;
    let nodes = answer.data()[list]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

/// The households of this test, each with what it is: class, and whom it has beside its head.
const HOMES: &[(&str, &str, &str, &str, &str)] = &[
    // Commune, class, categories of the household, born on, category of the second person.
    (HERE, "POOR", "0", "1990-01-01", ""),
    (HERE, "NEAR_POOR", "0", "1966-11-23", ""),
    (HERE, "NEWLY_ESCAPED", "0", "1966-11-24", ""),
    (HERE, "AVERAGE", "1", "1946-11-23", "ORPHAN"),
    (FAR, "BETTER_OFF", "0", "1946-11-24", "DISCHARGED_SOLDIER"),
    (FAR, "POOR", "1", "1950-02-02", "STUDENT"),
    (FAR, "", "0", "1990-01-01", ""),
];

async fn homes(t: &Service) -> Vec<(String, Vec<String>)> {
    let mut homes = Vec::new();
    for (number, (commune, class, categories, born, category)) in (1..).zip(HOMES) {
        let code = format!("{commune}-{number:06}");
        let second: Vec<_> = [*category].into_iter().filter(|category| !category.is_empty()).collect();
        let members = json!([
            { "fullName": format!("Lê Thị Số {number}"), "relationshipToHead": "HEAD", "dateOfBirth": "1985-05-05" },
            { "fullName": format!("Lê Văn Số {number}"), "relationshipToHead": "PARENT", "dateOfBirth": born, "categories": second },
        ]);
        let id = fixture::register_household(t, commune, &code, members).await;
        t.sql(&format!("UPDATE household SET categories = {categories} WHERE code = '{code}'")).await;
        if !class.is_empty() {
            fixture::classed(t, &format!("h.code = '{code}'"), class).await;
        }
        let reader = fixture::reader(t).await;
        let answer = reader.query(&format!("{{ household(code: \"{code}\") {{ members {{ id }} }} }}")).await;
        let people = answer.data()["household"]["members"].as_array().unwrap();
        homes.push((id, people.iter().map(|person| person["id"].as_str().unwrap().to_owned()).collect()));
    }
    t.sql(
        "INSERT INTO insurance_coverage (person_id, kind, valid_from, valid_to, version, created_at, updated_at)
        SELECT id, 'HEALTH', '2026-01-01', '2026-12-31', 1, 0, 0 FROM person WHERE full_name = 'Lê Văn Số 6'",
    )
    .await;
    homes
}

fn trifle(program: &str, household: &str, person: Option<&str>) -> Value {
    json!({ "programCode": program, "householdId": household, "personId": person, "amount": 1_000,
        "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 1_000 }] })
}

both_databases! {
    async fn who_left_the_class_yesterday_gets_nothing_more_of_it(t: &Service) {
        let cast = cast(t).await;
        let (near, left) = (household(t, HERE, 1).await, household(t, HERE, 2).await);
        decided(t, "28757-000001", "NEAR_POOR", "2026-01-01", None, "QD-1").await;
        decided(t, "28757-000002", "NEAR_POOR", "2026-01-01", Some("2026-11-21"), "QD-2").await;
        decided(t, "28757-000002", "AVERAGE", "2026-11-22", None, "QD-3").await;
        let answer = batch(&cast.commune, "proposeBenefits", 1, vec![card(&near), card(&left)], json!({})).await;
        let proposed = results(&answer, "proposeBenefits");
        assert_eq!(fates(proposed), [APPLIED, ("REFUSED", "CONFLICT", "householdId")]);
        for figure in ["HI_NEAR_POOR", "NEAR_POOR", "28757-000002", "AVERAGE", "2026-11-22", "QD-3", "2026-11-23"] {
            assert!(message(&proposed[1]).contains(figure), "{}", proposed[1]);
        }
        // Who may not read reviews is not told the decision.
        let front = t.as_role("front_officer").await;
        let answer = batch(&front, "proposeBenefits", 1, vec![card(&left)], json!({})).await;
        let refused = &results(&answer, "proposeBenefits")[0];
        assert!(message(refused).contains("AVERAGE since 2026-11-22") && !message(refused).contains("QD-3"), "{refused}");
        // It leaves the class between proposal and approval: the day of the approval decides.
        let ids = [proposed[0]["benefit"]["id"].as_str().unwrap().to_owned()];
        batch(&cast.district, "verifyBenefits", 1, versioned(&ids, 1), json!({})).await.data();
        t.sql("UPDATE poverty_review SET effective_to = '2026-11-23' WHERE decision_number = 'QD-1'").await;
        decided(t, "28757-000001", "NEWLY_ESCAPED", "2026-11-24", None, "QD-4").await;
        t.set_day("2026-11-25");
        let late = batch(&cast.lead, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        let late = results(&late, "approveBenefits");
        assert_eq!(fates(late), [("REFUSED", "CONFLICT", "id")]);
        assert!(message(&late[0]).contains("NEWLY_ESCAPED since 2026-11-24 by the decision QD-4"), "{}", late[0]);
        let then = batch(&cast.lead, "approveBenefits", 2, versioned(&ids, 2), json!({ "decidedOn": "2026-11-23" })).await;
        assert_eq!(fates(results(&then, "approveBenefits")), [APPLIED], "it was near-poor on the day of the decision");
        let mut paid = payment(&ids[0], "PROVINCIAL_BUDGET", 100_000, "PC-1");
        paid["paidOn"] = json!("2026-11-25");
        let paid = batch(&cast.payer, "recordBenefitPayments", 1, vec![paid], json!({})).await;
        assert_eq!(fates(results(&paid, "recordBenefitPayments")), [APPLIED], "what was approved is paid");
    }

    async fn lists_of_the_unserved_and_refusals_agree(t: &Service) {
        let (reader, homes) = (fixture::reader(t).await, homes(t).await);
        let officer = t.as_role("dolisa_officer").await;
        let mut sizes = Vec::new();
        let programs = ["HOUSING_MERIT", "HOUSING_POOR", "HI_NEAR_POOR", "HI_ELDERLY", "LIVELIHOOD_MODELS", "CREDIT_PRODUCTION",
            "CREDIT_OVERSEAS", "WATER_SANITATION"];
        for (key, program) in (1..).zip(programs) {
            let listed = unserved(&reader, "households", "code", program).await;
            let items = homes.iter().map(|(home, _)| trifle(program, home, None)).collect();
            let answer = batch(&officer, "proposeBenefits", key, items, json!({})).await;
            let taken: BTreeSet<_> = homes.iter().zip(results(&answer, "proposeBenefits"))
                .filter(|(_, result)| result["status"] == "APPLIED").map(|((home, _), _)| home.clone()).collect();
            assert_eq!(taken, listed, "{program}: {}", answer.body);
            t.sql("DELETE FROM benefit_transition; DELETE FROM benefit_funding; DELETE FROM benefit").await;
            sizes.push(listed.len());
        }
        assert_eq!(sizes, [2, 2, 1, 2, 3, 4, 6, 3]);
        for (key, program) in (11..).zip(["HI_NEAR_POOR", "HI_ELDERLY", "CREDIT_OVERSEAS"]) {
            let listed = unserved(&reader, "persons", "fullName", program).await;
            let people: Vec<_> = homes.iter().flat_map(|(home, people)| people.iter().map(move |person| (home, person))).collect();
            let mut taken = BTreeSet::new();
            for (round, (home, person)) in people.iter().enumerate() {
                let key = key * 100 + u32::try_from(round).unwrap();
                let answer = batch(&officer, "proposeBenefits", key, vec![trifle(program, home, Some(person))], json!({})).await;
                if results(&answer, "proposeBenefits")[0]["status"] == "APPLIED" {
                    taken.insert((*person).clone());
                }
            }
            assert_eq!(taken, listed, "{program}");
            assert!(!taken.is_empty(), "{program}");
            t.sql("DELETE FROM benefit_transition; DELETE FROM benefit_funding; DELETE FROM benefit").await;
        }
    }

    async fn a_commune_that_became_a_town_is_one_for_support_and_credit_alike(t: &Service) {
        // A township until 30 June 2025, part of a commune since; a commune that became part of a ward on that day.
        let communes = ["28801", "28786"];
        t.set_day("2025-06-20");
        let homes = [household(t, communes[0], 1).await, household(t, communes[1], 1).await];
        for (key, today, rural) in [(1, "2025-06-30", 1), (2, "2025-07-01", 0), (3, "2026-11-23", 0)] {
            t.set_day(today);
            let (reader, front) = (fixture::reader(t).await, t.as_role("front_officer").await);
            let listed = unserved(&reader, "households", "code", "WATER_SANITATION").await;
            assert_eq!(listed, BTreeSet::from([homes[rural].clone()]), "{today}");
            let items = homes.iter().map(|home| trifle("WATER_SANITATION", home, None)).collect();
            let answer = batch(&front, "proposeBenefits", key, items, json!({})).await;
            for (number, (home, result)) in homes.iter().zip(results(&answer, "proposeBenefits")).enumerate() {
                let loan = json!({ "productCode": "WATER_SANITATION", "householdId": home, "amount": 10_000_000, "termMonths": 36, "requestedOn": today });
                let commune = t.as_role_in("commune_officer", communes[number]).await;
                let asked = fixture::write(&commune, "requestLoan", loan, "loan { id }").await;
                if number == rural {
                    asked.data();
                    assert_eq!(fates(std::slice::from_ref(result)), [APPLIED], "{today}");
                } else {
                    asked.refused("CONFLICT", "input.householdId");
                    assert_eq!(fates(std::slice::from_ref(result)), [("REFUSED", "CONFLICT", "householdId")], "{today}");
                    assert!(message(result).contains("lives in an URBAN one"), "{result}");
                }
            }
            if key == 1 {
                // Approved later, the day of the decision counts.
                t.set_day("2025-07-01");
                let lead = t.as_role("dolisa_approver").await;
                let id = results(&answer, "proposeBenefits")[1]["benefit"]["id"].as_str().unwrap().to_owned();
                t.sql("UPDATE benefit SET status = 'VERIFIED', version = 2").await;
                let late = batch(&lead, "approveBenefits", 1, versioned(std::slice::from_ref(&id), 2), json!({})).await;
                assert_eq!(fates(results(&late, "approveBenefits")), [("REFUSED", "CONFLICT", "id")]);
                let then = batch(&lead, "approveBenefits", 2, versioned(&[id], 2), json!({ "decidedOn": "2025-06-30" })).await;
                assert_eq!(fates(results(&then, "approveBenefits")), [APPLIED]);
            }
            t.sql("DELETE FROM benefit_transition; DELETE FROM benefit_funding; DELETE FROM benefit").await;
        }
    }

    async fn the_class_is_that_of_the_decision_and_not_of_the_row(t: &Service) {
        let cast = cast(t).await;
        let home = household(t, HERE, 1).await;
        // A row says what no decision does: support and credit go by the decisions alone.
        t.sql("UPDATE household SET poverty_class = 'NEAR_POOR'").await;
        let answer = batch(&cast.commune, "proposeBenefits", 1, vec![card(&home)], json!({})).await;
        assert_eq!(fates(results(&answer, "proposeBenefits")), [("REFUSED", "CONFLICT", "householdId")]);
        let loan = json!({ "productCode": "NEAR_POOR", "householdId": home, "amount": 10_000_000, "termMonths": 36, "requestedOn": "2026-11-23" });
        fixture::write(&cast.commune, "requestLoan", loan.clone(), "loan { id }").await.refused("CONFLICT", "input.householdId");
        // A decision that takes effect today is in force, whatever waits after it.
        decided(t, "28757-000001", "NEAR_POOR", "2026-11-23", None, "QD-1").await;
        let answer = batch(&cast.commune, "proposeBenefits", 2, vec![card(&home)], json!({})).await;
        assert_eq!(fates(results(&answer, "proposeBenefits")), [APPLIED]);
        fixture::write(&cast.commune, "requestLoan", loan, "loan { id }").await.data();
    }

    async fn a_refusal_tells_of_insurance_only_who_reads_it(t: &Service) {
        let homes = homes(t).await;
        let (home, people) = &homes[5];
        for (role, told) in [("dolisa_officer", true), ("front_officer", false)] {
            let caller = t.as_role(role).await;
            let answer = batch(&caller, "proposeBenefits", 1, vec![trifle("HI_ELDERLY", home, Some(&people[1]))], json!({})).await;
            let refused = results(&answer, "proposeBenefits");
            assert_eq!(fates(refused), [("REFUSED", "CONFLICT", "personId")]);
            assert_eq!(message(&refused[0]).contains("has one"), told, "{role}: {}", refused[0]);
        }
        let officer = t.as_role("dolisa_officer").await;
        let answer = batch(&officer, "proposeBenefits", 2, vec![trifle("CAPACITY", home, None)], json!({})).await;
        assert_eq!(fates(results(&answer, "proposeBenefits")), [("REFUSED", "CONFLICT", "householdId")]);
    }
}
