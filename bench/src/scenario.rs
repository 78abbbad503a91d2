//! The scenarios: what is asked, by whom, with which random inputs.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{fold::fold, inputs::Lists};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An officer of the province's department: sees all that the reads of these scenarios show.
    Province,
    /// An officer of the commune that is asked for.
    Commune,
    /// An officer of the bank: sees whom it needs to know.
    Bank,
    /// An officer of the social insurance.
    Insurance,
}

/// What is random about a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Number,
    Page,
    Twenty,
    Nothing,
    Name,
    /// So many receipts.
    Repayments(usize),
    /// So many coverages.
    Coverages(usize),
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
        name: "S5",
        title: "figures of each district, live",
        query: include_str!("../queries/S5.graphql"),
        role: Role::Province,
        kind: Kind::Nothing,
    },
    Scenario {
        name: "S6",
        title: "one repayment with its ledger entry, audit entry and change event",
        query: include_str!("../queries/S6.graphql"),
        role: Role::Bank,
        kind: Kind::Repayments(1),
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
    Scenario {
        name: "S8",
        title: "persons by name, with marks and without",
        query: include_str!("../queries/S8.graphql"),
        role: Role::Province,
        kind: Kind::Name,
    },
    Scenario {
        name: "S9-repayments",
        title: "1,000 repayments",
        query: include_str!("../queries/S6.graphql"),
        role: Role::Bank,
        kind: Kind::Repayments(1000),
    },
    Scenario {
        name: "S9-insurance",
        title: "1,000 insurance coverages",
        query: include_str!("../queries/S9-insurance.graphql"),
        role: Role::Insurance,
        kind: Kind::Coverages(1000),
    },
];

impl Scenario {
    /// Whether it changes the register.
    pub fn writes(&self) -> bool {
        matches!(self.kind, Kind::Repayments(_) | Kind::Coverages(_))
    }

    /// How many random inputs are compared; fewer where each changes the register and is taken back.
    pub fn compared(&self) -> usize {
        match self.kind {
            Kind::Repayments(1) => 20,
            Kind::Repayments(_) | Kind::Coverages(_) => 5,
            _ => 200,
        }
    }
}

/// Days on which somebody was insured.
static DAYS: AtomicI64 = AtomicI64::new(0);

/// One of so many.
#[derive(Clone, Copy)]
pub struct Share {
    pub number: usize,
    pub of: usize,
}

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
    /// Which of the clients it is: those that write have records of their own, as partners have.
    share: Share,
    /// Begins the references of what it writes, so that none comes twice.
    mark: String,
    count: u64,
    /// The first page that was asked for, and its end once it is known.
    page: Option<(Value, Option<String>)>,
}

impl Asker {
    /// `mark`: of no other asker.
    pub fn new(scenario: &'static Scenario, lists: Arc<Lists>, seed: u64, share: Share, mark: String) -> Self {
        Self { scenario, lists, chance: StdRng::seed_from_u64(seed), share, mark, count: 0, page: None }
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
            Kind::Nothing => (json!({}), None),
            Kind::Name => {
                let name = self.one_of(&lists.names).map(String::as_str).unwrap_or_default();
                let name = if self.chance.random() { fold(name) } else { name.to_owned() };
                (json!({ "name": name }), None)
            }
            Kind::Repayments(items) => (self.repayments(&lists, items), None),
            Kind::Coverages(items) => (self.coverages(&lists, items), None),
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

    fn repayments(&mut self, lists: &Lists, items: usize) -> Value {
        let key = self.key();
        let today = (Utc::now() + TimeDelta::hours(7)).date_naive();
        let items = (0..).zip(self.some_of(&lists.loans, items)).map(|(place, contract)| {
            json!({ "contractNumber": contract, "principal": 1_000, "occurredOn": today, "reference": format!("{key}-{place}") })
        });
        json!({ "input": { "items": items.collect::<Vec<Value>>(), "idempotencyKey": key } })
    }

    /// Coverages of one day, for each batch of another day, so that nobody is insured twice.
    fn coverages(&mut self, lists: &Lists, items: usize) -> Value {
        let key = self.key();
        let day = lists.last_day + TimeDelta::days(1 + DAYS.fetch_add(1, Ordering::Relaxed));
        let items = self.some_of(&lists.insured, items).into_iter().map(|number| {
            json!({ "nationalId": number, "kind": "UNEMPLOYMENT", "number": "7900000001", "validFrom": day, "validTo": day })
        });
        json!({ "input": { "items": items.collect::<Vec<Value>>(), "idempotencyKey": key } })
    }

    fn key(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.mark, self.count)
    }

    /// Different ones from its share of a list, beginning anywhere in it.
    fn some_of<'l>(&mut self, list: &'l [String], count: usize) -> Vec<&'l String> {
        let own: Vec<&String> = list.iter().skip(self.share.number).step_by(self.share.of).collect();
        let begin = self.chance.random_range(0..own.len().max(1));
        own.iter().copied().cycle().skip(begin).take(count.min(own.len())).collect()
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
