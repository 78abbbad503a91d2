//! What a program pays a household or a person at most.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::FAR;

pub fn funded(program: &str, household: &str, person: Option<&str>, shares: &[(&str, i64)]) -> Value {
    let funding: Vec<_> = shares.iter().map(|(source, amount)| json!({ "source": source, "amount": amount })).collect();
    let amount: i64 = shares.iter().map(|(_, amount)| amount).sum();
    json!({ "programCode": program, "householdId": household, "personId": person, "amount": amount, "funding": funding })
}

const EXCEEDED: (&str, &str, &str) = ("REFUSED", "BAD_USER_INPUT", "amount");

both_databases! {
    async fn a_house_costs_no_more_than_the_plan_gives(t: &Service) {
        let cast = cast(t).await;
        let (merit, poor) = (household(t, HERE, 1).await, household(t, HERE, 2).await);
        fixture::classed(t, "h.code = '28757-000002'", "POOR").await;
        let items = vec![
            funded("HOUSING_MERIT", &merit, None, &[("CENTRAL_BUDGET", 50_000_001)]),
            funded("HOUSING_MERIT", &merit, None, &[("CENTRAL_BUDGET", 50_000_000), ("SOCIAL_MOBILIZATION", 10_000_000), ("HOUSEHOLD", 10_000_001)]),
            funded("HOUSING_MERIT", &merit, None, &[("CENTRAL_BUDGET", 50_000_000), ("HOUSEHOLD", 20_000_000), ("PROVINCIAL_BUDGET", 1)]),
            funded("HOUSING_POOR", &poor, None, &[("SOCIAL_MOBILIZATION", 50_000_001)]),
            funded("HOUSING_POOR", &poor, None, &[("SOCIAL_MOBILIZATION", 30_000_000), ("VBSP_CREDIT", 25_000_000)]),
            funded("HOUSING_POOR", &poor, None, &[("VBSP_CREDIT", 25_000_000), ("HOUSEHOLD", 40_000_001)]),
            funded("HOUSING_MERIT", &merit, None, &[("CENTRAL_BUDGET", 50_000_000), ("SOCIAL_MOBILIZATION", 10_000_000), ("HOUSEHOLD", 10_000_000)]),
            funded("HOUSING_POOR", &poor, None, &[("VBSP_CREDIT", 25_000_000), ("HOUSEHOLD", 40_000_000)]),
        ];
        let answer = batch(&cast.commune, "proposeBenefits", 1, items, json!({})).await;
        let results = results(&answer, "proposeBenefits");
        assert_eq!(fates(results), [EXCEEDED, EXCEEDED, EXCEEDED, EXCEEDED, EXCEEDED, EXCEEDED, APPLIED, APPLIED]);
        for figure in ["HOUSING_MERIT", "CENTRAL", "50000000", "50000001", "annex I.2.1"] {
            assert!(message(&results[0]).contains(figure), "{}", results[0]);
        }
    }

    async fn a_card_costs_no_more_than_the_premium_of_the_year(t: &Service) {
        let cast = cast(t).await;
        let members = json!([{ "fullName": "Lê Thị Một", "relationshipToHead": "HEAD" },
            { "fullName": "Lê Văn Hai", "relationshipToHead": "CHILD" }]);
        let ours = fixture::register_household(t, HERE, "28757-000001", members).await;
        fixture::classed(t, "TRUE", "NEAR_POOR").await;
        let head = cast.commune.query("{ household(code: \"28757-000001\") { head { id } } }").await;
        let head = head.data()["household"]["head"]["id"].as_str().unwrap().to_owned();
        let card = |person, central, own| {
            funded("HI_NEAR_POOR", &ours, person, &[("CENTRAL_BUDGET", central), ("PROVINCIAL_BUDGET", own)])
        };
        let mut of_years = card(Some(&head), 884_520, 379_080);
        of_years["recurrence"] = json!("YEARLY");
        of_years["startsOn"] = json!("2026-12-01");
        let items = vec![
            card(Some(&head), 884_521, 379_080),
            card(Some(&head), 884_520, 379_081),
            of_years,
            // The same person again, and the household as a whole: two people, of whom one has a card.
            card(Some(&head), 1, 1),
            card(None, 884_521, 379_080),
            card(None, 884_520, 379_080),
        ];
        let answer = batch(&cast.commune, "proposeBenefits", 1, items, json!({})).await;
        assert_eq!(fates(results(&answer, "proposeBenefits")), [EXCEEDED, EXCEEDED, APPLIED, EXCEEDED, EXCEEDED, APPLIED]);
        t.sql("UPDATE benefit SET ends_on = '2027-11-30' WHERE recurrence = 'YEARLY'").await;
        t.set_day("2028-01-02");
        let answer = batch(&cast.commune, "proposeBenefits", 2, vec![card(Some(&head), 884_520, 379_080)], json!({})).await;
        assert_eq!(fates(results(&answer, "proposeBenefits")), [APPLIED], "another year");
    }

    async fn the_plans_doubtful_unit_cost_warns(t: &Service) {
        let front = t.as_role("front_officer").await;
        let (one, other) = (household(t, FAR, 1).await, household(t, FAR, 2).await);
        let items = vec![
            funded("WATER_SANITATION", &one, None, &[("SOCIAL_MOBILIZATION", 5_000_000)]),
            funded("WATER_SANITATION", &other, None, &[("SOCIAL_MOBILIZATION", 5_000_001)]),
        ];
        let answer = batch(&front, "proposeBenefits", 1, items, json!({})).await;
        let results = results(&answer, "proposeBenefits");
        assert_eq!(fates(results), [APPLIED, APPLIED]);
        let codes = |result: &Value| result["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert!(!codes(&results[0]).contains(&"UNIT_COST_EXCEEDED".to_owned()), "{}", results[0]);
        assert!(codes(&results[1]).contains(&"UNIT_COST_EXCEEDED".to_owned()), "{}", results[1]);
        let limits = front.query("{ program(code: \"HI_ELDERLY\") { limits { rule sources maxAmount perPerson yearly binding basis effectiveFrom } } }").await;
        let limits = &limits.data()["program"]["limits"];
        assert_eq!(limits[0], json!({ "rule": "PREMIUM", "sources": [], "maxAmount": 804_600, "perPerson": true, "yearly": true,
            "binding": true, "basis": "INFERRED", "effectiveFrom": "2022-01-01" }));
        assert_eq!(limits[2]["basis"], "UNKNOWN", "what isn't verified says so");
    }
}
