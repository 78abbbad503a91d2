//! Savings and credit groups: kept by the mass organisations, and vetting requests before the commune confirms them.
//!
//! Lending is entrusted in part to four mass organisations through groups of 5 to 60 members in one hamlet (Decree 78/2002;
//! `rules.md` K5). The numbers are dated rows (`loan_rule`), unverified: another number is kept with a warning.

use entity::{
    enums::LoanStatus,
    ids::{AgencyId, LoanId, SavingsGroupId},
    loan, loan_rule, savings_group,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{
    book::Step,
    check,
    granting::{last_step, save},
    input::{RegisterSavingsGroupInput, UpdateSavingsGroupInput, VetLoanInput},
    law_rules::{GROUP_MAX_MEMBERS, GROUP_MIN_MEMBERS},
    service::Written,
    store,
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Subject, Write, same_version},
    place,
    request::Request,
    schema::{Warning, global_id, text},
};

const MAX_CODE: usize = 40;
const MAX_NAME: usize = 200;

/// A group that was written.
pub struct Kept {
    pub group: i64,
    pub warnings: Vec<Warning>,
}

fn may_keep(request: &Request) -> Result<()> {
    request.viewer.require(Permission::SavingsGroupWrite)?;
    may_write(&request.viewer, Owned::SavingsGroup, "savingsGroup")
}

const fn subject(group: &savings_group::Model) -> Subject {
    Subject {
        type_name: "SavingsGroup",
        id: group.id.0,
        version: group.version,
        commune_id: Some(group.commune_id),
        district_id: Some(group.district_id),
    }
}

/// Registers a group.
pub async fn register(request: &Request, input: RegisterSavingsGroupInput) -> Result<Kept> {
    may_keep(request)?;
    let code = text::required(&input.code, "input.code", MAX_CODE)?;
    let name = text::required(&input.name, "input.name", MAX_NAME)?;
    let (commune, district) = place::service::commune_in_scope(request, &input.commune_code, "input.communeCode")?;
    let commune = entity::ids::AdminUnitId(commune.id);
    let members = positive(input.members)?;
    let mut write = Write::begin(request, "registerSavingsGroup").await?;
    if store::group_coded(&write, &code).await? {
        return Err(Failure::conflict(
            format!("Another savings and credit group bears the code {code}."),
            format!("Mã {code} đã thuộc về một tổ tiết kiệm và vay vốn khác."),
        )
        .with_field("input.code"));
    }
    let hamlet = hamlet(&write, &input, commune).await?;
    let (now, agency) = (request.micros(), AgencyId(request.viewer.agency_id));
    let group = savings_group::ActiveModel {
        id: NotSet,
        code: Set(code),
        name: Set(name),
        organisation: Set(input.organisation),
        commune_id: Set(commune),
        district_id: Set(district),
        hamlet_id: Set(hamlet),
        members: Set(members),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(agency)),
    };
    let group = group.insert(&write.tx).await?;
    write.created(subject(&group), &["code", "name", "organisation", "commune", "hamlet", "members"]);
    let warnings = size(&store::loan_rules(&write, request.today()).await?, members).into_iter().collect();
    write.commit().await?;
    Ok(Kept { group: group.id.0, warnings })
}

async fn hamlet(
    write: &Write<'_>,
    input: &RegisterSavingsGroupInput,
    commune: entity::ids::AdminUnitId,
) -> Result<Option<entity::ids::AdminUnitId>> {
    let Some(id) = &input.hamlet_id else { return Ok(None) };
    let id = global_id::expect("AdminUnit", id, "input.hamletId")?;
    if place::service::is_hamlet_of(write, id, commune).await? {
        return Ok(Some(entity::ids::AdminUnitId(id)));
    }
    Err(Failure::input(
        "input.hamletId",
        "This is not a hamlet of the group's commune.",
        "Đây không phải là ấp, khu phố thuộc xã của tổ.",
    ))
}

fn positive(members: i32) -> Result<i32> {
    if members > 0 {
        return Ok(members);
    }
    Err(Failure::input(
        "input.members",
        format!("A group has members; {members} was given."),
        format!("Số tổ viên phải lớn hơn 0; đã khai {members}."),
    ))
}

/// The warning for a group of another size than the law has.
fn size(rules: &[loan_rule::Model], members: i32) -> Option<Warning> {
    let number = |code: &str| rules.iter().find(|rule| rule.code == code)?.value.parse::<i32>().ok();
    let (least, most) = (number(GROUP_MIN_MEMBERS).unwrap_or(1), number(GROUP_MAX_MEMBERS).unwrap_or(i32::MAX));
    if (least..=most).contains(&members) {
        return None;
    }
    Some(Warning::new(
        "GROUP_SIZE",
        "input.members",
        format!("A savings and credit group has {least} to {most} members; this one has {members}."),
        format!("Tổ tiết kiệm và vay vốn có từ {least} đến {most} tổ viên; tổ này có {members}."),
    ))
}

/// Changes what a group says of itself.
pub async fn update(request: &Request, input: UpdateSavingsGroupInput) -> Result<Kept> {
    may_keep(request)?;
    let id = SavingsGroupId(global_id::expect("SavingsGroup", &input.id, "input.id")?);
    let mut write = Write::begin(request, "updateSavingsGroup").await?;
    let before = store::group(&write, id, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    let version = before.version + 1;
    let mut after: savings_group::ActiveModel = before.into();
    let mut applied = Vec::new();
    let mut warnings = Vec::new();
    if let Some(name) = &input.name {
        after.name = Set(text::required(name, "input.name", MAX_NAME)?);
        applied.push("name");
    }
    if let Some(organisation) = input.organisation {
        after.organisation = Set(organisation);
        applied.push("organisation");
    }
    if let Some(members) = input.members {
        after.members = Set(positive(members)?);
        warnings.extend(size(&store::loan_rules(&write, request.today()).await?, members));
        applied.push("members");
    }
    if applied.is_empty() {
        return Ok(Kept { group: id.0, warnings });
    }
    after.version = Set(version);
    after.updated_at = Set(request.micros());
    after.updated_by = Set(Some(AgencyId(request.viewer.agency_id)));
    let stored = after.update(&write.tx).await?;
    write.updated(subject(&stored), &applied);
    write.commit().await?;
    Ok(Kept { group: id.0, warnings })
}

/// A group vets a request of a household in its commune. Who vets does not decide.
pub async fn vet(request: &Request, input: VetLoanInput) -> Result<Written> {
    request.viewer.require(Permission::LoanVet)?;
    let id = LoanId(global_id::expect("Loan", &input.loan_id, "input.loanId")?);
    let group = SavingsGroupId(global_id::expect("SavingsGroup", &input.group_id, "input.groupId")?);
    let note = check::note(input.note.as_deref(), "input.note")?;
    let mut write = Write::begin(request, "vetLoan").await?;
    let before = store::loan(&write, id, "input.loanId").await?;
    let group = store::group(&write, group, "input.groupId").await?;
    same_version(input.expected_version, before.version)?;
    check::status(&before, &[LoanStatus::Requested], "input.loanId")?;
    if group.commune_id != before.commune_id {
        return Err(Failure::input(
            "input.groupId",
            format!("The group {} is of another commune than the household.", group.code),
            format!("Tổ {} thuộc xã khác với nơi cư trú của hộ.", group.code),
        ));
    }
    let since = last_step(&write, &before).await?;
    let on = check::day(input.vetted_on.0, "input.vettedOn", Some(since), request.today())?;
    let step = Step { from: Some(before.status), to: LoanStatus::GroupVetted, on, note };
    let mut after: loan::ActiveModel = before.clone().into();
    after.group_id = Set(Some(group.id));
    save(&mut write, &before, after, step, &["status", "group"]).await?;
    write.commit().await?;
    Ok(Written::loan(id))
}

#[cfg(test)]
mod tests {
    use entity::enums::Basis;

    use super::*;

    #[test]
    fn five_to_sixty_members_and_others_with_a_warning() {
        let rule = |code: &str, value: &str| loan_rule::Model {
            id: 1,
            code: code.to_owned(),
            name: String::new(),
            value: value.to_owned(),
            basis: Basis::Unknown,
            source: String::new(),
            effective_from: "2013-03-05".parse().unwrap(),
            effective_to: None,
            version: 1,
            recorded_at: None,
            recorded_by: None,
        };
        let rules = [rule("GROUP_MIN_MEMBERS", "5"), rule("GROUP_MAX_MEMBERS", "60")];
        let warned: Vec<_> = [4, 5, 60, 61].map(|members| size(&rules, members).is_some()).into();
        assert_eq!(warned, [true, false, false, true]);
        assert!(size(&[], 1_000).is_none(), "no rule in force");
        assert!(positive(0).is_err() && positive(-1).is_err());
    }
}
