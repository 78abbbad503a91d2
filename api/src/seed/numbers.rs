//! Personal numbers and social-insurance numbers.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use entity::{enums::Sex, ids::PersonId};

use super::random::{Random, Topic};

/// Ben Tre, and the places where the others of its people were born: Tiền Giang, Trà Vinh, Vĩnh Long, Hồ Chí Minh City.
const BIRTHPLACES: &[(u16, u64)] = &[(83, 955), (82, 14), (84, 11), (86, 8), (79, 12)];

/// How many numbers there are for one place, sex and year of birth.
const SERIALS: u64 = 1_000_000;
/// Without a common divisor with [`SERIALS`], so that its multiples pass through every serial once.
const STRIDE: u64 = 618_033;

/// Hands out 12-digit personal numbers, none twice: place of birth, century and sex, year of birth, six digits that
/// show no order (Decree 137/2015, article 13; Circular 07/2016, article 7).
#[derive(Default)]
pub struct PersonalNumbers {
    seed: u64,
    /// How many were handed out for each nine digits of the beginning.
    used: BTreeMap<(u16, u8, u8), u64>,
}

impl PersonalNumbers {
    pub fn new(seed: u64) -> Self {
        Self { seed, used: BTreeMap::new() }
    }

    /// None where a person's papers can't be had any more: all serials of the year are taken.
    pub fn next(&mut self, random: &mut Random, born: NaiveDate, sex: Sex) -> Option<String> {
        let place = random.weighted(BIRTHPLACES);
        let century = u8::try_from(born.year() / 100 - 19).ok()? * 2 + u8::from(sex == Sex::Female);
        let year = u8::try_from(born.year() % 100).ok()?;
        let used = self.used.entry((place, century, year)).or_default();
        if *used == SERIALS {
            return None;
        }
        let beginning = i64::from(place) * 10_000 + i64::from(century) * 100 + i64::from(year);
        let start = Random::stream(self.seed, Topic::PersonalNumber, beginning).below(SERIALS);
        let serial = (start + *used * STRIDE) % SERIALS;
        *used += 1;
        Some(format!("{place:03}{century}{year:02}{serial:06}"))
    }
}

/// The ten digits that social insurance knows a person by; they begin with the province, as those given out before
/// 2021 do, and are stretched over the rest, so that neighbours have unlike numbers.
pub fn social_insurance(person: PersonId) -> String {
    const SPACE: i64 = 100_000_000;
    format!("83{:08}", (person.0 % SPACE) * 61_803_399 % SPACE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::seed::calendar::date;

    #[test]
    fn a_number_tells_sex_and_year_of_birth() {
        let mut numbers = PersonalNumbers::new(1);
        let mut random = Random::stream(1, Topic::Household, 1);
        for (born, sex, digits) in [
            (date(1985, 4, 30), Sex::Female, "185"),
            (date(2004, 1, 1), Sex::Male, "204"),
            (date(1985, 12, 31), Sex::Male, "085"),
            (date(2019, 7, 7), Sex::Female, "319"),
        ] {
            let number = numbers.next(&mut random, born, sex).unwrap();
            assert_eq!(number.len(), 12);
            assert!(number.bytes().all(|byte| byte.is_ascii_digit()));
            assert_eq!(&number[3..6], digits);
        }
    }

    #[test]
    fn no_number_comes_twice_until_the_year_is_full() {
        let mut numbers = PersonalNumbers::new(5);
        let mut random = Random::stream(1, Topic::Household, 2);
        let drawn: BTreeSet<_> =
            (0..60_000).map(|_| numbers.next(&mut random, date(1990, 1, 1), Sex::Male).unwrap()).collect();
        assert_eq!(drawn.len(), 60_000);
        assert!(drawn.iter().filter(|number| number.starts_with("083")).count() > 56_000);
        for key in [79, 82, 83, 84, 86] {
            numbers.used.insert((key, 0, 90), SERIALS);
        }
        assert_eq!(numbers.next(&mut random, date(1990, 1, 1), Sex::Male), None);
    }

    #[test]
    fn social_insurance_numbers_are_ten_digits_and_unique() {
        let drawn: BTreeSet<_> = (1..100_000).map(|id| social_insurance(PersonId(id))).collect();
        assert_eq!(drawn.len(), 99_999);
        assert!(drawn.iter().all(|number| number.len() == 10 && number.starts_with("83")));
    }
}
