//! What can be done with sponsors and their pledges; `giving.rs` has gifts and sponsored households.

use entity::{
    enums::FundingSource,
    ids::{AgencyId, ProgramId, SponsorId},
    pledge, sponsor,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{
    input::{RecordPledgeInput, RegisterSponsorInput, UpdateSponsorInput},
    rules,
    store::{self, subject},
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Write, same_version},
    fold::fold,
    program::{
        funding::{Lines, positive},
        not_future,
    },
    request::Request,
    schema::{global_id, text},
};

const MAX_CODE: usize = 40;
const MAX_NAME: usize = 200;
const MAX_CONTACT: usize = 500;
pub const MAX_REFERENCE: usize = 100;
pub const MAX_NOTE: usize = 1_000;

/// The Fatherland Front keeps the register of sponsors.
pub fn may_write_sponsorship(request: &Request, what: &str) -> Result<()> {
    request.viewer.require(Permission::SponsorshipWrite)?;
    may_write(&request.viewer, Owned::Sponsorship, what)
}

/// Registers a sponsor and tells its id.
pub async fn register(request: &Request, input: RegisterSponsorInput) -> Result<i64> {
    may_write_sponsorship(request, "sponsor")?;
    let code = text::required(&input.code, "input.code", MAX_CODE)?;
    let name = text::required(&input.name, "input.name", MAX_NAME)?;
    let contact = text::optional(input.contact.as_deref(), "input.contact", MAX_CONTACT)?;
    let mut write = Write::begin(request, "registerSponsor").await?;
    store::code_is_free(&write, &code).await?;
    let now = request.micros();
    let sponsor = sponsor::ActiveModel {
        id: NotSet,
        code: Set(code),
        name_folded: Set(fold(&name)),
        name: Set(name),
        kind: Set(input.kind),
        contact: Set(contact),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(request.viewer.agency_id))),
    };
    let sponsor = sponsor.insert(&write.tx).await?;
    write.created(subject("Sponsor", sponsor.id.0, 1, None), &["code", "name", "kind", "contact"]);
    write.commit().await?;
    Ok(sponsor.id.0)
}

/// Updates a sponsor's own data.
pub async fn update(request: &Request, input: UpdateSponsorInput) -> Result<i64> {
    may_write_sponsorship(request, "sponsor")?;
    let id = SponsorId(global_id::expect("Sponsor", &input.id, "input.id")?);
    let mut write = Write::begin(request, "updateSponsor").await?;
    let before = store::sponsor(&write, id, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    let version = before.version + 1;
    let mut after: sponsor::ActiveModel = before.into();
    let mut applied = Vec::new();
    if let Some(name) = &input.name {
        let name = text::required(name, "input.name", MAX_NAME)?;
        after.name_folded = Set(fold(&name));
        after.name = Set(name);
        applied.push("name");
    }
    if let Some(kind) = input.kind {
        after.kind = Set(kind);
        applied.push("kind");
    }
    if !input.contact.is_undefined() {
        let contact = input.contact.value().map(String::as_str);
        after.contact = Set(text::optional(contact, "input.contact", MAX_CONTACT)?);
        applied.push("contact");
    }
    if applied.is_empty() {
        return Ok(id.0);
    }
    after.version = Set(version);
    after.updated_at = Set(request.micros());
    after.updated_by = Set(Some(AgencyId(request.viewer.agency_id)));
    after.update(&write.tx).await?;
    write.updated(subject("Sponsor", id.0, version, None), &applied);
    write.commit().await?;
    Ok(id.0)
}

/// Records a promise. The same letter again changes nothing.
pub async fn record_pledge(request: &Request, input: RecordPledgeInput) -> Result<i64> {
    may_write_sponsorship(request, "pledge")?;
    let sponsor = SponsorId(global_id::expect("Sponsor", &input.sponsor_id, "input.sponsorId")?);
    let (pledged_on, due_on) = (input.pledged_on.0, input.due_on.map(|on| on.0));
    not_future(pledged_on, "input.pledgedOn", request.today())?;
    rules::check_due(pledged_on, due_on)?;
    let amount = positive(input.amount, "input.amount")?;
    let reference = text::required(&input.reference, "input.reference", MAX_REFERENCE)?;
    let note = text::optional(input.note.as_deref(), "input.note", MAX_NOTE)?;
    let program = ProgramId(request.catalog.program(&input.program_code, "input.programCode")?.id);
    let mut write = Write::begin(request, "recordPledge").await?;
    store::sponsor(&write, sponsor, "input.sponsorId").await?;
    let lines = Lines::of(&write, input.line_code.is_some().then_some(program)).await?;
    let line = input.line_code.as_deref();
    let line = line.map(|code| lines.line(code, FundingSource::SocialMobilization, "input.lineCode")).transpose()?;
    if let Some(stored) = store::pledge_by_reference(&write, sponsor, &reference).await? {
        let same = (stored.program_id, stored.line_id, stored.amount) == (program, line, amount)
            && (stored.pledged_on, stored.due_on, &stored.note) == (pledged_on, due_on, &note);
        if !same {
            return Err(reference_taken(&reference));
        }
        request.uses.repeated("Pledge", stored.id.0);
        return Ok(stored.id.0);
    }
    let now = request.micros();
    let pledge = pledge::ActiveModel {
        id: NotSet,
        sponsor_id: Set(sponsor),
        program_id: Set(program),
        line_id: Set(line),
        amount: Set(amount),
        pledged_on: Set(pledged_on),
        due_on: Set(due_on),
        reference: Set(reference),
        note: Set(note),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(request.viewer.agency_id))),
    };
    let pledge = pledge.insert(&write.tx).await?;
    write.created(
        subject("Pledge", pledge.id.0, 1, None),
        &["sponsor", "program", "lineCode", "amount", "pledgedOn", "dueOn", "reference", "note"],
    );
    write.commit().await?;
    Ok(pledge.id.0)
}

/// The same reference with other content.
pub fn reference_taken(reference: &str) -> Failure {
    Failure::conflict(
        format!("The sponsor's reference {reference} is recorded with other content."),
        format!("Số chứng từ {reference} của nhà tài trợ đã được ghi với nội dung khác."),
    )
    .with_field("input.reference")
}
