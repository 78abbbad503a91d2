//! What a write noticed but kept.

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};

/// Something that looks wrong in what was written; it was written all the same.
#[derive(Clone, Debug, Deserialize, Serialize, SimpleObject)]
pub struct Warning {
    /// A fixed word: NATIONAL_ID_MISMATCH.
    pub code: String,
    /// In English.
    pub message: String,
    /// In Vietnamese.
    pub message_vi: String,
    /// The input that it is about.
    pub field: Option<String>,
}

impl Warning {
    pub fn new(
        code: &str,
        field: impl Into<String>,
        message: impl Into<String>,
        message_vi: impl Into<String>,
    ) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            message_vi: message_vi.into(),
            field: Some(field.into()),
        }
    }
}
