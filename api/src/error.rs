//! What a caller is told when something can't be done.
//!
//! One type, a closed set of codes. [`Failure`] has no `Display` on purpose: `?` can't carry a database's words to a
//! client. Everything of the inside goes to the log under the request id, and the client gets INTERNAL with that id.

use async_graphql::{ErrorExtensionValues, ErrorExtensions};
use sea_orm::{DbErr, RuntimeErr, SqlErr};
use serde::{Deserialize, Serialize};

/// `extensions.code` of every error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Code {
    Unauthenticated,
    Forbidden,
    NotFound,
    BadUserInput,
    Conflict,
    LimitExceeded,
    Timeout,
    Unavailable,
    Internal,
}

impl Code {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// A record that a refusal tells of, where the caller named it by something else than its id. For the ledger only.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub enum About {
    Loan(i64),
    Person(i64),
}

impl About {
    /// The GraphQL type and the row's id.
    pub const fn record(self) -> (&'static str, i64) {
        match self {
            Self::Loan(id) => ("Loan", id),
            Self::Person(id) => ("Person", id),
        }
    }
}

/// A refusal or a fault, in words for the caller: English, Vietnamese, and the input field at fault.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: Code,
    pub message: String,
    pub message_vi: String,
    pub field: Option<String>,
    /// The stored version of a record that moved on (CONFLICT).
    pub stored_version: Option<i32>,
    /// What the words tell of.
    pub about: Vec<About>,
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn new(code: Code, message: impl Into<String>, message_vi: impl Into<String>) -> Self {
        let (message, message_vi) = (message.into(), message_vi.into());
        Self { code, message, message_vi, field: None, stored_version: None, about: Vec::new() }
    }

    /// An input that can't be accepted; `field` is its path within the arguments, e.g. `input.members.0.nationalId`.
    pub fn input(field: impl Into<String>, message: impl Into<String>, message_vi: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(Code::BadUserInput, message, message_vi) }
    }

    pub fn conflict(message: impl Into<String>, message_vi: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message, message_vi)
    }

    /// Another version is stored than the caller expected.
    pub fn version_moved(expected: i32, stored: i32) -> Self {
        Self {
            stored_version: Some(stored),
            field: Some("expectedVersion".into()),
            ..Self::conflict(
                format!("The record has moved on: version {stored} is stored, {expected} was expected. Read it again."),
                format!("Bản ghi đã thay đổi: phiên bản đang lưu là {stored}, không phải {expected}. Hãy đọc lại."),
            )
        }
    }

    pub fn forbidden(message: impl Into<String>, message_vi: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message, message_vi)
    }

    /// A record that is not there, or that the caller may not see: the same words for both.
    pub fn not_found(field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()), ..Self::new(Code::NotFound, "No such record.", "Không tìm thấy bản ghi.")
        }
    }

    /// A fault of ours. What happened is logged here; the client learns the request id only.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        tracing::error!(fault = %what, "internal fault");
        Self::new(
            Code::Internal,
            "The service failed. Please report the request id.",
            "Hệ thống gặp lỗi. Vui lòng báo mã yêu cầu (request id).",
        )
    }

    pub fn unavailable() -> Self {
        Self::new(
            Code::Unavailable,
            "The database can't be reached. Please try again.",
            "Không kết nối được cơ sở dữ liệu. Vui lòng thử lại.",
        )
    }

    /// The database went away while it confirmed a change: nobody knows on which side of it.
    pub fn unconfirmed(error: &DbErr) -> Self {
        tracing::error!(%error, "a commit was not confirmed");
        Self::perhaps_written()
    }

    pub fn perhaps_written() -> Self {
        Self::new(
            Code::Unavailable,
            "The database went away while it confirmed the change, which may have been written. Read the record before \
             you repeat it, or repeat it with the same idempotencyKey.",
            "Mất kết nối khi cơ sở dữ liệu đang xác nhận thay đổi; có thể thay đổi đã được ghi. Hãy đọc lại bản ghi trước \
             khi gửi lại, hoặc gửi lại với cùng idempotencyKey.",
        )
    }

    pub fn timeout() -> Self {
        Self::new(
            Code::Timeout,
            "The database took too long and the work was stopped.",
            "Cơ sở dữ liệu xử lý quá lâu nên yêu cầu đã dừng.",
        )
    }

    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names for the ledger a record that the refusal tells of.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about.push(about);
        self
    }

    /// Puts the place of an item in a list before the field: `input.items.3.amount`.
    pub fn under(mut self, path: &str) -> Self {
        self.field = Some(match self.field {
            Some(field) => format!("{path}.{field}"),
            None => path.to_owned(),
        });
        self
    }

    fn extend(&self, extensions: &mut ErrorExtensionValues) {
        extensions.set("code", self.code.as_str());
        extensions.set("messageVi", self.message_vi.as_str());
        if let Some(field) = &self.field {
            extensions.set("field", field.as_str());
        }
        if let Some(version) = self.stored_version {
            extensions.set("storedVersion", version);
        }
    }
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        Self::new(failure.message.clone()).extend_with(|_, extensions| failure.extend(extensions))
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            tracing::warn!(%error, "unique constraint met at write");
            return Self::conflict(
                "Another record written at the same moment holds this code or number.",
                "Một bản ghi khác vừa được ghi với cùng mã hoặc số này.",
            );
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
                tracing::error!(%error, "database unavailable");
                Self::unavailable()
            }
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
                Self::from_sqlx(inner)
            }
            other => Self::internal(other),
        }
    }
}

impl Failure {
    fn from_sqlx(error: &sea_orm::sqlx::Error) -> Self {
        use sea_orm::sqlx::Error;
        match error {
            Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed | Error::Protocol(_) => {
                tracing::error!(%error, "database unavailable");
                Self::unavailable()
            }
            Error::Database(database) => match database.code().as_deref() {
                // PostgreSQL: statement timeout, lock timeout. SQLite: busy.
                Some("57014" | "55P03" | "5") => Self::timeout(),
                // Shutting down, starting up, connection lost, too many connections.
                Some(code) if code.starts_with("57P") || code.starts_with("08") || code == "53300" => {
                    tracing::error!(%error, "database unavailable");
                    Self::unavailable()
                }
                // Serialisation failure or deadlock: the caller's retry is safe, nothing was written.
                Some("40001" | "40P01") => Self::conflict(
                    "Another writer got there first. Nothing was written; please try again.",
                    "Một yêu cầu khác đã ghi trước. Chưa có gì được ghi; vui lòng thử lại.",
                ),
                _ => Self::internal(error),
            },
            other => Self::internal(other),
        }
    }
}
