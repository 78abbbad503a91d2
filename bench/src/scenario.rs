//! The scenarios: what is asked, by whom, with which random inputs.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::inputs::Lists;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An officer of the province's department: sees all that the reads of these scenarios show.
    Province,
    /// An officer of the commune that is asked for.
    Commune,
    /// An officer of the bank: sees whom it needs to know.
    Bank,
}

/// What is random about a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Number,
    Page,
    Twenty,
}

pub struct Scenario {
    pub name: &'static str,
    pub title: &'static str,
    pub query: &'static str,
    pub role: Role,
    kind: Kind,
}

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "S1",
        title: "household by code with members, open loans, benefits",
        query: include_str!("../queries/S1.graphql"),
        role: Role::Province,
        kind: Kind::Code,
    },
    Scenario {
        name: "S2",
        title: "person by personal number with household, commune, benefits and their programs",
        query: include_str!("../queries/S2.graphql"),
        role: Role::Province,
        kind: Kind::Number,
    },
    Scenario {
        name: "S3",
        title: "page of 50 households of a commune by class, half of the requests for the next page",
        query: include_str!("../queries/S3.graphql"),
        role: Role::Province,
        kind: Kind::Page,
    },
    Scenario {
        name: "S4",
        title: "20 households with members and insurance, loans with the last 3 entries, benefits with programs",
        query: include_str!("../queries/S4.graphql"),
        role: Role::Province,
        kind: Kind::Twenty,
    },
    Scenario {
        name: "S7-commune",
        title: "S3 for an officer of the commune",
        query: include_str!("../queries/S3.graphql"),
        role: Role::Commune,
        kind: Kind::Page,
    },
    Scenario {
        name: "S7-bank",
        title: "S3 for the bank, which sees whom it needs to know",
        query: include_str!("../queries/S3.graphql"),
        role: Role::Bank,
        kind: Kind::Page,
    },
];

/// What is asked next.
pub struct Ask {
    pub variables: Value,
    /// The commune whose officer asks, where one does.
    pub commune: String,
}

/// One client of a scenario. The same seed asks the same.
pub struct Asker {
    scenario: &'static Scenario,
    lists: Arc<Lists>,
    chance: StdRng,
    /// The first page that was asked for, and its end once it is known.
    page: Option<(Value, Option<String>)>,
}

impl Asker {
    pub fn new(scenario: &'static Scenario, lists: Arc<Lists>, seed: u64) -> Self {
        Self { scenario, lists, chance: StdRng::seed_from_u64(seed), page: None }
    }

    pub fn ask(&mut self) -> Ask {
        let lists = self.lists.clone();
        let (variables, commune) = match self.scenario.kind {
            Kind::Code => (json!({ "code": self.one_of(&lists.homes).map(|home| &home.code) }), None),
            Kind::Number => (json!({ "number": self.one_of(&lists.numbers) }), None),
            Kind::Twenty => {
                let home = self.one_of(&lists.homes);
                let after = home.map(|home| cursor(&home.code, home.id));
                (json!({ "unit": home.map(|home| &home.commune), "after": after }), None)
            }
            Kind::Page => {
                let page = self.next_page(&lists);
                let commune = page.get("unit").and_then(Value::as_str).map(str::to_owned);
                (page, commune)
            }
        };
        Ask { variables, commune: commune.unwrap_or_default() }
    }

    /// A page's next one where there is one, or else the first page of another group.
    fn next_page(&mut self, lists: &Lists) -> Value {
        if let Some((mut page, Some(end))) = self.page.take() {
            if let Some(page) = page.as_object_mut() {
                page.insert("after".to_owned(), Value::String(end));
            }
            return page;
        }
        let group = self.one_of(&lists.groups);
        let (unit, class) = (group.map(|group| &group.commune), group.map(|group| &group.class));
        let page = json!({ "unit": unit, "class": class, "first": lists.page, "after": null });
        self.page = Some((page.clone(), None));
        page
    }

    /// Takes note of an answer: where its page ends, if another follows.
    pub fn hear(&mut self, answer: &[u8]) {
        if let Some((_, end)) = &mut self.page {
            let text = std::str::from_utf8(answer).unwrap_or_default();
            let told =
                text.split_once(r#""hasNextPage":true,"#).and_then(|(_, rest)| rest.split_once(r#""endCursor":""#));
            *end = told.and_then(|(_, rest)| rest.split_once('"')).map(|(cursor, _)| cursor.to_owned());
        }
    }

    fn one_of<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.chance.random_range(0..list.len().max(1)))
    }
}

/// A place in the list of households by code, as the service writes it.
fn cursor(code: &str, id: i64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(json!(["code", code, id]).to_string())
}
