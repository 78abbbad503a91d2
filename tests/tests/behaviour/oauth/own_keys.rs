//! The public keys of clients: who may register them, and what is one.

use ansinh::identity::client_keys;
use serde_json::{Value, json};
use tests::{both_databases, service::Service, signer::Signer};

use super::{a_client, by_assertion, claims, with};
use crate::walk::global_id;

both_databases! {
    async fn a_key_that_is_no_public_key_is_not_registered(t: &Service) {
        let (name, _) = a_client(t, &["bank_officer"], "VBSP").await;
        let key = Signer::new();
        let mut private = key.jwk.clone();
        private["d"] = json!("AAAA");
        for jwk in [private, json!({ "kty": "oct", "k": "c2VjcmV0" }), json!([])] {
            assert_eq!(client_keys::add(&t.app, &name, &jwk.to_string()).await.unwrap_err().field.as_deref(), Some("jwk"));
        }
        for _ in 0..5 {
            client_keys::add(&t.app, &name, &Signer::new().jwk.to_string()).await.unwrap_or_else(|f| panic!("{}", f.message));
        }
        assert!(client_keys::add(&t.app, &name, &key.jwk.to_string()).await.unwrap_err().message.contains("5 keys"));
        assert_eq!(t.number("SELECT count(*) FROM client_key").await, 5);
    }

    async fn the_owning_agency_registers_its_keys(t: &Service) {
        let (_, id) = a_client(t, &["bank_officer"], "VBSP").await;
        let (_, foreign) = a_client(t, &["insurance_officer"], "PSI").await;
        // A role of the province's own, which administers keys and sees clients.
        t.sql("INSERT INTO role (code, name, built_in) VALUES ('key_admin', 'Khóa', FALSE);
               INSERT INTO role_permission SELECT id, 'client:key' FROM role WHERE code = 'key_admin';
               INSERT INTO role_permission SELECT id, 'client:read' FROM role WHERE code = 'key_admin'").await;
        let admin = t.as_roles_in(&["key_admin"], "VBSP", "83").await;
        let register = "mutation($input: RegisterClientKeyInput!) { registerClientKey(input: $input) { kid client { id version keyIds } } }";
        let remove = "mutation($input: RemoveClientKeyInput!) { removeClientKey(input: $input) { kid client { keyIds } } }";
        let key = Signer::new();
        let input = |id: &str, jwk: &Value| json!({ "input": { "clientId": id, "jwk": jwk.to_string() } });

        let answer = admin.ask(register, input(&id, &key.jwk)).await;
        let client = json!({ "id": id, "version": 2, "keyIds": [key.kid()] });
        assert_eq!(answer.data()["registerClientKey"], json!({ "kid": key.kid(), "client": client }));
        by_assertion(t, &key.sign(None, &claims(t, &id, "1"))).await.token();
        for table in ["audit_entry", "change_event"] {
            let noted = format!("SELECT count(*) FROM {table} WHERE subject_type = 'Client' AND agency_id IS NOT NULL");
            assert_eq!(t.number(&noted).await, 1, "{table}");
        }

        admin.ask(register, input(&id, &key.jwk)).await.refused("CONFLICT", "input.jwk");
        admin.ask(register, input(&id, &json!({ "kty": "oct", "k": "AA" }))).await.refused("BAD_USER_INPUT", "input.jwk");
        let comma = with(key.jwk.clone(), "kid", json!("a,b"));
        admin.ask(register, input(&id, &comma)).await.refused("BAD_USER_INPUT", "input.jwk");
        // A client of another agency answers as one that isn't there.
        let (there, nowhere) = (
            admin.ask(register, input(&foreign, &Signer::new().jwk)).await,
            admin.ask(register, input(&global_id("Client", "999999"), &Signer::new().jwk)).await,
        );
        there.refused("NOT_FOUND", "input.clientId");
        assert_eq!(there.body, nowhere.body);
        let narrow = t.as_roles_in(&["key_admin"], "VBSP", "829").await;
        narrow.ask(register, input(&id, &Signer::new().jwk)).await.refused("NOT_FOUND", "input.clientId");
        for role in ["platform_admin", "bank_officer", "auditor"] {
            t.as_role(role).await.ask(register, input(&id, &Signer::new().jwk)).await.refused("FORBIDDEN", "");
        }
        assert_eq!(t.number("SELECT count(*) FROM client_key").await, 1);

        let removal = json!({ "input": { "clientId": id, "kid": key.kid() } });
        assert_eq!(admin.ask(remove, removal.clone()).await.data()["removeClientKey"]["client"]["keyIds"], json!([]));
        admin.ask(remove, removal).await.refused("NOT_FOUND", "input.kid");
        by_assertion(t, &key.sign(None, &claims(t, &id, "2"))).await.refused(401, "invalid_client");
    }
}
