//! Monthly social assistance from proposal to payment.

use serde_json::json;
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::{assistance::people, *};

/// Assistance of a person of the household `28757-000001` from the first of November on.
pub fn monthly(home: &str, person: &str, amount: i64) -> Value {
    json!({ "programCode": "SOCIAL_ASSISTANCE", "householdId": home, "personId": person, "amount": amount,
        "recurrence": "MONTHLY", "startsOn": "2026-11-01", "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": amount }] })
}

pub fn with(mut item: Value, more: Value) -> Value {
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

pub async fn home(t: &Service) -> (String, Vec<String>) {
    let people = people(t).await;
    let answer = fixture::reader(t).await.query("{ household(code: \"28757-000001\") { id } }").await;
    (answer.data()["household"]["id"].as_str().unwrap().to_owned(), people)
}

pub async fn propose(caller: &Caller, key: u32, items: Vec<Value>) -> Vec<Value> {
    results(&batch(caller, "proposeBenefits", key, items, json!({})).await, "proposeBenefits").to_vec()
}

pub async fn pay(payer: &Caller, benefit: &str, amount: i64, on: &str, reference: &str) -> Value {
    let item = with(payment(benefit, "PROVINCIAL_BUDGET", amount, reference), json!({ "paidOn": on }));
    let document = format!(
        "mutation($input: RecordBenefitPaymentsInput!) {{ recordBenefitPayments(input: $input) {{ {RESULTS} }} }}"
    );
    let answer = payer.ask(&document, json!({ "input": { "items": [item], "idempotencyKey": reference } })).await;
    results(&answer, "recordBenefitPayments")[0].clone()
}

pub fn fate(result: &Value) -> (&str, &str, &str) {
    fates(std::slice::from_ref(result))[0]
}

pub fn warned(result: &Value) -> Vec<&str> {
    result["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

/// A standard level of 600,000 from the first of December on.
async fn raised(t: &Service) {
    t.sql("INSERT INTO assistance_level (amount, basis, source, effective_from) VALUES (600000, 'STATED', 'Nghị định 1/2026', '2026-12-01')").await;
}

both_databases! {
    async fn what_is_proposed_is_what_is_due_to_one_person(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let severe = monthly(&home, &people[0], 750_000);
        t.sql("UPDATE person SET categories = 0 WHERE full_name = 'Lê Văn Ba'").await;
        let answer = propose(&cast.commune, 1, vec![
            monthly(&home, &people[0], 750_001),
            monthly(&home, &people[0], 540_000),
            monthly(&home, &people[2], 750_000),
            with(severe.clone(), json!({ "personId": null })),
            with(severe.clone(), json!({ "recurrence": "ONCE" })),
            with(severe.clone(), json!({ "funding": [{ "source": "SOCIAL_MOBILIZATION", "amount": 750_000 }] })),
            with(severe.clone(), json!({ "funding": [{ "source": "CENTRAL_BUDGET", "amount": 250_000 }, { "source": "PROVINCIAL_BUDGET", "amount": 500_000 }] })),
        ]).await;
        assert_eq!(fates(&answer), [("REFUSED", "BAD_USER_INPUT", "amount"), ("REFUSED", "BAD_USER_INPUT", "amount"),
            ("REFUSED", "CONFLICT", "personId"), ("REFUSED", "BAD_USER_INPUT", "personId"), ("REFUSED", "BAD_USER_INPUT", "recurrence"),
            ("REFUSED", "BAD_USER_INPUT", "funding.0.source"), APPLIED]);
        for figure in ["2026-11-23", "750000", "1.5", "500000", "76/2024", "750001"] {
            assert!(message(&answer[0]).contains(figure), "{}", answer[0]);
        }
        assert_eq!(t.number("SELECT count(*) FROM benefit").await, 1, "of the others nothing was written");
        // Whether an amount is right would tell the front of a disability.
        let front = t.as_role("front_officer").await;
        let untold = propose(&front, 1, vec![severe.clone(), monthly(&home, &people[0], 1)]).await;
        assert_eq!(fates(&untold), [("REFUSED", "FORBIDDEN", "programCode"), ("REFUSED", "FORBIDDEN", "programCode")]);
        assert_eq!(message(&untold[0]), message(&untold[1]));
    }

    async fn it_is_paid_month_by_month_within_what_is_due(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let id = approved(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await.remove(0);
        assert_eq!(fate(&pay(&cast.payer, &id, 750_001, "2026-11-23", "PC-0").await), ("REFUSED", "BAD_USER_INPUT", "amount"));
        let first = pay(&cast.payer, &id, 750_000, "2026-11-23", "PC-1").await;
        assert_eq!((fate(&first), warned(&first).len(), &first["benefit"]["status"]), (APPLIED, 0, &json!("DISBURSED")));
        let again = pay(&cast.payer, &id, 1, "2026-11-23", "PC-2").await;
        assert_eq!(fate(&again), ("REFUSED", "BAD_USER_INPUT", "amount"), "twice in a month");
        for figure in ["2026-11", "750000"] {
            assert!(message(&again).contains(figure), "{again}");
        }
        // The level rises: what was approved is too little from then on.
        raised(t).await;
        t.set_day("2026-12-05");
        let old = pay(&cast.payer, &id, 750_000, "2026-12-05", "PC-3").await;
        assert_eq!((fate(&old), warned(&old)), (APPLIED, vec!["ASSISTANCE_BELOW_DUE"]));
        for figure in ["1650000", "750000", "2026-12"] {
            assert!(old["warnings"][0]["message"].as_str().unwrap().contains(figure), "{old}");
        }
        assert_eq!(fate(&pay(&cast.payer, &id, 150_001, "2026-12-05", "PC-4").await), ("REFUSED", "BAD_USER_INPUT", "amount"));
        let rest = pay(&cast.payer, &id, 150_000, "2026-12-05", "PC-5").await;
        assert_eq!((fate(&rest), warned(&rest).len(), &rest["benefit"]["paidAmount"]), (APPLIED, 0, &json!(1_650_000)));
        // A late entry of the month before changes nothing of the sum.
        assert_eq!(fate(&pay(&cast.payer, &id, 1, "2026-11-30", "PC-6").await), ("REFUSED", "BAD_USER_INPUT", "amount"));
        // To who may pay and not read protected categories there is no such benefit.
        let admin = t.as_role("platform_admin").await;
        let role = json!({ "input": { "code": "post_office", "name": "Bưu điện", "permissions": ["household:read", "benefit:read", "benefit:pay", "plan:read"] } });
        admin.ask("mutation($input: CreateRoleInput!) { createRole(input: $input) { role { code } } }", role).await.data();
        let untold = pay(&t.as_roles_in(&["post_office"], "DOLISA", "83").await, &id, 1, "2026-12-05", "PC-7").await;
        assert_eq!(fate(&untold), ("REFUSED", "NOT_FOUND", "benefitId"));
        // Somebody who is no longer disabled, or dead, is owed nothing more.
        t.sql("UPDATE person SET died_on = '2026-12-31' WHERE full_name = 'Lê Thị Một'").await;
        t.set_day("2027-01-10");
        assert_eq!(fate(&pay(&cast.payer, &id, 1, "2027-01-10", "PC-8").await), ("REFUSED", "BAD_USER_INPUT", "amount"));
        assert_eq!(t.number("SELECT CAST(sum(amount) AS BIGINT) FROM benefit_payment").await, 1_650_000);
    }

    async fn it_shows_where_money_and_dues_do_and_not_in_the_plan(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let plan = "{ plan(year: 2022) { programs { code } funding { stated computed disbursed bySource { source disbursed } } }
            programs { code planYear } ten: programs(planYear: 2022) { code } }";
        let before = cast.payer.query(plan).await;
        let id = approved(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await.remove(0);
        let of = "query($id: ID!) { node(id: $id) { ... on Person { october: socialAssistance(on: \"2026-10-31\") { beingPaid paidInMonth }
            now: socialAssistance { beingPaid paidInMonth monthlyAmount } } } }";
        let seen = cast.commune.ask(of, json!({ "id": people[0] })).await;
        assert_eq!(seen.data()["node"]["now"], json!({ "beingPaid": false, "paidInMonth": 0, "monthlyAmount": 750_000 }), "approved and not yet paid");
        pay(&cast.payer, &id, 750_000, "2026-11-23", "PC-1").await;
        let seen = cast.commune.ask(of, json!({ "id": people[0] })).await;
        assert_eq!(seen.data()["node"]["now"], json!({ "beingPaid": true, "paidInMonth": 750_000, "monthlyAmount": 750_000 }));
        assert_eq!(seen.data()["node"]["october"], json!({ "beingPaid": false, "paidInMonth": 0 }));
        let timeline = "{ household(code: \"28757-000001\") { timeline(first: 5) { nodes { on kind amount source
            subject { ... on Benefit { id recurrence program { code planYear } } } } } } }";
        let events = cast.commune.query(timeline).await;
        assert_eq!(events.data()["household"]["timeline"]["nodes"], json!([{ "on": "2026-11-23", "kind": "BENEFIT", "amount": 750_000,
            "source": "PROVINCIAL_BUDGET", "subject": { "id": id, "recurrence": "MONTHLY", "program": { "code": "SOCIAL_ASSISTANCE", "planYear": null } } }]));
        // The plan's ten programs and its sums know nothing of it.
        let after = cast.payer.query(plan).await;
        assert_eq!(after.data(), before.data());
        assert_eq!(after.data()["ten"].as_array().unwrap().len(), 10);
        assert_eq!(after.data()["plan"]["programs"].as_array().unwrap().len(), 10);
        assert_eq!(after.data()["programs"][10], json!({ "code": "SOCIAL_ASSISTANCE", "planYear": null }));
        let program = cast.payer.query("{ program(code: \"SOCIAL_ASSISTANCE\") { plannedAmount leadAgencies { code } fundingLines { code }
            progress { approved disbursed disbursedAmount percent } } }").await;
        assert_eq!(program.data()["program"], json!({ "plannedAmount": 0, "leadAgencies": [{ "code": "DOLISA" }], "fundingLines": [],
            "progress": { "approved": 1, "disbursed": 1, "disbursedAmount": 750_000, "percent": "0" } }));
        // Who may not read benefits is not told by what is due.
        let admin = t.as_role("platform_admin").await;
        let role = json!({ "input": { "code": "health", "name": "Y tế", "permissions": ["household:read", "protectedCategory:read"] } });
        admin.ask("mutation($input: CreateRoleInput!) { createRole(input: $input) { role { code } } }", role).await.data();
        let health = t.as_roles_in(&["health"], "DOLISA", "83").await.ask(of, json!({ "id": people[0] })).await;
        assert_eq!(health.data()["node"]["now"], json!({ "beingPaid": null, "paidInMonth": null, "monthlyAmount": 750_000 }));
    }

    async fn nobody_gets_it_twice_at_a_time(t: &Service) {
        const TWICE: (&str, &str, &str) = ("REFUSED", "CONFLICT", "householdId");
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let one = monthly(&home, &people[0], 750_000);
        let child = monthly(&home, &people[2], 750_000);
        let first = propose(&cast.commune, 1, vec![one.clone(), one.clone(), child]).await;
        assert_eq!(fates(&first), [APPLIED, TWICE, APPLIED], "two people of a household each have theirs");
        let id = first[0]["benefit"]["id"].as_str().unwrap().to_owned();
        let asking = with(one.clone(), json!({ "asksOverride": true, "note": "Hoàn cảnh đặc biệt" }));
        let again = propose(&cast.commune, 2, vec![one.clone(), asking]).await;
        assert_eq!(fates(&again), [TWICE, TWICE], "no leave helps");
        assert!(message(&again[0]).contains(&id) && message(&again[0]).contains("6.2"), "{}", again[0]);
        // It goes with the person into another household.
        let other = household(t, HERE, 2).await;
        t.sql("UPDATE person SET household_id = (SELECT id FROM household WHERE code = '28757-000002'), relationship = 'CHILD' WHERE full_name = 'Lê Thị Một'").await;
        let moved = with(one.clone(), json!({ "householdId": other }));
        assert_eq!(fates(&propose(&cast.commune, 3, vec![moved.clone()]).await), [TWICE]);
        // Once it has ended there is room for another.
        t.sql("UPDATE benefit SET ends_on = '2026-11-30' WHERE id = (SELECT min(id) FROM benefit)").await;
        let later = with(moved.clone(), json!({ "startsOn": "2026-12-01" }));
        assert_eq!(fates(&propose(&cast.commune, 4, vec![moved, later]).await), [TWICE, APPLIED]);
    }

    async fn an_approval_asks_again(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let ids = verified(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await;
        raised(t).await;
        t.set_day("2026-12-02");
        let late = batch(&cast.lead, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        let late = results(&late, "approveBenefits");
        assert_eq!(fates(late), [("REFUSED", "BAD_USER_INPUT", "id")]);
        assert!(message(&late[0]).contains("900000"), "{}", late[0]);
        let then = batch(&cast.lead, "approveBenefits", 2, versioned(&ids, 2), json!({ "decidedOn": "2026-11-30" })).await;
        assert_eq!(fates(results(&then, "approveBenefits")), [APPLIED]);
    }

    async fn at_one_moment_one_is_proposed_and_one_approved(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let mut running = JoinSet::new();
        for key in 0..6 {
            let (commune, item) = (cast.commune.clone(), monthly(&home, &people[0], 750_000));
            running.spawn(async move { propose(&commune, key, vec![item]).await });
        }
        let taken = running.join_all().await.iter().filter(|results| results[0]["status"] == "APPLIED").count();
        assert_eq!((taken, t.number("SELECT count(*) FROM benefit").await), (1, 1));
        // A second one that slipped in as no proposal could.
        t.sql("UPDATE benefit SET status = 'VERIFIED', version = 2;
            INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on,
                proposed_on, paid_amount, version, created_at, updated_at)
            SELECT program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, starts_on, proposed_on,
                paid_amount, version, created_at, updated_at FROM benefit;
            INSERT INTO benefit_funding (benefit_id, source, amount) SELECT max(id), 'PROVINCIAL_BUDGET', 750000 FROM benefit").await;
        let ids = t.texts("SELECT CAST(id AS TEXT) FROM benefit ORDER BY id").await;
        let mut running = JoinSet::new();
        for (key, id) in (0..).zip(ids) {
            let (lead, id) = (cast.lead.clone(), ansinh::schema::global_id::encode("Benefit", id.parse::<i64>().unwrap()));
            running.spawn(async move { batch(&lead, "approveBenefits", key, versioned(&[id], 2), json!({})).await });
        }
        let answers = running.join_all().await;
        let applied = answers.iter().filter(|answer| fates(results(answer, "approveBenefits")) == [APPLIED]).count();
        assert_eq!((applied, t.number("SELECT count(*) FROM benefit WHERE status = 'APPROVED'").await), (1, 1));
    }

    async fn one_and_two_take_the_same_statements(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let mut counts = Vec::new();
        for (key, people) in [(1, &people[..1]), (2, &people[1..])] {
            let items: Vec<_> = people.iter().map(|person| monthly(&home, person, 750_000)).collect();
            let size = items.len();
            let mut proposed = Vec::new();
            // Who asks is known for a moment.
            cast.commune.query("{ viewer { client } }").await.data();
            let proposing = t.statements(async { proposed = propose(&cast.commune, key, items).await }).await;
            assert_eq!(fates(&proposed), vec![APPLIED; size]);
            let ids: Vec<_> = proposed.iter().map(|one| one["benefit"]["id"].as_str().unwrap().to_owned()).collect();
            batch(&cast.district, "verifyBenefits", key, versioned(&ids, 1), json!({})).await.data();
            cast.lead.query("{ viewer { client } }").await.data();
            let approve = batch(&cast.lead, "approveBenefits", key, versioned(&ids, 2), json!({}));
            let mut answer = None;
            let approving = t.statements(async { answer = Some(approve.await) }).await;
            assert_eq!(fates(results(&answer.take().unwrap(), "approveBenefits")), vec![APPLIED; size]);
            let payments = ids.iter().map(|id| payment(id, "PROVINCIAL_BUDGET", 750_000, "PC-1")).collect();
            cast.payer.query("{ viewer { client } }").await.data();
            let pay = batch(&cast.payer, "recordBenefitPayments", key, payments, json!({}));
            let paying = t.statements(async { answer = Some(pay.await) }).await;
            assert_eq!(fates(results(&answer.take().unwrap(), "recordBenefitPayments")), vec![APPLIED; size]);
            counts.push([proposing.len(), approving.len(), paying.len()]);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn payments_at_one_moment_pay_one_month(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let id = approved(&cast, 1, vec![monthly(&home, &people[0], 750_000)]).await.remove(0);
        let mut running = JoinSet::new();
        for key in 0..6 {
            let (payer, id) = (cast.payer.clone(), id.clone());
            running.spawn(async move { pay(&payer, &id, 750_000, "2026-11-23", &format!("PC-{key}")).await });
        }
        let paid = running.join_all().await.iter().filter(|result| result["status"] == "APPLIED").count();
        assert_eq!((paid, t.number("SELECT count(*) FROM benefit_payment").await), (1, 1));
    }
}
