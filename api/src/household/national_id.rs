//! Personal numbers: 12 digits, of which the fourth tells century and sex and the next two the year of birth
//! (Decree 137/2015 art. 13, `rules.md` N1 and N2). There is no check digit.

use chrono::{Datelike, NaiveDate};
use entity::enums::Sex;

use crate::error::{Failure, Result};

/// What a number says of its bearer.
#[derive(Debug, Eq, PartialEq)]
pub struct Says {
    pub sex: Sex,
    pub birth_year: i32,
}

/// BAD_USER_INPUT unless the number has 12 digits. Anything else about it is at most a warning (N4).
pub fn check(number: &str, field: &str) -> Result<()> {
    if number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Failure::input(
        field,
        "A personal number has exactly 12 digits.",
        "Số định danh cá nhân phải có đúng 12 chữ số.",
    ))
}

/// Century, sex and year of birth, where the number has them.
pub fn says(number: &str) -> Option<Says> {
    let century_and_sex = i32::from(number.as_bytes().get(3)?.checked_sub(b'0')?);
    let year: i32 = number.get(4..6)?.parse().ok()?;
    let sex = if century_and_sex % 2 == 0 { Sex::Male } else { Sex::Female };
    Some(Says { sex, birth_year: 1900 + 100 * (century_and_sex / 2) + year })
}

/// Whether the number agrees with what is recorded of the person; unknown facts agree.
pub fn agrees(number: &str, sex: Option<Sex>, born: Option<NaiveDate>) -> bool {
    says(number).is_some_and(|says| {
        sex.is_none_or(|sex| sex == says.sex) && born.is_none_or(|born| born.year() == says.birth_year)
    })
}

/// Several people claim the number.
pub fn several() -> Failure {
    Failure::conflict(
        "Several people claim this personal number. Use personsByNationalId to see them.",
        "Có nhiều người cùng khai số định danh này. Dùng personsByNationalId để xem.",
    )
    .with_field("nationalId")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_sex_and_year() {
        for (number, sex, birth_year) in
            [("083185000123", Sex::Female, 1985), ("083204000123", Sex::Male, 2004), ("083085000123", Sex::Male, 1985)]
        {
            assert_eq!(says(number), Some(Says { sex, birth_year }), "{number}");
        }
        let born = NaiveDate::from_ymd_opt(1985, 3, 1);
        assert!(agrees("083185000123", Some(Sex::Female), born));
        assert!(agrees("083185000123", None, None));
        assert!(!agrees("083185000123", Some(Sex::Male), born));
        assert!(!agrees("083185000123", None, NaiveDate::from_ymd_opt(1986, 3, 1)));
    }

    #[test]
    fn only_twelve_digits_are_a_number() {
        assert!(check("083185000123", "n").is_ok());
        for wrong in ["", "08318500012", "0831850001234", "08318500012a", "０８３１"] {
            assert_eq!(check(wrong, "n").unwrap_err().field.as_deref(), Some("n"), "{wrong}");
        }
    }
}
