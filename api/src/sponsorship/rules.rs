//! What holds for pledges, gifts and sponsorships. Pure.

use chrono::NaiveDate;
use entity::{enums::GiftKind, pledge, sponsorship};

use crate::{
    error::{Failure, Result},
    program::funding::positive,
    schema::{Warning, scalars::Vnd},
};

/// A promise is due on its day or later.
pub fn check_due(pledged_on: NaiveDate, due_on: Option<NaiveDate>) -> Result<()> {
    match due_on {
        Some(due_on) if due_on < pledged_on => Err(Failure::input(
            "input.dueOn",
            format!("A promise of {pledged_on} can't be due on {due_on}."),
            format!("Cam kết ngày {pledged_on} không thể đến hạn ngày {due_on}."),
        )),
        _ => Ok(()),
    }
}

/// Money is above 0. Goods or work may be recorded without their worth, as 0: rice is rice, and a made-up price would count
/// in the sums.
pub fn check_amount(kind: GiftKind, amount: Vnd) -> Result<i64> {
    if kind == GiftKind::InKind && amount.0 == 0 { Ok(0) } else { positive(amount, "input.amount") }
}

/// Who gives goods or work says what: the worth alone tells nothing.
pub fn check_description(kind: GiftKind, description: Option<&str>) -> Result<()> {
    if kind == GiftKind::Money || description.is_some() {
        return Ok(());
    }
    Err(Failure::input(
        "input.description",
        "A gift in kind says what was given.",
        "Tài trợ hiện vật phải ghi rõ đã tặng gì.",
    ))
}

/// A gift keeps a promise that was made before.
pub fn check_kept(pledge: &pledge::Model, given_on: NaiveDate) -> Result<()> {
    let pledged_on = pledge.pledged_on;
    if given_on >= pledged_on {
        return Ok(());
    }
    Err(Failure::input(
        "input.givenOn",
        format!("A gift of {given_on} can't keep a promise of {pledged_on}."),
        format!("Tài trợ ngày {given_on} không thể thực hiện cam kết ngày {pledged_on}."),
    ))
}

/// More than was promised is welcome, and worth a second look.
pub fn pledge_warning(pledged: i64, given: i64) -> Option<Warning> {
    if given <= pledged {
        return None;
    }
    Some(Warning::new(
        "PLEDGE_EXCEEDED",
        "input.amount",
        format!("More is given now than the {pledged} đồng that were promised."),
        format!("Số tiền đã tài trợ vượt mức cam kết {pledged} đồng."),
    ))
}

/// CONFLICT where one of a sponsor's sponsorships of the household runs on or after the day.
pub fn check_free(earlier: &[sponsorship::Model], starts_on: NaiveDate) -> Result<()> {
    let running = earlier.iter().find(|one| one.ends_on.is_none_or(|last| last >= starts_on));
    let Some(sponsorship::Model { starts_on: since, .. }) = running else { return Ok(()) };
    Err(Failure::conflict(
        format!("The sponsor looks after this household since {since} already."),
        format!("Nhà tài trợ đã nhận đỡ đầu hộ này từ ngày {since}."),
    )
    .with_field("input.startsOn"))
}

/// It runs still, and ends on its first day or later.
pub fn check_end(sponsorship: &sponsorship::Model, ends_on: NaiveDate) -> Result<()> {
    if let Some(last) = sponsorship.ends_on {
        return Err(Failure::conflict(
            format!("The sponsorship ended on {last}."),
            format!("Việc đỡ đầu đã kết thúc ngày {last}."),
        )
        .with_field("input.id"));
    }
    let first = sponsorship.starts_on;
    if ends_on >= first {
        return Ok(());
    }
    Err(Failure::input(
        "input.endsOn",
        format!("The last day, {ends_on}, lies before the first, {first}."),
        format!("Ngày kết thúc {ends_on} trước ngày bắt đầu {first}."),
    ))
}

#[cfg(test)]
mod tests {
    use entity::ids::{HouseholdId, SponsorId, SponsorshipId};

    use super::*;
    use crate::error::Code;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2022, 5, day).unwrap()
    }

    fn sponsorship(first: u32, last: Option<u32>) -> sponsorship::Model {
        sponsorship::Model {
            id: SponsorshipId(1),
            sponsor_id: SponsorId(1),
            household_id: HouseholdId(1),
            starts_on: day(first),
            ends_on: last.map(day),
            note: None,
            version: 1,
            created_at: 0,
            updated_at: 0,
            updated_by: None,
        }
    }

    #[test]
    fn a_promise_is_not_due_before_it_was_made() {
        assert!(check_due(day(2), None).is_ok() && check_due(day(2), Some(day(2))).is_ok());
        assert_eq!(check_due(day(2), Some(day(1))).unwrap_err().field.as_deref(), Some("input.dueOn"));
    }

    #[test]
    fn goods_are_named_and_money_need_not_be() {
        assert!(check_description(GiftKind::Money, None).is_ok());
        assert!(check_description(GiftKind::InKind, Some("10 kg gạo")).is_ok());
        assert!(check_description(GiftKind::InKind, None).is_err());
    }

    #[test]
    fn only_more_than_was_promised_is_noticed() {
        assert!(pledge_warning(100, 100).is_none());
        assert_eq!(pledge_warning(100, 101).unwrap().code, "PLEDGE_EXCEEDED");
    }

    #[test]
    fn a_household_is_looked_after_once_at_a_time_by_one_sponsor() {
        let free = |earlier: &[sponsorship::Model], from| check_free(earlier, day(from)).is_ok();
        assert!(free(&[], 1));
        assert!(free(&[sponsorship(1, Some(4))], 5), "again, the day after the last");
        assert!(!free(&[sponsorship(1, Some(5))], 5));
        assert!(!free(&[sponsorship(1, None)], 30));
        assert!(!free(&[sponsorship(1, Some(2)), sponsorship(10, None)], 5), "it would run into a later one");
    }

    #[test]
    fn a_sponsorship_ends_once_and_in_order() {
        assert!(check_end(&sponsorship(3, None), day(3)).is_ok());
        assert_eq!(check_end(&sponsorship(3, None), day(2)).unwrap_err().code, Code::BadUserInput);
        assert_eq!(check_end(&sponsorship(3, Some(4)), day(5)).unwrap_err().code, Code::Conflict);
    }
}
