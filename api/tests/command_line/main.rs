//! The binary as an operator meets it: what it prints where, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod keys;

use ansinh::config::Secret;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use ansinh::db::Db;

/// A directory of its own for each test, gone at its end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ansinh-cli-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The binary in this directory, knowing nothing of the settings of whoever runs the test.
    fn ansinh(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ansinh"));
        command.args(arguments).current_dir(&self.0).env_clear().envs(settings.iter().copied());
        command
    }

    fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.ansinh(arguments, settings).output().unwrap();
        (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn help_names_every_command_setting_and_exit_code() {
    let (code, out, complaints) = Directory::new().run(&["--help"], &[]);
    assert_eq!((code, complaints.as_str()), (0, ""));
    for word in [
        "serve",
        "migrate",
        "statistics",
        "token",
        "schema",
        "DATABASE_URL",
        "ANSINH_SIGNING_KEY_FILE",
        "2 wrong usage",
    ] {
        assert!(out.contains(word), "{word} is missing in: {out}");
    }
}

#[test]
fn wrong_usage_and_configuration_end_with_2_and_a_sentence() {
    let directory = Directory::new();
    for (arguments, settings, word) in [
        (&["serv"][..], &[][..], "serv"),
        (&["migrate"], &[], "Usage"),
        (&["migrate", "down", "--steps", "0"], &[], "--steps"),
        (&["serve"], &[("ANSINH_LISTN", "x")], "ANSINH_LISTN"),
        (&["migrate", "status"], &[("ANSINH_LISTEN", "x")], "ANSINH_LISTEN"),
        (&[], &[("ANSINH_LISTEN", "0.0.0.0:0")], "loopback"),
        (&[], &[("ANSINH_ENV", "production")], "DATABASE_URL"),
        (&[], &[("ANSINH_ENV", "production"), ("DATABASE_URL", "sqlite://x")], "ANSINH_SIGNING_KEY_FILE"),
    ] {
        let (code, out, complaints) = directory.run(arguments, settings);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?} {settings:?}: {complaints}");
        assert!(complaints.contains(word), "{complaints}");
    }
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0, "a refused start leaves nothing behind");
}

#[test]
fn what_fails_ends_with_1() {
    let directory = Directory::new();
    let (code, _, complaints) =
        directory.run(&["migrate", "status"], &[("DATABASE_URL", "sqlite://no/such/folder.db")]);
    assert_eq!(code, 1);
    assert!(complaints.starts_with("ansinh: The database that DATABASE_URL names cannot be opened"), "{complaints}");

    let (code, _, complaints) = directory.run(&["serve"], &[("ANSINH_SIGNING_KEY", "no key")]);
    assert_eq!(code, 1);
    assert!(complaints.contains("PKCS#8 P-256"), "{complaints}");
}

#[test]
fn the_database_goes_up_and_down() {
    let directory = Directory::new();
    let counts = || {
        let (code, out, _) = directory.run(&["migrate", "status"], &[]);
        assert_eq!(code, 0);
        (
            out.lines().filter(|l| l.starts_with("applied ")).count(),
            out.lines().filter(|l| l.starts_with("pending ")).count(),
        )
    };
    let (applied, steps) = counts();
    assert!(applied == 0 && steps > 5);
    assert_eq!(directory.run(&["migrate", "up"], &[]).0, 0);
    assert_eq!(counts(), (steps, 0));
    assert_eq!(directory.run(&["migrate", "down"], &[]).0, 0);
    assert_eq!(counts(), (steps - 1, 1));
    assert_eq!(directory.run(&["migrate", "down", "--all"], &[]).0, 0);
    assert_eq!(counts(), (0, steps));
}

#[test]
fn operations_are_registered_listed_and_taken_back() {
    let directory = Directory::new();
    fs::write(directory.0.join("a.graphql"), "query Programs { programs { code } }").unwrap();
    fs::write(directory.0.join("bad.graphql"), "{ nothing }").unwrap();
    assert_eq!(directory.run(&["migrate", "up"], &[]).0, 0);
    let token = ["token", "--client", "bank", "--agency", "VBSP", "--scope", "83", "--role", "bank_officer"];
    assert_eq!(directory.run(&token, &[]).0, 0);
    let run = |arguments: &[&str]| {
        let (verb, rest) = arguments.split_first().unwrap();
        directory.run(&[&["operations", *verb, "--client", "bank"], rest].concat(), &[])
    };

    let (code, out, _) = run(&["register", "a.graphql"]);
    let id = out.split_whitespace().next().unwrap().to_owned();
    assert_eq!((code, out), (0, format!("{id}  a.graphql\n")));
    assert!(id.starts_with("sha256:") && id.len() == 71);
    assert_eq!(run(&["list"]).1, format!("{id}  Programs\nThe client may run anything.\n"));
    assert_eq!(run(&["restrict"]).0, 0);
    assert!(run(&["list"]).1.ends_with("The client may run nothing else.\n"));
    assert_eq!(run(&["restrict", "--off"]).0, 0);
    assert_eq!(run(&["remove", &id]).0, 0);
    assert_eq!(run(&["list"]).1, "The client may run anything.\n");

    for (wrong, word) in [
        (&["remove", id.as_str()][..], "has registered no document"),
        (&["remove", "x"], "64 hexadecimal digits"),
        (&["register", "none.graphql"], "none.graphql"),
        (&["register", "a.graphql", "bad.graphql"], "not valid"),
    ] {
        let (code, _, complaint) = run(wrong);
        assert_eq!(code, 2, "{wrong:?}");
        assert!(complaint.contains(word), "{wrong:?}: {complaint}");
    }
    assert_eq!(run(&["list"]).1, "The client may run anything.\n");
    let (code, _, complaint) = directory.run(&["operations", "list", "--client", "nobody"], &[]);
    assert_eq!(code, 2);
    assert!(complaint.contains("nobody"), "{complaint}");
}

#[test]
fn a_token_is_printed_alone() {
    let directory = Directory::new();
    let order = |role: &'static str, expires: &'static str| {
        ["token", "--client", "bank", "--agency", "VBSP", "--scope", "83", "--role", role, "--expires", expires]
    };
    let (code, out, complaints) = directory.run(&order("bank_officer", "30d"), &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(complaints.contains("ansinh migrate up"), "{complaints}");

    assert_eq!(directory.run(&["migrate", "up"], &[]).0, 0);
    let (code, out, complaints) = directory.run(&order("bank_officer", "30d"), &[]);
    assert_eq!((code, out.lines().count()), (0, 1), "{complaints}");
    assert_eq!(out.trim_end().split('.').count(), 3);
    for (arguments, word) in [(order("banker", "30d"), "banker"), (order("bank_officer", "1y"), "--expires")] {
        let (code, out, complaints) = directory.run(&arguments, &[]);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(complaints.contains(word), "{complaints}");
    }
}

#[tokio::test]
async fn an_operator_says_what_a_role_is_for() {
    let directory = Directory::new();
    assert_eq!(directory.run(&["migrate", "up"], &[]).0, 0);
    let order = |rest: &[&str]| directory.run(&[&["role", "purposes"], rest].concat(), &[]);
    for (rest, word) in [
        (&["bank_officer"][..], "--allow"),
        (&["bank_officer", "--allow", "LOANS"], "LOAN_APPRAISAL"),
        (&["bank_officer", "--allow", "REPORTING", "--any"], "--any"),
        (&["banker", "--any"], "no role banker"),
    ] {
        let (code, out, complaints) = order(rest);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(complaints.contains(word), "{complaints}");
    }
    let db = Db::connect(&format!("sqlite://{}", directory.0.join("data/ansinh.db").display())).await.unwrap();
    for (rest, stored) in [
        (&["bank_officer", "--allow", "LOAN_APPRAISAL,REPORTING", "--required"][..], (0b10_0001, true)),
        (&["bank_officer", "--any"], (0, false)),
    ] {
        let (code, _, complaints) = order(rest);
        assert_eq!(code, 0, "{complaints}");
        let query = "SELECT purposes, purpose_required FROM role WHERE code = 'bank_officer'";
        let rows = db.read(db.statement(query, Vec::new())).await.unwrap();
        let row: (i64, bool) = (rows[0].try_get_by_index(0).unwrap(), rows[0].try_get_by_index(1).unwrap());
        assert_eq!(row, stored);
    }
}

#[test]
fn the_schema_is_printed_alone() {
    let (code, out, complaints) = Directory::new().run(&["schema"], &[]);
    assert_eq!((code, complaints.as_str()), (0, ""));
    assert!(out.contains("type Query"));
}

/// The settings of a service in production over SQLite.
fn production(pem: &Secret) -> [(&str, &str); 5] {
    [
        ("ANSINH_ENV", "production"),
        ("ANSINH_ISSUER", "https://ansinh.example"),
        ("DATABASE_URL", "sqlite://register.db?mode=rwc"),
        ("ANSINH_SIGNING_KEY", pem.reveal()),
        ("ANSINH_LISTEN", "127.0.0.1:0"),
    ]
}

#[test]
fn production_waits_for_the_operator_to_migrate() {
    let directory = Directory::new();
    let pem = ansinh::identity::keys::generate_pem().unwrap_or_else(|error| panic!("{error}"));
    let settings = production(&pem);
    let (code, _, complaints) = directory.run(&["serve"], &settings);
    assert_eq!(code, 1);
    assert!(complaints.contains("ansinh migrate up"), "{complaints}");
}

#[test]
fn production_refuses_settings_of_roles_that_there_are_not() {
    let directory = Directory::new();
    let pem = ansinh::identity::keys::generate_pem().unwrap_or_else(|error| panic!("{error}"));
    let settings = production(&pem);
    let issuer = |role: &str| {
        format!(
            "[[issuers]]\nissuer = \"https://login.example\"\njwks_uri = \"https://login.example/keys\"\n\
             audience = \"ansinh\"\nroles = {{ officer = \"{role}\" }}\n"
        )
    };
    let file = |text: &str| fs::write(directory.0.join("ansinh.toml"), text).unwrap();
    let (limits, slip) = ("[limits.roles.bank_officer]\ndepth = 9\n", "[limits.roles.bank_oficer]\ndepth = 9\n");
    file(&format!("{slip}{}", issuer("figures")));
    assert_eq!(directory.run(&["migrate", "up"], &settings).0, 0);
    for (text, word) in [(slip.to_owned(), "[limits.roles.bank_oficer]"), (issuer("figures"), "figures in roles")] {
        file(&text);
        let (code, _, complaints) = directory.run(&["serve"], &settings);
        assert_eq!(code, 2, "{complaints}");
        assert!(complaints.contains(word), "{complaints}");
    }
    // The role is made while the settings name it already.
    let role = ["role", "create", "--code", "figures", "--name", "X", "--permission", "statistics:read"];
    let (code, _, complaints) = directory.run(&role, &settings);
    assert_eq!(code, 0, "{complaints}");
    file(&format!("{limits}{}", issuer("figures")));
    let mut served = directory.ansinh(&["serve"], &settings).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(served.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(log.any(|line| line.contains("listening")), "it ended before it listened");
    assert!(Command::new("kill").arg(served.id().to_string()).status().unwrap().success());
    log.for_each(drop);
    assert!(served.wait().unwrap().success());
}

#[test]
fn the_demo_serves_until_it_is_asked_to_stop() {
    let directory = Directory::new();
    let mut demo = directory.ansinh(&[], &[("ANSINH_LISTEN", "127.0.0.1:0")]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(demo.stderr.take().unwrap()).lines().map(Result::unwrap);
    let listening = log.find(|line| line.contains("listening")).expect("the demo ended before it listened");
    let (_, address) = listening.split_once("address=").unwrap();
    assert!(std::net::TcpStream::connect(address).is_ok());
    assert!(directory.0.join("data/ansinh.db").exists());

    let asked = Command::new("kill").arg(demo.id().to_string()).status().unwrap();
    assert!(asked.success());
    let rest = log.collect::<Vec<_>>();
    assert!(rest.iter().any(|line| line.contains("stopping")), "{rest:?}");
    assert_eq!(demo.wait().unwrap().code(), Some(0));

    // It had closed the statistics of its register before it listened.
    let (code, out, complaints) = directory.run(&["statistics", "close"], &[]);
    assert_eq!((code, out.as_str()), (0, "Yesterday was closed before; what is closed stays.\n"), "{complaints}");
}

#[test]
fn statistics_are_closed_once_a_day_and_by_a_seed() {
    let directory = Directory::new();
    let (code, _, complaints) = directory.run(&["statistics", "close"], &[]);
    assert_eq!(code, 1);
    assert!(complaints.contains("ansinh migrate up"), "{complaints}");

    assert_eq!(directory.run(&["migrate", "up"], &[]).0, 0);
    let close = || {
        let (code, out, complaints) = directory.run(&["statistics", "close"], &[]);
        assert_eq!((code, complaints.as_str()), (0, ""));
        out
    };
    assert!(close().starts_with("closed  20"));
    assert_eq!(close(), "Yesterday was closed before; what is closed stays.\n");

    // What was closed of the empty register is gone with it; the seeded one is closed at once.
    let (code, _, complaints) = directory.run(&["seed", "--households", "200"], &[]);
    assert_eq!(code, 0, "{complaints}");
    assert_eq!(close(), "Yesterday was closed before; what is closed stays.\n");

    // A seed counts its rows at its end.
    for command in ["verify", "recount", "verify"] {
        let (code, out, complaints) = directory.run(&["statistics", command], &[]);
        assert_eq!((code, out.as_str()), (0, "The figures are what the rows give.\n"), "{complaints}");
    }
}
