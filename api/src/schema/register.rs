//! From projections to the types of the schema.
//!
//! The table that says how a type is read also registers it, so that the schema can't promise what isn't read. This
//! file is the only one that touches the library's hidden registry; `schema.graphql` in CI guards it.

use async_graphql::{
    InputType, OutputType,
    indexmap::{IndexMap, IndexSet},
    registry::{Deprecation, MetaField, MetaInputValue, MetaType, MetaTypeName, Registry},
};

use super::scalars::{Date, Decimal, Instant, Vnd};
use crate::{
    loan::LoanFilter,
    program::BenefitFilter,
    read::projection::{Arg, Field, Projection, Source},
};

/// Registers a type and all that it leads to.
pub fn object(registry: &mut Registry, projection: &'static Projection) {
    if registry.types.contains_key(projection.name) {
        return;
    }
    // First an empty entry: types refer to each other in circles.
    insert(registry, projection.name, projection.doc, IndexMap::new());
    let fields = projection.fields.iter().map(|field| (field.name.to_owned(), meta_field(field))).collect();
    insert(registry, projection.name, projection.doc, fields);
    if projection.node {
        node(registry);
        registry.add_implements(projection.name, "Node");
        if let Some(MetaType::Interface { possible_types, .. }) = registry.types.get_mut("Node") {
            possible_types.insert(projection.name.to_owned());
        }
    }
    for field in projection.fields {
        match &field.source {
            Source::One(relation) | Source::Many(relation, _) => object(registry, relation.to),
            Source::Page(relation, ..) => connection(registry, relation.to),
            Source::Embed(to) | Source::Computed { shape: Some(to), .. } => object(registry, to),
            Source::OneOf { types, .. } => types.iter().for_each(|to| object(registry, to)),
            _ => {}
        }
        for ty in std::iter::once(field.ty).chain(field.args.iter().map(|arg| arg.ty)) {
            named(registry, MetaTypeName::concrete_typename(ty));
        }
    }
}

/// Registers the connection and edge of a type.
pub fn connection(registry: &mut Registry, projection: &'static Projection) {
    object(registry, projection);
    let (connection, edge) = (projection.connection(), format!("{}Edge", projection.name));
    if registry.types.contains_key(&connection) {
        return;
    }
    page_info(registry);
    let name = projection.name;
    insert(
        registry,
        &connection,
        &format!("A page of a list of {name}, and how many there are."),
        fields(&[
            ("edges", format!("[{edge}!]!"), "The records with their cursors."),
            ("nodes", format!("[{name}!]!"), "The records."),
            ("pageInfo", "PageInfo!".to_owned(), "Whether there are more, and where this page begins and ends."),
            ("totalCount", "Int!".to_owned(), "How many the whole list has; counted only when asked for."),
        ]),
    );
    insert(
        registry,
        &edge,
        &format!("A {name} and its place in the list."),
        fields(&[
            ("cursor", "String!".to_owned(), "For `after` and `before`; stays valid while records are added."),
            ("node", format!("{name}!"), "The record."),
        ]),
    );
}

/// The interface of all records with a global id.
pub fn node(registry: &mut Registry) {
    if registry.types.contains_key("Node") {
        return;
    }
    let interface = MetaType::Interface {
        name: "Node".to_owned(),
        description: Some("A record with a global id.".to_owned()),
        fields: fields(&[("id", "ID!".to_owned(), "Opaque; unique over all types.")]),
        possible_types: IndexSet::new(),
        extends: false,
        inaccessible: false,
        tags: Vec::new(),
        keys: None,
        visible: None,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert("Node".to_owned(), interface);
}

fn page_info(registry: &mut Registry) {
    if registry.types.contains_key("PageInfo") {
        return;
    }
    insert(
        registry,
        "PageInfo",
        "Where a page stands in its list.",
        fields(&[
            ("hasNextPage", "Boolean!".to_owned(), "Paging forwards: there are more records."),
            ("hasPreviousPage", "Boolean!".to_owned(), "Paging backwards: there are more records."),
            ("startCursor", "String".to_owned(), "Of the first record of this page."),
            ("endCursor", "String".to_owned(), "Of the last record of this page."),
        ]),
    );
}

fn insert(registry: &mut Registry, name: &str, doc: &str, fields: IndexMap<String, MetaField>) {
    let object = MetaType::Object {
        name: name.to_owned(),
        description: described(doc),
        fields,
        cache_control: Default::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: false,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert(name.to_owned(), object);
}

fn described(doc: &str) -> Option<String> {
    (!doc.is_empty()).then(|| doc.to_owned())
}

fn fields(list: &[(&str, String, &str)]) -> IndexMap<String, MetaField> {
    list.iter().map(|(name, ty, doc)| ((*name).to_owned(), plain(name, ty, doc, &[]))).collect()
}

fn meta_field(field: &Field) -> MetaField {
    plain(field.name, field.ty, field.doc, field.args)
}

fn plain(name: &str, ty: &str, doc: &str, args: &[Arg]) -> MetaField {
    MetaField {
        name: name.to_owned(),
        description: described(doc),
        args: args.iter().map(|arg| (arg.name.to_owned(), meta_argument(arg))).collect(),
        ty: ty.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        cache_control: Default::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn meta_argument(arg: &Arg) -> MetaInputValue {
    MetaInputValue {
        name: arg.name.to_owned(),
        description: described(arg.doc),
        ty: arg.ty.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

/// Scalars, enums and inputs are Rust types; a projection names them. The list below says which type has which name.
fn named(registry: &mut Registry, name: &str) {
    if registry.types.contains_key(name) {
        return;
    }
    // A name that is none of these is a projection's, or a mistake that the test of the schema's types finds.
    if let Some((_, register)) = NAMED.iter().find(|(known, _)| *known == name) {
        register(registry);
    }
}

type Register = fn(&mut Registry) -> String;

macro_rules! named {
    ($($out:ident)*) => {
        &[
            $((stringify!($out), |registry| <entity::enums::$out as OutputType>::create_type_info(registry)),)*
            ("BenefitFilter", |registry| <BenefitFilter as InputType>::create_type_info(registry)),
            ("LoanFilter", |registry| <LoanFilter as InputType>::create_type_info(registry)),
            ("VND", |registry| <Vnd as OutputType>::create_type_info(registry)),
            ("Date", |registry| <Date as OutputType>::create_type_info(registry)),
            ("DateTime", |registry| <Instant as OutputType>::create_type_info(registry)),
            ("Decimal", |registry| <Decimal as OutputType>::create_type_info(registry)),
        ]
    };
}

const NAMED: &[(&str, Register)] = named! {
    AdminLevel AreaKind Basis PovertyClass HouseholdCategory Sex Relationship PersonCategory ProtectedCategory
        InsuranceKind Deprivation FundingSource SupportPurpose BenefitStatus Recurrence LoanStatus LoanTransactionKind LoanChange RiskDebtCause DamageRecordSigner MassOrganisation
        ModelTrack ModelStatus ParticipationOutcome Comparator TaskStatus MoneyEventKind SponsorKind GiftKind
        ClientStatus CapitalMovementKind Purpose ReclassificationOutcome AssistanceGround UrgentHelpKind
};
