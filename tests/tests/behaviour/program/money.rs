//! Payments, allocations and spending: no sum is ever exceeded, nothing counts twice.

use serde_json::json;
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::*;
use crate::fixture::FAR;

both_databases! {
    async fn an_allocation_caps_what_is_approved_and_spent(t: &Service) {
        let cast = cast(t).await;
        let answer = allocate(&cast, "I.2.1", 110_000_000).await;
        assert_eq!(answer.data()["allocateFunding"], json!({ "program": { "code": "HOUSING_MERIT" },
            "line": { "code": "I.2.1", "allocated": 110_000_000, "committed": 0, "disbursed": 0 } }));
        let ids = verified(&cast, 1, houses(t, 1, 3).await).await;
        let answer = batch(&cast.lead, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        let steps = results(&answer, "approveBenefits");
        assert_eq!(fates(steps), [APPLIED, APPLIED, ("REFUSED", "CONFLICT", "id")]);
        let message = steps[2]["error"]["message"].as_str().unwrap();
        assert!(message.contains("I.2.1") && message.contains("110000000") && message.contains("100000000"), "{message}");
        assert_eq!(line(&cast.payer, "I.2.1").await, (100_000_000, 0));
        allocate(&cast, "I.2.1", 99_999_999).await.refused("CONFLICT", "input.allocated");
        allocate(&cast, "I.2.1", -1).await.refused("BAD_USER_INPUT", "input.allocated");
        allocate(&cast, "II.2.1", 1).await.refused("BAD_USER_INPUT", "input.lineCode");
        spend(&cast.payer, "CT-1", 10_000_001).await.refused("CONFLICT", "input.amount");
        spend(&cast.payer, "CT-1", 10_000_000).await.data();
        assert_eq!(line(&cast.payer, "I.2.1").await, (110_000_000, 10_000_000));
        allocate(&cast, "I.2.1", 160_000_000).await.data();
        let answer = batch(&cast.lead, "approveBenefits", 2, versioned(&ids[2..], 2), json!({})).await;
        assert_eq!(fates(results(&answer, "approveBenefits")), [APPLIED]);
    }

    async fn approvals_at_one_moment_never_exceed_the_allocation(t: &Service) {
        let cast = cast(t).await;
        allocate(&cast, "I.2.1", 220_000_000).await.data();
        let ids = verified(&cast, 1, houses(t, 1, 10).await).await;
        let mut running = JoinSet::new();
        for (key, id) in (0..).zip(ids) {
            let lead = cast.lead.clone();
            running.spawn(async move { batch(&lead, "approveBenefits", key, versioned(&[id], 2), json!({})).await });
        }
        let answers = running.join_all().await;
        let applied = answers.iter().filter(|answer| fates(results(answer, "approveBenefits")) == [APPLIED]).count();
        assert_eq!(applied, 4);
        assert_eq!(line(&cast.payer, "I.2.1").await.0, 200_000_000);
        assert_eq!(t.number("SELECT count(*) FROM benefit WHERE status = 'APPROVED'").await, 4);
    }

    async fn a_storm_on_two_lines_leaves_every_sum_within_its_allocation(t: &Service) {
        let cast = cast(t).await;
        allocate(&cast, "I.2.1", 620_000_000).await.data();
        allocate(&cast, "I.2.2", 200_000_000).await.data();
        let ids = verified(&cast, 1, houses(t, 1, 24).await).await;
        let first = batch(&cast.lead, "approveBenefits", 900, versioned(&ids[..4], 2), json!({})).await;
        assert!(fates(results(&first, "approveBenefits")).iter().all(|fate| *fate == APPLIED), "{}", first.body);
        let mut running = JoinSet::new();
        for (key, pair) in (0..).zip(ids[4..].chunks(2)) {
            let (lead, mut pair) = (cast.lead.clone(), pair.to_vec());
            // Half of them in the other order: writers of the same records must not block each other.
            if key % 2 == 1 {
                pair.reverse();
            }
            running.spawn(async move { batch(&lead, "approveBenefits", key, versioned(&pair, 2), json!({})).await });
        }
        for key in 0..5 {
            let payer = cast.payer.clone();
            running.spawn(async move { spend(&payer, &format!("CT-{key}"), 25_000_000).await });
        }
        for (key, id) in (100..).zip(ids[..4].iter().cloned()) {
            let lead = cast.lead.clone();
            running.spawn(async move { batch(&lead, "cancelBenefits", key, versioned(&[id], 3), json!({ "note": "Không xây nhà" })).await });
        }
        for allocated in [400_000_000, 560_000_000, 250_000_000] {
            let lead = cast.lead.clone();
            running.spawn(async move {
                let document = "mutation($input: AllocateFundingInput!) { allocateFunding(input: $input) { line { code } } }";
                let input = json!({ "programCode": "HOUSING_MERIT", "lineCode": "I.2.1", "allocated": allocated,
                    "decisionNumber": "16/QĐ-UBND", "decidedOn": "2026-11-20" });
                lead.ask(document, json!({ "input": input })).await
            });
        }
        for answer in running.join_all().await {
            let code = answer.body["errors"][0]["extensions"]["code"].as_str();
            assert!(matches!(code, None | Some("CONFLICT")), "{}", answer.body);
        }
        let answer = cast.payer.query("{ program(code: \"HOUSING_MERIT\") { fundingLines { code allocated committed } } }").await;
        for line in answer.data()["program"]["fundingLines"].as_array().unwrap() {
            assert!(line["committed"].as_i64() <= line["allocated"].as_i64(), "{line}");
        }
        let sum = |line: &str| format!("SELECT CAST(COALESCE(sum(f.amount), 0) AS BIGINT) FROM benefit_funding f JOIN benefit b ON b.id = f.benefit_id
            JOIN funding_line l ON l.id = f.line_id WHERE l.code = '{line}' AND b.status = 'APPROVED'");
        let approved = t.number("SELECT count(*) FROM benefit WHERE status = 'APPROVED'").await;
        assert_eq!(t.number(&sum("I.2.1")).await, approved * 50_000_000, "a benefit takes both its shares or none");
        assert_eq!(t.number(&sum("I.2.2")).await, approved * 20_000_000);
        assert_eq!(t.number("SELECT count(*) FROM benefit WHERE status NOT IN ('APPROVED', 'VERIFIED', 'CANCELLED')").await, 0);
        assert_eq!(t.number("SELECT count(*) FROM benefit WHERE status = 'CANCELLED'").await, 4);
    }

    async fn what_the_plan_merely_hopes_for_warns(t: &Service) {
        let cast = cast(t).await;
        let codes = |result: &Value| result["warnings"].as_array().unwrap().iter()
            .map(|one| format!("{} {}", one["code"].as_str().unwrap(), one["field"].as_str().unwrap())).collect::<Vec<_>>();
        let items = houses(t, 1, 2).await;
        let answer = batch(&cast.commune, "proposeBenefits", 1, items.clone(), json!({})).await;
        let proposed = results(&answer, "proposeBenefits");
        assert_eq!(codes(&proposed[0]), ["LINE_NOT_ALLOCATED funding.0.lineCode", "LINE_NOT_ALLOCATED funding.1.lineCode"]);
        assert!(proposed[0]["warnings"][0]["message"].as_str().unwrap().contains("12500000000"), "{}", proposed[0]);
        let again = batch(&cast.commune, "proposeBenefits", 1, items, json!({})).await;
        assert_eq!(again.data(), answer.data(), "a retry has the same warnings");
        let ids: Vec<_> = proposed.iter().map(|result| result["benefit"]["id"].as_str().unwrap().to_owned()).collect();
        batch(&cast.district, "verifyBenefits", 1, versioned(&ids, 1), json!({})).await.data();
        t.sql("UPDATE funding_line SET allocated = 100000000000, amount = 60000000, quantity = 1 WHERE code = 'I.2.1';
            UPDATE funding_line SET allocated = 100000000000 WHERE code = 'I.2.2'").await;
        let answer = batch(&cast.lead, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        let approved = results(&answer, "approveBenefits");
        assert_eq!(fates(approved), [APPLIED, APPLIED], "the plan caps nothing");
        assert!(codes(&approved[0]).is_empty(), "{}", approved[0]);
        assert_eq!(codes(&approved[1]), ["LINE_AMOUNT_EXCEEDED id", "LINE_QUANTITY_EXCEEDED id"]);
        for figure in ["100000000", "60000000", "12500000000"] {
            assert!(approved[1]["warnings"][0]["message"].as_str().unwrap().contains(figure), "{}", approved[1]);
        }
    }

    async fn payments_at_one_moment_never_exceed_the_share(t: &Service) {
        let cast = cast(t).await;
        let id = approved(&cast, 1, vec![house(&household(t, HERE, 1).await)]).await.remove(0);
        let mut running = JoinSet::new();
        for key in 0..8 {
            let (payer, id) = (cast.payer.clone(), id.clone());
            running.spawn(async move {
                let item = payment(&id, "CENTRAL_BUDGET", 10_000_000, &format!("UNC-{key}"));
                batch(&payer, "recordBenefitPayments", key, vec![item], json!({})).await
            });
        }
        let answers = running.join_all().await;
        let count = |fate| answers.iter().filter(|answer| fates(results(answer, "recordBenefitPayments")) == [fate]).count();
        assert_eq!((count(APPLIED), count(("REFUSED", "BAD_USER_INPUT", "amount"))), (5, 3));
        assert_eq!(t.number("SELECT paid_amount FROM benefit").await, 50_000_000);
        assert_eq!(t.number("SELECT CAST(sum(amount) AS BIGINT) FROM benefit_payment").await, 50_000_000);
    }

    async fn a_payment_is_known_by_its_reference(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        let gift = json!({ "programCode": "MOBILISATION", "householdId": ours, "amount": 500_000,
            "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": 500_000 }] });
        let id = approved(&cast, 1, vec![gift]).await.remove(0);
        let waiting = proposed(&cast, 2, vec![house(&ours)]).await.remove(0);
        let pay = |amount, reference| payment(&id, "SOCIAL_MOBILIZATION", amount, reference);
        let mut early = pay(100_000, "PC-9");
        early["paidOn"] = json!("2026-11-22");
        let mut late = pay(100_000, "PC-9");
        late["paidOn"] = json!("2026-11-24");
        let items = vec![
            pay(500_001, "PC-1"),
            pay(300_000, "PC-1"),
            pay(300_000, "PC-1"),
            pay(200_000, "PC-1"),
            pay(200_001, "PC-2"),
            payment(&id, "HOUSEHOLD", 1, "PC-3"),
            payment(&waiting, "CENTRAL_BUDGET", 1, "PC-4"),
            early,
            late,
            pay(1, " "),
            pay(200_000, "PC-2"),
            pay(1, "PC-5"),
        ];
        let answer = batch(&cast.payer, "recordBenefitPayments", 1, items, json!({})).await;
        let paid = results(&answer, "recordBenefitPayments");
        assert_eq!(fates(paid), [
            ("REFUSED", "BAD_USER_INPUT", "amount"),
            APPLIED,
            ("UNCHANGED", "", ""),
            ("REFUSED", "CONFLICT", "reference"),
            ("REFUSED", "BAD_USER_INPUT", "amount"),
            ("REFUSED", "BAD_USER_INPUT", "source"),
            ("REFUSED", "CONFLICT", "benefitId"),
            ("REFUSED", "BAD_USER_INPUT", "paidOn"),
            ("REFUSED", "BAD_USER_INPUT", "paidOn"),
            ("REFUSED", "BAD_USER_INPUT", "reference"),
            APPLIED,
            ("REFUSED", "CONFLICT", "benefitId"),
        ]);
        assert_eq!(paid[1]["payment"], paid[2]["payment"]);
        assert_eq!(paid[1]["benefit"]["status"], "COMPLETED");
        // The bank sends its file again under a new key.
        let again = batch(&cast.payer, "recordBenefitPayments", 2, vec![pay(200_000, "PC-2"), pay(1, "PC-1")], json!({})).await;
        let again = results(&again, "recordBenefitPayments");
        assert_eq!(fates(again), [("UNCHANGED", "", ""), ("REFUSED", "CONFLICT", "reference")]);
        assert_eq!(again[0]["payment"], paid[10]["payment"]);
        assert_eq!(t.number("SELECT paid_amount FROM benefit WHERE status = 'COMPLETED'").await, 500_000);
    }

    async fn an_allowance_is_paid_month_by_month_until_it_is_cancelled(t: &Service) {
        let cast = cast(t).await;
        let allowance = json!({ "programCode": "MOBILISATION", "householdId": household(t, HERE, 1).await, "amount": 300_000,
            "recurrence": "MONTHLY", "startsOn": "2026-09-01", "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": 300_000 }] });
        let id = approved(&cast, 1, vec![allowance]).await.remove(0);
        let months = ["T9", "T10", "T11"].map(|month| payment(&id, "SOCIAL_MOBILIZATION", 300_000, month)).to_vec();
        let answer = batch(&cast.payer, "recordBenefitPayments", 1, months, json!({})).await;
        let paid = results(&answer, "recordBenefitPayments");
        assert_eq!(fates(paid), [APPLIED, APPLIED, APPLIED]);
        assert_eq!(paid[2]["benefit"], json!({ "id": id, "version": 4, "status": "DISBURSED", "paidAmount": 900_000 }));
        let ended = batch(&cast.lead, "cancelBenefits", 1, versioned(std::slice::from_ref(&id), 4), json!({ "note": "Hộ đã chuyển đi" })).await;
        assert_eq!(results(&ended, "cancelBenefits")[0]["benefit"]["status"], "CANCELLED");
        let answer = batch(&cast.payer, "recordBenefitPayments", 2, vec![payment(&id, "SOCIAL_MOBILIZATION", 300_000, "T12")], json!({})).await;
        assert_eq!(fates(results(&answer, "recordBenefitPayments")), [("REFUSED", "CONFLICT", "benefitId")]);
    }

    async fn what_was_paid_before_a_cancellation_stays_committed(t: &Service) {
        let cast = cast(t).await;
        let ids = approved(&cast, 1, houses(t, 1, 2).await).await;
        batch(&cast.payer, "recordBenefitPayments", 1, vec![payment(&ids[0], "CENTRAL_BUDGET", 30_000_000, "UNC-1")], json!({})).await.data();
        assert_eq!(line(&cast.payer, "I.2.1").await, (100_000_000, 30_000_000));
        let mut items = versioned(&ids[..1], 4);
        items.extend(versioned(&ids[1..], 3));
        let answer = batch(&cast.lead, "cancelBenefits", 1, items, json!({ "note": "Hộ không xây nhà" })).await;
        assert_eq!(fates(results(&answer, "cancelBenefits")), [APPLIED, APPLIED]);
        assert_eq!(line(&cast.payer, "I.2.1").await, (30_000_000, 30_000_000));
    }

    async fn spending_counts_in_its_program_once(t: &Service) {
        let cast = cast(t).await;
        let first = spend(&cast.payer, "CT-1", 5_000_000).await;
        assert_eq!(first.data()["recordProgramSpending"]["program"]["progress"]["disbursedAmount"], 5_000_000);
        let again = spend(&cast.payer, "CT-1", 5_000_000).await;
        assert_eq!(first.data(), again.data());
        spend(&cast.payer, "CT-1", 6_000_000).await.refused("CONFLICT", "input.reference");
        spend(&cast.payer, "CT-2", 0).await.refused("BAD_USER_INPUT", "input.amount");
        spend(&cast.lead, "CT-2", 1).await.refused("FORBIDDEN", "");
        let far = t.as_roles_in(&["front_officer"], "VFF", FAR).await;
        spend(&far, "CT-2", 1).await.refused("FORBIDDEN", "input.unit");
        assert_eq!(t.number("SELECT count(*) FROM program_spending").await, 1);
        assert_eq!(line(&cast.payer, "I.2.1").await, (5_000_000, 5_000_000));
    }

    async fn the_same_spending_at_one_moment_is_written_once(t: &Service) {
        let cast = cast(t).await;
        let mut running = JoinSet::new();
        for _ in 0..6 {
            let payer = cast.payer.clone();
            running.spawn(async move { spend(&payer, "CT-1", 5_000_000).await });
        }
        for answer in running.join_all().await {
            answer.data();
        }
        assert_eq!(t.number("SELECT count(*) FROM program_spending").await, 1);
    }
}
