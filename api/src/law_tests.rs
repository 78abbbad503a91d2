use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
struct Row {
    id: i64,
    code: &'static str,
    days: Days,
    figure: i64,
    source: &'static str,
    version: i32,
}

impl Law for Row {
    const TYPE: &'static str = "Row";
    const WORDS: (&'static str, &'static str) = ("rule", "quy định");

    fn id(&self) -> i64 {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }

    fn code(&self) -> String {
        self.code.to_owned()
    }

    fn days(&self) -> Days {
        self.days
    }

    fn says(&self) -> Vec<(&'static str, Value)> {
        vec![("figure", self.figure.into()), ("source", self.source.into()), ("effectiveTo", self.days.to.into())]
    }

    fn stamped(self, id: i64, version: i32) -> Self {
        Self { id, version, ..self }
    }

    fn ended(self, on: NaiveDate, _by: &Self) -> Option<Self> {
        let days = Days { to: Some(on), ..self.days };
        Some(Self { days, ..self })
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn row(code: &'static str, from: &str, to: Option<&str>, figure: i64) -> Row {
    Row { id: 7, code, days: Days { from: day(from), to: to.map(day) }, figure, source: "S", version: 3 }
}

#[test]
fn a_row_is_found_by_its_code_and_first_day() {
    let known = [row("A", "2020-01-01", Some("2021-12-31"), 1), row("A", "2022-01-01", None, 2)];
    let done = |new: &Row, expected| step(new, &known, expected, &[]);
    assert_eq!(done(&row("A", "2022-01-01", None, 2), None).unwrap(), Step::Same(7));
    assert_eq!(done(&row("B", "2022-01-01", None, 2), None).unwrap(), Step::New);
    assert_eq!(done(&row("B", "2022-01-01", None, 2), Some(1)).unwrap_err().field.as_deref(), Some("input.code"));
    let other = row("A", "2022-01-01", None, 5);
    assert!(done(&other, None).unwrap_err().message.contains("version, 3"));
    assert!(done(&other, Some(2)).is_err());
    let Step::Correct { fields, since, .. } = done(&other, Some(3)).unwrap() else { panic!() };
    assert_eq!((fields, since), (vec!["figure"], Some(day("2022-01-01"))));
}

#[test]
fn one_version_is_in_force_on_a_day() {
    let known = [row("A", "2020-01-01", Some("2021-12-31"), 1), row("A", "2023-01-01", None, 2)];
    let field = |from, to| step(&row("A", from, to, 9), &known, None, &[]).err().and_then(|failure| failure.field);
    assert_eq!(field("2022-01-01", Some("2022-12-31")), None);
    assert_eq!(field("2022-01-01", None).as_deref(), Some("input.effectiveTo"));
    assert_eq!(field("2021-12-31", Some("2022-12-31")).as_deref(), Some("input.effectiveFrom"));
    assert_eq!(field("2024-01-01", None).as_deref(), Some("input.effectiveFrom"));
}

#[test]
fn a_version_ends_for_the_next_and_leaves_no_day_without_law() {
    let next = row("A", "2024-01-01", None, 9);
    let end = |known: &[Row], new: &Row, asked| {
        let mut known = known.to_vec();
        let ending = ending(new, &mut known, asked);
        (ending.map(|ending| (ending.before.days.to, ending.on)), step(new, &known, None, &[]))
    };
    let open = [
        row("A", "2020-01-01", Some("2021-12-31"), 1),
        row("A", "2022-01-01", None, 2),
        row("B", "2022-01-01", None, 2),
    ];
    assert!(end(&open, &next, false).1.unwrap_err().message.contains("endsPrevious"));
    let (ended, done) = end(&open, &next, true);
    assert_eq!((ended, done.unwrap()), (Some((None, day("2023-12-31"))), Step::New));
    let dated = [row("A", "2022-01-01", Some("2024-06-30"), 2)];
    assert_eq!(end(&dated, &next, true).0, Some((Some(day("2024-06-30")), day("2023-12-31"))));
    // Nothing goes on, the version is there already, or a later one stands in the way.
    assert_eq!(end(&[row("A", "2022-01-01", Some("2022-12-31"), 2)], &next, true).0, None);
    assert_eq!(end(&[row("A", "2022-01-01", None, 2), row("A", "2024-01-01", None, 9)], &next, true).0, None);
    let later = [row("A", "2022-01-01", Some("2023-12-31"), 2), row("A", "2025-01-01", None, 3)];
    assert!(end(&later, &next, true).1.is_err());
}

#[test]
fn the_law_reads_otherwise_from_the_day_that_changes() {
    let since = |before: Option<&str>, new: Option<&str>, source: &'static str| {
        let new = Row { source, ..row("A", "2022-01-01", new, 1) };
        let known = [row("A", "2022-01-01", before, 1)];
        match step(&new, &known, Some(3), &[]).unwrap() {
            Step::Correct { since, .. } => since,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(since(None, None, "T"), None, "where it was read changes nothing");
    assert_eq!(since(None, Some("2025-06-30"), "T"), Some(day("2025-07-01")));
    assert_eq!(since(Some("2025-06-30"), Some("2024-06-30"), "S"), Some(day("2024-07-01")));
    assert_eq!(since(Some("2025-06-30"), None, "S"), Some(day("2025-07-01")));
}

fn days(from: u64, length: Option<u64>) -> Days {
    let from = day("2020-01-01") + chrono::Days::new(from);
    Days { from, to: length.map(|length| from + chrono::Days::new(length)) }
}

proptest! {
    /// Whatever is recorded one after the other, no day ever has two versions.
    #[test]
    fn no_day_has_two(versions in prop::collection::vec((0..200_u64, prop::option::of(0..60_u64)), 0..12)) {
        let mut known: Vec<Row> = Vec::new();
        for (from, length) in versions {
            let new = Row { days: days(from, length), ..row("A", "2020-01-01", None, 1) };
            if step(&new, &known, None, &[]).is_ok_and(|step| step == Step::New) {
                known.push(new);
            }
        }
        for (index, one) in known.iter().enumerate() {
            prop_assert!(known.iter().skip(index + 1).all(|other| !one.days.meet(other.days)));
        }
    }
}
