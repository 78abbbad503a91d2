//! What stands at the placeholders of a compiled read: a value, or what differs from request to request.

use chrono::NaiveDate;
use sea_orm::Value;

use crate::clock;

/// What is bound at one placeholder.
#[derive(Clone, Debug)]
pub enum Bound {
    /// Part of the selection, or of the rights that the read was compiled for.
    Fixed(Value),
    /// This one of the values that the root field was given.
    Given(usize),
    /// The caller's token.
    Token,
    /// The caller's client.
    Client,
    /// The day of a read as of a day, else today.
    Day,
    /// The last instant of that day.
    DayEnd,
    Today,
    Now,
    /// Bytes that the text of the answer may have.
    Room,
}

/// The values of one request.
#[derive(Clone)]
pub struct Filling {
    pub given: Vec<Value>,
    pub token_id: i64,
    pub client_id: i64,
    pub day: Option<NaiveDate>,
    pub today: NaiveDate,
    /// Microseconds.
    pub now: i64,
    /// Bytes.
    pub room: usize,
}

impl Filling {
    pub fn values(&self, bound: &[Bound]) -> Vec<Value> {
        bound.iter().map(|bound| self.value(bound)).collect()
    }

    fn value(&self, bound: &Bound) -> Value {
        let day = self.day.unwrap_or(self.today);
        match bound {
            Bound::Fixed(value) => value.clone(),
            // A read that asks for more than it was given fails at the database.
            Bound::Given(place) => self.given.get(*place).cloned().unwrap_or(Value::BigInt(None)),
            Bound::Token => self.token_id.into(),
            Bound::Client => self.client_id.into(),
            Bound::Day => day.into(),
            Bound::DayEnd => clock::end_of_day(day).into(),
            Bound::Today => self.today.into(),
            Bound::Now => self.now.into(),
            Bound::Room => i64::try_from(self.room).unwrap_or(i64::MAX).into(),
        }
    }
}
