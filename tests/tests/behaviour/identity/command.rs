//! The same by command on the server: the binary over the database of a running service.

use ansinh::{
    error::Failure,
    identity::{client_keys, command, introduce},
};
use serde_json::json;
use tests::{
    both_databases,
    patience::eventually,
    process::Settings,
    service::{Caller, Service},
};

use super::{shut_out, traces, viewer};

/// The output of a command that does what it was asked.
fn output(settings: &Settings, arguments: &[&str]) -> String {
    let (code, out, complaints) = settings.run(arguments);
    assert_eq!(code, 0, "{arguments:?}: {complaints}");
    out
}

/// That a command is refused with these words, exit code and nothing printed.
fn refused(settings: &Settings, arguments: &[&str], code: i32, words: &str) {
    let (found, out, complaints) = settings.run(arguments);
    assert_eq!((found, out.as_str()), (code, ""), "{arguments:?}: {complaints}");
    assert!(complaints.contains(words), "{complaints}");
}

/// What a command changes counts at the running service within a moment.
async fn soon_shut_out(caller: &Caller, reason: &str) {
    eventually("the caller is shut out", async || viewer(caller).await.status == 401).await;
    shut_out(caller, reason).await;
}

both_databases! {
    async fn the_first_administrator_of_an_agency_comes_from_the_server(t: &Service) {
        // The binary reads the machine's clock.
        t.clock.set(chrono::Utc::now());
        let settings = Settings::of(t);
        let token = output(&settings, &["agency-admin", "--agency", "VBSP", "--name", "Quản trị VBSP"]);
        let admin = t.bearing(token.trim_end(), "Quản trị VBSP");
        let seen = viewer(&admin).await.data()["viewer"].clone();
        assert_eq!((&seen["client"], &seen["roles"]), (&json!("Quản trị VBSP"), &json!([{ "code": "agency_admin" }])));
        assert_eq!(seen["scope"]["code"], "83");
        refused(&settings, &["agency-admin", "--agency", "VBSP"], 2, "Quản trị VBSP");
        refused(&settings, &["agency-admin", "--agency", "NONE"], 2, "There is no agency NONE");
        output(&settings, &["client", "disable", "--name", "Quản trị VBSP", "--reason", "nghỉ việc"]);
        soon_shut_out(&admin, "client_disabled").await;
        output(&settings, &["agency-admin", "--agency", "VBSP"]);
        let listed = output(&settings, &["client", "list"]);
        let states: Vec<_> = listed.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
        assert_eq!(states, ["DISABLED", "ACTIVE"], "{listed}");
        assert!(listed.contains("agency_admin  VBSP agency_admin"), "{listed}");
    }

    async fn commands_at_once_make_one_administrator(t: &Service) {
        let other = t.another_node(|_| {}).await;
        let make = |node: &Service, name: &'static str| {
            let app = node.app.clone();
            async move { command::first_agency_admin(&app, "VBSP", Some(name), "83").await }
        };
        let made = tokio::join!(make(t, "A"), make(&other, "B"), make(t, "C"), make(&other, "D"));
        let names = t.texts("SELECT name FROM client").await;
        assert_eq!((names.len(), t.number("SELECT count(*) FROM token").await), (1, 1), "{names:?}");
        let refused = |failure: &Failure| failure.message.contains(&format!("already: {}", names[0]));
        let outcomes = [made.0, made.1, made.2, made.3];
        let refusals = outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(refused)).count();
        assert_eq!((refusals, outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (3, 1));
    }

    async fn clients_roles_and_tokens_are_managed_by_command(t: &Service) {
        t.clock.set(chrono::Utc::now());
        let settings = Settings::of(t);
        output(&settings, &["role", "create", "--code", "reader", "--name", "Người xem", "--permission", "plan:read", "--longest-token-days", "7"]);
        output(&settings, &["client", "create", "--name", "Bảng tin", "--agency", "DOLISA", "--role", "reader", "--scope", "83"]);
        let token = ["token", "--client", "Bảng tin", "--agency", "DOLISA", "--role", "reader", "--scope", "83"];
        refused(&settings, &token, 2, "is not active");
        let secret = output(&settings, &["client", "activate", "--name", "Bảng tin"]);
        let kept = t.texts("SELECT secret_hash FROM client WHERE name = 'Bảng tin'").await;
        assert!(ansinh::identity::secret::fits(secret.trim_end(), &kept[0]));
        refused(&settings, &["client", "activate", "--name", "Bảng tin"], 1, "active already");

        // Without a period it is what the role allows; more is refused with the number.
        refused(&settings, &[&token[..], &["--expires", "8d"]].concat(), 2, "7 days at most");
        let bearer = t.bearing(output(&settings, &token).trim_end(), "Bảng tin");
        assert_eq!(viewer(&bearer).await.data()["viewer"]["permissions"], json!(["plan:read"]));
        let listed = output(&settings, &["token", "list", "--client", "Bảng tin"]);
        assert_eq!(listed.lines().count(), 1, "{listed}");
        assert!(listed.contains("reader") && listed.contains("issued on the server") && !listed.contains("never"), "{listed}");
        let id = listed.split_whitespace().next().unwrap();
        output(&settings, &["token", "revoke", "--id", id, "--reason", "thử xong"]);
        soon_shut_out(&bearer, "revoked").await;
        assert!(output(&settings, &["token", "list"]).contains("revoked"));
        assert_eq!(t.texts("SELECT revoked_reason FROM token").await, ["thử xong"]);

        // A role that allows more makes its clients wait, and says which.
        let bearer = t.bearing(output(&settings, &token).trim_end(), "Bảng tin");
        let widen = ["role", "update", "--code", "reader", "--permission", "plan:read", "--permission", "household:read"];
        assert_eq!(output(&settings, &widen), "Bảng tin\n");
        soon_shut_out(&bearer, "client_disabled").await;
        assert_eq!(output(&settings, &["client", "activate", "--name", "Bảng tin"]), "", "it has its secret");
        viewer(&bearer).await.data();
        let listed = output(&settings, &["role", "list"]);
        assert!(listed.lines().any(|line| line.starts_with("own") && line.contains("household:read,plan:read")), "{listed}");
        assert!(listed.lines().any(|line| line.starts_with("built-in") && line.contains("platform_admin")), "{listed}");
    }

    async fn what_commands_change_is_in_the_ledger_as_the_servers(t: &Service) {
        t.clock.set(chrono::Utc::now());
        let settings = Settings::of(t);
        let deed = "SELECT operation || ' ' || subject_type || ' ' || fields FROM audit_entry
            WHERE client_id IS NULL AND agency_id IS NULL AND token_id IS NULL AND roles = '' AND decision = 'ALLOWED'
            AND request_id LIKE 'command-%' AND subjects IS NULL ORDER BY id";
        let document = std::env::temp_dir().join(format!("ansinh-operation-{}-{:?}.graphql", std::process::id(), t.database.backend));
        std::fs::write(&document, "query Programs { programs { code } }").unwrap();
        let file = document.to_str().unwrap();
        let token = ["token", "--client", "A", "--agency", "DOLISA", "--role", "reader", "--scope", "83"];
        let made = "server/createClient Client name,agency,roles,scope,status";
        let issued = "server/issueToken Token label,roles,scope,expiresAt";
        let mut seen = 0;
        for (arguments, noted) in [
            (vec!["role", "create", "--code", "reader", "--name", "Người xem", "--permission", "plan:read"],
                vec!["server/createRole Role code,name,permissions,longestTokenDays,purposes,purposeRequired"]),
            (vec!["role", "purposes", "reader", "--allow", "REPORTING", "--required"], vec!["server/updateRole Role purposes,purposeRequired"]),
            (vec!["role", "purposes", "bank_officer", "--allow", "REPORTING"], vec!["server/updateRole Role purposes"]),
            (vec!["role", "purposes", "bank_officer", "--allow", "REPORTING"], vec![]),
            (vec!["role", "update", "--code", "reader", "--name", "Khác"], vec!["server/updateRole Role name"]),
            (vec!["role", "update", "--code", "reader", "--name", "Khác"], vec![]),
            (vec!["client", "create", "--name", "A", "--agency", "DOLISA", "--role", "reader", "--scope", "83"], vec![made]),
            (vec!["client", "activate", "--name", "A"], vec!["server/activateClient Client status"]),
            (token.to_vec(), vec![issued]),
            (vec!["token", "list"], vec![]),
            (vec!["token", "revoke", "--id", "1", "--reason", "thử"], vec!["server/revokeToken Token revokedAt,revokedReason"]),
            (vec!["token", "revoke", "--id", "1", "--reason", "thử"], vec![]),
            (vec!["operations", "register", "--client", "A", file], vec!["server/registerOperations Client operations"]),
            (vec!["operations", "restrict", "--client", "A"], vec!["server/restrictToRegistered Client registeredOnly"]),
            (vec!["client", "disable", "--name", "A"], vec!["server/disableClient Client status,statusReason"]),
            (vec!["agency-admin", "--agency", "VBSP"], vec![made, issued]),
        ] {
            output(&settings, &arguments);
            let entries = t.texts(deed).await;
            assert_eq!(entries[seen..], noted, "{arguments:?}");
            seen = entries.len();
        }
        std::fs::remove_file(&document).unwrap();
        // What is refused leaves nothing, and what is there names the record.
        refused(&settings, &["client", "activate", "--name", "A"], 1, "");
        assert_eq!(t.texts(deed).await.len(), seen);
        let named = "SELECT count(*) FROM audit_entry e JOIN client c ON c.id = e.subject_id WHERE e.operation = 'server/disableClient' AND c.name = 'A'";
        assert_eq!(t.number(named).await, 1);
    }

    async fn keys_and_names_of_clients_are_in_the_ledger_too(t: &Service) {
        let bank = t.as_role("bank_officer").await.name;
        let jwk = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
        let kid = client_keys::add(&t.app, &bank, jwk).await.unwrap_or_else(|failure| panic!("{}", failure.message));
        assert!(client_keys::remove(&t.app, &bank, &kid).await.is_ok());
        assert!(client_keys::remove(&t.app, &bank, &kid).await.is_err());
        t.sql("INSERT INTO client_issuer (issuer, subject, client_id) SELECT 'https://login.example', 'core', id FROM client").await;
        assert!(introduce::unlink(&t.app, "https://login.example", "core").await.is_ok());
        let query = "SELECT operation FROM audit_entry WHERE client_id IS NULL AND operation NOT IN ('server/createClient', 'server/issueToken') ORDER BY id";
        assert_eq!(t.texts(query).await, ["server/registerClientKey", "server/removeClientKey", "server/unlinkIssuer"]);
    }

    async fn commands_hold_the_same_rules(t: &Service) {
        let settings = Settings::of(t);
        let before = traces(t).await;
        for (arguments, words) in [
            (vec!["role", "create", "--code", "both", "--name", "X", "--permission", "loan:request", "--permission", "loan:decide"], "loan:request and loan:decide"),
            (vec!["client", "create", "--name", "X", "--agency", "PPC", "--scope", "83", "--role", "platform_admin", "--role", "agency_admin"], "client:create and client:activate"),
            (vec!["token", "--client", "X", "--agency", "PPC", "--scope", "83", "--role", "platform_admin", "--role", "auditor"], "client:create and household:read"),
            (vec!["token", "--client", "X", "--agency", "PPC", "--scope", "83", "--role", "auditor", "--expires", "91d"], "90 days at most"),
            (vec!["token", "revoke", "--id", "999999", "--reason", "x"], "There is no token 999999"),
            (vec!["client", "disable", "--name", "Không có"], "There is no client"),
            (vec!["role", "update", "--code", "none", "--name", "X"], "There is no role none"),
            (vec!["token"], "--client"),
        ] {
            refused(&settings, &arguments, 2, words);
        }
        refused(&settings, &["role", "update", "--code", "auditor", "--permission", "plan:read"], 1, "built in");
        assert_eq!(traces(t).await, before);
    }
}
