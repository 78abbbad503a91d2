//! Making a register, batch by batch. Nothing here knows a database.

use chrono::NaiveDate;
use entity::ids::{AdminUnitId, HouseholdId};

use super::{
    SeedPlan,
    calendar::Calendar,
    household,
    models::{self, Candidate},
    numbers::PersonalNumbers,
    place, project,
    random::{Random, Topic},
    register::Register,
    sponsors::{self, Sponsors},
    world::World,
};

/// Households of a batch; three batches are in memory at a time. Each costs one COPY a table, and over TCP the end of a
/// COPY may wait 40 ms for a delayed acknowledgement, so there should not be many.
pub const BATCH: u32 = 8_000;

/// What all parts of the seed share while they work.
pub struct Maker<'w> {
    pub seed: u64,
    pub world: &'w World,
    pub calendar: Calendar,
    pub register: Register,
    pub numbers: PersonalNumbers,
    pub sponsors: Sponsors,
    pub candidates: Vec<Candidate>,
    /// The household before, its commune, and since when it is known.
    pub neighbour: Option<(HouseholdId, AdminUnitId, NaiveDate)>,
}

/// Rows to write, and how many households are among them.
pub struct Batch {
    pub register: Register,
    pub households: u32,
}

/// Makes the register of a plan. `last_id` tells the last id of a table; `accept` takes each batch, and answers false to
/// stop. The rows depend on the plan, the reference data and the last ids alone.
pub fn make(mut world: World, plan: &SeedPlan, last_id: impl Fn(&str) -> i64, mut accept: impl FnMut(Batch) -> bool) {
    let seed = plan.random_seed;
    let mut register = Register::after(last_id);
    place::hamlets(seed, &mut world, &mut register);
    let mut maker = Maker {
        seed,
        world: &world,
        calendar: Calendar::new(plan.today),
        register,
        numbers: PersonalNumbers::new(seed),
        sponsors: Sponsors::default(),
        candidates: Vec::new(),
        neighbour: None,
    };
    sponsors::sponsors(&mut maker, seed);
    let mut made: i64 = 0;
    let mut waiting = 0;
    for (commune, share) in world.communes.iter().zip(place::spread(&world.communes, plan.households)) {
        for number in 1..=share {
            made += 1;
            waiting += 1;
            household::make(&mut maker, &mut Random::stream(seed, Topic::Household, made), commune, number);
            if waiting == BATCH {
                if !accept(Batch { register: maker.register.take(), households: waiting }) {
                    return;
                }
                waiting = 0;
            }
        }
    }
    models::models(&mut maker, seed);
    project::pilot_sites(&mut maker, seed);
    accept(Batch { register: maker.register.take(), households: waiting });
}
