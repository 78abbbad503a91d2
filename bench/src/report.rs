//! The figures: medians of rounds, their spread, and the ratio to the floor.

use std::{fmt::Write, path::Path, time::Duration};

use serde::Serialize;

use crate::{drive::Tally, machine::Machine, process::Memory, svg, trouble::Result};

/// What was measured, and on what.
#[derive(Clone, Debug, Serialize)]
pub struct Conditions {
    pub command: String,
    pub machine: Machine,
    pub database: String,
    pub database_settings: Vec<String>,
    pub service_settings: Vec<String>,
    pub households: u32,
    /// Absent where a register was found filled.
    pub seeding_seconds: Option<f64>,
}

#[derive(Serialize)]
pub struct Report {
    #[serde(flatten)]
    pub conditions: Conditions,
    pub connections: usize,
    pub seconds: u64,
    /// The service's, after the start and before the first request.
    pub rest: Memory,
    pub scenarios: Vec<Measured>,
}

#[derive(Serialize)]
pub struct Measured {
    pub name: &'static str,
    pub title: &'static str,
    /// Mean length of the answers that were compared.
    pub answer_bytes: Option<usize>,
    pub service: Side,
    pub floor: Option<Side>,
}

/// One of the two.
#[derive(Default, Serialize)]
pub struct Side {
    pub rounds: Vec<Round>,
    /// Sent to the database for one request, counted by the database while it was warmed up.
    pub statements: Option<f64>,
    /// After the rounds.
    pub memory: Memory,
}

#[derive(Serialize)]
pub struct Round {
    pub requests: u64,
    pub requests_a_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// CPU seconds for 1,000 requests.
    pub cpu_program: f64,
    pub cpu_database: f64,
}

impl Round {
    /// `program` and `database`: CPU seconds used meanwhile.
    pub fn new(tally: &Tally, program: f64, database: f64) -> Self {
        let thousands = count(tally.requests) / 1_000.0;
        let milliseconds = |quantile| count(tally.latency.value_at_quantile(quantile)) / 1_000.0;
        Self {
            requests: tally.requests,
            requests_a_second: count(tally.requests) / tally.took.as_secs_f64(),
            p50_ms: milliseconds(0.5),
            p99_ms: milliseconds(0.99),
            cpu_program: program / thousands,
            cpu_database: database / thousands,
        }
    }

    pub fn cpu(&self) -> f64 {
        self.cpu_program + self.cpu_database
    }
}

impl Side {
    pub fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(of).collect())
    }
}

impl Measured {
    pub fn ratio(&self) -> Option<f64> {
        self.ratios().map(median)
    }

    /// CPU of the service over the floor's, round by round.
    fn ratios(&self) -> Option<Vec<f64>> {
        let floor = self.floor.as_ref()?;
        Some(
            self.service.rounds.iter().zip(&floor.rounds).map(|(service, floor)| service.cpu() / floor.cpu()).collect(),
        )
    }
}

/// The lower of the two in the middle where there are two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

pub fn span(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    (low, values.iter().copied().fold(0.0, f64::max))
}

/// Exact up to four billion.
pub fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[expect(clippy::print_stdout, reason = "a program for the command line")]
pub fn tell(line: &str) {
    println!("{line}");
}

const HEAD: &str = "\
| | | requests/s | p50 ms | p99 ms | CPU program | CPU database | CPU both | spread | ratio | spread | statements | MB | peak MB |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
";

impl Conditions {
    pub fn line(&self) -> String {
        let machine = &self.machine;
        format!(
            "{}, {} cores, {:.0} GB, Linux {}. {}. {} households.",
            machine.processor, machine.cores, machine.memory_gb, machine.kernel, self.database, self.households
        )
    }
}

impl Report {
    /// Conditions and figures, as Markdown that can be read as it is.
    pub fn markdown(&self) -> String {
        let conditions = &self.conditions;
        let mut text = conditions.line();
        let _fits = writeln!(
            text,
            "\n{} connections; rounds of {} s, service and floor in turn; medians. CPU: seconds for 1,000 requests, of the \
             program (service or floor) and of the database. Ratio: CPU of the service and its database over the floor's, round \
             by round.\n",
            self.connections, self.seconds,
        );
        let settings =
            [&conditions.database_settings, &conditions.service_settings].map(|settings| settings.join(", "));
        let [database, service] = settings;
        let _fits = writeln!(text, "Database: {database}. Service: {service}; {:.0} MB at rest.", self.rest.resident);
        if let Some(seconds) = conditions.seeding_seconds {
            let _fits = writeln!(text, "Seeding: {seconds:.1} s.");
        }
        text.push('\n');
        text.push_str(HEAD);
        for measured in &self.scenarios {
            measured.rows(&mut text);
        }
        text
    }

    /// Writes the figures of each round, the table and the picture into a folder.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("results.json"), serde_json::to_string_pretty(self)? + "\n")?;
        std::fs::write(folder.join("results.md"), self.markdown())?;
        std::fs::write(folder.join("results.svg"), svg::draw(self))?;
        Ok(())
    }
}

impl Measured {
    pub fn rows(&self, text: &mut String) {
        let ratio = self.ratios().map(|ratios| {
            let (low, high) = span(&ratios);
            (format!("**{:.2}**", median(ratios)), format!("{low:.2}–{high:.2}"))
        });
        row(text, self.name, "service", &self.service, ratio);
        if let Some(floor) = &self.floor {
            row(text, "", "floor", floor, None);
        }
    }
}

fn row(text: &mut String, name: &str, who: &str, side: &Side, ratio: Option<(String, String)>) {
    let cpu: Vec<f64> = side.rounds.iter().map(Round::cpu).collect();
    let (low, high) = span(&cpu);
    let (ratio, between) = ratio.unwrap_or_default();
    let statements = side.statements.map_or_else(|| "—".to_owned(), |statements| format!("{statements:.2}"));
    let _fits = writeln!(
        text,
        "| {name} | {who} | {:.0} | {:.2} | {:.2} | {:.3} | {:.3} | {:.3} | {low:.3}–{high:.3} | {ratio} | {between} | {statements} | {:.0} | {:.0} |",
        side.median(|round| round.requests_a_second),
        side.median(|round| round.p50_ms),
        side.median(|round| round.p99_ms),
        side.median(|round| round.cpu_program),
        side.median(|round| round.cpu_database),
        side.median(Round::cpu),
        side.memory.resident,
        side.memory.peak,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(median(Vec::new()).is_nan());
        assert_eq!(span(&[2.0, 1.0, 3.0]), (1.0, 3.0));
    }
}
