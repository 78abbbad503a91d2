//! What the communes, social protection and social insurance write: hamlets, households, people, reviews, coverages.

mod by_class;
mod hamlets;
mod impact;
mod insurance;
mod known;
mod members;
mod moves;
mod papers;
mod regular;
mod reviews;
mod search;
mod standards;

use serde_json::{Value, json};
use tests::service::{Caller, Service};

use crate::fixture::write;

/// A household as its province sees it: id, version, members with id, version and relation.
async fn household(t: &Service, code: &str) -> Value {
    let reader = t.as_role("dolisa_officer").await;
    let document = "query($code: String!) { household(code: $code) {
        id version povertyClass dissolvedOn head { fullName } members { id version fullName relationshipToHead } } }";
    reader.ask(document, json!({ "code": code })).await.data()["household"].clone()
}

/// All pages of a size of a root list, in the asked order, and the total that each of them tells.
async fn all_pages(
    caller: &Caller,
    (root, document): (&str, &str),
    mut asked: Value,
    size: u32,
    backward: bool,
) -> (Vec<Value>, Value) {
    let (count, position, more, cursor) = match backward {
        true => ("last", "before", "hasPreviousPage", "startCursor"),
        false => ("first", "after", "hasNextPage", "endCursor"),
    };
    asked[count] = json!(size);
    let mut found = Vec::new();
    loop {
        let answer = caller.ask(document, asked.clone()).await;
        let page = answer.data()[root].clone();
        let mut nodes = page["nodes"].as_array().unwrap().clone();
        if backward {
            nodes.reverse();
        }
        found.extend(nodes);
        if page["pageInfo"][more] != true {
            if backward {
                found.reverse();
            }
            return (found, page["totalCount"].clone());
        }
        asked[position] = page["pageInfo"][cursor].clone();
    }
}

/// How many writes are in the ledger: refused ones add none.
async fn entries(t: &Service) -> i64 {
    t.number("SELECT count(*) FROM audit_entry WHERE subjects IS NULL AND client_id IS NOT NULL").await
}
