//! The first check of every root field: what the policy asks for it (`access::roots`), before its resolver runs and its
//! arguments are looked at; and before each change after the first, whether the caller may still do what it could when it
//! asked. After it has run, what it was aimed at is noted where no record was met.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
    parser::types::Field, registry::Registry, resolver_utils::resolve_container,
};

use super::{aims, non_null_root};
use crate::{access::roots, request::Request};

/// The root whose fields run one after the other.
const MUTATION: &str = "Mutation";

/// A root object behind the policy.
#[derive(Default)]
pub struct Guarded<T>(pub T);

impl<T: ObjectType> ContainerType for Guarded<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        let request = Request::of(ctx);
        let Request { viewer, uses, .. } = request;
        let mut admitted = roots::admit(name, viewer.permissions, |permission| viewer.lacking(permission));
        if admitted.is_ok() && T::type_name() == MUTATION {
            admitted = request.still_entitled().await;
        }
        let Err(failure) = admitted else {
            let resolved = self.0.resolve_field(ctx).await;
            aims::note(ctx, uses, &resolved);
            return resolved;
        };
        uses.aimed(ctx.item.node.response_key().node.as_str(), aims::of(ctx, None));
        // A document may name one root several times: it is refused once, as it would be answered once.
        if !uses.refused(ctx.item.node.response_key().node.as_str()) {
            return Ok(Some(Value::Null));
        }
        let error = ctx.set_error_path(async_graphql::Error::from(failure).into_server_error(ctx.item.pos));
        if non_null_root(name) {
            return Err(error);
        }
        ctx.add_error(error);
        Ok(Some(Value::Null))
    }
}

impl<T: ObjectType> OutputType for Guarded<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<T: ObjectType> ObjectType for Guarded<T> {}
