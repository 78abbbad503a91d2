//! What is known of a person: papers and categories, each written by the agency that answers for it.

use async_graphql::MaybeUndefined;
use chrono::NaiveDate;
use entity::{
    EnumSet,
    enums::Relationship,
    household,
    ids::{HouseholdId, PersonId},
    person,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use super::{
    check,
    input::UpdatePersonInput,
    look_up, national_id,
    service::{Written, save_person, search_text},
    store,
};
use crate::{
    access::{Owned, Permission, Viewer, may_write},
    error::Result,
    exchange::{Write, same_version},
    fold::fold,
    request::Request,
    schema::{Warning, global_id, text},
};

const MAX_EVIDENCE: usize = 2_000;

/// Updates what is known of a person. The registry's fields and the protected categories have different owners; each
/// group is checked only where the input touches it, and one refusal refuses the whole.
pub async fn update(request: &Request, input: UpdatePersonInput) -> Result<Written> {
    let id = PersonId(global_id::expect("Person", &input.id, "input.id")?);
    let (registry, protected) = touched(&input);
    authorise(&request.viewer, &registry, Owned::Registry, Permission::HouseholdWrite)?;
    authorise(&request.viewer, &protected, Owned::ProtectedCategories, Permission::ProtectedCategoryWrite)?;
    text::optional(input.evidence.as_deref(), "input.evidence", MAX_EVIDENCE)?;
    let applied = [registry, protected].concat();
    if applied.is_empty() {
        return Ok(Written::new(id.0, &[], Vec::new()));
    }
    if input.national_id.value().is_some() {
        look_up::of_changed(request, "input.nationalId").await?;
    }
    let mut write = Write::begin(request, "updatePerson").await?;
    let (before, households) = store::person_and_households(&write, id, None, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    let after = changed(&before, &input, request.today())?;
    let stored = save_person(&mut write, &before, after, &applied).await?;
    let warnings = warnings(&write, &input, &stored).await?;
    let household = households.iter().find(|household| stored.household_id == Some(household.id));
    if let Some(household) = household.filter(|_| stored.relationship == Some(Relationship::Head)) {
        found_by(&write, household.id, &stored.full_name, &household.code).await?;
    }
    write.commit().await?;
    Ok(Written::new(id.0, &applied, warnings))
}

/// GraphQL names of the fields that the input touches: the registry's, and the protected categories.
fn touched(input: &UpdatePersonInput) -> (Vec<&'static str>, Vec<&'static str>) {
    let registry = [
        ("fullName", input.full_name.is_some()),
        ("nationalId", !input.national_id.is_undefined()),
        ("dateOfBirth", !input.date_of_birth.is_undefined()),
        ("sex", !input.sex.is_undefined()),
        ("categories", input.add_categories.is_some() || input.remove_categories.is_some()),
    ];
    let protected = [("protectedCategories", input.add_protected.is_some() || input.remove_protected.is_some())];
    let names = |fields: &[(&'static str, bool)]| {
        fields.iter().filter(|(_, touched)| *touched).map(|(name, _)| *name).collect()
    };
    (names(&registry), names(&protected))
}

/// FORBIDDEN where fields are touched that another agency owns (it is named), or that the viewer's roles don't write.
fn authorise(viewer: &Viewer, fields: &[&str], owned: Owned, permission: Permission) -> Result<()> {
    let Some(first) = fields.first() else { return Ok(()) };
    may_write(viewer, owned, first)?;
    viewer.require(permission)
}

fn changed(before: &person::Model, input: &UpdatePersonInput, today: NaiveDate) -> Result<person::ActiveModel> {
    let mut after: person::ActiveModel = before.clone().into();
    if let Some(name) = &input.full_name {
        let name = check::name(name, "input.fullName")?;
        after.name_folded = Set(fold(&name));
        after.full_name = Set(name);
    }
    match &input.national_id {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => after.national_id = Set(None),
        MaybeUndefined::Value(number) => {
            national_id::check(number, "input.nationalId")?;
            after.national_id = Set(Some(number.clone()));
        }
    }
    match input.date_of_birth {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => after.date_of_birth = Set(None),
        MaybeUndefined::Value(born) => {
            check::birth(born.0, "input.dateOfBirth", before.died_on.unwrap_or(today))?;
            after.date_of_birth = Set(Some(born.0));
        }
    }
    if !input.sex.is_undefined() {
        after.sex = Set(input.sex.value().copied());
    }
    let added = EnumSet::from(input.add_categories.as_deref().unwrap_or_default());
    let removed = EnumSet::from(input.remove_categories.as_deref().unwrap_or_default());
    after.categories = Set(before.categories.union(added).difference(removed));
    let added = EnumSet::from(input.add_protected.as_deref().unwrap_or_default());
    let removed = EnumSet::from(input.remove_protected.as_deref().unwrap_or_default());
    after.protected_categories = Set(before.protected_categories.union(added).difference(removed));
    Ok(after)
}

/// What looks wrong in the number after a change of it, of the sex or of the birth.
async fn warnings(write: &Write<'_>, input: &UpdatePersonInput, stored: &person::Model) -> Result<Vec<Warning>> {
    let numbered = !input.national_id.is_undefined();
    let touched = numbered || !input.date_of_birth.is_undefined() || !input.sex.is_undefined();
    let Some(number) = stored.national_id.as_ref().filter(|_| touched) else { return Ok(Vec::new()) };
    let in_use =
        numbered && !store::numbers_in_use(write, std::slice::from_ref(number), Some(stored.id)).await?.is_empty();
    Ok(check::number_warnings(number, stored.sex, stored.date_of_birth, in_use, "input.nationalId"))
}

/// Keeps what the household is found by in step with its head's name. Nobody reads it, so it counts as no write of the
/// household.
async fn found_by(write: &Write<'_>, household: HouseholdId, head: &str, code: &str) -> Result<()> {
    let after =
        household::ActiveModel { id: Set(household), search_text: Set(search_text(head, code)), ..Default::default() };
    after.update(&write.tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::enums::{PersonCategory, ProtectedCategory, Sex};

    use super::*;
    use crate::{
        access::{Need, PermissionSet, Scope},
        error::Code,
    };

    fn input() -> UpdatePersonInput {
        UpdatePersonInput {
            id: "".into(),
            expected_version: 1,
            full_name: None,
            national_id: MaybeUndefined::Undefined,
            date_of_birth: MaybeUndefined::Undefined,
            sex: MaybeUndefined::Undefined,
            add_categories: None,
            remove_categories: None,
            add_protected: None,
            remove_protected: None,
            evidence: None,
        }
    }

    fn viewer(agency: &str, permissions: &[Permission]) -> Viewer {
        Viewer {
            client_id: 1,
            client_name: String::new(),
            token_id: 1,
            agency_id: 1,
            agency_code: agency.to_owned(),
            roles: Vec::new(),
            permissions: PermissionSet::of(permissions),
            held: Vec::new(),
            stated: Default::default(),
            scope: Scope::Province { unit_id: 1 },
            need: Need::Everyone,
            registered_only: false,
        }
    }

    #[test]
    fn each_group_is_touched_by_its_own_fields() {
        assert_eq!(touched(&input()), (vec![], vec![]));
        let papers = UpdatePersonInput { sex: MaybeUndefined::Null, full_name: Some("A".into()), ..input() };
        assert_eq!(touched(&papers), (vec!["fullName", "sex"], vec![]));
        let removed = UpdatePersonInput { remove_categories: Some(vec![PersonCategory::Student]), ..input() };
        assert_eq!(touched(&removed), (vec!["categories"], vec![]));
        let protected = UpdatePersonInput { remove_protected: Some(vec![ProtectedCategory::Disabled]), ..input() };
        assert_eq!(touched(&protected), (vec![], vec!["protectedCategories"]));
    }

    #[test]
    fn an_agency_writes_its_own_group_only() {
        let check = |viewer: &Viewer, fields: &[&str], owned| {
            authorise(viewer, fields, owned, Permission::HouseholdWrite)
                .map_err(|failure| (failure.code, failure.message))
        };
        let commune = viewer("CPC", &[Permission::HouseholdRead, Permission::HouseholdWrite]);
        assert!(check(&commune, &["fullName"], Owned::Registry).is_ok());
        let (code, message) = check(&commune, &["protectedCategories"], Owned::ProtectedCategories).unwrap_err();
        assert_eq!(code, Code::Forbidden);
        assert!(message.contains("DOLISA"), "{message}");
        assert!(check(&commune, &[], Owned::ProtectedCategories).is_ok());
        // Who doesn't read what it would change changes nothing.
        let blind = viewer("CPC", &[Permission::HouseholdWrite]);
        assert!(check(&blind, &["fullName"], Owned::Registry).unwrap_err().1.contains("household:read"));
        let reader = viewer("CPC", &[]);
        assert_eq!(check(&reader, &["fullName"], Owned::Registry).unwrap_err().0, Code::Forbidden);
    }

    #[test]
    fn what_is_left_out_stays() {
        let day = |day| NaiveDate::from_ymd_opt(1985, 3, day);
        let before = person::Model {
            id: PersonId(1),
            household_id: None,
            commune_id: entity::ids::AdminUnitId(1),
            district_id: entity::ids::AdminUnitId(2),
            full_name: "Lê Thị Hoa".into(),
            name_folded: "le thi hoa".into(),
            national_id: Some("083185000123".into()),
            date_of_birth: day(1),
            sex: Some(Sex::Female),
            relationship: None,
            joined_on: None,
            categories: EnumSet::from([PersonCategory::Student, PersonCategory::Orphan]),
            protected_categories: EnumSet::from([ProtectedCategory::Disabled]),
            died_on: None,
            version: 1,
            created_at: 0,
            updated_at: 0,
            updated_by: None,
        };
        let today = NaiveDate::from_ymd_opt(2022, 6, 1).unwrap();
        let apply =
            |input: &UpdatePersonInput| person::Model::try_from(changed(&before, input, today).unwrap()).unwrap();
        assert_eq!(apply(&input()), before);
        let after = apply(&UpdatePersonInput {
            full_name: Some(" Lê Thị Hoà ".into()),
            sex: MaybeUndefined::Null,
            add_categories: Some(vec![PersonCategory::Elderly]),
            remove_categories: Some(vec![PersonCategory::Orphan]),
            ..input()
        });
        assert_eq!((after.full_name.as_str(), after.name_folded.as_str()), ("Lê Thị Hoà", "le thi hoa"));
        assert_eq!((after.sex, after.date_of_birth), (None, day(1)));
        assert_eq!(after.categories, EnumSet::from([PersonCategory::Student, PersonCategory::Elderly]));
        assert_eq!(after.protected_categories, before.protected_categories);
    }
}
