//! The measurement itself, on a small register: the floor still answers and writes what the service does.

use std::{path::PathBuf, process::Command};

use serde_json::Value;

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

/// A folder for results, removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn named(name: &str) -> Self {
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id())))
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    #[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
#[cfg_attr(no_postgres, ignore = "PostgreSQL is not on this machine")]
fn a_scenario_is_measured_beside_the_floor_and_drawn() {
    let folder = Folder::named("results");
    let short = ["--households", "300", "--scenario", "S1", "--seconds", "1", "--rounds", "1", "--connections", "4"];
    let said = bench(&[&short[..], &["--out", folder.text()]].concat());
    assert_eq!(lines(&said, "| S1 | service |"), 1, "{said}");
    assert_eq!(lines(&said, "|  | floor |"), 1, "{said}");
    assert!(said.ends_with(&(folder.read("results.md") + "\n")));
    let results: Value = serde_json::from_str(&folder.read("results.json")).unwrap();
    let number = |path: &str| results.pointer(path).unwrap().as_f64().unwrap();
    assert!(number("/scenarios/0/service/rounds/0/requests") > 0.0 && number("/rest/resident") > 1.0);
    let drawn = folder.read("results.svg");
    // The paper, four of the legend, and two bars with two parts each.
    assert_eq!((drawn.matches("<rect").count(), drawn.matches("times the floor").count()), (9, 1), "{drawn}");
}

#[test]
fn memory_is_measured() {
    let folder = Folder::named("memory");
    let short = ["memory", "--database", "sqlite", "--households", "300", "--seconds", "1", "--out", folder.text()];
    let said = bench(&short);
    assert_eq!(lines(&said, "| at rest after the start |"), 1, "{said}");
    assert_eq!(lines(&said, "readers at 10 kB/s | 0 |"), 2, "a second is too short for them: {said}");
    let results: Value = serde_json::from_str(&folder.read("memory.json")).unwrap();
    let peaks = results.get("loads").and_then(Value::as_array).into_iter().flatten();
    let peaks: Vec<_> = peaks.filter_map(|load| load.get("peak")?.as_f64()).collect();
    assert!(peaks.len() == 8 && peaks.iter().all(|peak| *peak > 1.0), "{peaks:?}");
}

#[test]
fn a_scenario_is_measured_over_sqlite() {
    let sqlite = ["--database", "sqlite", "--households", "300", "--scenario", "S1", "--seconds", "1", "--rounds", "1"];
    let said = bench(&sqlite);
    assert_eq!(lines(&said, "| S1 | service |"), 1, "{said}");
}
