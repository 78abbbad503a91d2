//! What is out of sight shows neither in sums, nor by keys that are taken, nor in what others have written down.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::{
    fixture::{self, FAR, HERE, Register},
    walk::global_id,
};

/// A household of a commune that the bank has no business with, in the project with this code, with an advance and a gift
/// under the fixture's pledge.
async fn hidden(t: &Service, commune: &str, number: u32, project: &str) {
    let code = format!("{commune}-{number:06}");
    let members = json!([{ "fullName": "Lê Thị Ẩn", "relationshipToHead": "HEAD", "sex": "FEMALE" }]);
    fixture::register_household(t, commune, &code, members).await;
    t.sql(&format!(
        "UPDATE household SET categories = 0 WHERE code = '{code}';
         INSERT INTO model_participation (project_id, household_id, commune_id, district_id, support_amount, recoverable_amount,
                recovered_amount, outcome, enrolled_on, version, created_at, updated_at)
            SELECT m.id, h.id, h.commune_id, h.district_id, 7000, 3000, 2000, 'ONGOING', '2026-03-01', 1, 0, 0
            FROM household h, model_project m WHERE h.code = '{code}' AND m.code = '{project}';
         INSERT INTO gift (sponsor_id, pledge_id, program_id, household_id, kind, amount, given_on, reference, version, created_at, updated_at)
            SELECT p.sponsor_id, p.id, p.program_id, h.id, 'MONEY', 900, '2026-04-01', 'BN-H-{number}', 1, 0, 0
            FROM household h, pledge p WHERE h.code = '{code}' AND p.reference = 'CK-1'"
    ))
    .await;
}

async fn capital(caller: &Caller, code: &str) -> Value {
    let document = format!(
        "{{ modelProject(code: \"{code}\") {{ capital {{ advanced recoverable recovered reinvested }} participants(first: 9) {{ totalCount }} }} }}"
    );
    let answer = caller.query(&document).await;
    let (capital, participants) =
        (&answer.data()["modelProject"]["capital"], &answer.data()["modelProject"]["participants"]);
    json!([
        participants["totalCount"],
        capital["advanced"],
        capital["recoverable"],
        capital["recovered"],
        capital["reinvested"]
    ])
}

async fn given(caller: &Caller) -> Value {
    let document =
        "{ sponsor(code: \"NTT-1\") { pledges(first: 1) { nodes { givenAmount gifts(first: 9) { totalCount } } } } }";
    let answer = caller.query(document).await;
    let pledge = &answer.data()["sponsor"]["pledges"]["nodes"][0];
    json!([pledge["gifts"]["totalCount"], pledge["givenAmount"]])
}

/// The entries of one request: operation, decision, what was aimed at.
async fn left(t: &Service, caller: &Caller, document: &str, variables: Value) -> Vec<Value> {
    let before = t.number("SELECT COALESCE(max(id), 0) FROM audit_entry").await;
    caller.ask(document, variables).await;
    let query = format!(
        "SELECT operation || '|' || decision || '|' || COALESCE(CAST(aimed AS TEXT), 'null') FROM audit_entry
        WHERE subjects IS NOT NULL AND id > {before} ORDER BY id"
    );
    let entry = |text: String| {
        let parts: Vec<_> = text.splitn(3, '|').collect();
        json!([parts[0], parts[1], serde_json::from_str::<Value>(parts[2]).unwrap()])
    };
    t.texts(&query).await.into_iter().map(entry).collect()
}

/// A loan contract for the household here.
fn contract(register: &Register, number: &str) -> Value {
    json!({ "contractNumber": number, "householdId": register.here.id, "productCode": "POOR", "principal": 10_000_000,
        "termMonths": 36, "approvedOn": "2026-01-20", "programCode": "CREDIT_PRODUCTION" })
}

const RECORD: &str = "mutation($input: RecordLoansInput!) { recordLoans(input: $input) { results { status error { code field message messageVi } } } }";

both_databases! {
    async fn sums_of_a_project_tell_no_more_than_its_households_in_sight(t: &Service) {
        let register = fixture::register(t).await;
        let code = &register.here.project_code;
        hidden(t, HERE, 41, code).await;
        hidden(t, FAR, 42, code).await;
        let all = json!([3, 15_000_002 + 14_000, 7_500_000 + 6_000, 1_000_000 + 4_000, 0]);
        assert_eq!(capital(&t.as_role("dolisa_officer").await, code).await, all);
        let commune = json!([2, 15_000_002 + 7_000, 7_500_000 + 3_000, 1_000_000 + 2_000, 0]);
        assert_eq!(capital(&t.as_role_in("commune_officer", HERE).await, code).await, commune);
        let bank = t.as_roles_in(&["bank_officer", "agriculture_officer"], "VBSP", "83").await;
        assert_eq!(capital(&bank, code).await, json!([1, 15_000_002, 7_500_000, 1_000_000, 0]));
    }

    async fn a_pledge_counts_the_gifts_in_sight(t: &Service) {
        let register = fixture::register(t).await;
        hidden(t, HERE, 41, &register.here.project_code).await;
        hidden(t, FAR, 42, &register.here.project_code).await;
        assert_eq!(given(&t.as_role("front_officer").await).await, json!([3, 3_001_800]));
        assert_eq!(given(&t.as_role_in("front_officer", HERE).await).await, json!([2, 3_000_900]));
        let bank = t.as_roles_in(&["bank_officer", "front_officer"], "VBSP", "83").await;
        assert_eq!(given(&bank).await, json!([1, 3_000_000]));
    }

    async fn a_key_that_is_taken_out_of_sight_says_no_more_and_is_in_the_ledger(t: &Service) {
        let register = fixture::register(t).await;
        let bank = t.as_role_in("bank_officer", HERE).await;
        let (near, far) = (&register.here.contract_number, &register.far.contract_number);
        let items = |key: &str, numbers: &[&String]| {
            let items: Vec<_> = numbers.iter().map(|number| contract(&register, number)).collect();
            json!({ "input": { "idempotencyKey": key, "items": items } })
        };
        let mut refused = Vec::new();
        for (key, number) in [("a", near), ("b", far)] {
            let answer = bank.ask(RECORD, items(key, &[number])).await;
            refused.push(answer.text.replace(number.as_str(), "N"));
        }
        assert_eq!(refused[0], refused[1], "nobody learns whose contract it is");
        let noted = left(t, &bank, RECORD, items("c", &[far, near, &"NEW-1".to_owned()])).await;
        assert_eq!((noted.len(), &noted[0][1], &noted[0][2]["items.contractNumber"]), (1, &json!("DENIED"), &json!([near, far])), "{noted:?}");

        let officer = t.as_role_in("commune_officer", HERE).await;
        let register_as = "mutation($input: RegisterHouseholdInput!) { registerHousehold(input: $input) { household { code } } }";
        let members = json!([{ "fullName": "Lê Văn Mới", "relationshipToHead": "HEAD", "sex": "MALE" }]);
        let household = |code: &str| json!({ "input": { "code": code, "communeCode": HERE, "members": members } });
        // A household that has moved away keeps its code.
        let (code, here) = (&register.here.code, register.here.key);
        t.sql(&format!("UPDATE household SET (commune_id, district_id) = (SELECT commune_id, district_id FROM household WHERE id = {}) WHERE id = {here}", register.far.key)).await;
        officer.ask(register_as, household(code)).await.refused("CONFLICT", "input.code");
        assert_eq!(left(t, &officer, register_as, household(code)).await, [json!(["registerHousehold", "DENIED", { "code": [code], "communeCode": [HERE] }])]);
        // Another commune's codes can't be tried at all.
        officer.ask(register_as, household(&register.far.code)).await.refused("BAD_USER_INPUT", "input.code");

        let create = "mutation($input: CreateModelProjectInput!) { createModelProject(input: $input) { project { code } } }";
        let project = json!({ "input": { "code": register.far.project_code, "name": "Nuôi bò", "track": "LIVELIHOOD", "site": { "code": HERE },
            "programCode": "LIVELIHOOD_MODELS", "startsOn": "2026-10-01", "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 1000 }] } });
        let farmers = t.as_role_in("agriculture_officer", fixture::DISTRICT_HERE).await;
        farmers.ask(create, project.clone()).await.refused("CONFLICT", "input.code");
        let noted = left(t, &farmers, create, project).await;
        assert_eq!((noted.len(), &noted[0][1], &noted[0][2]["code"]), (1, &json!("DENIED"), &json!([register.far.project_code])), "{noted:?}");
    }

    async fn a_receipt_of_a_gift_out_of_sight_is_taken_and_says_no_more(t: &Service) {
        let register = fixture::register(t).await;
        let front = t.as_role_in("front_officer", HERE).await;
        let sponsor = front.query("{ sponsor(code: \"NTT-1\") { id } }").await.data()["sponsor"]["id"].clone();
        let record = "mutation($input: RecordGiftInput!) { recordGift(input: $input) { gift { amount } warnings { code } } }";
        // The fixture's gift to each household, by its number.
        let gift = |number: i64| json!({ "input": { "sponsorId": sponsor, "programCode": "MOBILISATION", "householdId": register.here.id, "kind": "MONEY",
            "amount": 2_000_000 + number, "givenOn": "2026-04-01", "reference": format!("BN-{number}") } });
        front.ask(record, gift(2)).await.data();
        let mut changed = gift(2);
        changed["input"]["amount"] = json!(1);
        let in_sight = front.ask(record, changed).await;
        in_sight.refused("CONFLICT", "input.reference");
        // All that can be said of the gift to the household far away, but for its receiver.
        let before = t.number("SELECT count(*) FROM gift").await;
        let out_of_sight = front.ask(record, gift(3)).await;
        assert_eq!(out_of_sight.text.replace("BN-3", "BN-2"), in_sight.text);
        let noted = left(t, &front, record, gift(3)).await;
        let household = format!("Household:{}", register.here.key);
        assert_eq!((noted.len(), &noted[0][0], &noted[0][1]), (1, &json!("recordGift"), &json!("DENIED")), "{noted:?}");
        assert_eq!((&noted[0][2]["reference"], &noted[0][2]["householdId"]), (&json!(["BN-3"]), &json!([household])));
        assert_eq!(t.number("SELECT count(*) FROM gift").await, before);
    }

    async fn what_exceeds_a_pledge_is_told_for_a_gift_that_stays_and_never_for_nothing(t: &Service) {
        let register = fixture::register(t).await;
        hidden(t, FAR, 42, &register.far.project_code).await;
        let front = t.as_role_in("front_officer", HERE).await;
        let answer = front.query("{ sponsor(code: \"NTT-1\") { id pledges(first: 1) { nodes { id amount givenAmount } } } }").await;
        let sponsor = answer.data()["sponsor"].clone();
        let pledge = &sponsor["pledges"]["nodes"][0];
        // What is left of the pledge as this caller sees it; a gift of 900 out of its sight takes from it.
        let left = pledge["amount"].as_i64().unwrap() - pledge["givenAmount"].as_i64().unwrap();
        let record = "mutation($input: RecordGiftInput!) { recordGift(input: $input) { gift { id pledge { givenAmount } } warnings { code message messageVi } } }";
        let gift = |reference: &str, amount: i64| json!({ "input": { "sponsorId": sponsor["id"], "pledgeId": pledge["id"], "kind": "MONEY",
            "amount": amount, "givenOn": "2026-04-01", "reference": reference } });
        let gifts = "SELECT count(*) FROM gift";
        let before = t.number(gifts).await;
        // Whatever is refused, or was recorded, tells nothing of the sum, so that it can't be tried without giving.
        for (broken, value) in [("amount", json!(0)), ("kind", json!("IN_KIND")), ("givenOn", json!("2026-12-01")), ("reference", json!("")), ("reference", json!("BN-0"))] {
            let mut input = gift("BN-A", left);
            input["input"][broken] = value;
            let answer = front.ask(record, input).await;
            assert!(!answer.errors().is_empty() && !answer.text.contains("PLEDGE_EXCEEDED"), "{broken}: {}", answer.text);
        }
        let twice = format!("mutation($input: RecordGiftInput!) {{ recordGift(input: $input) {{ warnings {{ code }} }} {} }}",
            "wrong: recordGift(input: $input) { warnings { code nothing } }");
        assert!(!front.ask(&twice, gift("BN-B", left)).await.text.contains("PLEDGE_EXCEEDED"));
        assert_eq!(t.number(gifts).await, before);
        let told = front.ask(record, gift("BN-C", left)).await;
        let told = &told.data()["recordGift"];
        assert_eq!((&told["warnings"][0]["code"], &told["gift"]["pledge"]["givenAmount"]), (&json!("PLEDGE_EXCEEDED"), &pledge["amount"]));
        let words = format!("{} {}", told["warnings"][0]["message"], told["warnings"][0]["messageVi"]);
        assert!(!words.contains("900") && !words.contains("50000900"), "no sum: {words}");
        // It is asked once for each gift that is written, and each of them stays.
        let again = front.ask(record, gift("BN-C", left)).await;
        assert_eq!(again.data()["recordGift"]["warnings"], json!([]));
        assert_eq!(t.number(gifts).await, before + 1);
        assert_eq!(t.number("SELECT count(*) FROM audit_entry WHERE operation = 'recordGift' AND subject_type = 'Gift'").await, 1);
    }

    async fn a_sponsor_may_be_a_person_so_reading_one_is_in_the_ledger(t: &Service) {
        fixture::register(t).await;
        t.sql("UPDATE sponsor SET kind = 'PERSON'").await;
        let front = t.as_role("front_officer").await;
        for document in ["{ sponsor(code: \"NTT-1\") { kind } }", "{ sponsors(first: 1) { nodes { code } } }", "{ programs { pledges(first: 1) { nodes { sponsor { name } } } } }"] {
            let before = t.number("SELECT max(id) FROM audit_entry").await;
            front.query(document).await.data();
            let kept = format!("SELECT count(*) FROM audit_entry WHERE id > {before} AND decision = 'ALLOWED' AND CAST(subjects AS TEXT) LIKE '%\"Sponsor\"%'");
            assert_eq!(t.number(&kept).await, 1, "{document}");
        }
    }

    async fn the_text_of_an_operation_is_its_agencys_alone(t: &Service) {
        let document = "{ person(nationalId: \"083080000001\") { fullName } }";
        let admin = t.as_roles_in(&["agency_admin"], "DOLISA", "83").await;
        let system = t.as_role("dolisa_officer").await;
        let client = global_id("Client", &t.number(&format!("SELECT id FROM client WHERE name = '{}'", system.name)).await.to_string());
        let register = "mutation($input: RegisterOperationsInput!) { registerOperations(input: $input) { documentIds } }";
        admin.ask(register, json!({ "input": { "clientId": client, "documents": [document] } })).await.data();
        let read = format!("{{ node(id: \"{client}\") {{ ... on Client {{ operations(first: 1) {{ nodes {{ sha256 document }} }} }} }} }}");
        let own = admin.query(&read).await;
        assert_eq!(own.data()["node"]["operations"]["nodes"][0]["document"], document);
        for role in ["platform_admin", "auditor"] {
            let answer = t.as_role(role).await.query(&read).await;
            answer.refused("FORBIDDEN", "");
            assert!(answer.partial()["node"]["operations"]["nodes"][0]["sha256"].is_string() && !answer.text.contains("083080000001"), "{role}");
        }
        // Nor who sees the clients of all agencies and administers another one.
        let other = t.as_roles_in(&["agency_admin"], "PPC", "83").await;
        t.sql("INSERT INTO role_permission (role_id, permission) SELECT id, 'client:readAll' FROM role WHERE code = 'agency_admin'").await;
        let answer = other.query(&read).await;
        assert_eq!(answer.data()["node"]["operations"]["nodes"][0]["document"], json!(null));
    }

    async fn an_agency_without_business_with_people_gets_no_live_figure(t: &Service) {
        fixture::register(t).await;
        let progress = "{ program(code: \"HOUSING_MERIT\") { progress { approved disbursed } } }";
        let officer = t.as_role("dolisa_officer").await;
        assert_eq!(officer.query(progress).await.data()["program"]["progress"], json!({ "approved": 3, "disbursed": 3 }));
        let money = t.as_roles_in(&["dolisa_officer"], "DOF", "83").await;
        assert_eq!(money.query(progress).await.data()["program"]["progress"], json!({ "approved": 0, "disbursed": 0 }));
        let statistics = "{ statistics(groupBy: DISTRICT) { households } }";
        assert_eq!(money.query(statistics).await.data()["statistics"], json!([]), "no day is closed yet");
        assert!(officer.query(statistics).await.data()["statistics"].as_array().unwrap().len() == 9);
    }
}
