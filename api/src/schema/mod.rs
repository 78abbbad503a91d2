//! The schema: its root objects, and how a document is run.
//!
//! `parsed.rs` remembers documents and `valid.rs` which of them are valid, `document.rs` checks and settles one before the library runs it, `order.rs` puts the
//! answer in query order after it, `record.rs` sees to it that nothing on persons leaves unrecorded, `aims.rs` says what
//! was aimed at where no record was met, `register.rs` makes types of projections,
//! `selection.rs` reads selections; `guard.rs` asks the policy before a root field runs; `node.rs` is `node` and `nodes`,
//! `explain.rs` says why a field may be read or not, `matrix.rs` prints the policy.

pub mod aims;
mod check;
mod cost;
pub mod document;
mod explain;
pub mod global_id;
mod guard;
mod lexer;
pub mod matrix;
mod node;
mod order;
mod parsed;
mod projections;
mod record;
pub mod register;
pub mod scalars;
pub mod selection;
pub mod text;
mod valid;
mod warning;

use async_graphql::{
    EmptySubscription, MergedObject, Pos, Response, SDLExportOptions, ServerError,
    parser::{
        parse_schema,
        types::{OperationType, TypeDefinition, TypeSystemDefinition},
    },
};
pub use check::check;
pub use cost::Cost;
use guard::Guarded;
pub use node::NODES;
pub use parsed::Parsed;
pub use projections::projections;
use record::Asked;
use valid::Validity;
pub use warning::Warning;

use crate::{
    access::Permission,
    config::Limits,
    error::{Code, Failure},
    household::{HouseholdMutation, HouseholdQuery},
    identity::{ClientKeyMutation, IdentityMutation, IdentityQuery},
    loan::{LoanLawMutation, LoanMutation, LoanQuery},
    model_project::{ModelProjectMutation, ModelProjectQuery},
    operations::OperationsMutation,
    place::{PlaceMutation, PlaceQuery},
    plan::{PlanMutation, PlanQuery},
    program::{ProgramMutation, ProgramQuery, SupportLawMutation, SupportLawQuery},
    request::Request,
    sponsorship::{SponsorshipMutation, SponsorshipQuery},
    startup::App,
};

#[derive(Default, MergedObject)]
pub struct Query(
    node::NodeQuery,
    explain::ExplainQuery,
    IdentityQuery,
    PlaceQuery,
    HouseholdQuery,
    ProgramQuery,
    SupportLawQuery,
    LoanQuery,
    ModelProjectQuery,
    PlanQuery,
    SponsorshipQuery,
);

#[derive(Default, MergedObject)]
pub struct Mutation(
    IdentityMutation,
    ClientKeyMutation,
    PlaceMutation,
    HouseholdMutation,
    ProgramMutation,
    SupportLawMutation,
    LoanMutation,
    LoanLawMutation,
    ModelProjectMutation,
    PlanMutation,
    SponsorshipMutation,
    OperationsMutation,
);

pub type Schema = async_graphql::Schema<Guarded<Query>, Guarded<Mutation>, EmptySubscription>;

pub fn build() -> Schema {
    Schema::build(Guarded::default(), Guarded::default(), EmptySubscription)
        .disable_suggestions()
        .extension(valid::KnownValid)
        .finish()
}

/// The schema as partners get it: types and fields in the order of their names, so that changes show well.
pub fn sdl() -> String {
    build().sdl_with_options(SDLExportOptions::new().sorted_fields().sorted_enum_items())
}

/// The types of that description.
fn types() -> Vec<TypeDefinition> {
    let document = parse_schema(sdl()).map(|document| document.definitions).unwrap_or_default();
    let types = document.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) => Some(ty.node),
        _ => None,
    });
    types.collect()
}

/// Root fields that are never null; without one of them there is no answer.
fn non_null_root(name: &str) -> bool {
    matches!(name, "viewer" | "nodes")
}

/// An operation that may run: within its limits, its variables settled.
pub struct Prepared {
    graphql: async_graphql::Request,
    keys: Option<(OperationType, order::Keys)>,
    pub cost: Cost,
}

impl Prepared {
    pub fn changes(&self) -> bool {
        self.keys.as_ref().is_some_and(|(ty, _)| *ty == OperationType::Mutation)
    }
}

/// What gives and takes rights.
const RIGHTS: &[Permission] = &[
    Permission::ClientUpdate,
    Permission::ClientActivate,
    Permission::ClientRotateSecret,
    Permission::ClientOperation,
    Permission::ClientDisable,
    Permission::ClientKey,
    Permission::TokenRevoke,
    Permission::RoleWrite,
];

/// Takes a document that is within its limits, what costs least to check first; or the answer that refuses it.
pub fn prepare(
    parsed: &Parsed,
    mut graphql: async_graphql::Request,
    limits: &Limits,
) -> Result<Prepared, Box<Response>> {
    document::limit_text(&graphql.query, limits).map_err(refused_whole)?;
    let (mut document, forms) = match parsed.parse(&graphql.query) {
        Ok(known) => known,
        Err(error) if document::is_too_deep(&error) => return Err(refused_whole(document::too_deep(limits))),
        Err(error) => return Err(Box::new(refused(vec![error.into()]))),
    };
    let name = graphql.operation_name.clone();
    let form = forms.as_ref().and_then(|_| valid::form(&document, name.as_deref(), &graphql.variables));
    document::limit(&document, limits)
        .and_then(|()| document::without_zero(&graphql.query, &graphql.variables))
        .and_then(|()| document::settle_variables(&mut document, name.as_deref(), &mut graphql.variables))
        .map_err(refused_whole)?;
    document::wrap_type_names(&mut document);
    let cost = cost::of(&document, name.as_deref(), &graphql.variables);
    cost::limit(&cost, limits).map_err(refused_whole)?;
    let keys = order::keys(&document, name.as_deref(), &graphql.variables);
    graphql.set_parsed_query(document);
    if let (Some(forms), Some(form)) = (forms, form) {
        graphql = graphql.data(Validity { forms, form });
    }
    Ok(Prepared { graphql, keys, cost })
}

/// Runs one operation.
pub async fn execute(app: &App, request: Request, operation: Prepared) -> Response {
    let changes = operation.changes();
    let Prepared { graphql, keys, cost } = operation;
    let request = request.costing(cost);
    let (request_id, most) = (request.id.clone(), request.limits.errors);
    let (at, viewer, uses) = (request.micros(), request.viewer.clone(), request.uses.clone());
    // Also where the caller has gone before the end.
    let forgetting = (changes && viewer.may_any(RIGHTS)).then(|| app.viewers.forgetting());
    let underway = app.ledger.underway();
    let mut response = app.schema.execute(graphql.data(request).data(app.keys.clone())).await;
    drop((underway, forgetting));
    if let Some(operation) = &keys {
        let asked = Asked { viewer, request_id: &request_id, at, operation };
        if let Err(failure) = record::record(app, asked, &uses, &response).await {
            return *refused_whole(failure);
        }
    }
    if let Some((ty, keys)) = keys.filter(|_| executed(&response)) {
        let non_null = |name: &str| ty == OperationType::Query && non_null_root(name);
        response.data = order::root(response.data, &keys, non_null);
    }
    leave_out(&mut response.errors, most);
    coded(&mut response.errors, &request_id);
    response
}

/// Keeps so many errors and says how many there were more.
fn leave_out(errors: &mut Vec<ServerError>, most: usize) {
    // One over it is a root field's own count of what it left out.
    if errors.len() > most.saturating_add(1) {
        let more = errors.len() - most;
        errors.truncate(most);
        let failure = Failure::new(
            Code::LimitExceeded,
            format!("{more} further errors of this answer are left out."),
            format!("Còn {more} lỗi khác của câu trả lời này không được liệt kê."),
        );
        let error = async_graphql::Error::from(failure).into_server_error(Pos::default());
        errors.push(ServerError { locations: Vec::new(), ..error });
    }
}

/// Whether fields were run, rather than the document refused: a refusal names no field.
fn executed(response: &Response) -> bool {
    response.errors.is_empty() || response.errors.iter().any(|error| !error.path.is_empty())
}

/// For a fault of no place in the document.
fn refused_whole(failure: Failure) -> Box<Response> {
    let error = async_graphql::Error::from(failure).into_server_error(Pos::default());
    Box::new(refused(vec![ServerError { locations: Vec::new(), ..error }]))
}

fn refused(mut errors: Vec<ServerError>) -> Response {
    coded(&mut errors, "");
    Response::from_errors(errors)
}

/// Errors of the library (syntax, validation) get a code, a field and a Vietnamese text like ours; ours of the inside
/// get the request id.
fn coded(errors: &mut [ServerError], request_id: &str) {
    for error in errors {
        let extensions = error.extensions.get_or_insert_default();
        match extensions.get("code") {
            None => {
                extensions.set("code", Code::BadUserInput.as_str());
                match argument(&error.message) {
                    Some(field) => {
                        extensions.set("messageVi", format!("Giá trị của {field} không hợp lệ."));
                        extensions.set("field", field);
                    }
                    None => extensions.set("messageVi", "Truy vấn không hợp lệ."),
                }
            }
            Some(code) if *code == async_graphql::Value::from(Code::Internal.as_str()) => {
                extensions.set("requestId", request_id);
            }
            Some(_) => {}
        }
    }
}

/// The argument that the library's validation refuses, by its path: `Invalid value for argument "filter.statuses.0", …`.
fn argument(message: &str) -> Option<&str> {
    message.strip_prefix("Invalid value for argument \"")?.split('"').next()
}

/// The refusal of an input whose items are too many.
pub fn too_many(field: &str, found: usize, most: usize) -> Failure {
    Failure::new(
        Code::LimitExceeded,
        format!("{field} has {found} items; at most {most} are taken at once."),
        format!("{field} có {found} mục; tối đa {most} mục mỗi lần."),
    )
    .with_field(field)
}
