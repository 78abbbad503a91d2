//! What makes a coverage well-formed, and which coverages of one person exclude each other.

use chrono::NaiveDate;
use entity::{enums::InsuranceKind, insurance_coverage};

use super::input::InsuranceCoverageInput;
use crate::{
    error::{Failure, Result},
    schema::text,
};

/// Longer than any number or code of a group.
const MAX_CODE: usize = 20;

/// A coverage as it is told, whoever's it is. Two of them are the same coverage when they are equal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Coverage {
    pub kind: InsuranceKind,
    pub number: Option<String>,
    pub participant_group: Option<String>,
    pub valid_from: NaiveDate,
    /// The last day.
    pub valid_to: Option<NaiveDate>,
}

impl Coverage {
    /// A well-formed coverage, or BAD_USER_INPUT with the field from the item on.
    pub fn given(input: &InsuranceCoverageInput) -> Result<Self> {
        let number = text::optional(input.number.as_deref(), "number", MAX_CODE)?;
        if let Some(number) = &number {
            check_number(input.kind, number)?;
        }
        let (valid_from, valid_to) = (input.valid_from.0, input.valid_to.map(|to| to.0));
        if let Some(to) = valid_to.filter(|to| *to < valid_from) {
            return Err(Failure::input(
                "validTo",
                format!("The coverage would end on {to}, before it begins on {valid_from}."),
                format!("Ngày kết thúc {to} trước ngày bắt đầu {valid_from}."),
            ));
        }
        let participant_group = text::optional(input.participant_group.as_deref(), "participantGroup", MAX_CODE)?;
        Ok(Self { kind: input.kind, number, participant_group, valid_from, valid_to })
    }

    pub fn stored(model: &insurance_coverage::Model) -> Self {
        Self {
            kind: model.kind,
            number: model.number.clone(),
            participant_group: model.participant_group.clone(),
            valid_from: model.valid_from,
            valid_to: model.valid_to,
        }
    }

    /// Whether both cover a day with the same kind of insurance.
    pub fn overlaps(&self, other: &Self) -> bool {
        let reaches = |one: &Self, from| one.valid_to.is_none_or(|to| from <= to);
        self.kind == other.kind && reaches(self, other.valid_from) && reaches(other, self.valid_from)
    }
}

/// A health card bears 15 characters, of which new cards show the last 10 (`rules.md` H1, H2); everything else goes by
/// the 10 digits of the social insurance number.
fn check_number(kind: InsuranceKind, number: &str) -> Result<()> {
    let social = |number: &str| number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit());
    let card = |number: &str| match number.as_bytes() {
        [group @ .., level] if group.len() == 2 => {
            group.iter().all(u8::is_ascii_uppercase) && matches!(level, b'1'..=b'5')
        }
        _ => false,
    };
    if social(number) {
        return Ok(());
    }
    if kind != InsuranceKind::Health {
        return Err(Failure::input(
            "number",
            "A social insurance number has exactly 10 digits.",
            "Mã số bảo hiểm xã hội phải có đúng 10 chữ số.",
        ));
    }
    let (head, rest) = number.split_at_checked(3).unwrap_or_default();
    let (province, rest) = rest.split_at_checked(2).unwrap_or_default();
    if card(head) && province.bytes().all(|byte| byte.is_ascii_digit()) && social(rest) {
        return Ok(());
    }
    Err(Failure::input(
        "number",
        "A health insurance number has 15 characters, such as HN2838312345678, or its last 10 digits.",
        "Mã thẻ BHYT gồm 15 ký tự, ví dụ HN2838312345678, hoặc 10 chữ số cuối.",
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::scalars::Date;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2022, 1, 1).unwrap() + chrono::Days::new(number)
    }

    fn input(kind: InsuranceKind, number: Option<&str>) -> InsuranceCoverageInput {
        InsuranceCoverageInput {
            person_id: None,
            national_id: None,
            kind,
            number: number.map(str::to_owned),
            participant_group: Some(" HN ".to_owned()),
            valid_from: Date(day(0)),
            valid_to: None,
        }
    }

    #[test]
    fn numbers_have_the_form_of_their_kind() {
        use InsuranceKind::{Health, SocialCompulsory, SocialVoluntary, Unemployment};
        for (kind, number) in [
            (Health, "HN2838312345678"),
            (Health, "GD4790123456789"),
            (Health, "8312345678"),
            (SocialVoluntary, "8312345678"),
            (SocialCompulsory, "8312345678"),
            (Unemployment, "8312345678"),
        ] {
            assert!(Coverage::given(&input(kind, Some(number))).is_ok(), "{kind:?} {number}");
        }
        for (kind, number) in [
            (Health, "HN6838312345678"),
            (Health, "HN0838312345678"),
            (Health, "hn2838312345678"),
            (Health, "H12838312345678"),
            (Health, "HN28383123456789"),
            (Health, "HN2A38312345678"),
            (Health, "HN283831234567"),
            (Health, "83123456789"),
            (Health, "ĐN283831234567"),
            (SocialVoluntary, "HN2838312345678"),
            (Unemployment, "831234567"),
            (Unemployment, "83123 5678"),
        ] {
            let failure = Coverage::given(&input(kind, Some(number))).unwrap_err();
            assert_eq!(failure.field.as_deref(), Some("number"), "{kind:?} {number}");
        }
        let unnumbered = Coverage::given(&input(Health, None)).unwrap();
        assert_eq!((unnumbered.number, unnumbered.participant_group.as_deref()), (None, Some("HN")));
    }

    #[test]
    fn a_coverage_lasts_at_least_a_day() {
        let ending = |to| InsuranceCoverageInput {
            valid_from: Date(day(5)),
            valid_to: Some(Date(day(to))),
            ..input(InsuranceKind::Health, None)
        };
        assert!(Coverage::given(&ending(5)).is_ok());
        assert_eq!(Coverage::given(&ending(4)).unwrap_err().field.as_deref(), Some("validTo"));
    }

    fn coverage() -> impl Strategy<Value = Coverage> {
        let kind = prop_oneof![Just(InsuranceKind::Health), Just(InsuranceKind::Unemployment)];
        (kind, 0..30_u64, proptest::option::of(0..30_u64)).prop_map(|(kind, from, length)| Coverage {
            kind,
            number: None,
            participant_group: None,
            valid_from: day(from),
            valid_to: length.map(|length| day(from + length)),
        })
    }

    proptest! {
        #[test]
        fn two_coverages_overlap_when_a_day_has_both(one in coverage(), other in coverage()) {
            let covers = |coverage: &Coverage, day: NaiveDate| {
                coverage.valid_from <= day && coverage.valid_to.is_none_or(|to| day <= to)
            };
            let shared = (0..100).map(day).any(|day| covers(&one, day) && covers(&other, day));
            prop_assert_eq!(one.overlaps(&other), shared && one.kind == other.kind);
            prop_assert_eq!(one.overlaps(&other), other.overlaps(&one));
        }
    }
}
