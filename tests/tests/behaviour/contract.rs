//! The served schema breaks nothing of the contract that partners build against (`tests/contract/partner.graphql`).

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{
    Positioned,
    parser::{
        parse_schema,
        types::{
            BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
        },
    },
};

/// What of the contract isn't served yet. It may only shrink: a name that is served must go from here.
const ABSENT: &[&str] = &[
    // Sharing between agencies: changes, digests, proposals, the ledger of uses and its explanation.
    "AccessDecision",
    "AccessRecord",
    "AccessRecordConnection",
    "AccessRecordEdge",
    "AccessRecordFilter",
    "Change",
    "ChangeOperation",
    "ChangePage",
    "DecideProposalInput",
    "DecideProposalPayload",
    "Digest",
    "HouseholdPayload.proposals",
    "Mutation.decideProposal",
    "PersonPayload.proposals",
    "Proposal",
    "ProposalConnection",
    "ProposalEdge",
    "ProposalStatus",
    "Query.accessRecords",
    "Query.changes",
    "Query.digests",
    "Query.proposals",
    "Subscription",
];

type Types = BTreeMap<String, TypeDefinition>;

fn types(sdl: &str) -> Types {
    let document = parse_schema(sdl).unwrap_or_else(|error| panic!("{error}"));
    let types = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node)),
        _ => None,
    });
    types.collect()
}

/// What is found wrong, and what of the contract is missing.
#[derive(Default)]
struct Findings {
    broken: Vec<String>,
    absent: BTreeSet<String>,
}

/// Whether every value of `from` is one of `to`.
fn fits(from: &Type, to: &Type) -> bool {
    if from.nullable && !to.nullable {
        return false;
    }
    match (&from.base, &to.base) {
        (BaseType::Named(from), BaseType::Named(to)) => from == to,
        (BaseType::List(from), BaseType::List(to)) => fits(from, to),
        _ => false,
    }
}

impl Findings {
    fn inputs(
        &mut self,
        path: &str,
        promised: &[Positioned<InputValueDefinition>],
        served: &[Positioned<InputValueDefinition>],
    ) {
        for promise in promised.iter().map(|promise| &promise.node) {
            let path = format!("{path}.{}", promise.name.node);
            match served.iter().find(|found| found.node.name == promise.name) {
                None => drop(self.absent.insert(path)),
                Some(found) => {
                    let default =
                        |value: &InputValueDefinition| value.default_value.as_ref().map(|value| value.node.to_string());
                    if !fits(&promise.ty.node, &found.node.ty.node) {
                        self.broken
                            .push(format!("{path} takes {}, not all of {}", found.node.ty.node, promise.ty.node));
                    }
                    if default(promise) != default(&found.node) {
                        self.broken.push(format!("{path} has another default: {:?}", default(&found.node)));
                    }
                }
            }
        }
        for found in served.iter().map(|found| &found.node) {
            let new = !promised.iter().any(|promise| promise.node.name == found.name);
            if new && !found.ty.node.nullable && found.default_value.is_none() {
                self.broken.push(format!("{path}.{} is needed and not in the contract", found.name.node));
            }
        }
    }

    fn fields(&mut self, ty: &str, promised: &[Positioned<FieldDefinition>], served: &[Positioned<FieldDefinition>]) {
        for promise in promised.iter().map(|promise| &promise.node) {
            let path = format!("{ty}.{}", promise.name.node);
            match served.iter().find(|found| found.node.name == promise.name) {
                None => drop(self.absent.insert(path)),
                Some(found) => {
                    if !fits(&found.node.ty.node, &promise.ty.node) {
                        self.broken.push(format!("{path} gives {}, not {}", found.node.ty.node, promise.ty.node));
                    }
                    self.inputs(&path, &promise.arguments, &found.node.arguments);
                }
            }
        }
    }

    fn ty(&mut self, name: &str, promise: &TypeDefinition, found: &TypeDefinition) {
        match (&promise.kind, &found.kind) {
            (TypeKind::Scalar, TypeKind::Scalar) => {}
            (TypeKind::Object(promise), TypeKind::Object(found)) => {
                for interface in &promise.implements {
                    if !found.implements.iter().any(|implemented| implemented.node == interface.node) {
                        self.broken.push(format!("{name} is no {}", interface.node));
                    }
                }
                self.fields(name, &promise.fields, &found.fields);
            }
            (TypeKind::Interface(promise), TypeKind::Interface(found)) => {
                self.fields(name, &promise.fields, &found.fields)
            }
            (TypeKind::Enum(promise), TypeKind::Enum(found)) => {
                for value in &promise.values {
                    if !found.values.iter().any(|served| served.node.value == value.node.value) {
                        self.absent.insert(format!("{name}.{}", value.node.value.node));
                    }
                }
            }
            (TypeKind::InputObject(promise), TypeKind::InputObject(found)) => {
                self.inputs(name, &promise.fields, &found.fields)
            }
            _ => self.broken.push(format!("{name} is of another kind")),
        }
    }
}

fn compare(promised: &Types, served: &Types) -> Findings {
    let mut findings = Findings::default();
    for (name, promise) in promised {
        match served.get(name) {
            Some(found) => findings.ty(name, promise, found),
            None => drop(findings.absent.insert(name.clone())),
        }
    }
    findings
}

#[test]
fn the_schema_breaks_nothing_of_the_contract() {
    let findings = compare(&types(include_str!("../../contract/partner.graphql")), &types(&ansinh::schema::sdl()));
    assert!(findings.broken.is_empty(), "{:#?}", findings.broken);
    let listed: BTreeSet<String> = ABSENT.iter().map(|name| (*name).to_owned()).collect();
    let gone: Vec<_> = findings.absent.difference(&listed).collect();
    assert!(gone.is_empty(), "missing from the schema: {gone:#?}");
    let served: Vec<_> = listed.difference(&findings.absent).collect();
    assert!(served.is_empty(), "served by now, so take it off the list: {served:#?}");
}

#[test]
fn the_comparison_finds_what_breaks_a_partner() {
    let contract =
        "type Query { a(x: Int = 1, y: [Int!]): [String]! b: Int } enum E { A B } input I { n: Int! = 2 m: Int }";
    let find = |served: &str| {
        let findings = compare(&types(contract), &types(served));
        findings.broken.into_iter().chain(findings.absent).collect::<Vec<_>>()
    };
    let more = "type Query { a(x: Int = 1, y: [Int], z: Int): [String!]! b: Int! c: Int } enum E { A B C } input I { n: Int = 2 m: Int o: Int }";
    assert_eq!(find(more), Vec::<String>::new());
    for (from, to, found) in [
        ("b: Int", "", "Query.b"),
        ("[String]!", "[String]", "Query.a gives [String], not [String]!"),
        ("b: Int", "b: String", "Query.b gives String, not Int"),
        ("x: Int = 1", "x: Int = 2", "Query.a.x has another default: Some(\"2\")"),
        ("y: [Int!]", "y: [Int!]!", "Query.a.y takes [Int!]!, not all of [Int!]"),
        ("y: [Int!]", "y: [Int!], z: Int!", "Query.a.z is needed and not in the contract"),
        ("A B", "A", "E.B"),
        ("m: Int", "m: Int!", "I.m takes Int!, not all of Int"),
        ("m: Int", "m: Int o: Int!", "I.o is needed and not in the contract"),
        ("enum E { A B }", "", "E"),
        ("enum E { A B }", "scalar E", "E is of another kind"),
    ] {
        assert_eq!(find(&contract.replacen(from, to, 1)), [found], "{to}");
    }
}
