//! Writes an answer's bytes.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{Datelike, NaiveDate};
use std::fmt::Write;

#[derive(Default)]
pub struct Json(String);

impl Json {
    pub fn with(begin: &str) -> Self {
        let mut text = String::with_capacity(1024);
        text.push_str(begin);
        Self(text)
    }

    pub fn finish(mut self, end: &str) -> String {
        self.0.push_str(end);
        self.0
    }

    pub fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// What stands between two of a list.
    pub fn comma(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.0.push(',');
        }
    }

    /// A value after the name of its field.
    pub fn text(&mut self, name: &str, value: Option<&str>) {
        self.raw(name);
        match value {
            None => self.raw("null"),
            Some(value) => self.quoted(value),
        }
    }

    pub fn number(&mut self, name: &str, value: Option<i64>) {
        self.raw(name);
        match value {
            None => self.raw("null"),
            Some(value) => self.write(format_args!("{value}")),
        }
    }

    pub fn day(&mut self, name: &str, value: Option<NaiveDate>) {
        self.raw(name);
        match value {
            None => self.raw("null"),
            Some(day) => self.write(format_args!("\"{:04}-{:02}-{:02}\"", day.year(), day.month(), day.day())),
        }
    }

    pub fn flag(&mut self, name: &str, value: bool) {
        self.raw(name);
        self.raw(if value { "true" } else { "false" });
    }

    /// A global id.
    pub fn id(&mut self, name: &str, kind: &str, id: i64) {
        self.raw(name);
        self.base64(&format!("{kind}:{id}"));
    }

    pub fn base64(&mut self, text: &str) {
        self.0.push('"');
        BASE64_URL_SAFE_NO_PAD.encode_string(text, &mut self.0);
        self.0.push('"');
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // A string takes whatever fits into memory.
        let _written = self.0.write_fmt(text);
    }

    fn quoted(&mut self, value: &str) {
        self.0.push('"');
        if value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.raw(value);
        } else {
            for letter in value.chars() {
                match letter {
                    '"' => self.raw("\\\""),
                    '\\' => self.raw("\\\\"),
                    '\n' => self.raw("\\n"),
                    '\r' => self.raw("\\r"),
                    '\t' => self.raw("\\t"),
                    '\u{8}' => self.raw("\\b"),
                    '\u{c}' => self.raw("\\f"),
                    control if control < ' ' => self.write(format_args!("\\u{:04x}", u32::from(control))),
                    other => self.0.push(other),
                }
            }
        }
        self.0.push('"');
    }
}
