//! The live figures are what a count of the rows gives, at every moment and whoever writes.

use std::sync::atomic::{AtomicBool, Ordering};

use ansinh::{
    plan::kept,
    seed::{self, SeedPlan, Silent},
};
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};
use tokio::task::JoinSet;

use crate::fixture::{self, FAR, HERE, NEAR};

const ASSISTANCE: &str = "(SELECT g.id FROM program g WHERE g.code = 'SOCIAL_ASSISTANCE')";
const URGENT: &str = "(SELECT g.id FROM program g WHERE g.code = 'URGENT_HELP')";

/// What an officer is told of the communes, by the way that `statistics` goes.
async fn told(officer: &Caller) -> Vec<Value> {
    let answer = officer
        .query(
            "{ statistics(groupBy: COMMUNE) { unit { code } households poor nearPoor newlyEscaped persons insuredPersons
                loansOutstanding loansOverdue benefitsPaid assistancePaid } }",
        )
        .await;
    let all = answer.data()["statistics"].as_array().unwrap().clone();
    all.into_iter().filter(|row| [HERE, NEAR, FAR].iter().any(|unit| row["unit"]["code"] == *unit)).collect()
}

/// The same, counted row by row as of a day.
async fn counted(t: &Service, day: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for unit in [NEAR, HERE, FAR] {
        let of = |what: &str, table: &str, rest: &str| {
            format!(
                "SELECT CAST(COALESCE({what}, 0) AS BIGINT) FROM {table} r JOIN admin_unit u ON u.id = r.commune_id
                  WHERE u.code = '{unit}' AND {rest}"
            )
        };
        let class = |class: &str| {
            let now = format!("CASE WHEN r.next_class_on <= '{day}' THEN r.next_class ELSE r.poverty_class END");
            of("count(*)", "household", &format!("r.dissolved_on IS NULL AND {now} = '{class}'"))
        };
        let living = "r.household_id IS NOT NULL AND r.died_on IS NULL";
        let insured = format!(
            "{living} AND EXISTS (SELECT 1 FROM insurance_coverage c WHERE c.person_id = r.id AND c.kind = 'HEALTH'
                AND c.valid_from <= '{day}' AND (c.valid_to IS NULL OR c.valid_to >= '{day}'))"
        );
        rows.push(json!({
            "unit": { "code": unit },
            "households": t.number(&of("count(*)", "household", "r.dissolved_on IS NULL")).await,
            "poor": t.number(&class("POOR")).await,
            "nearPoor": t.number(&class("NEAR_POOR")).await,
            "newlyEscaped": t.number(&class("NEWLY_ESCAPED")).await,
            "persons": t.number(&of("count(*)", "person", living)).await,
            "insuredPersons": t.number(&of("count(*)", "person", &insured)).await,
            "loansOutstanding": t.number(&of("sum(r.outstanding_principal)", "loan", "1 = 1")).await,
            "loansOverdue": t.number(&of("sum(r.overdue_principal)", "loan", "1 = 1")).await,
            "benefitsPaid": t.number(&of("sum(r.paid_amount)", "benefit", &format!("r.program_id NOT IN ({ASSISTANCE}, {URGENT})"))).await,
            "assistancePaid": t.number(&of("sum(r.paid_amount)", "benefit", &format!("r.program_id IN ({ASSISTANCE}, {URGENT})"))).await,
        }));
    }
    rows
}

async fn agree(t: &Service, after: &str) {
    let differences = kept::differences(&t.app).await.unwrap_or_else(|failure| panic!("{}", failure.message));
    assert!(differences.is_empty(), "after {after}: {differences:?}");
}

fn coverage(person: &str, from: &str, to: &str) -> String {
    format!(
        "INSERT INTO insurance_coverage (person_id, kind, valid_from, valid_to, version, created_at, updated_at)
         SELECT id, 'HEALTH', '{from}', {to}, 1, 0, 0 FROM person WHERE {person}"
    )
}

/// One change of each kind, by statements that go around the service.
fn changes() -> Vec<String> {
    let all = "household_id IS NOT NULL";
    let unit = |code: &str| {
        format!("(SELECT id FROM admin_unit WHERE code = '{code}' AND level = 'COMMUNE' AND valid_from IS NULL)")
    };
    let district = |code: &str| format!("(SELECT parent_id FROM admin_unit WHERE id = {})", unit(code));
    let (far, far_district) = (unit(FAR), district(FAR));
    vec![
        "UPDATE household SET poverty_class = 'POOR', next_class = NULL, next_class_on = NULL".to_owned(),
        "UPDATE household SET next_class = 'NEAR_POOR', next_class_on = '2026-12-01'".to_owned(),
        "UPDATE household SET next_class = 'BETTER_OFF', next_class_on = '2026-11-23' WHERE id = (SELECT MIN(id) FROM household)".to_owned(),
        "UPDATE household SET poverty_class = NULL WHERE id = (SELECT MAX(id) FROM household)".to_owned(),
        // Coverages that lie in one another, overlap, follow each other, begin on one day, have no end, are empty.
        coverage(all, "2026-01-01", "'2026-12-31'"),
        coverage(all, "2026-02-01", "'2026-03-31'"),
        coverage(all, "2026-12-01", "'2027-02-28'"),
        coverage(all, "2027-03-01", "'2027-03-31'"),
        coverage(all, "2026-01-01", "'2026-06-30'"),
        coverage("id = (SELECT MIN(id) FROM person)", "2027-06-01", "NULL"),
        coverage("id = (SELECT MAX(id) FROM person)", "2026-05-01", "'2026-04-01'"),
        "UPDATE insurance_coverage SET kind = 'UNEMPLOYMENT' WHERE valid_from = '2026-02-01'".to_owned(),
        "UPDATE insurance_coverage SET kind = 'HEALTH', valid_to = NULL WHERE kind = 'UNEMPLOYMENT' AND person_id = (SELECT MIN(id) FROM person)".to_owned(),
        "UPDATE insurance_coverage SET person_id = (SELECT MAX(id) FROM person) WHERE person_id = (SELECT MIN(id) FROM person)".to_owned(),
        "UPDATE insurance_coverage SET valid_from = '2026-11-24', valid_to = '2026-11-25' WHERE valid_from = '2026-12-01'".to_owned(),
        "DELETE FROM insurance_coverage WHERE valid_to = '2026-06-30'".to_owned(),
        "UPDATE person SET died_on = '2026-11-20' WHERE id = (SELECT MAX(id) FROM person)".to_owned(),
        "UPDATE person SET died_on = NULL, full_name = 'Nguyễn Văn Khác'".to_owned(),
        format!("UPDATE person SET commune_id = {far}, district_id = {far_district}"),
        format!("UPDATE household SET commune_id = {far}, district_id = {far_district} WHERE id = (SELECT MIN(id) FROM household)"),
        format!("UPDATE loan SET outstanding_principal = outstanding_principal + 7, overdue_principal = 3, commune_id = {far}, district_id = {far_district}"),
        "UPDATE loan SET outstanding_principal = 0".to_owned(),
        "UPDATE benefit SET paid_amount = paid_amount + 11".to_owned(),
        // One becomes assistance, is paid, moves, and is another again; one comes and goes.
        format!("UPDATE benefit SET program_id = {ASSISTANCE} WHERE id = (SELECT MIN(id) FROM benefit)"),
        "UPDATE benefit SET paid_amount = paid_amount + 13".to_owned(),
        format!("UPDATE benefit SET commune_id = {far}, district_id = {far_district}, paid_amount = paid_amount + 1"),
        format!("UPDATE benefit SET program_id = {URGENT}, paid_amount = paid_amount + 3 WHERE program_id = {ASSISTANCE}"),
        format!("UPDATE benefit SET program_id = (SELECT MIN(id) FROM program) WHERE program_id = {URGENT}"),
        format!("INSERT INTO benefit (program_id, household_id, commune_id, district_id, status, amount, recurrence, proposed_on,
                paid_amount, note, version, created_at, updated_at)
             SELECT {ASSISTANCE}, household_id, commune_id, district_id, 'DISBURSED', 5, 'MONTHLY', '2026-01-01', 5, 'x', 1, 0, 0 FROM benefit"),
        format!("UPDATE benefit SET program_id = {URGENT} WHERE id = (SELECT MIN(id) FROM benefit WHERE note = 'x')"),
        "DELETE FROM benefit WHERE note = 'x' AND id <> (SELECT MAX(id) FROM benefit)".to_owned(),
        "UPDATE household SET dissolved_on = '2026-11-20' WHERE id = (SELECT MIN(id) FROM household)".to_owned(),
        "UPDATE person SET household_id = NULL, relationship = NULL WHERE id = (SELECT MIN(id) FROM person)".to_owned(),
        "INSERT INTO household (code, commune_id, district_id, area_kind, search_text, poverty_class, registered_on, history_from,
            version, created_at, updated_at)
         SELECT code || '-x', commune_id, district_id, 'URBAN', '', 'NEWLY_ESCAPED', '2020-01-01', '2020-01-01', 1, 0, 0 FROM household".to_owned(),
        "DELETE FROM household WHERE code LIKE '%-x' AND id <> (SELECT MAX(id) FROM household)".to_owned(),
    ]
}

/// One of many changes in one commune, of all three kinds of figures.
async fn write_once(t: &Service, home: i64, n: u32) {
    let own = format!("(SELECT MIN(id) FROM person WHERE household_id = {home})");
    t.sql(&coverage(
        &format!("id = {own}"),
        &format!("2026-{:02}-01", n % 11 + 1),
        &format!("'2026-{:02}-28'", n % 11 + 2),
    ))
    .await;
    let class = if n.is_multiple_of(2) { "POOR" } else { "NEAR_POOR" };
    t.sql(&format!("UPDATE household SET poverty_class = '{class}' WHERE id = {home}")).await;
    t.sql(&format!("UPDATE loan SET outstanding_principal = outstanding_principal + 1 WHERE household_id = {home}"))
        .await;
}

both_databases! {
    async fn figures_follow_every_change_of_the_rows(t: &Service) {
        fixture::register(t).await;
        let officer = fixture::reader(t).await;
        agree(t, "the register's writes").await;
        for change in changes() {
            t.sql(&change).await;
            agree(t, &change).await;
            assert_eq!(told(&officer).await, counted(t, "2026-11-23").await, "after {change}");
        }
        // Nothing runs at midnight.
        for day in ["2026-11-24", "2026-11-26", "2026-12-01", "2027-01-01", "2027-03-01", "2027-04-01"] {
            t.set_day(day);
            assert_eq!(told(&officer).await, counted(t, day).await, "on {day}");
        }
    }

    async fn summing_up_changes_no_figure(t: &Service) {
        fixture::register(t).await;
        let officer = fixture::reader(t).await;
        for change in changes() {
            t.sql(&change).await;
        }
        let rows = async || t.number("SELECT count(*) FROM kept_figure").await;
        for day in ["2026-11-23", "2027-02-15"] {
            t.set_day(day);
            let (before, figures) = (rows().await, told(&officer).await);
            kept::fold_all(&t.app).await.unwrap_or_else(|failure| panic!("{}", failure.message));
            assert!(rows().await <= before && figures == told(&officer).await, "on {day}");
            let twice = t.number("SELECT count(*) FROM (SELECT 1 FROM kept_figure GROUP BY unit_id, measure, day HAVING count(*) > 1) d");
            assert_eq!(twice.await, 0);
            agree(t, "summing up").await;
        }
        assert!(rows().await < 60, "one row for each figure of a unit, and those of a month");
        // What was summed up still goes when its row goes.
        t.sql("DELETE FROM insurance_coverage").await;
        agree(t, "the end of coverages from long ago").await;
        assert!(told(&officer).await.iter().all(|row| row["insuredPersons"] == 0));
    }

    async fn figures_are_right_while_many_write_and_sum_up(t: &Service) {
        let register = fixture::register(t).await;
        agree(t, "the beginning").await;
        let (homes, done) = (register.homes().map(|home| home.key), AtomicBool::new(false));
        let writing = async {
            for round in 0..12 {
                // Two at a time for each household: of one person, too.
                let ([a, b, c], one, two) = (homes, 2 * round, 2 * round + 1);
                tokio::join!(
                    write_once(t, a, one), write_once(t, a, two), write_once(t, b, one),
                    write_once(t, b, two), write_once(t, c, one), write_once(t, c, two),
                );
            }
            done.store(true, Ordering::SeqCst);
        };
        let mut looks = 0;
        let looking = async {
            while !done.load(Ordering::SeqCst) {
                agree(t, "a moment").await;
                kept::fold(&t.app).await.unwrap_or_else(|failure| panic!("{}", failure.message));
                looks += 1;
            }
        };
        tokio::join!(writing, looking);
        assert!(looks > 3, "it was looked at only {looks} times");
        agree(t, "the end").await;
        let officer = fixture::reader(t).await;
        assert_eq!(told(&officer).await, counted(t, "2026-11-23").await);
    }

    async fn repayments_of_many_at_once_are_all_counted(t: &Service) {
        let register = fixture::register(t).await;
        let bank = t.as_role("bank_officer").await;
        let mut running = JoinSet::new();
        for n in 0..12 {
            let (bank, loan) = (bank.clone(), register.homes()[n % 3].contract_number.clone());
            running.spawn(async move {
                let document = "mutation($input: RecordRepaymentsInput!) { recordRepayments(input: $input) {
                    results { status } } }";
                let items = json!([{ "contractNumber": loan, "principal": 1000, "interest": 0, "occurredOn": "2026-11-20",
                    "reference": format!("R{n}") }]);
                bank.ask(document, json!({ "input": { "items": items, "idempotencyKey": format!("K{n}") } })).await
            });
        }
        for answer in running.join_all().await {
            assert_eq!(answer.data()["recordRepayments"]["results"], json!([{ "status": "APPLIED" }]));
        }
        agree(t, "the repayments").await;
        assert_eq!(told(&fixture::reader(t).await).await, counted(t, "2026-11-23").await);
    }

    async fn a_seed_counts_its_rows(t: &Service) {
        // The second clears the first away.
        for households in [40, 30] {
            let plan = SeedPlan { households, random_seed: 1, today: t.app.clock.today() };
            seed::run(&t.app.db.connection, plan, &Silent).await.unwrap_or_else(|error| panic!("{error}"));
            agree(t, "a seed").await;
            assert!(t.number("SELECT count(*) FROM kept_figure").await > 0);
        }
        t.sql("UPDATE household SET dissolved_on = '2026-11-01'").await;
        agree(t, "a write after it: the triggers are back").await;
        assert!(told(&fixture::reader(t).await).await.iter().all(|row| row["households"] == 0));
    }

    async fn what_is_wrong_is_told_and_put_right(t: &Service) {
        fixture::register(t).await;
        t.sql("INSERT INTO kept_figure (unit_id, measure, day, amount)
               SELECT id, 'POOR', '2026-11-20', 2 FROM admin_unit WHERE code = '28757' AND level = 'COMMUNE' AND valid_from IS NULL").await;
        let found = kept::differences(&t.app).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.unit.as_str(), one.measure.as_str(), one.kept - one.counted), (HERE, "POOR", 2));
        kept::count_anew(&t.app).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        agree(t, "counting anew").await;
    }
}
