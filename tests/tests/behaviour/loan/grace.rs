//! A time of grace in which only interest falls due, kept by the loan as its product had it when it was granted.

use tests::both_databases;

use super::{
    law::{admin, with},
    write as write_loan, *,
};
use crate::fixture::{HERE, write};

/// A house of the poor, as the reference data have it.
fn house() -> Value {
    json!({ "code": "HOUSING_POOR", "name": "Cho vay hộ nghèo về nhà ở", "maxAmount": 25_000_000, "maxTermMonths": 180, "graceMonths": 60,
        "annualRate": "3", "eligibleClasses": ["POOR"], "purpose": "HOUSING", "effectiveFrom": "2015-10-01", "basis": "UNKNOWN",
        "source": "Quyết định 33/2015/QĐ-TTg; K+" })
}

async fn product(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordLoanProduct", input, "product { graceMonths version }").await
}

fn item(number: &str, household: &str, change: Value) -> Value {
    let house = json!({ "productCode": "HOUSING_POOR", "termMonths": 180 });
    with(&contract(number, household, 25_000_000), with(&house, change))
}

async fn shown(caller: &Caller, number: &str) -> Value {
    let query = format!(
        "{{ loan(contractNumber: \"{number}\") {{ graceMonths product {{ graceMonths }} schedule {{ principal interest paid }} }} }}"
    );
    caller.query(&query).await.data()["loan"].clone()
}

/// A request for a house that the commune confirmed.
async fn confirmed(t: &Service, number: u32) -> Value {
    let commune = t.as_role_in("commune_officer", HERE).await;
    let asked = json!({ "productCode": "HOUSING_POOR", "householdId": household(t, number).await, "amount": 25_000_000,
        "termMonths": 120, "requestedOn": "2026-11-19" });
    let id = done(&write_loan(&commune, "requestLoan", asked).await)["loan"]["id"].clone();
    let step = json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" });
    done(&write_loan(&commune, "confirmLoan", step).await);
    json!({ "loanId": id, "expectedVersion": 2, "approve": true, "contractNumber": format!("G-{number}"), "decidedOn": "2026-11-21" })
}

both_databases! {
    async fn a_contract_has_the_grace_of_its_product(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 1).await);
        let answer = record(&bank, "k", json!([
            item("A", &home, json!({})),
            item("B", &home, json!({ "graceMonths": 12 })),
            item("C", &home, json!({ "termMonths": 36 })),
            item("A", &home, json!({})),
            item("D", &home, json!({ "graceMonths": 180 })),
            item("D", &home, json!({ "graceMonths": -1 })),
            item("D", &home, json!({ "graceMonths": 36, "termMonths": 36 })),
            item("B", &home, json!({ "graceMonths": 13 })),
            item("D", &home, json!({ "graceMonths": 84 })),
            with(&contract("E", &home, 1), json!({ "graceMonths": 1 })),
        ])).await;
        assert_eq!(statuses(&answer), ["APPLIED", "APPLIED", "APPLIED", "UNCHANGED", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "APPLIED", "APPLIED"]);
        for result in &results(&answer)[4..7] {
            assert_eq!(fault(result), ("BAD_USER_INPUT", "graceMonths"));
        }
        assert!(results(&answer)[4]["error"]["message"].as_str().unwrap().contains("0 to 179 of the term's 180 months"), "{}", answer.text);
        assert_eq!(fault(&results(&answer)[7]), ("CONFLICT", "contractNumber"));
        // Longer than the product's: the bank has it so.
        assert_eq!([shown(&bank, "D").await["graceMonths"].clone(), shown(&bank, "E").await["graceMonths"].clone()], [json!(84), json!(1)]);
        // 25,000,000 x 3% x 28 / 365 of February, 57,534.247; the principal in 120 parts from the 61st month on.
        let loan = shown(&bank, "A").await;
        let parts = loan["schedule"].as_array().unwrap();
        assert_eq!((&loan["graceMonths"], &loan["product"]["graceMonths"], parts.len()), (&json!(60), &json!(60), 180));
        assert_eq!(parts[0], json!({ "principal": 0, "interest": 57_534, "paid": 0 }));
        assert_eq!((&parts[59]["principal"], &parts[60]["principal"], &parts[179]["principal"]), (&json!(0), &json!(208_333), &json!(208_373)));
        assert_eq!(shown(&bank, "B").await["graceMonths"], 12);
        // A shorter term is another contract than the product's grace is for.
        let short = shown(&bank, "C").await;
        assert_eq!((&short["graceMonths"], &short["schedule"][0]["principal"], &short["schedule"][35]["principal"]), (&json!(0), &json!(694_444), &json!(694_460)));
        // What is paid in the grace counts from the first instalment of principal on.
        assert_eq!(statuses(&repay(&bank, "r", json!([receipt("A", "R-1", 300_000, 0)])).await), ["APPLIED"]);
        let paid = shown(&bank, "A").await;
        assert_eq!((&paid["schedule"][59]["paid"], &paid["schedule"][60]["paid"], &paid["schedule"][61]["paid"]), (&json!(0), &json!(208_333), &json!(91_667)));
        let found = bank.query("{ loanProducts { code graceMonths } }").await;
        let of = |code: &str| found.data()["loanProducts"].as_array().unwrap().iter().find(|product| product["code"] == code).unwrap()["graceMonths"].clone();
        assert_eq!([of("HOUSING_POOR"), of("STUDENT"), of("POOR")], [json!(60), json!(72), json!(0)]);
    }

    async fn the_bank_grants_a_grace_within_the_products(t: &Service) {
        let bank = bank(t).await;
        let decision = confirmed(t, 1).await;
        for (change, field) in [
            (json!({ "graceMonths": 61 }), "input.graceMonths"),
            (json!({ "graceMonths": -1 }), "input.graceMonths"),
            (json!({ "graceMonths": 24, "termMonths": 24 }), "input.graceMonths"),
            (json!({ "graceMonths": 24, "approve": false, "contractNumber": null, "reason": "hết vốn" }), "input.graceMonths"),
        ] {
            write_loan(&bank, "decideLoan", with(&decision, change)).await.refused("BAD_USER_INPUT", field);
        }
        done(&write_loan(&bank, "decideLoan", with(&decision, json!({ "graceMonths": 24 }))).await);
        assert_eq!(shown(&bank, "G-1").await["graceMonths"], 24);
        done(&write_loan(&bank, "decideLoan", confirmed(t, 2).await).await);
        assert_eq!(shown(&bank, "G-2").await["graceMonths"], 60);
        let fields = "SELECT fields FROM audit_entry WHERE subject_type = 'Loan' AND operation = 'decideLoan' AND decision = 'ALLOWED' ORDER BY id";
        assert!(t.texts(fields).await[0].contains("graceMonths"));
    }

    async fn a_loan_keeps_the_grace_it_was_granted_with(t: &Service) {
        let (admin, bank, home) = (admin(t).await, bank(t).await, household(t, 1).await);
        assert_eq!(statuses(&record(&bank, "k", json!([item("A", &home, json!({ "graceMonths": 48 }))])).await), ["APPLIED"]);
        let corrected = with(&house(), json!({ "expectedVersion": 1 }));
        for grace in [180, -1] {
            product(&admin, with(&corrected, json!({ "graceMonths": grace }))).await.refused("BAD_USER_INPUT", "input.graceMonths");
        }
        let refused = product(&admin, with(&corrected, json!({ "graceMonths": 47 }))).await;
        refused.refused("CONFLICT", "input.graceMonths");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("48"), "{}", refused.text);
        let answer = product(&admin, with(&corrected, json!({ "graceMonths": 50 }))).await;
        assert_eq!(answer.data()["recordLoanProduct"]["product"], json!({ "graceMonths": 50, "version": 2 }));
        let again = record(&bank, "again", json!([
            item("A", &home, json!({ "graceMonths": 48 })), item("A", &home, json!({})), item("B", &home, json!({})),
        ])).await;
        assert_eq!(statuses(&again), ["UNCHANGED", "UNCHANGED", "APPLIED"]);
        assert_eq!((shown(&bank, "A").await["graceMonths"].clone(), shown(&bank, "B").await["graceMonths"].clone()), (json!(48), json!(50)));
    }

    async fn a_correction_that_says_nothing_of_the_grace_keeps_it(t: &Service) {
        let admin = admin(t).await;
        let mut silent = house();
        silent.as_object_mut().unwrap().remove("graceMonths");
        let set = async |change: Value| {
            let answer = product(&admin, with(&silent, change)).await;
            let shown = answer.data()["recordLoanProduct"]["product"].clone();
            (shown["graceMonths"].clone(), shown["version"].clone())
        };
        assert_eq!(set(json!({ "expectedVersion": 1, "maxAmount": 30_000_000 })).await, (json!(60), json!(2)));
        assert_eq!(set(json!({ "maxAmount": 30_000_000 })).await, (json!(60), json!(2)), "the same again");
        // One whose term the kept grace doesn't fit says another.
        product(&admin, with(&silent, json!({ "expectedVersion": 2, "maxTermMonths": 60 }))).await.refused("BAD_USER_INPUT", "input.graceMonths");
        let next = json!({ "maxAmount": 40_000_000, "effectiveFrom": "2026-11-21", "endsPrevious": true });
        assert_eq!(set(next.clone()).await, (json!(60), json!(1)));
        assert_eq!(set(with(&next, json!({ "graceMonths": 0, "expectedVersion": 1 }))).await, (json!(0), json!(2)));
        // A product that follows no other has none.
        assert_eq!(set(json!({ "code": "GARDEN" })).await, (json!(0), json!(1)));
    }

    async fn a_contract_from_before_takes_the_grace_that_the_bank_sends(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 1).await);
        let sent = |grace: i32| json!([item("A", &home, json!({ "graceMonths": grace })), item("B", &home, json!({ "graceMonths": grace }))]);
        assert_eq!(statuses(&record(&bank, "1", sent(0)).await), ["APPLIED", "APPLIED"]);
        let answer = record(&bank, "2", sent(60)).await;
        assert_eq!(statuses(&answer), ["APPLIED", "APPLIED"], "{}", answer.text);
        assert_eq!(results(&answer)[0]["loan"]["version"], 2);
        let loan = shown(&bank, "A").await;
        assert_eq!((&loan["graceMonths"], &loan["schedule"][59]["principal"], &loan["schedule"][60]["principal"]), (&json!(60), &json!(0), &json!(208_333)));
        let events = "SELECT operation || ' ' || version FROM change_event WHERE subject_type = 'Loan' ORDER BY id";
        assert_eq!(t.texts(events).await, ["CREATED 1", "CREATED 1", "UPDATED 2", "UPDATED 2"]);
        let entries = "SELECT count(*) FROM audit_entry WHERE subject_type = 'Loan' AND operation = 'recordLoans' AND fields = 'graceMonths' AND decision = 'ALLOWED'";
        assert_eq!(t.number(entries).await, 2);
        // The same again, and the same without a word of it.
        assert_eq!(statuses(&record(&bank, "3", sent(60)).await), ["UNCHANGED", "UNCHANGED"]);
        assert_eq!(statuses(&record(&bank, "4", json!([item("A", &home, json!({}))])).await), ["UNCHANGED"]);
        // With something else another contract; nothing of it is taken.
        let other = record(&bank, "5", json!([
            item("A", &home, json!({ "graceMonths": 12, "termMonths": 120 })), item("A", &home, json!({ "graceMonths": 180 })),
            item("A", &home, json!({ "graceMonths": -1 })),
        ])).await;
        assert_eq!(results(&other).iter().map(fault).collect::<Vec<_>>(), [("CONFLICT", "contractNumber"), ("BAD_USER_INPUT", "graceMonths"), ("BAD_USER_INPUT", "graceMonths")]);
        // Two words in one batch: the first is taken.
        let both = record(&bank, "6", json!([item("A", &home, json!({ "graceMonths": 24 })), item("A", &home, json!({ "graceMonths": 25 })),
            item("A", &home, json!({ "graceMonths": 24 }))])).await;
        assert_eq!(statuses(&both), ["APPLIED", "REFUSED", "UNCHANGED"]);
        assert_eq!(t.number("SELECT count(*) FROM change_event WHERE subject_type = 'Loan'").await, 5);
        assert_eq!(shown(&bank, "A").await["graceMonths"], 24);
        ledgers_agree(t).await;
    }

    async fn what_was_granted_here_keeps_its_grace(t: &Service) {
        let bank = bank(t).await;
        let decision = confirmed(t, 1).await;
        done(&write_loan(&bank, "decideLoan", with(&decision, json!({ "graceMonths": 24 }))).await);
        let home = bank.query("{ loan(contractNumber: \"G-1\") { household { id } } }").await.data()["loan"]["household"]["id"].clone();
        let same = item("G-1", home.as_str().unwrap(), json!({ "termMonths": 120, "approvedOn": "2026-11-21", "disbursedOn": null, "graceMonths": 24 }));
        let other = with(&same, json!({ "graceMonths": 60 }));
        let answer = record(&bank, "k", json!([other, same, with(&same, json!({ "graceMonths": null }))])).await;
        assert_eq!(statuses(&answer), ["REFUSED", "UNCHANGED", "UNCHANGED"], "{}", answer.text);
        assert_eq!(fault(&results(&answer)[0]), ("CONFLICT", "graceMonths"));
        for figure in ["G-1", "2026-11-19", "24", "60"] {
            assert!(results(&answer)[0]["error"]["message"].as_str().unwrap().contains(figure), "{}", answer.text);
        }
        assert_eq!(shown(&bank, "G-1").await["graceMonths"], 24);
    }

    async fn of_two_words_on_a_grace_at_once_both_are_told_in_their_order(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 1).await);
        assert_eq!(statuses(&record(&bank, "0", json!([item("A", &home, json!({ "graceMonths": 0 }))])).await), ["APPLIED"]);
        let send = async |grace: i32| record(&bank, &format!("k-{grace}"), json!([item("A", &home, json!({ "graceMonths": grace }))])).await;
        let (one, two) = tokio::join!(send(12), send(24));
        assert_eq!([statuses(&one), statuses(&two)], [["APPLIED"], ["APPLIED"]], "{} {}", one.text, two.text);
        let versions = t.texts("SELECT CAST(version AS TEXT) FROM change_event WHERE subject_type = 'Loan' ORDER BY id").await;
        assert_eq!(versions, ["1", "2", "3"], "each version is told once");
    }

    async fn graces_of_many_are_a_constant_number_of_statements(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 1).await);
        let sent = |count: usize, grace: i32| (0..count).map(|n| item(&format!("K-{n}"), &home, json!({ "graceMonths": grace }))).collect::<Value>();
        assert_eq!(statuses(&record(&bank, "0", sent(200, 0)).await), ["APPLIED"; 200]);
        let few = t.statements(record(&bank, "1", sent(2, 12))).await.len();
        let many = t.statements(async { assert_eq!(statuses(&record(&bank, "2", sent(200, 24)).await), ["APPLIED"; 200]) }).await.len();
        assert_eq!(few, many);
    }
}
