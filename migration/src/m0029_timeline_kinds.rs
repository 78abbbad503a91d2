//! Premiums that are paid for a household are INSURANCE_SUBSIDY on its timeline: payments of benefits of programs for
//! health insurance. And a gift in kind may be one whose worth nobody told (amount 0), and may name a funding line.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The view, with the kind of a payment and the tables that it is told by.
const VIEW: &str = "CREATE VIEW money_event AS
SELECT 'BP' || p.id AS id, b.household_id, b.commune_id, b.district_id, p.paid_on AS occurred_on, {kind} AS kind,
       p.amount, p.source, 'Benefit' AS subject_type, p.benefit_id AS subject_id
  FROM benefit_payment p JOIN benefit b ON b.id = p.benefit_id{program}
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
  FROM gift g JOIN household h ON h.id = g.household_id";

const BY_PURPOSE: (&str, &str) = (
    "CASE g.purpose WHEN 'HEALTH_INSURANCE' THEN 'INSURANCE_SUBSIDY' ELSE 'BENEFIT' END",
    " JOIN program g ON g.id = b.program_id",
);
const BENEFITS_ONLY: (&str, &str) = ("'BENEFIT'", "");

fn view((kind, program): (&str, &str)) -> String {
    VIEW.replace("{kind}", kind).replace("{program}", program)
}

/// `gift` as `m0007` made it, with another check of its amount and further columns.
fn table(check: &str, further: &str) -> String {
    format!(
        "CREATE TABLE gift (
    id {{id}},
    sponsor_id BIGINT NOT NULL REFERENCES sponsor(id),
    pledge_id BIGINT REFERENCES pledge(id),
    program_id BIGINT NOT NULL REFERENCES program(id),
    household_id BIGINT REFERENCES household(id),
    kind TEXT NOT NULL CHECK (kind IN ('MONEY', 'IN_KIND')),
    amount BIGINT NOT NULL CHECK ({check}),
    description TEXT,
    given_on {{date}} NOT NULL,
    reference TEXT NOT NULL,
    {{bookkeeping}},{further}
    UNIQUE (sponsor_id, reference)
);
CREATE INDEX gift_pledge ON gift (pledge_id);
CREATE INDEX gift_household ON gift (household_id);
CREATE INDEX gift_program ON gift (program_id);"
    )
}

const COLUMNS: &str = "id, sponsor_id, pledge_id, program_id, household_id, kind, amount, description, given_on, reference, \
     version, created_at, updated_at, updated_by";

/// SQLite changes no check of a table that is there: its rows move to a new one. Nothing refers to a gift.
fn anew(check: &str, further: &str) -> String {
    format!(
        "CREATE TABLE gift_kept AS SELECT {COLUMNS} FROM gift;
DROP TABLE gift;
{}
INSERT INTO gift ({COLUMNS}) SELECT {COLUMNS} FROM gift_kept;
DROP TABLE gift_kept;
",
        table(check, further)
    )
}

const ANY: &str = "amount >= 0";
const LINE: &str = "\n    line_id BIGINT REFERENCES funding_line(id),";

const UP_POSTGRES: &str = "
ALTER TABLE gift DROP CONSTRAINT gift_amount_check;
ALTER TABLE gift ADD CONSTRAINT gift_amount_check CHECK (amount >= 0);
ALTER TABLE gift ADD COLUMN line_id BIGINT REFERENCES funding_line(id);
";
const DOWN_POSTGRES: &str = "
ALTER TABLE gift DROP COLUMN line_id;
ALTER TABLE gift DROP CONSTRAINT gift_amount_check;
ALTER TABLE gift ADD CONSTRAINT gift_amount_check CHECK (amount > 0);
";

/// A gift for a pledge counts in the pledge's line.
const LINES: &str = "UPDATE gift SET line_id = (SELECT p.line_id FROM pledge p WHERE p.id = gift.pledge_id);
CREATE INDEX gift_line ON gift (line_id);
CREATE INDEX pledge_line ON pledge (line_id);
";

/// The release before knows no gift without a worth: 1 đồng is its least.
const LEAST: &str = "DROP VIEW money_event;
DROP INDEX pledge_line;
DROP INDEX gift_line;
UPDATE gift SET amount = 1 WHERE amount = 0;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// All or nothing: rows are copied, and the table that they come from is dropped.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => anew(ANY, LINE),
            _ => UP_POSTGRES.to_owned(),
        };
        crate::ddl::run(manager, &format!("DROP VIEW money_event;\n{table}{LINES}{};\n", view(BY_PURPOSE))).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => anew("amount > 0", ""),
            _ => DOWN_POSTGRES.to_owned(),
        };
        crate::ddl::run(manager, &format!("{LEAST}{table}{};\n", view(BENEFITS_ONLY))).await
    }
}
