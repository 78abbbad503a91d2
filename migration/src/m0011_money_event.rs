//! `money_event`: every đồng into and out of a household as one view, for the timeline.
//!
//! The id is the table's letters and the row's id, so that an event keeps its global id. An entry of a loan's ledger that
//! was reversed moved no money and is left out.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = "
CREATE VIEW money_event AS
SELECT 'BP' || p.id AS id, b.household_id, b.commune_id, b.district_id, p.paid_on AS occurred_on, 'BENEFIT' AS kind,
       p.amount, p.source, 'Benefit' AS subject_type, p.benefit_id AS subject_id
  FROM benefit_payment p JOIN benefit b ON b.id = p.benefit_id
UNION ALL
SELECT 'LT' || t.id, l.household_id, l.commune_id, l.district_id, t.occurred_on,
       CASE t.kind WHEN 'DISBURSEMENT' THEN 'LOAN_DISBURSEMENT' WHEN 'PRINCIPAL_REPAYMENT' THEN 'LOAN_REPAYMENT'
                   ELSE 'LOAN_INTEREST' END,
       t.amount, NULL, 'Loan', t.loan_id
  FROM loan_transaction t JOIN loan l ON l.id = t.loan_id
 WHERE t.kind IN ('DISBURSEMENT', 'PRINCIPAL_REPAYMENT', 'INTEREST_PAYMENT')
   AND NOT EXISTS (SELECT 1 FROM loan_transaction r WHERE r.reverses_id = t.id)
UNION ALL
SELECT 'CM' || m.id, p.household_id, p.commune_id, p.district_id, m.occurred_on,
       CASE m.kind WHEN 'ADVANCE' THEN 'MODEL_CAPITAL' ELSE 'CAPITAL_RECOVERY' END,
       m.amount, NULL, 'ModelParticipation', m.participation_id
  FROM capital_movement m JOIN model_participation p ON p.id = m.participation_id
 WHERE m.kind IN ('ADVANCE', 'RECOVERY')
UNION ALL
SELECT 'GI' || g.id, g.household_id, h.commune_id, h.district_id, g.given_on, 'SPONSORSHIP',
       g.amount, 'SOCIAL_MOBILIZATION', 'Gift', g.id
  FROM gift g JOIN household h ON h.id = g.household_id;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::ddl::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP VIEW IF EXISTS money_event").await?;
        Ok(())
    }
}
