//! `node` and `nodes`: any record by its global id.

use std::borrow::Cow;

use async_graphql::{
    Context, ContextSelectionSet, ID, Object, OutputType, Positioned, Result, ServerResult, Value,
    parser::types::Field, registry::Registry,
};

use super::{global_id, register, too_many};
use crate::{
    error::Failure,
    household::{HOUSEHOLD, INSURANCE_COVERAGE, MONEY_EVENT, PERSON, POVERTY_REVIEW, POVERTY_STANDARD},
    identity::{CLIENT, ROLE, TOKEN},
    loan::{LOAN, LOAN_PRODUCT, LOAN_TRANSACTION, SAVINGS_GROUP},
    model_project::{MODEL_PARTICIPATION, MODEL_PROJECT},
    place::{ADMIN_UNIT, AGENCY},
    plan::{PLAN, REPORT_OBLIGATION},
    program::{BENEFIT, BENEFIT_PAYMENT, PROGRAM},
    read::{self, projection::Projection},
    sponsorship::{GIFT, PLEDGE, SPONSOR, SPONSORSHIP},
};

/// Every type with a global id.
pub static NODES: &[&Projection] = &[
    &ADMIN_UNIT,
    &AGENCY,
    &HOUSEHOLD,
    &PERSON,
    &INSURANCE_COVERAGE,
    &POVERTY_REVIEW,
    &POVERTY_STANDARD,
    &MONEY_EVENT,
    &PROGRAM,
    &BENEFIT,
    &BENEFIT_PAYMENT,
    &LOAN_PRODUCT,
    &LOAN,
    &LOAN_TRANSACTION,
    &SAVINGS_GROUP,
    &MODEL_PROJECT,
    &MODEL_PARTICIPATION,
    &PLAN,
    &REPORT_OBLIGATION,
    &SPONSOR,
    &PLEDGE,
    &GIFT,
    &SPONSORSHIP,
    &ROLE,
    &CLIENT,
    &TOKEN,
];

/// Most ids of one `nodes`.
const MAX_IDS: usize = 1_000;

/// A record of whatever type.
pub struct Node(Value);

/// Records in the order of their ids, null where there is none.
pub struct Nodes(Value);

macro_rules! output {
    ($output:ident, $name:literal) => {
        impl OutputType for $output {
            fn type_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn create_type_info(registry: &mut Registry) -> String {
                register::node(registry);
                NODES.iter().for_each(|projection| register::object(registry, projection));
                Self::qualified_type_name()
            }

            async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                Ok(self.0.clone())
            }
        }
    };
}

output!(Node, "Node");
output!(Nodes, "[Node]");

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The record with this global id; null where there is none that the caller may see.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        let (projection, key) = locate(&id, "id")?;
        Ok(read::node(ctx, projection, key).await?.map(Node))
    }

    /// The records with these global ids (at most 1,000), in their order; null where there is none that the caller
    /// may see.
    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> Result<Nodes> {
        if ids.len() > MAX_IDS {
            return Err(too_many("ids", ids.len(), MAX_IDS).into());
        }
        let located: Result<Vec<_>, Failure> =
            ids.iter().enumerate().map(|(index, id)| locate(id, &format!("ids.{index}"))).collect();
        Ok(Nodes(read::nodes(ctx, located?).await?))
    }
}

/// The type and key that a global id names.
pub(super) fn locate(id: &str, field: &str) -> Result<(&'static Projection, String), Failure> {
    let found = global_id::decode(id).and_then(|(type_name, key)| {
        let projection = NODES.iter().find(|projection| projection.name == type_name)?;
        projection.key(&key).map(|_| (*projection, key))
    });
    found.ok_or_else(|| {
        Failure::input(field, format!("{field} is not a global id."), format!("{field} không phải là mã toàn cục."))
    })
}
