//! `ansinh token`.

use ansinh::identity::{
    admin::{self, Issue, Life},
    command,
};
use ansinh::startup::App;
use chrono::{DateTime, SecondsFormat, TimeDelta};
use clap::{Args, Subcommand};

use super::{Problem, print};

/// Where no period is given; less where a role allows less.
const USUAL: TimeDelta = TimeDelta::days(30);

/// Ten years: who needs longer should think again.
const LONGEST_DAYS: i64 = 3650;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Token {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    order: Option<Order>,
}

#[derive(Subcommand)]
enum Command {
    /// Print the tokens that were issued: id, state, last use, scope, roles, client, label.
    List {
        /// Only those of this client.
        #[arg(long, value_name = "NAME")]
        client: Option<String>,
    },
    /// End a token at once.
    Revoke {
        /// Its id, as `ansinh token list` prints it.
        #[arg(long)]
        id: i64,
        /// Kept with the token.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Args)]
struct Order {
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
    /// How long it holds: a number with m, h, d or w for minutes, hours, days or weeks; 30d where it is left out. A role
    /// says how long its tokens may live at most.
    #[arg(long, value_name = "PERIOD", value_parser = period)]
    expires: Option<TimeDelta>,
}

pub async fn run(app: &App, token: Token) -> Result<(), Problem> {
    match (token.command, token.order) {
        (Some(Command::List { client }), _) => list(app, client.as_deref()).await,
        (Some(Command::Revoke { id, reason }), _) => Ok(command::revoke_token(app, id, &reason).await?),
        (None, Some(order)) => issue(app, order).await,
        (None, None) => Err(Problem::Usage("Say for which client, or see \"ansinh token --help\".".to_owned())),
    }
}

async fn list(app: &App, client: Option<&str>) -> Result<(), Problem> {
    let now = app.clock.now().timestamp_micros();
    let lines = command::tokens(app, client).await?.into_iter().map(|token| {
        let state = match token.revoked_at {
            Some(_) => "revoked".to_owned(),
            None if token.expires_at <= now => "expired".to_owned(),
            None => format!("until {}", instant(Some(token.expires_at))),
        };
        let roles = token.roles.unwrap_or_default();
        format!(
            "{:>6}  {state:<26}  {:<20}  {:<5}  {roles}  {}  {}\n",
            token.id,
            instant(token.last_used_at),
            token.scope,
            token.client,
            token.label
        )
    });
    print(&lines.collect::<String>())
}

/// To the second; "never" where there was none.
pub fn instant(micros: Option<i64>) -> String {
    let instant = micros.and_then(DateTime::from_timestamp_micros);
    instant.map_or_else(|| "never".to_owned(), |instant| instant.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Prints the new token, alone. It is stored nowhere.
async fn issue(app: &App, order: Order) -> Result<(), Problem> {
    let issue = Issue {
        client: &order.client,
        agency: &order.agency,
        roles: &order.roles,
        scope: &order.scope,
        valid_for: order.expires.unwrap_or(USUAL),
        life: if order.expires.is_some() { Life::Checked } else { Life::Cut },
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
