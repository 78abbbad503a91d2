//! Whether borrowers can repay: analysed every three years, and listed when it is due.

use tests::both_databases;

use super::{law::with, *};
use crate::fixture::write;

/// The items, each a contract, a day and a finding.
async fn analyse(caller: &Caller, key: &str, items: &[(&str, &str, &str)]) -> Answer {
    let items: Vec<_> = items
        .iter()
        .map(|(number, on, finding)| json!({ "contractNumber": number, "analysedOn": on, "finding": finding }))
        .collect();
    let document =
        "mutation($input: RecordSolvencyAnalysesInput!) { done: recordSolvencyAnalyses(input: $input) { results {
        index status loan { version solvencyAnalysisDueOn solvencyAnalyses { analysedOn finding by { code } } }
        error { code field message messageVi } } } }";
    caller.ask(document, json!({ "input": { "items": items, "idempotencyKey": key } })).await
}

async fn due(caller: &Caller, by: &str) -> Vec<String> {
    let query = format!(
        "{{ loans(first: 50, filter: {{ solvencyAnalysisDueBy: \"{by}\" }}) {{ totalCount nodes {{ contractNumber }} }} }}"
    );
    let answer = caller.query(&query).await;
    let nodes = answer.data()["loans"]["nodes"].as_array().unwrap();
    assert_eq!(answer.data()["loans"]["totalCount"], nodes.len());
    let mut numbers: Vec<_> = nodes.iter().map(|loan| loan["contractNumber"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    numbers
}

/// Paid out on 23 November 2023; on 29 February 2024; settled; and not paid out yet.
async fn recorded(t: &Service) -> Caller {
    let (bank, home) = (bank(t).await, household(t, 1).await);
    let item = |number: &str, on: Value, change: Value| {
        let days = json!({ "approvedOn": "2023-11-20", "disbursedOn": on, "termMonths": 120 });
        with(&with(&contract(number, &home, 10_000_000), days), change)
    };
    let answer = record(
        &bank,
        "k",
        json!([
            item("A", json!("2023-11-23"), json!({})),
            item("B", json!("2024-02-29"), json!({})),
            item("PAID", json!("2023-11-23"), json!({ "outstandingPrincipal": 0, "balanceOn": "2024-10-31" })),
            item("NEW", Value::Null, json!({})),
        ]),
    )
    .await;
    assert_eq!(statuses(&answer), ["APPLIED"; 4], "{}", answer.text);
    bank
}

both_databases! {
    async fn it_is_due_three_years_after_the_last_one_or_the_disbursement(t: &Service) {
        let bank = recorded(t).await;
        for (by, expected) in [("2026-11-22", &[][..]), ("2026-11-23", &["A"]), ("2027-02-27", &["A"]), ("2027-02-28", &["A", "B"])] {
            assert_eq!(due(&bank, by).await, expected, "{by}");
        }
        let query = "{ loans(first: 9) { nodes { contractNumber solvencyAnalysisDueOn } } }";
        let answer = bank.query(query).await;
        let of = |number: &str| answer.data()["loans"]["nodes"].as_array().unwrap().iter().find(|loan| loan["contractNumber"] == number).unwrap()["solvencyAnalysisDueOn"].clone();
        assert_eq!([of("A"), of("B"), of("PAID"), of("NEW")], [json!("2026-11-23"), json!("2027-02-28"), Value::Null, Value::Null]);
        let answer = analyse(&bank, "1", &[("A", "2026-11-20", "Có khả năng trả nợ")]).await;
        assert_eq!(results(&answer)[0]["loan"], json!({ "version": 2, "solvencyAnalysisDueOn": "2029-11-20",
            "solvencyAnalyses": [{ "analysedOn": "2026-11-20", "finding": "Có khả năng trả nợ", "by": { "code": "VBSP" } }] }));
        assert_eq!(due(&bank, "2027-02-28").await, ["B"]);
        // An earlier one that is entered late changes nothing of that.
        analyse(&bank, "2", &[("A", "2025-01-05", "Khó khăn")]).await.data();
        assert_eq!(due(&bank, "2029-11-19").await, ["B"]);
        assert_eq!(due(&bank, "2029-11-20").await, ["A", "B"]);
        // As of a day it is what was known of its days; how often is a dated number.
        t.sql("UPDATE household SET registered_on = '2023-01-01', history_from = '2023-01-01'").await;
        let then = bank.query("{ household(code: \"28757-000001\", on: \"2025-06-01\") { loans(first: 9) { nodes { contractNumber solvencyAnalysisDueOn
            solvencyAnalyses { analysedOn } } } } }").await;
        let a = then.data()["household"]["loans"]["nodes"].as_array().unwrap().iter().find(|loan| loan["contractNumber"] == "A").unwrap().clone();
        assert_eq!((&a["solvencyAnalysisDueOn"], &a["solvencyAnalyses"]), (&json!("2028-01-05"), &json!([{ "analysedOn": "2025-01-05" }])));
        let admin = law::admin(t).await;
        let five = json!({ "code": "SOLVENCY_ANALYSIS_YEARS", "name": "Số năm", "value": "5", "effectiveFrom": "2026-11-01", "endsPrevious": true,
            "basis": "STATED", "source": "Công báo" });
        write(&admin, "recordLoanRule", with(&five, json!({ "value": "2.5" })), "rule { value }").await.refused("BAD_USER_INPUT", "input.value");
        write(&admin, "recordLoanRule", five, "rule { value }").await.data();
        assert_eq!((due(&bank, "2029-02-27").await.len(), due(&bank, "2029-02-28").await), (0, vec!["B".to_owned()]));
    }

    async fn what_is_wrong_is_refused_and_the_same_again_changes_nothing(t: &Service) {
        let bank = recorded(t).await;
        let answer = analyse(&bank, "1", &[
            ("A", "2026-11-20", "Có khả năng trả nợ"),
            ("A", "2026-11-20", "Có khả năng trả nợ"),
            ("A", "2026-11-20", "Không có khả năng"),
            ("A", "2026-11-24", "Có khả năng trả nợ"),
            ("A", "2023-11-22", "Có khả năng trả nợ"),
            ("A", "2026-11-19", "  "),
            ("NEW", "2026-11-20", "Có khả năng trả nợ"),
            ("NONE", "2026-11-20", "Có khả năng trả nợ"),
            ("B", "2026-11-20", "Khó khăn"),
        ]).await;
        assert_eq!(statuses(&answer), ["APPLIED", "UNCHANGED", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "APPLIED"]);
        let faults: Vec<_> = results(&answer)[2..8].iter().map(fault).collect();
        assert_eq!(faults, [("CONFLICT", "analysedOn"), ("BAD_USER_INPUT", "analysedOn"), ("BAD_USER_INPUT", "analysedOn"), ("BAD_USER_INPUT", "finding"),
            ("CONFLICT", "contractNumber"), ("NOT_FOUND", "contractNumber")]);
        assert_eq!(t.number("SELECT count(*) FROM solvency_analysis").await, 2);
        assert_eq!(statuses(&analyse(&bank, "2", &[("A", "2026-11-20", "Có khả năng trả nợ")]).await), ["UNCHANGED"]);
        let events = "SELECT operation || ' ' || version FROM change_event WHERE subject_type = 'Loan' ORDER BY id";
        assert_eq!(t.texts(events).await, ["CREATED 1", "CREATED 1", "CREATED 1", "CREATED 1", "UPDATED 2", "UPDATED 2"]);
        let noted = "SELECT count(*) FROM audit_entry WHERE operation = 'recordSolvencyAnalyses' AND fields = 'solvencyAnalyses' AND decision = 'ALLOWED'";
        assert_eq!(t.number(noted).await, 2);
        for caller in [t.as_role("commune_officer").await, t.as_role("dolisa_officer").await] {
            assert_eq!(analyse(&caller, "3", &[("A", "2026-11-19", "x")]).await.code(0), "FORBIDDEN", "{}", caller.name);
        }
        // The bank of another district sees neither the loan nor that it is due.
        let far = t.as_role_in("bank_officer", fixture::DISTRICT_FAR).await;
        assert_eq!(fault(&results(&analyse(&far, "4", &[("A", "2026-11-19", "x")]).await)[0]), ("NOT_FOUND", "contractNumber"));
        assert!(due(&far, "2040-01-01").await.is_empty());
    }

    async fn many_are_a_constant_number_of_statements_and_of_two_at_once_one_is_recorded(t: &Service) {
        let bank = recorded(t).await;
        let numbers = ["A", "B", "PAID"];
        let mut counts = Vec::new();
        for (day, count) in [("2026-11-18", 1), ("2026-11-19", 3)] {
            bank.query("{ viewer { client } }").await.data();
            let items: Vec<_> = numbers[..count].iter().map(|number| (*number, day, "Có khả năng trả nợ")).collect();
            counts.push(t.statements(async { assert_eq!(statuses(&analyse(&bank, day, &items).await), vec!["APPLIED"; count]) }).await.len());
        }
        assert_eq!(counts[0], counts[1]);
        let one = |finding: &'static str| { let bank = bank.clone(); async move { analyse(&bank, finding, &[("A", "2026-11-20", finding)]).await } };
        let (one, two) = tokio::join!(one("Có khả năng"), one("Khó khăn"));
        let mut both = [statuses(&one)[0], statuses(&two)[0]];
        both.sort_unstable();
        assert_eq!(both, ["APPLIED", "REFUSED"], "{} {}", one.text, two.text);
    }
}
