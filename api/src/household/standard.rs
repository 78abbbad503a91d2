//! Recording and correcting a poverty standard: law comes as rows, and what was read wrongly or not at all is set right
//! by the lead department. Rows are read anew by every review and dry run, so that a correction counts on every node
//! with its commit.

use entity::{enums::Basis, poverty_standard};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    IntoActiveModel,
};

use super::{
    input::RecordPovertyStandardInput,
    standard_rules::{changed, check_apart, check_figures, check_reviewed},
    store,
};
use crate::{
    access::Owned,
    error::{Failure, Result},
    exchange::{Subject, Write, same_version},
    law,
    request::Request,
    schema::text,
};

const MAX_CODE: usize = 40;
const MAX_DECREE: usize = 100;
const MAX_SOURCE: usize = 1_000;

/// Records a standard, or corrects the one with the code, and tells its id. The same again changes nothing.
pub async fn record(request: &Request, input: RecordPovertyStandardInput) -> Result<i64> {
    law::may_record(request, Owned::Standard, "povertyStandard")?;
    let new = read(request, &input)?;
    check_figures(&new)?;
    let mut write = Write::begin(request, "recordPovertyStandard").await?;
    let known = store::lock_standards(&write).await?;
    let id = match known.iter().find(|standard| standard.code == new.code) {
        Some(before) => correct(&mut write, before, new, &known, input.expected_version).await?,
        None => create(&mut write, new, &known, input.expected_version).await?,
    };
    write.commit().await?;
    request.catalog.learn(&request.db, "a poverty standard").await;
    Ok(id)
}

/// The row that the input describes.
fn read(request: &Request, input: &RecordPovertyStandardInput) -> Result<poverty_standard::Model> {
    let scores = input.scores.as_ref();
    let (recorded_at, recorded_by) = law::stamp(request);
    let score_source = scores.map(|scores| text::required(&scores.source, "input.scores.source", MAX_SOURCE));
    Ok(poverty_standard::Model {
        id: entity::ids::PovertyStandardId(0),
        code: text::required(&input.code, "input.code", MAX_CODE)?,
        decree: text::required(&input.decree, "input.decree", MAX_DECREE)?,
        rural_line: input.rural_line.0,
        urban_line: input.urban_line.0,
        rural_average_line: input.rural_average_line.map(|line| line.0),
        urban_average_line: input.urban_average_line.map(|line| line.0),
        deprivations_for_poor: input.deprivations_for_poor,
        effective_from: input.effective_from.0,
        effective_to: input.effective_to.map(|to| to.0),
        basis: input.basis,
        source: law::source(&input.source)?,
        rural_score_line: scores.map(|scores| scores.rural_line),
        urban_score_line: scores.map(|scores| scores.urban_line),
        points_a_deprivation: scores.map(|scores| scores.points_a_deprivation),
        score_for_poor: scores.map(|scores| scores.for_poor),
        score_basis: scores.map_or(Basis::Unknown, |scores| scores.basis),
        score_source: score_source.transpose()?,
        version: 1,
        recorded_at,
        recorded_by,
    })
}

async fn create(
    write: &mut Write<'_>,
    new: poverty_standard::Model,
    known: &[poverty_standard::Model],
    expected: Option<i32>,
) -> Result<i64> {
    if expected.is_some() {
        return Err(Failure::input(
            "input.code",
            format!("There is no poverty standard with the code {} to correct.", new.code),
            format!("Không có chuẩn nghèo mang mã {} để sửa.", new.code),
        ));
    }
    check_apart(&new, known)?;
    let row = poverty_standard::ActiveModel { id: NotSet, ..new.into_active_model().reset_all() };
    let id = row.insert(&write.tx).await?.id.0;
    write.created(subject(id, 1), FIELDS);
    Ok(id)
}

async fn correct(
    write: &mut Write<'_>,
    before: &poverty_standard::Model,
    new: poverty_standard::Model,
    known: &[poverty_standard::Model],
    expected: Option<i32>,
) -> Result<i64> {
    let (id, fields) = (before.id, changed(before, &new));
    if fields.is_empty() {
        return Ok(id.0);
    }
    let Some(expected) = expected else {
        let (code, version) = (&before.code, before.version);
        return Err(Failure::conflict(
            format!("There is a poverty standard {code} already; to correct it name its version, {version}."),
            format!("Đã có chuẩn nghèo {code}; để sửa, hãy nêu phiên bản hiện có là {version}."),
        )
        .with_field("input.code"));
    };
    same_version(expected, before.version)?;
    check_apart(&new, known)?;
    check_reviewed(before, &new, store::reviewed_under(write, id).await?)?;
    let version = before.version + 1;
    let mut after = poverty_standard::Model { id, version, ..new }.into_active_model().reset_all();
    after.id = sea_orm::ActiveValue::Unchanged(id);
    after.version = Set(version);
    after.update(&write.tx).await?;
    write.updated(subject(id.0, version), &fields);
    Ok(id.0)
}

const FIELDS: &[&str] = &[
    "code",
    "decree",
    "ruralLine",
    "urbanLine",
    "ruralAverageLine",
    "urbanAverageLine",
    "deprivationsForPoor",
    "effectiveFrom",
    "effectiveTo",
    "basis",
    "source",
    "ruralScoreLine",
    "urbanScoreLine",
    "pointsADeprivation",
    "scoreForPoor",
    "scoreBasis",
    "scoreSource",
];

const fn subject(id: i64, version: i32) -> Subject {
    Subject { type_name: "PovertyStandard", id, version, commune_id: None, district_id: None }
}
