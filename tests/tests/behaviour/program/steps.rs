//! Benefits proposed, verified, approved, rejected: by whom, in which order, what is refused.

use serde_json::json;
use tests::{both_databases, service::Service};

use super::*;
use crate::fixture::{DISTRICT_FAR, NEAR};

both_databases! {
    async fn a_benefit_goes_from_proposal_to_its_last_payment(t: &Service) {
        let cast = cast(t).await;
        let id = approved(&cast, 1, vec![house(&household(t, HERE, 1).await)]).await.remove(0);
        assert_eq!(line(&cast.payer, "I.2.1").await, (50_000_000, 0));
        let items = vec![
            payment(&id, "CENTRAL_BUDGET", 30_000_000, "UNC-1"),
            payment(&id, "SOCIAL_MOBILIZATION", 20_000_000, "VD-1"),
        ];
        let (answer, reads) = t.reads(batch(&cast.payer, "recordBenefitPayments", 1, items, json!({}))).await;
        assert_eq!(reads, 2, "benefits and payments, once each");
        let paid = results(&answer, "recordBenefitPayments");
        assert_eq!(fates(paid), [APPLIED, APPLIED]);
        assert_eq!(paid[0]["benefit"], json!({ "id": id, "version": 4, "status": "DISBURSED", "paidAmount": 50_000_000 }));
        t.set_day("2026-12-01");
        let mut last = payment(&id, "CENTRAL_BUDGET", 20_000_000, "UNC-2");
        last["paidOn"] = json!("2026-12-01");
        batch(&cast.payer, "recordBenefitPayments", 2, vec![last], json!({})).await.data();
        let document = "query($id: ID!) { node(id: $id) { ... on Benefit { version status amount paidAmount decidedOn
            program { code } household { code } funding { source lineCode amount }
            payments(first: 9) { nodes { amount source paidOn reference by { code } } }
            history { from to by { code } note } } } }";
        let answer = cast.payer.ask(document, json!({ "id": id })).await;
        assert_eq!(answer.data()["node"], json!({
            "version": 5, "status": "COMPLETED", "amount": 70_000_000, "paidAmount": 70_000_000, "decidedOn": "2026-11-23",
            "program": { "code": "HOUSING_MERIT" }, "household": { "code": "28757-000001" },
            "funding": [
                { "source": "CENTRAL_BUDGET", "lineCode": "I.2.1", "amount": 50_000_000 },
                { "source": "SOCIAL_MOBILIZATION", "lineCode": "I.2.2", "amount": 20_000_000 },
            ],
            "payments": { "nodes": [
                { "amount": 30_000_000, "source": "CENTRAL_BUDGET", "paidOn": "2026-11-23", "reference": "UNC-1", "by": { "code": "DOLISA" } },
                { "amount": 20_000_000, "source": "SOCIAL_MOBILIZATION", "paidOn": "2026-11-23", "reference": "VD-1", "by": { "code": "DOLISA" } },
                { "amount": 20_000_000, "source": "CENTRAL_BUDGET", "paidOn": "2026-12-01", "reference": "UNC-2", "by": { "code": "DOLISA" } },
            ] },
            "history": [
                { "from": null, "to": "PROPOSED", "by": { "code": "CPC" }, "note": "Nhà dột nát" },
                { "from": "PROPOSED", "to": "VERIFIED", "by": { "code": "DPC" }, "note": null },
                { "from": "VERIFIED", "to": "APPROVED", "by": { "code": "DOLISA" }, "note": null },
                { "from": "APPROVED", "to": "DISBURSED", "by": { "code": "DOLISA" }, "note": null },
                { "from": "DISBURSED", "to": "COMPLETED", "by": { "code": "DOLISA" }, "note": null },
            ],
        }));
        assert_eq!(line(&cast.payer, "I.2.1").await, (50_000_000, 50_000_000));
        // One entry and one event for each record written: five of the benefit, three of its payments.
        for (count, of) in [(5, "Benefit"), (3, "BenefitPayment")] {
            for table in ["audit_entry", "change_event"] {
                let query = format!("SELECT count(*) FROM {table} WHERE subject_type = '{of}'");
                assert_eq!(t.number(&query).await, count, "{table} of {of}");
            }
        }
        assert_eq!(t.number("SELECT CAST(max(version) AS BIGINT) FROM change_event WHERE subject_type = 'Benefit'").await, 5);
    }

    async fn a_bad_proposal_does_not_undo_the_good_ones(t: &Service) {
        let cast = cast(t).await;
        let (ours, theirs) = (household(t, HERE, 1).await, household(t, NEAR, 2).await);
        let (other, third) = (household(t, HERE, 5).await, household(t, HERE, 6).await);
        let document = "query($code: String!) { household(code: $code) { id version head { id } } }";
        let here = cast.commune.ask(document, json!({ "code": "28757-000005" })).await;
        let near = t.as_role_in("commune_officer", NEAR).await.ask(document, json!({ "code": "28756-000002" })).await;
        let ended = household(t, HERE, 3).await;
        t.sql("UPDATE household SET dissolved_on = '2026-11-01' WHERE code = '28757-000003'").await;
        household(t, HERE, 4).await;
        let dead = cast.commune.ask(document, json!({ "code": "28757-000004" })).await.data()["household"].clone();
        t.sql("UPDATE person SET died_on = '2026-11-01' WHERE full_name = 'Lê Thị Số 4'").await;
        let with = |name: &str, value: Value| {
            let mut item = house(&ours);
            item[name] = value;
            item
        };
        let share = |line: Option<&str>, source: &str| json!([{ "source": source, "lineCode": line, "amount": 70_000_000 }]);
        let items = vec![
            house(&ours),
            with("programCode", json!("NO_SUCH")),
            with("householdId", json!("x")),
            house(&theirs),
            house(&ended),
            {
                let mut own = house(&other);
                own["personId"] = here.data()["household"]["head"]["id"].clone();
                own
            },
            with("personId", near.data()["household"]["head"]["id"].clone()),
            with("personId", dead["head"]["id"].clone()),
            with("amount", json!(0)),
            with("amount", json!(60_000_000)),
            with("recurrence", json!("MONTHLY")),
            json!({ "programCode": "HOUSING_MERIT", "householdId": ours, "amount": 70_000_000, "recurrence": "YEARLY",
                "startsOn": "2026-12-01", "endsOn": "2026-11-30", "funding": share(None, "CENTRAL_BUDGET") }),
            with("funding", share(Some("II.2.1"), "SOCIAL_MOBILIZATION")),
            with("funding", share(Some("I.2.1"), "SOCIAL_MOBILIZATION")),
            json!({ "programCode": "HOUSING_MERIT", "householdId": third, "amount": 20_000_000,
                "funding": [{ "source": "HOUSEHOLD", "amount": 20_000_000 }] }),
        ];
        let answer = batch(&cast.commune, "proposeBenefits", 1, items, json!({})).await;
        assert_eq!(fates(results(&answer, "proposeBenefits")), [
            APPLIED,
            ("REFUSED", "BAD_USER_INPUT", "programCode"),
            ("REFUSED", "BAD_USER_INPUT", "householdId"),
            ("REFUSED", "NOT_FOUND", "householdId"),
            ("REFUSED", "CONFLICT", "householdId"),
            APPLIED,
            ("REFUSED", "NOT_FOUND", "personId"),
            ("REFUSED", "BAD_USER_INPUT", "personId"),
            ("REFUSED", "BAD_USER_INPUT", "amount"),
            ("REFUSED", "BAD_USER_INPUT", "funding"),
            ("REFUSED", "BAD_USER_INPUT", "startsOn"),
            ("REFUSED", "BAD_USER_INPUT", "endsOn"),
            ("REFUSED", "BAD_USER_INPUT", "funding.0.lineCode"),
            ("REFUSED", "BAD_USER_INPUT", "funding.0.lineCode"),
            APPLIED,
        ]);
        assert_eq!(t.number("SELECT count(*) FROM benefit").await, 3);
        assert_eq!(t.number("SELECT count(*) FROM benefit_funding").await, 5);
        let benefits = cast.commune.query("{ benefits(first: 9) { nodes { household { code } person { fullName } funding { source } } } }").await;
        let people: Vec<_> = benefits.data()["benefits"]["nodes"].as_array().unwrap().iter()
            .map(|node| (node["person"]["fullName"].clone(), node["funding"].as_array().unwrap().len())).collect();
        assert_eq!(people, [(json!(null), 2), (json!("Lê Thị Số 5"), 2), (json!(null), 1)]);
    }

    async fn a_retry_returns_the_first_answer(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        let first = batch(&cast.commune, "proposeBenefits", 1, vec![house(&ours), json!({ "programCode": "NO_SUCH",
            "householdId": ours, "amount": 1, "funding": [] })], json!({})).await;
        let again = batch(&cast.commune, "proposeBenefits", 1, vec![house(&ours), json!({ "programCode": "NO_SUCH",
            "householdId": ours, "amount": 1, "funding": [] })], json!({})).await;
        assert_eq!(first.data(), again.data());
        assert_eq!(t.number("SELECT count(*) FROM benefit").await, 1);
        let other = batch(&cast.commune, "proposeBenefits", 1, vec![house(&ours)], json!({})).await;
        other.refused("CONFLICT", "input.idempotencyKey");
        // The key is the client's own.
        let theirs = t.as_role("front_officer").await;
        batch(&theirs, "proposeBenefits", 1, houses(t, 2, 1).await, json!({})).await.data();
        assert_eq!(t.number("SELECT count(*) FROM benefit").await, 2);
    }

    async fn a_step_out_of_order_or_of_an_old_version_is_refused(t: &Service) {
        let cast = cast(t).await;
        let ids = proposed(&cast, 1, houses(t, 1, 3).await).await;
        let mut items = versioned(&ids[..1], 1);
        items.extend(versioned(&ids[..1], 1));
        items.extend(versioned(&ids[1..2], 7));
        items.push(json!({ "id": "nothing", "expectedVersion": 1 }));
        let answer = batch(&cast.district, "verifyBenefits", 1, items, json!({})).await;
        let steps = results(&answer, "verifyBenefits");
        assert_eq!(fates(steps), [
            APPLIED,
            ("REFUSED", "BAD_USER_INPUT", "id"),
            ("REFUSED", "CONFLICT", "expectedVersion"),
            ("REFUSED", "BAD_USER_INPUT", "id"),
        ]);
        assert!(steps[2]["error"]["message"].as_str().unwrap().contains("version 1 is stored"), "{}", steps[2]);
        let mut items = versioned(&ids[..1], 2);
        items.extend(versioned(&ids[1..2], 1));
        let answer = batch(&cast.lead, "approveBenefits", 1, items, json!({ "decidedOn": "2026-11-23" })).await;
        assert_eq!(fates(results(&answer, "approveBenefits")), [APPLIED, ("REFUSED", "CONFLICT", "id")]);
        let early = batch(&cast.district, "verifyBenefits", 2, versioned(&ids[1..2], 1), json!({ "decidedOn": "2026-11-22" })).await;
        assert_eq!(fates(results(&early, "verifyBenefits")), [("REFUSED", "BAD_USER_INPUT", "id")], "before it was proposed");
        let future = batch(&cast.district, "verifyBenefits", 3, versioned(&ids[1..2], 1), json!({ "decidedOn": "2026-11-24" })).await;
        future.refused("BAD_USER_INPUT", "input.decidedOn");
        batch(&cast.district, "rejectBenefits", 4, versioned(&ids[1..2], 1), json!({})).await.refused("BAD_USER_INPUT", "input.note");
        let rejected = batch(&cast.district, "rejectBenefits", 5, versioned(&ids[1..2], 1), json!({ "note": "Nhà còn tốt" })).await;
        assert_eq!(results(&rejected, "rejectBenefits")[0]["benefit"]["status"], "REJECTED");
        let again = batch(&cast.district, "rejectBenefits", 6, versioned(&ids[1..2], 2), json!({ "note": "Nhà còn tốt" })).await;
        assert_eq!(fates(results(&again, "rejectBenefits")), [("REFUSED", "CONFLICT", "id")]);
        assert_eq!(t.number("SELECT count(*) FROM benefit_transition").await, 3 + 3);
    }

    async fn each_step_is_for_its_own_officers(t: &Service) {
        let cast = cast(t).await;
        let ours = household(t, HERE, 1).await;
        let ids = verified(&cast, 1, vec![house(&ours)]).await;
        batch(&cast.district, "proposeBenefits", 9, vec![house(&ours)], json!({})).await.refused("FORBIDDEN", "");
        batch(&cast.commune, "verifyBenefits", 9, versioned(&ids, 2), json!({})).await.refused("FORBIDDEN", "");
        batch(&cast.payer, "approveBenefits", 9, versioned(&ids, 2), json!({})).await.refused("FORBIDDEN", "");
        batch(&cast.commune, "rejectBenefits", 9, versioned(&ids, 2), json!({ "note": "Không" })).await.refused("FORBIDDEN", "");
        batch(&cast.district, "cancelBenefits", 9, versioned(&ids, 2), json!({ "note": "Không" })).await.refused("FORBIDDEN", "");
        batch(&cast.lead, "recordBenefitPayments", 9, vec![], json!({})).await.refused("FORBIDDEN", "");
        // Another district's officer does not see it, and another agency does not lead the program.
        let elsewhere = t.as_role_in("district_officer", DISTRICT_FAR).await;
        let answer = batch(&elsewhere, "rejectBenefits", 1, versioned(&ids, 2), json!({ "note": "Không" })).await;
        assert_eq!(fates(results(&answer, "rejectBenefits")), [("REFUSED", "NOT_FOUND", "id")]);
        let front = t.as_roles_in(&["dolisa_approver"], "VFF", "83").await;
        let answer = batch(&front, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        assert_eq!(fates(results(&answer, "approveBenefits")), [("REFUSED", "FORBIDDEN", "id")]);
        let construction = t.as_roles_in(&["dolisa_approver"], "DOC", "83").await;
        let answer = batch(&construction, "approveBenefits", 1, versioned(&ids, 2), json!({})).await;
        assert_eq!(fates(results(&answer, "approveBenefits")), [APPLIED], "it leads the program with DOLISA");
    }

    async fn who_proposed_does_not_approve(t: &Service) {
        let cast = cast(t).await;
        let both = t.as_roles_in(&["dolisa_officer"], "DOLISA", "83").await;
        t.also(&both, "dolisa_approver").await;
        let ours = household(t, HERE, 1).await;
        let answer = batch(&both, "proposeBenefits", 1, vec![house(&ours)], json!({})).await;
        let id = results(&answer, "proposeBenefits")[0]["benefit"]["id"].as_str().unwrap().to_owned();
        batch(&cast.district, "verifyBenefits", 1, versioned(std::slice::from_ref(&id), 1), json!({})).await.data();
        let own = batch(&both, "approveBenefits", 1, versioned(std::slice::from_ref(&id), 2), json!({})).await;
        assert_eq!(fates(results(&own, "approveBenefits")), [("REFUSED", "FORBIDDEN", "id")]);
        let other = batch(&cast.lead, "approveBenefits", 1, versioned(&[id], 2), json!({})).await;
        assert_eq!(fates(results(&other, "approveBenefits")), [APPLIED]);
    }

    async fn a_batch_takes_as_many_statements_as_one_item(t: &Service) {
        let cast = cast(t).await;
        let mut counts = Vec::new();
        // The first round is dearer: it is when the service gets to know the callers.
        for (key, size) in [(1, 1), (2, 1), (3, 40)] {
            let items = houses(t, key * 100, size).await;
            let mut ids = Vec::new();
            let propose = t.statements(async { ids = proposed(&cast, key, items).await }).await.len();
            let verify = t.statements(batch(&cast.district, "verifyBenefits", key, versioned(&ids, 1), json!({}))).await.len();
            let approve = t.statements(batch(&cast.lead, "approveBenefits", key, versioned(&ids, 2), json!({}))).await.len();
            let payments = ids.iter().map(|id| payment(id, "CENTRAL_BUDGET", 1_000, "UNC-1")).collect();
            let pay = t.statements(batch(&cast.payer, "recordBenefitPayments", key, payments, json!({}))).await.len();
            counts.push([propose, verify, approve, pay]);
        }
        assert_eq!(counts[1], counts[2]);
        assert_eq!(t.number("SELECT count(*) FROM benefit WHERE paid_amount = 1000").await, 42);
        let too_many = vec![house("x"); 1_001];
        batch(&cast.commune, "proposeBenefits", 4, too_many, json!({})).await.refused("LIMIT_EXCEEDED", "input.items");
    }
}
