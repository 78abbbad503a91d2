//! Gathers the texts of the settings from the file and the environment, and refuses names it doesn't know.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ::config::{File, FileFormat, Value, ValueKind};

use super::limits::Number;
use super::{ConfigError, is_open_to_others};

/// Where the file is looked for when `ANSINH_CONFIG` doesn't say.
const DEFAULT_FILE: &str = "ansinh.toml";
const FILE_VARIABLE: &str = "ANSINH_CONFIG";
const PREFIX: &str = "ANSINH_";

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    Env,
    Listen,
    DataDir,
    DatabaseUrl,
    DatabaseUrlFile,
    UnitsDay,
    Issuer,
    Audience,
    SigningKey,
    SigningKeyFile,
    AccessTokenSeconds,
    Log,
    AnswersBytes,
    NumberMissesHour,
    NumberMissesDay,
    Limit(Number),
}

/// Each setting with its name in the environment and its name in the file.
const KEYS: &[(Setting, &str, &str)] = &[
    (Setting::Env, "ANSINH_ENV", "env"),
    (Setting::Listen, "ANSINH_LISTEN", "listen"),
    (Setting::DataDir, "ANSINH_DATA_DIR", "data_dir"),
    (Setting::DatabaseUrl, "DATABASE_URL", "database_url"),
    (Setting::DatabaseUrlFile, "DATABASE_URL_FILE", "database_url_file"),
    (Setting::UnitsDay, "ANSINH_UNITS_DAY", "units_day"),
    (Setting::Issuer, "ANSINH_ISSUER", "issuer"),
    (Setting::Audience, "ANSINH_AUDIENCE", "audience"),
    (Setting::SigningKey, "ANSINH_SIGNING_KEY", "signing_key"),
    (Setting::SigningKeyFile, "ANSINH_SIGNING_KEY_FILE", "signing_key_file"),
    (Setting::AccessTokenSeconds, "ANSINH_ACCESS_TOKEN_SECONDS", "access_token_seconds"),
    (Setting::Log, "ANSINH_LOG", "log"),
    (Setting::Limit(Number::Depth), "ANSINH_LIMITS_DEPTH", "limits.depth"),
    (Setting::Limit(Number::RootFields), "ANSINH_LIMITS_ROOT_FIELDS", "limits.root_fields"),
    (Setting::Limit(Number::Fields), "ANSINH_LIMITS_FIELDS", "limits.fields"),
    (Setting::Limit(Number::Aliases), "ANSINH_LIMITS_ALIASES", "limits.aliases"),
    (Setting::Limit(Number::Directives), "ANSINH_LIMITS_DIRECTIVES", "limits.directives"),
    (Setting::Limit(Number::Tokens), "ANSINH_LIMITS_TOKENS", "limits.tokens"),
    (Setting::Limit(Number::Errors), "ANSINH_LIMITS_ERRORS", "limits.errors"),
    (Setting::Limit(Number::BatchItems), "ANSINH_LIMITS_BATCH_ITEMS", "limits.batch_items"),
    (Setting::Limit(Number::BodyBytes), "ANSINH_LIMITS_BODY_BYTES", "limits.body_bytes"),
    (Setting::Limit(Number::AnswerBytes), "ANSINH_LIMITS_ANSWER_BYTES", "limits.answer_bytes"),
    (Setting::AnswersBytes, "ANSINH_LIMITS_ANSWERS_BYTES", "limits.answers_bytes"),
    (Setting::Limit(Number::RequestSeconds), "ANSINH_LIMITS_REQUEST_SECONDS", "limits.request_seconds"),
    (Setting::Limit(Number::StatementSeconds), "ANSINH_LIMITS_STATEMENT_SECONDS", "limits.statement_seconds"),
    (Setting::Limit(Number::Cost), "ANSINH_LIMITS_COST", "limits.cost"),
    (Setting::Limit(Number::Concurrency), "ANSINH_LIMITS_CONCURRENCY", "limits.concurrency"),
    (Setting::Limit(Number::RequestsPerMinute), "ANSINH_LIMITS_REQUESTS_PER_MINUTE", "limits.requests_per_minute"),
    (Setting::Limit(Number::CostPerMinute), "ANSINH_LIMITS_COST_PER_MINUTE", "limits.cost_per_minute"),
    (Setting::NumberMissesHour, "ANSINH_LIMITS_NUMBER_MISSES_HOUR", "limits.number_misses_hour"),
    (Setting::NumberMissesDay, "ANSINH_LIMITS_NUMBER_MISSES_DAY", "limits.number_misses_day"),
];

/// A setting's text and what the operator calls it.
pub(super) struct Given {
    pub text: String,
    pub name: String,
}

/// Before a role's code and a limit's key in the names of the file.
const OF_ROLES: &str = "limits.roles.";

/// The settings that were given, the environment over the file.
pub(super) struct Layers {
    given: BTreeMap<Setting, Given>,
    /// Limits of roles: code, key, number. Only the file has them.
    pub of_roles: Vec<(String, String, Given)>,
    base: PathBuf,
    /// The list of outside issuers, which only the file can hold.
    pub issuers: Option<Value>,
}

impl Layers {
    /// Relative paths are taken from `base`.
    pub fn gather(environment: Vec<(OsString, OsString)>, base: &Path) -> Result<Self, ConfigError> {
        let mut layers = Self { given: BTreeMap::new(), of_roles: Vec::new(), base: base.to_owned(), issuers: None };
        let mut file = None;
        let mut variables = Vec::new();
        for (name, text) in environment {
            let Some(name) = name.to_str() else { continue };
            let key = KEYS.iter().find(|(_, variable, _)| *variable == name).map(|(key, ..)| *key);
            if key.is_none() && !name.starts_with(PREFIX) {
                continue;
            }
            let text = text.into_string().map_err(|_| ConfigError::new(format!("{name} is not valid UTF-8.")))?;
            match key {
                Some(key) => variables.push((key, name.to_owned(), text)),
                None if name == FILE_VARIABLE => file = Some(text),
                None => {
                    return Err(ConfigError::new(format!(
                        "{name} is not a setting of An Sinh; it knows {}.",
                        known(|(_, variable, _)| variable)
                    )));
                }
            }
        }
        layers.read_file(file)?;
        for (key, name, text) in variables {
            layers.give(key, name, text)?;
        }
        Ok(layers)
    }

    fn read_file(&mut self, named: Option<String>) -> Result<(), ConfigError> {
        let path = self.base.join(named.as_deref().unwrap_or(DEFAULT_FILE));
        if named.is_none() && !path.exists() {
            return Ok(());
        }
        let shown = path.display();
        let (text, open_to_others) = read(&path)
            .map_err(|error| ConfigError::new(format!("The configuration file {shown} cannot be read: {error}.")))?;
        let mut tree = ::config::Config::builder()
            .add_source(File::from_str(&text, FileFormat::Toml))
            .build()
            .map_err(|error| ConfigError::new(format!("The configuration file {shown} is not valid TOML: {error}")))?
            .cache;
        if let ValueKind::Table(table) = &mut tree.kind {
            self.issuers = table.remove("issuers");
        }
        let mut settings = Vec::new();
        flatten("", tree, &mut settings);
        for (name, value) in settings {
            if let Some((role, key)) = name.strip_prefix(OF_ROLES).and_then(|rest| rest.split_once('.')) {
                let called = format!("The key \"{name}\" in {shown}");
                let text =
                    value.into_string().map_err(|_| ConfigError::new(format!("{called} must be a single value.")))?;
                self.of_roles.push((role.to_owned(), key.to_owned(), Given { text, name: called }));
                continue;
            }
            let Some((key, ..)) = KEYS.iter().find(|(_, _, in_file)| *in_file == name) else {
                return Err(ConfigError::new(format!(
                    "The key \"{name}\" in {shown} is not a setting of An Sinh; it knows {}.",
                    known(|(_, _, in_file)| in_file)
                )));
            };
            let called = format!("The key \"{name}\" in {shown}");
            if *key == Setting::SigningKey && open_to_others {
                return Err(ConfigError::new(format!(
                    "{called} can be read by other users of this machine: chmod 600 the file, or keep the key in one of \
                     its own and name that with signing_key_file."
                )));
            }
            let text =
                value.into_string().map_err(|_| ConfigError::new(format!("{called} must be a single value.")))?;
            self.give(*key, called, text)?;
        }
        Ok(())
    }

    fn give(&mut self, key: Setting, name: String, text: String) -> Result<(), ConfigError> {
        if text.trim().is_empty() {
            return Err(ConfigError::new(format!("{name} is empty: give it a value or leave it out.")));
        }
        self.given.insert(key, Given { text, name });
        Ok(())
    }

    pub fn get(&self, key: Setting) -> Option<&Given> {
        self.given.get(&key)
    }

    /// What the operator calls a setting: as it was given, or else its name in the environment.
    pub fn name(&self, key: Setting) -> &str {
        match self.given.get(&key) {
            Some(given) => &given.name,
            None => KEYS.iter().find(|(known, ..)| *known == key).map_or("", |(_, variable, _)| variable),
        }
    }

    pub fn name_of_either(&self, text: Setting, file: Setting) -> &str {
        if self.given.contains_key(&file) { self.name(file) } else { self.name(text) }
    }

    /// A setting's value, from its text or the default's.
    pub fn parse<T>(
        &self,
        key: Setting,
        default: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let text = self.given.get(&key).map_or(default, |given| given.text.as_str());
        parse(text)
            .ok_or_else(|| ConfigError::new(format!("{} is \"{text}\", which is not {expected}.", self.name(key))))
    }

    /// A file that a setting names.
    pub fn path(&self, key: Setting) -> Option<PathBuf> {
        self.given.get(&key).map(|given| self.base.join(&given.text))
    }

    /// A secret given as a text or in a file, never both: two sources would leave it open which one holds.
    pub fn secret(&self, text: Setting, file: Setting) -> Result<Option<String>, ConfigError> {
        match (self.given.get(&text), self.given.get(&file)) {
            (Some(text), Some(file)) => {
                Err(ConfigError::new(format!("{} and {} are both set: keep one.", text.name, file.name)))
            }
            (Some(given), None) => Ok(Some(given.text.clone())),
            (None, Some(given)) => {
                let path = self.base.join(&given.text);
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    ConfigError::new(format!("{} names {}, which cannot be read: {error}.", given.name, path.display()))
                })?;
                let text = text.trim();
                if text.is_empty() {
                    return Err(ConfigError::new(format!("{} names {}, which is empty.", given.name, path.display())));
                }
                Ok(Some(text.to_owned()))
            }
            (None, None) => Ok(None),
        }
    }
}

/// The text of a file, and whether others of the machine could have read it too.
fn read(path: &Path) -> io::Result<(String, bool)> {
    let mut file = fs::File::open(path)?;
    let open_to_others = is_open_to_others(&file.metadata()?);
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, open_to_others))
}

/// Walks the file's tables into dotted names, in the order of the names.
fn flatten(prefix: &str, value: Value, into: &mut Vec<(String, Value)>) {
    match value.kind {
        ValueKind::Table(table) => {
            let mut entries = table.into_iter().collect::<Vec<_>>();
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            for (name, value) in entries {
                let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                flatten(&name, value, into);
            }
        }
        _ => into.push((prefix.to_owned(), value)),
    }
}

fn known(name: impl Fn(&(Setting, &'static str, &'static str)) -> &'static str) -> String {
    KEYS.iter().map(name).collect::<Vec<_>>().join(", ")
}
