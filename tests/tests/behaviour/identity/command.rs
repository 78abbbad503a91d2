//! The same by command on the server: the binary over the database of a running service.

use ansinh::{error::Failure, identity::command};
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
