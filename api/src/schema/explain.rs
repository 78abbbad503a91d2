//! `explainAccess`: field by field, what a client may do with a record, and the rule that decided.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use entity::agency;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{global_id, node::locate};
use crate::{
    access::{
        Viewer,
        explain::{self, Decision, FieldAccess},
    },
    error::Failure,
    identity::{self, CLIENT},
    place::Agency,
    read::{
        self, One, Records,
        projection::{Field, Projection},
    },
    request::Request,
};

/// The same words for a record that is not there and one out of sight.
const OUT_OF_SIGHT: &str = "There is no such record, or none in sight.";

/// What a client may do with a record.
#[derive(SimpleObject)]
pub struct AccessExplanation {
    /// Whether the record is seen at all.
    visible: bool,
    /// Why, or why not.
    reason: String,
    /// Every field of its type.
    fields: Vec<FieldExplanation>,
}

/// What a client may do with a field, and the rule that decided.
pub struct FieldExplanation {
    field: &'static str,
    read: Decision,
    write: Decision,
    owner: Option<i64>,
    agencies: Records,
}

#[Object]
impl FieldExplanation {
    /// The field's name.
    async fn field(&self) -> &str {
        self.field
    }

    /// Whether it may be read.
    async fn read(&self) -> FieldAccess {
        self.read.access
    }

    /// Whether it may be written.
    async fn write(&self) -> FieldAccess {
        self.write.access
    }

    /// The agency that owns it; null where the service keeps it or the permission alone decides.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<One<Agency>>> {
        match self.owner {
            Some(id) => self.agencies.get(ctx, id).await,
            None => Ok(None),
        }
    }

    /// What decided, for reading and for writing.
    async fn rule(&self) -> String {
        format!("read: {}; write: {}", self.read.rule, self.write.rule)
    }
}

#[derive(Default)]
pub struct ExplainQuery;

#[Object]
impl ExplainQuery {
    /// What a client may do with a record, field by field: the caller, or another client that the caller may look at.
    /// Of a record that the caller does not see, nothing is told of others.
    async fn explain_access(
        &self,
        ctx: &Context<'_>,
        id: ID,
        client_id: Option<ID>,
    ) -> Result<Option<AccessExplanation>> {
        let (projection, key) = locate(&id, "id")?;
        let caller = &Request::of(ctx).viewer;
        let other = match client_id {
            Some(client) => Some(client_as_viewer(ctx, &client).await?),
            None => None,
        };
        let seen = read::sees(ctx, caller, projection, &key).await?;
        read::tells_of(ctx, projection, seen.then_some(key.as_str()));
        let about = other.as_ref().unwrap_or(caller);
        let visible = seen && (other.is_none() || read::sees(ctx, about, projection, &key).await?);
        let reason = match projection.guard.filter(|guard| !about.may(*guard)) {
            Some(guard) => format!("No {} is seen: {}.", projection.name, explain::lacks(about, guard)),
            None if visible => format!("Seen: {}.", super::matrix::rows(projection)),
            None if seen => format!("Out of the client's sight. It sees {}.", super::matrix::rows(projection)),
            None => OUT_OF_SIGHT.to_owned(),
        };
        let fields = fields(ctx, about, projection, visible).await?;
        Ok(Some(AccessExplanation { visible, reason, fields }))
    }
}

/// The viewer that a client would be with all that it holds. A client out of the caller's reach is answered as a missing
/// one.
async fn client_as_viewer(ctx: &Context<'_>, id: &str) -> Result<Viewer, Failure> {
    let request = Request::of(ctx);
    let key = global_id::expect("Client", id, "clientId")?;
    if let Some(guard) = CLIENT.guard
        && key != request.viewer.client_id
    {
        request.viewer.require(guard)?;
        if !read::sees(ctx, &request.viewer, &CLIENT, &key.to_string()).await? {
            return Err(Failure::not_found("clientId"));
        }
    }
    let found = identity::viewer_of_client(&request.db, &request.catalog, key).await?;
    found.ok_or_else(|| Failure::not_found("clientId"))
}

async fn fields(
    ctx: &Context<'_>,
    about: &Viewer,
    projection: &'static Projection,
    visible: bool,
) -> Result<Vec<FieldExplanation>, Failure> {
    let owner = |field: &Field| field.owner(projection).and_then(|owned| owned.owner());
    let codes: Vec<_> = projection.fields.iter().filter_map(owner).collect();
    let query = agency::Entity::find().filter(agency::Column::Code.is_in(codes));
    let owners = query.all(&Request::of(ctx).db.connection).await?;
    let agencies = Records::new(owners.iter().map(|agency| agency.id.0));
    let explained = projection.fields.iter().map(|field| {
        let (read, write) = if visible {
            let masked = projection.field(&format!("{}Masked", field.name)).and_then(|field| field.guard);
            let read = explain::read(about, field.read_with(projection), masked);
            (read, explain::write(about, field.owner(projection)))
        } else {
            (Decision::denied("the record is out of sight"), Decision::denied("the record is out of sight"))
        };
        let code = owner(field);
        let owner = owners.iter().find(|agency| Some(agency.code.as_str()) == code).map(|agency| agency.id.0);
        FieldExplanation { field: field.name, read, write, owner, agencies: agencies.clone() }
    });
    Ok(explained.collect())
}
