//! Urgent social assistance from proposal to payment: an event is helped after once, by what the law of its day gives.

use serde_json::json;
use tests::{both_databases, service::Service};
use tokio::task::JoinSet;

use super::{
    monthly::{fate, home, monthly, pay, propose, with},
    *,
};
use crate::fixture::write;

const TWICE: (&str, &str, &str) = ("REFUSED", "CONFLICT", "householdId");

/// Help of the provincial budget after an event; of the whole household without a person.
fn urgent(home: &str, person: Option<&String>, (kind, on): (&str, &str), amount: i64) -> Value {
    json!({ "programCode": "URGENT_HELP", "householdId": home, "personId": person, "amount": amount, "eventKind": kind, "eventOn": on,
        "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": amount }] })
}

/// Somebody of the household has died.
async fn buried(t: &Service, person: &str) {
    t.sql("UPDATE person SET joined_on = '2020-01-01' WHERE joined_on > '2020-01-01'").await;
    let officer = t.as_role_in("commune_officer", HERE).await;
    let input = json!({ "personId": person, "expectedVersion": 1, "endedOn": "2026-11-10", "reason": "DIED" });
    write(&officer, "endMembership", input, "person { diedOn }").await.data();
}

async fn record(caller: &Caller, input: Value) -> Answer {
    let row = "rule { kind coefficient amount unverified version effectiveTo recordedBy { code } } previousEndedOn warnings { code field message messageVi }";
    write(caller, "recordUrgentHelpRule", input, row).await
}

/// Help after a death, as the reference data have it, at another figure.
fn death(coefficient: &str) -> Value {
    json!({ "kind": "DEATH", "coefficient": coefficient, "effectiveFrom": "2021-07-01", "basis": "STATED", "source": "Công báo" })
}

both_databases! {
    async fn it_gives_what_the_law_of_the_day_does_once(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        buried(t, &people[1]).await;
        let (hurt, dead) = (Some(&people[0]), Some(&people[1]));
        let items = vec![
            urgent(&home, dead, ("DEATH", "2026-11-10"), 25_000_000),
            urgent(&home, dead, ("FUNERAL", "2026-11-12"), 10_000_000),
            urgent(&home, hurt, ("SERIOUS_INJURY", "2024-06-30"), 3_600_000),
            urgent(&home, hurt, ("SERIOUS_INJURY", "2026-11-01"), 5_000_000),
            urgent(&home, None, ("HOUSE_DESTROYED", "2026-11-01"), 40_000_000),
            urgent(&home, None, ("HOUSE_MUST_MOVE", "2026-11-01"), 30_000_000),
            urgent(&home, None, ("HOUSE_DAMAGED", "2021-07-01"), 20_000_000),
            // Monthly assistance runs beside it, and another benefit of the year is no second of the purpose.
            monthly(&home, &people[0], 750_000),
        ];
        let ids = approved(&cast, 1, items).await;
        for (key, (id, amount)) in (0..).zip(ids.iter().zip([25_000_000, 10_000_000])) {
            let paid = pay(&cast.payer, id, amount, "2026-11-23", &format!("PC-{key}")).await;
            assert_eq!((fate(&paid), &paid["benefit"]["status"]), (APPLIED, &json!("COMPLETED")));
        }
        let of = "query($id: ID!) { node(id: $id) { ... on Benefit { eventKind eventOn amount recurrence person { id } program { code planYear } } } }";
        let shown = cast.commune.ask(of, json!({ "id": ids[0] })).await;
        assert_eq!(shown.data()["node"], json!({ "eventKind": "DEATH", "eventOn": "2026-11-10", "amount": 25_000_000, "recurrence": "ONCE",
            "person": { "id": people[1] }, "program": { "code": "URGENT_HELP", "planYear": null } }));
        let other = cast.commune.ask(of, json!({ "id": ids[7] })).await;
        assert_eq!(other.data()["node"]["eventKind"], Value::Null);
        let fields = t.texts("SELECT fields FROM audit_entry WHERE operation = 'proposeBenefits' AND subject_type = 'Benefit' AND decision = 'ALLOWED'
            AND subjects IS NULL ORDER BY id").await;
        assert!(fields[0].ends_with("eventKind,eventOn") && !fields[7].contains("event"), "{fields:?}");
    }

    async fn what_does_not_fit_is_refused_with_the_figures(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let other = household(t, HERE, 2).await;
        buried(t, &people[1]).await;
        let (hurt, dead) = (Some(&people[0]), Some(&people[1]));
        let injury = urgent(&home, hurt, ("SERIOUS_INJURY", "2026-11-01"), 5_000_000);
        let house = urgent(&home, None, ("HOUSE_DESTROYED", "2026-11-01"), 40_000_000);
        let tried = [
            (with(injury.clone(), json!({ "amount": 5_000_001, "funding": [{ "source": "PROVINCIAL_BUDGET", "amount": 5_000_001 }] })), "BAD_USER_INPUT", "amount"),
            (urgent(&home, None, ("HOUSE_DAMAGED", "2026-11-01"), 40_000_000), "BAD_USER_INPUT", "amount"),
            (with(injury.clone(), json!({ "eventKind": null })), "BAD_USER_INPUT", "eventKind"),
            (with(injury.clone(), json!({ "eventOn": null })), "BAD_USER_INPUT", "eventOn"),
            (with(injury.clone(), json!({ "eventOn": "2026-11-24" })), "BAD_USER_INPUT", "eventOn"),
            (with(injury.clone(), json!({ "eventOn": "2021-06-30" })), "BAD_USER_INPUT", "eventOn"),
            (with(injury.clone(), json!({ "personId": null })), "BAD_USER_INPUT", "personId"),
            (with(house.clone(), json!({ "personId": people[0] })), "BAD_USER_INPUT", "personId"),
            (with(injury.clone(), json!({ "recurrence": "YEARLY", "startsOn": "2026-11-01" })), "BAD_USER_INPUT", "recurrence"),
            (with(injury.clone(), json!({ "householdId": other })), "BAD_USER_INPUT", "personId"),
            // Who lives is not buried; who is dead is not hurt.
            (urgent(&home, hurt, ("DEATH", "2026-11-10"), 25_000_000), "CONFLICT", "personId"),
            (urgent(&home, dead, ("SERIOUS_INJURY", "2026-11-01"), 5_000_000), "BAD_USER_INPUT", "personId"),
            (urgent(&home, dead, ("DEATH", "2026-11-11"), 25_000_000), "BAD_USER_INPUT", "eventOn"),
            (urgent(&home, dead, ("FUNERAL", "2026-11-09"), 10_000_000), "BAD_USER_INPUT", "eventOn"),
            (urgent(&other, dead, ("DEATH", "2026-11-10"), 25_000_000), "BAD_USER_INPUT", "personId"),
            // No other program takes an event.
            (with(monthly(&home, &people[0], 750_000), json!({ "eventKind": "DEATH" })), "BAD_USER_INPUT", "eventKind"),
            (with(monthly(&home, &people[0], 750_000), json!({ "eventOn": "2026-11-01" })), "BAD_USER_INPUT", "eventOn"),
        ];
        let answer = propose(&cast.commune, 1, tried.iter().map(|(item, ..)| item.clone()).collect()).await;
        let expected: Vec<_> = tried.iter().map(|(_, code, field)| ("REFUSED", *code, *field)).collect();
        assert_eq!(fates(&answer), expected);
        for (index, figures) in [(0, &["5000000", "10 x 500000", "76/2024", "5000001", "2026-11-01"][..]), (1, &["20000000", "40000000", "art. 12-15"]),
            (5, &["2021-06-30", "2021-07-01"]), (12, &["2026-11-10", "2026-11-11"])] {
            for figure in figures {
                assert!(message(&answer[index]).contains(figure), "{}", answer[index]);
            }
        }
        assert_eq!(t.number("SELECT count(*) FROM benefit").await, 0, "nothing was written");
        // A refusal would tell the front that somebody was hurt.
        let front = propose(&t.as_role("front_officer").await, 1, vec![injury.clone(), house]).await;
        assert_eq!(fates(&front), [("REFUSED", "FORBIDDEN", "programCode"); 2]);
        assert!(message(&front[0]).contains("URGENT_HELP"), "{}", front[0]);
    }

    async fn not_twice_after_one_event(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let injury = |person: &String, on| urgent(&home, Some(person), ("SERIOUS_INJURY", on), 5_000_000);
        let house = |kind, amount| urgent(&home, None, (kind, "2026-11-01"), amount);
        let one = injury(&people[0], "2026-11-01");
        let first = propose(&cast.commune, 1, vec![one.clone(), one.clone(), injury(&people[2], "2026-11-01"), injury(&people[0], "2026-11-02"),
            house("HOUSE_DESTROYED", 40_000_000), house("HOUSE_DESTROYED", 40_000_000)]).await;
        assert_eq!(fates(&first), [APPLIED, TWICE, APPLIED, APPLIED, APPLIED, TWICE], "one after each event");
        assert!(message(&first[1]).contains("item 0"), "{}", first[1]);
        let asking = with(one.clone(), json!({ "asksOverride": true, "note": "Hoàn cảnh đặc biệt" }));
        let again = propose(&cast.commune, 2, vec![one.clone(), asking, house("HOUSE_DESTROYED", 40_000_000), house("HOUSE_MUST_MOVE", 30_000_000)]).await;
        assert_eq!(fates(&again), [TWICE, TWICE, TWICE, APPLIED], "no leave helps");
        let id = first[0]["benefit"]["id"].as_str().unwrap();
        for part in [id, "SERIOUS_INJURY", "2026-11-01"] {
            assert!(message(&again[0]).contains(part), "{}", again[0]);
        }
        // It goes with the person into another household.
        let other = household(t, HERE, 2).await;
        t.sql("UPDATE person SET household_id = (SELECT id FROM household WHERE code = '28757-000002'), relationship = 'CHILD' WHERE full_name = 'Lê Thị Một'").await;
        let moved = with(one.clone(), json!({ "householdId": other }));
        assert_eq!(fates(&propose(&cast.commune, 3, vec![moved.clone()]).await), [TWICE]);
        // What was refused leaves room, what was paid and cancelled doesn't.
        t.sql("UPDATE benefit SET status = 'REJECTED' WHERE id = (SELECT min(id) FROM benefit)").await;
        assert_eq!(fates(&propose(&cast.commune, 4, vec![moved.clone()]).await), [APPLIED]);
        t.sql("UPDATE benefit SET status = 'CANCELLED', paid_amount = 1 WHERE id = (SELECT max(id) FROM benefit);
            INSERT INTO benefit_payment (benefit_id, amount, source, paid_on, reference, agency_id, recorded_at)
            SELECT max(b.id), 1, 'PROVINCIAL_BUDGET', '2026-11-23', 'PC-1', (SELECT min(id) FROM agency), 0 FROM benefit b").await;
        assert_eq!(fates(&propose(&cast.commune, 5, vec![moved]).await), [TWICE]);
    }

    async fn who_corrects_what_it_gives_is_told_what_was_paid_by_it(t: &Service) {
        let (cast, (home, people), admin) = (cast(t).await, home(t).await, t.as_role("agency_admin").await);
        buried(t, &people[1]).await;
        let items = vec![urgent(&home, Some(&people[1]), ("DEATH", "2026-11-10"), 25_000_000), urgent(&home, None, ("HOUSE_DAMAGED", "2026-11-01"), 20_000_000)];
        let warned = async |row: Value| record(&admin, row).await.data()["recordUrgentHelpRule"]["warnings"].clone();
        let ids = approved(&cast, 1, items).await;
        assert_eq!(warned(with(death("60"), json!({ "expectedVersion": 1 }))).await, json!([]), "nothing was paid yet");
        for (key, (id, amount)) in (0..).zip(ids.iter().zip([25_000_000, 20_000_000])) {
            assert_eq!(fate(&pay(&cast.payer, id, amount, "2026-11-23", &format!("PC-{key}")).await), APPLIED);
        }
        let told = warned(with(death("50"), json!({ "expectedVersion": 2 }))).await;
        assert_eq!((&told[0]["code"], &told[0]["field"], told.as_array().unwrap().len()), (&json!("ASSISTANCE_PAID"), &json!("input.coefficient"), 1));
        for figure in ["25000000", "2021-07-01", "1 payments"] {
            assert!(told[0]["message"].as_str().unwrap().contains(figure), "{told}");
        }
        assert!(told[0]["messageVi"].as_str().unwrap().contains("25000000"), "{told}");
        let house = json!({ "kind": "HOUSE_DAMAGED", "amount": 21_000_000, "effectiveFrom": "2021-07-01", "basis": "STATED", "source": "Công báo" });
        let told = warned(with(house, json!({ "expectedVersion": 1 }))).await;
        assert_eq!(told[0]["field"], "input.amount", "{told}");
        // Of days after the event nothing was paid; the source alone changes nothing.
        assert_eq!(warned(with(death("50"), json!({ "effectiveFrom": "2026-11-11", "endsPrevious": true }))).await, json!([]));
        assert_eq!(warned(with(death("50"), json!({ "expectedVersion": 4, "effectiveTo": "2026-11-10", "source": "Công báo số 2" }))).await, json!([]));
        // The standard level of the day counts for a death and not for a house.
        let level = json!({ "expectedVersion": 1, "amount": 510_000, "effectiveFrom": "2024-07-01", "basis": "STATED", "source": "Công báo" });
        let answer = write(&admin, "recordAssistanceLevel", level, "warnings { code message }").await;
        let told = &answer.data()["recordAssistanceLevel"]["warnings"];
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        assert!(told[0]["message"].as_str().unwrap().contains("25000000 đồng of urgent"), "{told}");
    }

    async fn a_house_of_one_day_is_destroyed_or_damaged(t: &Service) {
        let (cast, (home, _)) = (cast(t).await, home(t).await);
        let house = |kind, on, amount| urgent(&home, None, (kind, on), amount);
        let damaged = house("HOUSE_DAMAGED", "2026-11-01", 20_000_000);
        let first = propose(&cast.commune, 1, vec![house("HOUSE_DESTROYED", "2026-11-01", 40_000_000), damaged.clone(),
            house("HOUSE_DAMAGED", "2026-11-02", 20_000_000)]).await;
        assert_eq!(fates(&first), [APPLIED, TWICE, APPLIED]);
        let asking = with(damaged, json!({ "asksOverride": true, "note": "Hoàn cảnh đặc biệt" }));
        let again = propose(&cast.commune, 2, vec![asking, house("HOUSE_DESTROYED", "2026-11-02", 40_000_000)]).await;
        assert_eq!(fates(&again), [TWICE, TWICE], "no leave helps");
        for part in [first[0]["benefit"]["id"].as_str().unwrap(), "HOUSE_DESTROYED", "2026-11-01", "not both"] {
            assert!(message(&again[0]).contains(part), "{}", again[0]);
        }
        // Both at once, of two officers: one is taken.
        let mut running = JoinSet::new();
        for (key, (kind, amount)) in (10..).zip([("HOUSE_DESTROYED", 40_000_000), ("HOUSE_DAMAGED", 20_000_000)].repeat(3)) {
            let (commune, item) = (cast.commune.clone(), house(kind, "2026-11-20", amount));
            running.spawn(async move { propose(&commune, key, vec![item]).await });
        }
        assert_eq!(running.join_all().await.iter().filter(|results| fates(results) == [APPLIED]).count(), 1);
    }

    async fn nobody_is_hurt_before_birth_or_after_death(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let injury = |on| urgent(&home, Some(&people[0]), ("SERIOUS_INJURY", on), 5_000_000);
        t.sql("UPDATE person SET date_of_birth = '2025-05-05' WHERE full_name = 'Lê Thị Một'").await;
        let answer = propose(&cast.commune, 1, vec![injury("2025-05-04"), injury("2025-05-05"), injury("2026-11-01")]).await;
        assert_eq!(fates(&answer), [("REFUSED", "BAD_USER_INPUT", "eventOn"), APPLIED, APPLIED]);
        assert!(message(&answer[0]).contains("2025-05-05") && message(&answer[0]).contains("2025-05-04"), "{}", answer[0]);
        // What the register says when it is approved counts.
        let ids: Vec<_> = answer[1..].iter().map(|one| one["benefit"]["id"].as_str().unwrap().to_owned()).collect();
        batch(&cast.district, "verifyBenefits", 1, versioned(&ids, 1), json!({})).await.data();
        t.sql("UPDATE person SET date_of_birth = '2025-05-06', died_on = '2026-11-01' WHERE full_name = 'Lê Thị Một'").await;
        let decided = batch(&cast.lead, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        assert_eq!(fates(results(&decided, "approveBenefits")), [("REFUSED", "BAD_USER_INPUT", "id"), APPLIED]);
    }

    async fn an_approval_asks_again(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        buried(t, &people[1]).await;
        let ids = verified(&cast, 1, vec![urgent(&home, Some(&people[1]), ("DEATH", "2026-11-10"), 25_000_000)]).await;
        let admin = t.as_role("agency_admin").await;
        record(&admin, with(death("60"), json!({ "expectedVersion": 1 }))).await.data();
        let refused = batch(&cast.lead, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        let refused = results(&refused, "approveBenefits");
        assert_eq!(fates(refused), [("REFUSED", "BAD_USER_INPUT", "id")]);
        assert!(message(&refused[0]).contains("30000000"), "{}", refused[0]);
        record(&admin, with(death("50"), json!({ "expectedVersion": 2 }))).await.data();
        let taken = batch(&cast.lead, "approveBenefits", 2, versioned(&ids, 2), json!({})).await;
        assert_eq!(fates(results(&taken, "approveBenefits")), [APPLIED]);
    }

    async fn at_one_moment_one_is_proposed_and_one_approved(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let mut running = JoinSet::new();
        for key in 0..6 {
            let (commune, item) = (cast.commune.clone(), urgent(&home, Some(&people[0]), ("SERIOUS_INJURY", "2026-11-01"), 5_000_000));
            running.spawn(async move { propose(&commune, key, vec![item]).await });
        }
        let taken = running.join_all().await.iter().filter(|results| results[0]["status"] == "APPLIED").count();
        assert_eq!((taken, t.number("SELECT count(*) FROM benefit").await), (1, 1));
        // A second one that slipped in as no proposal could.
        t.sql("UPDATE benefit SET status = 'VERIFIED', version = 2;
            INSERT INTO benefit (program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, event_kind, event_on,
                proposed_on, paid_amount, version, created_at, updated_at)
            SELECT program_id, household_id, person_id, commune_id, district_id, status, amount, recurrence, event_kind, event_on, proposed_on,
                paid_amount, version, created_at, updated_at FROM benefit;
            INSERT INTO benefit_funding (benefit_id, source, amount) SELECT max(id), 'PROVINCIAL_BUDGET', 5000000 FROM benefit").await;
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

    async fn of_an_approval_and_a_correction_one_sees_the_other(t: &Service) {
        let (cast, admin, (home, people)) = (cast(t).await, t.as_role("agency_admin").await, home(t).await);
        buried(t, &people[1]).await;
        let ids = verified(&cast, 1, vec![urgent(&home, Some(&people[1]), ("DEATH", "2026-11-10"), 25_000_000)]).await;
        for round in 0..4 {
            let other = with(death("60"), json!({ "expectedVersion": 1 + 2 * round }));
            let key = u32::try_from(round).unwrap();
            let (approval, corrected) = tokio::join!(batch(&cast.lead, "approveBenefits", key, versioned(&ids, 2), json!({})), record(&admin, other));
            corrected.data();
            // Approved by the old rule before the correction, or refused by the new one: never by half of each.
            let stands = results(&approval, "approveBenefits");
            assert!(fates(stands) == [APPLIED] || message(&stands[0]).contains("60 x 500000"), "{stands:?}");
            record(&admin, with(death("50"), json!({ "expectedVersion": 2 + 2 * round }))).await.data();
            t.sql("DELETE FROM benefit_transition WHERE to_status = 'APPROVED'; UPDATE benefit SET status = 'VERIFIED', version = 2, decided_on = proposed_on").await;
        }
    }

    async fn one_and_two_take_the_same_statements(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        for person in &people[1..] {
            buried(t, person).await;
        }
        let mut counts = Vec::new();
        for (key, (kind, on, amount), people) in [(1, ("DEATH", "2026-11-10", 25_000_000), &people[1..2]), (2, ("FUNERAL", "2026-11-12", 10_000_000), &people[1..])] {
            let items: Vec<_> = people.iter().map(|person| urgent(&home, Some(person), (kind, on), amount)).collect();
            let size = items.len();
            let mut proposed = Vec::new();
            // Who asks is known for a moment.
            cast.commune.query("{ viewer { client } }").await.data();
            let proposing = t.statements(async { proposed = propose(&cast.commune, key, items).await }).await;
            assert_eq!(fates(&proposed), vec![APPLIED; size]);
            let ids: Vec<_> = proposed.iter().map(|one| one["benefit"]["id"].as_str().unwrap().to_owned()).collect();
            batch(&cast.district, "verifyBenefits", key, versioned(&ids, 1), json!({})).await.data();
            cast.lead.query("{ viewer { client } }").await.data();
            let mut answer = None;
            let approve = batch(&cast.lead, "approveBenefits", key, versioned(&ids, 2), json!({}));
            let approving = t.statements(async { answer = Some(approve.await) }).await;
            assert_eq!(fates(results(&answer.take().unwrap(), "approveBenefits")), vec![APPLIED; size]);
            counts.push([proposing.len(), approving.len()]);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn the_lead_departments_administrator_records_what_it_gives(t: &Service) {
        let admin = t.as_role("agency_admin").await;
        let viewer = t.as_role("statistics_viewer").await;
        let rules = async |on: &str| {
            let document = format!("{{ urgentHelpRules(on: \"{on}\") {{ kind coefficient amount unverified source effectiveFrom effectiveTo }} }}");
            viewer.query(&document).await.data()["urgentHelpRules"].as_array().unwrap().clone()
        };
        let then = rules("2026-11-23").await;
        assert_eq!((then.len(), rules("2021-06-30").await.len()), (6, 0));
        assert!(then.iter().all(|rule| rule["unverified"] == true && rule["source"].as_str().unwrap().ends_with("; K")), "{then:?}");
        let next = with(death("60"), json!({ "effectiveFrom": "2026-12-01", "endsPrevious": true }));
        let answer = record(&admin, next.clone()).await;
        assert_eq!(answer.data()["recordUrgentHelpRule"], json!({ "previousEndedOn": "2026-11-30", "warnings": [], "rule": { "kind": "DEATH", "coefficient": "60",
            "amount": null, "unverified": false, "version": 1, "effectiveTo": null, "recordedBy": { "code": "DOLISA" } } }));
        let of = |rules: &[Value]| rules.iter().find(|rule| rule["kind"] == "DEATH").unwrap()["coefficient"].clone();
        assert_eq!((of(&rules("2026-11-30").await), of(&rules("2026-12-01").await)), (json!("50"), json!("60")));
        let written = "SELECT (SELECT count(*) FROM change_event WHERE subject_type = 'UrgentHelpRule') + (SELECT CAST(sum(version) AS BIGINT) FROM urgent_help_rule)";
        let before = t.number(written).await;
        record(&admin, with(next.clone(), json!({ "endsPrevious": false }))).await.data();
        for (change, code, field) in [
            (json!({ "coefficient": null }), "BAD_USER_INPUT", "input.amount"),
            (json!({ "amount": 1 }), "BAD_USER_INPUT", "input.amount"),
            (json!({ "coefficient": null, "amount": 0 }), "BAD_USER_INPUT", "input.amount"),
            (json!({ "coefficient": "0" }), "BAD_USER_INPUT", "input.coefficient"),
            (json!({ "coefficient": "2000" }), "BAD_USER_INPUT", "input.coefficient"),
            (json!({ "source": " " }), "BAD_USER_INPUT", "input.source"),
            (json!({ "effectiveTo": "2026-11-30" }), "BAD_USER_INPUT", "input.effectiveTo"),
            (json!({ "effectiveFrom": "2026-11-01" }), "CONFLICT", "input.effectiveFrom"),
            (json!({ "coefficient": "61" }), "CONFLICT", "input.kind"),
            (json!({ "coefficient": "61", "expectedVersion": 9 }), "CONFLICT", "expectedVersion"),
        ] {
            record(&admin, with(with(next.clone(), json!({ "endsPrevious": false })), change)).await.refused(code, field);
        }
        assert_eq!(t.number(written).await, before, "nothing is written");
        let bank = t.as_roles_in(&["agency_admin"], "VBSP", "83").await;
        record(&bank, death("60")).await.refused("FORBIDDEN", "urgentHelpRule");
        for caller in [&t.as_role("dolisa_officer").await, &t.as_role_in("agency_admin", DISTRICT_HERE).await] {
            record(caller, death("60")).await.refused("FORBIDDEN", "");
        }
        assert_eq!(t.number(written).await, before);
    }

    async fn it_leaves_no_trace_for_who_may_not_read_of_health(t: &Service) {
        let (cast, (home, people)) = (cast(t).await, home(t).await);
        let front = t.as_role("front_officer").await;
        let all = "{ benefits(first: 50) { totalCount nodes { id amount eventKind } }
            household(code: \"28757-000001\") { benefits(first: 50) { totalCount } timeline(first: 50) { totalCount nodes { amount } } }
            statistics(groupBy: COMMUNE) { unit { code } benefitsPaid assistancePaid }
            programs { code progress { approved disbursedAmount } } }";
        let before = front.query(all).await.data().clone();
        let id = approved(&cast, 1, vec![urgent(&home, Some(&people[0]), ("SERIOUS_INJURY", "2026-11-01"), 5_000_000)]).await.remove(0);
        pay(&cast.payer, &id, 5_000_000, "2026-11-23", "PC-1").await;
        assert_eq!(*front.query(all).await.data(), before);
        let node = front.ask("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(node.data()["node"], Value::Null);
        let seen = cast.payer.query(all).await.data().clone();
        assert_eq!(seen["benefits"]["nodes"], json!([{ "id": id, "amount": 5_000_000, "eventKind": "SERIOUS_INJURY" }]));
        assert_eq!(seen["household"]["timeline"]["nodes"], json!([{ "amount": 5_000_000 }]));
        let here = seen["statistics"].as_array().unwrap().iter().find(|row| row["unit"]["code"] == HERE).unwrap();
        assert_eq!([&here["benefitsPaid"], &here["assistancePaid"]], [&json!(0), &json!(5_000_000)]);
        let own = seen["programs"].as_array().unwrap().iter().find(|program| program["code"] == "URGENT_HELP").unwrap();
        assert_eq!(own["progress"], json!({ "approved": 1, "disbursedAmount": 5_000_000 }));
    }
}
