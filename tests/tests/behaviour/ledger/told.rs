//! What a change tells without writing it: why it was refused, and that the same stands there already.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use crate::{
    fixture::{self, HERE, Home},
    walk::global_id,
};

/// The entries of one request, those of what was written apart: operation, decision, records, what it was aimed at.
async fn left(t: &Service, caller: &Caller, document: &str, input: Value) -> (Answer, Vec<Value>) {
    let of_reads = "FROM audit_entry WHERE subjects IS NOT NULL";
    let before = t.number(&format!("SELECT COALESCE(max(id), 0) {of_reads}")).await;
    let answer = caller.ask(document, json!({ "input": input })).await;
    let query = format!(
        "SELECT operation || '|' || decision || '|' || CAST(subjects AS TEXT) || '|' || COALESCE(CAST(aimed AS TEXT), 'null')
         {of_reads} AND id > {before} ORDER BY id"
    );
    let entry = |text: String| {
        let parts: Vec<_> = text.splitn(4, '|').collect();
        let json = |part: usize| serde_json::from_str::<Value>(parts[part]).unwrap();
        json!([parts[0], parts[1], json(2), json(3)])
    };
    (answer, t.texts(&query).await.into_iter().map(entry).collect())
}

async fn id(t: &Service, query: &str) -> i64 {
    t.texts(&format!("SELECT CAST(({query}) AS TEXT)")).await[0].parse().unwrap()
}

async fn head(t: &Service, home: &Home) -> i64 {
    id(t, &format!("SELECT id FROM person WHERE national_id = '{}'", home.national_id)).await
}

async fn loan(t: &Service, home: &Home) -> i64 {
    id(t, &format!("SELECT id FROM loan WHERE contract_number = '{}'", home.contract_number)).await
}

const INSURE: &str = "mutation($input: RecordInsuranceInput!) { recordInsurance(input: $input) { results { status error { message field } } } }";
const REPAY: &str = "mutation($input: RecordRepaymentsInput!) { recordRepayments(input: $input) { results { status error { message field } } } }";
const PAY: &str = "mutation($input: RecordBenefitPaymentsInput!) { recordBenefitPayments(input: $input) { results { status error { message field } } } }";
const RECOVER: &str =
    "mutation($input: RecordCapitalRecoveryInput!) { recordCapitalRecovery(input: $input) { __typename } }";
const DISSOLVE: &str = "mutation($input: DissolveHouseholdInput!) { dissolveHousehold(input: $input) { applied } }";
const DECIDE: &str = "mutation($input: DecideReviewInput!) { decideReview(input: $input) { warnings { code } } }";
const GIVE: &str = "mutation($input: RecordGiftInput!) { recordGift(input: $input) { __typename } }";

fn coverage(kind: &str, from: &str) -> Value {
    json!({ "kind": kind, "number": "8312345678", "validFrom": from })
}

fn of(mut item: Value, key: &str, value: impl Into<Value>) -> Value {
    item[key] = value.into();
    item
}

fn batch(key: &str, items: impl Into<Value>) -> Value {
    json!({ "idempotencyKey": key, "items": items.into() })
}

fn receipt(number: &str, reference: &str, principal: i64) -> Value {
    json!({ "contractNumber": number, "occurredOn": "2026-10-01", "principal": principal, "interest": 0, "reference": reference })
}

fn results<'a>(answer: &'a Answer, root: &str) -> Vec<&'a Value> {
    answer.data()[root]["results"].as_array().unwrap().iter().collect()
}

both_databases! {
    async fn a_refused_coverage_names_the_person_of_whom_it_tells(t: &Service) {
        let register = fixture::register(t).await;
        let insurance = t.as_role("insurance_officer").await;
        let (here, far) = (head(t, &register.here).await, head(t, &register.far).await);
        let numbers = [register.here.national_id.as_str(), "083099000001", &register.far.national_id];
        let early: Vec<_> = numbers.iter().map(|number| of(coverage("UNEMPLOYMENT", "1800-01-01"), "nationalId", *number)).collect();
        let noted = [json!(["recordInsurance", "DENIED", { "Person": [here, far] }, null])];
        let (answer, entries) = left(t, &insurance, INSURE, batch("a", early.clone())).await;
        assert!(results(&answer, "recordInsurance")[0]["error"]["message"].as_str().unwrap().contains("1980-05-17"), "{}", answer.text);
        assert_eq!(entries, noted);
        assert_eq!(left(t, &insurance, INSURE, batch("a", early)).await.1, noted, "a repeat tells it again");
        // By id, after a death, and beside another coverage.
        let by_id = of(coverage("UNEMPLOYMENT", "1800-01-01"), "personId", global_id("Person", &here.to_string()));
        assert_eq!(left(t, &insurance, INSURE, batch("b", [by_id])).await.1,
            [json!(["recordInsurance", "DENIED", { "Person": [here] }, { "items.personId": [format!("Person:{here}")] }])]);
        let overlapping = of(coverage("HEALTH", "2026-02-01"), "nationalId", numbers[0]);
        assert_eq!(left(t, &insurance, INSURE, batch("c", [overlapping])).await.1, [json!(["recordInsurance", "DENIED", { "Person": [here] }, null])]);
        t.sql(&format!("UPDATE person SET died_on = '2026-01-31' WHERE id = {far}")).await;
        let dead = of(coverage("UNEMPLOYMENT", "2026-02-01"), "nationalId", numbers[2]);
        let (answer, entries) = left(t, &insurance, INSURE, batch("d", [dead])).await;
        assert!(answer.text.contains("2026-01-31"), "{}", answer.text);
        assert_eq!(entries, [json!(["recordInsurance", "DENIED", { "Person": [far] }, null])]);
        t.sql(&format!("UPDATE person SET national_id = '{}' WHERE id = {far}", numbers[0])).await;
        let claimed = of(coverage("UNEMPLOYMENT", "2026-02-01"), "nationalId", numbers[0]);
        assert_eq!(left(t, &insurance, INSURE, batch("e", [claimed])).await.1, [json!(["recordInsurance", "DENIED", { "Person": [here, far] }, null])]);
        assert_eq!(t.number(&format!("SELECT count(*) FROM audit_entry WHERE CAST(aimed AS TEXT) LIKE '%{}%'", numbers[0])).await, 0);
    }

    async fn a_refused_receipt_names_the_loan_whose_debt_it_tells(t: &Service) {
        let register = fixture::register(t).await;
        let bank = t.as_role_in("bank_officer", HERE).await;
        let home = &register.here;
        // A bank may number its contracts so that they look like personal numbers.
        t.sql(&format!("UPDATE loan SET contract_number = '660000123456' WHERE contract_number = '{}'", home.contract_number)).await;
        let loan = id(t, "SELECT id FROM loan WHERE contract_number = '660000123456'").await;
        let items = json!([receipt("660000123456", "R-1", 9_000_000_000_000_000_i64), receipt(&register.far.contract_number, "R-1", 1)]);
        let (answer, entries) = left(t, &bank, REPAY, batch("a", items)).await;
        assert!(results(&answer, "recordRepayments")[0]["error"]["message"].as_str().unwrap().contains("30000002"), "{}", answer.text);
        assert_eq!(entries, [json!(["recordRepayments", "DENIED", { "Loan": [loan] },
            { "items.contractNumber": [register.far.contract_number], "items.reference": ["R-1"] }])]);
    }

    async fn every_item_of_a_full_batch_is_named(t: &Service) {
        let register = fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        let household = register.here.id.clone();
        let item = |number: usize| json!({ "contractNumber": format!("HD-{number}"), "householdId": household, "productCode": format!("P-{number}"),
            "principal": 1000, "termMonths": 12, "approvedOn": "2026-10-01" });
        let (answer, entries) = left(t, &bank,
            "mutation($input: RecordLoansInput!) { recordLoans(input: $input) { results { error { code } } } }",
            batch("a", (1_000..2_000).map(item).collect::<Vec<_>>())).await;
        assert!(results(&answer, "recordLoans").iter().all(|result| !result["error"].is_null()));
        for argument in ["items.contractNumber", "items.productCode"] {
            assert_eq!(entries[0][3][argument].as_array().unwrap().len(), 1_000, "{argument}");
        }
        assert_eq!(entries[0][3]["items.householdId"], json!([format!("Household:{}", register.here.key)]));
    }

    async fn what_stands_there_already_is_named(t: &Service) {
        let register = fixture::register(t).await;
        let insurance = t.as_role("insurance_officer").await;
        let same = json!([of(coverage("UNEMPLOYMENT", "2026-02-01"), "nationalId", register.far.national_id.as_str())]);
        let (answer, entries) = left(t, &insurance, INSURE, batch("first", same.clone())).await;
        assert_eq!(results(&answer, "recordInsurance")[0]["status"], "APPLIED");
        assert!(entries.is_empty(), "what is written has its own: {entries:?}");
        let stored = id(t, "SELECT id FROM insurance_coverage WHERE kind = 'UNEMPLOYMENT'").await;
        let noted = [json!(["recordInsurance", "ALLOWED", { "InsuranceCoverage": [stored] }, null])];
        for key in ["a", "a", "b"] {
            let (answer, entries) = left(t, &insurance, INSURE, batch(key, same.clone())).await;
            assert_eq!(results(&answer, "recordInsurance")[0]["status"], "UNCHANGED");
            assert_eq!(entries, noted, "{key}");
        }
        let bank = t.as_role("bank_officer").await;
        let number = &register.here.contract_number;
        let (loan, entry) = (loan(t, &register.here).await, id(t, "SELECT l.id FROM loan_transaction l JOIN loan k ON k.id = l.loan_id
            WHERE l.kind = 'PRINCIPAL_REPAYMENT' ORDER BY l.id LIMIT 1 OFFSET 1").await);
        let known = json!({ "contractNumber": number, "occurredOn": "2026-08-01", "principal": 10_000_000, "interest": 600_000, "reference": "TN-1" });
        let (answer, entries) = left(t, &bank, REPAY, batch("a", json!([known, receipt(number, "R-2", 1000)]))).await;
        assert_eq!(results(&answer, "recordRepayments").iter().map(|result| &result["status"]).collect::<Vec<_>>(), ["UNCHANGED", "APPLIED"]);
        assert_eq!(entries, [json!(["recordRepayments", "ALLOWED", { "Loan": [loan], "LoanTransaction": [entry, entry + 1] }, null])]);
        assert!(left(t, &bank, REPAY, batch("b", json!([receipt(number, "R-3", 1000)]))).await.1.is_empty(), "what is written has its own");
        let payer = t.as_role("dolisa_officer").await;
        let benefit = id(t, &format!("SELECT id FROM benefit WHERE household_id = {}", register.here.key)).await;
        let payment = id(t, &format!("SELECT id FROM benefit_payment WHERE benefit_id = {benefit}")).await;
        let paid = json!([{ "benefitId": global_id("Benefit", &benefit.to_string()), "amount": 20_000_000, "source": "CENTRAL_BUDGET",
            "paidOn": "2026-03-01", "reference": "PC-1" }]);
        let (answer, entries) = left(t, &payer, PAY, batch("a", paid)).await;
        assert_eq!(results(&answer, "recordBenefitPayments")[0]["status"], "UNCHANGED");
        assert_eq!(entries, [json!(["recordBenefitPayments", "ALLOWED", { "Benefit": [benefit], "BenefitPayment": [payment] }, null])]);
    }

    async fn a_change_that_finds_its_record_there_names_it(t: &Service) {
        let register = fixture::register(t).await;
        let participation = id(t, &format!("SELECT id FROM model_participation WHERE household_id = {}", register.here.key)).await;
        t.sql(&format!("INSERT INTO capital_movement (participation_id, kind, amount, occurred_on, reference, agency_id, recorded_at)
            SELECT {participation}, 'RECOVERY', 1000000, '2026-08-01', 'TH-1', a.id, 0 FROM agency a WHERE a.code = 'DOLISA'")).await;
        let officer = t.as_role("dolisa_officer").await;
        let again = |amount: i64| json!({ "participationId": global_id("ModelParticipation", &participation.to_string()), "expectedVersion": 99,
            "amount": amount, "occurredOn": "2026-08-01", "reference": "TH-1" });
        let (answer, entries) = left(t, &officer, RECOVER, again(1_000_000)).await;
        answer.data();
        assert_eq!(entries, [json!(["recordCapitalRecovery", "ALLOWED", { "ModelParticipation": [participation] }, null])]);
        let (answer, entries) = left(t, &officer, RECOVER, again(999_999)).await;
        answer.refused("CONFLICT", "input.reference");
        assert_eq!(entries, [json!(["recordCapitalRecovery", "DENIED", {},
            { "participationId": [format!("ModelParticipation:{participation}")], "reference": ["TH-1"] }])]);
        let front = t.as_role("front_officer").await;
        let gift = id(t, &format!("SELECT id FROM gift WHERE household_id = {}", register.here.key)).await;
        let given = json!({ "sponsorId": global_id("Sponsor", "1"), "programCode": "MOBILISATION", "householdId": register.here.id, "kind": "MONEY",
            "amount": 2_000_002, "givenOn": "2026-04-01", "reference": "BN-2" });
        let (answer, entries) = left(t, &front, GIVE, given).await;
        answer.data();
        assert_eq!(entries, [json!(["recordGift", "ALLOWED", { "Gift": [gift] }, null])]);
    }

    async fn a_refused_change_of_one_record_says_which(t: &Service) {
        let register = fixture::register(t).await;
        let home = &register.here;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let dissolve = json!({ "id": home.id, "expectedVersion": 1, "dissolvedOn": "2026-11-23", "reason": "x" });
        let (answer, entries) = left(t, &officer, DISSOLVE, dissolve).await;
        assert_eq!(answer.code(0), "CONFLICT", "{}", answer.text);
        assert_eq!(entries, [json!(["dissolveHousehold", "DENIED", {}, { "id": [format!("Household:{}", home.key)] }])]);
        let review = id(t, &format!("SELECT id FROM poverty_review WHERE household_id = {}", home.key)).await;
        let decide = json!({ "reviewId": global_id("PovertyReview", &review.to_string()), "expectedVersion": 9, "decidedClass": "POOR",
            "decisionNumber": "QD-9", "effectiveFrom": "2026-11-20" });
        let (answer, entries) = left(t, &officer, DECIDE, decide).await;
        assert_eq!(answer.code(0), "CONFLICT", "{}", answer.text);
        assert_eq!(entries, [json!(["decideReview", "DENIED", {}, { "reviewId": [format!("PovertyReview:{review}")] }])]);
        let payer = t.as_role("dolisa_officer").await;
        let benefit = id(t, &format!("SELECT id FROM benefit WHERE household_id = {}", home.key)).await;
        let pay = json!([{ "benefitId": global_id("Benefit", &benefit.to_string()), "amount": 9_000_000_000_000_000_i64, "source": "CENTRAL_BUDGET",
            "paidOn": "2026-03-01", "reference": "PC-9" }]);
        let (answer, entries) = left(t, &payer, PAY, batch("a", pay)).await;
        assert!(!results(&answer, "recordBenefitPayments")[0]["error"].is_null());
        let aimed = json!({ "items.benefitId": [format!("Benefit:{benefit}")], "items.reference": ["PC-9"] });
        assert_eq!(entries, [json!(["recordBenefitPayments", "DENIED", {}, aimed])]);
        let participation = id(t, &format!("SELECT id FROM model_participation WHERE household_id = {}", home.key)).await;
        let recover = json!({ "participationId": global_id("ModelParticipation", &participation.to_string()), "expectedVersion": 1,
            "amount": 9_000_000_000_000_000_i64, "occurredOn": "2026-08-01", "reference": "TH-9" });
        let (answer, entries) = left(t, &payer, RECOVER, recover).await;
        answer.refused("BAD_USER_INPUT", "input.amount");
        assert_eq!(entries, [json!(["recordCapitalRecovery", "DENIED", {},
            { "participationId": [format!("ModelParticipation:{participation}")], "reference": ["TH-9"] }])]);
        // What is too much was not looked at.
        let many: Vec<_> = (0..1_001).map(|number| receipt(&format!("HD-{number}"), "R-1", 1)).collect();
        let (answer, entries) = left(t, &t.as_role("bank_officer").await, REPAY, batch("many", many)).await;
        assert_eq!(answer.code(0), "LIMIT_EXCEEDED");
        assert!(entries.is_empty(), "{entries:?}");
    }
}
