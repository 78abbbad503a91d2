//! Selections made from the served schema, so that no root field, type or field can be forgotten by a test.

use std::{collections::BTreeMap, fmt::Write};

use ansinh::schema::NODES;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use tests::service::{Caller, Service};

use crate::fixture::Home;

const INTROSPECTION: &str = "{ __schema { types { kind name
    fields { name args { name type { ...T } defaultValue } type { ...T } }
    inputFields { name type { ...T } } enumValues { name } possibleTypes { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The schema as a client sees it.
pub struct Schema {
    types: BTreeMap<String, Value>,
}

/// The name within lists and bangs.
pub fn named(ty: &Value) -> &str {
    if ty["ofType"].is_null() { ty["name"].as_str().unwrap() } else { named(&ty["ofType"]) }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

impl Schema {
    pub async fn ask(caller: &Caller) -> Schema {
        let answer = caller.query(INTROSPECTION).await;
        let types = list(&answer.data()["__schema"]["types"]);
        Schema { types: types.iter().map(|ty| (text(&ty["name"]).to_owned(), ty.clone())).collect() }
    }

    pub fn fields(&self, ty: &str) -> &[Value] {
        list(&self.types[ty]["fields"])
    }

    pub fn input_fields(&self, ty: &str) -> &[Value] {
        list(&self.types[ty]["inputFields"])
    }

    pub fn enum_values(&self, ty: &str) -> Vec<&str> {
        list(&self.types[ty]["enumValues"]).iter().map(|value| text(&value["name"])).collect()
    }

    pub fn kind(&self, ty: &str) -> &str {
        text(&self.types[ty]["kind"])
    }

    /// Names of the filters: inputs of connections and lists.
    pub fn filters(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str).filter(|name| name.ends_with("Filter"))
    }

    /// A selection of every field of a type, and so on for so many levels of records below it. Empty for a scalar.
    pub fn select(&self, ty: &str, depth: usize) -> String {
        match self.kind(ty) {
            "OBJECT" => self.select_object(ty, depth),
            "INTERFACE" => {
                let possible = list(&self.types[ty]["possibleTypes"]).iter().map(|ty| text(&ty["name"]));
                let parts: Vec<_> = possible.map(|ty| format!("... on {ty} {{ id }}")).collect();
                format!("{{ __typename id {} }}", parts.join(" "))
            }
            _ => String::new(),
        }
    }

    fn select_object(&self, ty: &str, depth: usize) -> String {
        let mut out = String::from("{ __typename");
        for field in self.fields(ty) {
            let (name, to) = (text(&field["name"]), named(&field["type"]));
            let leaf = !matches!(self.kind(to), "OBJECT" | "INTERFACE");
            // What makes up a connection is no level of records.
            let within = ty.ends_with("Connection") || ty.ends_with("Edge");
            if !leaf && depth == 0 && !within {
                continue;
            }
            let below = if within { depth } else { depth.saturating_sub(1) };
            let page = list(&field["args"]).iter().any(|arg| arg["name"] == "first");
            let arguments = if page { "(first: 5)" } else { "" };
            write!(out, " {name}{arguments} {}", self.select(to, below)).unwrap();
        }
        out + " }"
    }

    /// Every root field, asked for a household and what hangs on it, with selections so deep: the field's name and
    /// how it is written.
    pub fn roots(&self, home: &Home, ids: &[String], depth: usize) -> Vec<(String, String)> {
        let roots = self.fields("Query").iter().map(|field| {
            let name = text(&field["name"]);
            let arguments = list(&field["args"]).iter().filter_map(|arg| {
                let arg_name = text(&arg["name"]);
                let required = arg["type"]["kind"] == "NON_NULL" && arg["defaultValue"].is_null();
                let value = argument(name, arg_name, home, ids);
                assert!(value.is_some() || !required, "say how {name}({arg_name}:) is asked");
                Some(format!("{arg_name}: {}", value?))
            });
            let arguments: Vec<_> = arguments.collect();
            let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            (name.to_owned(), format!("{name}{arguments} {}", self.select(named(&field["type"]), depth)))
        });
        roots.collect()
    }
}

/// The value of a root field's argument, where it needs one.
fn argument(root: &str, argument: &str, home: &Home, ids: &[String]) -> Option<String> {
    let value = match (root, argument) {
        (_, "first") => return Some("5".into()),
        ("plan", "year") => return Some("2022".into()),
        ("debtClassification", "on") => return Some("\"2026-09-01\"".into()),
        ("regularReviewReport", "year") => return Some("2026".into()),
        ("regularReviewReport", "month") => return Some("9".into()),
        ("statistics", "groupBy") => return Some("COMMUNE".into()),
        ("nodes", "ids") => return Some(format!("{ids:?}")),
        ("personsByNationalId", "nationalIds") => return Some(format!("[{:?}]", home.national_id)),
        ("node" | "explainAccess", "id") => home.id.as_str(),
        ("household", "code") => home.code.as_str(),
        ("person", "nationalId") => home.national_id.as_str(),
        ("program", "code") => "HOUSING_MERIT",
        ("loan", "contractNumber") => home.contract_number.as_str(),
        ("modelProject", "code") => home.project_code.as_str(),
        ("sponsor", "code") => "NTT-1",
        ("reclassificationImpact", "standardCode") => "ND351-2025",
        _ => return None,
    };
    Some(format!("{value:?}"))
}

/// A global id as partners get it.
pub fn global_id(ty: &str, key: &str) -> String {
    base64(&format!("{ty}:{key}"))
}

/// A text as ids and cursors are written, to forge them.
pub fn base64(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// One record of every type that has ids: the type and a global id.
pub async fn a_node_of_each(t: &Service) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for projection in NODES {
        let keys = t.texts(&format!("SELECT CAST(id AS TEXT) FROM {} ORDER BY id LIMIT 1", projection.table)).await;
        let key = keys.first().unwrap_or_else(|| panic!("the fixture has no {}", projection.name));
        found.push((projection.name, global_id(projection.name, key)));
    }
    found
}
