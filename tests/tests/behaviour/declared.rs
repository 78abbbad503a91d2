//! Nothing of the schema is without a rule: every root field, type and field is declared in the policy, and the policy
//! names nothing that isn't there. Add a field without a rule, and one of these fails.

use std::collections::{BTreeMap, BTreeSet};

use ansinh::{
    access::{
        Permission, Sensitivity,
        payloads::PAYLOADS,
        roots::ROOTS,
        sensitivity::{SENSITIVE, is_personal},
    },
    read::projection::{Field, Projection, Rows},
    schema::{self, projections},
};
use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};

/// Every object type of the schema with its fields.
fn objects() -> BTreeMap<String, BTreeSet<String>> {
    let document = parse_schema(schema::sdl()).unwrap();
    let types = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) => Some(ty.node),
        _ => None,
    });
    let objects = types.filter_map(|ty| match ty.kind {
        TypeKind::Object(object) => {
            Some((ty.name.node.to_string(), object.fields.into_iter().map(|f| f.node.name.node.to_string()).collect()))
        }
        _ => None,
    });
    objects.collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_root_field_is_in_the_policy_and_the_policy_names_no_other() {
    let objects = objects();
    let served: BTreeSet<_> = ["Query", "Mutation"].into_iter().flat_map(|root| objects[root].clone()).collect();
    assert_eq!(set(ROOTS.iter().map(|(name, _)| *name)), served);
}

#[test]
fn every_type_is_a_projection_or_declared_field_by_field() {
    let mut declared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for projection in projections() {
        let fields = declared.entry(projection.name.to_owned()).or_default();
        fields.extend(projection.fields.iter().map(|field| field.name.to_owned()));
        let connection = projection.connection();
        let parts = [
            (connection.clone(), set(["edges", "nodes", "pageInfo", "totalCount"])),
            (format!("{}Edge", projection.name), set(["cursor", "node"])),
        ];
        declared.extend(parts);
    }
    declared.insert("PageInfo".into(), set(["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"]));
    declared.extend(PAYLOADS.iter().map(|(name, fields)| ((*name).to_owned(), set(fields.iter().copied()))));
    for (name, fields) in objects().into_iter().filter(|(name, _)| name != "Query" && name != "Mutation") {
        let rules = declared.get(&name).unwrap_or_else(|| panic!("the policy says nothing of the type {name}"));
        assert_eq!(rules, &fields, "{name}");
    }
    let objects = objects();
    for (name, _) in PAYLOADS {
        assert!(objects.contains_key(*name), "the policy names {name}, which isn't served");
    }
}

/// Whether a permission that fits is needed for the field, by whatever path.
fn needs_one_of(of: &Projection, field: &Field, fits: impl Fn(Permission) -> bool) -> bool {
    let by_kind = match of.rows {
        Rows::ScopedByKind { kinds, .. } => kinds.iter().all(|(_, needed)| is_personal(*needed)),
        _ => false,
    };
    by_kind || field.read_with(of).any(fits)
}

#[test]
fn every_field_declares_what_it_tells_and_asks_for_a_permission_to_match() {
    let embedded = |projection: &Projection| matches!(projection.rows, Rows::Embedded);
    for projection in projections() {
        for field in projection.fields {
            let name = format!("{}.{}", projection.name, field.name);
            match field.sensitivity.unwrap_or_else(|| panic!("{name} declares nothing: nobody reads it")) {
                Sensitivity::Public | Sensitivity::Internal => {}
                // Part of a record that is guarded.
                _ if embedded(projection) => {}
                Sensitivity::Personal => assert!(needs_one_of(projection, field, is_personal), "{name} is free"),
                Sensitivity::Sensitive => {
                    assert!(
                        needs_one_of(projection, field, |needed| SENSITIVE.contains(&needed)),
                        "{name} has no permission made for it"
                    );
                }
            }
        }
    }
}

#[test]
fn records_of_persons_have_a_row_rule() {
    // The sponsors are the Front's own partners; some are natural persons and all are seen by who holds the permission.
    // The list may only shrink.
    const SEEN_WHOLE: &[&str] = &["Sponsor"];
    let mut needed = BTreeSet::new();
    for projection in projections().iter().filter(|projection| projection.personal) {
        let whole = matches!(projection.rows, Rows::Public);
        let links = projection.fields.iter().filter(|field| field.leads_to().is_none());
        let of_its_own = links.filter_map(|field| field.sensitivity).any(Sensitivity::is_personal);
        if whole && of_its_own {
            needed.insert(projection.name);
        }
    }
    assert_eq!(needed, BTreeSet::from_iter(SEEN_WHOLE.iter().copied()), "seen whole, or on the list for nothing");
    assert!(SEEN_WHOLE.len() <= 1, "somebody else is seen whole");
}

#[test]
fn the_printed_matrix_is_the_policy() {
    assert!(
        schema::matrix::text() == include_str!("../../../docs/access-matrix.txt"),
        "Print it anew and read the difference: cargo run -- access matrix > docs/access-matrix.txt"
    );
}
