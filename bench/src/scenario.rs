//! The scenarios: what is asked, by whom, with which random inputs.

use std::sync::Arc;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::inputs::Lists;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An officer of the province's department: sees all that the reads of these scenarios show.
    Province,
}

pub struct Scenario {
    pub name: &'static str,
    pub title: &'static str,
    pub query: &'static str,
    pub role: Role,
}

pub const SCENARIOS: &[Scenario] = &[Scenario {
    name: "S1",
    title: "household by code with members, open loans, benefits",
    query: include_str!("../queries/S1.graphql"),
    role: Role::Province,
}];

/// One client of a scenario: what it asks next. The same seed asks the same.
pub struct Asker {
    scenario: &'static Scenario,
    lists: Arc<Lists>,
    chance: StdRng,
}

impl Asker {
    pub fn new(scenario: &'static Scenario, lists: Arc<Lists>, seed: u64) -> Self {
        Self { scenario, lists, chance: StdRng::seed_from_u64(seed) }
    }

    /// The variables of the next request.
    pub fn ask(&mut self) -> Value {
        match self.scenario.name {
            _ => json!({ "code": one_of(&mut self.chance, &self.lists.households) }),
        }
    }

    /// Takes note of an answer.
    pub fn hear(&mut self, _answer: &[u8]) {}
}

fn one_of<'l>(chance: &mut StdRng, list: &'l [String]) -> &'l str {
    let place = chance.random_range(0..list.len().max(1));
    list.get(place).map_or("", String::as_str)
}
