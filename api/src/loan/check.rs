//! What inputs on loans must fulfil before anything is read: amounts, days, terms, texts.

use chrono::NaiveDate;
use entity::{enums::LoanStatus, household, ids::PersonId, loan, loan_product, person};

use crate::{
    error::{Failure, Result},
    schema::text,
};

/// Longest contract number, receipt number or document number.
const MAX_NUMBER: usize = 64;
const MAX_REASON: usize = 1_000;
/// Longest term that any product has, and room: 50 years.
const MAX_TERM: i32 = 600;

/// What a request's own number begins with; no contract of the bank does.
pub const REQUEST_PREFIX: &str = "REQ-";
/// The reference of the entries that carry a balance over from the bank's own system.
pub const OPENING: &str = "OPENING";

pub fn positive(amount: i64, field: &str) -> Result<i64> {
    if amount > 0 {
        return Ok(amount);
    }
    Err(Failure::input(
        field,
        format!("An amount is above 0 đồng; {amount} was given."),
        format!("Số tiền phải lớn hơn 0; đã khai {amount}."),
    ))
}

/// A term in months.
pub fn term(months: i32, field: &str) -> Result<u32> {
    match u32::try_from(months) {
        Ok(term) if (1..=MAX_TERM).contains(&months) => Ok(term),
        _ => Err(Failure::input(
            field,
            format!("A term has 1 to {MAX_TERM} months; {months} was given."),
            format!("Thời hạn vay từ 1 đến {MAX_TERM} tháng; đã khai {months}."),
        )),
    }
}

/// The day something happened: not in the future, and not before what it follows.
pub fn day(on: NaiveDate, field: &str, not_before: Option<NaiveDate>, today: NaiveDate) -> Result<NaiveDate> {
    if on > today {
        return Err(Failure::input(
            field,
            format!("{on} lies in the future."),
            format!("Ngày {on} nằm trong tương lai."),
        ));
    }
    match not_before {
        Some(earliest) if on < earliest => Err(Failure::input(
            field,
            format!("{on} lies before {earliest}, the day of what it follows."),
            format!("Ngày {on} sớm hơn ngày {earliest} của bước trước đó."),
        )),
        _ => Ok(on),
    }
}

/// The bank's number of a receipt or a document.
pub fn reference(given: &str, field: &str) -> Result<String> {
    let given = text::required(given, field, MAX_NUMBER)?;
    if given != OPENING {
        return Ok(given);
    }
    Err(Failure::input(
        field,
        format!("The reference {OPENING} is kept for balances carried over by recordLoans."),
        format!("Số chứng từ {OPENING} chỉ dành cho số dư đầu kỳ do recordLoans ghi."),
    ))
}

/// The bank's number of a contract.
pub fn contract_number(given: &str, field: &str) -> Result<String> {
    let given = text::required(given, field, MAX_NUMBER)?;
    if !given.starts_with(REQUEST_PREFIX) {
        return Ok(given);
    }
    Err(Failure::input(
        field,
        format!("Numbers that begin with {REQUEST_PREFIX} belong to requests, not to contracts."),
        format!("Số bắt đầu bằng {REQUEST_PREFIX} dành cho đề nghị vay vốn, không phải hợp đồng."),
    ))
}

pub fn reason(given: &str, field: &str) -> Result<String> {
    text::required(given, field, MAX_REASON)
}

pub fn note(given: Option<&str>, field: &str) -> Result<Option<String>> {
    text::optional(given, field, MAX_REASON)
}

/// CONFLICT unless the loan is in one of these statuses.
pub fn status(loan: &loan::Model, expected: &[LoanStatus], field: &str) -> Result<()> {
    if expected.contains(&loan.status) {
        return Ok(());
    }
    let status = loan.status.as_str();
    let expected = expected.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", ");
    Err(Failure::conflict(
        format!("The loan is {status}; this is done to loans that are {expected}."),
        format!("Khoản vay đang ở trạng thái {status}; thao tác này chỉ áp dụng cho {expected}."),
    )
    .with_field(field))
}

/// The version of a product in force on a day; the earliest for days before the first.
pub fn product_on<'a>(
    versions: impl Iterator<Item = &'a loan_product::Model>,
    on: NaiveDate,
) -> Option<&'a loan_product::Model> {
    let (began, later): (Vec<_>, Vec<_>) = versions.partition(|version| version.effective_from <= on);
    let latest = began.into_iter().max_by_key(|version| version.effective_from);
    latest.or_else(|| later.into_iter().min_by_key(|version| version.effective_from))
}

/// The version is in force on the day of a request: a product may have ended.
pub fn offered(product: &loan_product::Model, on: NaiveDate, field: &str) -> Result<()> {
    let Some(ended) = product.effective_to.filter(|to| *to < on) else { return Ok(()) };
    let code = &product.code;
    Err(Failure::input(
        field,
        format!("{code} was offered until {ended}; {on} was given."),
        format!("{code} chỉ được cho vay đến hết ngày {ended}; đã khai {on}."),
    ))
}

/// A sum within the product's ceiling.
pub fn within_ceiling(amount: i64, product: &loan_product::Model, field: &str) -> Result<()> {
    let loan_product::Model { code, max_amount, .. } = product;
    if amount <= *max_amount {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("{amount} đồng is above the ceiling of {code}, {max_amount} đồng."),
        format!("Số tiền {amount} đồng vượt mức cho vay tối đa của {code} là {max_amount} đồng."),
    ))
}

/// A term within the product's.
pub fn within_term(months: i32, product: &loan_product::Model, field: &str) -> Result<()> {
    let loan_product::Model { code, max_term_months, .. } = product;
    if months <= *max_term_months {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("{months} months are above the longest term of {code}, {max_term_months} months."),
        format!("Thời hạn {months} tháng vượt thời hạn tối đa của {code} là {max_term_months} tháng."),
    ))
}

/// The grace of a loan: as asked, within the product's and the term; the product's where nothing is said, of a term that
/// isn't longer all but its last month.
pub fn grace(given: Option<i32>, months: i32, product: &loan_product::Model, field: &str) -> Result<i32> {
    let loan_product::Model { code, grace_months, .. } = product;
    let Some(given) = given else { return Ok((*grace_months).min(months.saturating_sub(1)).max(0)) };
    if !(0..=*grace_months).contains(&given) {
        return Err(Failure::input(
            field,
            format!("A grace of {code} has 0 to {grace_months} months; {given} was given."),
            format!("Thời gian ân hạn của {code} từ 0 đến {grace_months} tháng; đã khai {given}."),
        ));
    }
    grace_in_term(given, months, field)
}

/// The grace of a contract of the bank: as sent, within the term; the product's where nothing is said of its longest term,
/// and none of a shorter one.
pub fn recorded_grace(given: Option<i32>, months: i32, product: &loan_product::Model, field: &str) -> Result<i32> {
    match given {
        Some(given) => grace_in_term(given, months, field),
        None if months == product.max_term_months => Ok(product.grace_months),
        None => Ok(0),
    }
}

/// A grace that leaves some of the term to repay in.
pub fn grace_in_term(given: i32, months: i32, field: &str) -> Result<i32> {
    if (0..months).contains(&given) {
        return Ok(given);
    }
    let most = months.saturating_sub(1);
    Err(Failure::input(
        field,
        format!(
            "A grace has 0 to {most} of the term's {months} months, so that some are left to repay in; {given} was given."
        ),
        format!("Thời gian ân hạn từ 0 đến {most} tháng trong thời hạn vay {months} tháng; đã khai {given}."),
    ))
}

/// Who asks is a living member of the household.
pub fn borrower(person: &person::Model, household: &household::Model, field: &str) -> Result<()> {
    if person.household_id == Some(household.id) && person.died_on.is_none() {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("The borrower must be a living member of the household {}.", household.code),
        format!("Người vay phải là nhân khẩu còn sống của hộ {}.", household.code),
    ))
}

/// Who signed a contract that runs is of the household, or has left the register since.
pub fn signatory(person: &person::Model, household: &household::Model, field: &str) -> Result<PersonId> {
    if person.household_id.is_none_or(|id| id == household.id) {
        return Ok(person.id);
    }
    Err(Failure::input(
        field,
        format!("The borrower belongs to another household than {}.", household.code),
        format!("Người vay thuộc hộ khác, không phải hộ {}.", household.code),
    ))
}

#[cfg(test)]
mod tests {
    use entity::{
        EnumSet,
        enums::{Basis, SupportPurpose},
        ids::LoanProductId,
    };

    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn version(id: i64, from: &str, max_amount: i64) -> loan_product::Model {
        loan_product::Model {
            id: LoanProductId(id),
            code: "WATER_SANITATION".to_owned(),
            name: String::new(),
            max_amount,
            max_term_months: 60,
            grace_months: 0,
            annual_rate: "9".to_owned(),
            eligible_classes: EnumSet::new(),
            eligible_categories: EnumSet::new(),
            eligible_area: None,
            purpose: SupportPurpose::WaterSanitation,
            basis: Basis::Stated,
            source: String::new(),
            effective_from: on(from),
            effective_to: None,
            version: 1,
            recorded_at: None,
            recorded_by: None,
        }
    }

    #[test]
    fn the_terms_of_the_day_count() {
        let versions = [version(2, "2024-09-02", 50_000_000), version(1, "2018-09-19", 20_000_000)];
        let ceiling = |day: &str| product_on(versions.iter(), on(day)).map(|version| version.max_amount);
        assert_eq!(ceiling("2024-09-01"), Some(20_000_000));
        assert_eq!(ceiling("2024-09-02"), Some(50_000_000));
        assert_eq!(ceiling("2015-01-01"), Some(20_000_000), "the earliest, for older contracts");
        assert!(within_ceiling(20_000_000, &versions[1], "amount").is_ok());
        assert_eq!(within_ceiling(20_000_001, &versions[1], "amount").unwrap_err().field.as_deref(), Some("amount"));
        assert!(within_term(60, &versions[1], "termMonths").is_ok());
        assert!(within_term(61, &versions[1], "termMonths").is_err());
    }

    #[test]
    fn a_grace_is_within_the_product_and_the_term() {
        let product = loan_product::Model { max_term_months: 180, grace_months: 60, ..version(1, "2015-10-01", 1) };
        let of = |given, months| grace(given, months, &product, "graceMonths");
        assert_eq!([of(None, 180), of(None, 61), of(None, 60), of(None, 1)].map(Result::unwrap), [60, 60, 59, 0]);
        assert_eq!([of(Some(0), 180), of(Some(60), 180), of(Some(35), 36)].map(Result::unwrap), [0, 60, 35]);
        for (given, months, figures) in [(61, 180, ["60", "61"]), (-1, 180, ["60", "-1"]), (36, 36, ["36", "36"])] {
            let refused = of(Some(given), months).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("graceMonths"));
            assert!(figures.iter().all(|figure| refused.message.contains(figure)), "{}", refused.message);
        }
    }

    #[test]
    fn a_recorded_grace_is_within_the_term_alone() {
        let product = loan_product::Model { max_term_months: 180, grace_months: 60, ..version(1, "2015-10-01", 1) };
        let of = |given, months| recorded_grace(given, months, &product, "graceMonths");
        assert_eq!([of(None, 180), of(None, 179), of(None, 36), of(None, 240)].map(Result::unwrap), [60, 0, 0, 0]);
        assert_eq!([of(Some(84), 180), of(Some(0), 180), of(Some(35), 36)].map(Result::unwrap), [84, 0, 35]);
        for (given, months, figures) in
            [(-1, 36, ["35", "-1"]), (36, 36, ["35", "36"]), (i32::MAX, 1, ["0", "2147483647"])]
        {
            let refused = of(Some(given), months).unwrap_err();
            assert_eq!(refused.field.as_deref(), Some("graceMonths"));
            assert!(figures.iter().all(|figure| refused.message.contains(figure)), "{}", refused.message);
        }
    }

    #[test]
    fn numbers_that_mean_something_else_are_refused() {
        assert_eq!(contract_number(" 83-2022-1 ", "contractNumber").unwrap(), "83-2022-1");
        assert!(contract_number("REQ-2022-1", "contractNumber").is_err());
        assert!(reference("OPENING", "reference").is_err());
        assert!(reference("", "reference").is_err());
        for months in [i32::MIN, -1, 0, 601, i32::MAX] {
            assert!(term(months, "termMonths").is_err());
        }
        assert_eq!(term(120, "termMonths").unwrap(), 120);
    }

    #[test]
    fn days_come_in_order() {
        let today = on("2022-12-01");
        assert!(day(today, "occurredOn", Some(today), today).is_ok());
        assert!(day(on("2022-12-02"), "occurredOn", None, today).is_err());
        assert!(day(on("2022-11-30"), "occurredOn", Some(today), today).is_err());
    }
}
