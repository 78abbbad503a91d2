//! Random documents, answered by the service and by graphql-js over the same rows: data, the order of keys, and the
//! places of errors must be the same.
//!
//! A failed test names the seed of its document. `DIFFERENTIAL_SEEDS=17` tries that one again, for every role;
//! `DIFFERENTIAL_SEEDS=0..5000` looks further than a build has time for.

mod rows;

use std::{ops::Range, process::Command};

use ansinh::{
    access::{Permission as P, roles::BUILT_IN},
    schema,
    seed::{self, SeedPlan, Silent},
};
use serde_json::{Value, json};
use tests::{
    both::OnDatabase,
    database::DbBackend,
    graphql_js::{self, Document, GraphqlJs},
    service::{Answer, Caller, PROVINCE, Service},
};

/// Documents for each role.
const DOCUMENTS: u32 = 150;

const RANDOM_SEED: u64 = 2022;

/// Who asks, and over which part of the province.
const ASKING: &[(&str, Part)] = &[
    ("dolisa_officer", Part::Province),
    ("bank_officer", Part::Province),
    ("insurance_officer", Part::Province),
    ("district_officer", Part::District),
    ("commune_officer", Part::Commune),
];

#[derive(Clone, Copy)]
enum Part {
    Province,
    District,
    Commune,
}

/// What a permission opens: types, and fields of types that are open without it.
const GUARDED: &[(P, &[&str])] = &[
    (P::HouseholdRead, &["Household", "Person"]),
    (P::NationalIdRead, &["Person.nationalId"]),
    (P::ProtectedCategoryRead, &["Person.protectedCategories"]),
    (P::ReviewRead, &["PovertyReview"]),
    (P::InsuranceRead, &["InsuranceCoverage"]),
    (P::BenefitRead, &["Benefit", "BenefitPayment"]),
    (P::LoanRead, &["Loan", "LoanTransaction"]),
    (P::ModelProjectRead, &["ModelProject", "ModelParticipation"]),
    (P::PlanRead, &["Program"]),
];

#[tokio::test]
#[cfg_attr(no_node, ignore = "no node 18 or newer, or no npm, on this machine")]
async fn random_documents_are_answered_as_graphql_js_does_on_sqlite() {
    random_documents(DbBackend::Sqlite).await;
}

#[tokio::test]
#[cfg_attr(any(no_node, no_postgres), ignore = "no node with npm, or no PostgreSQL, on this machine")]
async fn random_documents_are_answered_as_graphql_js_does_on_postgres() {
    random_documents(DbBackend::Postgres).await;
}

#[test]
#[cfg_attr(no_node, ignore = "no node 18 or newer, or no npm, on this machine")]
fn the_naive_executor_passes_its_own_tests() {
    let output = Command::new("node").arg("--test").current_dir(graphql_js::folder()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

async fn random_documents(backend: DbBackend) {
    let t = Service::on(backend).await;
    let plan = SeedPlan { households: 300, random_seed: RANDOM_SEED, today: t.app.clock.today() };
    seed::run(&t.app.db.connection, plan, &Silent).await.unwrap();
    t.app.catalog.refresh(&t.app.db).await.unwrap();
    let mut reference = GraphqlJs::start();
    let mut failures = Vec::new();
    for (index, (role, part)) in (0..).zip(ASKING) {
        let (scope, own) = scope(&t, *part).await;
        let caller = t.as_role_in(role, &scope).await;
        reference.store(&store(&t, role, &own, &caller).await);
        for seed in seeds(index) {
            let document = reference.generate(seed);
            let answer = caller.send(&document).await;
            let differences = reference.compare(&document, &answer.text);
            if !differences.is_empty() {
                let what = format!("{role} in {scope}, DIFFERENTIAL_SEEDS={seed}");
                failures.push(failure(&what, &document, &answer, &differences));
            }
        }
    }
    let shown = &failures[..failures.len().min(5)];
    assert!(failures.is_empty(), "{backend:?}, {} documents, among them:\n\n{}", failures.len(), shown.join("\n"));
}

fn failure(what: &str, document: &Document, answer: &Answer, differences: &[String]) -> String {
    let short = |text: &str| text.chars().take(400).collect::<String>();
    let differences: Vec<_> = differences.iter().map(|difference| short(difference)).collect();
    let (query, messages) = (document["query"].as_str().unwrap(), json!(answer.errors()).to_string());
    format!(
        "{what}\n{query}\nvariables: {}\n{}\nerrors: {}\n",
        document["variables"],
        differences.join("\n"),
        short(&messages)
    )
}

/// Other documents for each role, unless the environment says which.
fn seeds(role: u32) -> Range<u32> {
    let Ok(text) = std::env::var("DIFFERENTIAL_SEEDS") else { return role * DOCUMENTS..(role + 1) * DOCUMENTS };
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("DIFFERENTIAL_SEEDS={text} is 17 or 0..5000"));
    match text.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => number(&text)..number(&text) + 1,
    }
}

/// The code of the province, or of the district or commune with most households, and the SQL condition on its rows.
async fn scope(t: &Service, part: Part) -> (String, String) {
    let column = match part {
        Part::Province => return (PROVINCE.to_owned(), "TRUE".to_owned()),
        Part::District => "district_id",
        Part::Commune => "commune_id",
    };
    let most = format!("SELECT {column} FROM household GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT 1");
    let id = t.number(&most).await;
    (t.app.catalog.unit(id).unwrap().code, format!("t.{column} = {id}"))
}

/// What the naive executor is given.
async fn store(t: &Service, role: &str, own: &str, caller: &Caller) -> Value {
    let role = BUILT_IN.iter().find(|known| known.code == role).unwrap();
    let today = t.app.clock.today();
    let whose = rows::Whose { own, bank: role.agency == "VBSP", today };
    let closed = GUARDED.iter().filter(|(permission, _)| !role.permissions.contains(permission));
    let forbidden: Vec<_> = closed.flat_map(|(_, names)| *names).collect();
    json!({
        // Unlike the partners' copy, it has the values of an enum in the order of the bits of a set.
        "sdl": schema::build().sdl(), "rows": rows::visible(&t.app.db.connection, &whose).await, "forbidden": forbidden,
        "today": today, "unitsDay": t.app.config.units_day, "cursors": cursors(caller).await,
    })
}

/// Connections with some of their cursors, which only the service can make.
async fn cursors(caller: &Caller) -> Value {
    let edges = "edges { cursor node { id } }";
    let roots = ["households", "persons", "benefits", "loans", "modelProjects"];
    let nested = [
        ("Household.benefits", "households"),
        ("Household.loans", "households"),
        ("Benefit.payments", "benefits"),
        ("Loan.transactions", "loans"),
        ("ModelProject.participants", "modelProjects"),
    ];
    let mut wanted = Vec::new();
    for root in roots {
        wanted.push((format!("Query.{root}"), format!("{{ {root}(first: 50) {{ {edges} }} }}")));
    }
    for (field, root) in nested {
        let (_, list) = field.split_once('.').unwrap();
        let document = format!("{{ {root}(first: 100) {{ nodes {{ {list}(first: 3) {{ {edges} }} }} }} }}");
        wanted.push((field.to_owned(), document));
    }
    let mut cursors = serde_json::Map::new();
    for (field, document) in wanted {
        // Where the list is closed to the caller, there are none.
        let answer = caller.query(&document).await;
        let mut found = Vec::new();
        gather(answer.partial(), &mut found);
        cursors.insert(field, found.into());
    }
    cursors.into()
}

/// The edges at whatever depth.
fn gather(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) if fields.contains_key("cursor") => {
            found.push(json!({ "cursor": fields["cursor"], "id": fields["node"]["id"] }));
        }
        Value::Object(fields) => fields.values().for_each(|value| gather(value, found)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        _ => {}
    }
}
