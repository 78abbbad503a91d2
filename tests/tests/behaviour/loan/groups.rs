//! Savings and credit groups: who keeps them, what they vet, and who sees them.

use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use super::*;
use crate::fixture::{self, FAR, HERE, NEAR};

async fn keep(caller: &Caller, name: &str, input: Value) -> Answer {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let document = format!(
        "mutation($input: {kind}!) {{ done: {name}(input: $input) {{
            group {{ id version code name organisation members commune {{ code }} hamlet {{ name }} }} warnings {{ code field }} }} }}"
    );
    caller.ask(&document, json!({ "input": input })).await
}

fn group(code: &str, commune: &str, members: i32) -> Value {
    json!({ "code": code, "name": "Tổ Ấp 3", "organisation": "WOMEN", "communeCode": commune, "members": members })
}

both_databases! {
    async fn the_mass_organisations_keep_groups(t: &Service) {
        let union = t.as_role("mass_org_officer").await;
        let small = keep(&union, "registerSavingsGroup", group("TO-1", HERE, 4)).await;
        assert_eq!(done(&small)["warnings"], json!([{ "code": "GROUP_SIZE", "field": "input.members" }]));
        assert_eq!(done(&small)["group"]["commune"]["code"], HERE);
        let id = &done(&small)["group"]["id"];
        for (members, warnings) in [(5, 0), (60, 0), (61, 1)] {
            let grown = keep(&union, "registerSavingsGroup", group(&format!("TO-{members}"), HERE, members)).await;
            assert_eq!(done(&grown)["warnings"].as_array().unwrap().len(), warnings, "{members}");
        }
        let update = |version: i32, changes: Value| {
            let mut input = json!({ "id": id, "expectedVersion": version });
            input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            input
        };
        let grown = keep(&union, "updateSavingsGroup", update(1, json!({ "members": 30, "organisation": "FARMERS" }))).await;
        let shown = &done(&grown)["group"];
        assert_eq!((&shown["version"], &shown["members"], &shown["organisation"]), (&json!(2), &json!(30), &json!("FARMERS")));
        assert_eq!(done(&keep(&union, "updateSavingsGroup", update(2, json!({}))).await)["group"]["version"], 2, "nothing to write");
        let near = t.as_role_in("mass_org_officer", NEAR).await;
        let outsider = t.as_roles_in(&["mass_org_officer"], "DOLISA", "83").await;
        for (caller, name, input, code, field) in [
            (&union, "registerSavingsGroup", group("TO-1", FAR, 20), "CONFLICT", "input.code"),
            (&union, "registerSavingsGroup", group("TO-2", HERE, 0), "BAD_USER_INPUT", "input.members"),
            (&union, "registerSavingsGroup", group(" ", HERE, 20), "BAD_USER_INPUT", "input.code"),
            (&union, "registerSavingsGroup", group("TO-2", "99999", 20), "BAD_USER_INPUT", "input.communeCode"),
            (&near, "registerSavingsGroup", group("TO-2", HERE, 20), "FORBIDDEN", "input.communeCode"),
            (&outsider, "registerSavingsGroup", group("TO-2", HERE, 20), "FORBIDDEN", "savingsGroup"),
            (&union, "updateSavingsGroup", update(1, json!({ "members": 20 })), "CONFLICT", "expectedVersion"),
            (&union, "updateSavingsGroup", update(2, json!({ "members": -1 })), "BAD_USER_INPUT", "input.members"),
            (&near, "updateSavingsGroup", update(2, json!({ "members": 20 })), "NOT_FOUND", "input.id"),
        ] {
            keep(caller, name, input).await.refused(code, field);
        }
        assert_eq!(t.number("SELECT count(*) FROM savings_group").await, 4);
    }

    async fn a_group_vets_before_the_commune_confirms_and_does_not_decide(t: &Service) {
        let (commune, union, bank) = (t.as_role_in("commune_officer", HERE).await, t.as_role_in("mass_org_officer", HERE).await, bank(t).await);
        let group_id = done(&keep(&union, "registerSavingsGroup", group("TO-1", HERE, 20)).await)["group"]["id"].clone();
        let province = t.as_role("mass_org_officer").await;
        let elsewhere = done(&keep(&province, "registerSavingsGroup", group("TO-2", NEAR, 20)).await)["group"]["id"].clone();
        let request = json!({ "productCode": "POOR", "householdId": household(t, 30).await, "amount": 20_000_000, "termMonths": 36, "requestedOn": "2026-11-10" });
        let id = done(&write(&commune, "requestLoan", request).await)["loan"]["id"].clone();
        let vetting = |version: i32, group: &Value, on: &str| json!({ "loanId": id, "expectedVersion": version, "groupId": group, "vettedOn": on, "note": "đạt 100%" });
        write(&union, "vetLoan", vetting(1, &group_id, "2026-11-09")).await.refused("BAD_USER_INPUT", "input.vettedOn");
        write(&union, "vetLoan", vetting(2, &group_id, "2026-11-12")).await.refused("CONFLICT", "expectedVersion");
        write(&union, "vetLoan", vetting(1, &elsewhere, "2026-11-12")).await.refused("NOT_FOUND", "input.groupId");
        write(&province, "vetLoan", vetting(1, &elsewhere, "2026-11-12")).await.refused("BAD_USER_INPUT", "input.groupId");
        write(&commune, "vetLoan", vetting(1, &group_id, "2026-11-12")).await.refused("FORBIDDEN", "");
        let vetted = write(&union, "vetLoan", vetting(1, &group_id, "2026-11-12")).await;
        assert_eq!(done(&vetted)["loan"]["status"], "GROUP_VETTED");
        write(&union, "vetLoan", vetting(2, &group_id, "2026-11-12")).await.refused("CONFLICT", "input.loanId");
        done(&write(&commune, "confirmLoan", json!({ "loanId": id, "expectedVersion": 2, "confirmedOn": "2026-11-13" })).await);
        // Who vetted does not decide, whatever it has become since.
        let both = t.as_roles_in(&["mass_org_officer"], "VBSP", "83").await;
        t.also(&both, "bank_officer").await;
        let decision = json!({ "loanId": id, "expectedVersion": 3, "approve": true, "contractNumber": "HD-1", "decidedOn": "2026-11-14" });
        t.sql(&format!("UPDATE loan_transition SET client_id = (SELECT id FROM client WHERE name = '{}') WHERE to_status = 'GROUP_VETTED'", both.name)).await;
        write(&both, "decideLoan", decision.clone()).await.refused("FORBIDDEN", "input.loanId");
        assert_eq!(done(&write(&bank, "decideLoan", decision).await)["loan"]["status"], "APPROVED");
        let shown = bank.query("{ loans(first: 5, filter: { groupCode: \"TO-1\" }) { nodes { contractNumber group { code members } } }
            none: loans(first: 5, filter: { groupCode: \"TO-2\" }) { nodes { contractNumber } } }").await;
        assert_eq!(shown.data(), &json!({ "loans": { "nodes": [{ "contractNumber": "HD-1", "group": { "code": "TO-1", "members": 20 } }] }, "none": { "nodes": [] } }));
    }

    async fn the_group_of_a_loan_signs_the_record_of_a_damage(t: &Service) {
        let bank = bank(t).await;
        let loan = running(t, "A", 10_000_000).await;
        let union = t.as_role("mass_org_officer").await;
        done(&keep(&union, "registerSavingsGroup", group("TO-1", HERE, 20)).await);
        t.sql("UPDATE loan SET group_id = (SELECT id FROM savings_group)").await;
        let freeze = |signed: Value| json!({ "loanId": loan["id"], "expectedVersion": 1, "change": "FREEZE", "occurredOn": "2026-11-20", "reference": "QD",
            "reason": "bão", "until": "2027-11-20", "cause": "NATURAL_DISASTER", "damagePercent": "50",
            "damageRecord": { "number": "BB", "recordedOn": "2026-11-20", "signedBy": signed } });
        let refused = write(&bank, "changeLoan", freeze(json!(["BANK", "COMMUNE", "BORROWER"]))).await;
        refused.refused("BAD_USER_INPUT", "input.damageRecord.signedBy");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("GROUP"), "{}", refused.body);
        done(&write(&bank, "changeLoan", freeze(json!(["BANK", "COMMUNE", "BORROWER", "GROUP"]))).await);
    }

    async fn groups_are_seen_in_scope(t: &Service) {
        fixture::register(t).await;
        let list = "{ savingsGroups(first: 9) { totalCount nodes { code loans(first: 5) { totalCount } } } }";
        for (caller, expected) in [
            (t.as_role("bank_officer").await, json!([["TO-28756-000001", 1], ["TO-28757-000002", 1], ["TO-28804-000003", 1]])),
            (t.as_role_in("mass_org_officer", HERE).await, json!([["TO-28757-000002", 1]])),
            (t.as_role_in("commune_officer", FAR).await, json!([["TO-28804-000003", 1]])),
            (t.as_role_in("bank_officer", fixture::DISTRICT_FAR).await, json!([["TO-28804-000003", 1]])),
        ] {
            let answer = caller.query(list).await;
            let nodes = answer.data()["savingsGroups"]["nodes"].as_array().unwrap();
            let shown: Vec<_> = nodes.iter().map(|node| json!([node["code"], node["loans"]["totalCount"]])).collect();
            assert_eq!(json!(shown), expected, "{}", caller.name);
        }
        let filtered = t.as_role("bank_officer").await.query("{ savingsGroups(first: 9, filter: { organisation: WOMEN, unit: { code: \"829\" } }) { totalCount }
            none: savingsGroups(first: 9, filter: { organisation: YOUTH }) { totalCount } }").await;
        assert_eq!((&filtered.data()["savingsGroups"]["totalCount"], &filtered.data()["none"]["totalCount"]), (&json!(2), &json!(0)));
        for role in ["front_officer", "insurance_officer", "finance_viewer"] {
            assert_eq!(t.as_role(role).await.query(list).await.code(0), "FORBIDDEN", "{role}");
        }
    }
}
