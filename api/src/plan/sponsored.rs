//! Poor households that a sponsor looks after, as the register counts them: 125 of merit and 3,291 under social protection
//! are the plan's figures (II.4).

/// Households of a category, poor today, that are sponsored today. `bit`: of the category, as sets of them are stored.
macro_rules! sponsored {
    ($bit:literal) => {
        concat!(
            "(SELECT count(*) FROM household h WHERE h.dissolved_on IS NULL AND (h.categories & ",
            $bit,
            ") <> 0 AND CASE WHEN h.next_class_on <= {day} THEN h.next_class ELSE h.poverty_class END = 'POOR' \
             AND EXISTS (SELECT 1 FROM sponsorship s WHERE s.household_id = h.id AND s.starts_on <= {day} \
             AND (s.ends_on IS NULL OR s.ends_on >= {day})) AND {seen_household.h})"
        )
    };
}

/// For `{t}` of `indicator`.
pub const COUNTED: &str = concat!(
    "CASE {t}.code WHEN 'SPONSORED_MERIT_POOR' THEN ",
    sponsored!(1),
    " WHEN 'SPONSORED_SP_POOR' THEN ",
    sponsored!(2),
    " END"
);

#[cfg(test)]
mod tests {
    use entity::{EnumSet, enums::HouseholdCategory};

    #[test]
    fn bits_are_those_of_sets() {
        for (category, bit) in [(HouseholdCategory::Merit, 1), (HouseholdCategory::SocialProtection, 2)] {
            assert_eq!(EnumSet::from([category].as_slice()).bits(), bit, "{category:?}");
        }
    }
}
