//! Who sees statistics only gets the sums over programs in whole fives of households.

use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::*;

/// Roles that read the plan and no live figures.
const VIEWERS: [&str; 4] = ["finance_viewer", "statistics_viewer", "platform_admin", "agency_admin"];

const PLAN: &str = "{ plan(year: 2022) {
    funding { disbursed bySource { source disbursed } }
    programs { code progress { approved disbursed disbursedAmount percent bySource { source lineCode amount } }
               fundingLines { code committed disbursed } } } }";

/// Every sum over one program and the plan that this test moves, and that they agree with each other.
async fn sums(caller: &Caller, program: &str, line: &str) -> Value {
    let plan = caller.query(PLAN).await.data()["plan"].clone();
    let programs = plan["programs"].as_array().unwrap();
    let of = |program: &Value| program["progress"]["disbursedAmount"].as_i64().unwrap();
    assert_eq!(plan["funding"]["disbursed"], programs.iter().map(of).sum::<i64>(), "the plan is its programs");
    let sources = plan["funding"]["bySource"].as_array().unwrap();
    let by_source: i64 = sources.iter().map(|source| source["disbursed"].as_i64().unwrap()).sum();
    let found = programs.iter().find(|found| found["code"] == program).unwrap();
    let shares = found["progress"]["bySource"].as_array().unwrap();
    let shared: i64 = shares.iter().map(|share| share["amount"].as_i64().unwrap()).sum();
    assert_eq!(json!(shared), found["progress"]["disbursedAmount"], "a program is its sources");
    assert_eq!(json!(by_source), plan["funding"]["disbursed"], "the plan is its sources");
    let lines = found["fundingLines"].as_array().unwrap();
    let line = lines.iter().find(|found| found["code"] == line).unwrap();
    json!([
        found["progress"]["approved"],
        found["progress"]["disbursed"],
        found["progress"]["disbursedAmount"],
        line["committed"],
        line["disbursed"]
    ])
}

/// The same for all who see no live figures.
async fn seen(t: &Service, program: &str, line: &str) -> Value {
    let mut seen = Vec::new();
    for role in VIEWERS {
        seen.push(sums(&t.as_role(role).await, program, line).await);
    }
    assert!(seen.windows(2).all(|two| two[0] == two[1]), "{seen:?}");
    seen.remove(0)
}

/// Approves a house for a new household and pays it a sum of its own.
async fn helped(t: &Service, cast: &Cast, number: u32) -> String {
    let id = approved(cast, number, vec![house(&household(t, HERE, number).await)]).await.remove(0);
    pay(cast, &id, number, 10_000_000 + i64::from(number)).await;
    id
}

async fn pay(cast: &Cast, benefit: &str, key: u32, amount: i64) {
    let item = payment(benefit, "CENTRAL_BUDGET", amount, &format!("UNC-{key}"));
    let answer = batch(&cast.payer, "recordBenefitPayments", key, vec![item], json!({})).await;
    assert_eq!(fates(results(&answer, "recordBenefitPayments")), [APPLIED]);
}

both_databases! {
    async fn sums_over_benefits_come_in_fives_of_households(t: &Service) {
        let cast = cast(t).await;
        let mut first = String::new();
        for number in 1..=4 {
            first = helped(t, &cast, number).await;
        }
        assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await, json!([0, 0, 0, 0, 0]));
        assert_eq!(sums(&cast.payer, "HOUSING_MERIT", "I.2.1").await, json!([4, 4, 40_000_010, 200_000_000, 40_000_010]),
            "officers see all");
        // One household's further payments are no group by themselves.
        for key in 11..=16 {
            pay(&cast, &first, key, 1_000_000).await;
        }
        assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await, json!([0, 0, 0, 0, 0]));
        // Spending is no household's.
        spend(&cast.payer, "CT-1", 3_000_000).await.data();
        assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await, json!([0, 0, 3_000_000, 3_000_000, 3_000_000]));
        helped(t, &cast, 5).await;
        let five = json!([5, 5, 53_000_015, 253_000_000, 53_000_015]);
        assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await, five);
        // Two looks differ by five households or by nothing.
        for number in 6..=9 {
            helped(t, &cast, number).await;
            assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await, five, "{number}");
        }
        helped(t, &cast, 10).await;
        assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await, json!([10, 10, 103_000_055, 503_000_000, 103_000_055]));
    }

    async fn what_comes_back_commits_what_was_paid_where_that_is_more(t: &Service) {
        let cast = cast(t).await;
        let mut ids = Vec::new();
        for number in 1..=5 {
            let monthly = json!({ "programCode": "HOUSING_MERIT", "householdId": household(t, HERE, number).await, "amount": 1_000_000,
                "recurrence": "MONTHLY", "startsOn": "2026-09-01", "endsOn": "2026-12-31", "funding": [{ "source": "CENTRAL_BUDGET", "lineCode": "I.2.1", "amount": 1_000_000 }] });
            ids.extend(approved(&cast, number, vec![monthly]).await);
        }
        let committed = async |expected: [i64; 2]| {
            let (officer, all) = (line(&cast.payer, "I.2.1").await.0, seen(t, "HOUSING_MERIT", "I.2.1").await[3].clone());
            assert_eq!(json!([officer, all]), json!(expected));
        };
        committed([5_000_000, 5_000_000]).await;
        // A part of the first month, then beyond it: 1 đồng, 2, 3, 4, 5 more than another month.
        for (key, id) in (1..).zip(&ids) {
            pay(&cast, id, key, 400_000).await;
        }
        committed([5_000_000, 5_000_000]).await;
        for (key, id) in (11..).zip(&ids).take(4) {
            pay(&cast, id, key, 1_600_000 + i64::from(key)).await;
        }
        committed([9_000_050, 5_000_000]).await;
        pay(&cast, &ids[4], 15, 1_600_015).await;
        committed([10_000_065, 10_000_065]).await;
        // One household's next month is no group.
        pay(&cast, &ids[0], 21, 900_000).await;
        committed([10_900_065, 10_000_065]).await;
    }

    async fn sums_over_loans_come_in_fives_of_households(t: &Service) {
        let bank = t.as_role("bank_officer").await;
        let document = "mutation($input: RecordLoansInput!) { recordLoans(input: $input) { results { status } } }";
        let lend = async |number: u32| {
            let principal = 20_000_000 + number;
            let item = json!({ "contractNumber": format!("HD-{number}"), "productCode": "WATER_SANITATION",
                "householdId": household(t, HERE, number).await, "principal": principal, "termMonths": 36,
                "approvedOn": "2026-01-20", "disbursedOn": "2026-02-01",
                "funding": [{ "source": "VBSP_CREDIT", "lineCode": "VIII.1", "amount": principal }] });
            let input = json!({ "items": [item], "idempotencyKey": format!("{number}") });
            let answer = bank.ask(document, json!({ "input": input })).await;
            assert_eq!(answer.data()["recordLoans"]["results"], json!([{ "status": "APPLIED" }]), "{}", answer.body);
        };
        for number in 1..=4 {
            lend(number).await;
        }
        assert_eq!(seen(t, "WATER_SANITATION", "VIII.1").await, json!([0, 0, 0, 0, 0]));
        assert_eq!(sums(&bank, "WATER_SANITATION", "VIII.1").await, json!([4, 4, 80_000_010, 80_000_010, 80_000_010]));
        for number in 5..=7 {
            lend(number).await;
            assert_eq!(seen(t, "WATER_SANITATION", "VIII.1").await, json!([5, 5, 100_000_015, 100_000_015, 100_000_015]));
        }
        // A reversal takes nothing out again: the sixth would take the place of the first.
        let entry = bank.query("{ loan(contractNumber: \"HD-1\") { version transactions(first: 1) { nodes { id } } } }").await;
        let entry = &entry.data()["loan"];
        let input = json!({ "transactionId": entry["transactions"]["nodes"][0]["id"], "expectedVersion": entry["version"],
            "reason": "Ghi nhầm", "reference": "DC-1", "occurredOn": "2026-11-20" });
        let reversed = "mutation($input: ReverseLoanTransactionInput!) { reverseLoanTransaction(input: $input) { loan { disbursedOn } } }";
        let answer = bank.ask(reversed, json!({ "input": input })).await;
        assert_eq!(answer.data()["reverseLoanTransaction"]["loan"], json!({ "disbursedOn": null }), "{}", answer.body);
        assert_eq!(seen(t, "WATER_SANITATION", "VIII.1").await, json!([5, 5, 100_000_015, 100_000_015, 100_000_015]));
        // Nor does a cancellation: two looks would tell what the first and the sixth were granted.
        let loan = bank.query("{ loan(contractNumber: \"HD-1\") { id version } }").await.data()["loan"].clone();
        let input = json!({ "loanId": loan["id"], "expectedVersion": loan["version"], "cancelledOn": "2026-11-21", "reason": "hộ không nhận vốn" });
        let cancelled = "mutation($input: CancelLoanInput!) { cancelLoan(input: $input) { loan { status } } }";
        let answer = bank.ask(cancelled, json!({ "input": input })).await;
        assert_eq!(answer.data()["cancelLoan"]["loan"], json!({ "status": "REJECTED" }), "{}", answer.body);
        assert_eq!(seen(t, "WATER_SANITATION", "VIII.1").await, json!([5, 5, 100_000_015, 100_000_015, 100_000_015]));
        assert_eq!(sums(&bank, "WATER_SANITATION", "VIII.1").await, json!([6, 6, 120_000_027, 120_000_027, 120_000_027]), "officers see what is granted");
    }

    async fn sums_over_model_capital_come_in_fives_of_households(t: &Service) {
        let enrol = async |from: u32, to: u32| {
            for number in from..=to {
                household(t, HERE, number).await;
                t.sql(&format!(
                    "INSERT INTO model_participation (project_id, household_id, commune_id, district_id, support_amount, outcome,
                         enrolled_on, version, created_at, updated_at)
                     SELECT m.id, h.id, h.commune_id, h.district_id, {0}, 'ONGOING', '2026-01-05', 1, 0, 0
                       FROM model_project m, household h WHERE m.code = 'MH-5' AND h.code = '{HERE}-{number:06}';
                     INSERT INTO participation_funding (participation_id, source, amount)
                     SELECT x.id, 'PROVINCIAL_BUDGET', {0} FROM model_participation x WHERE x.support_amount = {0}",
                    1_000_000 + number
                )).await;
            }
        };
        t.sql("INSERT INTO model_project (code, name, track, site_id, status, program_id, version, created_at, updated_at)
               SELECT 'MH-5', 'Nuôi bò', 'LIVELIHOOD', u.id, 'ACTIVE', p.id, 1, 0, 0
                 FROM admin_unit u, program p WHERE u.level = 'PROVINCE' AND u.valid_from IS NULL AND p.code = 'HOUSING_MERIT'").await;
        enrol(1, 4).await;
        assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await[2], 0);
        enrol(5, 6).await;
        assert_eq!(seen(t, "HOUSING_MERIT", "I.2.1").await[2], 5_000_015);
    }
}
