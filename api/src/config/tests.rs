use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use super::*;

/// A directory of its own for each test, gone at its end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ansinh-config-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.0.join(name), text).unwrap();
        self
    }

    fn load(&self, environment: &[(&str, &str)]) -> Result<Config, String> {
        let environment =
            environment.iter().map(|(name, text)| (OsString::from(name), OsString::from(text))).collect::<Vec<_>>();
        Layers::gather(environment, &self.0)
            .and_then(|layers| Config::from_layers(&layers))
            .map_err(|error| error.to_string())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PRODUCTION: [(&str, &str); 4] = [
    ("ANSINH_ENV", "production"),
    ("DATABASE_URL", "postgres://u:s3cret@db/ansinh"),
    ("ANSINH_SIGNING_KEY", "PEM"),
    ("ANSINH_ISSUER", "https://ansinh.example"),
];

#[track_caller]
fn refused(result: Result<Config, String>, parts: &[&str]) {
    let sentence = result.expect_err("the configuration was accepted");
    for part in parts {
        assert!(sentence.contains(part), "{sentence:?} does not say {part:?}");
    }
}

#[test]
fn nothing_given_is_the_demo_on_loopback_with_sqlite() {
    let config = Directory::new().load(&[("HOME", "/home/x"), ("RUST_LOG", "nonsense=")]).unwrap();
    assert_eq!(config.mode, Mode::Demo);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database_url.reveal(), "sqlite://./data/ansinh.db?mode=rwc");
    assert_eq!(config.units_day.to_string(), "2022-12-31");
    assert_eq!(config.limits, Limits::default());
    assert!(config.role_limits.is_empty());
    assert_eq!(config.number_misses, NumberMisses { hour: 200, day: 1_000 });
    assert!(config.signing_keys.is_none());
    assert_eq!(config.issuer, "http://127.0.0.1:8080");
    assert_eq!(Directory::new().load(&[("ANSINH_LISTEN", "[::1]:9001")]).unwrap().issuer, "http://[::1]:9001");
}

#[test]
fn a_signing_key_in_a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new().with("ansinh.toml", "signing_key = \"PEM\"\n");
    let mode =
        |bits: u32| fs::set_permissions(directory.0.join("ansinh.toml"), fs::Permissions::from_mode(bits)).unwrap();
    for open in [0o644, 0o604, 0o660] {
        mode(open);
        refused(directory.load(&[]), &["\"signing_key\"", "ansinh.toml", "chmod 600"]);
    }
    mode(0o600);
    assert_eq!(directory.load(&[]).unwrap().signing_keys.unwrap().reveal(), "PEM");
    // Without a key in it the file is for everybody.
    let directory = Directory::new().with("ansinh.toml", "log = \"info\"\n");
    fs::set_permissions(directory.0.join("ansinh.toml"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(directory.load(&[]).is_ok());
}

#[test]
fn look_ups_in_vain_have_bounds() {
    let directory = Directory::new();
    let config =
        directory.load(&[("ANSINH_LIMITS_NUMBER_MISSES_HOUR", "50"), ("ANSINH_LIMITS_NUMBER_MISSES_DAY", "200")]);
    assert_eq!(config.unwrap().number_misses, NumberMisses { hour: 50, day: 200 });
    for wrong in ["0", "-1", "many", "1000001"] {
        refused(directory.load(&[("ANSINH_LIMITS_NUMBER_MISSES_HOUR", wrong)]), &["ANSINH_LIMITS_NUMBER_MISSES_HOUR"]);
    }
}

#[test]
fn the_environment_covers_the_file_and_the_file_the_defaults() {
    let directory = Directory::new().with(
        "ansinh.toml",
        "listen = \"127.0.0.1:9000\"\nissuer = \"https://from-file.example\"\n[limits]\nbody_bytes = 4096\nrequest_seconds = 5\n",
    );
    let config = directory.load(&[("ANSINH_LISTEN", "[::1]:9001"), ("ANSINH_LIMITS_REQUEST_SECONDS", "7")]).unwrap();
    assert_eq!(config.listen.to_string(), "[::1]:9001");
    assert_eq!(config.issuer, "https://from-file.example");
    assert_eq!(config.audience, "ansinh");
    let limits = Limits { body_bytes: 4096, request_time: Duration::from_secs(7), ..Limits::default() };
    assert_eq!(config.limits, limits);
}

#[test]
fn a_role_has_the_limits_for_all_but_those_of_its_own() {
    let directory = Directory::new().with(
        "ansinh.toml",
        "[limits]\ndepth = 10\nrequests_per_minute = 600\n[limits.roles.bank_officer]\ncost = 5000\ndepth = 5\n\
         requests_per_minute = 60\n[limits.roles.auditor]\nrequests_per_minute = 0\nstatement_seconds = 2\n",
    );
    let config = directory.load(&[("ANSINH_LIMITS_ALIASES", "7")]).unwrap();
    let usual = Limits { depth: 10, aliases: 7, requests_per_minute: Some(600), ..Limits::default() };
    let bank = Limits { cost: 5_000, depth: 5, requests_per_minute: Some(60), ..usual };
    let auditor = Limits { requests_per_minute: None, statement_time: Duration::from_secs(2), ..usual };
    let of = |roles: &[&str]| config.limits_of(&roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>());
    assert_eq!(of(&[]), usual);
    assert_eq!(of(&["commune_officer"]), usual);
    assert_eq!(of(&["bank_officer"]), bank);
    assert_eq!(of(&["auditor"]), auditor);
    // The widest of each number, whichever role it comes from; no rate at all is the widest rate.
    assert_eq!(of(&["bank_officer", "auditor"]), Limits { requests_per_minute: None, ..usual });
    assert_eq!(of(&["bank_officer", "commune_officer"]), usual);
}

#[test]
fn a_rate_and_a_budget_are_shipped_and_can_be_switched_off() {
    let shipped = Directory::new().load(&[]).unwrap().limits;
    assert_eq!((shipped.requests_per_minute, shipped.cost_per_minute), (Some(6_000), Some(100_000_000)));
    let off = [("ANSINH_LIMITS_REQUESTS_PER_MINUTE", "0"), ("ANSINH_LIMITS_COST_PER_MINUTE", "0")];
    let off = Directory::new().load(&off).unwrap().limits;
    assert_eq!((off.requests_per_minute, off.cost_per_minute), (None, None));
    // A dearer request is no reason to refuse a budget that nobody named.
    let text = "[limits.roles.auditor]\ncost = 500000000\n";
    let config = Directory::new().with("ansinh.toml", text).load(&[]).unwrap();
    assert_eq!(config.limits_of(&["auditor".to_owned()]).cost_per_minute, Some(500_000_000));
    assert_eq!(config.limits.cost_per_minute, Some(100_000_000));
    let both = format!("{text}cost_per_minute = 499999999\n");
    refused(Directory::new().with("ansinh.toml", &both).load(&[]), &["limits.roles.auditor", "499999999"]);
}

#[test]
fn a_wrong_limit_of_a_role_stops_the_start() {
    for (text, parts) in [
        ("[limits.roles.auditor]\ndeep = 3", &["\"limits.roles.auditor.deep\"", "depth"][..]),
        ("[limits.roles.auditor]\ndepth = 2", &["\"limits.roles.auditor.depth\"", "3 to 24"]),
        ("[limits.roles.auditor]\ndepth = [4]", &["\"limits.roles.auditor.depth\"", "single value"]),
        ("[limits.roles.auditor]\ncost_per_minute = 200", &["limits.roles.auditor", "cost_per_minute", "1000000"]),
        ("[limits]\ncost_per_minute = 200", &["limits", "cost_per_minute"]),
        ("[limits]\nconcurrency = 16", &["\"limits.concurrency\"", "1 to 15"]),
        ("[limits]\nroles = 3", &["\"limits.roles\""]),
    ] {
        refused(Directory::new().with("ansinh.toml", text).load(&[]), parts);
    }
}

#[test]
fn the_longest_answer_of_a_role_fits_twice_into_what_a_node_has() {
    let text = "[limits]\nanswers_bytes = 20000000\n[limits.roles.auditor]\nanswer_bytes = 10000000";
    let config = Directory::new().with("ansinh.toml", text).load(&[]).unwrap();
    let of = |role: &str| config.limits_of(&[role.to_owned()]).answer_bytes;
    assert_eq!((config.answers_bytes, of("auditor"), of("bank_officer")), (20_000_000, 10_000_000, 8 << 20));
    assert_eq!(Directory::new().load(&[]).unwrap().answers_bytes, 32 << 20);
    let narrow = ("ANSINH_LIMITS_ANSWERS_BYTES", "19999999");
    refused(Directory::new().with("ansinh.toml", text).load(&[narrow]), &[narrow.0, narrow.1, "10000000"]);
    refused(Directory::new().load(&[("ANSINH_LIMITS_ANSWERS_BYTES", "much")]), &["much", "131072 to"]);
    refused(Directory::new().load(&[("ANSINH_LIMITS_ANSWER_BYTES", "100")]), &["65536 to"]);
}

#[test]
fn a_named_file_must_be_there_and_be_toml() {
    let directory = Directory::new().with("other.toml", "units_day = \"2024-12-31\"").with("bad.toml", "listen = ");
    assert_eq!(directory.load(&[("ANSINH_CONFIG", "other.toml")]).unwrap().units_day.to_string(), "2024-12-31");
    refused(directory.load(&[("ANSINH_CONFIG", "none.toml")]), &["none.toml", "cannot be read"]);
    refused(directory.load(&[("ANSINH_CONFIG", "bad.toml")]), &["bad.toml", "not valid TOML"]);
}

#[test]
fn unknown_names_stop_the_start() {
    refused(Directory::new().load(&[("ANSINH_LISTN", "127.0.0.1:1")]), &["ANSINH_LISTN", "ANSINH_LISTEN"]);
    refused(Directory::new().with("ansinh.toml", "lisen = \"x\"").load(&[]), &["\"lisen\"", "ansinh.toml"]);
    refused(
        Directory::new().with("ansinh.toml", "[limits]\nbodies = 1").load(&[]),
        &["\"limits.bodies\"", "limits.body_bytes"],
    );
    refused(Directory::new().with("ansinh.toml", "listen = [1]").load(&[]), &["\"listen\"", "single value"]);
}

#[test]
fn bad_values_are_named_with_what_was_expected() {
    for (name, text, expected) in [
        ("ANSINH_LISTEN", "localhost", "127.0.0.1:8080"),
        ("ANSINH_LISTEN", "127.0.0.1:99999", "127.0.0.1:8080"),
        ("ANSINH_ENV", "prod", "\"production\""),
        ("ANSINH_UNITS_DAY", "2022-02-30", "2022-12-31"),
        ("ANSINH_LOG", "ansinh=loudly", "log filter"),
        ("ANSINH_LIMITS_BODY_BYTES", "-1", "1024 to 67108864"),
        ("ANSINH_LIMITS_BODY_BYTES", "10", "1024"),
        ("ANSINH_ACCESS_TOKEN_SECONDS", "86400", "3600"),
        ("ANSINH_LIMITS_REQUEST_SECONDS", "0", "1 to 600"),
    ] {
        refused(Directory::new().load(&[(name, text)]), &[name, text, expected]);
    }
    refused(Directory::new().load(&[("ANSINH_ISSUER", " ")]), &["ANSINH_ISSUER", "empty"]);
    refused(Directory::new().with("ansinh.toml", "units_day = 2022").load(&[]), &["\"units_day\"", "2022-12-31"]);
}

#[test]
fn a_bad_database_address_is_named_but_never_repeated() {
    let refusal = Directory::new().load(&[("DATABASE_URL", "mysql://root:hunter2@db/x")]);
    assert!(!refusal.as_ref().unwrap_err().contains("hunter2"));
    refused(refusal, &["DATABASE_URL", "postgres://"]);
}

#[test]
fn demo_stays_on_loopback() {
    for listen in ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080"] {
        refused(Directory::new().load(&[("ANSINH_LISTEN", listen)]), &["ANSINH_LISTEN", listen, "loopback"]);
    }
    let everywhere = [PRODUCTION.as_slice(), &[("ANSINH_LISTEN", "0.0.0.0:8080")]].concat();
    assert_eq!(Directory::new().load(&everywhere).unwrap().listen.to_string(), "0.0.0.0:8080");
}

#[test]
fn production_makes_nothing_up() {
    let [env, database, key, issuer] = PRODUCTION;
    refused(Directory::new().load(&[env, database, issuer]), &["ANSINH_SIGNING_KEY_FILE", "production"]);
    refused(Directory::new().load(&[env, key, issuer]), &["DATABASE_URL", "production"]);
    refused(Directory::new().load(&[env, database, key]), &["ANSINH_ISSUER is not set", "https://"]);
    for wrong in ["ansinh", "http://ansinh.example", "https://ansinh.example?x=1"] {
        refused(Directory::new().load(&[env, database, key, (issuer.0, wrong)]), &["ANSINH_ISSUER", wrong, "https://"]);
    }
    // For what is tried on the machine itself.
    let own = Directory::new().load(&[env, database, key, (issuer.0, "http://127.0.0.1:8080")]).unwrap();
    assert_eq!(own.issuer, "http://127.0.0.1:8080");
    let config = Directory::new().load(&PRODUCTION).unwrap();
    assert_eq!(config.mode, Mode::Production);
    assert_eq!(config.database_url.reveal(), "postgres://u:s3cret@db/ansinh");
}

#[test]
fn secrets_come_from_one_place_and_are_not_shown() {
    let directory = Directory::new().with("url", "postgres://u:s3cret@db/ansinh\n").with("blank", "\n");
    let config = directory.load(&[("DATABASE_URL_FILE", "url"), ("ANSINH_SIGNING_KEY", "pem-text")]).unwrap();
    assert_eq!(config.database_url.reveal(), "postgres://u:s3cret@db/ansinh");
    let shown = format!("{config:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("pem-text"));
    refused(
        directory.load(&[("DATABASE_URL_FILE", "url"), ("DATABASE_URL", "sqlite://x")]),
        &["DATABASE_URL_FILE", "DATABASE_URL and", "both"],
    );
    refused(
        directory.load(&[("ANSINH_SIGNING_KEY_FILE", "url"), ("ANSINH_SIGNING_KEY", "x")]),
        &["ANSINH_SIGNING_KEY_FILE", "both"],
    );
    refused(directory.load(&[("ANSINH_SIGNING_KEY_FILE", "missing")]), &["ANSINH_SIGNING_KEY_FILE", "missing"]);
    refused(directory.load(&[("DATABASE_URL_FILE", "blank")]), &["DATABASE_URL_FILE", "empty"]);
}

#[test]
fn the_sqlite_address_survives_odd_directories() {
    assert_eq!(sqlite_url(Path::new("a b/50%?#")), "sqlite://a b/50%25%3F%23/ansinh.db?mode=rwc");
}

const ISSUER: &str = r#"
[[issuers]]
issuer = "https://login.bank.example/realms/Bank"
jwks_uri = "https://login.bank.example/keys"
audience = "ansinh"
[issuers.roles]
"Credit-Officer" = "bank_officer"
"#;

#[test]
fn outside_issuers_come_from_the_file() {
    let config = Directory::new().with("ansinh.toml", ISSUER).load(&[]).unwrap();
    let [issuer] = config.issuers.as_slice() else { panic!("one issuer") };
    assert_eq!(issuer.issuer, "https://login.bank.example/realms/Bank");
    assert_eq!((issuer.client_claim.as_str(), issuer.roles_claim.as_str()), ("azp", "realm_access.roles"));
    assert_eq!(issuer.roles["Credit-Officer"], "bank_officer");
    let twice = ISSUER.repeat(2);
    for (file, settings, word) in [
        (
            ISSUER.replace("https://login.bank.example/keys", "http://login.bank.example/keys"),
            &PRODUCTION[..],
            "https://",
        ),
        (ISSUER.replace("https://login.bank.example/keys", "file:///etc/keys"), &[], "https://"),
        (ISSUER.replace("audience", "audiences"), &[], "audiences"),
        (ISSUER.replace("\"Credit-Officer\" = \"bank_officer\"", ""), &[], "roles"),
        (twice, &[], "name of its own"),
        (ISSUER.to_owned(), &[("ANSINH_ISSUER", "https://login.bank.example/realms/Bank")], "name of its own"),
        ("issuers = 1".to_owned(), &[], "issuers"),
    ] {
        refused(Directory::new().with("ansinh.toml", &file).load(settings), &[word]);
    }
}
