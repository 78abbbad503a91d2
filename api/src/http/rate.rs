//! How much a client may ask in a minute, on this node: requests, and what they cost. Nothing is counted for a client
//! without such a limit. The window of a client begins with its first request and is a minute long, so that the
//! headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) say exactly what is left and
//! until when.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};

use super::refusal::{Refusal, TooMany};
use crate::config::Limits;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
/// Clients that are remembered before those whose window is over are forgotten.
const REMEMBERED: usize = 10_000;

/// What every client has used of its present window.
#[derive(Default)]
pub struct Rates {
    windows: Mutex<HashMap<i64, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    began: i64,
    requests: u64,
    cost: u64,
}

impl Window {
    /// A clock that was set back begins a new one, too.
    fn is_over(&self, now: i64) -> bool {
        !(self.began..self.began.saturating_add(MINUTE)).contains(&now)
    }

    /// Whole seconds until its end, at least one.
    fn seconds(&self, now: i64) -> i64 {
        (self.began + MINUTE - now).div_euclid(SECOND).max(0) + i64::from((self.began + MINUTE - now) % SECOND > 0)
    }
}

impl Rates {
    /// Counts a request, or refuses it: it came too soon, and is not counted.
    pub fn request(&self, client: i64, limits: &Limits, now: DateTime<Utc>) -> Result<(), Refusal> {
        let taken = self.take_request(client, limits, now);
        taken.map_err(|(most, seconds)| Refusal::TooMany(TooMany::Requests { most }, seconds))
    }

    /// The same in numbers: how many there may be in a minute, and the seconds to wait.
    pub fn take_request(&self, client: i64, limits: &Limits, now: DateTime<Utc>) -> Result<(), (u64, i64)> {
        self.with(client, limits, now, |window, seconds| match limits.requests_per_minute {
            Some(most) if window.requests >= most => Err((most, seconds)),
            _ => {
                window.requests += 1;
                Ok(())
            }
        })
        .unwrap_or(Ok(()))
    }

    /// Takes what a request costs from the budget, or refuses it and takes nothing.
    pub fn spend(&self, client: i64, limits: &Limits, now: DateTime<Utc>, cost: u64) -> Result<(), Refusal> {
        self.with(client, limits, now, |window, seconds| {
            let spent = window.cost.saturating_add(cost);
            match limits.cost_per_minute {
                Some(most) if spent > most => {
                    let left = most.saturating_sub(window.cost);
                    Err(Refusal::TooMany(TooMany::Cost { cost, left, most }, seconds))
                }
                _ => {
                    window.cost = spent;
                    Ok(())
                }
            }
        })
        .unwrap_or(Ok(()))
    }

    /// Says in the headers of an answer what the client may ask and what is left of it.
    pub fn tell(&self, client: i64, limits: &Limits, now: DateTime<Utc>, headers: &mut HeaderMap) {
        let told = self.with(client, limits, now, |window, seconds| {
            let requests = limits.requests_per_minute.map(|most| ("requests", most, window.requests, ""));
            let cost = limits.cost_per_minute.map(|most| ("cost", most, window.cost, r#";qu="values""#));
            let (mut policies, mut left) = (Vec::new(), Vec::new());
            for (name, most, used, unit) in [requests, cost].into_iter().flatten() {
                policies.push(format!(r#""{name}";q={most};w=60{unit}"#));
                left.push(format!(r#""{name}";r={};t={seconds}"#, most.saturating_sub(used)));
            }
            (policies.join(", "), left.join(", "))
        });
        if let Some((policies, left)) = told
            && let (Ok(policies), Ok(left)) = (HeaderValue::try_from(policies), HeaderValue::try_from(left))
        {
            headers.insert(POLICY, policies);
            headers.insert(LEFT, left);
        }
    }

    /// Looks at the present window of a client with such a limit.
    fn with<T>(
        &self,
        client: i64,
        limits: &Limits,
        now: DateTime<Utc>,
        look: impl FnOnce(&mut Window, i64) -> T,
    ) -> Option<T> {
        if limits.requests_per_minute.is_none() && limits.cost_per_minute.is_none() {
            return None;
        }
        let now = now.timestamp_micros();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.retain(|_, window| !window.is_over(now));
        }
        let new = Window { began: now, requests: 0, cost: 0 };
        let window = windows.entry(client).or_insert(new);
        if window.is_over(now) {
            *window = new;
        }
        let seconds = window.seconds(now);
        Some(look(window, seconds))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(1_000) + TimeDelta::seconds(seconds)
    }

    fn told(rates: &Rates, limits: &Limits, now: DateTime<Utc>) -> Option<String> {
        let mut headers = HeaderMap::new();
        rates.tell(1, limits, now, &mut headers);
        Some(headers.get(LEFT)?.to_str().unwrap().to_owned())
    }

    /// Neither a rate nor a budget.
    fn off() -> Limits {
        Limits { requests_per_minute: None, cost_per_minute: None, ..Limits::default() }
    }

    #[test]
    fn a_minute_s_requests_are_counted_and_the_next_minute_begins_anew() {
        let (rates, limits) = (Rates::default(), Limits { requests_per_minute: Some(2), ..off() });
        assert_eq!(rates.request(1, &limits, at(0)), Ok(()));
        assert_eq!(rates.request(1, &limits, at(30)), Ok(()));
        let refused = Err(Refusal::TooMany(TooMany::Requests { most: 2 }, 15));
        assert_eq!(rates.request(1, &limits, at(45)), refused);
        assert_eq!(told(&rates, &limits, at(45)).unwrap(), r#""requests";r=0;t=15"#);
        assert_eq!(rates.request(2, &limits, at(45)), Ok(()));
        let just_before = at(60) - TimeDelta::microseconds(1);
        assert_eq!(rates.request(1, &limits, just_before), Err(Refusal::TooMany(TooMany::Requests { most: 2 }, 1)));
        assert_eq!(rates.request(1, &limits, at(60)), Ok(()));
        assert_eq!(told(&rates, &limits, at(60)).unwrap(), r#""requests";r=1;t=60"#);
        // The clock was set back: nobody waits for a time that has been.
        assert_eq!(rates.request(1, &limits, at(-900)), Ok(()));
    }

    #[test]
    fn a_budget_takes_what_fits_and_nothing_of_what_does_not() {
        let (rates, limits) = (Rates::default(), Limits { cost_per_minute: Some(100), ..off() });
        assert_eq!(rates.spend(1, &limits, at(0), 60), Ok(()));
        let too_much = TooMany::Cost { cost: 41, left: 40, most: 100 };
        assert_eq!(rates.spend(1, &limits, at(1), 41), Err(Refusal::TooMany(too_much, 59)));
        assert_eq!(rates.spend(1, &limits, at(1), 40), Ok(()));
        assert_eq!(told(&rates, &limits, at(1)).unwrap(), r#""cost";r=0;t=59"#);
    }

    #[test]
    fn nothing_is_remembered_of_a_client_without_such_a_limit() {
        let (rates, limits) = (Rates::default(), off());
        for client in 0..10 {
            assert_eq!(rates.request(client, &limits, at(0)), Ok(()));
            assert_eq!(rates.spend(client, &limits, at(0), u64::MAX), Ok(()));
        }
        assert!(rates.windows.lock().unwrap().is_empty());
        assert_eq!(told(&rates, &limits, at(0)), None);
    }

    #[test]
    fn windows_that_are_over_are_forgotten_when_there_are_many() {
        let (rates, limits) = (Rates::default(), Limits { requests_per_minute: Some(1), ..off() });
        for client in 0..10_000 {
            assert_eq!(rates.request(client, &limits, at(0)), Ok(()));
        }
        assert_eq!(rates.request(-1, &limits, at(61)), Ok(()));
        assert_eq!(rates.windows.lock().unwrap().len(), 1);
    }
}
