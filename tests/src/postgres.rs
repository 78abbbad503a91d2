//! A throw-away PostgreSQL cluster, started by the tests and gone with them.
//!
//! One process of tests shares one cluster ([`Cluster::shared`]). A test that stops or crashes its server starts its
//! own with [`Cluster::start`].

use crate::{installation, scratch::Scratch};
use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Write as _},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
};

/// The superuser of every test cluster.
const USER: &str = "ansinh";

/// Runs the server and watches its own standard input. A line there is the signal to stop the server with. The end of
/// input means that the tests are gone, by whatever death: then the server goes at once, and its files with it.
const WATCH: &str = r#"
"$@" </dev/null & server=$!
exec 2>/dev/null
if read -r signal; then
    kill -s "$signal" "$server"; wait "$server"
else
    kill -s QUIT "$server"; wait "$server"; rm -rf "$PWD"
fi
"#;

/// Whether a commit outlives the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As in production: a commit is on the disk when it is acknowledged.
    Full,
    /// No `fsync`. Only here, where the data is thrown away: it makes a test's database in a few milliseconds.
    None,
}

/// How a server is stopped.
#[derive(Clone, Copy)]
pub enum Stop {
    /// Ends the sessions and writes everything down.
    Fast,
    /// As a crash: the next start recovers from the log.
    Immediate,
}

/// A PostgreSQL server of our own on a Unix socket. Ends on drop, or with the process.
pub struct Cluster {
    programs: PathBuf,
    /// The user and group to run as; none runs as we do.
    identity: Option<(u32, u32)>,
    durability: Durability,
    server: Option<(Child, ChildStdin)>,
    /// Holds the data and the socket. After `server`, since fields are dropped in order.
    home: Scratch,
}

impl Cluster {
    /// The cluster that the tests of this process share.
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start(Durability::None))
    }

    pub fn start(durability: Durability) -> Cluster {
        let programs = installation::find().expect("PostgreSQL 15 or newer on the PATH or in /usr/lib/postgresql");
        let home = Scratch::new();
        let identity = identity(&home);
        let mut cluster = Cluster { programs, identity, durability, server: None, home };
        // The C locale compares by byte, as SQLite does.
        let options = ["-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"];
        let sync = (durability == Durability::None).then_some("--no-sync");
        let output = cluster.command("initdb").args(options).args(sync).output().expect("initdb runs");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        cluster.resume();
        cluster
    }

    /// Starts the server again after [`Cluster::stop`], and returns when it takes connections.
    pub fn resume(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        let home = self.home.path().as_os_str();
        let mut command = self.command("sh");
        command.args(["-c", WATCH, "watch"]).arg(self.programs.join("postgres"));
        command.args(["-D", "data", "-c", "listen_addresses=", "-c", "log_min_messages=log", "-k"]).arg(home);
        for setting in settings(self.durability) {
            command.args(["-c", setting]);
        }
        // Its own group, so that Ctrl-C reaches the tests only and the watch can tidy up after them.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("sh runs");
        let input = child.stdin.take().expect("a pipe");
        let log = child.stderr.take().expect("a pipe");
        wait_until_ready(BufReader::new(log));
        self.server = Some((child, input));
    }

    /// Stops the server and keeps its data.
    pub fn stop(&mut self, how: Stop) {
        let (mut child, mut input) = self.server.take().expect("the server runs");
        let signal = match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        };
        writeln!(input, "{signal}").expect("the watch listens");
        child.wait().expect("the server ends");
    }

    /// The address of a database, as `DATABASE_URL` takes it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@localhost/{database}?host={}", self.home.path().display())
    }

    fn command(&self, program: &str) -> Command {
        let own = self.programs.join(program);
        let mut command = Command::new(if own.is_file() { own } else { program.into() });
        command.current_dir(self.home.path());
        if let Some((user, group)) = self.identity {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut child, input)) = self.server.take() {
            drop(input);
            let _ = child.wait();
        }
    }
}

/// PostgreSQL refuses to run as root, so that root hands the folder to `postgres`, or to `nobody`.
fn identity(home: &Scratch) -> Option<(u32, u32)> {
    let ours = std::fs::metadata(home.path()).expect("our folder").uid();
    if ours != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("the list of users");
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map_while(|number| number.parse::<u32>().ok());
        Some((numbers.next()?, numbers.next()?))
    };
    let (user, group) = find("postgres").or_else(|| find("nobody")).expect("a user that is not root");
    chown(home.path(), Some(user), Some(group)).expect("root may hand its folder over");
    Some((user, group))
}

fn settings(durability: Durability) -> &'static [&'static str] {
    match durability {
        Durability::Full => &["log_checkpoints=off"],
        // Many tests at a time, each with a small pool.
        Durability::None => &[
            "log_checkpoints=off",
            "max_connections=500",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "autovacuum=off",
        ],
    }
}

/// Returns when the server says that it takes connections, and goes on reading, lest the pipe fill and stop it.
fn wait_until_ready(log: impl BufRead + Send + 'static) {
    let mut lines = log.lines();
    let mut said = String::new();
    loop {
        let Some(Ok(line)) = lines.next() else { panic!("PostgreSQL does not start:\n{said}") };
        if line.contains("ready to accept connections") {
            break;
        }
        writeln!(said, "{line}").expect("a string grows");
    }
    std::thread::spawn(move || lines.for_each(drop));
}
