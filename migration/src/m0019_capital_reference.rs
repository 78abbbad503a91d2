//! References of advances and of capital lent on named the household by its code, also to those who don't see it. They
//! name the participation by its number instead, as new ones do.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The participation that a movement's reference is about, with its project and household.
const OF: &str = "FROM model_participation p JOIN model_project m ON m.id = p.project_id \
     JOIN household h ON h.id = p.household_id \
     WHERE p.id = COALESCE(capital_movement.to_participation_id, capital_movement.participation_id)";

/// Rewrites the references that begin with the project's code; others were given by somebody.
async fn rewrite(manager: &SchemaManager<'_>, tail: &str) -> Result<(), DbErr> {
    let sql = format!(
        "UPDATE capital_movement SET reference = (SELECT m.code || '/' || {tail} {OF}) \
         WHERE kind IN ('ADVANCE', 'REINVESTMENT') AND EXISTS (SELECT 1 {OF} \
         AND substr(capital_movement.reference, 1, length(m.code) + 1) = m.code || '/')"
    );
    manager.get_connection().execute_unprepared(&sql).await.map(drop)
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rewrite(manager, "p.id").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rewrite(manager, "h.code").await
    }
}
