//! Who lives in a household: members who join, move and leave.

use chrono::NaiveDate;
use entity::{
    enums::{MembershipEnd, Relationship},
    household,
    ids::{HouseholdId, PersonId},
    membership_history, person,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{
    check,
    input::{AddMemberInput, EndMembershipInput, MovePersonInput},
    look_up,
    service::{Written, insert_member, member_warnings, save_person, search_text, still_there, touch},
    store,
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Write, same_version},
    request::Request,
    schema::global_id,
};

fn may_change(request: &Request) -> Result<()> {
    request.viewer.require(Permission::HouseholdWrite)?;
    may_write(&request.viewer, Owned::Registry, "household")
}

/// Registers a person as a member of a household. The version is the household's, whose members change.
pub async fn add(request: &Request, input: AddMemberInput) -> Result<Written> {
    may_change(request)?;
    let id = HouseholdId(global_id::expect("Household", &input.household_id, "input.householdId")?);
    let (member, path) = (&input.member, "input.member");
    check::member(member, path, request.today())?;
    look_up::of_written(request, member.national_id.iter().cloned().collect(), "input.member.nationalId").await?;
    let mut write = Write::begin(request, "addMember").await?;
    let household = store::household(&write, id, "input.householdId").await?;
    same_version(input.expected_version, household.version)?;
    still_there(&household, "input.householdId")?;
    let born = member.date_of_birth.map(|born| born.0);
    may_join(&household, born, input.joined_on.0, "input.joinedOn", request.today())?;
    let relationship = member.relationship_to_head;
    has_room(&write, &household, relationship, &format!("{path}.relationshipToHead")).await?;
    let numbers: Vec<_> = member.national_id.iter().cloned().collect();
    let in_use = store::numbers_in_use(&write, &numbers, None).await?;
    let person = insert_member(&mut write, &household, member, input.joined_on.0, path).await?;
    joined(&mut write, &household, &person).await?;
    write.commit().await?;
    let applied = ["fullName", "nationalId", "dateOfBirth", "sex", "relationshipToHead", "categories", "household"];
    Ok(Written::new(person.id.0, &applied, member_warnings(member, &in_use, path)))
}

/// Moves a person into another household in scope, out of the one that it is in.
pub async fn move_person(request: &Request, input: MovePersonInput) -> Result<Written> {
    may_change(request)?;
    let id = PersonId(global_id::expect("Person", &input.person_id, "input.personId")?);
    let to = HouseholdId(global_id::expect("Household", &input.to_household_id, "input.toHouseholdId")?);
    let mut write = Write::begin(request, "movePerson").await?;
    let (person, households) = store::person_and_households(&write, id, Some(to), "input.personId").await?;
    same_version(input.expected_version, person.version)?;
    still_living(&person, "input.personId")?;
    let find = |id| households.iter().find(|household| household.id == id);
    let target = find(to).ok_or_else(|| Failure::not_found("input.toHouseholdId"))?;
    still_there(target, "input.toHouseholdId")?;
    if person.household_id == Some(to) {
        return Err(Failure::conflict(
            "The person is a member of this household already.",
            "Người này đã là nhân khẩu của hộ.",
        )
        .with_field("input.toHouseholdId"));
    }
    let moved_on = input.moved_on.0;
    may_join(target, person.date_of_birth, moved_on, "input.movedOn", request.today())?;
    has_room(&write, target, input.relationship_to_head, "input.relationshipToHead").await?;
    if let Some(source) = person.household_id.and_then(find) {
        leave(&mut write, &person, source, moved_on, MembershipEnd::MovedAway, "input.movedOn").await?;
    }
    let mut after: person::ActiveModel = person.clone().into();
    after.household_id = Set(Some(target.id));
    after.commune_id = Set(target.commune_id);
    after.district_id = Set(target.district_id);
    after.relationship = Set(Some(input.relationship_to_head));
    after.joined_on = Set(Some(moved_on));
    let applied = ["household", "relationshipToHead"];
    let stored = save_person(&mut write, &person, after, &applied).await?;
    joined(&mut write, target, &stored).await?;
    write.commit().await?;
    Ok(Written::new(id.0, &applied, Vec::new()))
}

/// Ends a membership without a new one. A death can also be recorded of somebody who had left before.
pub async fn end(request: &Request, input: EndMembershipInput) -> Result<Written> {
    may_change(request)?;
    let id = PersonId(global_id::expect("Person", &input.person_id, "input.personId")?);
    let mut write = Write::begin(request, "endMembership").await?;
    let (person, households) = store::person_and_households(&write, id, None, "input.personId").await?;
    same_version(input.expected_version, person.version)?;
    still_living(&person, "input.personId")?;
    let (on, field) = (input.ended_on.0, "input.endedOn");
    check::not_future(on, field, request.today())?;
    if let Some(born) = person.date_of_birth {
        check::not_before(on, born, field, "the person was born", "ngày sinh")?;
    }
    let mut after: person::ActiveModel = person.clone().into();
    let mut applied = Vec::new();
    if let Some(household) = households.iter().find(|household| person.household_id == Some(household.id)) {
        leave(&mut write, &person, household, on, input.reason, field).await?;
        after.household_id = Set(None);
        after.relationship = Set(None);
        after.joined_on = Set(None);
        applied.extend(["household", "relationshipToHead"]);
    } else if input.reason != MembershipEnd::Died {
        return Err(Failure::conflict("The person belongs to no household.", "Người này không thuộc hộ nào.")
            .with_field("input.personId"));
    }
    if input.reason == MembershipEnd::Died {
        after.died_on = Set(Some(on));
        applied.push("diedOn");
    }
    save_person(&mut write, &person, after, &applied).await?;
    write.commit().await?;
    Ok(Written::new(id.0, &applied, Vec::new()))
}

/// Nobody joins a household in the future, before it was registered, or before being born.
fn may_join(
    household: &household::Model,
    born: Option<NaiveDate>,
    on: NaiveDate,
    field: &str,
    today: NaiveDate,
) -> Result<()> {
    check::not_future(on, field, today)?;
    check::not_before(on, household.registered_on, field, "the household was registered", "ngày đăng ký hộ")?;
    match born {
        Some(born) => check::not_before(on, born, field, "the person was born", "ngày sinh"),
        None => Ok(()),
    }
}

/// A household has one head, from its first member on, and not too many members.
async fn has_room(
    write: &Write<'_>,
    household: &household::Model,
    relationship: Relationship,
    field: &str,
) -> Result<()> {
    let members = store::members(write, household.id).await?;
    if members.len() >= check::MAX_MEMBERS {
        return Err(Failure::conflict(
            format!("The household has {} members; more are not taken.", members.len()),
            format!("Hộ đã có {} nhân khẩu; không nhận thêm.", members.len()),
        ));
    }
    let headed = members.iter().any(|member| member.relationship == Some(Relationship::Head));
    match (headed, relationship == Relationship::Head) {
        (true, true) => Err(Failure::conflict(
            "The household has a head. Add the person as a member, then name the new head with updateHousehold.",
            "Hộ đã có chủ hộ. Hãy thêm nhân khẩu trước rồi đổi chủ hộ bằng updateHousehold.",
        )
        .with_field(field)),
        (false, false) => Err(Failure::conflict(
            "The household has no head, so its next member must be the HEAD.",
            "Hộ chưa có chủ hộ nên nhân khẩu tiếp theo phải là chủ hộ (HEAD).",
        )
        .with_field(field)),
        _ => Ok(()),
    }
}

/// Notes on the household that its members changed; a new head is what it is found by.
async fn joined(write: &mut Write<'_>, household: &household::Model, person: &person::Model) -> Result<()> {
    let mut after: household::ActiveModel = household.clone().into();
    if person.relationship != Some(Relationship::Head) {
        touch(write, household, after, &["members"]).await?;
        return Ok(());
    }
    after.search_text = Set(search_text(&person.full_name, &household.code));
    touch(write, household, after, &["members", "head"]).await?;
    Ok(())
}

/// Ends a membership; the caller writes the person. The head can't leave others behind. A household whose last member
/// left is still found by the name of its last head.
async fn leave(
    write: &mut Write<'_>,
    person: &person::Model,
    household: &household::Model,
    on: NaiveDate,
    reason: MembershipEnd,
    field: &str,
) -> Result<()> {
    if let Some(since) = person.joined_on {
        check::not_before(on, since, field, "the person joined the household", "ngày vào hộ")?;
    }
    if person.relationship == Some(Relationship::Head) && store::members(write, household.id).await?.len() > 1 {
        return Err(Failure::conflict(
            "The head can't leave a household with other members. Name another head with updateHousehold first.",
            "Chủ hộ không thể rời hộ khi còn nhân khẩu khác. Hãy đổi chủ hộ bằng updateHousehold trước.",
        )
        .with_field("input.personId"));
    }
    past_membership(person, household, on, reason).insert(&write.tx).await?;
    touch(write, household, household.clone().into(), &["members"]).await?;
    Ok(())
}

/// A membership that ends: `left_on` is the first day without it.
pub fn past_membership(
    person: &person::Model,
    household: &household::Model,
    left_on: NaiveDate,
    reason: MembershipEnd,
) -> membership_history::ActiveModel {
    membership_history::ActiveModel {
        id: NotSet,
        person_id: Set(person.id),
        household_id: Set(household.id),
        relationship: Set(person.relationship.unwrap_or(Relationship::NotRelated)),
        joined_on: Set(person.joined_on.unwrap_or(household.registered_on)),
        left_on: Set(left_on),
        reason: Set(reason),
    }
}

fn still_living(person: &person::Model, field: &str) -> Result<()> {
    match person.died_on {
        None => Ok(()),
        Some(on) => Err(Failure::conflict(format!("The person died on {on}."), format!("Người này đã mất ngày {on}."))
            .with_field(field)),
    }
}
