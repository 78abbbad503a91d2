//! Poverty reviews and the decisions on them.

use chrono::{Days, Months, NaiveDate};
use entity::{
    EnumSet,
    enums::{AreaKind, PovertyClass},
    household,
    ids::{AgencyId, HouseholdId, PovertyReviewId},
    poverty_review, poverty_standard,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{
    check, found,
    input::{DecideReviewInput, ReviewHouseholdInput},
    on_day::area_kind_on,
    rules::{Classes, decide_by},
    service::{still_there, touch},
    store,
};
use crate::{
    access::{Owned, Permission, may_write},
    error::{Failure, Result},
    exchange::{Subject, Write, same_version},
    request::Request,
    schema::{Warning, global_id, text},
};

const MAX_FORM_VERSION: usize = 100;
const MAX_DECISION_NUMBER: usize = 100;
/// A decision takes effect within so many months: a later day is a slip of the pen, and would bar every decision after
/// it, since decisions take effect in their order.
const MONTHS_AHEAD: u32 = 12;

/// What a write on a review did.
pub struct Reviewed {
    pub review: PovertyReviewId,
    pub household: HouseholdId,
    pub warnings: Vec<Warning>,
}

fn subject(review: &poverty_review::Model, household: &household::Model) -> Subject {
    Subject {
        type_name: "PovertyReview",
        id: review.id.0,
        version: review.version,
        commune_id: Some(household.commune_id),
        district_id: Some(household.district_id),
    }
}

/// Records a review and the class that the standard of its day gives.
pub async fn review(request: &Request, input: ReviewHouseholdInput) -> Result<Reviewed> {
    request.viewer.require(Permission::ReviewWrite)?;
    may_write(&request.viewer, Owned::PovertyReview, "reviews")?;
    let id = HouseholdId(global_id::expect("Household", &input.household_id, "input.householdId")?);
    found::not_negative(&input)?;
    let on = input.reviewed_on.0;
    check::not_future(on, "input.reviewedOn", request.today())?;
    let mut write = Write::begin(request, "reviewHousehold").await?;
    let household = store::household(&write, id, "input.householdId").await?;
    still_there(&household, "input.householdId")?;
    if store::reviews(&write, id).await?.iter().any(|review| review.reviewed_on == on) {
        return Err(Failure::conflict(
            format!("A review of the household on {on} is recorded already."),
            format!("Đã có lần rà soát hộ này vào ngày {on}."),
        )
        .with_field("input.reviewedOn"));
    }
    let standards = store::standards(&write).await?;
    let standard = found::standard(&standards, input.standard_code.as_deref(), on)?;
    let area = area_kind_on(&write, &household, on).await?;
    let computed = found::class(&input, standard, area)?;
    let stored = new_review(&write, &input, &household, standard, area, computed)?.insert(&write.tx).await?;
    let fields = ["standard", "reviewedOn", "scoreA", "scoreB", "formVersion", "incomePerCapita", "deprivations"];
    write.created(subject(&stored, &household), &fields);
    write.commit().await?;
    Ok(Reviewed { review: stored.id, household: id, warnings: found::warnings(&input, standard, area) })
}

fn new_review(
    write: &Write<'_>,
    input: &ReviewHouseholdInput,
    household: &household::Model,
    standard: &poverty_standard::Model,
    area: AreaKind,
    computed: PovertyClass,
) -> Result<poverty_review::ActiveModel> {
    let now = write.request.micros();
    Ok(poverty_review::ActiveModel {
        id: NotSet,
        household_id: Set(household.id),
        standard_id: Set(standard.id),
        reviewed_on: Set(input.reviewed_on.0),
        area_kind: Set(area),
        score_a: Set(input.score_a),
        score_b: Set(input.score_b),
        form_version: Set(text::optional(input.form_version.as_deref(), "input.formVersion", MAX_FORM_VERSION)?),
        income_per_capita: Set(input.income_per_capita.map(|income| income.0)),
        deprivations: Set(EnumSet::from(input.deprivations.as_slice())),
        computed_class: Set(computed),
        decided_class: Set(None),
        decision_number: Set(None),
        effective_from: Set(None),
        effective_to: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(Some(AgencyId(write.request.viewer.agency_id))),
    })
}

/// Records the commune's decision on a review: the class is in force from a day on, and the one before ends with the
/// day before. Decisions take effect in their order, and one at a time may wait for its day.
pub async fn decide(request: &Request, input: DecideReviewInput) -> Result<Reviewed> {
    request.viewer.require(Permission::ReviewDecide)?;
    may_write(&request.viewer, Owned::PovertyReview, "decidedClass")?;
    let id = PovertyReviewId(global_id::expect("PovertyReview", &input.review_id, "input.reviewId")?);
    let number = text::required(&input.decision_number, "input.decisionNumber", MAX_DECISION_NUMBER)?;
    let mut write = Write::begin(request, "decideReview").await?;
    let (before, household) = store::review(&write, id, "input.reviewId").await?;
    same_version(input.expected_version, before.version)?;
    still_there(&household, "input.reviewId")?;
    if let Some(class) = before.decided_class {
        return Err(Failure::conflict(
            format!("The review is decided already: {}.", class.as_str()),
            format!("Lần rà soát này đã có quyết định: {}.", class.as_str()),
        )
        .with_field("input.reviewId"));
    }
    let (from, today) = (input.effective_from.0, request.today());
    timely(from, before.reviewed_on, today)?;
    let reviews = store::reviews(&write, household.id).await?;
    after_the_last(&reviews, from)?;
    let classes = Classes::of(&household).decided(input.decided_class, from, today).ok_or_else(waiting)?;
    for earlier in reviews.iter().filter(|review| in_force_on(review, from)) {
        close(&mut write, earlier, &household, from).await?;
    }
    let mut after: poverty_review::ActiveModel = before.clone().into();
    after.decided_class = Set(Some(input.decided_class));
    after.decision_number = Set(Some(number));
    after.effective_from = Set(Some(from));
    save(&mut write, &before, after, &household, &["decidedClass", "decisionNumber", "effectiveFrom"]).await?;
    put_in_force(&mut write, &household, classes).await?;
    write.commit().await?;
    let warnings = late(before.reviewed_on, from.min(today)).into_iter().collect();
    Ok(Reviewed { review: id, household: household.id, warnings })
}

/// A decision takes effect between the review and a year from today.
fn timely(from: NaiveDate, reviewed_on: NaiveDate, today: NaiveDate) -> Result<()> {
    let field = "input.effectiveFrom";
    check::not_before(from, reviewed_on, field, "the household was reviewed", "ngày rà soát hộ")?;
    let latest = today.checked_add_months(Months::new(MONTHS_AHEAD)).unwrap_or(NaiveDate::MAX);
    if from <= latest {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!("A decision takes effect on {latest} at the latest, within {MONTHS_AHEAD} months."),
        format!("Quyết định phải có hiệu lực chậm nhất ngày {latest}, trong vòng {MONTHS_AHEAD} tháng."),
    ))
}

/// A decision that was neither recorded nor in force by its last day is late, and counts all the same.
fn late(reviewed_on: NaiveDate, decided: NaiveDate) -> Option<Warning> {
    let last = decide_by(reviewed_on).filter(|last| decided > *last)?;
    Some(Warning::new(
        "DECISION_LATE",
        "input.effectiveFrom",
        format!("The decision on a regular review was due by {last}, 15 days from its start."),
        format!("Quyết định sau rà soát thường xuyên phải có chậm nhất ngày {last}, 15 ngày kể từ khi bắt đầu."),
    ))
}

/// CONFLICT unless every other decision on the household takes effect before.
fn after_the_last(reviews: &[poverty_review::Model], from: NaiveDate) -> Result<()> {
    match reviews.iter().filter_map(|review| review.effective_from).max() {
        Some(last) if last >= from => Err(Failure::conflict(
            format!("Another decision takes effect on {last}; this one must take effect later."),
            format!("Đã có quyết định khác có hiệu lực từ ngày {last}; quyết định này phải có hiệu lực sau ngày đó."),
        )
        .with_field("input.effectiveFrom")),
        _ => Ok(()),
    }
}

fn waiting() -> Failure {
    Failure::conflict(
        "Another decision on the household waits for its day; decide again once it is in force.",
        "Hộ còn một quyết định chưa đến ngày có hiệu lực; hãy quyết định lại sau ngày đó.",
    )
    .with_field("input.effectiveFrom")
}

fn in_force_on(review: &poverty_review::Model, day: NaiveDate) -> bool {
    review.effective_from.is_some() && review.effective_to.is_none_or(|to| to >= day)
}

/// Ends an earlier decision with the day before the next one.
async fn close(
    write: &mut Write<'_>,
    review: &poverty_review::Model,
    household: &household::Model,
    next: NaiveDate,
) -> Result<()> {
    let mut after: poverty_review::ActiveModel = review.clone().into();
    after.effective_to = Set(next.checked_sub_days(Days::new(1)));
    save(write, review, after, household, &["effectiveTo"]).await
}

async fn save(
    write: &mut Write<'_>,
    before: &poverty_review::Model,
    mut after: poverty_review::ActiveModel,
    household: &household::Model,
    fields: &[&str],
) -> Result<()> {
    after.version = Set(before.version + 1);
    after.updated_at = Set(write.request.micros());
    after.updated_by = Set(Some(AgencyId(write.request.viewer.agency_id)));
    let stored = after.update(&write.tx).await?;
    write.updated(subject(&stored, household), fields);
    Ok(())
}

async fn put_in_force(write: &mut Write<'_>, household: &household::Model, classes: Classes) -> Result<()> {
    let mut after: household::ActiveModel = household.clone().into();
    after.poverty_class = Set(classes.now);
    after.next_class = Set(classes.next.map(|(class, _)| class));
    after.next_class_on = Set(classes.next.map(|(_, on)| on));
    touch(write, household, after, &["povertyClass"]).await?;
    Ok(())
}
