//! Who each program is for: one table. The lists of who is unserved (`eligibility.rs`) take their conditions from it, a
//! proposal and an approval ask it about a household on a day, and dry runs of a standard hold `out_of_class!` against it.
//! Pure: no database, no clock.
//!
//! Source: the plan, II.3, II.4 and annex items I to X; beside it Decree 20/2021/NĐ-CP art. 5.

use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::{AreaKind, HouseholdCategory, PersonCategory, PovertyClass},
};

use crate::{
    error::{Failure, Result},
    household::{HouseholdOn, PersonOn, birthday},
};

/// Whom a program is for.
#[derive(Clone, Copy, Debug)]
pub enum Audience {
    /// Whoever the giver gives to (annex X), whomever an event befell (`urgent.rs`).
    Anyone,
    /// No single household: conferences, training of officers (annex IX).
    Nobody,
    /// Households of this category, whatever their class.
    Category(HouseholdCategory),
    /// Households of one of these classes.
    Class(&'static [PovertyClass]),
    /// Households of one of these classes, and people of one of these categories of whatever class.
    ClassOrPeople(&'static [PovertyClass], &'static [PersonCategory]),
    /// Households that live in such an area.
    Area(AreaKind),
    /// People to whom monthly social assistance is due, which is worked out one by one (`monthly.rs`).
    Assisted,
    /// People of at least so many years and less than so many who have no health insurance.
    Uninsured { from: i32, below: i32 },
}

/// The poor and near-poor with the newly escaped, who may still borrow.
const CREDIT: &[PovertyClass] = &[PovertyClass::Poor, PovertyClass::NearPoor, PovertyClass::NewlyEscaped];
const POOR_AND_NEAR_POOR: &[PovertyClass] = &[PovertyClass::Poor, PovertyClass::NearPoor];

/// The programs, each with whom it is for.
pub const AUDIENCES: &[(&str, Audience)] = &[
    ("HOUSING_MERIT", Audience::Category(HouseholdCategory::Merit)),
    ("HOUSING_POOR", Audience::Class(&[PovertyClass::Poor])),
    ("HI_NEAR_POOR", Audience::Class(&[PovertyClass::NearPoor])),
    ("HI_ELDERLY", Audience::Uninsured { from: 60, below: 80 }),
    ("LIVELIHOOD_MODELS", Audience::Class(POOR_AND_NEAR_POOR)),
    ("CREDIT_PRODUCTION", Audience::Class(CREDIT)),
    ("CREDIT_OVERSEAS", Audience::ClassOrPeople(CREDIT, &[PersonCategory::Orphan, PersonCategory::DischargedSoldier])),
    ("WATER_SANITATION", Audience::Area(AreaKind::Rural)),
    ("CAPACITY", Audience::Nobody),
    ("MOBILISATION", Audience::Anyone),
    ("SOCIAL_ASSISTANCE", Audience::Assisted),
    ("URGENT_HELP", Audience::Anyone),
];

/// Whether a program is for some classes and not for this one, of the texts of its code and of the class.
macro_rules! out_of_class {
    ($code:literal, $class:literal) => {
        concat!(
            "(CASE ",
            $code,
            " WHEN 'HOUSING_POOR' THEN ",
            $class,
            " NOT IN ('POOR') WHEN 'HI_NEAR_POOR' THEN ",
            $class,
            " NOT IN ('NEAR_POOR') WHEN 'LIVELIHOOD_MODELS' THEN ",
            $class,
            " NOT IN ('POOR', 'NEAR_POOR') WHEN 'CREDIT_PRODUCTION' THEN ",
            $class,
            " NOT IN ('POOR', 'NEAR_POOR', 'NEWLY_ESCAPED') ELSE FALSE END)"
        )
    };
}
pub(crate) use out_of_class;

/// What the caller may be told of the facts that a refusal rests on.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Numbers of decisions on reviews.
    pub decisions: bool,
    pub insurance: bool,
}

/// Who would get something of a program on a day.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    pub program: &'a str,
    /// The household's code.
    pub code: &'a str,
    pub household: &'a HouseholdOn,
    /// The person that it is for; none: the household as a whole.
    pub person: Option<&'a PersonOn>,
    /// Its living people.
    pub people: &'a [PersonOn],
    pub on: NaiveDate,
}

impl Audience {
    /// A program that isn't in the table is for nobody.
    pub fn of(program: &str) -> Self {
        AUDIENCES.iter().find(|(code, _)| *code == program).map_or(Self::Nobody, |(_, audience)| *audience)
    }

    /// Whether it takes more than the household's own row to know.
    pub const fn asks_people(self) -> bool {
        matches!(self, Self::ClassOrPeople(..) | Self::Uninsured { .. } | Self::Assisted)
    }

    /// Refuses who is not among them, with the figures that the caller may be told.
    pub fn check(self, who: &Recipient<'_>, told: Told) -> Result<()> {
        let refused = match self {
            Self::Anyone => None,
            Self::Nobody => Some(who.nobody()),
            Self::Category(category) => {
                (!who.household.categories.contains(category)).then(|| who.out_of_category(category))
            }
            Self::Class(classes) => (!who.is_of(classes)).then(|| who.out_of_class(classes, told)),
            Self::ClassOrPeople(classes, categories) => {
                let by_person = who.among().any(|person| has_one(person, categories));
                (!by_person && !who.is_of(classes)).then(|| who.out_of_class(classes, told))
            }
            Self::Area(kind) => (who.household.area_kind != kind).then(|| who.out_of_area(kind)),
            Self::Assisted => who.person.is_none().then(|| who.no_person()),
            Self::Uninsured { from, below } => who.outside_ages(from, below, told)?,
        };
        refused.map_or(Ok(()), Err)
    }
}

fn has_one(person: &PersonOn, categories: &[PersonCategory]) -> bool {
    !person.categories.intersection(EnumSet::from(categories)).is_empty()
}

/// Whether somebody born on that day is of at least `from` and less than `below` years; none where the day isn't known.
pub fn of_age(born: Option<NaiveDate>, from: i32, below: i32, on: NaiveDate) -> Result<Option<bool>> {
    let (youngest, too_old) = (birthday(on, from, "personId")?, birthday(on, below, "personId")?);
    Ok(born.map(|born| born <= youngest && born > too_old))
}

impl<'a> Recipient<'a> {
    /// The person that it is for, or everybody of the household.
    fn among(&self) -> impl Iterator<Item = &'a PersonOn> {
        let all = if self.person.is_some() { &[] } else { self.people };
        self.person.into_iter().chain(all)
    }

    fn is_of(&self, classes: &[PovertyClass]) -> bool {
        self.household.class.is_some_and(|class| classes.contains(&class))
    }

    fn nobody(&self) -> Failure {
        let program = self.program;
        Failure::conflict(
            format!(
                "The program {program} is for no single household; record what it spends with recordProgramSpending."
            ),
            format!("Chương trình {program} không hỗ trợ riêng hộ nào; hãy ghi chi bằng recordProgramSpending."),
        )
    }

    fn no_person(&self) -> Failure {
        let Self { program, code, on, .. } = self;
        Failure::conflict(
            format!("The program {program} is for one living person; on {on} it is nobody of the household {code}."),
            format!(
                "Chương trình {program} dành cho từng người còn sống; ngày {on} không phải là người của hộ {code}."
            ),
        )
    }

    fn out_of_category(&self, category: HouseholdCategory) -> Failure {
        let Self { program, code, on, .. } = self;
        let category = category.as_str();
        Failure::conflict(
            format!("The program {program} is for {category} households; on {on} the household {code} is none."),
            format!("Chương trình {program} dành cho hộ {category}; ngày {on} hộ {code} không thuộc diện này."),
        )
    }

    fn out_of_area(&self, kind: AreaKind) -> Failure {
        let Self { program, code, on, household, .. } = self;
        let (kind, lives) = (kind.as_str(), household.area_kind.as_str());
        Failure::conflict(
            format!("The program {program} is for {kind} areas; on {on} the household {code} lives in an {lives} one."),
            format!("Chương trình {program} dành cho khu vực {kind}; ngày {on} hộ {code} ở khu vực {lives}."),
        )
    }

    fn out_of_class(&self, classes: &[PovertyClass], told: Told) -> Failure {
        let Self { program, code, on, household, .. } = self;
        let classes = classes.iter().map(|class| class.as_str()).collect::<Vec<_>>().join(", ");
        let (is, is_vi) = match (household.class, household.since) {
            (None, _) => ("has no class".to_owned(), "chưa được xếp loại".to_owned()),
            (Some(class), None) => (format!("is {}", class.as_str()), format!("thuộc diện {}", class.as_str())),
            (Some(class), Some(since)) => {
                let class = class.as_str();
                let decision = household.decision.as_deref().filter(|_| told.decisions);
                let by = decision.map_or_else(String::new, |number| format!(" by the decision {number}"));
                let by_vi = decision.map_or_else(String::new, |number| format!(" theo quyết định {number}"));
                (format!("is {class} since {since}{by}"), format!("thuộc diện {class} từ ngày {since}{by_vi}"))
            }
        };
        Failure::conflict(
            format!("The program {program} is for {classes} households; on {on} the household {code} {is}."),
            format!("Chương trình {program} dành cho hộ {classes}; ngày {on} hộ {code} {is_vi}."),
        )
    }

    /// The refusal of a person, or of a household with nobody, of other years or with insurance.
    fn outside_ages(&self, from: i32, below: i32, told: Told) -> Result<Option<Failure>> {
        for person in self.among() {
            if !person.insured && of_age(person.born, from, below, self.on)? == Some(true) {
                return Ok(None);
            }
        }
        let Self { program, code, on, .. } = self;
        let (is, is_vi) = match self.person {
            None => (format!("the household {code} has nobody such"), format!("hộ {code} không có người như vậy")),
            Some(PersonOn { born: None, .. }) => {
                ("this person's day of birth isn't known".to_owned(), "chưa biết ngày sinh của người này".to_owned())
            }
            Some(person) => match (of_age(person.born, from, below, *on)?, person.born) {
                (Some(false), Some(born)) => {
                    (format!("this person was born on {born}"), format!("người này sinh ngày {born}"))
                }
                _ if told.insurance => ("this person has one".to_owned(), "người này đã có thẻ".to_owned()),
                _ => ("this person is none".to_owned(), "người này không thuộc diện đó".to_owned()),
            },
        };
        Ok(Some(Failure::conflict(
            format!(
                "The program {program} is for people of {from} to under {below} years without a health card; on {on} {is}."
            ),
            format!(
                "Chương trình {program} dành cho người từ {from} đến dưới {below} tuổi chưa có thẻ bảo hiểm y tế; ngày {on} {is_vi}."
            ),
        )))
    }
}

#[cfg(test)]
mod tests {
    use PovertyClass as C;
    use entity::ids::PersonId;
    use proptest::prelude::*;

    use super::*;

    const ALL: Told = Told { decisions: true, insurance: true };
    const LITTLE: Told = Told { decisions: false, insurance: false };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn household(class: Option<C>) -> HouseholdOn {
        HouseholdOn {
            class,
            since: class.map(|_| day("2022-05-09")),
            decision: class.map(|_| "12/QĐ-UBND".to_owned()),
            newly_escaped_until: None,
            categories: EnumSet::new(),
            area_kind: AreaKind::Urban,
        }
    }

    fn person(born: &str) -> PersonOn {
        PersonOn {
            id: PersonId(1),
            born: born.parse().ok(),
            categories: EnumSet::new(),
            protected: EnumSet::new(),
            insured: false,
        }
    }

    fn check(
        program: &str,
        household: &HouseholdOn,
        person: Option<&PersonOn>,
        people: &[PersonOn],
        told: Told,
    ) -> Result<()> {
        let who = Recipient { program, code: "H-1", household, person, people, on: day("2022-05-10") };
        Audience::of(program).check(&who, told)
    }

    #[test]
    fn a_household_that_left_the_class_yesterday_is_told_since_when_and_by_what() {
        assert!(check("HI_NEAR_POOR", &household(Some(C::NearPoor)), None, &[], ALL).is_ok());
        let left = household(Some(C::Average));
        let message = check("HI_NEAR_POOR", &left, None, &[], ALL).unwrap_err().message;
        for figure in ["NEAR_POOR", "H-1", "AVERAGE", "2022-05-09", "12/QĐ-UBND", "2022-05-10"] {
            assert!(message.contains(figure), "{message}");
        }
        let message = check("HI_NEAR_POOR", &left, None, &[], LITTLE).unwrap_err().message;
        assert!(!message.contains("12/QĐ-UBND"), "{message}");
        assert!(check("HI_NEAR_POOR", &household(None), None, &[], ALL).unwrap_err().message.contains("no class"));
    }

    #[test]
    fn ages_count_by_birthdays() {
        let home = household(None);
        for (born, eligible) in
            [("1962-05-10", true), ("1962-05-11", false), ("1942-05-11", true), ("1942-05-10", false), ("", false)]
        {
            assert_eq!(check("HI_ELDERLY", &home, Some(&person(born)), &[], ALL).is_ok(), eligible, "{born}");
            assert_eq!(check("HI_ELDERLY", &home, None, &[person(born)], ALL).is_ok(), eligible, "{born} at home");
        }
        let insured = PersonOn { insured: true, ..person("1955-01-01") };
        let told = check("HI_ELDERLY", &home, Some(&insured), &[], ALL).unwrap_err().message;
        assert!(told.contains("has one"), "{told}");
        let little = check("HI_ELDERLY", &home, Some(&insured), &[], LITTLE).unwrap_err().message;
        assert!(!little.contains("has one"), "{little}");
        assert!(check("HI_ELDERLY", &home, Some(&insured), &[person("1955-01-01")], ALL).is_err(), "for the one named");
    }

    #[test]
    fn work_abroad_is_for_classes_and_for_orphans_and_soldiers_of_any() {
        let soldier =
            PersonOn { categories: EnumSet::from([PersonCategory::DischargedSoldier]), ..person("1999-01-01") };
        let better_off = household(Some(C::BetterOff));
        assert!(check("CREDIT_OVERSEAS", &better_off, Some(&soldier), &[], ALL).is_ok());
        assert!(check("CREDIT_OVERSEAS", &better_off, None, &[soldier], ALL).is_ok());
        assert!(check("CREDIT_OVERSEAS", &better_off, Some(&person("1999-01-01")), &[], ALL).is_err());
        assert!(
            check("CREDIT_OVERSEAS", &household(Some(C::NewlyEscaped)), Some(&person("1999-01-01")), &[], ALL).is_ok()
        );
    }

    #[test]
    fn a_program_of_no_household_or_unknown_is_for_nobody() {
        for program in ["CAPACITY", "NO_SUCH"] {
            assert!(check(program, &household(Some(C::Poor)), None, &[], ALL).is_err(), "{program}");
        }
        assert!(check("MOBILISATION", &household(None), None, &[], ALL).is_ok());
        assert!(check("WATER_SANITATION", &household(None), None, &[], ALL).is_err(), "in a town");
        assert!(check("HOUSING_MERIT", &household(Some(C::Poor)), None, &[], ALL).is_err());
    }

    #[test]
    fn dry_runs_know_the_same_classes() {
        let of = |(code, audience): &(&str, Audience)| match audience {
            Audience::Class(classes) => {
                let classes: Vec<_> = classes.iter().map(|class| format!("'{}'", class.as_str())).collect();
                Some(format!(" WHEN '{code}' THEN x NOT IN ({})", classes.join(", ")))
            }
            _ => None,
        };
        let expected: String = AUDIENCES.iter().filter_map(of).collect();
        assert_eq!(out_of_class!("g", "x"), format!("(CASE g{expected} ELSE FALSE END)"));
    }

    proptest! {
        /// Who is of the age is so from one birthday up to the day before another.
        #[test]
        fn an_age_is_one_span_of_days(days in 0_u64..40_000, from in 0..60_i32, more in 1..40_i32) {
            let on = day("2022-02-28");
            let born = on - chrono::Days::new(days);
            let at = |years: i32| born.checked_add_months(chrono::Months::new(u32::try_from(years).unwrap() * 12)).unwrap();
            // Born on 29 February counts from 1 March, where chrono says 28 February.
            prop_assume!(born.format("%m-%d").to_string() != "02-29");
            let expected = at(from) <= on && on < at(from + more);
            prop_assert_eq!(of_age(Some(born), from, from + more, on).unwrap(), Some(expected));
        }
    }
}
