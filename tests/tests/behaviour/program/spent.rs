//! What a benefit paid counts after it was cancelled, and nothing is paid beyond what was approved or allocated.

use serde_json::json;
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::{
    limits::funded,
    monthly::{fate, home, monthly, pay, propose, warned, with},
    *,
};

async fn cancel(cast: &Cast, key: u32, id: &str, version: i32) {
    let items = versioned(&[id.to_owned()], version);
    let answer = batch(&cast.lead, "cancelBenefits", key, items, json!({ "note": "Thay đổi mức hưởng" })).await;
    assert_eq!(fates(results(&answer, "cancelBenefits")), [APPLIED]);
}

/// A million a month to a household with merit, from the centre's line.
fn merit(household: &str, starts_on: &str) -> Value {
    json!({ "programCode": "HOUSING_MERIT", "householdId": household, "amount": 1_000_000, "recurrence": "MONTHLY",
        "startsOn": starts_on, "endsOn": "2026-12-31",
        "funding": [{ "source": "CENTRAL_BUDGET", "lineCode": "I.2.1", "amount": 1_000_000 }] })
}

async fn pay_merit(payer: &Caller, key: u32, id: &str, amount: i64, on: &str) -> Value {
    let item = with(payment(id, "CENTRAL_BUDGET", amount, &format!("UNC-{key}")), json!({ "paidOn": on }));
    results(&batch(payer, "recordBenefitPayments", key, vec![item], json!({})).await, "recordBenefitPayments")[0]
        .clone()
}

const ABOVE: (&str, &str, &str) = ("REFUSED", "BAD_USER_INPUT", "amount");
const TWICE: (&str, &str, &str) = ("REFUSED", "CONFLICT", "householdId");

both_databases! {
    async fn months_paid_by_a_cancelled_benefit_are_not_paid_again(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let one = monthly(&home, &people[0], 750_000);
        let id = approved(&cast, 1, vec![one.clone()]).await.remove(0);
        assert_eq!(fate(&pay(&cast.payer, &id, 750_000, "2026-11-23", "PC-1").await), APPLIED);
        t.set_day("2026-12-05");
        assert_eq!(fate(&pay(&cast.payer, &id, 750_000, "2026-12-05", "PC-2").await), APPLIED);
        cancel(&cast, 1, &id, 5).await;
        let from = |day: &str| with(one.clone(), json!({ "startsOn": day }));
        let again = propose(&cast.commune, 2, vec![from("2026-11-30"), from("2026-12-01"), from("2026-12-31")]).await;
        assert_eq!(fates(&again), [("REFUSED", "BAD_USER_INPUT", "startsOn"), TWICE, TWICE]);
        for figure in ["2026-11-30", "2026-12"] {
            assert!(message(&again[0]).contains(figure), "{}", again[0]);
        }
        assert!(message(&again[1]).contains("through 2026-12") && message(&again[1]).contains(&id), "{}", again[1]);
        // It goes with the person into another household.
        let other = household(t, HERE, 2).await;
        t.sql("UPDATE person SET household_id = (SELECT id FROM household WHERE code = '28757-000002'), relationship = 'CHILD' WHERE full_name = 'Lê Thị Một'").await;
        let moved = |day: &str| with(from(day), json!({ "householdId": other }));
        let second = approved(&cast, 3, vec![moved("2027-01-01")]).await.remove(0);
        assert_eq!(fates(&propose(&cast.commune, 4, vec![moved("2026-12-31")]).await), [TWICE]);
        assert_eq!(fate(&pay(&cast.payer, &second, 1, "2026-12-05", "PC-3").await), ABOVE, "it hasn't begun");
        // One that slipped in over the months that were paid owes none of them.
        t.sql("UPDATE benefit SET starts_on = '2026-11-01' WHERE id = (SELECT max(id) FROM benefit)").await;
        assert_eq!(fate(&pay(&cast.payer, &second, 1, "2026-12-05", "PC-4").await), ABOVE);
        t.set_day("2027-01-05");
        assert_eq!(fate(&pay(&cast.payer, &second, 750_001, "2027-01-05", "PC-5").await), ABOVE);
        let paid = pay(&cast.payer, &second, 750_000, "2027-01-05", "PC-6").await;
        assert_eq!((fate(&paid), warned(&paid).len()), (APPLIED, 0));
        assert_eq!(t.number("SELECT CAST(sum(amount) AS BIGINT) FROM benefit_payment").await, 3 * 750_000);
    }

    async fn what_was_cancelled_unpaid_is_forgotten(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let one = monthly(&home, &people[0], 750_000);
        let id = approved(&cast, 1, vec![one.clone()]).await.remove(0);
        cancel(&cast, 1, &id, 3).await;
        let second = approved(&cast, 2, vec![one]).await.remove(0);
        assert_eq!(fate(&pay(&cast.payer, &second, 750_000, "2026-11-23", "PC-7").await), APPLIED);
    }

    async fn two_in_one_month_are_one_too_many(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let until = |from: &str, to: &str| with(monthly(&home, &people[0], 750_000), json!({ "startsOn": from, "endsOn": to }));
        let answer = propose(&cast.commune, 1, vec![
            until("2026-11-01", "2026-12-10"),
            until("2026-12-11", "2027-03-31"),
            until("2026-12-31", "2026-12-31"),
            until("2027-01-01", "2027-03-31"),
        ]).await;
        assert_eq!(fates(&answer), [APPLIED, TWICE, TWICE, APPLIED]);
    }

    async fn months_that_were_paid_are_not_worked_out_anew(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let id = approved(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await.remove(0);
        assert_eq!(fate(&pay(&cast.payer, &id, 500_000, "2026-11-23", "PC-8").await), APPLIED);
        t.sql("UPDATE person SET protected_categories = 4 WHERE full_name = 'Lê Thị Một'").await;
        assert_eq!(fate(&pay(&cast.payer, &id, 250_001, "2026-11-23", "PC-9").await), ABOVE, "the month is worked out");
        t.set_day("2027-01-05");
        // The rest of November as it was worked out, December as it was approved, January as it is now.
        let due = 750_000 + 750_000 + 1_000_000;
        let above = pay(&cast.payer, &id, due - 500_000 + 1, "2027-01-05", "PC-10").await;
        assert_eq!(fate(&above), ABOVE);
        assert!(message(&above).contains(&due.to_string()), "{above}");
        let paid = pay(&cast.payer, &id, due - 500_000, "2027-01-05", "PC-11").await;
        assert_eq!((fate(&paid), warned(&paid).len()), (APPLIED, 0));
        // Somebody who is no longer disabled isn't asked for anything back, and is owed nothing more.
        t.sql("UPDATE person SET protected_categories = 0 WHERE full_name = 'Lê Thị Một'").await;
        t.set_day("2027-02-05");
        assert_eq!(fate(&pay(&cast.payer, &id, 1, "2027-02-05", "PC-12").await), ABOVE);
    }

    async fn a_house_paid_in_part_was_given(t: &Service) {
        let cast = cast(t).await;
        let mut homes = houses(t, 1, 2).await;
        let ids = approved(&cast, 1, homes.clone()).await;
        batch(&cast.payer, "recordBenefitPayments", 1, vec![payment(&ids[0], "CENTRAL_BUDGET", 30_000_000, "UNC-1")], json!({})).await.data();
        cancel(&cast, 1, &ids[0], 4).await;
        cancel(&cast, 2, &ids[1], 3).await;
        let again = propose(&cast.commune, 2, homes.split_off(0)).await;
        assert_eq!(fates(&again), [TWICE, APPLIED], "of the second household nothing was paid");
        assert!(message(&again[0]).contains(&ids[0]), "{}", again[0]);
    }

    async fn limits_count_what_a_cancelled_benefit_paid(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        fixture::classed(t, "TRUE", "NEAR_POOR").await;
        let card = |central, own| funded("HI_NEAR_POOR", &ours, None, &[("CENTRAL_BUDGET", central), ("PROVINCIAL_BUDGET", own)]);
        let id = approved(&cast, 1, vec![card(884_520, 379_080)]).await.remove(0);
        let part = |source: &str, amount, reference: &str| payment(&id, source, amount, reference);
        let parts = vec![part("CENTRAL_BUDGET", 800_000, "BH-1"), part("PROVINCIAL_BUDGET", 79_080, "BH-2")];
        batch(&cast.payer, "recordBenefitPayments", 1, parts, json!({})).await.data();
        cancel(&cast, 1, &id, 4).await;
        let again = propose(&cast.commune, 2, vec![card(884_520, 379_080), card(84_521, 300_000), card(84_520, 300_000)]).await;
        assert_eq!(fates(&again), [ABOVE, ABOVE, APPLIED]);
        t.sql("UPDATE benefit SET status = 'REJECTED' WHERE status = 'PROPOSED'").await;
        t.set_day("2027-01-02");
        assert_eq!(fates(&propose(&cast.commune, 3, vec![card(884_520, 379_080)]).await), [APPLIED], "another year");
    }

    async fn what_comes_back_is_paid_as_often_as_it_falls_due(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        let id = approved(&cast, 1, vec![merit(&ours, "2026-10-31")]).await.remove(0);
        let above = pay_merit(&cast.payer, 1, &id, 2_000_001, "2026-11-23").await;
        assert_eq!(fate(&above), ABOVE);
        for figure in ["1000000", "2000000", "2000001"] {
            assert!(message(&above).contains(figure), "{above}");
        }
        assert_eq!(fate(&pay_merit(&cast.payer, 2, &id, 2_000_000, "2026-11-23").await), APPLIED);
        assert_eq!(fate(&pay_merit(&cast.payer, 3, &id, 1, "2026-11-23").await), ABOVE);
        t.set_day("2027-03-01");
        assert_eq!(fate(&pay_merit(&cast.payer, 4, &id, 500_000, "2027-02-28").await), APPLIED, "for December");
        assert_eq!(fate(&pay_merit(&cast.payer, 5, &id, 500_000, "2026-11-30").await), APPLIED, "entered late");
        assert_eq!(fate(&pay_merit(&cast.payer, 6, &id, 1, "2027-03-01").await), ABOVE, "it ended");
        assert_eq!(line(&cast.payer, "I.2.1").await, (3_000_000, 3_000_000));
    }

    async fn payments_stay_within_the_allocation(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        let id = approved(&cast, 1, vec![merit(&ours, "2026-09-01")]).await.remove(0);
        allocate(&cast, "I.2.1", 2_000_000).await.data();
        assert_eq!(fate(&pay_merit(&cast.payer, 1, &id, 1_000_000, "2026-11-23").await), APPLIED);
        assert_eq!(line(&cast.payer, "I.2.1").await, (1_000_000, 1_000_000));
        let above = pay_merit(&cast.payer, 2, &id, 1_000_001, "2026-11-23").await;
        assert_eq!(fate(&above), ("REFUSED", "CONFLICT", "amount"));
        for figure in ["I.2.1", "2000000", "1000000", "1000001"] {
            assert!(message(&above).contains(figure), "{above}");
        }
        assert_eq!(fate(&pay_merit(&cast.payer, 3, &id, 1_000_000, "2026-11-23").await), APPLIED);
        assert_eq!(line(&cast.payer, "I.2.1").await, (2_000_000, 2_000_000));
        allocate(&cast, "I.2.1", 1_999_999).await.refused("CONFLICT", "input.allocated");
        assert_eq!(fate(&pay_merit(&cast.payer, 4, &id, 1, "2026-11-23").await), ("REFUSED", "CONFLICT", "amount"));
    }

    async fn payments_at_one_moment_stay_within_the_allocation(t: &Service) {
        let cast = cast(t).await;
        let mut items = Vec::new();
        for number in 1..=4 {
            items.push(merit(&household(t, HERE, number).await, "2026-09-01"));
        }
        let ids = approved(&cast, 1, items).await;
        allocate(&cast, "I.2.1", 6_000_000).await.data();
        let mut running = JoinSet::new();
        for (key, id) in (1..).zip(ids) {
            let payer = cast.payer.clone();
            running.spawn(async move { pay_merit(&payer, key, &id, 2_500_000, "2026-11-23").await });
        }
        let answers = running.join_all().await;
        let applied = answers.iter().filter(|answer| fate(answer) == APPLIED).count();
        assert_eq!(applied, 1, "{answers:?}");
        assert_eq!(line(&cast.payer, "I.2.1").await, (5_500_000, 2_500_000));
    }
}
