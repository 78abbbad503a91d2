//! The social pension: from 1 July 2025 in place of the allowance of the old, with an amount of its own.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::{
    assistance::{of, people},
    monthly::{fate, monthly, pay, propose, warned, with},
    *,
};

/// Makes somebody of the household one who has no pension, as the commune is told.
async fn without_pension(commune: &Caller, person: &str, version: i64) {
    let input = json!({ "id": person, "expectedVersion": version, "addCategories": ["WITHOUT_PENSION"], "evidence": "Xác nhận của BHXH" });
    let document = "mutation($input: UpdatePersonInput!) { updatePerson(input: $input) { person { categories } } }";
    let answer = commune.ask(document, json!({ "input": input })).await;
    assert!(
        answer.data()["updatePerson"]["person"]["categories"].as_array().unwrap().contains(&json!("WITHOUT_PENSION")),
        "{}",
        answer.body
    );
}

async fn record(t: &Service, change: Value) -> Answer {
    let admin = t.as_roles_in(&["agency_admin"], "DOLISA", "83").await;
    let row = json!({ "ground": "SOCIAL_PENSION_75", "coefficient": "1", "level": 550_000, "effectiveFrom": "2026-12-01", "endsPrevious": true,
        "basis": "INFERRED", "source": "Nghị định 1/2026/NĐ-CP, báo; F" });
    let document = "mutation($input: RecordAssistanceCoefficientInput!) { recordAssistanceCoefficient(input: $input) {
        previousEndedOn coefficient { ground coefficient level unverified } } }";
    admin.ask(document, json!({ "input": with(row, change) })).await
}

both_databases! {
    async fn it_takes_the_place_of_the_allowance_on_its_day(t: &Service) {
        let (cast, people) = (cast(t).await, people(t).await);
        t.sql("UPDATE person SET date_of_birth = '1940-03-02', categories = 0 WHERE full_name = 'Lê Văn Hai';
            UPDATE person SET date_of_birth = '1953-11-23', protected_categories = 0 WHERE full_name = 'Lê Thị Một'").await;
        let reader = fixture::reader(t).await;
        let untold = of(&reader, &people[1], "2026-11-23").await;
        assert_eq!([&untold["monthlyAmount"], &untold["notKnown"]], [&json!(0), &json!(["SOCIAL_PENSION_75", "POOR_WITH_HIV", "POOR_SINGLE_PARENT"])]);
        let before = of(&reader, &people[1], "2025-06-30").await;
        assert_eq!(before["notKnown"][0], "ELDERLY_80_WITHOUT_PENSION", "whether there is a pension is never guessed");
        without_pension(&cast.commune, &people[1], 1).await;
        without_pension(&cast.commune, &people[0], 1).await;
        for (day, sum, ground) in [("2024-06-30", 360_000, "ELDERLY_80_WITHOUT_PENSION"), ("2025-06-30", 500_000, "ELDERLY_80_WITHOUT_PENSION"),
            ("2025-07-01", 500_000, "SOCIAL_PENSION_75")] {
            let due = of(&reader, &people[1], day).await;
            assert_eq!([&due["monthlyAmount"], &due["grounds"], &due["unverified"]], [&json!(sum), &json!([ground]), &json!(true)], "{day}");
        }
        // Poor, and 70 on 23 November 2023: nothing before the law, the pension of the poor after.
        assert_eq!(of(&reader, &people[0], "2025-06-30").await["monthlyAmount"], 0);
        let poor = of(&reader, &people[0], "2026-11-23").await;
        assert_eq!([&poor["monthlyAmount"], &poor["grounds"]], [&json!(500_000), &json!(["SOCIAL_PENSION_POOR_70"])]);
        assert!(poor["sources"][0].as_str().unwrap().contains("176/2025"), "{poor}");
        // Two disabled levels are more than a pension, and not both are due.
        t.sql("UPDATE person SET protected_categories = 2 WHERE full_name = 'Lê Thị Một'").await;
        let disabled = of(&reader, &people[0], "2026-11-23").await;
        assert_eq!([&disabled["monthlyAmount"], &disabled["grounds"]], [&json!(1_000_000), &json!(["SEVERE_DISABILITY_CHILD_OR_ELDERLY"])]);
    }

    async fn it_is_proposed_and_paid_by_its_own_amount(t: &Service) {
        let (cast, people) = (cast(t).await, people(t).await);
        t.sql("UPDATE person SET date_of_birth = '1940-03-02', categories = 512 WHERE full_name = 'Lê Văn Hai'").await;
        let home = fixture::reader(t).await.query("{ household(code: \"28757-000001\") { id } }").await.data()["household"]["id"].as_str().unwrap().to_owned();
        let wrong = propose(&cast.commune, 1, vec![monthly(&home, &people[1], 750_000)]).await;
        assert_eq!(fate(&wrong[0]), ("REFUSED", "BAD_USER_INPUT", "amount"));
        for figure in ["500000 đồng", "176/2025", "750000"] {
            assert!(message(&wrong[0]).contains(figure), "{}", wrong[0]);
        }
        let id = approved(&cast, 2, vec![monthly(&home, &people[1], 500_000)]).await.remove(0);
        assert_eq!(fate(&pay(&cast.payer, &id, 500_000, "2026-11-23", "PC-1").await), APPLIED);
        // Another standard level is no other pension; another pension is one from its day on.
        t.sql("INSERT INTO assistance_level (amount, basis, source, effective_from) VALUES (600000, 'STATED', 'Nghị định 2/2026', '2026-12-01')").await;
        let recorded = record(t, json!({})).await;
        assert_eq!(recorded.data()["recordAssistanceCoefficient"], json!({ "previousEndedOn": "2026-11-30",
            "coefficient": { "ground": "SOCIAL_PENSION_75", "coefficient": "1", "level": 550_000, "unverified": false } }));
        t.set_day("2026-12-05");
        assert_eq!(fate(&pay(&cast.payer, &id, 550_001, "2026-12-05", "PC-2").await), ("REFUSED", "BAD_USER_INPUT", "amount"));
        let paid = pay(&cast.payer, &id, 550_000, "2026-12-05", "PC-3").await;
        assert_eq!((fate(&paid), warned(&paid).len()), (APPLIED, 0));
        // A month that is over when it is paid pays what was approved, at the pension of that month.
        t.set_day("2027-02-05");
        let late = pay(&cast.payer, &id, 1_100_001, "2027-02-05", "PC-4").await;
        assert_eq!(fate(&late), ("REFUSED", "BAD_USER_INPUT", "amount"));
        assert_eq!(fate(&pay(&cast.payer, &id, 1_100_000, "2027-02-05", "PC-5").await), APPLIED);
    }

    async fn an_amount_that_is_none_is_refused(t: &Service) {
        for level in [0, -1, 100_000_001] {
            record(t, json!({ "level": level })).await.refused("BAD_USER_INPUT", "input.level");
        }
        assert_eq!(t.number("SELECT count(*) FROM assistance_coefficient WHERE effective_from = '2026-12-01'").await, 0);
    }

    async fn a_correction_that_says_nothing_of_the_amount_keeps_it(t: &Service) {
        let admin = t.as_roles_in(&["agency_admin"], "DOLISA", "83").await;
        let document = "mutation($input: RecordAssistanceCoefficientInput!) { recordAssistanceCoefficient(input: $input) {
            coefficient { level version basis } } }";
        let set = async |change: Value| {
            let silent = json!({ "ground": "SOCIAL_PENSION_75", "coefficient": "1", "effectiveFrom": "2025-07-01", "basis": "STATED",
                "source": "Nghị định 176/2025/NĐ-CP, Công báo" });
            let answer = admin.ask(document, json!({ "input": with(silent, change) })).await;
            answer.data()["recordAssistanceCoefficient"]["coefficient"].clone()
        };
        assert_eq!(set(json!({ "expectedVersion": 1 })).await, json!({ "level": 500_000, "version": 2, "basis": "STATED" }));
        let next = json!({ "effectiveFrom": "2026-12-01", "coefficient": "1.1", "endsPrevious": true });
        assert_eq!(set(next.clone()).await, json!({ "level": 500_000, "version": 1, "basis": "STATED" }));
        let cleared = with(next, json!({ "expectedVersion": 1, "level": null }));
        assert_eq!(set(cleared).await, json!({ "level": null, "version": 2, "basis": "STATED" }));
        let fields = "SELECT fields FROM audit_entry WHERE subject_type = 'AssistanceCoefficient' AND decision = 'ALLOWED' AND subjects IS NULL ORDER BY id";
        let fields = t.texts(fields).await;
        assert_eq!((fields[0].as_str(), fields[fields.len() - 1].as_str()), ("basis,source", "level"));
    }
}
