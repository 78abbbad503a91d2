//! Who may borrow under a product: by the household's class on the day, by one of the borrower's categories, and by where
//! the household lives. Pure.
//!
//! Sources: `rules.md` section 5, L1 to L8; the products' own rows name the acts. A household counts as newly escaped for
//! three years from the first decision off the list, whatever it is called since (Decision 28/2015/QĐ-TTg; L3).

use chrono::NaiveDate;
use entity::{
    enums::{AreaKind, PovertyClass},
    household, loan_product, person,
};

use crate::{
    error::{Failure, Result},
    household::HouseholdOn,
};

/// CONFLICT where the product is not for the household, or not for this borrower of it. `then`: the household on the
/// day; `tells`: whether the caller may read its class.
pub fn check(
    product: &loan_product::Model,
    household: &household::Model,
    borrower: Option<&person::Model>,
    (day, then): (NaiveDate, &HouseholdOn),
    tells: bool,
) -> Result<()> {
    if product.eligible_area.is_some_and(|area| area != then.area_kind) {
        return Err(elsewhere(product, household, day, then.area_kind));
    }
    let classes = product.eligible_classes;
    let open = classes.is_empty() && product.eligible_categories.is_empty();
    let by_class = counts_as(then, day).into_iter().flatten().any(|class| classes.contains(class));
    let categories = borrower.map(|person| person.categories.intersection(product.eligible_categories));
    if open || by_class || categories.is_some_and(|categories| !categories.is_empty()) {
        return Ok(());
    }
    Err(not_for(product, &standing(household, day, then, tells)))
}

/// The classes that count for credit: the one in force, and newly escaped for three years and not a day longer.
fn counts_as(then: &HouseholdOn, day: NaiveDate) -> [Option<PovertyClass>; 2] {
    let in_force = then.class.filter(|class| *class != PovertyClass::NewlyEscaped);
    let escaped = then.newly_escaped_until.is_some_and(|until| day <= until);
    [in_force, escaped.then_some(PovertyClass::NewlyEscaped)]
}

/// What the household is, in English and Vietnamese.
fn standing(household: &household::Model, day: NaiveDate, then: &HouseholdOn, tells: bool) -> (String, String) {
    let code = &household.code;
    let Some((class, since)) = then.class.zip(then.since).filter(|_| tells) else {
        return if tells {
            (
                format!("The household {code} has no class decided by {day}"),
                format!("Hộ {code} chưa có quyết định phân loại vào ngày {day}"),
            )
        } else {
            (
                format!("The household {code} doesn't qualify on {day}"),
                format!("Hộ {code} không đủ điều kiện vào ngày {day}"),
            )
        };
    };
    let name = class.as_str();
    let over = then.newly_escaped_until.filter(|until| class == PovertyClass::NewlyEscaped && *until < day);
    match over {
        Some(until) => (
            format!(
                "The household {code} is {name} since {since} and counts as such for credit until {until}, not on {day}"
            ),
            format!(
                "Hộ {code} là {name} từ {since}, chỉ được vay theo diện này đến hết ngày {until}, không phải ngày {day}"
            ),
        ),
        None => (
            format!("The household {code} is {name} since {since}"),
            format!("Hộ {code} thuộc diện {name} từ ngày {since}"),
        ),
    }
}

fn not_for(product: &loan_product::Model, (standing, standing_vi): &(String, String)) -> Failure {
    let code = &product.code;
    let classes = list(product.eligible_classes.iter().map(PovertyClass::as_str));
    let categories = list(product.eligible_categories.iter().map(|category| category.as_str()));
    let (or, or_vi) = if categories.is_empty() {
        (String::new(), String::new())
    } else {
        (format!(", or to a borrower who is {categories}"), format!(", hoặc người vay là {categories}"))
    };
    Failure::conflict(
        format!("{standing}; {code} lends to {classes}{or}."),
        format!("{standing_vi}; {code} chỉ cho vay hộ {classes}{or_vi}."),
    )
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn elsewhere(product: &loan_product::Model, household: &household::Model, day: NaiveDate, lives: AreaKind) -> Failure {
    let (code, household) = (&product.code, &household.code);
    let (lives, needed) = (lives.as_str(), product.eligible_area.map_or("", AreaKind::as_str));
    Failure::conflict(
        format!("Where the household {household} lived on {day} is {lives}; {code} lends to {needed} households."),
        format!("Nơi cư trú của hộ {household} vào ngày {day} là {lives}; {code} chỉ cho vay hộ ở khu vực {needed}."),
    )
}

#[cfg(test)]
mod tests {
    use PovertyClass::{Average, NearPoor, NewlyEscaped, Poor};
    use entity::{
        EnumSet,
        enums::{Basis, PersonCategory, SupportPurpose},
        ids::{AdminUnitId, HouseholdId, LoanProductId},
    };
    use proptest::prelude::*;

    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn product(code: &str, classes: &[PovertyClass], categories: &[PersonCategory]) -> loan_product::Model {
        loan_product::Model {
            id: LoanProductId(1),
            code: code.to_owned(),
            name: String::new(),
            max_amount: 100_000_000,
            max_term_months: 60,
            grace_months: 0,
            annual_rate: "6.6".to_owned(),
            eligible_classes: EnumSet::from(classes),
            eligible_categories: EnumSet::from(categories),
            eligible_area: (code == "WATER_SANITATION").then_some(AreaKind::Rural),
            purpose: SupportPurpose::Production,
            basis: Basis::Stated,
            source: String::new(),
            effective_from: on("2019-03-01"),
            effective_to: None,
            version: 1,
            recorded_at: None,
            recorded_by: None,
        }
    }

    fn home() -> household::Model {
        household::Model {
            id: HouseholdId(1),
            code: "28757-000001".to_owned(),
            commune_id: AdminUnitId(1),
            district_id: AdminUnitId(2),
            hamlet_id: None,
            area_kind: AreaKind::Rural,
            address: None,
            categories: EnumSet::new(),
            search_text: String::new(),
            poverty_class: None,
            next_class: None,
            next_class_on: None,
            registered_on: on("2022-01-01"),
            history_from: on("2022-01-01"),
            dissolved_on: None,
            dissolved_reason: None,
            version: 1,
            created_at: 0,
            updated_at: 0,
            updated_by: None,
        }
    }

    fn then(class: Option<PovertyClass>, until: Option<&str>) -> HouseholdOn {
        HouseholdOn {
            class,
            since: class.map(|_| on("2024-01-01")),
            decision: None,
            newly_escaped_until: until.map(on),
            categories: EnumSet::new(),
            area_kind: AreaKind::Rural,
        }
    }

    fn may(product: &loan_product::Model, then: &HouseholdOn, day: &str) -> Result<()> {
        check(product, &home(), None, (on(day), then), true)
    }

    #[test]
    fn the_class_of_the_day_opens_a_product() {
        let poor = product("POOR", &[Poor], &[]);
        assert!(may(&poor, &then(Some(Poor), None), "2026-01-01").is_ok());
        let refused = may(&poor, &then(Some(NearPoor), None), "2026-01-01").unwrap_err();
        let told = "The household 28757-000001 is NEAR_POOR since 2024-01-01; POOR lends to POOR.";
        assert_eq!(refused.message, told);
        let never = may(&poor, &then(None, None), "2026-01-01").unwrap_err();
        assert!(never.message.contains("has no class decided by 2026-01-01"), "{}", never.message);
        let hidden = check(&poor, &home(), None, (on("2026-01-01"), &then(Some(NearPoor), None)), false).unwrap_err();
        assert!(
            !hidden.message.contains("NEAR_POOR") && !hidden.message_vi.contains("NEAR_POOR"),
            "{}",
            hidden.message
        );
    }

    #[test]
    fn newly_escaped_lasts_three_years_and_not_a_day_longer() {
        let escaped = product("NEWLY_ESCAPED", &[NewlyEscaped], &[]);
        for class in [NewlyEscaped, Average] {
            let then = then(Some(class), Some("2027-01-01"));
            assert!(may(&escaped, &then, "2027-01-01").is_ok(), "{class:?}");
            assert!(may(&escaped, &then, "2027-01-02").is_err(), "{class:?}");
        }
        let refused = may(&escaped, &then(Some(NewlyEscaped), Some("2027-01-01")), "2027-01-02").unwrap_err();
        assert!(refused.message.contains("until 2027-01-01"), "{}", refused.message);
    }

    #[test]
    fn what_is_for_everybody_asks_for_no_class_but_for_a_place() {
        assert!(may(&product("JOB_CREATION", &[], &[]), &then(None, None), "2026-01-01").is_ok());
        let water = product("WATER_SANITATION", &[], &[]);
        assert!(may(&water, &then(None, None), "2026-01-01").is_ok());
        let urban = HouseholdOn { area_kind: AreaKind::Urban, ..then(Some(Poor), None) };
        let refused = may(&water, &urban, "2026-01-01").unwrap_err();
        assert!(refused.message.contains("URBAN") && refused.message.contains("RURAL"), "{}", refused.message);
    }

    proptest! {
        /// Whoever may borrow goes on being able to when the product opens to one class more.
        #[test]
        fn a_wider_product_refuses_nobody_more(class in 0..PovertyClass::ALL.len(), open in 0..32_i64, more in 0..PovertyClass::ALL.len()) {
            let classes: Vec<_> = EnumSet::<PovertyClass>::from_bits(open).unwrap().iter().collect();
            let wider = [classes.as_slice(), &[PovertyClass::ALL[more]]].concat();
            let then = then(Some(PovertyClass::ALL[class]), None);
            let narrow = !classes.is_empty() && may(&product("X", &classes, &[]), &then, "2026-01-01").is_ok();
            prop_assert!(!narrow || may(&product("X", &wider, &[]), &then, "2026-01-01").is_ok());
        }
    }
}
