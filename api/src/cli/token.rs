//! `ansinh token`.

use ansinh::identity::admin::{self, Issue};
use ansinh::startup::App;
use chrono::TimeDelta;
use clap::Args;

use super::{Problem, migrate, print};

/// Ten years: who needs longer should think again.
const LONGEST_DAYS: i64 = 3650;

#[derive(Args)]
pub struct Token {
    /// Name of the system that will use the token. Made if there is none of that name.
    #[arg(long, value_name = "NAME")]
    client: String,
    /// Code of the agency that the system belongs to.
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// Code of a role, such as bank_officer. Give it once for each role.
    #[arg(long = "role", value_name = "CODE", required = true)]
    roles: Vec<String>,
    /// Code of the province, district or commune whose records may be seen.
    #[arg(long, value_name = "UNIT")]
    scope: String,
    /// How long it holds: a number with m, h, d or w for minutes, hours, days or weeks.
    #[arg(long, value_name = "PERIOD", default_value = "30d", value_parser = period)]
    expires: TimeDelta,
}

/// Prints the new token, alone. It is stored nowhere.
pub async fn run(app: &App, order: Token) -> Result<(), Problem> {
    migrate::must_be_current(app).await?;
    app.prepare().await?;
    let issue = Issue {
        client: &order.client,
        agency: &order.agency,
        roles: &order.roles,
        scope: &order.scope,
        valid_for: order.expires,
    };
    let token = admin::issue(app, &issue).await?;
    print(&format!("{token}\n"))
}

pub fn period(text: &str) -> Result<TimeDelta, String> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let count = number.parse::<u32>().ok().map(i64::from);
    let period = count.and_then(|count| match text.strip_prefix(number)? {
        "m" => TimeDelta::try_minutes(count),
        "h" => TimeDelta::try_hours(count),
        "d" => TimeDelta::try_days(count),
        "w" => TimeDelta::try_weeks(count),
        _ => None,
    });
    period
        .filter(|period| *period > TimeDelta::zero() && *period <= TimeDelta::days(LONGEST_DAYS))
        .ok_or_else(|| format!("give a period such as 12h or 30d, at most {LONGEST_DAYS}d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read() {
        assert_eq!(period("90m"), Ok(TimeDelta::minutes(90)));
        assert_eq!(period("12h"), Ok(TimeDelta::hours(12)));
        assert_eq!(period("30d"), Ok(TimeDelta::days(30)));
        assert_eq!(period("2w"), Ok(TimeDelta::days(14)));
        for wrong in ["", "d", "30", "0d", "-1d", "1y", "1 d", "3651d", "99999999999d", "30đ"] {
            assert!(period(wrong).is_err(), "{wrong}");
        }
    }
}
