//! What can be asked of the binary, and how each command ends. Start at [`run`].

mod access;
mod client;
mod client_key;
mod issuer_client;
mod keys;
mod loans;
mod migrate;
mod operations;
mod role;
mod seed;
mod serve;
mod statistics;
mod token;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use ansinh::clock::SystemClock;
use ansinh::config::{Config, ConfigError, Mode};
use ansinh::error::{Code, Failure};
use ansinh::startup::{App, StartupError};
use ansinh::{schema, telemetry};
use clap::{Parser, Subcommand};

const SETTINGS: &str = "\
Settings come from ansinh.toml, or the file that ANSINH_CONFIG names, and over it
from the environment. In the file: env, listen, data_dir, ..., limits.body_bytes.
  ANSINH_ENV               demo (default) or production
  ANSINH_LISTEN            address and port, default 127.0.0.1:8080
  DATABASE_URL             postgres://... or sqlite://..., default a file in the
                           data directory; DATABASE_URL_FILE: a file that holds it
  ANSINH_DATA_DIR          default ./data
  ANSINH_SIGNING_KEY_FILE  PEM file of the P-256 keys that sign tokens, mode 0600;
                           ANSINH_SIGNING_KEY: its text
  ANSINH_ISSUER, ANSINH_AUDIENCE
                           who signs tokens, and for whom; default ansinh
                           Changing one ends every token.
  ANSINH_ACCESS_TOKEN_SECONDS
                           how long tokens of /oauth/token hold, default 600
  ANSINH_UNITS_DAY         the day whose administrative units the register uses,
                           default 2022-12-31
  ANSINH_LOG               log filter such as info or ansinh=debug,warn
  ANSINH_LIMITS_BODY_BYTES, ANSINH_LIMITS_REQUEST_SECONDS, ...
                           bounds on one request and one client, default 1048576
                           and 30; docs/limits.md lists them all. For one role
                           in the file: [limits.roles.bank_officer]
  ANSINH_LIMITS_ANSWERS_BYTES
                           memory for the answers of the node, default 33554432
  ANSINH_LIMITS_NUMBER_MISSES_HOUR, ANSINH_LIMITS_NUMBER_MISSES_DAY
                           personal numbers that a client may ask for in vain,
                           default 200 and 1000

Outside issuers stand in the file only: [[issuers]] with issuer, jwks_uri, audience,
roles, and where they differ client_claim, roles_claim, scope_claim.

Demo mode listens on loopback only. Production needs DATABASE_URL and a signing key.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.";

/// An Sinh: the shared social-security register of a province, one GraphQL service.
///
/// Without a command it serves. Without any setting it runs as a demo on this machine: an SQLite database in ./data
/// with sample households, GraphiQL, and a ready token for each role.
#[derive(Parser)]
#[command(name = "ansinh", version, after_help = SETTINGS)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until asked to stop (SIGTERM, Ctrl-C).
    ///
    /// In demo mode the database is made and filled first. In production it must have been migrated: `ansinh migrate
    /// up`.
    Serve,
    /// Bring the database's structure up or down, or show where it stands.
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Fill an empty register with made-up households, people, insurance, loans, benefits and model projects.
    ///
    /// The same numbers make the same register. 400,000 households are 1.36 million people; that is for PostgreSQL,
    /// SQLite is for 100,000. What only a seed has written is replaced, such as the demo's first households. Refused in
    /// production, and where somebody has written to the register.
    Seed(seed::Seed),
    /// Close yesterday's statistics, for those who see statistics only; the service does so by itself after midnight.
    #[command(subcommand)]
    Statistics(statistics::Statistics),
    /// Prove that balances are what the ledgers of loans come to.
    #[command(subcommand)]
    Loans(loans::Loans),
    /// Issue a token for a partner's system and print it; list or revoke the tokens that there are.
    ///
    /// The client is made where there is none of that name; otherwise the token must lie within what the client may.
    Token(token::Token),
    /// List, make, activate and disable the clients that partners' systems are.
    #[command(subcommand)]
    Client(client::Client),
    /// List, make and change roles.
    #[command(subcommand)]
    Role(role::Role),
    /// Make the first administrator of an agency and print its token: it activates the agency's clients, sees their
    /// secrets and issues their tokens.
    AgencyAdmin(client::AgencyAdmin),
    /// Who may see and change what.
    #[command(subcommand)]
    Access(access::Access),
    /// Public keys by which a partner's system gets its tokens without a secret.
    #[command(subcommand)]
    ClientKey(client_key::ClientKey),
    /// Which clients the outside issuers of the settings mean.
    #[command(subcommand)]
    IssuerClient(issuer_client::IssuerClient),
    /// The keys that sign tokens: list them, or change them without a break.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Register the operations of a client, and bind it to them.
    #[command(subcommand)]
    Operations(operations::Operations),
    /// Print the GraphQL schema in its definition language.
    Schema,
}

/// Why a command did not do what it was asked.
pub enum Problem {
    /// The operator can put it right in the configuration or the command: exit code 2.
    Usage(String),
    /// Exit code 1.
    Failed(String),
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<StartupError> for Problem {
    fn from(error: StartupError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure.code {
            Code::BadUserInput => Self::Usage(failure.message),
            _ => Self::Failed(failure.message),
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Failed(format!("{error}."))
    }
}

/// Runs the command of this process. Wrong arguments end it inside `parse`, with exit code 2.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(obey(command)),
        Err(error) => Err(Problem::from(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Problem::Usage(sentence)) => complain(&sentence, 2),
        Err(Problem::Failed(sentence)) => complain(&sentence, 1),
    }
}

fn complain(sentence: &str, code: u8) -> ExitCode {
    eprintln!("ansinh: {sentence}");
    ExitCode::from(code)
}

async fn obey(command: Command) -> Result<(), Problem> {
    match &command {
        Command::Schema => return print(&schema::sdl()),
        Command::Access(order) => return access::run(order),
        _ => {}
    }
    let config = Config::load()?;
    telemetry::init(&config);
    match command {
        Command::Serve => serve::serve(config).await,
        Command::Seed(order) => seed::run(&open(config).await?, order).await,
        Command::Migrate(migrate) => migrate::run(&open(config).await?, migrate).await,
        Command::Loans(order) => loans::run(&open(config).await?, order).await,
        Command::Statistics(order) => statistics::run(&open(config).await?, order).await,
        Command::Token(order) => token::run(&prepared(config).await?, order).await,
        Command::Client(order) => client::run(&prepared(config).await?, order).await,
        Command::Role(order) => role::run(&prepared(config).await?, order).await,
        Command::AgencyAdmin(order) => client::agency_admin(&prepared(config).await?, order).await,
        Command::ClientKey(order) => client_key::run(&open(config).await?, order).await,
        Command::IssuerClient(order) => issuer_client::run(&open(config).await?, order).await,
        Command::Keys(order) => keys::run(config, order).await,
        Command::Operations(order) => operations::run(&open(config).await?, order).await,
        Command::Access(_) | Command::Schema => Ok(()),
    }
}

/// The service as it is configured, before it listens.
async fn open(config: Config) -> Result<App, Problem> {
    with_data_dir(&config)?;
    Ok(App::open(config, Arc::new(SystemClock)).await?)
}

/// Only the demo keeps things in the data directory: production may run where nothing can be written.
fn with_data_dir(config: &Config) -> Result<(), Problem> {
    if config.mode == Mode::Demo {
        std::fs::create_dir_all(&config.data_dir).map_err(|error| {
            Problem::Failed(format!("The data directory {} cannot be made: {error}.", config.data_dir.display()))
        })?;
    }
    Ok(())
}

/// The same over a database that is migrated, with the reference data of this version.
async fn prepared(config: Config) -> Result<App, Problem> {
    let app = open(config).await?;
    migrate::must_be_current(&app).await?;
    app.prepare().await?;
    Ok(app)
}

/// Writes a result to the output stream. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
