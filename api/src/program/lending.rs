//! Whether the bank may lend a household for a purpose beside what programs give it: what `entitlement.rs` asks of a benefit,
//! by the same rules (`held.rs`).

use chrono::NaiveDate;
use entity::{
    enums::SupportPurpose,
    ids::{HouseholdId, ProgramId},
};

use super::held::{self, Kind, Period, Place, Rule, Wanted};
use crate::{error::Result, exchange::Write};

/// What a loan goes against by leave: the rule, and the record that collides by GraphQL type and id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Against {
    pub rule: &'static str,
    pub type_name: &'static str,
    pub id: i64,
}

/// A loan that would be granted.
#[derive(Clone, Copy, Debug)]
pub struct Lending {
    /// None outside the programs.
    pub program: Option<ProgramId>,
    pub purpose: SupportPurpose,
    pub on: NaiveDate,
}

/// CONFLICT where something that was granted to the household, which is locked, stands in the way; with `leave` a second
/// program of the purpose may pay.
pub async fn check(
    write: &Write<'_>,
    household: HouseholdId,
    lending: Lending,
    leave: bool,
) -> Result<Option<Against>> {
    let held = held::held(write, [household]).await?;
    let held = held.get(&household).map(Vec::as_slice).unwrap_or_default();
    let Lending { program, purpose, on } = lending;
    let period = Period::until_paid(on);
    let wanted = Wanted { kind: Kind::Loan, program, purpose, person: None, period, event: None };
    let collision = held::collision(wanted, held.iter().filter(|held| held.granted));
    let Some((rule, held)) = collision else { return Ok(None) };
    match held.place {
        Place::Stored(id) if leave && rule == Rule::SamePurpose => {
            Ok(Some(Against { rule: rule.code(), type_name: held.kind.type_name(), id }))
        }
        _ => Err(held::refusal(rule, held, wanted, write.request.viewer.permissions)),
    }
}
