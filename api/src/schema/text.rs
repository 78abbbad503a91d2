//! Texts of inputs: composed Unicode, trimmed, bounded, without control characters.

use unicode_normalization::UnicodeNormalization;

use crate::error::{Failure, Result};

/// A text that must say something: NFC, trimmed, 1 to `longest` characters.
pub fn required(text: &str, field: &str, longest: usize) -> Result<String> {
    let text: String = text.nfc().collect::<String>().trim().to_owned();
    let length = text.chars().count();
    if length == 0 || length > longest {
        return Err(Failure::input(
            field,
            format!("{field} must have 1 to {longest} characters."),
            format!("{field} phải có từ 1 đến {longest} ký tự."),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Failure::input(
            field,
            format!("{field} holds a control character."),
            format!("{field} chứa ký tự điều khiển."),
        ));
    }
    Ok(text)
}

/// A text that may be left out; an empty one counts as left out.
pub fn optional(text: Option<&str>, field: &str, longest: usize) -> Result<Option<String>> {
    text.filter(|text| !text.trim().is_empty()).map(|text| required(text, field, longest)).transpose()
}
