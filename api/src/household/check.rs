//! What inputs on households and persons must fulfil, and what is only worth a warning.

use async_graphql::ID;
use chrono::NaiveDate;
use entity::{enums::Relationship, ids::AdminUnitId};

use super::{input::MemberInput, national_id};
pub use crate::program::not_future;
use crate::{
    error::{Failure, Result},
    exchange::Write,
    place,
    schema::{Warning, global_id, text},
};

/// Most members of one household: far above any real one.
pub const MAX_MEMBERS: usize = 50;
const MAX_NAME: usize = 200;
const MAX_CODE: usize = 32;

/// The hamlet with this global id, which must be one of the commune's.
pub async fn hamlet(write: &Write<'_>, id: &str, commune: AdminUnitId, field: &str) -> Result<AdminUnitId> {
    let id = global_id::expect("AdminUnit", id, field)?;
    if place::service::is_hamlet_of(write, id, commune).await? {
        return Ok(AdminUnitId(id));
    }
    Err(Failure::input(
        field,
        "This is not a hamlet of the household's commune.",
        "Đây không phải là ấp, khu phố thuộc xã của hộ.",
    ))
}

/// The same where a hamlet may be left out.
pub async fn hamlet_if_given(
    write: &Write<'_>,
    id: Option<&ID>,
    commune: AdminUnitId,
    field: &str,
) -> Result<Option<AdminUnitId>> {
    match id {
        Some(id) => hamlet(write, id, commune, field).await.map(Some),
        None => Ok(None),
    }
}

/// A household's code: the commune's, then at least one more letter, digit or hyphen.
pub fn household_code(code: &str, commune: &str) -> Result<()> {
    let rest = code.strip_prefix(commune).unwrap_or_default();
    let well_formed = code.len() <= MAX_CODE && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !rest.is_empty() && well_formed {
        return Ok(());
    }
    Err(Failure::input(
        "input.code",
        format!(
            "A household code begins with its commune's, {commune}, and goes on with letters, digits or hyphens, {MAX_CODE} at most."
        ),
        format!(
            "Mã hộ phải bắt đầu bằng mã xã {commune}, tiếp theo là chữ, số hoặc gạch nối, tối đa {MAX_CODE} ký tự."
        ),
    ))
}

/// The members of a new household: somebody, exactly one head, each well-formed, no number twice.
pub fn members(members: &[MemberInput], today: NaiveDate) -> Result<()> {
    if members.is_empty() || members.len() > MAX_MEMBERS {
        return Err(Failure::input(
            "input.members",
            format!("A household has 1 to {MAX_MEMBERS} members; {} were given.", members.len()),
            format!("Một hộ có từ 1 đến {MAX_MEMBERS} nhân khẩu; đã khai {}.", members.len()),
        ));
    }
    let heads = members.iter().filter(|member| member.relationship_to_head == Relationship::Head).count();
    if heads != 1 {
        return Err(Failure::input(
            "input.members",
            format!("A household has exactly one HEAD; {heads} were given."),
            format!("Mỗi hộ có đúng một chủ hộ; đã khai {heads}."),
        ));
    }
    for (index, given) in members.iter().enumerate() {
        member(given, &format!("input.members.{index}"), today)?;
        let twice = members
            .iter()
            .take(index)
            .any(|other| other.national_id.is_some() && other.national_id == given.national_id);
        if twice {
            return Err(Failure::input(
                format!("input.members.{index}.nationalId"),
                "This personal number stands twice in the household.",
                "Số định danh này được khai hai lần trong hộ.",
            ));
        }
    }
    Ok(())
}

/// One member's own data.
pub fn member(member: &MemberInput, path: &str, today: NaiveDate) -> Result<()> {
    name(&member.full_name, &format!("{path}.fullName"))?;
    if let Some(number) = &member.national_id {
        national_id::check(number, &format!("{path}.nationalId"))?;
    }
    if let Some(born) = member.date_of_birth {
        birth(born.0, &format!("{path}.dateOfBirth"), today)?;
    }
    Ok(())
}

pub fn name(name: &str, field: &str) -> Result<String> {
    text::required(name, field, MAX_NAME)
}

/// A day of birth lies in the last 150 years.
pub fn birth(born: NaiveDate, field: &str, today: NaiveDate) -> Result<()> {
    let oldest = super::birthday(today, 150, field)?;
    if (oldest..=today).contains(&born) {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("{born} is no day of birth of somebody who may live on {today}."),
        format!("Ngày sinh {born} không hợp lệ."),
    ))
}

/// A day not before `earliest`, when what is told in two languages happened: "the household was registered".
pub fn not_before(on: NaiveDate, earliest: NaiveDate, field: &str, what: &str, what_vi: &str) -> Result<()> {
    if on >= earliest {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("{on} lies before {earliest}, when {what}."),
        format!("Ngày {on} trước ngày {earliest} ({what_vi})."),
    ))
}

/// A number that contradicts sex or birth year, or that a living person bears already, is kept with a warning
/// (`rules.md` N4): it may be the other record that is wrong.
pub fn number_warnings(
    number: &str,
    sex: Option<entity::enums::Sex>,
    born: Option<NaiveDate>,
    in_use: bool,
    field: &str,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !national_id::agrees(number, sex, born) {
        warnings.push(Warning::new(
            "NATIONAL_ID_MISMATCH",
            field,
            "The personal number contradicts the sex or the year of birth.",
            "Số định danh không khớp với giới tính hoặc năm sinh.",
        ));
    }
    if in_use {
        warnings.push(Warning::new(
            "NATIONAL_ID_IN_USE",
            field,
            "Another living person claims this personal number.",
            "Có người khác đang khai cùng số định danh này.",
        ));
    }
    warnings
}
