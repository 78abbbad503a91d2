//! Capital: what comes back, what goes on to the next household, and the close.

use migration::{Migrator, MigratorTrait};
use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::{self, FAR};

/// A participation with its movements.
async fn traced(t: &Service, participation: &str) -> Value {
    let document = "query($id: ID!) { node(id: $id) { ... on ModelParticipation {
        version supportAmount recoverableAmount recoveredAmount reinvestedAmount outcome enrolledOn
        movements { kind amount reference to { id } } reinvestedFrom { amount participation { id } } } } }";
    officer(t).await.ask(document, json!({ "id": participation })).await.data()["node"].clone()
}

fn reinvesting(household: &str, amount: i64, from: &[&str]) -> Value {
    let mut item = advance(household, amount);
    item["reinvestedFrom"] = json!(from);
    item
}

async fn close(t: &Service, project: &str, version: i64, closed_on: &str, outcomes: Value) -> Answer {
    let input =
        json!({ "projectId": project, "expectedVersion": version, "closedOn": closed_on, "outcomes": outcomes });
    write(
        &officer(t).await,
        "closeModelProject",
        input,
        "project { status closedOn version } warnings { code message }",
    )
    .await
}

both_databases! {
    async fn capital_comes_back_once_and_no_more_than_half(t: &Service) {
        let (homes, project) = (households(t, HERE, 1).await, project(t, "MH-1").await);
        let part = joined(t, &project, 1, advance(&homes[0], 30 * M)).await;
        let answer = recover(t, &part, 1, 10 * M, "TH-1").await;
        let after = json!({ "version": 2, "recoveredAmount": 10 * M });
        assert_eq!(answer.data()["recordCapitalRecovery"]["participation"], after);
        let again = recover(t, &part, 1, 10 * M, "TH-1").await;
        assert_eq!(again.data()["recordCapitalRecovery"]["participation"], after, "the same receipt changes nothing");
        recover(t, &part, 2, 9 * M, "TH-1").await.refused("CONFLICT", "input.reference");
        recover(t, &part, 1, M, "TH-2").await.refused("CONFLICT", "expectedVersion");
        recover(t, &part, 2, 5 * M + 1, "TH-2").await.refused("BAD_USER_INPUT", "input.amount");
        recover(t, &part, 2, 0, "TH-2").await.refused("BAD_USER_INPUT", "input.amount");
        recover(t, &part, 2, M, " ").await.refused("BAD_USER_INPUT", "input.reference");
        for (day, field) in [("2026-11-22", "input.occurredOn"), ("2026-11-24", "input.occurredOn")] {
            let input = json!({ "participationId": part, "expectedVersion": 2, "amount": M, "occurredOn": day,
                "reference": "TH-2" });
            let answer = write(&officer(t).await, "recordCapitalRecovery", input, "participation { id }").await;
            answer.refused("BAD_USER_INPUT", field);
        }
        assert_eq!(count(t, "capital_movement").await, "2");
        recover(t, &part, 2, 5 * M, "TH-2").await.data();
        recover(t, &part, 3, 1, "TH-3").await.refused("BAD_USER_INPUT", "input.amount");
    }

    async fn recovered_capital_goes_on_and_is_traced(t: &Service) {
        let (homes, first, next) = (households(t, HERE, 5).await, project(t, "MH-1").await, project(t, "MH-2").await);
        let one = joined(t, &first, 1, advance(&homes[0], 20 * M)).await;
        let two = joined(t, &first, 2, advance(&homes[1], 30 * M)).await;
        let none = joined(t, &first, 3, advance(&homes[4], 30 * M)).await;
        recover(t, &one, 1, 10 * M, "TH-1").await.data();
        recover(t, &two, 1, 15 * M, "TH-1").await.data();
        let items = [
            reinvesting(&homes[2], 12 * M, &[&one, &two]),
            reinvesting(&homes[3], 20 * M, &[&one]),
            reinvesting(&homes[3], 20 * M, &[&none]),
            reinvesting(&homes[3], 20 * M, &[&two, &two]),
            reinvesting(&homes[3], 20 * M, &["TW9kZWxQYXJ0aWNpcGF0aW9uOjk5OTk5OQ"]),
            reinvesting(&homes[3], 20 * M, &[&two]),
        ];
        let answer = enrol(&officer(t).await, &next, 1, &items).await;
        let payload = &answer.data()["enrolHouseholds"];
        let errors: Vec<_> = payload["results"].as_array().unwrap().iter().map(|result| {
            (result["error"]["code"].as_str().unwrap_or("APPLIED"), result["error"]["field"].as_str().unwrap_or(""))
        }).collect();
        assert_eq!(errors, [
            ("APPLIED", ""), ("CONFLICT", "reinvestedFrom.0"), ("CONFLICT", "reinvestedFrom.0"),
            ("BAD_USER_INPUT", "reinvestedFrom.1"), ("NOT_FOUND", "reinvestedFrom.0"), ("APPLIED", ""),
        ]);
        let part = |index: usize| payload["results"][index]["participation"]["id"].as_str().unwrap().to_owned();
        let (third, fourth) = (part(0), part(5));
        let key = |id: &str| ansinh::schema::global_id::decode(id).unwrap().1;
        assert_eq!(traced(t, &one).await, json!({
            "version": 3, "supportAmount": 20 * M, "recoverableAmount": 10 * M, "recoveredAmount": 10 * M,
            "reinvestedAmount": 10 * M, "outcome": "ONGOING", "enrolledOn": "2026-11-23",
            "movements": [
                { "kind": "ADVANCE", "amount": 20 * M, "reference": format!("MH-1/{}", key(&one)), "to": null },
                { "kind": "RECOVERY", "amount": 10 * M, "reference": "TH-1", "to": null },
                { "kind": "REINVESTMENT", "amount": 10 * M, "reference": format!("MH-2/{}", key(&third)), "to": { "id": third } },
            ],
            "reinvestedFrom": [],
        }));
        let second = traced(t, &two).await;
        assert_eq!((&second["version"], &second["reinvestedAmount"]), (&json!(3), &json!(15 * M)));
        assert_eq!(traced(t, &third).await["reinvestedFrom"], json!([
            { "amount": 10 * M, "participation": { "id": one } }, { "amount": 2 * M, "participation": { "id": two } },
        ]));
        assert_eq!(traced(t, &fourth).await["reinvestedFrom"], json!([
            { "amount": 13 * M, "participation": { "id": two } },
        ]), "as far as it goes; the other 7 M are new");
        let document = "{ modelProject(code: \"MH-1\") { capital { advanced recoverable recovered reinvested } } }";
        assert_eq!(officer(t).await.query(document).await.data()["modelProject"]["capital"], json!({
            "advanced": 80 * M, "recoverable": 40 * M, "recovered": 25 * M, "reinvested": 25 * M }));
        let events = "query { household(code: \"28757-000001\") { timeline(first: 10) { nodes { kind amount } } } }";
        assert_eq!(officer(t).await.query(events).await.data()["household"]["timeline"]["nodes"], json!([
            { "kind": "MODEL_CAPITAL", "amount": 20 * M }, { "kind": "CAPITAL_RECOVERY", "amount": 10 * M } ]));
    }

    async fn where_capital_went_tells_nothing_of_a_household_out_of_sight(t: &Service) {
        let (homes, first, next) = (households(t, HERE, 1).await, project(t, "MH-1").await, project(t, "MH-2").await);
        let code = format!("{FAR}-000077");
        let far = fixture::register_household(t, FAR, &code, json!([{ "fullName": "Lê Thị Hoa", "relationshipToHead": "HEAD" }])).await;
        let one = joined(t, &first, 1, advance(&homes[0], 30 * M)).await;
        recover(t, &one, 1, 15 * M, "TH-1").await.data();
        enrol(&officer(t).await, &next, 1, &[reinvesting(&far, 15 * M, &[&one])]).await.data();
        let commune = t.as_role_in("commune_officer", HERE).await;
        let document = "query($id: ID!) { node(id: $id) { ... on ModelParticipation { movements { kind reference to { id } } } } }";
        let hidden = async |when: &str| {
            let answer = commune.ask(document, json!({ "id": one })).await;
            let moved = answer.data()["node"]["movements"].as_array().unwrap().clone();
            assert_eq!((moved.len(), &moved[2]["kind"], &moved[2]["to"]), (3, &json!("REINVESTMENT"), &Value::Null), "{when}");
            assert!(!answer.text.contains(&code), "{when}: {}", answer.text);
            moved
        };
        let new = hidden("as written").await;
        // What earlier releases wrote is rewritten by a step of the migrations, receipts of others are not.
        let database = t.database.connect().await;
        let later = Migrator::migrations().iter().rev().take_while(|step| step.name() != "m0019_capital_reference").count();
        Migrator::down(&database, u32::try_from(later + 1).ok()).await.unwrap();
        let old = "SELECT reference FROM capital_movement WHERE participation_id = (SELECT min(id) FROM model_participation) ORDER BY id";
        assert_eq!(t.texts(old).await, ["MH-1/28757-000001".to_owned(), "TH-1".to_owned(), format!("MH-2/{code}")]);
        Migrator::up(&database, None).await.unwrap();
        assert_eq!(hidden("as rewritten").await, new);
    }

    async fn two_models_never_lend_on_the_same_dong(t: &Service) {
        let homes = households(t, HERE, 3).await;
        let (first, second, third) = (project(t, "MH-1").await, project(t, "MH-2").await, project(t, "MH-3").await);
        let source = joined(t, &first, 1, advance(&homes[0], 30 * M)).await;
        recover(t, &source, 1, 15 * M, "TH-1").await.data();
        let officer = officer(t).await;
        let (one, other) = ([reinvesting(&homes[1], 10 * M, &[&source])], [reinvesting(&homes[2], 10 * M, &[&source])]);
        let (one, other) = tokio::join!(enrol(&officer, &second, 1, &one), enrol(&officer, &third, 1, &other));
        for answer in [one, other] {
            assert_eq!(answer.data()["enrolHouseholds"]["results"][0]["status"], "APPLIED");
        }
        let after = traced(t, &source).await;
        assert_eq!((&after["reinvestedAmount"], &after["recoveredAmount"]), (&json!(15 * M), &json!(15 * M)));
        let mut given: Vec<_> = after["movements"].as_array().unwrap().iter()
            .filter(|movement| movement["kind"] == "REINVESTMENT").map(|movement| movement["amount"].as_i64().unwrap())
            .collect();
        given.sort_unstable();
        assert_eq!(given, [5 * M, 10 * M]);
    }

    async fn two_receipts_at_once_never_recover_too_much(t: &Service) {
        let (homes, project) = (households(t, HERE, 1).await, project(t, "MH-1").await);
        let part = joined(t, &project, 1, advance(&homes[0], 30 * M)).await;
        let (one, other) =
            tokio::join!(recover(t, &part, 1, 10 * M, "TH-1"), recover(t, &part, 1, 10 * M, "TH-2"));
        let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
        assert_eq!(won.data()["recordCapitalRecovery"]["participation"]["recoveredAmount"], 10 * M);
        lost.refused("CONFLICT", "expectedVersion");
        assert_eq!(lost.errors()[0]["extensions"]["storedVersion"], 2);
    }

    async fn a_model_closes_with_the_outcome_of_every_household(t: &Service) {
        let (homes, project) = (households(t, HERE, 3).await, project(t, "MH-1").await);
        let one = joined(t, &project, 1, advance(&homes[0], 30 * M)).await;
        let two = joined(t, &project, 2, advance(&homes[1], 0)).await;
        let outcome = |id: &str, outcome: &str| json!({ "participationId": id, "outcome": outcome });
        let (first, second) = (outcome(&one, "ESCAPED_POVERTY"), outcome(&two, "WITHDRAWN"));
        let stranger = outcome("TW9kZWxQYXJ0aWNpcGF0aW9uOjk5OTk5OQ", "UNCHANGED");
        for (day, outcomes, field) in [
            ("2026-11-24", json!([first, second]), "input.closedOn"),
            ("2026-10-31", json!([first, second]), "input.closedOn"),
            ("2026-11-23", json!([first]), "input.outcomes"),
            ("2026-11-23", json!([first, second, stranger]), "input.outcomes"),
            ("2026-11-23", json!([first, second, second]), "input.outcomes.2.participationId"),
            ("2026-11-23", json!([first, outcome(&two, "ONGOING")]), "input.outcomes.1.outcome"),
            ("2026-11-23", json!([first, outcome(&homes[0], "UNCHANGED")]), "input.outcomes.1.participationId"),
        ] {
            close(t, &project, 3, day, outcomes).await.refused("BAD_USER_INPUT", field);
        }
        close(t, &project, 2, "2026-11-23", json!([first, second])).await.refused("CONFLICT", "expectedVersion");
        let closed = close(t, &project, 3, "2026-11-23", json!([first, second])).await;
        let after = json!({ "status": "CLOSED", "closedOn": "2026-11-23", "version": 4 });
        assert_eq!(closed.data()["closeModelProject"]["project"], after);
        let still_out = json!([{ "code": "CAPITAL_STILL_OUT", "message": "At the close 15000000 đồng is still to come back from 1 households." }]);
        assert_eq!(closed.data()["closeModelProject"]["warnings"], still_out);
        let ended = (traced(t, &one).await, traced(t, &two).await);
        assert_eq!((&ended.0["outcome"], &ended.1["outcome"]), (&json!("ESCAPED_POVERTY"), &json!("WITHDRAWN")));
        close(t, &project, 4, "2026-11-23", json!([])).await.refused("CONFLICT", "input.projectId");
        let late = enrol(&officer(t).await, &project, 4, &[advance(&homes[2], 0)]).await;
        late.refused("CONFLICT", "input.projectId");
        recover(t, &one, 2, 15 * M, "TH-1").await.data();
    }

    async fn every_write_is_in_the_ledger_and_the_feed(t: &Service) {
        let (homes, project) = (households(t, HERE, 1).await, project(t, "MH-1").await);
        let part = joined(t, &project, 1, advance(&homes[0], 30 * M)).await;
        recover(t, &part, 1, 15 * M, "TH-1").await.data();
        close(t, &project, 2, "2026-11-23", json!([{ "participationId": part, "outcome": "UNCHANGED" }])).await.data();
        let of_models = "subject_type IN ('ModelProject', 'ModelParticipation') ORDER BY id";
        let ledger = t.texts(&format!("SELECT operation || ' ' || fields FROM audit_entry WHERE {of_models}")).await;
        assert_eq!(ledger, [
            "createModelProject code,name,track,level,site,status,program,startsOn,endsOn,funding",
            "enrolHouseholds project,household,supportAmount,funding,outcome",
            "enrolHouseholds participants,capital",
            "recordCapitalRecovery recoveredAmount",
            "closeModelProject outcome",
            "closeModelProject status,closedOn",
        ]);
        let feed = t.texts(&format!("SELECT operation || ' ' || subject_type || ' ' || version FROM change_event WHERE {of_models}")).await;
        assert_eq!(feed, [
            "CREATED ModelProject 1", "CREATED ModelParticipation 1", "UPDATED ModelProject 2",
            "UPDATED ModelParticipation 2", "UPDATED ModelParticipation 3", "UPDATED ModelProject 3",
        ]);
    }
}
