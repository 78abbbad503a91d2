//! The service as its operators run it: the `ansinh` binary, its commands, its settings.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::trouble::{Result, While};

/// What is set beside the defaults. One client asks over all connections here; by default it would be given six of the
/// sixteen connections to the database at a time, and 6,000 requests a minute.
pub const SETTINGS: &[(&str, &str)] = &[
    ("ANSINH_LIMITS_CONCURRENCY", "15"),
    ("ANSINH_LIMITS_REQUESTS_PER_MINUTE", "0"),
    ("ANSINH_LIMITS_COST_PER_MINUTE", "0"),
];

/// How long the service may take to say that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How to run it.
pub struct Program {
    binary: PathBuf,
    /// Its data directory, with the key that signs tokens.
    folder: PathBuf,
    database_url: String,
}

/// A running `ansinh serve`. Killed on drop.
pub struct Service {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub ready_after: Duration,
}

impl Program {
    /// The given binary, or the one beside our own, which is built where it is missing.
    pub fn new(given: Option<&Path>, folder: &Path, database_url: String) -> Result<Self> {
        let binary = match given {
            Some(binary) => binary.to_owned(),
            None => beside_ours()?,
        };
        let binary = binary.canonicalize().during(|| format!("{} is not there", binary.display()))?;
        std::fs::create_dir_all(folder)?;
        Ok(Self { binary, folder: folder.to_owned(), database_url })
    }

    pub fn path(&self) -> &Path {
        &self.binary
    }

    /// Runs a command in demo mode, which alone may seed, and returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).env("ANSINH_ENV", "demo").output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("ansinh {}: {said}", arguments.join(" ")).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A new token of a new or known client.
    pub fn token(&self, agency: &str, role: &str, scope: &str) -> Result<String> {
        let client = format!("bench {agency} {scope}");
        let order = ["token", "--client", &client, "--agency", agency, "--role", role, "--scope", scope];
        Ok(self.run(&order)?.trim().to_owned())
    }

    /// Starts it in production mode, and returns when it is ready.
    pub fn serve(&self) -> Result<Service> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = self.command(&["serve"]);
        command.env("ANSINH_ENV", "production").env("ANSINH_LISTEN", address.to_string());
        command.env("ANSINH_SIGNING_KEY_FILE", self.folder.join("demo-signing-key.pem"));
        // Its log goes where a log goes: into a file.
        command.stdout(Stdio::null()).stderr(self.log()?);
        let began = Instant::now();
        let child = command.spawn().during(|| format!("starting {}", self.binary.display()))?;
        let mut service = Service { child, address, ready_after: Duration::ZERO };
        while !is_ready(address) {
            if let Some(status) = service.child.try_wait()? {
                let said = std::fs::read_to_string(self.folder.join("log"))?;
                return Err(format!("the service ended with {status}: {said}").into());
            }
            if began.elapsed() > READY_WITHIN {
                return Err("the service does not get ready".into());
            }
            // Its port is closed until then, and there is nothing else to wait for.
            std::thread::sleep(Duration::from_millis(1));
        }
        service.ready_after = began.elapsed();
        Ok(service)
    }

    fn log(&self) -> Result<File> {
        Ok(OpenOptions::new().create(true).write(true).truncate(true).open(self.folder.join("log"))?)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(&self.folder).env_clear().envs(SETTINGS.iter().copied());
        // The commands run as a demo and the service doesn't: it must take their tokens.
        command.env("ANSINH_ISSUER", "http://127.0.0.1");
        command.env("DATABASE_URL", &self.database_url).env("ANSINH_DATA_DIR", &self.folder);
        command
    }
}

impl Service {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// `ansinh` in the folder of our own executable; built there, in the same profile, where it is missing.
fn beside_ours() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let binary = own.with_file_name("ansinh");
    if !binary.is_file() {
        let release = own.parent().is_some_and(|folder| folder.ends_with("release"));
        let profile = if release { "release" } else { "dev" };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).args(["build", "-p", "api", "--profile", profile]).status();
        if !built.during(|| "running cargo".to_owned())?.success() {
            return Err("the service was not built; name a binary with --service".into());
        }
    }
    Ok(binary)
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}
