//! Gifts, and the households that sponsors look after.

use entity::{
    enums::FundingSource,
    gift, household,
    ids::{AgencyId, FundingLineId, HouseholdId, PledgeId, ProgramId, SponsorId, SponsorshipId},
    pledge, sponsorship,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{
    input::{BeginSponsorshipInput, EndSponsorshipInput, RecordGiftInput},
    rules,
    service::{MAX_NOTE, MAX_REFERENCE, may_write_sponsorship, reference_taken},
    store::{self, subject},
};
use crate::{
    error::{Failure, Result},
    exchange::{Write, same_version},
    household::{service::still_there, store as households},
    program::{funding::Lines, not_future},
    request::Request,
    schema::{Warning, global_id, text},
};

const MAX_DESCRIPTION: usize = 500;

/// A gift that was recorded, or had been.
pub struct Given {
    pub id: i64,
    pub warnings: Vec<Warning>,
}

/// Records a gift, promised or free, to a household or to none. The same receipt again changes nothing.
pub async fn record_gift(request: &Request, input: RecordGiftInput) -> Result<Given> {
    may_write_sponsorship(request, "gift")?;
    let sponsor = SponsorId(global_id::expect("Sponsor", &input.sponsor_id, "input.sponsorId")?);
    not_future(input.given_on.0, "input.givenOn", request.today())?;
    let mut write = Write::begin(request, "recordGift").await?;
    store::sponsor(&write, sponsor, "input.sponsorId").await?;
    let pledge = promised(&write, sponsor, &input).await?;
    let program = program(request, &input, pledge.as_ref())?;
    let line = line(&write, &input, program, pledge.as_ref()).await?;
    let household = receiver(&write, &input).await?;
    let new = new_gift(request, &input, (sponsor, pledge.as_ref(), program, line, household.as_ref()))?;
    if let Some(stored) = store::gift_by_reference(&write, sponsor, new.reference.as_ref()).await? {
        if !same(&stored, &new) {
            return Err(reference_taken(&stored.reference));
        }
        request.uses.repeated("Gift", stored.id.0);
        return Ok(Given { id: stored.id.0, warnings: Vec::new() });
    }
    if let Some(household) = &household {
        still_there(household, "input.householdId")?;
    }
    let gift = new.insert(&write.tx).await?;
    let place = household.map(|household| (household.commune_id, household.district_id));
    write.created(
        subject("Gift", gift.id.0, 1, place),
        &[
            "sponsor",
            "pledge",
            "program",
            "lineCode",
            "household",
            "kind",
            "amount",
            "description",
            "givenOn",
            "reference",
        ],
    );
    let warning = match &pledge {
        Some(pledge) => rules::pledge_warning(pledge.amount, store::given(&write, pledge.id).await?),
        None => None,
    };
    write.commit().await?;
    Ok(Given { id: gift.id.0, warnings: warning.into_iter().collect() })
}

/// The promise that a gift keeps.
async fn promised(write: &Write<'_>, sponsor: SponsorId, input: &RecordGiftInput) -> Result<Option<pledge::Model>> {
    let Some(id) = &input.pledge_id else { return Ok(None) };
    let id = PledgeId(global_id::expect("Pledge", id, "input.pledgeId")?);
    let pledge = store::pledge(write, sponsor, id, "input.pledgeId").await?;
    rules::check_kept(&pledge, input.given_on.0)?;
    Ok(Some(pledge))
}

/// The program that is named, or else the pledge's; where both are, they must agree.
fn program(request: &Request, input: &RecordGiftInput, pledge: Option<&pledge::Model>) -> Result<ProgramId> {
    let named = input.program_code.as_deref().map(|code| request.catalog.program(code, "input.programCode"));
    let named = named.transpose()?.map(|program| ProgramId(program.id));
    match (named, pledge.map(|pledge| pledge.program_id)) {
        (Some(named), Some(pledged)) if named != pledged => Err(Failure::input(
            "input.programCode",
            "The pledge was made for another program.",
            "Cam kết này dành cho chương trình khác.",
        )),
        (Some(program), _) | (None, Some(program)) => Ok(program),
        (None, None) => Err(Failure::input(
            "input.programCode",
            "A gift without a pledge names its program.",
            "Tài trợ không theo cam kết phải ghi mã chương trình.",
        )),
    }
}

/// The line that is named, or else the pledge's: what was promised for one line is not given for another.
async fn line(
    write: &Write<'_>,
    input: &RecordGiftInput,
    program: ProgramId,
    pledge: Option<&pledge::Model>,
) -> Result<Option<FundingLineId>> {
    let pledged = pledge.and_then(|pledge| pledge.line_id);
    let Some(code) = &input.line_code else { return Ok(pledged) };
    let lines = Lines::of(write, Some(program)).await?;
    let named = lines.line(code, FundingSource::SocialMobilization, "input.lineCode")?;
    if pledged.is_some_and(|pledged| pledged != named) {
        return Err(Failure::input(
            "input.lineCode",
            "The pledge was made for another line.",
            "Cam kết này dành cho dòng kinh phí khác.",
        ));
    }
    Ok(Some(named))
}

/// The household that gets it, locked.
async fn receiver(write: &Write<'_>, input: &RecordGiftInput) -> Result<Option<household::Model>> {
    let Some(id) = &input.household_id else { return Ok(None) };
    let id = HouseholdId(global_id::expect("Household", id, "input.householdId")?);
    Ok(Some(households::household(write, id, "input.householdId").await?))
}

type Between<'a> =
    (SponsorId, Option<&'a pledge::Model>, ProgramId, Option<FundingLineId>, Option<&'a household::Model>);

fn new_gift(
    request: &Request,
    input: &RecordGiftInput,
    (sponsor, pledge, program, line, household): Between<'_>,
) -> Result<gift::ActiveModel> {
    let description = text::optional(input.description.as_deref(), "input.description", MAX_DESCRIPTION)?;
    rules::check_description(input.kind, description.as_deref())?;
    let now = request.micros();
    Ok(gift::ActiveModel {
        id: NotSet,
        sponsor_id: Set(sponsor),
        pledge_id: Set(pledge.map(|pledge| pledge.id)),
        program_id: Set(program),
        household_id: Set(household.map(|household| household.id)),
        kind: Set(input.kind),
        amount: Set(rules::check_amount(input.kind, input.amount)?),
        description: Set(description),
        given_on: Set(input.given_on.0),
        reference: Set(text::required(&input.reference, "input.reference", MAX_REFERENCE)?),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(request.viewer.agency_id))),
        line_id: Set(line),
    })
}

/// Whether a stored gift says what a new one would.
fn same(stored: &gift::Model, new: &gift::ActiveModel) -> bool {
    let gift::Model { pledge_id, program_id, household_id, kind, amount, description, given_on, line_id, .. } = stored;
    (pledge_id, program_id, household_id, line_id)
        == (new.pledge_id.as_ref(), new.program_id.as_ref(), new.household_id.as_ref(), new.line_id.as_ref())
        && (kind, amount) == (new.kind.as_ref(), new.amount.as_ref())
        && (description, given_on) == (new.description.as_ref(), new.given_on.as_ref())
}

/// Begins a sponsorship and tells its id.
pub async fn begin_sponsorship(request: &Request, input: BeginSponsorshipInput) -> Result<i64> {
    may_write_sponsorship(request, "sponsorship")?;
    let sponsor = SponsorId(global_id::expect("Sponsor", &input.sponsor_id, "input.sponsorId")?);
    let household = HouseholdId(global_id::expect("Household", &input.household_id, "input.householdId")?);
    let starts_on = input.starts_on.0;
    not_future(starts_on, "input.startsOn", request.today())?;
    let note = text::optional(input.note.as_deref(), "input.note", MAX_NOTE)?;
    let mut write = Write::begin(request, "beginSponsorship").await?;
    store::sponsor(&write, sponsor, "input.sponsorId").await?;
    let household = households::household(&write, household, "input.householdId").await?;
    still_there(&household, "input.householdId")?;
    rules::check_free(&store::of_household(&write, sponsor, household.id).await?, starts_on)?;
    let now = request.micros();
    let sponsorship = sponsorship::ActiveModel {
        id: NotSet,
        sponsor_id: Set(sponsor),
        household_id: Set(household.id),
        starts_on: Set(starts_on),
        ends_on: Set(None),
        note: Set(note),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(request.viewer.agency_id))),
    };
    let id = sponsorship.insert(&write.tx).await?.id.0;
    let place = Some((household.commune_id, household.district_id));
    write.created(subject("Sponsorship", id, 1, place), &["sponsor", "household", "startsOn", "note"]);
    write.commit().await?;
    Ok(id)
}

/// Ends a sponsorship; the household may be gone.
pub async fn end_sponsorship(request: &Request, input: EndSponsorshipInput) -> Result<i64> {
    may_write_sponsorship(request, "sponsorship")?;
    let id = SponsorshipId(global_id::expect("Sponsorship", &input.id, "input.id")?);
    let ends_on = input.ends_on.0;
    not_future(ends_on, "input.endsOn", request.today())?;
    let mut write = Write::begin(request, "endSponsorship").await?;
    let (before, household) = store::sponsorship(&write, id, "input.id").await?;
    same_version(input.expected_version, before.version)?;
    rules::check_end(&before, ends_on)?;
    let version = before.version + 1;
    let mut after: sponsorship::ActiveModel = before.into();
    after.ends_on = Set(Some(ends_on));
    after.version = Set(version);
    after.updated_at = Set(request.micros());
    after.updated_by = Set(Some(AgencyId(request.viewer.agency_id)));
    after.update(&write.tx).await?;
    let place = Some((household.commune_id, household.district_id));
    write.updated(subject("Sponsorship", id.0, version, place), &["endsOn"]);
    write.commit().await?;
    Ok(id.0)
}
