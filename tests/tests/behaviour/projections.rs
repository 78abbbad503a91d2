//! The tables that say how types are read, held against rules that no compiler checks.

use std::collections::{BTreeMap, BTreeSet};

use ansinh::{
    access::Permission,
    household::{RECLASSIFICATION_IMPACT, REGULAR_REVIEW_REPORT},
    identity::VIEWER,
    loan::{DEBT_CLASSIFICATION, LOAN_RULE, RISK_DEBT_RULE},
    model_project::PILOT_COVERAGE,
    plan::{CLOSED_STATISTICS, STATISTICS_ROW},
    program::{ASSISTANCE_COEFFICIENT, ASSISTANCE_LEVEL, URGENT_HELP_RULE},
    read::projection::{Field, Projection, Rows, Source},
    schema::NODES,
};
use async_graphql::parser::{parse_schema, types::TypeSystemDefinition};

use crate::policy;

/// Every table that the schema reads, those of one name (`FundingShare` stands in several tables) one by one.
fn all() -> Vec<&'static Projection> {
    let mut found: Vec<&'static Projection> = Vec::new();
    let mut next: Vec<&'static Projection> = NODES
        .iter()
        .copied()
        .chain([
            &VIEWER,
            &STATISTICS_ROW,
            &CLOSED_STATISTICS,
            &RECLASSIFICATION_IMPACT,
            &REGULAR_REVIEW_REPORT,
            &DEBT_CLASSIFICATION,
            &LOAN_RULE,
            &RISK_DEBT_RULE,
            &ASSISTANCE_LEVEL,
            &ASSISTANCE_COEFFICIENT,
            &URGENT_HELP_RULE,
        ])
        .chain([&PILOT_COVERAGE])
        .collect();
    while let Some(projection) = next.pop() {
        if found.iter().any(|known| std::ptr::eq(*known, projection)) {
            continue;
        }
        found.push(projection);
        next.extend(projection.fields.iter().flat_map(targets));
    }
    found
}

/// The types that a field leads to.
fn targets(field: &Field) -> Vec<&'static Projection> {
    match &field.source {
        Source::Embed(to) | Source::Computed { shape: Some(to), .. } => vec![to],
        Source::One(relation) | Source::Many(relation, _) | Source::Page(relation, ..) => vec![relation.to],
        Source::OneOf { types, .. } => types.to_vec(),
        _ => Vec::new(),
    }
}

fn fields() -> impl Iterator<Item = (&'static Projection, &'static Field, String)> {
    all().into_iter().flat_map(|projection| {
        projection.fields.iter().map(move |field| (projection, field, format!("{}.{}", projection.name, field.name)))
    })
}

fn nullable(field: &Field) -> bool {
    !field.ty.ends_with('!')
}

fn code(permission: Option<Permission>) -> Option<&'static str> {
    permission.map(Permission::code)
}

/// Links that are never null although they lead to a type with a permission of its own: who reads the record holds
/// that permission too, in every built-in role.
const PERMISSION_IMPLIED: &[(&str, &str)] = &[("Benefit.program", "plan:read")];

/// Links that are never null although rows of their type are hidden from some: who sees the record sees the other.
const ROW_IMPLIED: &[(&str, &str)] =
    &[("ModelParticipation.project", "a project is seen by who has one of its households in scope")];

#[test]
fn the_tables_ask_for_the_permissions_that_are_written_down() {
    let mut types = BTreeMap::new();
    let mut own = BTreeMap::new();
    for projection in all() {
        // Shares of a sum are guarded as what they are a share of; one's own roles are free to read.
        if projection.name != "FundingShare" && projection.guard.is_some() {
            types.insert(projection.name, code(projection.guard));
        }
        for field in projection.fields.iter().filter(|field| field.guard.is_some()) {
            own.insert(format!("{}.{}", projection.name, field.name), code(field.guard));
        }
    }
    assert_eq!(types, policy::TYPES.iter().map(|(name, permission)| (*name, Some(*permission))).collect());
    let written = policy::FIELDS.iter().filter(|(name, _)| !name.starts_with("Query."));
    assert_eq!(own, written.map(|(name, permission)| ((*name).to_owned(), Some(*permission))).collect());
}

#[test]
fn shares_of_a_sum_are_guarded_as_the_sum() {
    for (projection, field, name) in fields() {
        for to in targets(field).into_iter().filter(|to| to.name == "FundingShare" && projection.guard.is_some()) {
            let rows = matches!(to.rows, Rows::Public) || code(to.guard) == code(projection.guard);
            assert!(rows, "{name} is guarded by {:?}", code(to.guard));
        }
    }
}

#[test]
fn what_may_be_refused_may_be_null() {
    let mut listed: BTreeSet<&str> = PERMISSION_IMPLIED.iter().map(|(name, _)| *name).collect();
    for (projection, field, name) in fields() {
        assert!(field.guard.is_none() || nullable(field), "{name} has a permission and is never null");
        for to in targets(field) {
            if nullable(field) || to.guard.is_none() || code(to.guard) == code(projection.guard) {
                continue;
            }
            let needed = code(to.guard).unwrap();
            assert!(PERMISSION_IMPLIED.contains(&(name.as_str(), needed)), "{name} is never null and needs {needed}");
            listed.remove(name.as_str());
            let parent = code(projection.guard).unwrap();
            for role in ansinh::access::roles::BUILT_IN {
                assert!(
                    !policy::may(role.code, parent) || policy::may(role.code, needed),
                    "{} reads {name} without {needed}",
                    role.code
                );
            }
        }
    }
    assert!(listed.is_empty(), "no such links any more: {listed:?}");
}

#[test]
fn a_link_to_a_row_that_may_be_hidden_may_be_null() {
    let mut listed: BTreeSet<&str> = ROW_IMPLIED.iter().map(|(name, _)| *name).collect();
    for (projection, field, name) in fields() {
        let list = matches!(field.source, Source::Many(..) | Source::Page(..));
        for to in targets(field) {
            // A row that is seen through another, to which this link leads.
            let seen_first = matches!(&projection.rows, Rows::Through { parent, .. } if std::ptr::eq(*parent, to));
            let hidden = match &to.rows {
                _ if seen_first => false,
                Rows::Public | Rows::Embedded => false,
                // The rows of a record itself: seen with it.
                Rows::Through { parent, .. } | Rows::ThroughOrNone { parent, .. } => !std::ptr::eq(*parent, projection),
                _ => true,
            };
            if hidden && !nullable(field) && !list {
                assert!(
                    ROW_IMPLIED.iter().any(|(known, _)| *known == name),
                    "{name} is never null, {} may be hidden",
                    to.name
                );
                listed.remove(name.as_str());
            }
        }
    }
    assert!(listed.is_empty(), "no such links any more: {listed:?}");
}

#[test]
fn a_type_of_its_parents_row_is_reached_from_there_only() {
    for (_, field, name) in fields() {
        let made = matches!(field.source, Source::Embed(_) | Source::Computed { .. });
        for to in targets(field) {
            assert_eq!(matches!(to.rows, Rows::Embedded), made, "{name} leads to {}", to.name);
        }
    }
    for projection in NODES {
        assert!(projection.node && !matches!(projection.rows, Rows::Embedded), "{}", projection.name);
        assert!(projection.fields.iter().any(|field| field.name == "id" && field.ty == "ID!"), "{}", projection.name);
    }
    for projection in all().into_iter().filter(|projection| projection.node) {
        assert!(
            NODES.iter().any(|node| node.name == projection.name),
            "{} has ids that nothing answers",
            projection.name
        );
    }
}

#[test]
fn every_type_that_a_field_names_is_in_the_schema() {
    let document = parse_schema(ansinh::schema::sdl()).unwrap();
    let mut known: BTreeSet<String> = ["String", "Int", "Boolean", "ID", "Float"].map(str::to_owned).into();
    known.extend(document.definitions.iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) => Some(ty.node.name.node.to_string()),
        _ => None,
    }));
    for (projection, field, name) in fields() {
        assert!(known.contains(projection.name), "{}", projection.name);
        let arguments = field.args.iter().map(|arg| arg.ty);
        for ty in std::iter::once(field.ty).chain(arguments) {
            let bare = ty.trim_matches(|c| matches!(c, '[' | ']' | '!'));
            assert!(known.contains(bare), "{name} is a {bare}");
        }
        for to in targets(field) {
            let bare = field.ty.trim_matches(|c| matches!(c, '[' | ']' | '!'));
            let named = bare == "Node" || bare.strip_suffix("Connection").unwrap_or(bare) == to.name;
            assert!(named, "{name} is a {bare} and leads to {}", to.name);
        }
    }
}

#[test]
fn live_and_closed_statistics_are_one_type() {
    let shape = |projection: &'static Projection| {
        (projection.name, projection.fields.iter().map(|field| (field.name, field.ty)).collect::<Vec<_>>())
    };
    assert_eq!(shape(&STATISTICS_ROW), shape(&CLOSED_STATISTICS));
}

#[test]
fn names_tell_types() {
    const MONEY: &[&str] = &[
        "amount",
        "principal",
        "interest",
        "unitcost",
        "allocated",
        "committed",
        "advanced",
        "recoverable",
        "recovered",
        "reinvested",
        "balanceafter",
        "incomepercapita",
        "ruralline",
        "urbanline",
        "stated",
        "loansoutstanding",
        "loansoverdue",
        "benefitspaid",
        "assistancepaid",
    ];
    for (_, field, name) in fields() {
        let lower = field.name.to_lowercase();
        let ty = field.ty.trim_end_matches('!');
        let expected = if MONEY.iter().any(|money| lower.ends_with(money)) {
            "VND"
        } else if field.name.ends_with("On")
            || matches!(field.name, "validFrom" | "validTo" | "effectiveFrom" | "effectiveTo")
        {
            "Date"
        } else if field.name.ends_with("At") {
            "DateTime"
        } else if lower.ends_with("rate") || lower.ends_with("percent") || matches!(field.name, "target" | "actual") {
            "Decimal"
        } else if field.name == "version" {
            "Int"
        } else {
            continue;
        };
        assert_eq!(ty, expected, "{name}");
    }
}

#[test]
fn everything_is_described() {
    for (projection, field, name) in fields() {
        assert!(!projection.doc.is_empty(), "{}", projection.name);
        assert!(!field.doc.is_empty() || field.name == "id", "{name}");
        for arg in field.args {
            assert!(!arg.doc.is_empty(), "{name}({})", arg.name);
        }
    }
}
