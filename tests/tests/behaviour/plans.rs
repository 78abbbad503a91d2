//! What is asked most, as PostgreSQL plans it: no table that grows with the register is read from end to end.
//!
//! The documents are those that `bench` measures; but for S5, which counts everybody. A small table is read from end to
//! end because that is cheapest. So the planner is told to shun it, and does it only where no index serves.

use std::collections::BTreeSet;

use ansinh::seed::{self, SeedPlan, Silent};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, TransactionTrait};
use serde_json::{Value, json};
use tests::{
    both::OnDatabase,
    database::DbBackend,
    service::{Caller, Service},
};

/// Several dozen of every kind of record in a commune.
const HOUSEHOLDS: u32 = 3_000;

/// Tables that grow with households, or with what is done to them. The others hold the plan, the units, the partners.
const LARGE: [&str; 24] = [
    "audit_entry",
    "benefit",
    "benefit_funding",
    "benefit_payment",
    "benefit_transition",
    "capital_movement",
    "change_event",
    "gift",
    "household",
    "household_history",
    "idempotency_key",
    "insurance_coverage",
    "loan",
    "loan_funding",
    "loan_transaction",
    "loan_transition",
    "membership_history",
    "model_participation",
    "name_part",
    "name_word",
    "participation_funding",
    "person",
    "poverty_review",
    "sponsorship",
];

/// What would decide at this size is the pages, of which a small table has few, and a scan of it all not many more than a
/// look-up has. So they cost nothing here: what is left is the number of rows, and that grows with the register. Joins by
/// hash or by sorting, which read one side whole, would pay at this size where an index serves at the real one.
const SHUN: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
    SET LOCAL seq_page_cost = 0; SET LOCAL random_page_cost = 0; SET LOCAL plan_cache_mode = force_generic_plan";

/// Persons are walked through in the order of their ids where more names than this hold what is looked for: then some are
/// met soon. Whether they do PostgreSQL sees when it runs the statement.
const MANY: &str = "> 1000)";

const PLANNED: [&str; 5] = ["/*", "SELECT", "INSERT", "UPDATE", "WITH"];

/// Has PostgreSQL plan a statement whatever its values, and names what it reads whole.
async fn read_whole(session: &DatabaseTransaction, statement: &str) -> BTreeSet<String> {
    let values = (1..).take_while(|number| statement.contains(&format!("${number}"))).count();
    let nulls = if values == 0 { String::new() } else { format!("({})", vec!["NULL"; values].join(", ")) };
    let run = async |sql: String| {
        session.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    };
    run(format!("PREPARE asked AS {statement}")).await;
    let explain = Statement::from_string(DbBackend::Postgres, format!("EXPLAIN (FORMAT JSON) EXECUTE asked{nulls}"));
    let row = session.query_one_raw(explain).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    run("DEALLOCATE asked".to_owned()).await;
    let plan: Value = row.expect("a plan").try_get_by_index(0).expect("JSON");
    let mut found = BTreeSet::new();
    gather(&plan[0]["Plan"], false, &mut found);
    found
}

/// `bounded`: a limit above ends the scan early.
fn gather(node: &Value, bounded: bool, found: &mut BTreeSet<String>) {
    let kind = node["Node Type"].as_str().unwrap();
    if node["One-Time Filter"].as_str().is_some_and(|filter| filter.ends_with(MANY)) {
        return;
    }
    let bounded = match (kind, node["Parent Relationship"].as_str()) {
        ("Limit", _) => true,
        ("Sort" | "Incremental Sort" | "Aggregate" | "Hash" | "WindowAgg", _) | (_, Some("SubPlan" | "InitPlan")) => {
            false
        }
        _ => bounded,
    };
    let name = node["Relation Name"].as_str().filter(|name| LARGE.contains(name)).map(str::to_owned);
    let whole = match kind {
        "Seq Scan" => name,
        // In the order of an index, and all of it that the limit leaves; a filter may leave it all.
        "Index Scan" | "Index Only Scan" if node["Index Cond"].is_null() => {
            name.filter(|_| !bounded || !node["Filter"].is_null())
        }
        "Bitmap Index Scan" if node["Index Cond"].is_null() => node["Index Name"].as_str().map(str::to_owned),
        _ => None,
    };
    found.extend(whole.map(|name| format!("{kind} of {name}")));
    for child in node["Plans"].as_array().into_iter().flatten() {
        gather(child, bounded, found);
    }
}

/// A register like the one that is measured.
async fn seeded() -> Service {
    let t = Service::on(DbBackend::Postgres).await;
    let plan = SeedPlan { households: HOUSEHOLDS, random_seed: 4, today: t.app.clock.today() };
    seed::run(&t.app.db.connection, plan, &Silent).await.unwrap();
    t.app.catalog.refresh(&t.app.db).await.unwrap();
    t.sql("ANALYZE").await;
    t
}

async fn text(t: &Service, query: &str) -> String {
    t.texts(query).await.into_iter().next().unwrap_or_else(|| panic!("no row: {query}"))
}

/// Who of a unit is entitled to monthly assistance and gets none.
const UNASSISTED: &str = "query($unit: String!) {
    persons(first: 20, filter: { unit: { code: $unit }, lacksProgramCode: \"SOCIAL_ASSISTANCE\" }) { totalCount nodes { id } }
    households(first: 20, filter: { unit: { code: $unit }, lacksProgramCode: \"SOCIAL_ASSISTANCE\" }) { totalCount nodes { id } } }";

/// Who asks what, with which variables.
struct Asked(&'static str, Caller, &'static str, Value);

macro_rules! query {
    ($name:literal) => {
        include_str!(concat!("../../../bench/queries/", $name, ".graphql"))
    };
}

async fn reads(t: &Service) -> Vec<Asked> {
    let fullest =
        "(SELECT commune_id FROM household WHERE poverty_class = 'POOR' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)";
    let commune = text(t, &format!("SELECT code FROM admin_unit WHERE id = {fullest}")).await;
    let code = text(t, "SELECT min(code) FROM household").await;
    let number = text(t, "SELECT min(national_id) FROM person").await;
    let name = text(t, "SELECT max(full_name) FROM person").await;
    let (province, bank) = (t.as_role("dolisa_officer").await, t.as_role("bank_officer").await);
    let officer = t.as_role_in("commune_officer", &commune).await;
    let first = json!({ "unit": commune, "class": "POOR", "first": 2, "after": null });
    let page = province.ask(query!("S3"), first.clone()).await;
    let cursor = &page.data()["households"]["pageInfo"]["endCursor"];
    assert!(cursor.is_string(), "{}", page.text);
    let next = json!({ "unit": commune, "class": "POOR", "first": 2, "after": cursor });
    vec![
        Asked("S1", province.clone(), query!("S1"), json!({ "code": code })),
        Asked("S2", province.clone(), query!("S2"), json!({ "number": number })),
        Asked("S3", province.clone(), query!("S3"), first.clone()),
        Asked("S3, the next page", province.clone(), query!("S3"), next.clone()),
        Asked("S4", province.clone(), query!("S4"), json!({ "unit": commune, "after": cursor })),
        Asked("the unassisted", officer.clone(), UNASSISTED, json!({ "unit": commune })),
        Asked("S7, the commune", officer.clone(), query!("S3"), first.clone()),
        Asked("S7, the commune's next page", officer, query!("S3"), next.clone()),
        Asked("S7, the bank", bank.clone(), query!("S3"), first),
        Asked("S7, the bank's next page", bank, query!("S3"), next),
        Asked("S8", province, query!("S8"), json!({ "name": name })),
    ]
}

async fn writes(t: &Service) -> Vec<Asked> {
    let (bank, insurer) = (t.as_role("bank_officer").await, t.as_role("insurance_officer").await);
    let loans = "SELECT contract_number FROM loan WHERE status = 'ACTIVE' AND overdue_principal = 0
        AND outstanding_principal > 2000000 ORDER BY 1 LIMIT 20";
    let loans = t.texts(loans).await;
    let people = "SELECT national_id FROM person WHERE date_of_birth < '1985-01-01' AND died_on IS NULL
        AND national_id IS NOT NULL ORDER BY 1 LIMIT 20";
    let people = t.texts(people).await;
    assert_eq!((loans.len(), people.len()), (20, 20));
    let repayments = |key: &str, contracts: &[String]| {
        let items = contracts.iter().map(|contract| {
            json!({ "contractNumber": contract, "principal": 1_000, "occurredOn": "2026-11-23", "reference": format!("{key} {contract}") })
        });
        json!({ "input": { "items": items.collect::<Vec<_>>(), "idempotencyKey": key } })
    };
    let coverages: Vec<_> = people.iter().map(|number| {
        json!({ "nationalId": number, "kind": "UNEMPLOYMENT", "number": "7900000001", "validFrom": "1990-01-01", "validTo": "1990-01-01" })
    }).collect();
    let coverages = json!({ "input": { "items": coverages, "idempotencyKey": "S9" } });
    vec![
        Asked("S6", bank.clone(), query!("S6"), repayments("S6", &loans[..1])),
        Asked("S9, repayments", bank, query!("S6"), repayments("S9", &loans)),
        Asked("S9, insurance", insurer, query!("S9-insurance"), coverages),
    ]
}

/// Asks, and has every statement that it took planned: those that read a table whole.
async fn reading_whole(t: &Service, asked: Vec<Asked>, least: usize) -> Vec<String> {
    let db = t.database.connect().await;
    let session = db.begin().await.unwrap();
    session.execute_unprepared(SHUN).await.unwrap();
    let mut bad = Vec::new();
    for Asked(name, caller, document, variables) in asked {
        let mut answer = None;
        let statements = t.statements(async { answer = Some(caller.ask(document, variables).await) }).await;
        let answer = answer.expect("an answer");
        assert!(answer.errors().is_empty(), "{name}: {}", answer.text);
        let planned = statements.iter().filter(|sql| PLANNED.iter().any(|word| sql.starts_with(word)));
        let planned: Vec<_> = planned.collect();
        assert!(planned.len() >= least, "{name}: {statements:?}");
        for statement in planned {
            let whole = read_whole(&session, statement).await;
            if !whole.is_empty() {
                bad.push(format!("{name}: {whole:?} in\n{statement}"));
            }
        }
    }
    bad
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn no_read_goes_through_a_large_table() {
    let t = seeded().await;
    let reads = reads(&t).await;
    let bad = reading_whole(&t, reads, 1).await;
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn no_write_goes_through_a_large_table() {
    let t = seeded().await;
    let writes = writes(&t).await;
    // The rows, the audit entry, the change event.
    let bad = reading_whole(&t, writes, 3).await;
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
async fn a_table_that_is_read_whole_is_noticed() {
    let t = seeded().await;
    let names = LARGE.map(|name| format!("'{name}'")).join(", ");
    let tables = format!("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname IN ({names})");
    assert_eq!(t.number(&tables).await, i64::try_from(LARGE.len()).unwrap(), "each of them is there");
    let session = t.database.connect().await.begin().await.unwrap();
    session.execute_unprepared(SHUN).await.unwrap();
    for (statement, whole) in [
        ("SELECT id FROM person WHERE date_of_birth = $1", "Seq Scan of person"),
        ("SELECT code FROM household WHERE address = $1 ORDER BY code LIMIT 1", "Index Scan of household"),
        ("SELECT count(id) FROM loan", "Index Only Scan of loan"),
        ("UPDATE benefit SET version = 2 WHERE paid_amount = $1", "Seq Scan of benefit"),
    ] {
        assert_eq!(read_whole(&session, statement).await, BTreeSet::from([whole.to_owned()]), "{statement}");
    }
    for statement in ["SELECT id FROM person WHERE id = $1", "SELECT code FROM household ORDER BY code LIMIT 1"] {
        assert_eq!(read_whole(&session, statement).await, BTreeSet::new(), "{statement}");
    }
    session.rollback().await.unwrap();
    // Without this index the members of a household are looked for among everybody.
    t.sql("DROP INDEX person_household").await;
    let household = reads(&t).await.into_iter().take(1).collect();
    let bad = reading_whole(&t, household, 1).await;
    assert!(matches!(bad.as_slice(), [one] if one.starts_with("S1: ") && one.contains(" of person")), "{bad:?}");
}
