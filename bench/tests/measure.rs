//! The measurement itself, on a small register: the floor still answers and writes what the service does.

use std::process::Command;

/// Runs the program and returns what it printed.
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn bench(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(arguments).output().unwrap();
    let (said, complained) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    said
}

/// How many lines hold this text.
fn lines(said: &str, text: &str) -> usize {
    said.lines().filter(|line| line.contains(text)).count()
}

#[test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
fn the_floor_answers_and_writes_what_the_service_does() {
    let said = bench(&["--households", "600", "--compare-only"]);
    assert_eq!(lines(&said, "answers are the same"), 11, "{said}");
    assert_eq!(lines(&said, "and the rows that were written"), 3, "{said}");
}

#[test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
fn a_scenario_is_measured_beside_the_floor() {
    let said =
        bench(&["--households", "300", "--scenario", "S1", "--seconds", "1", "--rounds", "1", "--connections", "4"]);
    assert_eq!(lines(&said, "| S1 | service |"), 1, "{said}");
    assert_eq!(lines(&said, "|  | floor |"), 1, "{said}");
}

#[test]
fn a_scenario_is_measured_over_sqlite() {
    let sqlite = ["--database", "sqlite", "--households", "300", "--scenario", "S1", "--seconds", "1", "--rounds", "1"];
    let said = bench(&sqlite);
    assert_eq!(lines(&said, "| S1 | service |"), 1, "{said}");
}
