//! What holds for model projects and their revolving capital. Pure.
//!
//! The numbers are those of plan 2021/KH-UBND (2022), certainty F: the provincial resolution that is to carry them was
//! due at the end of 2022 (task 3, discrepancy D30).

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use entity::enums::{AdminLevel, FundingSource, ModelStatus, ModelTrack, PovertyClass};

use crate::{
    error::{Failure, Result},
    program::funding::Share,
    schema::Warning,
};

/// Most state money that a household holds in livelihood models, đồng (plan II.3.1, annex V.1).
pub const STATE_CEILING: i64 = 30_000_000;
/// Most mobilised money that a household holds in livelihood models, đồng (annex V.2).
pub const MOBILISED_CEILING: i64 = 20_000_000;
/// Households of a livelihood model: the annex gives 12 a model and, over all models, 10 (D01).
pub const SIZE: RangeInclusive<usize> = 10..=12;

/// Capital that a household holds, by who gave it; shares of other sources are bounded by nothing here. Đồng.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Capital {
    /// Central and provincial budget.
    pub state: i64,
    /// Social mobilisation.
    pub mobilised: i64,
}

impl Capital {
    pub fn of(shares: &[Share]) -> Option<Self> {
        shares.iter().try_fold(Self::default(), |sum, share| sum.with(share.source, share.amount))
    }

    /// None on overflow.
    pub fn with(self, source: FundingSource, amount: i64) -> Option<Self> {
        Some(match source {
            FundingSource::CentralBudget | FundingSource::ProvincialBudget => {
                Self { state: self.state.checked_add(amount)?, ..self }
            }
            FundingSource::SocialMobilization => Self { mobilised: self.mobilised.checked_add(amount)?, ..self },
            _ => self,
        })
    }
}

/// BAD_USER_INPUT where a household that holds `held` in other models would come above a ceiling by `new`.
pub fn within_ceilings(held: Capital, new: Capital, field: &str) -> Result<()> {
    let below = |held: i64, new: i64, ceiling: i64| held.checked_add(new).is_some_and(|sum| sum <= ceiling);
    if !below(held.state, new.state, STATE_CEILING) {
        return Err(above(field, "state", "ngân sách nhà nước", (held.state, new.state, STATE_CEILING)));
    }
    if !below(held.mobilised, new.mobilised, MOBILISED_CEILING) {
        return Err(above(field, "mobilised", "vận động", (held.mobilised, new.mobilised, MOBILISED_CEILING)));
    }
    Ok(())
}

fn above(field: &str, what: &str, what_vi: &str, (held, new, ceiling): (i64, i64, i64)) -> Failure {
    Failure::input(
        field,
        format!(
            "A household gets at most {ceiling} đồng of {what} money in livelihood models; it would get {new} besides the \
             {held} that it holds."
        ),
        format!(
            "Mỗi hộ được hỗ trợ tối đa {ceiling} đồng vốn {what_vi} trong các mô hình sinh kế; hộ đang có {held} đồng và \
             sẽ nhận thêm {new} đồng."
        ),
    )
}

/// What a household is to pay back at the close: half of the state money of a livelihood model (plan II.3.1), rounded
/// down to the đồng, in favour of the household.
pub const fn recoverable(track: ModelTrack, capital: Capital) -> i64 {
    match track {
        ModelTrack::Livelihood => capital.state / 2,
        ModelTrack::PilotSite => 0,
    }
}

/// What each source gives to an advance of `wanted`: all that is available, in order, until the advance is covered.
pub fn draw<K: Copy>(wanted: i64, available: &[(K, i64)]) -> Vec<(K, i64)> {
    let mut left = wanted;
    let mut drawn = Vec::new();
    for (source, available) in available {
        let amount = left.min(*available);
        if amount > 0 {
            drawn.push((*source, amount));
            left -= amount;
        }
    }
    drawn
}

/// A pilot site names the level that runs it, a livelihood model has none.
pub fn check_level(track: ModelTrack, level: Option<AdminLevel>) -> Result<()> {
    match (track, level) {
        (ModelTrack::PilotSite, None) => Err(Failure::input(
            "input.level",
            "A pilot site needs the level that runs it.",
            "Mô hình điểm phải ghi cấp thực hiện.",
        )),
        (ModelTrack::Livelihood, Some(_)) => Err(Failure::input(
            "input.level",
            "Only a pilot site has a level; leave it out for a livelihood model.",
            "Chỉ mô hình điểm mới có cấp thực hiện; hãy bỏ trống với mô hình sinh kế.",
        )),
        _ => Ok(()),
    }
}

/// BAD_USER_INPUT where more is named of funding lines than the advance has of new money: what is `drawn` of recovered
/// capital was paid out of a line once already.
pub fn new_money_of_lines(shares: &[Share], support: i64, drawn: impl Iterator<Item = i64>, field: &str) -> Result<()> {
    let of_lines = shares.iter().filter(|share| share.line_id.is_some()).map(|share| share.amount);
    let add = |sum: i64, amount| sum.checked_add(amount);
    let (Some(lines), Some(drawn)) = ({ of_lines }.try_fold(0, add), { drawn }.try_fold(0, add)) else {
        return Err(Failure::internal("shares overflow that added up"));
    };
    let new = support.saturating_sub(drawn);
    if lines <= new {
        return Ok(());
    }
    Err(Failure::input(
        field,
        format!(
            "Of the {support} đồng {drawn} is recovered capital, which is no new money of a line: lines give at most {new}, \
             {lines} names one."
        ),
        format!(
            "Trong {support} đồng có {drawn} là vốn thu hồi quay vòng, không phải vốn mới của dòng kinh phí: các dòng chi tối \
             đa {new}, đã khai {lines}."
        ),
    ))
}

/// What each level chooses as its pilot site: the province and each district a commune, each commune a hamlet or quarter
/// (plan II.9).
pub const fn planned_site(level: AdminLevel) -> Option<AdminLevel> {
    match level {
        AdminLevel::Province | AdminLevel::District => Some(AdminLevel::Commune),
        AdminLevel::Commune => Some(AdminLevel::Hamlet),
        AdminLevel::Hamlet => None,
    }
}

/// Other choices than the planned are kept: a district may run a pilot in a hamlet.
pub fn pilot_site_warning(level: Option<AdminLevel>, site: Option<AdminLevel>) -> Option<Warning> {
    let planned = planned_site(level?);
    if planned.is_some() && planned == site {
        return None;
    }
    Some(Warning::new(
        "PILOT_SITE_LEVEL",
        "input.level",
        "By the plan (II.9) the province and each district run a pilot commune, each commune a pilot hamlet or quarter.",
        "Theo kế hoạch (II.9), tỉnh và mỗi huyện chọn một xã, mỗi xã chọn một ấp, khu phố làm mô hình điểm.",
    ))
}

/// The first and last day are in order.
pub fn check_period(starts_on: Option<NaiveDate>, ends_on: Option<NaiveDate>) -> Result<()> {
    match (starts_on, ends_on) {
        (Some(first), Some(last)) if last < first => Err(Failure::input(
            "input.endsOn",
            format!("The last day, {last}, lies before the first, {first}."),
            format!("Ngày kết thúc {last} trước ngày bắt đầu {first}."),
        )),
        _ => Ok(()),
    }
}

/// A project runs once its first day has come.
pub fn status_on(starts_on: Option<NaiveDate>, today: NaiveDate) -> ModelStatus {
    if starts_on.is_some_and(|first| first <= today) { ModelStatus::Active } else { ModelStatus::Planned }
}

/// What looks wrong in the size of a livelihood model: both numbers are in the plan, so it is no error (D01).
pub fn size_warning(track: ModelTrack, households: usize) -> Option<Warning> {
    if track == ModelTrack::PilotSite || SIZE.contains(&households) {
        return None;
    }
    let (least, most) = (SIZE.start(), SIZE.end());
    Some(Warning::new(
        "MODEL_SIZE",
        "input.items",
        format!("The model has {households} households; the plan means {least} to {most}."),
        format!("Mô hình có {households} hộ; kế hoạch dự kiến từ {least} đến {most} hộ."),
    ))
}

/// Half of the state money comes back when a model ends (plan II.3.1); what is still out at the close of each household
/// comes back later, and is noticed.
pub fn still_out_warning(still_out: impl Iterator<Item = i64>) -> Option<Warning> {
    let owing: Vec<_> = still_out.filter(|amount| *amount > 0).collect();
    let (households, sum) = (owing.len(), owing.iter().fold(0_i64, |sum, amount| sum.saturating_add(*amount)));
    (households > 0).then(|| {
        Warning::new(
            "CAPITAL_STILL_OUT",
            "input.closedOn",
            format!("At the close {sum} đồng is still to come back from {households} households."),
            format!("Khi kết thúc còn {sum} đồng chưa thu hồi từ {households} hộ."),
        )
    })
}

/// Livelihood models are for poor and near-poor households (plan II.3.1); another is enrolled with a warning, since the
/// review that changed its class may be younger than the choice of the households.
pub fn class_warning(track: ModelTrack, class: Option<PovertyClass>, field: String) -> Option<Warning> {
    if track == ModelTrack::PilotSite || matches!(class, Some(PovertyClass::Poor | PovertyClass::NearPoor)) {
        return None;
    }
    Some(Warning::new(
        "HOUSEHOLD_CLASS",
        field,
        "Livelihood models are for poor and near-poor households; this one is neither today.",
        "Mô hình sinh kế dành cho hộ nghèo, cận nghèo; hiện hộ này không thuộc diện đó.",
    ))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
