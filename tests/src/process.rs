//! The binary as a process of its own, for tests that kill it.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use ansinh::identity::keys::generate_pem;
use serde_json::Value;

use crate::service::Service;

/// What a process is started with; the same for one that takes over from another.
pub struct Settings {
    database_url: String,
    signing_key: String,
    issuer: String,
}

/// A running `ansinh serve`. Killed on drop, also by a test that fails.
pub struct Process {
    child: Child,
    /// Where it takes requests.
    pub url: String,
}

impl Settings {
    /// For a database that is migrated.
    pub fn new(database_url: &str) -> Settings {
        let key = generate_pem().unwrap_or_else(|error| panic!("{error}"));
        Settings {
            database_url: database_url.to_owned(),
            signing_key: key.reveal().to_owned(),
            issuer: "http://127.0.0.1".to_owned(),
        }
    }

    /// For the database of a service that runs in the test, signing with its key.
    pub fn of(service: &Service) -> Settings {
        let key = service.app.config.signing_keys.as_ref().expect("the tests have a key of their own");
        let (signing_key, issuer) = (key.reveal().to_owned(), service.app.config.issuer.clone());
        Settings { database_url: service.database.url.clone(), signing_key, issuer }
    }

    /// Runs a command to its end: exit code, output, complaints.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.command(arguments).output().expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    }

    /// A token of an officer of a commune.
    pub fn commune_token(&self, commune: &str) -> String {
        let order =
            ["token", "--client", "commune", "--agency", "CPC", "--role", "commune_officer", "--scope", commune];
        let output = self.command(&order).output().expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a token").trim().to_owned()
    }

    /// Starts it, and returns when it listens.
    pub fn serve(&self) -> Process {
        let mut child = self.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        // A process that never listens must end too.
        let mut process = Process { child, url: String::new() };
        let (mut lines, mut said) = (log.lines(), String::new());
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("it ended before it listened:\n{said}") };
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = entry["address"].as_str() {
                break address.to_owned();
            }
            said.push_str(&line);
        };
        // It must never wait for a reader of its log.
        std::thread::spawn(move || lines.for_each(drop));
        process.url = format!("http://{address}/graphql");
        process
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(std::env::temp_dir()).env_clear().envs([
            ("ANSINH_ENV", "production"),
            ("ANSINH_LISTEN", "127.0.0.1:0"),
            ("ANSINH_LOG", "info"),
            ("DATABASE_URL", &self.database_url),
            ("ANSINH_SIGNING_KEY", &self.signing_key),
            ("ANSINH_ISSUER", &self.issuer),
        ]);
        command
    }
}

impl Process {
    /// `kill -9`: it gets no chance to finish anything.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Beside the folder of the tests' own binary. Tests of the whole workspace build it before they run.
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let folder = own.parent().and_then(|deps| deps.parent()).expect("target/debug/deps");
    let binary = folder.join("ansinh");
    assert!(binary.is_file(), "{} is not built: cargo build", binary.display());
    binary
}
