//! All types that are read by projections, found from the roots along their relations.

use std::sync::LazyLock;

use super::NODES;
use crate::{
    household::{RECLASSIFICATION_IMPACT, REGULAR_REVIEW_REPORT},
    identity::VIEWER,
    loan::{DEBT_CLASSIFICATION, LOAN_RULE, RISK_DEBT_RULE},
    model_project::PILOT_COVERAGE,
    plan::{CLOSED_STATISTICS, STATISTICS_ROW},
    program::{ASSISTANCE_COEFFICIENT, ASSISTANCE_LEVEL, URGENT_HELP_RULE},
    read::projection::{Projection, Source},
};

/// Roots that no type with a global id leads to.
static FURTHER: &[&Projection] = &[
    &VIEWER,
    &STATISTICS_ROW,
    &CLOSED_STATISTICS,
    &RECLASSIFICATION_IMPACT,
    &REGULAR_REVIEW_REPORT,
    &DEBT_CLASSIFICATION,
    &LOAN_RULE,
    &RISK_DEBT_RULE,
    &PILOT_COVERAGE,
    &ASSISTANCE_LEVEL,
    &ASSISTANCE_COEFFICIENT,
    &URGENT_HELP_RULE,
];

/// Every projection once, in the order of their names. Several may share a name: one type from several tables.
pub fn projections() -> &'static [&'static Projection] {
    static ALL: LazyLock<Vec<&'static Projection>> = LazyLock::new(|| {
        let mut found = Vec::new();
        NODES.iter().chain(FURTHER).for_each(|projection| gather(projection, &mut found));
        found.sort_by_key(|projection| (projection.name, projection.table));
        found
    });
    &ALL
}

/// Whether a root answers with it though it has no global id.
pub fn is_root(projection: &Projection) -> bool {
    FURTHER.iter().any(|root| std::ptr::eq(*root, projection))
}

fn gather(projection: &'static Projection, found: &mut Vec<&'static Projection>) {
    if found.iter().any(|known| std::ptr::eq(*known, projection)) {
        return;
    }
    found.push(projection);
    for field in projection.fields {
        match &field.source {
            Source::Computed { shape: Some(to), .. } => gather(to, found),
            Source::OneOf { types, .. } => types.iter().for_each(|to| gather(to, found)),
            _ => field.leads_to().into_iter().for_each(|to| gather(to, found)),
        }
    }
}
