//! What may be done about a debt, by how much the borrower lost for objective causes. Pure.
//!
//! Decision 50/2010/QĐ-TTg as amended by 08/2021/QĐ-TTg and Decision 15/QĐ-HĐQT of 2011: `rules.md` K1 to K3. The bands and
//! their longest times are dated rows (`risk_debt_rule`), some of them unverified. Subjective causes get nothing: there is
//! no name for them in `RiskDebtCause`.

use chrono::{Months, NaiveDate};
use entity::{
    enums::{DamageRecordSigner, LoanChange, RiskDebtCause},
    loan, risk_debt_rule,
};
use rust_decimal::Decimal;

use super::ledger::Ledger;
use crate::{
    error::{Failure, Result},
    schema::Warning,
};

/// Who signs the record of a damage: borrower, commune and bank, and the group of a loan in one (K3).
pub fn signers(in_group: bool) -> impl Iterator<Item = DamageRecordSigner> {
    use DamageRecordSigner::{Bank, Borrower, Commune, Group};
    [Borrower, Commune, Bank].into_iter().chain(in_group.then_some(Group))
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub change: LoanChange,
    pub on: NaiveDate,
    /// The last day of an extension or a freeze.
    pub until: Option<NaiveDate>,
    pub cause: Option<RiskDebtCause>,
    /// Percent.
    pub damage: Option<Decimal>,
}

/// The debt that it is done about.
#[derive(Clone, Copy, Debug)]
pub struct Debt {
    pub term_months: i32,
    /// As agreed, before any extension: extensions are counted together.
    pub agreed_maturity: Option<NaiveDate>,
    pub frozen_until: Option<NaiveDate>,
}

impl Debt {
    pub fn of(loan: &loan::Model, ledger: &Ledger) -> Self {
        let months = u32::try_from(loan.term_months).ok().map(Months::new);
        let agreed = loan.disbursed_on.zip(months).and_then(|(from, months)| from.checked_add_months(months));
        Self { term_months: loan.term_months, agreed_maturity: agreed, frozen_until: ledger.frozen_until() }
    }
}

/// Refuses what the loss doesn't allow, with the band that it lies in.
pub fn check(rules: &[risk_debt_rule::Model], asked: &Asked, debt: &Debt) -> Result<()> {
    match asked.change {
        LoanChange::Unfreeze => Ok(()),
        LoanChange::WriteOff => write_off(asked, debt),
        // An extension for no risk is the bank's own decision; only its length is set, so there must be one.
        LoanChange::Extension if asked.cause.is_none() && asked.damage.is_none() => {
            let of_term = || rules.iter().filter(|rule| of_term(rule, debt));
            if !of_term().any(|rule| rule.change == asked.change) {
                return Err(no_length(asked, debt));
            }
            within(of_term(), asked, debt)
        }
        LoanChange::Extension | LoanChange::Freeze => {
            let Some(damage) = asked.damage else { return Err(unknown_damage()) };
            let band: Vec<_> = rules.iter().filter(|rule| of_term(rule, debt) && of_damage(rule, damage)).collect();
            if !band.iter().any(|rule| rule.change == asked.change) {
                return Err(other_band(&band, asked.change, damage));
            }
            within(band.into_iter(), asked, debt)
        }
    }
}

const fn of_term(rule: &risk_debt_rule::Model, debt: &Debt) -> bool {
    let below = match rule.term_to {
        Some(to) => debt.term_months <= to,
        None => true,
    };
    rule.term_from <= debt.term_months && below
}

fn of_damage(rule: &risk_debt_rule::Model, damage: Decimal) -> bool {
    Decimal::from(rule.damage_from) <= damage && rule.damage_below.is_none_or(|below| damage < Decimal::from(below))
}

/// The longest time that a rule gives, in months.
fn longest(rule: &risk_debt_rule::Model, debt: &Debt) -> Option<i32> {
    let share = rule.max_term_percent.and_then(|share| debt.term_months.checked_mul(share)).map(|share| share / 100);
    rule.max_months.into_iter().chain(share).min()
}

/// Refuses what lasts longer than each rule for such a change allows.
fn within<'a>(rules: impl Iterator<Item = &'a risk_debt_rule::Model>, asked: &Asked, debt: &Debt) -> Result<()> {
    let from = match asked.change {
        LoanChange::Extension => debt.agreed_maturity.unwrap_or(asked.on),
        _ => asked.on,
    };
    for rule in rules.filter(|rule| rule.change == asked.change) {
        let Some(months) = longest(rule, debt) else { continue };
        let last = u32::try_from(months).ok().and_then(|months| from.checked_add_months(Months::new(months)));
        if let (Some(until), Some(last)) = (asked.until, last)
            && until > last
        {
            return Err(too_long(asked.change, months, (from, last, until)));
        }
    }
    Ok(())
}

/// After the end of a freeze, or for the dead and missing.
fn write_off(asked: &Asked, debt: &Debt) -> Result<()> {
    let dead = asked.cause == Some(RiskDebtCause::DeathOrMissing);
    match debt.frozen_until {
        _ if dead => Ok(()),
        Some(until) if until < asked.on => Ok(()),
        Some(until) => Err(Failure::conflict(
            format!("A debt is written off after its freeze, which lasts until {until}; {} was given.", asked.on),
            format!("Chỉ được xóa nợ sau khi hết thời gian khoanh nợ ({until}); đã khai ngày {}.", asked.on),
        )
        .with_field("input.occurredOn")),
        None => Err(Failure::conflict(
            "A debt is written off when it can't be paid after a freeze either, or the borrower is dead or missing; this one \
             was never frozen.",
            "Chỉ được xóa nợ khi hết thời gian khoanh nợ mà vẫn không trả được, hoặc người vay chết, mất tích; khoản vay này chưa được khoanh nợ.",
        )
        .with_field("input.change")),
    }
}

fn no_length(asked: &Asked, debt: &Debt) -> Failure {
    let (on, term) = (asked.on, debt.term_months);
    Failure::conflict(
        format!("On {on} no rule is in force that says how long a loan of {term} months may be extended. Record it first."),
        format!("Ngày {on} không có quy định nào về thời gian gia hạn tối đa của khoản vay {term} tháng. Hãy ghi quy định trước."),
    )
    .with_field("input.occurredOn")
}

fn unknown_damage() -> Failure {
    Failure::input(
        "input.damagePercent",
        "What may be done about a risk debt depends on the damage; give it in percent.",
        "Biện pháp xử lý nợ rủi ro phụ thuộc mức độ thiệt hại; hãy khai tỷ lệ thiệt hại (%).",
    )
}

fn other_band(band: &[&risk_debt_rule::Model], change: LoanChange, damage: Decimal) -> Failure {
    let (change, damage) = (change.as_str(), damage.normalize());
    let Some(rule) = band.first() else {
        return Failure::input(
            "input.damagePercent",
            format!("No rule in force provides for a damage of {damage}%."),
            format!("Không có quy định áp dụng cho mức thiệt hại {damage}%."),
        );
    };
    let (from, below, measure) = (rule.damage_from, rule.damage_below.unwrap_or(100), rule.change.as_str());
    Failure::input(
        "input.damagePercent",
        format!("A damage of {damage}% ({from} to {below}%) is a case for {measure}, not for {change}."),
        format!("Mức thiệt hại {damage}% (từ {from} đến {below}%) được xử lý bằng {measure}, không phải {change}."),
    )
}

fn too_long(change: LoanChange, months: i32, (from, last, until): (NaiveDate, NaiveDate, NaiveDate)) -> Failure {
    let change = change.as_str();
    Failure::input(
        "input.until",
        format!("{change} lasts {months} months at most here, from {from} to {last}; {until} was given."),
        format!("{change} tối đa {months} tháng trong trường hợp này, từ {from} đến {last}; đã khai {until}."),
    )
}

/// The warning for handling a risk debt without the record of the damage (K3, unverified: hence no refusal).
pub fn without_record(asked: &Asked, given: bool) -> Option<Warning> {
    if given || asked.cause.is_none() {
        return None;
    }
    Some(Warning::new(
        "DAMAGE_RECORD_MISSING",
        "input.damageRecord",
        "A risk debt is handled on a record of the damage, signed by the borrower, the group, the commune and the bank.",
        "Xử lý nợ rủi ro cần biên bản xác định thiệt hại có chữ ký của người vay, tổ, Ủy ban nhân dân xã và ngân hàng.",
    ))
}

#[cfg(test)]
mod tests {
    use LoanChange::{Extension, Freeze, WriteOff};
    use RiskDebtCause::{DeathOrMissing, NaturalDisaster};
    use entity::enums::Basis;
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rule(
        change: LoanChange,
        damage: (i32, Option<i32>),
        term: (i32, Option<i32>),
        longest: (Option<i32>, Option<i32>),
    ) -> risk_debt_rule::Model {
        risk_debt_rule::Model {
            id: 1,
            code: String::new(),
            change,
            damage_from: damage.0,
            damage_below: damage.1,
            term_from: term.0,
            term_to: term.1,
            max_months: longest.0,
            max_term_percent: longest.1,
            basis: Basis::Unknown,
            source: String::new(),
            effective_from: day("2010-09-15"),
            effective_to: None,
            version: 1,
            recorded_at: None,
            recorded_by: None,
        }
    }

    fn rules() -> Vec<risk_debt_rule::Model> {
        vec![
            rule(Extension, (0, Some(40)), (1, Some(12)), (Some(12), None)),
            rule(Extension, (0, Some(40)), (13, None), (None, Some(50))),
            rule(Freeze, (40, Some(80)), (1, None), (Some(36), None)),
            rule(Freeze, (80, None), (1, None), (Some(60), None)),
        ]
    }

    /// Paid out on 1 February 2025.
    fn debt(term_months: i32) -> Debt {
        let agreed = day("2025-02-01").checked_add_months(Months::new(u32::try_from(term_months).unwrap()));
        Debt { term_months, agreed_maturity: agreed, frozen_until: None }
    }

    fn field(change: LoanChange, damage: &str, term: i32, until: &str) -> Option<String> {
        let asked = Asked {
            change,
            on: day("2026-01-10"),
            until: Some(day(until)),
            cause: Some(NaturalDisaster),
            damage: Some(damage.parse().unwrap()),
        };
        check(&rules(), &asked, &debt(term)).err().and_then(|failure| failure.field)
    }

    #[test]
    fn the_damage_decides_what_may_be_done() {
        let (damage, until) = (Some("input.damagePercent".to_owned()), Some("input.until".to_owned()));
        for (change, percent, last, expected) in [
            (Extension, "0", "2027-02-01", &None),
            (Extension, "39.99", "2027-02-01", &None),
            (Extension, "40", "2027-02-01", &damage),
            (Freeze, "39.99", "2027-02-01", &damage),
            (Freeze, "40", "2029-01-10", &None),
            (Freeze, "40", "2029-01-11", &until),
            (Freeze, "79.99", "2029-01-11", &until),
            (Freeze, "80", "2031-01-10", &None),
            (Freeze, "100", "2031-01-11", &until),
        ] {
            assert_eq!(&field(change, percent, 12, last), expected, "{change:?} {percent} {last}");
        }
    }

    #[test]
    fn extensions_go_by_the_term_agreed() {
        // 12 months: up to 12 more. 36 months: up to 18 more, from 1 February 2028.
        assert_eq!(field(Extension, "10", 12, "2027-02-01"), None);
        assert_eq!(field(Extension, "10", 12, "2027-02-02").as_deref(), Some("input.until"));
        assert_eq!(field(Extension, "10", 36, "2029-08-01"), None);
        assert_eq!(field(Extension, "10", 36, "2029-08-02").as_deref(), Some("input.until"));
        let plain = Asked {
            change: Extension,
            on: day("2026-01-10"),
            until: Some(day("2029-08-02")),
            cause: None,
            damage: None,
        };
        assert!(check(&rules(), &plain, &debt(36)).is_err(), "also without a cause");
        assert!(
            check(&rules(), &Asked { cause: Some(NaturalDisaster), ..plain }, &debt(36)).is_err(),
            "a cause without a damage"
        );
    }

    #[test]
    fn where_no_rule_says_how_long_nothing_is_extended() {
        let until = Some(day("2026-08-01"));
        let plain = Asked { change: Extension, on: day("2026-01-10"), until, cause: None, damage: None };
        assert!(check(&rules(), &plain, &debt(36)).is_ok());
        let gap: Vec<_> = rules().into_iter().filter(|rule| rule.change == Freeze).collect();
        let refused = check(&gap, &plain, &debt(36)).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("input.occurredOn"));
        assert!(refused.message.contains("36 months") && refused.message.contains("2026-01-10"), "{}", refused.message);
    }

    #[test]
    fn a_write_off_follows_a_freeze_or_a_death() {
        let asked =
            Asked { change: WriteOff, on: day("2026-01-10"), until: None, cause: Some(NaturalDisaster), damage: None };
        let dead = Asked { cause: Some(DeathOrMissing), ..asked };
        let frozen = |until: &str| Debt { frozen_until: Some(day(until)), ..debt(36) };
        assert!(check(&rules(), &asked, &debt(36)).is_err());
        assert!(check(&rules(), &asked, &frozen("2026-01-10")).is_err());
        assert!(check(&rules(), &asked, &frozen("2026-01-09")).is_ok());
        assert!(check(&rules(), &dead, &debt(36)).is_ok());
    }

    proptest! {
        /// Of an extension and a freeze, each damage allows exactly one, and a longer time never makes it allowed.
        #[test]
        fn every_damage_is_a_case_for_one_of_the_two(percent in 0..=10_000_i64, term in 1..200_i32, months in 1..80_u32) {
            let asked = |change, months| Asked {
                change, on: day("2026-01-10"), cause: Some(NaturalDisaster), damage: Some(Decimal::new(percent, 2)),
                until: day("2026-01-10").checked_add_months(Months::new(months)),
            };
            let refused = |change| check(&rules(), &asked(change, 1), &debt(term)).err().and_then(|failure| failure.field);
            let other = |field: Option<String>| field.as_deref() == Some("input.damagePercent");
            prop_assert!(other(refused(Extension)) != other(refused(Freeze)));
            for change in [Extension, Freeze] {
                let allowed = |months| check(&rules(), &asked(change, months), &debt(term)).is_ok();
                prop_assert!(allowed(months) || !allowed(months + 1));
            }
        }
    }
}
