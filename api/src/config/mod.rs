//! What the operator decides before the start: defaults, then `ansinh.toml`, then the environment.
//!
//! Start at [`Config::load`]. `layers.rs` gathers the texts and refuses names that it doesn't know; here they
//! become values, and the rules of each mode are held. Every refusal is one sentence that names the setting.

mod issuers;
mod layers;
pub mod limits;
mod own_issuer;
mod private;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{NaiveDate, TimeDelta};
use tracing_subscriber::EnvFilter;

pub use issuers::Issuer;
use layers::{Layers, Setting};
pub use limits::Limits;
use limits::RoleLimits;
pub use own_issuer::is_loopback;
pub use private::is_open_to_others;

/// The libraries' own news at every start and statement would bury the service's.
const DEFAULT_LOG: &str = "info,actix_server=warn,sqlx=warn";

/// A sentence that says which setting is wrong and why. Shown to the operator at the start, exit code 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How the service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One person's machine: demo data and tokens, GraphiQL, a signing key of its own; loopback only.
    Demo,
    /// A real deployment: nothing is made up.
    Production,
}

/// A text that must not be shown: its `Debug` is blank.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// How many personal numbers a client may ask for under which it sees nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberMisses {
    pub hour: i64,
    pub day: i64,
}

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub mode: Mode,
    pub listen: SocketAddr,
    /// `sqlite:` or `postgres:`; holds a password.
    pub database_url: Secret,
    pub data_dir: PathBuf,
    /// The register's day for administrative units: units, scopes and statistics are read as of this day.
    pub units_day: NaiveDate,
    /// `iss` of the tokens that are signed and accepted: an address.
    pub issuer: String,
    /// `aud` of the tokens that are signed and accepted.
    pub audience: String,
    /// PEM of one or more PKCS#8 P-256 keys, given as a text; the first one whose time has come signs.
    pub signing_keys: Option<Secret>,
    /// The file that holds them instead. Both are absent only in demo mode, which keeps a key of its own in the data
    /// directory.
    pub signing_key_file: Option<PathBuf>,
    /// Who else may sign tokens.
    pub issuers: Vec<Issuer>,
    /// How long the tokens of `/oauth/token` hold.
    pub access_token_life: TimeDelta,
    /// A filter in the syntax of `tracing_subscriber::EnvFilter`, such as `info` or `ansinh=debug,warn`.
    pub log: String,
    /// For all, and for those who ask without a token.
    pub limits: Limits,
    /// Bytes that all answers of this node may hold at a time.
    pub answers_bytes: usize,
    pub number_misses: NumberMisses,
    /// For roles that have some of their own.
    pub role_limits: RoleLimits,
}

impl Config {
    /// The settings of a service that was given none but its database, as a demo.
    pub fn of_database(url: impl Into<String>) -> Self {
        Self {
            mode: Mode::Demo,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database_url: Secret::new(url),
            data_dir: std::env::temp_dir(),
            units_day: NaiveDate::default(),
            issuer: "http://127.0.0.1:8080".into(),
            audience: "ansinh".into(),
            signing_keys: None,
            signing_key_file: None,
            issuers: Vec::new(),
            access_token_life: TimeDelta::minutes(10),
            log: "off".into(),
            limits: Limits::default(),
            answers_bytes: 32 << 20,
            role_limits: RoleLimits::new(),
            number_misses: NumberMisses { hour: 200, day: 1_000 },
        }
    }

    /// Reads the settings of this process.
    pub fn load() -> Result<Self, ConfigError> {
        let environment = std::env::vars_os().collect::<Vec<_>>();
        Self::from_layers(&Layers::gather(environment, Path::new("."))?)
    }

    /// What a caller with these roles may ask: of each number the widest that one of them has.
    pub fn limits_of(&self, roles: &[String]) -> Limits {
        limits::of_roles(self.limits, &self.role_limits, roles)
    }

    fn from_layers(layers: &Layers) -> Result<Self, ConfigError> {
        let mode = layers.parse(Setting::Env, "demo", "\"demo\" or \"production\"", parse_mode)?;
        let data_dir = PathBuf::from(layers.get(Setting::DataDir).map_or("./data", |given| given.text.as_str()));
        let log = layers.parse(
            Setting::Log,
            DEFAULT_LOG,
            "a log filter such as \"info\" or \"ansinh=debug,warn\"",
            parse_log,
        )?;
        let units_day =
            layers.parse(Setting::UnitsDay, "2022-12-31", "a day such as 2022-12-31", from_str::<NaiveDate>)?;
        let listen = listen(layers, mode)?;
        let database_url = database_url(layers, mode, &data_dir)?;
        let (signing_keys, signing_key_file) = signing_keys(layers, mode)?;
        let access_token_life =
            layers.parse(Setting::AccessTokenSeconds, "600", "a number of seconds from 60 to 3600", |text| {
                from_str::<i64>(text).filter(|seconds| (60..=3600).contains(seconds))
            })?;
        // After what else production needs: it is the last thing to be settled.
        let issuer = own_issuer::read(layers, mode, listen)?;
        let issuers = issuers::read(layers.issuers.as_ref(), mode, &issuer)?;
        let (limits, role_limits) = limits::read(layers)?;
        let answers_bytes = limits::answers_bytes(layers, limits, &role_limits)?;
        Ok(Self {
            mode,
            listen,
            database_url,
            data_dir,
            units_day,
            issuer,
            audience: layers.get(Setting::Audience).map_or("ansinh", |given| given.text.as_str()).to_owned(),
            signing_keys,
            signing_key_file,
            issuers,
            access_token_life: TimeDelta::seconds(access_token_life),
            log,
            limits,
            answers_bytes,
            role_limits,
            number_misses: number_misses(layers)?,
        })
    }
}

fn from_str<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn parse_mode(text: &str) -> Option<Mode> {
    match text {
        "demo" => Some(Mode::Demo),
        "production" => Some(Mode::Production),
        _ => None,
    }
}

fn parse_log(text: &str) -> Option<String> {
    EnvFilter::try_new(text).ok().map(|_| text.to_owned())
}

fn listen(layers: &Layers, mode: Mode) -> Result<SocketAddr, ConfigError> {
    let expected = "an IP address with a port, such as 127.0.0.1:8080";
    let listen = layers.parse(Setting::Listen, "127.0.0.1:8080", expected, from_str::<SocketAddr>)?;
    if mode == Mode::Demo && !listen.ip().is_loopback() {
        return Err(ConfigError::new(format!(
            "{} is {listen}, but demo mode hands out tokens to whoever asks and so listens on loopback only: use \
             127.0.0.1 or [::1], or ANSINH_ENV=production.",
            layers.name(Setting::Listen)
        )));
    }
    Ok(listen)
}

fn database_url(layers: &Layers, mode: Mode, data_dir: &Path) -> Result<Secret, ConfigError> {
    let url = match layers.secret(Setting::DatabaseUrl, Setting::DatabaseUrlFile)? {
        Some(url) => url,
        None if mode == Mode::Production => {
            return Err(ConfigError::new(
                "DATABASE_URL is not set: production needs the address of its database, such as \
                 postgres://user:password@host/ansinh, there or in the file that DATABASE_URL_FILE names.",
            ));
        }
        None => return Ok(Secret::new(sqlite_url(data_dir))),
    };
    // The address holds a password, so the sentence doesn't repeat it.
    match url.split_once(':') {
        Some(("sqlite" | "postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(Secret(url)),
        _ => Err(ConfigError::new(format!(
            "{} must begin with postgres:// or sqlite://.",
            layers.name_of_either(Setting::DatabaseUrl, Setting::DatabaseUrlFile)
        ))),
    }
}

/// The embedded database's address. The characters that mean something in an address are escaped.
fn sqlite_url(data_dir: &Path) -> String {
    let path = data_dir.join("ansinh.db").to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}?mode=rwc")
}

/// The keys' text or their file. The file is read where the keys are opened, and again when it has changed.
fn signing_keys(layers: &Layers, mode: Mode) -> Result<(Option<Secret>, Option<PathBuf>), ConfigError> {
    let keys = layers.secret(Setting::SigningKey, Setting::SigningKeyFile)?.map(Secret);
    if keys.is_none() && mode == Mode::Production {
        return Err(ConfigError::new(
            "ANSINH_SIGNING_KEY_FILE is not set: production signs tokens only with a key that you gave it. Make one \
             with \"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256\" and name its file, or set \
             ANSINH_SIGNING_KEY to its text.",
        ));
    }
    let file = layers.path(Setting::SigningKeyFile);
    Ok((keys.filter(|_| file.is_none()), file))
}

fn number_misses(layers: &Layers) -> Result<NumberMisses, ConfigError> {
    let read = |setting, default| {
        layers.parse(setting, default, "a number from 1 to 1000000", |text| {
            from_str::<i64>(text).filter(|misses| (1..=1_000_000).contains(misses))
        })
    };
    Ok(NumberMisses { hour: read(Setting::NumberMissesHour, "200")?, day: read(Setting::NumberMissesDay, "1000")? })
}

#[cfg(test)]
mod tests;
