//! A PostgreSQL server of our own, as durable as in production, gone with the measurement.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use tokio_postgres::{Client, NoTls};

use crate::{
    installation,
    trouble::{Result, While},
};

/// Who measures; what it asks is told apart from what is measured.
const OWNER: &str = "bench";
pub const DATABASE: &str = "register";

/// What differs from PostgreSQL's defaults. Durability does not: `fsync` and `synchronous_commit` are on. No checkpoint
/// comes by time or size within a round, since whose round it fell into would be chance; each scenario begins with one.
pub const SETTINGS: &[&str] = &["shared_buffers=1GB", "max_wal_size=16GB", "checkpoint_timeout=1h"];

/// Counts statements; it is switched off but where they are counted, since counting costs time too.
const COUNTING: &[&str] = &["shared_preload_libraries=pg_stat_statements"];

/// Runs the server until its own standard input ends: then the measurement is over, by whatever death.
const WATCH: &str = r#"
"$@" </dev/null & server=$!
exec 2>/dev/null
read -r _
kill -s INT "$server"; wait "$server"
"#;

pub struct Cluster {
    /// The watch. Its end of input stops the server.
    watch: Option<(Child, ChildStdin)>,
    socket: PathBuf,
    /// The server's first process.
    pub postmaster: u32,
    pub version: String,
    pub counts_statements: bool,
}

impl Cluster {
    /// Starts a server over `home/data`, which is made where it is missing. `socket`: a folder with a short path.
    pub async fn start(home: &Path, socket: &Path) -> Result<Self> {
        let programs = installation::find()
            .during(|| "PostgreSQL 15 or newer is neither on the PATH nor in /usr/lib/postgresql".to_owned())?;
        let identity = identity()?;
        for folder in [home, socket] {
            if let Some((user, group)) = identity {
                chown(folder, Some(user), Some(group))?;
            }
        }
        let command = |program: &str| {
            let mut command = Command::new(program);
            command.current_dir(home);
            if let Some((user, group)) = identity {
                command.uid(user).gid(group);
            }
            command
        };
        if !home.join("data/PG_VERSION").is_file() {
            // The C locale compares by byte, as the service's tests do.
            let options = ["-D", "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"];
            let output = command(&programs.join("initdb").to_string_lossy()).args(options).output()?;
            if !output.status.success() {
                return Err(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)).into());
            }
        }
        let counts_statements = can_count(&programs);
        let mut server = command("sh");
        server.args(["-c", WATCH, "watch"]).arg(programs.join("postgres"));
        server.args(["-D", "data", "-c", "listen_addresses=", "-k"]).arg(socket);
        let counting = if counts_statements { COUNTING } else { &[] };
        for setting in SETTINGS.iter().chain(counting) {
            server.args(["-c", setting]);
        }
        // Its own group, so that Ctrl-C reaches the measurement only and the watch can tidy up after it.
        server.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let mut watch = server.spawn().during(|| "starting PostgreSQL".to_owned())?;
        let (Some(input), Some(log)) = (watch.stdin.take(), watch.stderr.take()) else { return Err("no pipes".into()) };
        let mut cluster = Self {
            watch: Some((watch, input)),
            socket: socket.to_owned(),
            postmaster: 0,
            version: version(&programs).unwrap_or_default(),
            counts_statements,
        };
        wait_until_ready(BufReader::new(log))?;
        let lock = fs::read_to_string(home.join("data/postmaster.pid"))?;
        cluster.postmaster = lock.lines().next().unwrap_or_default().parse()?;
        cluster.prepare().await?;
        Ok(cluster)
    }

    /// As the service takes it.
    pub fn url(&self, user: &str) -> String {
        format!("postgres://{user}@localhost/{DATABASE}?host={}", self.socket.display())
    }

    /// As the floor takes it.
    pub fn settings(&self, user: &str, database: &str) -> String {
        format!("host={} user={user} dbname={database}", self.socket.display())
    }

    /// Makes the database and the two roles that it is asked by, where they are missing.
    async fn prepare(&self) -> Result<()> {
        let client = connect(&self.settings(OWNER, "postgres")).await?;
        if client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE]).await?.is_some() {
            return Ok(());
        }
        // Superusers, so that both ask as the database's owner would: what they may do costs nothing.
        for statement in ["CREATE ROLE service SUPERUSER LOGIN", "CREATE ROLE floor SUPERUSER LOGIN"] {
            client.batch_execute(statement).await?;
        }
        client.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
        if self.counts_statements {
            self.owner().await?.batch_execute("CREATE EXTENSION pg_stat_statements").await?;
        }
        Ok(())
    }

    /// A connection of who measures.
    pub async fn owner(&self) -> Result<Client> {
        connect(&self.settings(OWNER, DATABASE)).await
    }

    /// Has the database count statements from now on, or no more.
    pub async fn count_statements(&self, owner: &Client, on: bool) -> Result<()> {
        if !self.counts_statements {
            return Ok(());
        }
        let track = if on { "top" } else { "none" };
        owner.batch_execute(&format!("ALTER SYSTEM SET pg_stat_statements.track = '{track}'")).await?;
        owner.batch_execute("SELECT pg_reload_conf()").await?;
        loop {
            let now: String = owner.query_one("SHOW pg_stat_statements.track", &[]).await?.try_get(0)?;
            if now == track {
                break;
            }
        }
        if on {
            owner.batch_execute("SELECT pg_stat_statements_reset()").await?;
        }
        Ok(())
    }

    /// How many statements a user has sent since the counting began.
    pub async fn counted(&self, owner: &Client, user: &str) -> Result<Option<u64>> {
        if !self.counts_statements {
            return Ok(None);
        }
        let sql = "SELECT COALESCE(sum(calls), 0)::bigint FROM pg_stat_statements
                    WHERE userid = (SELECT oid FROM pg_roles WHERE rolname = $1)";
        let calls: i64 = owner.query_one(sql, &[&user]).await?.try_get(0)?;
        Ok(Some(calls.unsigned_abs()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut watch, input)) = self.watch.take() {
            drop(input);
            let _ended = watch.wait();
        }
    }
}

pub async fn connect(settings: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(settings, NoTls).await.during(|| "connecting to PostgreSQL".to_owned())?;
    tokio::spawn(connection);
    Ok(client)
}

/// "15.18 (Debian 15.18-0+deb12u1)".
fn version(programs: &Path) -> Option<String> {
    let output = Command::new(programs.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().strip_prefix("postgres (PostgreSQL) ")?.to_owned())
}

/// Debian's package of the server brings the extension; others keep it apart.
fn can_count(programs: &Path) -> bool {
    // The PATH may lead to links.
    let Ok(real) = programs.join("initdb").canonicalize() else { return false };
    let programs = real.parent().unwrap_or(programs);
    let output = Command::new(programs.join("pg_config")).arg("--pkglibdir").output();
    let folder = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    folder.is_some_and(|folder| Path::new(folder.trim()).join("pg_stat_statements.so").is_file())
}

/// PostgreSQL refuses to run as root, so that root hands the folders to `postgres`, or to `nobody`.
fn identity() -> Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map_while(|number| number.parse::<u32>().ok());
        Some((numbers.next()?, numbers.next()?))
    };
    find("postgres").or_else(|| find("nobody")).map(Some).during(|| "there is no user but root".to_owned())
}

/// Returns when the server says that it takes connections, and goes on reading, lest the pipe fill and stop it.
fn wait_until_ready(log: impl BufRead + Send + 'static) -> Result<()> {
    let mut lines = log.lines();
    let mut said = String::new();
    loop {
        let Some(Ok(line)) = lines.next() else { return Err(format!("PostgreSQL does not start:\n{said}").into()) };
        if line.contains("ready to accept connections") {
            break;
        }
        said = said + &line + "\n";
    }
    std::thread::spawn(move || lines.for_each(drop));
    Ok(())
}
