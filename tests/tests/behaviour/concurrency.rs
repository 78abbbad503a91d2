//! Several writers at one moment: one of them wins, and the others are told so. None fails for another reason.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};
use tokio::task::JoinSet;

use crate::fixture::{self, HERE};

const REGISTER: &str = "mutation($input: RegisterHouseholdInput!) {
    registerHousehold(input: $input) { applied household { id code version members { fullName } } } }";
const UPDATE: &str = "mutation($input: UpdateHouseholdInput!) {
    updateHousehold(input: $input) { applied household { version address } } }";

fn members() -> Value {
    json!([{ "fullName": "Nguyễn Thị Hoa", "relationshipToHead": "HEAD" },
        { "fullName": "Nguyễn Văn Lợi", "relationshipToHead": "CHILD" }])
}

/// Sends all inputs at once. The answers come in no order.
async fn at_once(caller: &Caller, document: &'static str, inputs: impl IntoIterator<Item = Value>) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for input in inputs {
        let caller = caller.clone();
        running.spawn(async move { caller.ask(document, json!({ "input": input })).await });
    }
    running.join_all().await
}

/// The one answer without errors; the others are refused with CONFLICT.
fn one_wins(answers: &[Answer]) -> &Answer {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.errors().is_empty());
    for answer in &lost {
        assert_eq!((answer.status, answer.code(0)), (200, "CONFLICT"), "{}", answer.body);
    }
    assert_eq!(won.len(), 1, "{answers:?}");
    won[0]
}

/// How many audit entries and change events tell of these writes on households.
async fn told(t: &Service, operation: &str, change: &str) -> [i64; 2] {
    let audited = "SELECT count(*) FROM audit_entry WHERE subject_type = 'Household' AND operation =";
    let fed = "SELECT count(*) FROM change_event WHERE subject_type = 'Household' AND operation =";
    [t.number(&format!("{audited} '{operation}'")).await, t.number(&format!("{fed} '{change}'")).await]
}

both_databases! {
    async fn of_the_writers_of_one_version_one_wins(t: &Service) {
        let officer = t.as_role_in("commune_officer", HERE).await;
        for (round, writers) in [(1, 2), (2, 20)] {
            let id = fixture::register_household(t, HERE, &format!("{HERE}-00000{round}"), members()).await;
            let input = |n| json!({ "id": id, "expectedVersion": 1, "address": format!("Tổ {n}") });
            let answers = at_once(&officer, UPDATE, (0..writers).map(input)).await;
            let won = &one_wins(&answers).data()["updateHousehold"];
            assert_eq!((&won["applied"], &won["household"]["version"]), (&json!(["address"]), &json!(2)));
            for lost in answers.iter().filter(|answer| !answer.errors().is_empty()) {
                lost.refused("CONFLICT", "expectedVersion");
                assert_eq!(lost.errors()[0]["extensions"]["storedVersion"], 2, "{}", lost.body);
            }
            let code = format!("{HERE}-00000{round}");
            let stored = t.texts(&format!("SELECT address FROM household WHERE code = '{code}' AND version = 2")).await;
            assert_eq!(json!(stored), json!([won["household"]["address"]]));
            assert_eq!(told(t, "updateHousehold", "UPDATED").await, [round, round]);
        }
    }

    async fn requests_with_one_key_are_one_request(t: &Service) {
        let officer = t.as_role_in("commune_officer", HERE).await;
        let input = json!({ "code": format!("{HERE}-000001"), "communeCode": HERE, "members": members(),
            "idempotencyKey": "one" });
        let answers = at_once(&officer, REGISTER, std::iter::repeat_n(input, 20)).await;
        answers[0].data();
        for answer in &answers {
            assert_eq!(answer.text, answers[0].text);
        }
        assert_eq!(t.number("SELECT count(*) FROM household").await, 1);
        assert_eq!(t.number("SELECT count(*) FROM person").await, 2);
        assert_eq!(told(t, "registerHousehold", "CREATED").await, [1, 1]);
    }

    async fn of_the_registrations_of_one_code_one_wins(t: &Service) {
        let officer = t.as_role_in("commune_officer", HERE).await;
        let input = json!({ "code": format!("{HERE}-000001"), "communeCode": HERE, "members": members() });
        let answers = at_once(&officer, REGISTER, std::iter::repeat_n(input, 20)).await;
        one_wins(&answers);
        for lost in answers.iter().filter(|answer| !answer.errors().is_empty()) {
            lost.refused("CONFLICT", "input.code");
        }
        assert_eq!(t.number("SELECT count(*) FROM household").await, 1);
        assert_eq!(t.number("SELECT count(*) FROM person").await, 2);
        assert_eq!(told(t, "registerHousehold", "CREATED").await, [1, 1]);
    }
}
