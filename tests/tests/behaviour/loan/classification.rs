//! Debts of a day by class: against a classification of each loan by hand, and around the days on which it changes.

use std::collections::BTreeMap;

use ansinh::seed::{self, SeedPlan, Silent};
use chrono::{Months, NaiveDate};
use serde_json::{Value, json};
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::{DISTRICT_FAR, DISTRICT_HERE, FAR, NEAR};

const FIGURES: &str =
    "loans principal inTermLoans inTermPrincipal overdueLoans overduePrincipal frozenLoans frozenPrincipal";

/// The figures in their order.
type Figures = [i64; 8];

async fn asked(caller: &Caller, on: &str, unit: Option<&str>) -> Answer {
    let of = format!("unit {{ code }} total {{ {FIGURES} }} products {{ productCode {FIGURES} }}");
    let document = format!(
        "query($on: Date!, $unit: UnitRef) {{ debtClassification(on: $on, unit: $unit) {{ on yearly {of} parts {{ {of} }} }} }}"
    );
    caller.ask(&document, json!({ "on": on, "unit": unit.map(|code| json!({ "code": code })) })).await
}

async fn classified(caller: &Caller, on: &str, unit: Option<&str>) -> Value {
    asked(caller, on, unit).await.data()["debtClassification"].clone()
}

fn figures(of: &Value) -> Figures {
    let names: Vec<_> = FIGURES.split(' ').collect();
    std::array::from_fn(|index| of[names[index]].as_i64().unwrap())
}

fn products(of: &Value) -> BTreeMap<String, Figures> {
    let products = of["products"].as_array().unwrap().iter();
    products.map(|product| (product["productCode"].as_str().unwrap().to_owned(), figures(product))).collect()
}

fn sum<'a>(of: impl IntoIterator<Item = &'a Figures>) -> Figures {
    of.into_iter().fold([0; 8], |sum, figures| std::array::from_fn(|index| sum[index] + figures[index]))
}

/// A loan with its entries, as they are stored.
struct Stored {
    product: String,
    term: u32,
    /// Commune, district, province.
    units: [String; 3],
    entries: Vec<Entry>,
}

struct Entry {
    id: i64,
    kind: String,
    amount: i64,
    on: NaiveDate,
    until: Option<NaiveDate>,
    reverses: Option<i64>,
}

/// Every loan, its entries by day.
async fn stored(t: &Service) -> Vec<Stored> {
    let mut loans = BTreeMap::new();
    let texts = t
        .texts(
            "SELECT l.id || '|' || l.product_code || '|' || l.term_months || '|' || c.code || '|' || d.code
        FROM loan l JOIN admin_unit c ON c.id = l.commune_id JOIN admin_unit d ON d.id = l.district_id",
        )
        .await;
    for text in texts {
        let parts: Vec<_> = text.split('|').map(str::to_owned).collect();
        let units = [parts[3].clone(), parts[4].clone(), "83".to_owned()];
        let loan = Stored { product: parts[1].clone(), term: parts[2].parse().unwrap(), units, entries: Vec::new() };
        loans.insert(parts[0].clone(), loan);
    }
    let texts = t
        .texts(
            "SELECT loan_id || '|' || id || '|' || kind || '|' || amount || '|' || occurred_on || '|' ||
        COALESCE(CAST(until_on AS TEXT), '') || '|' || COALESCE(CAST(reverses_id AS TEXT), '')
        FROM loan_transaction ORDER BY occurred_on, id",
        )
        .await;
    for text in texts {
        let parts: Vec<_> = text.split('|').collect();
        let entry = Entry {
            id: parts[1].parse().unwrap(),
            kind: parts[2].to_owned(),
            amount: parts[3].parse().unwrap(),
            on: parts[4].parse().unwrap(),
            until: parts[5].parse().ok(),
            reverses: parts[6].parse().ok(),
        };
        loans.get_mut(parts[0]).unwrap().entries.push(entry);
    }
    loans.into_values().collect()
}

/// What a loan owes on a day; none where nothing.
fn classify(loan: &Stored, day: NaiveDate) -> Option<Figures> {
    let (mut owed, mut matures, mut frozen) = (0, None, None);
    let until_the_day: Vec<_> = loan.entries.iter().filter(|entry| entry.on <= day).collect();
    for entry in &until_the_day {
        if loan.entries.iter().any(|other| other.reverses == Some(entry.id)) {
            continue;
        }
        match entry.kind.as_str() {
            "DISBURSEMENT" => {
                owed += entry.amount;
                matures = matures.or(entry.on.checked_add_months(Months::new(loan.term)));
            }
            "PRINCIPAL_REPAYMENT" | "WRITE_OFF" => owed -= entry.amount,
            "EXTENSION" => matures = entry.until,
            "FREEZE" => frozen = entry.until,
            "UNFREEZE" => frozen = None,
            _ => {}
        }
    }
    let class = match (frozen, matures) {
        (Some(until), _) if until >= day => 6,
        (_, Some(matures)) if matures < day => 4,
        _ => 2,
    };
    let mut figures = [0; 8];
    (figures[0], figures[1], figures[class], figures[class + 1]) = (1, owed, 1, owed);
    (owed > 0).then_some(figures)
}

/// By product, of the loans of a unit.
fn by_hand(loans: &[Stored], day: &str, unit: &str) -> BTreeMap<String, Figures> {
    let mut found = BTreeMap::new();
    for loan in loans.iter().filter(|loan| loan.units.iter().any(|code| code == unit)) {
        if let Some(figures) = classify(loan, day.parse().unwrap()) {
            let of = found.entry(loan.product.clone()).or_insert([0; 8]);
            *of = sum([&*of, &figures]);
        }
    }
    found
}

/// What is answered of a unit and of its parts is what comes out by hand, and each adds up.
async fn agrees(caller: &Caller, loans: &[Stored], day: &str, unit: &str) -> Figures {
    let answer = classified(caller, day, Some(unit)).await;
    for of in answer["parts"].as_array().unwrap().iter().chain([&answer]) {
        let (code, of_products) = (of["unit"]["code"].as_str().unwrap(), products(of));
        assert_eq!(of_products, by_hand(loans, day, code), "{code} on {day}");
        assert_eq!(figures(&of["total"]), sum(of_products.values()), "{code} on {day}");
        let [loans, principal, in_term, in_term_sum, overdue, overdue_sum, frozen, frozen_sum] = figures(&of["total"]);
        assert_eq!((loans, principal), (in_term + overdue + frozen, in_term_sum + overdue_sum + frozen_sum));
    }
    let parts: Vec<_> = answer["parts"].as_array().unwrap().iter().map(|part| figures(&part["total"])).collect();
    assert!(parts.is_empty() || sum(&parts) == figures(&answer["total"]), "{unit} on {day}: {answer}");
    figures(&answer["total"])
}

/// Entries of kinds that a seed hasn't: reversals, extensions, ends of freezes.
const FURTHER: &str = "
INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, until_on, agency_id, recorded_at)
    SELECT l.id, 'EXTENSION', 0, '2025-06-15', 'GH-X', l.outstanding_principal, '2026-12-15', (SELECT min(id) FROM agency), 0
    FROM loan l WHERE l.id % 5 = 0 AND l.disbursed_on < '2025-06-15' AND l.matures_on < '2026-12-15';
INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, agency_id, recorded_at)
    SELECT l.id, 'UNFREEZE', 0, '2026-03-01', 'HK-X', l.outstanding_principal, (SELECT min(id) FROM agency), 0
    FROM loan l WHERE l.status = 'FROZEN' AND l.id % 2 = 0;
INSERT INTO loan_transaction (loan_id, kind, amount, occurred_on, reference, balance_after, reverses_id, agency_id, recorded_at)
    SELECT x.loan_id, 'REVERSAL', x.amount, '2026-01-10', 'D-' || x.id, x.balance_after, x.id, x.agency_id, 0
    FROM loan_transaction x WHERE x.kind IN ('PRINCIPAL_REPAYMENT', 'EXTENSION', 'FREEZE', 'WRITE_OFF')
    AND x.id % 7 = 0 AND x.occurred_on <= '2026-01-10'";

both_databases! {
    async fn every_seeded_loan_is_in_its_class(t: &Service) {
        let plan = SeedPlan { households: 400, random_seed: 5, today: t.app.clock.today() };
        seed::run(&t.app.db.connection, plan, &Silent).await.unwrap_or_else(|error| panic!("{error}"));
        t.app.catalog.refresh(&t.app.db).await.unwrap();
        t.sql(FURTHER).await;
        let (bank, loans) = (bank(t).await, stored(t).await);
        let today = t.app.clock.today().to_string();
        let mut seen = [0; 8];
        for day in ["2019-12-31", "2022-12-31", "2024-02-29", "2025-12-31", "2026-01-09", "2026-01-10", "2026-03-01", today.as_str()] {
            let province = agrees(&bank, &loans, day, "83").await;
            seen = std::array::from_fn(|index| seen[index].max(province[index]));
        }
        assert!(seen.iter().all(|figure| *figure > 0), "each class has some: {seen:?}");
        for unit in [DISTRICT_HERE, DISTRICT_FAR, HERE, FAR] {
            agrees(&bank, &loans, "2025-12-31", unit).await;
        }
        assert!(t.number("SELECT count(*) FROM loan_transaction WHERE kind = 'REVERSAL' AND reference LIKE 'D-%'").await > 20, "reversals");
    }

    async fn a_month_that_is_too_short_ends_with_its_last_day(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 50).await);
        let items = [("2024-01-31", 1), ("2025-01-31", 1), ("2024-08-30", 6), ("2024-08-28", 6), ("2024-11-30", 1), ("2024-12-31", 12), ("2023-02-28", 12)];
        let items: Value = items.iter().enumerate().map(|(n, (day, term))| {
            let mut item = contract(&format!("M-{n}"), &home, 1_000_000);
            (item["approvedOn"], item["disbursedOn"], item["termMonths"]) = (json!(day), json!(day), json!(term));
            item
        }).collect();
        let recorded = record(&bank, "k", items).await;
        assert!(statuses(&recorded).iter().all(|status| *status == "APPLIED"), "{}", recorded.text);
        let loans = stored(t).await;
        let overdue = async |day| agrees(&bank, &loans, day, HERE).await[4];
        // 31 January and a month: the last of February.
        assert_eq!([overdue("2024-02-28").await, overdue("2024-02-29").await, overdue("2024-03-01").await], [0, 1, 2], "28 February 2024, too");
        assert_eq!([overdue("2024-12-30").await, overdue("2024-12-31").await], [2, 3]);
        assert_eq!([overdue("2025-02-27").await, overdue("2025-02-28").await, overdue("2025-03-01").await], [3, 3, 6]);
        assert_eq!([overdue("2025-12-31").await, overdue("2026-01-01").await], [6, 7]);
    }

    async fn what_happens_to_a_loan_counts_from_its_day(t: &Service) {
        let bank = bank(t).await;
        let home = household(t, 900).await;
        let mut short = contract("A", &home, 10_000_000);
        short["termMonths"] = json!(6);
        let loan = results(&record(&bank, "k", json!([short])).await)[0]["loan"].clone();
        let class = async |day: &str| {
            let [loans, _, _, in_term, _, overdue, _, frozen] = agrees(&bank, &stored(t).await, day, HERE).await;
            match loans {
                0 => ("NONE", 0),
                _ if frozen > 0 => ("FROZEN", frozen),
                _ if overdue > 0 => ("OVERDUE", overdue),
                _ => ("IN_TERM", in_term),
            }
        };
        let change = |version: i32, on: &str, what: Value| {
            let mut input = json!({ "loanId": loan["id"], "expectedVersion": version, "occurredOn": on, "reference": format!("QD-{version}"), "reason": "bão" });
            input.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
            input
        };
        assert_eq!(class("2026-01-31").await, ("NONE", 0), "paid out on the day after");
        assert_eq!([class("2026-02-01").await, class("2026-08-01").await], [("IN_TERM", 10_000_000); 2]);
        assert_eq!([class("2026-08-02").await, class("2026-11-23").await], [("OVERDUE", 10_000_000); 2]);
        done(&write(&bank, "changeLoan", change(1, "2026-09-10", json!({ "change": "EXTENSION", "until": "2026-10-31" }))).await);
        assert_eq!([class("2026-09-09").await, class("2026-11-01").await], [("OVERDUE", 10_000_000); 2]);
        assert_eq!([class("2026-09-10").await, class("2026-10-31").await], [("IN_TERM", 10_000_000); 2]);
        let paid = repay(&bank, "r", json!([receipt("A", "R-1", 4_000_000, 0)])).await;
        let reversal = json!({ "transactionId": results(&paid)[0]["transactions"][0]["id"], "expectedVersion": 3, "reference": "D-1",
            "occurredOn": "2026-11-21", "reason": "nhầm" });
        done(&write(&bank, "reverseLoanTransaction", reversal).await);
        let days = [class("2026-11-19").await, class("2026-11-20").await, class("2026-11-21").await];
        assert_eq!(days, [("OVERDUE", 10_000_000); 3], "what is reversed was never paid");
        let freeze = json!({ "change": "FREEZE", "until": "2027-11-22", "cause": "EPIDEMIC", "damagePercent": "50" });
        done(&write(&bank, "changeLoan", change(4, "2026-11-22", freeze)).await);
        let write_off = json!({ "change": "WRITE_OFF", "cause": "DEATH_OR_MISSING" });
        done(&write(&bank, "changeLoan", change(5, "2026-11-23", write_off)).await);
        let days = [class("2026-11-21").await, class("2026-11-22").await, class("2026-11-23").await];
        assert_eq!(days, [("OVERDUE", 10_000_000), ("FROZEN", 10_000_000), ("NONE", 0)]);
        ledgers_agree(t).await;
    }

    async fn a_freeze_ends_with_its_last_day_or_when_it_is_lifted(t: &Service) {
        let (bank, home) = (bank(t).await, household(t, 60).await);
        let mut short = contract("A", &home, 10_000_000);
        short["termMonths"] = json!(6);
        let loan = results(&record(&bank, "k", json!([short])).await)[0]["loan"]["id"].clone();
        let change = |version: i32, on: &str, what: &str, until: Option<&str>| {
            let mut input = json!({ "loanId": loan, "expectedVersion": version, "occurredOn": on, "reference": format!("QD-{version}"),
                "reason": "bão", "change": what, "until": until });
            if what == "FREEZE" {
                (input["cause"], input["damagePercent"]) = (json!("NATURAL_DISASTER"), json!("60"));
            }
            input
        };
        // In place of the longer one that was lifted.
        done(&write(&bank, "changeLoan", change(1, "2026-04-01", "FREEZE", Some("2027-04-01"))).await);
        done(&write(&bank, "changeLoan", change(2, "2026-05-01", "UNFREEZE", None)).await);
        done(&write(&bank, "changeLoan", change(3, "2026-06-01", "FREEZE", Some("2026-09-30"))).await);
        let loans = stored(t).await;
        let class = async |day| {
            let figures = agrees(&bank, &loans, day, HERE).await;
            [2, 4, 6].map(|index| figures[index])
        };
        assert_eq!([class("2026-03-31").await, class("2026-04-01").await, class("2026-04-30").await], [[1, 0, 0], [0, 0, 1], [0, 0, 1]]);
        assert_eq!([class("2026-05-01").await, class("2026-05-31").await, class("2026-06-01").await], [[1, 0, 0], [1, 0, 0], [0, 0, 1]]);
        assert_eq!([class("2026-09-30").await, class("2026-10-01").await], [[0, 0, 1], [0, 1, 0]], "nobody lifted it");
    }

    async fn it_is_of_a_day_that_has_begun_and_of_no_hamlet(t: &Service) {
        fixture::register(t).await;
        t.set_day("2026-12-31");
        let bank = bank(t).await;
        let early = asked(&bank, "2027-01-01", None).await;
        early.refused("BAD_USER_INPUT", "on");
        assert!(early.text.contains("2026-12-31") && early.text.contains("2027-01-01"), "{}", early.text);
        for (day, yearly) in [("2026-12-31", true), ("2026-12-30", false), ("2025-12-31", true), ("2026-01-31", false)] {
            let answer = classified(&bank, day, None).await;
            assert_eq!((&answer["on"], &answer["yearly"], &answer["unit"]["code"]), (&json!(day), &json!(yearly), &json!("83")));
        }
        asked(&bank, "2026-12-31", Some("99999")).await.refused("BAD_USER_INPUT", "unit.code");
        let officer = t.as_role_in("commune_officer", HERE).await;
        let hamlet = json!({ "communeCode": HERE, "name": "Phú Lợi" });
        let hamlet = fixture::write(&officer, "registerHamlet", hamlet, "hamlet { code }").await;
        let code = hamlet.data()["registerHamlet"]["hamlet"]["code"].as_str().unwrap();
        asked(&bank, "2026-12-31", Some(code)).await.refused("BAD_USER_INPUT", "unit.code");
    }

    async fn it_is_for_who_reads_the_loans_of_the_unit(t: &Service) {
        fixture::register(t).await;
        let day = "2026-09-01";
        let sums = |answer: &Value| (answer["unit"]["code"].as_str().unwrap().to_owned(), answer["total"]["principal"].as_i64().unwrap());
        let bank = bank(t).await;
        let province = classified(&bank, day, None).await;
        let parts: Vec<_> = province["parts"].as_array().unwrap().iter().map(sums).collect();
        assert_eq!(parts, [(DISTRICT_HERE.to_owned(), 60_000_003), (DISTRICT_FAR.to_owned(), 30_000_003)]);
        let commune = t.as_role_in("commune_officer", HERE).await;
        let own = classified(&commune, day, None).await;
        assert_eq!((sums(&own), &own["parts"]), ((HERE.to_owned(), 30_000_002), &json!([])));
        for other in [NEAR, DISTRICT_HERE, "83"] {
            assert!(classified(&commune, day, Some(other)).await.is_null(), "{other}");
        }
        let far = t.as_role_in("bank_officer", DISTRICT_FAR).await;
        assert_eq!(sums(&classified(&far, day, None).await), (DISTRICT_FAR.to_owned(), 30_000_003));
        assert!(classified(&far, day, Some(HERE)).await.is_null() && classified(&far, day, Some("83")).await.is_null());
        for role in ["statistics_viewer", "finance_viewer", "insurance_officer", "front_officer"] {
            asked(&t.as_role(role).await, day, None).await.refused("FORBIDDEN", "");
        }
        // An agency that needs nobody has no loans to classify, whatever its roles.
        asked(&t.as_roles_in(&["bank_officer"], "DOF", "83").await, day, None).await.refused("FORBIDDEN", "");
        // The bank keeps its loans when the household's file closes.
        t.sql("UPDATE household SET poverty_class = 'BETTER_OFF', categories = 0; DELETE FROM poverty_review;
            UPDATE person SET categories = 0; UPDATE loan SET status = 'REPAID'").await;
        assert_eq!(classified(&bank, day, None).await["total"], province["total"], "by the ledgers alone");
    }

    async fn a_province_with_its_districts_is_one_statement(t: &Service) {
        fixture::register(t).await;
        let bank = bank(t).await;
        asked(&bank, "2026-09-01", None).await.data();
        let (answer, reads) = t.reads(asked(&bank, "2026-09-01", None)).await;
        answer.data();
        assert_eq!(reads, 1);
    }
}
