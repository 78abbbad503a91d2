//! What a row of the law on policy credit must fulfil, and what of it may still change. Pure.
//!
//! Rates and who may borrow are in the products' own acts, ceilings and bands in Decision 12/QĐ-HĐQT of 2019 and Decision
//! 50/2010/QĐ-TTg (`rules.md` sections 5 and 6): rows, so that what was read wrongly is set right by the bank.

use chrono::NaiveDate;
use entity::{enums::LoanChange, loan_ceiling, loan_product, loan_rate, loan_rule, risk_debt_rule};
use rust_decimal::Decimal;

use super::check;
use crate::{
    error::{Failure, Result},
    law::{Law, decimal, row_of_law, within},
};

/// More than the law will lend a household, đồng: a sum above it has a zero too many.
const MOST: i64 = 100_000_000_000;
/// Longest term of a band, in months.
const MAX_TERM: i64 = 600;

/// What overdue interest is of the rate, in percent.
pub const OVERDUE_RATE: &str = "OVERDUE_RATE";
/// Points a year of the interest that the State pays, and the rate above which it does.
pub const INTEREST_SUPPORT: &str = "INTEREST_SUPPORT";
pub const INTEREST_SUPPORT_ABOVE: &str = "INTEREST_SUPPORT_ABOVE";
pub const GROUP_MIN_MEMBERS: &str = "GROUP_MIN_MEMBERS";
pub const GROUP_MAX_MEMBERS: &str = "GROUP_MAX_MEMBERS";
/// Years between two analyses of whether a borrower can repay.
const SOLVENCY_ANALYSIS_YEARS: &str = "SOLVENCY_ANALYSIS_YEARS";
/// The numbers that the service goes by, each with the least and the most it can be. Any other would mean nothing.
const NUMBERS: &[(&str, i64, i64)] = &[
    (OVERDUE_RATE, 100, 1_000),
    (INTEREST_SUPPORT, 0, 100),
    (INTEREST_SUPPORT_ABOVE, 0, 100),
    (GROUP_MIN_MEMBERS, 1, 1_000),
    (GROUP_MAX_MEMBERS, 1, 1_000),
    (SOLVENCY_ANALYSIS_YEARS, 1, 30),
];

/// A number that the service knows, as large as it can be.
pub fn check_rule(new: &loan_rule::Model, value: Decimal) -> Result<()> {
    let Some((code, least, most)) = NUMBERS.iter().find(|(code, ..)| *code == new.code) else {
        let codes = NUMBERS.iter().map(|(code, ..)| *code).collect::<Vec<_>>().join(", ");
        return Err(Failure::input(
            "input.code",
            format!("Nothing goes by the number {}; those that something does are {codes}.", new.code),
            format!("Hệ thống không áp dụng quy định {}; các quy định được áp dụng là {codes}.", new.code),
        ));
    };
    decimal("input.value", value, *least, *most)?;
    if [GROUP_MIN_MEMBERS, GROUP_MAX_MEMBERS, SOLVENCY_ANALYSIS_YEARS].contains(code) && !value.fract().is_zero() {
        return Err(Failure::input(
            "input.value",
            format!("{code} is a whole number; {value} was given."),
            format!("{code} phải là số nguyên; đã khai {value}."),
        ));
    }
    new.days().check()
}

/// The least number of members isn't above the most on any day.
pub fn members_agree(new: &loan_rule::Model, value: Decimal, known: &[loan_rule::Model]) -> Result<()> {
    let counterpart = match new.code.as_str() {
        GROUP_MIN_MEMBERS => GROUP_MAX_MEMBERS,
        GROUP_MAX_MEMBERS => GROUP_MIN_MEMBERS,
        _ => return Ok(()),
    };
    let others = known.iter().filter(|other| other.code == counterpart && other.days().meet(new.days()));
    for other in others {
        let Ok(of_other) = other.value.parse::<Decimal>() else { continue };
        let (least, most) = if new.code == GROUP_MIN_MEMBERS { (value, of_other) } else { (of_other, value) };
        if least > most {
            return Err(Failure::conflict(
                format!("{counterpart} is {of_other} from {}; {} can't be {value}.", other.effective_from, new.code),
                format!("{counterpart} là {of_other} từ {}; {} không thể là {value}.", other.effective_from, new.code),
            )
            .with_field("input.value"));
        }
    }
    Ok(())
}

/// The last day on which the law may read otherwise than before, when a number is recorded in place of another; none where
/// that isn't known.
pub fn last_changed(new: &loan_rule::Model, before: Option<&loan_rule::Model>) -> Option<NaiveDate> {
    let to = new.effective_to?;
    before.map_or(Some(to), |before| before.effective_to.map(|other| other.max(to)))
}

/// Percent a year.
pub fn check_rate(rate: Decimal) -> Result<()> {
    decimal("input.annualRate", rate, 0, 100)
}

pub fn check_product(new: &loan_product::Model) -> Result<()> {
    within("input.maxAmount", new.max_amount, 1, MOST)?;
    check::term(new.max_term_months, "input.maxTermMonths")?;
    within("input.graceMonths", new.grace_months.into(), 0, i64::from(new.max_term_months) - 1)?;
    new.days().check()
}

pub fn check_ceiling(new: &loan_ceiling::Model) -> Result<()> {
    within("input.maxAmount", new.max_amount, 1, MOST)?;
    if new.abolished && new.effective_to.is_none() {
        return Err(Failure::input(
            "input.effectiveTo",
            "A ceiling that was abolished has a last day; say which.",
            "Mức trần bị bãi bỏ phải có ngày hết hiệu lực; hãy nêu ngày đó.",
        ));
    }
    new.days().check()
}

/// Of the loans asked for under a version: their days, the largest sum, the longest term and the longest grace of those that
/// it allowed.
#[derive(Clone, Copy, Debug)]
pub struct Lent {
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub principal: i64,
    pub months: i32,
    pub grace: i32,
}

/// With loans asked for under a version it goes on allowing them: who may borrow for what stands, the ceiling, the term and
/// the grace hold the largest of them, the days hold them all.
pub fn check_lent(before: &loan_product::Model, new: &loan_product::Model, lent: Option<Lent>) -> Result<()> {
    let Some(lent) = lent else { return Ok(()) };
    let audience = [
        ("input.eligibleClasses", before.eligible_classes != new.eligible_classes),
        ("input.eligibleCategories", before.eligible_categories != new.eligible_categories),
        ("input.eligibleArea", before.eligible_area != new.eligible_area),
        ("input.purpose", before.purpose != new.purpose),
    ];
    if let Some((field, _)) = audience.into_iter().find(|(_, differs)| *differs) {
        return Err(stands(
            before,
            lent,
            "who may borrow and for what stands",
            "đối tượng và mục đích vay không đổi",
            field,
        ));
    }
    if new.max_amount < lent.principal {
        let (words, words_vi) =
            (format!("one of {} đồng", lent.principal), format!("có khoản vay {} đồng", lent.principal));
        return Err(stands(before, lent, &words, &words_vi, "input.maxAmount"));
    }
    if new.max_term_months < lent.months {
        let (words, words_vi) =
            (format!("one of {} months", lent.months), format!("có khoản vay {} tháng", lent.months));
        return Err(stands(before, lent, &words, &words_vi, "input.maxTermMonths"));
    }
    if new.grace_months < lent.grace {
        let (words, words_vi) =
            (format!("one has {} months of grace", lent.grace), format!("có khoản vay ân hạn {} tháng", lent.grace));
        return Err(stands(before, lent, &words, &words_vi, "input.graceMonths"));
    }
    if new.effective_to.is_some_and(|to| to < lent.last) {
        return Err(stands(
            before,
            lent,
            "its days must hold them",
            "thời gian áp dụng phải bao gồm các ngày đó",
            "input.effectiveTo",
        ));
    }
    Ok(())
}

fn stands(before: &loan_product::Model, lent: Lent, why: &str, why_vi: &str, field: &str) -> Failure {
    let (code, from, Lent { first, last, .. }) = (&before.code, before.effective_from, lent);
    Failure::conflict(
        format!(
            "Loans were asked for from {first} to {last} under {code} of {from}: {why}. End it on {last} or later and record \
             another version from the day after."
        ),
        format!(
            "Từ {first} đến {last} đã có đề nghị vay theo {code} áp dụng từ {from}: {why_vi}. Hãy kết thúc vào ngày {last} \
             hoặc sau đó và ghi nội dung mới từ ngày kế tiếp."
        ),
    )
    .with_field(field)
}

/// Interest up to this day was taken by what would change: what was charged is never worked out anew.
pub fn charged(code: &str, last: NaiveDate, field: &str) -> Failure {
    Failure::conflict(
        format!(
            "Interest up to {last} was taken by {code} as it stands; it isn't worked out anew. Record what changes from {last} \
             or a later day."
        ),
        format!(
            "Đã thu lãi đến ngày {last} theo {code} hiện có; lãi đã thu không được tính lại. Hãy ghi nội dung mới từ ngày \
             {last} hoặc sau đó."
        ),
    )
    .with_field(field)
}

/// A band of damages that the service can go by.
pub fn check_band(new: &risk_debt_rule::Model) -> Result<()> {
    if !matches!(new.change, LoanChange::Extension | LoanChange::Freeze) {
        let change = new.change.as_str();
        return Err(Failure::input(
            "input.change",
            format!("Bands of damage are for EXTENSION and FREEZE; {change} goes by none."),
            format!("Mức thiệt hại chỉ áp dụng cho EXTENSION và FREEZE; {change} không theo mức."),
        ));
    }
    let optional = |field, given: Option<i32>, least: i32, most: i64| {
        given.map_or(Ok(()), |given| within(field, given.into(), least.into(), most))
    };
    within("input.damageFrom", new.damage_from.into(), 0, 99)?;
    optional("input.damageBelow", new.damage_below, new.damage_from.saturating_add(1), 100)?;
    within("input.termFrom", new.term_from.into(), 1, MAX_TERM)?;
    optional("input.termTo", new.term_to, new.term_from, MAX_TERM)?;
    optional("input.maxMonths", new.max_months, 1, MAX_TERM)?;
    optional("input.maxShareOfTerm", new.max_term_percent, 1, 100)?;
    if new.max_months.is_none() && new.max_term_percent.is_none() {
        return Err(Failure::input(
            "input.maxMonths",
            "A band has a longest time: in months, or as a share of the term.",
            "Phải có thời hạn tối đa: theo tháng hoặc theo tỷ lệ thời hạn vay.",
        ));
    }
    new.days().check()
}

/// On each day a loss of a loan lies in one band at most.
pub fn alone(new: &risk_debt_rule::Model, known: &[risk_debt_rule::Model]) -> Result<()> {
    let others = known.iter().filter(|other| other.code != new.code && other.days().meet(new.days()));
    let clash = others.into_iter().find(|other| {
        meet(damages(new), damages(other)) && meet((new.term_from, new.term_to), (other.term_from, other.term_to))
    });
    let Some(other) = clash else { return Ok(()) };
    let (code, from, (least, most)) = (&other.code, other.effective_from, damages(other));
    let most = most.map_or(100, |most| most.saturating_add(1));
    Err(Failure::conflict(
        format!("{code} has damages of {least} to {most}% for some of these terms since {from}; a loss lies in one band."),
        format!("{code} đã áp dụng cho mức thiệt hại {least} đến {most}% từ {from}; mỗi mức thiệt hại chỉ theo một quy định."),
    )
    .with_field("input.damageFrom"))
}

/// From and to, both in it.
type Range = (i32, Option<i32>);

fn damages(rule: &risk_debt_rule::Model) -> Range {
    // To just below the next band: any share of the percent before it is in this one.
    (rule.damage_from, rule.damage_below.map(|below| below.saturating_sub(1)))
}

fn meet((from, to): Range, (other_from, other_to): Range) -> bool {
    from <= other_to.unwrap_or(i32::MAX) && other_from <= to.unwrap_or(i32::MAX)
}

row_of_law!(loan_rule, "LoanRule", ("loan rule", "quy định tín dụng"), to_its_end "input.code", {
    "name": name, "value": value, "basis": basis, "source": source, "effectiveTo": effective_to,
});
row_of_law!(loan_ceiling(LoanCeilingId), "LoanCeiling", ("ceiling", "mức trần"), to_its_end "input.code", {
    "name": name, "maxAmount": max_amount, "basis": basis, "source": source, "effectiveTo": effective_to, "abolished": abolished,
});
row_of_law!(risk_debt_rule, "RiskDebtRule", ("risk-debt rule", "quy định xử lý nợ rủi ro"), to_its_end "input.code", {
    "change": change, "damageFrom": damage_from, "damageBelow": damage_below, "termFrom": term_from, "termTo": term_to,
    "maxMonths": max_months, "maxShareOfTerm": max_term_percent, "basis": basis, "source": source,
    "effectiveTo": effective_to,
});
row_of_law!(loan_product(LoanProductId), "LoanProduct", ("loan product", "sản phẩm tín dụng"), to_its_end "input.code", {
    "name": name, "maxAmount": max_amount, "maxTermMonths": max_term_months, "graceMonths": grace_months,
    "eligibleClasses": eligible_classes,
    "eligibleCategories": eligible_categories, "eligibleArea": eligible_area, "purpose": purpose, "basis": basis,
    "source": source, "effectiveTo": effective_to,
});

row_of_law!(loan_rate, "LoanRate", ("rate of", "lãi suất của"), until_the_next "input.productCode" |row| row.product_code.clone(), {
    "annualRate": annual_rate, "basis": basis, "source": source,
});

#[cfg(test)]
#[path = "law_rules_tests.rs"]
mod tests;
