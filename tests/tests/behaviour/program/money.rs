//! Payments, allocations and spending: no sum is ever exceeded, nothing counts twice.

use serde_json::json;
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::*;
use crate::fixture::FAR;

both_databases! {
    async fn an_allocation_caps_what_is_approved_and_spent(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        let answer = allocate(&cast, "I.2.1", 110_000_000).await;
        assert_eq!(answer.data()["allocateFunding"], json!({ "program": { "code": "HOUSING_MERIT" },
            "line": { "code": "I.2.1", "allocated": 110_000_000, "committed": 0, "disbursed": 0 } }));
        let ids = verified(&cast, 1, vec![house(&ours), house(&ours), house(&ours)]).await;
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
        let ours = household(t, HERE, 1).await;
        allocate(&cast, "I.2.1", 220_000_000).await.data();
        let ids = verified(&cast, 1, (0..10).map(|_| house(&ours)).collect()).await;
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
        let ours = household(t, HERE, 1).await;
        let ids = approved(&cast, 1, vec![house(&ours), house(&ours)]).await;
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
