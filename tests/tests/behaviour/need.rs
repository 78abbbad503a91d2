//! The need to know: the bank sees whom policy credit is for, and nobody else's file; an agency without business with
//! people sees none. A row that isn't needed answers as one that does not exist.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use crate::{
    fixture::{self, FAR, HERE},
    policy,
    walk::{self, Schema, global_id},
};

/// Who reads everything, in an agency that needs less.
const ALL: &[&str] = &["dolisa_officer", "auditor", "bank_officer"];

/// Who bears all of these in an agency, and what communes do beside: no agency could give one client that.
async fn bearing_all(t: &Service, agency: &str) -> Caller {
    let caller = t.as_roles_in(ALL, agency, "83").await;
    t.also(&caller, "commune_officer").await;
    caller
}

/// A household that nothing opens to the bank.
struct Plain {
    code: String,
    key: i64,
    id: String,
    head: String,
    national_id: String,
    name: String,
}

async fn plain(t: &Service, number: u32) -> Plain {
    let (code, national_id) = (format!("{HERE}-{number:06}"), format!("083080{number:06}"));
    let name = format!("Phan Thị Thường {number:06}");
    let members = json!([
        { "fullName": name, "relationshipToHead": "HEAD", "sex": "FEMALE", "dateOfBirth": "1980-05-17", "nationalId": national_id },
        { "fullName": "Phan Văn Con", "relationshipToHead": "CHILD", "sex": "MALE" },
    ]);
    let input = json!({ "code": code, "communeCode": HERE, "address": "12 Ấp 3", "members": members });
    let document = "mutation($input: RegisterHouseholdInput!) { registerHousehold(input: $input) { household { id head { id } } } }";
    let answer = commune(t).await.ask(document, json!({ "input": input })).await;
    let household = &answer.data()["registerHousehold"]["household"];
    let id = household["id"].as_str().unwrap().to_owned();
    let (_, key) = ansinh::schema::global_id::decode(&id).unwrap();
    let head = household["head"]["id"].as_str().unwrap().to_owned();
    Plain { code, key: key.parse().unwrap(), id, head, national_id, name }
}

async fn commune(t: &Service) -> Caller {
    t.as_role_in("commune_officer", HERE).await
}

async fn bank(t: &Service) -> Caller {
    t.as_role("bank_officer").await
}

const MISSING_CODE: &str = "28757-999999";
const MISSING_NUMBER: &str = "083080999999";

/// Ways to a household and its head: the document, the value that names them, and one that names nobody.
fn ways(home: &Plain) -> Vec<(&'static str, Value, Value)> {
    let (household, person) = (global_id("Household", "999999"), global_id("Person", "999999"));
    let name = json!("Nobody Bears This 999999");
    vec![
        (
            "query($x: String!) { a: household(code: $x) { address povertyClass head { fullName } members { id } } }",
            json!(home.code),
            json!(MISSING_CODE),
        ),
        (
            "query($x: String!) { a: household(code: $x, on: \"2026-12-31\") { members { fullName } } }",
            json!(home.code),
            json!(MISSING_CODE),
        ),
        (
            "query($x: String!) { a: person(nationalId: $x) { fullName household { address } } }",
            json!(home.national_id),
            json!(MISSING_NUMBER),
        ),
        ("query($x: ID!) { a: node(id: $x) { ... on Household { code } } }", json!(home.id), json!(household)),
        ("query($x: ID!) { a: node(id: $x) { ... on Person { fullName } } }", json!(home.head), json!(person)),
        ("query($x: ID!) { a: nodes(ids: [$x]) { ... on Person { fullName } } }", json!(home.head), json!(person)),
        (
            "query($x: String!) { a: households(first: 5, filter: { search: $x }) { totalCount nodes { code } pageInfo { hasNextPage endCursor } } }",
            json!(home.code),
            json!(MISSING_CODE),
        ),
        (
            "query($x: String!) { a: households(last: 5, orderBy: { field: UPDATED_AT }, filter: { search: $x, updatedSince: \"2026-01-01T00:00:00Z\" }) { edges { cursor } } }",
            json!(home.code),
            json!(MISSING_CODE),
        ),
        (
            "query($x: String!) { a: persons(first: 5, filter: { search: $x }) { totalCount nodes { id } } }",
            json!(home.name),
            name.clone(),
        ),
    ]
}

/// Whether the caller sees the household and its head: by every way the same, and where not, as if there were none.
#[track_caller]
fn same(seen: &[bool]) -> bool {
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    seen[0]
}

async fn sees(caller: &Caller, home: &Plain) -> bool {
    let mut seen = Vec::new();
    for (document, named, nobody) in ways(home) {
        let there = caller.ask(document, json!({ "x": named })).await;
        let missing = caller.ask(document, json!({ "x": nobody })).await;
        there.data();
        missing.data();
        seen.push(there.text != missing.text);
    }
    let several =
        "query($x: [String!]!) { personsByNationalId(nationalIds: $x) { persons { fullName household { code } } } }";
    let answer = caller.ask(several, json!({ "x": [home.national_id, MISSING_NUMBER] })).await;
    let found = &answer.data()["personsByNationalId"];
    seen.push(found[0]["persons"] != found[1]["persons"]);
    same(&seen)
}

async fn version(t: &Service, table: &str, key: &str) -> i64 {
    t.number(&format!("SELECT CAST(version AS BIGINT) FROM {table} WHERE id = {key}")).await
}

async fn change(t: &Service, document: &str, input: Value) -> Answer {
    let answer = commune(t).await.ask(document, json!({ "input": input })).await;
    answer.data();
    answer
}

/// Adds or removes a category of the household itself.
async fn categorise(t: &Service, home: &Plain, change_: &str) {
    let input = json!({ "id": home.id, "expectedVersion": version(t, "household", &home.key.to_string()).await, change_: ["MERIT"] });
    change(t, "mutation($input: UpdateHouseholdInput!) { updateHousehold(input: $input) { applied } }", input).await;
}

async fn loan(t: &Service, home: &Plain, borrower: bool) -> (String, Answer) {
    let mut input = json!({ "productCode": "JOB_CREATION", "householdId": home.id, "amount": 20_000_000, "termMonths": 60,
        "requestedOn": "2026-11-02" });
    if borrower {
        input["borrowerId"] = json!(home.head);
    }
    let answer = change(
        t,
        "mutation($input: RequestLoanInput!) { requestLoan(input: $input) { loan { id contractNumber } } }",
        input,
    )
    .await;
    (answer.data()["requestLoan"]["loan"]["id"].as_str().unwrap().to_owned(), answer)
}

/// A review of the household that is not decided yet.
async fn review(t: &Service, home: &Plain, class: &str) {
    t.sql(&format!(
        "INSERT INTO poverty_review (household_id, standard_id, reviewed_on, area_kind, income_per_capita, deprivations,
            computed_class, version, created_at, updated_at)
         SELECT {}, s.id, '2026-11-20', 'RURAL', 1000000, 0, '{class}', 1, 0, 0 FROM poverty_standard s WHERE s.effective_to = '2026-12-31'",
        home.key
    ))
    .await;
}

both_databases! {
    async fn nothing_opens_a_file_to_the_bank_but_its_reasons(t: &Service) {
        let (home, bank) = (plain(t, 1).await, bank(t).await);
        assert!(!sees(&bank, &home).await, "nothing opens it");
        assert!(sees(&commune(t).await, &home).await);
        assert!(sees(&t.as_role("insurance_officer").await, &home).await, "social insurance sees everyone");

        categorise(t, &home, "addCategories").await;
        assert!(sees(&bank, &home).await, "a household of merit");
        categorise(t, &home, "removeCategories").await;
        assert!(!sees(&bank, &home).await);

        // A relative of a person with merit makes it one as well.
        for (change_, visible) in [("addCategories", true), ("removeCategories", false)] {
            let (_, key) = ansinh::schema::global_id::decode(&home.head).unwrap();
            let input = json!({ "id": home.head, "expectedVersion": version(t, "person", &key).await, change_: ["RELATIVE_OF_MERIT"] });
            change(t, "mutation($input: UpdatePersonInput!) { updatePerson(input: $input) { applied } }", input).await;
            assert_eq!(sees(&bank, &home).await, visible, "{change_}");
        }
        // Other categories are no reason.
        t.sql(&format!("UPDATE household SET categories = 30 WHERE id = {}", home.key)).await;
        t.sql(&format!("UPDATE person SET categories = 508, protected_categories = 3 WHERE household_id = {}", home.key)).await;
        assert!(!sees(&bank, &home).await);
    }

    async fn a_class_opens_it_from_its_day_on_and_for_good(t: &Service) {
        let bank = bank(t).await;
        for (number, class, opens) in [(1, "POOR", true), (2, "NEAR_POOR", true), (3, "NEWLY_ESCAPED", true), (4, "AVERAGE", false)] {
            t.set_day("2026-11-23");
            let home = plain(t, number).await;
            review(t, &home, class).await;
            assert!(!sees(&bank, &home).await, "{class} is not decided");
            t.sql(&format!("UPDATE poverty_review SET decided_class = '{class}', decision_number = 'QD', effective_from = '2026-12-01'
                WHERE household_id = {}", home.key)).await;
            t.sql(&format!("UPDATE household SET next_class = '{class}', next_class_on = '2026-12-01' WHERE id = {}", home.key)).await;
            t.set_day("2026-11-30");
            assert!(!sees(&bank, &home).await, "{class} is not in force");
            // Asking as of a later day does not bring the need forward: `ways` asks for 31 December too.
            t.set_day("2026-12-01");
            assert_eq!(sees(&bank, &home).await, opens, "{class} is in force");
            t.sql(&format!("UPDATE poverty_review SET effective_to = '2026-12-31' WHERE household_id = {}", home.key)).await;
            t.sql(&format!("UPDATE household SET poverty_class = NULL, next_class = NULL, next_class_on = NULL WHERE id = {}", home.key)).await;
            t.set_day("2027-01-05");
            assert_eq!(sees(&bank, &home).await, opens, "who was {class} is watched");
        }
        t.set_day("2026-11-23");
    }

    async fn a_request_opens_it_until_the_bank_answers_and_a_loan_until_it_ends(t: &Service) {
        let (home, bank) = (plain(t, 1).await, bank(t).await);
        let (id, _) = loan(t, &home, false).await;
        assert!(sees(&bank, &home).await, "asked for by the commune");
        change(t, "mutation($input: ConfirmLoanInput!) { confirmLoan(input: $input) { loan { status } } }",
            json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-05" })).await;
        assert!(sees(&bank, &home).await);
        let refusal = json!({ "loanId": id, "expectedVersion": 2, "approve": false, "reason": "hết vốn", "decidedOn": "2026-11-10" });
        let refused = bank.ask("mutation($input: DecideLoanInput!) { decideLoan(input: $input) { loan { status household { code } borrower { id } } } }",
            json!({ "input": refusal })).await;
        assert_eq!(refused.data()["decideLoan"]["loan"], json!({ "status": "REJECTED", "household": null, "borrower": null }),
            "the answer itself no longer shows the household");
        assert!(!sees(&bank, &home).await, "answered");

        for (status, opens) in [("GROUP_VETTED", true), ("APPROVED", true), ("ACTIVE", true), ("OVERDUE", true), ("FROZEN", true),
            ("REPAID", false), ("WRITTEN_OFF", false), ("REJECTED", false)] {
            t.sql(&format!("UPDATE loan SET status = '{status}' WHERE household_id = {}", home.key)).await;
            assert_eq!(sees(&bank, &home).await, opens, "{status}");
            // The bank keeps its own record; its links lead to what is open.
            let answer = bank.query("{ loans(first: 5) { totalCount nodes { principal household { code } } } }").await;
            let household = if opens { json!({ "code": home.code }) } else { Value::Null };
            assert_eq!(answer.data()["loans"], json!({ "totalCount": 1, "nodes": [{ "principal": 20_000_000, "household": household }] }));
        }
    }

    async fn a_borrower_is_seen_where_the_household_that_took_them_in_is_not(t: &Service) {
        let (home, other, bank) = (plain(t, 1).await, plain(t, 2).await, bank(t).await);
        loan(t, &home, true).await;
        let (_, key) = ansinh::schema::global_id::decode(&home.head).unwrap();
        t.sql(&format!("UPDATE person SET relationship = NULL WHERE id = {key}")).await;
        t.sql(&format!("UPDATE person SET household_id = {}, relationship = 'IN_LAW' WHERE id = {key}", other.key)).await;
        let document = "query($x: ID!) { node(id: $x) { ... on Person { fullName household { code } } } }";
        let answer = bank.ask(document, json!({ "x": home.head })).await;
        assert_eq!(answer.data()["node"], json!({ "fullName": home.name, "household": null }));
        assert!(!sees(&bank, &other).await);
        // Nor does a filter tell of the household behind: of which class it is, or in which hamlet.
        t.sql(&format!("UPDATE household SET poverty_class = 'AVERAGE' WHERE id = {}", other.key)).await;
        let filtered = "{ persons(first: 5, filter: { povertyClasses: [AVERAGE] }) { totalCount } }";
        assert_eq!(bank.query(filtered).await.data()["persons"]["totalCount"], 0);
        assert_eq!(t.as_role("dolisa_officer").await.query(filtered).await.data()["persons"]["totalCount"], 3);
    }

    async fn a_hidden_household_is_hidden_by_every_path(t: &Service) {
        let register = fixture::register(t).await;
        // Everything of the far household stays, but what would open its file.
        let far = register.far.key;
        t.sql(&format!("UPDATE household SET poverty_class = NULL, categories = 0 WHERE id = {far}")).await;
        t.sql(&format!("UPDATE person SET categories = 0 WHERE household_id = {far}")).await;
        t.sql(&format!("UPDATE poverty_review SET decided_class = 'AVERAGE' WHERE household_id = {far}")).await;
        t.sql(&format!("UPDATE loan SET status = 'REPAID' WHERE household_id = {far}")).await;
        let owners = policy::owners(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let all: Vec<String> = owners.keys().cloned().collect();
        let nodes = walk::a_node_of_each(t).await;
        // To the bank the rows of these types are denied whatever its roles, to an agency that needs nobody all are.
        for (agency, hides, keeps, denied) in [
            ("VBSP", &[FAR][..], &["Loan", "LoanTransaction", "ModelProject", "SavingsGroup"][..], &["InsuranceCoverage", "PovertyReview"][..]),
            ("DOF", &[fixture::NEAR, HERE, FAR], &[], &[]),
        ] {
            let caller = bearing_all(t, agency).await;
            let mut seen = BTreeSet::new();
            for home in register.homes() {
                for (_, root) in schema.roots(home, &all, 2) {
                    let answer = caller.query(&format!("{{ {root} }}")).await;
                    let refused = (0..answer.errors().len()).all(|error| answer.code(error) == "FORBIDDEN");
                    assert!(refused, "{}", answer.body);
                    ids(&answer.body, &mut seen);
                }
            }
            for (ty, id) in &nodes {
                let document = format!("query($id: ID!) {{ node(id: $id) {{ ... on {ty} {} }} }}", schema.select(ty, 2));
                ids(&caller.ask(&document, json!({ "id": id })).await.body, &mut seen);
            }
            let type_of = |id: &str| ansinh::schema::global_id::decode(id).unwrap().0;
            let expected: BTreeSet<_> = owners.iter()
                .filter(|(id, commune)| !hides.contains(&commune.as_str()) || keeps.contains(&type_of(id).as_str()))
                .filter(|(id, _)| !denied.contains(&type_of(id).as_str()))
                .map(|(id, _)| id.clone()).collect();
            let found: BTreeSet<_> = owners.keys().filter(|id| seen.contains(*id)).cloned().collect();
            assert_eq!(found, expected, "{agency}");
            let counts = caller.query("{ households(first: 0) { totalCount } persons(first: 0) { totalCount } benefits(first: 0) { totalCount } }").await;
            let counted = ["households", "persons", "benefits"].map(|root| counts.partial()[root]["totalCount"].as_u64());
            let expected = if agency == "DOF" { [None; 3] } else { [Some(2), Some(4), Some(2)] };
            assert_eq!(counted, expected, "{agency}");
        }
    }

    async fn a_write_on_a_hidden_household_answers_as_one_on_nothing(t: &Service) {
        let home = plain(t, 1).await;
        let caller = bearing_all(t, "VBSP").await;
        let nothing = global_id("Household", "999999");
        let contract = |household: &str| json!({ "input": { "idempotencyKey": household, "items": [{ "contractNumber": "HD-1", "productCode": "POOR",
            "householdId": household, "principal": 20_000_000, "termMonths": 36, "approvedOn": "2026-01-20", "disbursedOn": "2026-02-01" }] } });
        let benefit = |household: &str| json!({ "input": { "idempotencyKey": format!("b{household}"), "items": [{ "programCode": "HOUSING_POOR", "householdId": household,
            "amount": 50_000_000, "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": 50_000_000 }] }] } });
        for (document, hidden, missing) in [
            ("mutation($input: RecordLoansInput!) { recordLoans(input: $input) { results { status error { code field message } } } }",
                contract(&home.id), contract(&nothing)),
            ("mutation($input: ProposeBenefitsInput!) { proposeBenefits(input: $input) { results { status error { code field message } } } }",
                benefit(&home.id), benefit(&nothing)),
        ] {
            let (hidden, missing) = (caller.ask(document, hidden).await, caller.ask(document, missing).await);
            assert_eq!((hidden.status, &hidden.text), (missing.status, &missing.text));
            assert!(hidden.text.contains("NOT_FOUND"), "{}", hidden.text);
        }
        assert_eq!(t.number("SELECT (SELECT count(*) FROM loan) + (SELECT count(*) FROM benefit)").await, 0, "nothing was written");
        // Once the commune asked, the bank may answer with a contract.
        loan(t, &home, false).await;
        let answer = caller.ask("mutation($input: RecordLoansInput!) { recordLoans(input: $input) { results { status } } }",
            { let mut again = contract(&home.id); again["input"]["idempotencyKey"] = json!("again"); again }).await;
        assert_eq!(answer.data()["recordLoans"]["results"][0]["status"], "APPLIED");
    }
}

/// Every `id` of an answer.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| ids(item, found)),
        Value::Object(fields) => {
            found.extend(fields.get("id").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| ids(value, found));
        }
        _ => {}
    }
}
