//! The demo: a small register on first start, and on every start a token for each built-in role, so that anybody can try
//! what each agency sees. Never in production.

use std::net::SocketAddr;

use chrono::TimeDelta;
use entity::household;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::{
    access::roles::{BUILT_IN, BuiltIn},
    error::{Failure, Result},
    identity::admin::{self, Issue, Life},
    seed::{self, Bar, SeedPlan},
    startup::App,
};

const HOUSEHOLDS: u32 = 1_000;
const RANDOM_SEED: u64 = 2022;
const VALID_FOR: TimeDelta = TimeDelta::days(30);
/// The province; and for officers of districts and communes, the city of Ben Tre and its ward Phú Khương.
const PROVINCE: &str = "83";
const DISTRICT: &str = "829";
const COMMUNE: &str = "28756";

/// Fills an empty register. One that has households is left as it is.
pub async fn fill(app: &App) -> Result<()> {
    if household::Entity::find().count(&app.db.connection).await? > 0 {
        return Ok(());
    }
    let plan = SeedPlan { households: HOUSEHOLDS, random_seed: RANDOM_SEED, today: app.clock.today() };
    seed::run(&app.db.connection, plan, &Bar::new()).await.map_err(Failure::internal)?;
    // The seed registers hamlets.
    Ok(app.catalog.refresh(&app.db).await?)
}

/// What to show who started the demo: where GraphiQL is, and a token for each role.
pub async fn greeting(app: &App, address: SocketAddr) -> Result<String> {
    let mut text = format!(
        "\nAn Sinh, demo. GraphiQL: http://{address}/graphiql   GraphQL: POST http://{address}/graphql\n\n\
         A token for each role, valid for {} days:\n",
        VALID_FOR.num_days()
    );
    for role in BUILT_IN {
        let token = token(app, role).await?;
        text.push_str(&format!("\n{} ({}, scope {})\n{token}\n", role.code, role.agency, scope(role)));
    }
    text.push('\n');
    Ok(text)
}

fn scope(role: &BuiltIn) -> &'static str {
    match role.code {
        "district_officer" => DISTRICT,
        "commune_officer" => COMMUNE,
        _ => PROVINCE,
    }
}

async fn token(app: &App, role: &BuiltIn) -> Result<String> {
    let issue = Issue {
        client: &format!("demo {}", role.code),
        agency: role.agency,
        roles: &[role.code.to_owned()],
        scope: scope(role),
        valid_for: VALID_FOR,
        life: Life::Checked,
    };
    admin::issue(app, &issue).await
}
