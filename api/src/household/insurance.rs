//! Insurance coverages: recorded in batches from the insurance's own system, and ended.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    enums::InsuranceKind,
    ids::{AgencyId, InsuranceCoverageId, PersonId},
    insurance_coverage, person,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    EntityTrait,
};

use super::{
    check,
    coverage::Coverage,
    input::{EndInsuranceInput, InsuranceCoverageInput, RecordInsuranceInput},
    look_up, national_id, store,
};
use crate::{
    access::{Owned, Permission, Viewer, lacking, may_write},
    error::{About, Failure, Result},
    exchange::{
        Subject, Write,
        items::{Outcome, check_count},
        once, same_version,
    },
    request::Request,
    schema::{global_id, text},
};

const MAX_REASON: usize = 500;

fn may_change(request: &Request) -> Result<()> {
    request.viewer.require(Permission::InsuranceWrite)?;
    may_write(&request.viewer, Owned::Insurance, "insurance")
}

fn subject(coverage: &insurance_coverage::Model, person: &person::Model) -> Subject {
    Subject {
        type_name: "InsuranceCoverage",
        id: coverage.id.0,
        version: coverage.version,
        commune_id: Some(person.commune_id),
        district_id: Some(person.district_id),
    }
}

/// Whose coverage an item is.
enum Bearer {
    Id(PersonId),
    Number(String),
}

struct Item {
    bearer: Bearer,
    coverage: Coverage,
}

/// What an item comes to: a coverage that is stored already, or one to insert, by its place among those.
#[derive(Clone, Copy)]
enum Recorded {
    Stored(InsuranceCoverageId),
    New(usize),
}

/// Records coverages item by item: ids of the coverages, or refusals. The number of statements is the same for one item
/// and for a thousand.
pub async fn record(request: &Request, input: RecordInsuranceInput) -> Result<Vec<Outcome<i64>>> {
    may_change(request)?;
    check_count(request, "input.items", input.items.len())?;
    let items: Vec<_> = input.items.iter().map(|input| item(input, &request.viewer)).collect();
    count_misses(request, &items).await?;
    let key = input.idempotency_key.clone();
    once(request, "recordInsurance", &key, &input, async |write| record_items(write, items).await).await
}

/// Counts the numbers under which the caller sees nobody. Before the transaction: what it refuses must stay counted.
async fn count_misses(request: &Request, items: &[Result<Item>]) -> Result<()> {
    let numbers = items.iter().flatten().filter_map(|item| match &item.bearer {
        Bearer::Number(number) => Some(number.clone()),
        Bearer::Id(_) => None,
    });
    look_up::of_many(request, &numbers.collect::<Vec<_>>(), "input.items.nationalId").await
}

fn item(input: &InsuranceCoverageInput, viewer: &Viewer) -> Result<Item> {
    let bearer = match (&input.person_id, &input.national_id) {
        (Some(id), None) => Bearer::Id(PersonId(global_id::expect("Person", id, "personId")?)),
        (None, Some(number)) => {
            if !viewer.may(Permission::NationalIdRead) {
                return Err(lacking(Permission::NationalIdRead).with_field("nationalId"));
            }
            national_id::check(number, "nationalId")?;
            Bearer::Number(number.clone())
        }
        _ => {
            return Err(Failure::input(
                "personId",
                "Name the person by exactly one of personId and nationalId.",
                "Hãy khai đúng một trong hai: personId hoặc nationalId.",
            ));
        }
    };
    Ok(Item { bearer, coverage: Coverage::given(input)? })
}

async fn record_items(write: &mut Write<'_>, items: Vec<Result<Item>>) -> Result<Vec<Outcome<i64>>> {
    let mut batch = Batch::load(write, &items).await?;
    let recorded: Vec<_> = items.into_iter().map(|item| item.and_then(|item| batch.place(item))).collect();
    let inserted = batch.insert(write).await?;
    recorded
        .into_iter()
        .map(|recorded| match recorded {
            Ok((Recorded::Stored(id), _)) => Ok(Outcome::unchanged(id.0)),
            Ok((Recorded::New(place), repeated)) => {
                let id = inserted.get(place).ok_or_else(|| Failure::internal("an inserted coverage has no id"))?;
                Ok(if repeated { Outcome::unchanged(id.0) } else { Outcome::applied(id.0) })
            }
            Err(failure) => Ok(Outcome::refused(failure)),
        })
        .collect()
}

/// The persons whom a batch names, all their coverages, and the coverages that the batch adds.
struct Batch {
    persons: HashMap<PersonId, person::Model>,
    by_number: HashMap<String, Vec<PersonId>>,
    coverages: HashMap<PersonId, Vec<(Coverage, Recorded)>>,
    new: Vec<(PersonId, Coverage)>,
}

impl Batch {
    async fn load(write: &Write<'_>, items: &[Result<Item>]) -> Result<Self> {
        let (mut ids, mut numbers) = (Vec::new(), Vec::new());
        for item in items.iter().flatten() {
            match &item.bearer {
                Bearer::Id(id) => ids.push(*id),
                Bearer::Number(number) => numbers.push(number.clone()),
            }
        }
        let mut batch =
            Self { persons: HashMap::new(), by_number: HashMap::new(), coverages: HashMap::new(), new: Vec::new() };
        for person in store::bearers(write, ids, numbers).await? {
            if let Some(number) = &person.national_id {
                batch.by_number.entry(number.clone()).or_default().push(person.id);
            }
            batch.persons.insert(person.id, person);
        }
        for stored in store::coverages(write, batch.persons.keys().copied()).await? {
            let known = batch.coverages.entry(stored.person_id).or_default();
            known.push((Coverage::stored(&stored), Recorded::Stored(stored.id)));
        }
        Ok(batch)
    }

    fn person(&self, bearer: &Bearer) -> Result<&person::Model> {
        let (id, field) = match bearer {
            Bearer::Id(id) => (Some(id), "personId"),
            Bearer::Number(number) => match self.by_number.get(number).map(Vec::as_slice) {
                Some([id]) => (Some(id), "nationalId"),
                Some(several @ [_, _, ..]) => {
                    let refusal = national_id::several().with_field("nationalId");
                    return Err(several.iter().fold(refusal, |refusal, id| refusal.about(About::Person(id.0))));
                }
                _ => (None, "nationalId"),
            },
        };
        id.and_then(|id| self.persons.get(id)).ok_or_else(|| Failure::not_found(field))
    }

    /// Finds the item's coverage or adds it; tells whether it was there before.
    fn place(&mut self, item: Item) -> Result<(Recorded, bool)> {
        let Item { bearer, coverage } = item;
        let person = self.person(&bearer)?;
        let id = person.id;
        while_living(person, coverage.valid_from)
            .and_then(|()| self.add(id, coverage))
            .map_err(|refusal| refusal.about(About::Person(id.0)))
    }

    fn add(&mut self, id: PersonId, coverage: Coverage) -> Result<(Recorded, bool)> {
        let known = self.coverages.entry(id).or_default();
        if let Some((_, recorded)) = known.iter().find(|(known, _)| *known == coverage) {
            return Ok((*recorded, true));
        }
        if let Some((other, _)) = known.iter().find(|(known, _)| known.overlaps(&coverage)) {
            return Err(overlapping(other));
        }
        let recorded = Recorded::New(self.new.len());
        known.push((coverage.clone(), recorded));
        self.new.push((id, coverage));
        Ok((recorded, false))
    }

    /// Inserts what was added, by one statement, and tells the ids in the order in which it was added.
    async fn insert(&self, write: &mut Write<'_>) -> Result<Vec<InsuranceCoverageId>> {
        if self.new.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.new.iter().map(|(person, coverage)| new_coverage(write, *person, coverage));
        let stored = insurance_coverage::Entity::insert_many(rows.collect::<Vec<_>>());
        let stored = stored.exec_with_returning(&write.tx).await?;
        // Databases return rows in any order. Of one person and kind no two begin on one day: they would overlap.
        let key = |person: PersonId, kind: InsuranceKind, from: NaiveDate| (person, kind, from);
        let stored: HashMap<_, _> =
            stored.iter().map(|row| (key(row.person_id, row.kind, row.valid_from), row)).collect();
        let mut ids = Vec::with_capacity(self.new.len());
        for (id, coverage) in &self.new {
            let row = stored.get(&key(*id, coverage.kind, coverage.valid_from));
            let (Some(row), Some(person)) = (row, self.persons.get(id)) else {
                return Err(Failure::internal("an inserted coverage did not come back"));
            };
            write.created(subject(row, person), &["kind", "number", "participantGroup", "validFrom", "validTo"]);
            ids.push(row.id);
        }
        Ok(ids)
    }
}

/// A coverage begins in its bearer's life.
fn while_living(person: &person::Model, from: NaiveDate) -> Result<()> {
    if let Some(born) = person.date_of_birth {
        check::not_before(from, born, "validFrom", "the person was born", "ngày sinh")?;
    }
    match person.died_on.filter(|died| *died < from) {
        None => Ok(()),
        Some(died) => Err(Failure::conflict(
            format!("The person died on {died}, before the coverage begins."),
            format!("Người này đã mất ngày {died}, trước khi bảo hiểm có hiệu lực."),
        )
        .with_field("validFrom")),
    }
}

fn overlapping(other: &Coverage) -> Failure {
    let (from, kind) = (other.valid_from, other.kind.as_str());
    let (to, to_vi) = match other.valid_to {
        Some(to) => (format!("to {to}"), format!("đến {to}")),
        None => ("on, without an end".to_owned(), "chưa có ngày kết thúc".to_owned()),
    };
    Failure::conflict(
        format!("The person has another {kind} coverage from {from} {to}. End it first."),
        format!("Người này đã có bảo hiểm {kind} từ {from} {to_vi}. Hãy kết thúc trước."),
    )
    .with_field("validFrom")
}

fn new_coverage(write: &Write<'_>, person: PersonId, coverage: &Coverage) -> insurance_coverage::ActiveModel {
    let now = write.request.micros();
    insurance_coverage::ActiveModel {
        id: NotSet,
        person_id: Set(person),
        kind: Set(coverage.kind),
        number: Set(coverage.number.clone()),
        participant_group: Set(coverage.participant_group.clone()),
        valid_from: Set(coverage.valid_from),
        valid_to: Set(coverage.valid_to),
        ended_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    }
}

/// Ends a coverage within its time; the last day may be yet to come.
pub async fn end(request: &Request, input: EndInsuranceInput) -> Result<i64> {
    may_change(request)?;
    let id = InsuranceCoverageId(global_id::expect("InsuranceCoverage", &input.id, "input.id")?);
    let reason = text::required(&input.reason, "input.reason", MAX_REASON)?;
    let mut write = Write::begin(request, "endInsurance").await?;
    let (before, person) = store::coverage(&write, id, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    let (on, field) = (input.ended_on.0, "input.endedOn");
    check::not_before(on, before.valid_from, field, "the coverage began", "ngày bảo hiểm có hiệu lực")?;
    if let Some(to) = before.valid_to.filter(|to| *to < on) {
        return Err(Failure::input(
            field,
            format!("The coverage ends on {to} already; it can only end earlier."),
            format!("Bảo hiểm đã kết thúc ngày {to}; chỉ có thể kết thúc sớm hơn."),
        ));
    }
    let mut after: insurance_coverage::ActiveModel = before.clone().into();
    after.valid_to = Set(Some(on));
    after.ended_reason = Set(Some(reason));
    after.version = Set(before.version + 1);
    after.updated_at = Set(request.micros());
    after.updated_by = Set(Some(AgencyId(request.viewer.agency_id)));
    let stored = after.update(&write.tx).await?;
    write.updated(subject(&stored, &person), &["validTo"]);
    write.commit().await?;
    Ok(id.0)
}
