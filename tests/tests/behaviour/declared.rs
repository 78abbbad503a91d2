//! Nothing of the schema is without a rule: every root field, type and field is declared in the policy, and the policy
//! names nothing that isn't there. Add a field without a rule, and one of these fails.

use std::collections::{BTreeMap, BTreeSet};

use ansinh::{
    access::{
        Permission, Sensitivity,
        filters::FILTERS,
        payloads::PAYLOADS,
        roots::ROOTS,
        sensitivity::{SENSITIVE, is_personal},
    },
    read::projection::{Field, Projection, Rows, Source, column},
    schema::{self, projections},
};
use async_graphql::Positioned;
use async_graphql::parser::{
    parse_schema,
    types::{BaseType, InputValueDefinition, Type, TypeKind, TypeSystemDefinition},
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

/// The name within lists and bangs.
fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

/// The arguments of queries' fields, those of pages aside, with the keys and orders of the inputs that they lead to.
fn filters() -> BTreeSet<String> {
    const PAGES: &[&str] = &["first", "after", "last", "before"];
    let document = parse_schema(schema::sdl()).unwrap();
    let types: BTreeMap<String, TypeKind> = document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node.kind)),
            _ => None,
        })
        .collect();
    let (mut found, mut inputs) = (BTreeSet::new(), Vec::new());
    let name = |input: &Positioned<InputValueDefinition>| input.node.name.node.to_string();
    let leads = |input: &Positioned<InputValueDefinition>| named(&input.node.ty.node).to_owned();
    for (ty, kind) in types.iter().filter(|(ty, _)| *ty != "Mutation") {
        let TypeKind::Object(object) = kind else { continue };
        for field in &object.fields {
            for argument in field.node.arguments.iter().filter(|argument| !PAGES.contains(&&*name(argument))) {
                found.insert(format!("{ty}.{}({}:)", field.node.name.node, name(argument)));
                inputs.push(leads(argument));
            }
        }
    }
    while let Some(ty) = inputs.pop() {
        match &types.get(&ty) {
            Some(TypeKind::InputObject(input)) => {
                for field in &input.fields {
                    if found.insert(format!("{ty}.{}", name(field))) {
                        inputs.push(leads(field));
                    }
                }
            }
            Some(TypeKind::Enum(values)) if ty.ends_with("OrderField") => {
                found.extend(values.values.iter().map(|value| format!("{ty}.{}", value.node.value.node)));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_filter_order_and_argument_is_in_the_policy_and_the_policy_names_no_other() {
    assert_eq!(set(FILTERS.iter().map(|(name, _)| *name)), filters());
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

/// Whether a permission that fits is needed for the field, by whatever path: its own and its type's, or those of every
/// field that the record has it in.
fn needs_one_of(of: &Projection, field: &Field, fits: &dyn Fn(Permission) -> bool) -> bool {
    let by_kind = match of.rows {
        Rows::ScopedByKind { kinds, .. } => kinds.iter().all(|(_, needed)| is_personal(*needed)),
        _ => false,
    };
    by_kind || field.read_with(of).any(fits) || (matches!(of.rows, Rows::Embedded) && is_part_of_guarded(of, fits))
}

/// Of a type that is part of other records: whether each of those is guarded.
fn is_part_of_guarded(part: &Projection, fits: &dyn Fn(Permission) -> bool) -> bool {
    let parents = parents(part);
    !parents.is_empty() && parents.into_iter().all(|(of, field)| needs_one_of(of, field, fits))
}

/// The fields that hold the type, in which types.
fn parents(part: &Projection) -> Vec<(&'static Projection, &'static Field)> {
    let holds = |field: &&Field| {
        let to = match &field.source {
            Source::Computed { shape, .. } => *shape,
            _ => field.leads_to(),
        };
        to.is_some_and(|to| std::ptr::eq(to, part))
    };
    projections().iter().flat_map(|of| of.fields.iter().filter(holds).map(|field| (*of, field))).collect()
}

/// What is wrong with what a field declares.
fn fault(of: &Projection, field: &Field) -> Option<&'static str> {
    let fits: &dyn Fn(Permission) -> bool = match field.sensitivity {
        None => return Some("declares nothing: nobody reads it"),
        Some(Sensitivity::Public | Sensitivity::Internal) => return None,
        Some(Sensitivity::Personal) => &is_personal,
        Some(Sensitivity::Sensitive) => &|needed| SENSITIVE.contains(&needed),
    };
    (!needs_one_of(of, field, fits)).then_some("asks for no permission made for what it tells")
}

#[test]
fn every_field_declares_what_it_tells_and_asks_for_a_permission_to_match() {
    for projection in projections() {
        for field in projection.fields {
            let fault = fault(projection, field);
            assert!(fault.is_none(), "{}.{} {}", projection.name, field.name, fault.unwrap_or_default());
        }
    }
}

#[test]
fn a_part_of_a_record_is_guarded_as_its_record_is() {
    let one = |name: &str| projections().iter().find(|projection| projection.name == name).unwrap();
    // Everybody who reads the plan reads a program's progress.
    let free = column("borrowers", "Int", "borrowers");
    assert!(fault(one("ProgramProgress"), &free.sensitive()).is_some());
    let free = column("borrowers", "Int", "borrowers");
    assert!(fault(one("ProgramProgress"), &free.personal()).is_some());
    // A loan's instalments stand behind the loan.
    let part = column("late", "Int", "late");
    assert!(fault(one("Instalment"), &part.sensitive()).is_none());
    assert!(projections().iter().filter(|of| matches!(of.rows, Rows::Embedded)).all(|of| !parents(of).is_empty()));
}

#[test]
fn a_part_that_a_function_makes_tells_no_more_than_the_field_that_holds_it() {
    let mut parts = 0;
    for projection in projections() {
        for field in projection.fields {
            let Source::Computed { shape: Some(shape), .. } = &field.source else { continue };
            for part in shape.fields {
                let name = format!("{}.{}", shape.name, part.name);
                // It is served with the field that holds it: nobody looks at rules of its own.
                assert!(
                    part.guard.is_none() && part.otherwise.is_none() && part.hides.is_none(),
                    "{name} is served to all"
                );
                assert!(part.leads_to().is_none() && part.args.is_empty(), "{name} is no plain value");
                assert!(part.sensitivity.is_some(), "{name} declares nothing: nobody reads it");
                assert!(
                    part.sensitivity <= field.sensitivity,
                    "{name} tells more than {}.{}",
                    projection.name,
                    field.name
                );
                parts += 1;
            }
        }
    }
    assert!(parts > 5, "{parts} parts");
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
