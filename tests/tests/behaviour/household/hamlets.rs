use std::collections::BTreeSet;

use ansinh::schema::global_id;
use serde_json::json;
use tests::{both_databases, service::Service};

use super::{entries, household, write};
use crate::fixture::{self, HERE, NEAR};

const HAMLET: &str = "hamlet { id code name level areaKind parent { code } validFrom }";

both_databases! {
    async fn a_hamlet_gets_the_next_code_of_its_commune(t: &Service) {
        let officer = t.as_role_in("commune_officer", HERE).await;
        let first = write(&officer, "registerHamlet", json!({ "communeCode": HERE, "name": "Phú  Lợi" }), HAMLET).await;
        let hamlet = &first.data()["registerHamlet"]["hamlet"];
        assert_eq!((&hamlet["code"], &hamlet["name"]), (&json!("2875701"), &json!("Ấp Phú Lợi")));
        assert_eq!((&hamlet["level"], &hamlet["areaKind"]), (&json!("HAMLET"), &json!("URBAN")));
        assert_eq!((&hamlet["parent"]["code"], &hamlet["validFrom"]), (&json!(HERE), &json!(null)));
        let second = json!({ "communeCode": HERE, "name": "khu phố 2", "urbanQuarter": true });
        let second = write(&officer, "registerHamlet", second, HAMLET).await;
        let hamlet = &second.data()["registerHamlet"]["hamlet"];
        assert_eq!((&hamlet["code"], &hamlet["name"]), (&json!("2875702"), &json!("Khu phố 2")));
        let listed = officer
            .ask("query($code: String!) { adminUnits(level: HAMLET, parent: { code: $code }) { code } }", json!({ "code": HERE }))
            .await;
        assert_eq!(listed.data()["adminUnits"], json!([{ "code": "2875701" }, { "code": "2875702" }]));
    }

    async fn a_hamlet_is_refused_where_it_does_not_fit(t: &Service) {
        let officer = t.as_role_in("commune_officer", HERE).await;
        write(&officer, "registerHamlet", json!({ "communeCode": HERE, "name": "Phú Lợi" }), HAMLET).await.data();
        let before = entries(t).await;
        for (input, code, field) in [
            (json!({ "communeCode": HERE, "name": "ấp phú lợi" }), "CONFLICT", "input.name"),
            (json!({ "communeCode": HERE, "name": "Khu phố 3" }), "BAD_USER_INPUT", "input.name"),
            (json!({ "communeCode": HERE, "name": " " }), "BAD_USER_INPUT", "input.name"),
            (json!({ "communeCode": NEAR, "name": "Phú Lợi" }), "FORBIDDEN", "input.communeCode"),
            (json!({ "communeCode": "829", "name": "Phú Lợi" }), "BAD_USER_INPUT", "input.communeCode"),
        ] {
            write(&officer, "registerHamlet", input, HAMLET).await.refused(code, field);
        }
        let bank = t.as_role("bank_officer").await;
        write(&bank, "registerHamlet", json!({ "communeCode": HERE, "name": "Mới" }), HAMLET).await.refused("FORBIDDEN", "");
        assert_eq!(entries(t).await, before);
    }

    async fn hamlets_registered_at_once_get_codes_of_their_own(t: &Service) {
        let officer = t.as_role_in("commune_officer", HERE).await;
        let register = async |name: &str| {
            let answer = write(&officer, "registerHamlet", json!({ "communeCode": HERE, "name": name }), HAMLET).await;
            answer.data()["registerHamlet"]["hamlet"]["code"].as_str().unwrap().to_owned()
        };
        let (one, two, three, four) =
            tokio::join!(register("Một"), register("Hai"), register("Ba"), register("Bốn"));
        let codes = BTreeSet::from([one, two, three, four]);
        assert_eq!(codes, ["2875701", "2875702", "2875703", "2875704"].map(str::to_owned).into());
    }

    async fn a_hamlet_registered_by_another_process_is_known(t: &Service) {
        fixture::register_household(t, HERE, "28757-1", json!([{ "fullName": "Lê A", "relationshipToHead": "HEAD" }])).await;
        t.sql("INSERT INTO admin_unit (code, name, level, unit_type, parent_id)
               SELECT '2875709', 'Ấp Chín', 'HAMLET', 'HAMLET', id FROM admin_unit WHERE code = '28757' AND valid_from IS NULL")
            .await;
        let hamlet = t.number("SELECT id FROM admin_unit WHERE code = '2875709'").await;
        let officer = t.as_role_in("commune_officer", HERE).await;
        let found = household(t, "28757-1").await;
        let input = json!({ "id": found["id"], "expectedVersion": 1, "hamletId": global_id::encode("AdminUnit", hamlet) });
        let answer = write(&officer, "updateHousehold", input, "household { hamlet { name } }").await;
        assert_eq!(answer.data()["updateHousehold"]["household"]["hamlet"]["name"], "Ấp Chín");
    }
}
