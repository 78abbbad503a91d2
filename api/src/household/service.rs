//! What can be done with households: register and update, and how each write on a household or a person is stored.
//!
//! `moves.rs` has households that move or end, `members.rs` who lives in them, `person.rs` what is known of a person,
//! `review.rs` poverty, `insurance.rs` coverages.

use chrono::{Days, NaiveDate};
use entity::{
    EnumSet,
    enums::{AreaKind, MembershipEnd, Relationship},
    household, household_history,
    ids::{AdminUnitId, AgencyId, HouseholdId, PersonId},
    person,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, SqlErr,
};
use serde::{Deserialize, Serialize};

use super::{
    check,
    input::{MemberInput, RegisterHouseholdInput, UpdateHouseholdInput},
    look_up, members, store,
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Subject, Write, once_if_keyed, same_version},
    fold::fold,
    place::{self, Unit},
    request::Request,
    schema::{Warning, global_id, text},
};

pub const MAX_ADDRESS: usize = 500;

/// What a write on a household did.
#[derive(Debug, Deserialize, Serialize)]
pub struct Written {
    pub id: i64,
    /// GraphQL names of the fields that were written.
    pub applied: Vec<String>,
    pub warnings: Vec<Warning>,
}

impl Written {
    pub fn new(id: i64, applied: &[&str], warnings: Vec<Warning>) -> Self {
        Self { id, applied: applied.iter().map(|field| (*field).to_owned()).collect(), warnings }
    }
}

/// The household as the subject of an audit entry and a change event.
pub const fn subject(household: &household::Model) -> Subject {
    Subject {
        type_name: "Household",
        id: household.id.0,
        version: household.version,
        commune_id: Some(household.commune_id),
        district_id: Some(household.district_id),
    }
}

pub const fn person_subject(person: &person::Model) -> Subject {
    Subject {
        type_name: "Person",
        id: person.id.0,
        version: person.version,
        commune_id: Some(person.commune_id),
        district_id: Some(person.district_id),
    }
}

/// A household that has ended takes no more changes.
pub fn still_there(household: &household::Model, field: &str) -> Result<()> {
    match household.dissolved_on {
        None => Ok(()),
        Some(on) => Err(Failure::conflict(
            format!("The household {} ended on {on}.", household.code),
            format!("Hộ {} đã giải thể ngày {on}.", household.code),
        )
        .with_field(field)),
    }
}

/// What `search` looks in: the head's name and the code.
pub fn search_text(head: &str, code: &str) -> String {
    format!("{} {}", fold(head), code.to_lowercase())
}

/// Registers a household with its members.
pub async fn register(request: &Request, input: RegisterHouseholdInput) -> Result<Written> {
    request.viewer.require(Permission::HouseholdWrite)?;
    may_write(&request.viewer, Owned::Registry, "household")?;
    let numbers = input.members.iter().filter_map(|member| member.national_id.clone()).collect();
    look_up::of_written(request, numbers, "input.members.nationalId").await?;
    let key = input.idempotency_key.clone();
    once_if_keyed(request, "registerHousehold", key.as_deref(), &input, async |write| {
        let today = write.request.today();
        let (commune, district) = place::service::commune_in_scope(request, &input.commune_code, "input.communeCode")?;
        check::household_code(&input.code, &commune.code)?;
        check::members(&input.members, today)?;
        let taken = household::Entity::find().filter(household::Column::Code.eq(&input.code)).one(&write.tx).await?;
        if taken.is_some() {
            return Err(code_taken(&input.code));
        }
        let household = new_household(write, &input, &commune, district).await?.insert(&write.tx).await;
        // Another writer may have taken the code since: the unique index says so.
        let household = household.map_err(|error| match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => code_taken(&input.code),
            _ => error.into(),
        })?;
        write.created(subject(&household), &["code", "commune", "hamlet", "address", "categories", "members"]);
        let warnings = insert_members(write, &household, &input.members, today, "input.members").await?;
        Ok(Written::new(household.id.0, &["code", "commune", "hamlet", "address", "categories", "members"], warnings))
    })
    .await
}

fn code_taken(code: &str) -> Failure {
    Failure::conflict(
        format!("A household with the code {code} is registered already."),
        format!("Mã hộ {code} đã được đăng ký."),
    )
    .with_field("input.code")
}

async fn new_household(
    write: &Write<'_>,
    input: &RegisterHouseholdInput,
    commune: &Unit,
    district: AdminUnitId,
) -> Result<household::ActiveModel> {
    let commune_id = AdminUnitId(commune.id);
    let hamlet = check::hamlet_if_given(write, input.hamlet_id.as_ref(), commune_id, "input.hamletId").await?;
    let head = input.members.iter().find(|member| member.relationship_to_head == Relationship::Head);
    let (now, today) = (write.request.micros(), write.request.today());
    Ok(household::ActiveModel {
        id: NotSet,
        code: Set(input.code.clone()),
        commune_id: Set(commune_id),
        district_id: Set(district),
        hamlet_id: Set(hamlet),
        area_kind: Set(area_kind(commune)?),
        address: Set(text::optional(input.address.as_deref(), "input.address", MAX_ADDRESS)?),
        categories: Set(EnumSet::from(input.categories.as_deref().unwrap_or_default())),
        search_text: Set(search_text(head.map_or("", |head| &head.full_name), &input.code)),
        poverty_class: Set(None),
        next_class: Set(None),
        next_class_on: Set(None),
        registered_on: Set(today),
        history_from: Set(today),
        dissolved_on: Set(None),
        dissolved_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    })
}

/// Which poverty line applies in a commune.
pub fn area_kind(commune: &Unit) -> Result<AreaKind> {
    let kind = commune.area_kind.as_deref().and_then(AreaKind::parse);
    kind.ok_or_else(|| Failure::internal("a commune without area kind"))
}

/// Inserts the members of a new household and says what looks wrong in their numbers.
async fn insert_members(
    write: &mut Write<'_>,
    household: &household::Model,
    members: &[MemberInput],
    joined_on: NaiveDate,
    path: &str,
) -> Result<Vec<Warning>> {
    let numbers: Vec<_> = members.iter().filter_map(|member| member.national_id.clone()).collect();
    let in_use = store::numbers_in_use(write, &numbers, None).await?;
    let mut warnings = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let path = format!("{path}.{index}");
        insert_member(write, household, member, joined_on, &path).await?;
        warnings.extend(member_warnings(member, &in_use, &path));
    }
    Ok(warnings)
}

/// What looks wrong in a member's number; `in_use`: numbers that living people bear.
pub fn member_warnings(member: &MemberInput, in_use: &[String], path: &str) -> Vec<Warning> {
    let Some(number) = &member.national_id else { return Vec::new() };
    let born = member.date_of_birth.map(|born| born.0);
    check::number_warnings(number, member.sex, born, in_use.contains(number), &format!("{path}.nationalId"))
}

/// Inserts a person into a household.
pub async fn insert_member(
    write: &mut Write<'_>,
    household: &household::Model,
    member: &MemberInput,
    joined_on: NaiveDate,
    path: &str,
) -> Result<person::Model> {
    let person = new_person(write, household, member, joined_on, path)?.insert(&write.tx).await?;
    write.created(
        person_subject(&person),
        &["fullName", "nationalId", "dateOfBirth", "sex", "relationshipToHead", "categories", "household"],
    );
    Ok(person)
}

fn new_person(
    write: &Write<'_>,
    household: &household::Model,
    member: &MemberInput,
    joined_on: NaiveDate,
    path: &str,
) -> Result<person::ActiveModel> {
    let name = check::name(&member.full_name, &format!("{path}.fullName"))?;
    let now = write.request.micros();
    Ok(person::ActiveModel {
        id: NotSet,
        household_id: Set(Some(household.id)),
        commune_id: Set(household.commune_id),
        district_id: Set(household.district_id),
        name_folded: Set(fold(&name)),
        full_name: Set(name),
        national_id: Set(member.national_id.clone()),
        date_of_birth: Set(member.date_of_birth.map(|born| born.0)),
        sex: Set(member.sex),
        relationship: Set(Some(member.relationship_to_head)),
        joined_on: Set(Some(joined_on)),
        categories: Set(EnumSet::from(member.categories.as_deref().unwrap_or_default())),
        protected_categories: Set(EnumSet::new()),
        died_on: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    })
}

/// Updates a household's own data; what it was before stays readable by day.
pub async fn update(request: &Request, input: UpdateHouseholdInput) -> Result<Written> {
    request.viewer.require(Permission::HouseholdWrite)?;
    may_write(&request.viewer, Owned::Registry, "household")?;
    let id = HouseholdId(global_id::expect("Household", &input.id, "input.id")?);
    let mut write = Write::begin(request, "updateHousehold").await?;
    let before = store::household(&write, id, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    still_there(&before, "input.id")?;
    let mut applied = Vec::new();
    let mut after: household::ActiveModel = before.clone().into();
    if !input.address.is_undefined() {
        after.address = Set(text::optional(input.address.value().map(String::as_str), "input.address", MAX_ADDRESS)?);
        applied.push("address");
    }
    if !input.hamlet_id.is_undefined() {
        let hamlet = input.hamlet_id.value();
        after.hamlet_id = Set(check::hamlet_if_given(&write, hamlet, before.commune_id, "input.hamletId").await?);
        applied.push("hamlet");
    }
    if input.add_categories.is_some() || input.remove_categories.is_some() {
        let added = EnumSet::from(input.add_categories.as_deref().unwrap_or_default());
        let removed = EnumSet::from(input.remove_categories.as_deref().unwrap_or_default());
        after.categories = Set(before.categories.union(added).difference(removed));
        applied.push("categories");
    }
    if let Some(head) = &input.head_id {
        let head = PersonId(global_id::expect("Person", head, "input.headId")?);
        let name = change_head(&mut write, &before, head).await?;
        after.search_text = Set(search_text(&name, &before.code));
        applied.push("head");
    }
    if applied.is_empty() {
        return Ok(Written::new(id.0, &[], Vec::new()));
    }
    save(&mut write, &before, after, request.today(), &applied).await?;
    write.commit().await?;
    Ok(Written::new(id.0, &applied, Vec::new()))
}

/// Writes a household's new state, true from `from` on, and keeps the old one for reads as of a day.
pub async fn save(
    write: &mut Write<'_>,
    before: &household::Model,
    mut after: household::ActiveModel,
    from: NaiveDate,
    fields: &[&str],
) -> Result<household::Model> {
    let last_day = from.checked_sub_days(Days::new(1)).filter(|last| *last >= before.history_from);
    if let Some(valid_to) = last_day {
        let past = household_history::ActiveModel {
            id: NotSet,
            household_id: Set(before.id),
            valid_from: Set(before.history_from),
            valid_to: Set(valid_to),
            commune_id: Set(before.commune_id),
            hamlet_id: Set(before.hamlet_id),
            area_kind: Set(before.area_kind),
            address: Set(before.address.clone()),
            categories: Set(before.categories),
        };
        past.insert(&write.tx).await?;
        after.history_from = Set(from);
    }
    touch(write, before, after, fields).await
}

/// Writes a household's new state where nothing of it is read by day: its members and classes have days of their own.
pub async fn touch(
    write: &mut Write<'_>,
    before: &household::Model,
    mut after: household::ActiveModel,
    fields: &[&str],
) -> Result<household::Model> {
    after.version = Set(before.version + 1);
    after.updated_at = Set(write.request.micros());
    after.updated_by = Set(Some(AgencyId(write.request.viewer.agency_id)));
    let stored = after.update(&write.tx).await?;
    write.updated(subject(&stored), fields);
    Ok(stored)
}

/// Makes a member the head and tells its name. What the old head is to the new one follows from what the new one was.
async fn change_head(write: &mut Write<'_>, household: &household::Model, head: PersonId) -> Result<String> {
    let members = store::members(write, household.id).await?;
    let Some(new) = members.iter().find(|member| member.id == head && member.died_on.is_none()) else {
        return Err(Failure::input(
            "input.headId",
            "The head must be a living member of the household.",
            "Chủ hộ phải là một nhân khẩu còn sống trong hộ.",
        ));
    };
    let old = members.iter().find(|member| member.relationship == Some(Relationship::Head));
    if let Some(old) = old.filter(|old| old.id != head) {
        let becomes = match new.relationship {
            Some(Relationship::Spouse) => Relationship::Spouse,
            Some(Relationship::Child) => Relationship::Parent,
            Some(Relationship::Parent) => Relationship::Child,
            Some(Relationship::Sibling) => Relationship::Sibling,
            Some(Relationship::Grandchild) => Relationship::Grandparent,
            Some(Relationship::Grandparent) => Relationship::Grandchild,
            Some(Relationship::InLaw) => Relationship::InLaw,
            _ => Relationship::OtherRelative,
        };
        // The old one first: a household never has two heads.
        relate(write, household, old, becomes).await?;
        relate(write, household, new, Relationship::Head).await?;
    }
    Ok(new.full_name.clone())
}

/// Gives a member another relationship to the head from today on; what it was stays readable by day.
async fn relate(
    write: &mut Write<'_>,
    household: &household::Model,
    person: &person::Model,
    relationship: Relationship,
) -> Result<()> {
    let today = write.request.today();
    if person.joined_on.is_none_or(|joined| joined < today) {
        members::past_membership(person, household, today, MembershipEnd::Other).insert(&write.tx).await?;
    }
    let mut after: person::ActiveModel = person.clone().into();
    after.relationship = Set(Some(relationship));
    after.joined_on = Set(Some(today));
    save_person(write, person, after, &["relationshipToHead"]).await?;
    Ok(())
}

/// Writes a person's new state.
pub async fn save_person(
    write: &mut Write<'_>,
    before: &person::Model,
    mut after: person::ActiveModel,
    fields: &[&str],
) -> Result<person::Model> {
    after.version = Set(before.version + 1);
    after.updated_at = Set(write.request.micros());
    after.updated_by = Set(Some(AgencyId(write.request.viewer.agency_id)));
    let stored = after.update(&write.tx).await?;
    write.updated(person_subject(&stored), fields);
    Ok(stored)
}
