//! The scalars of the contract: đồng, calendar dates, instants, exact decimals.
//!
//! Each says what is valid, so that a bad value is refused with the document and nothing of it runs.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};

/// Money is at most what a JSON number holds exactly.
const MAX_VND: i64 = (1 << 53) - 1;

/// Whole Vietnamese đồng, a JSON integer within ±(2^53 − 1). No float ever.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Vnd(pub i64);

#[Scalar(name = "VND")]
impl ScalarType for Vnd {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else { return Err(InputValueError::expected_type(value)) };
        match number.as_i64() {
            Some(amount) if (-MAX_VND..=MAX_VND).contains(&amount) => Ok(Self(amount)),
            _ => Err(InputValueError::custom(format!("{number} is not a whole number of đồng within ±(2^53 − 1)"))),
        }
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// ISO 8601 calendar date, Asia/Ho_Chi_Minh.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Date(pub NaiveDate);

#[Scalar]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        // chrono alone would take 2022-1-5 and +2022-01-05 as well.
        match text.parse::<NaiveDate>() {
            // PostgreSQL knows no year 0.
            Ok(date) if date.to_string() == *text && text.len() == 10 && date.year() > 0 => Ok(Self(date)),
            _ => Err(InputValueError::custom(format!("{text:?} is not a calendar date such as 2022-04-07"))),
        }
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// RFC 3339 instant with an offset.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Instant(pub DateTime<Utc>);

#[Scalar(name = "DateTime")]
impl ScalarType for Instant {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        match DateTime::parse_from_rfc3339(text) {
            Ok(instant) => Ok(Self(instant.to_utc())),
            Err(_) => {
                Err(InputValueError::custom(format!("{text:?} is not an instant such as 2022-04-07T08:00:00+07:00")))
            }
        }
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// Exact decimal as a JSON string, for rates and percentages.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Decimal(pub rust_decimal::Decimal);

#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        match rust_decimal::Decimal::from_str_exact(text) {
            Ok(decimal) => Ok(Self(decimal.normalize())),
            Err(_) => Err(InputValueError::custom(format!("{text:?} is not a decimal such as \"6.6\""))),
        }
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.normalize().to_string())
    }
}
