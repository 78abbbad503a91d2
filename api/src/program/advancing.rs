//! Whether a model may advance capital to a household beside what programs give it: what `entitlement.rs` asks of a benefit and
//! `lending.rs` of a loan, by the same rules (`held.rs`). Nobody may give leave.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    enums::{Recurrence, SupportPurpose},
    ids::{HouseholdId, ProgramId},
};

use super::{
    held::{self, Held, Kind, Period, Wanted},
    store,
};
use crate::{
    access::PermissionSet,
    error::{Failure, Result},
    exchange::Write,
};

/// Advances of a livelihood model on a day.
pub struct Advancing {
    program: Option<ProgramId>,
    purpose: SupportPurpose,
    on: NaiveDate,
    held: HashMap<HouseholdId, Vec<Held>>,
    may: PermissionSet,
}

impl Advancing {
    /// `program`: the model's. `households`: locked.
    pub async fn load(
        write: &Write<'_>,
        program: Option<ProgramId>,
        households: impl IntoIterator<Item = HouseholdId>,
    ) -> Result<Self> {
        let purpose = match program {
            // As `held.rs` reads a model without a program.
            None => SupportPurpose::Livelihood,
            Some(id) => {
                let found = store::programs(write, [id]).await?.remove(&id);
                found.ok_or_else(|| Failure::internal("a model of a program that isn't there"))?.purpose
            }
        };
        let held = held::held(write, households).await?;
        Ok(Self { program, purpose, on: write.request.today(), held, may: write.request.viewer.permissions })
    }

    /// CONFLICT where something that was granted to the household stands in the way.
    pub fn check(&self, household: HouseholdId) -> Result<()> {
        let held = self.held.get(&household).map(Vec::as_slice).unwrap_or_default();
        let Self { program, purpose, on, may, .. } = *self;
        let period = Period { recurrence: Recurrence::Once, from: on, to: None };
        let wanted = Wanted { kind: Kind::ModelParticipation, program, purpose, person: None, period, event: None };
        match held::collision(wanted, held.iter().filter(|held| held.granted)) {
            None => Ok(()),
            Some((rule, held)) => Err(held::refusal(rule, held, wanted, may)),
        }
    }
}
