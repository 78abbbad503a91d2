//! What a write has written, told so that two writers can be compared, and taken back.

use tokio_postgres::Client;

use crate::trouble::Result;

/// Where the tables ended, and loans as they were.
const MARK: &str = "
CREATE TEMP TABLE mark AS SELECT
    (SELECT COALESCE(max(id), 0) FROM audit_entry) AS audit,
    (SELECT COALESCE(max(id), 0) FROM change_event) AS change,
    (SELECT COALESCE(max(id), 0) FROM loan_transaction) AS entry,
    (SELECT COALESCE(max(id), 0) FROM loan_transition) AS step,
    (SELECT COALESCE(max(id), 0) FROM insurance_coverage) AS coverage;
CREATE TEMP TABLE loan_before AS TABLE loan;
CREATE TEMP TABLE key_before AS SELECT client_id, idempotency_key FROM idempotency_key;
";

/// The rows that are new or changed, but for what two writers can't share: new ids, instants, who asked by which token.
/// The service's entry on what its answer shows has no single subject; the floor keeps no ledger of reads.
const WRITTEN: &str = "
SELECT COALESCE(string_agg(line, E'\\n' ORDER BY line), '') FROM (
    SELECT 'audit ' || (to_jsonb(x) - '{id,at,request_id,client_id,token_id,subject_id}'::text[])::text AS line
      FROM audit_entry x, mark WHERE x.id > mark.audit AND x.subject_id IS NOT NULL
    UNION ALL
    SELECT 'change ' || (to_jsonb(x) - '{id,transaction_id,at,subject_id}'::text[])::text
      FROM change_event x, mark WHERE x.id > mark.change
    UNION ALL
    SELECT 'entry ' || (to_jsonb(x) - '{id,recorded_at}'::text[])::text FROM loan_transaction x, mark WHERE x.id > mark.entry
    UNION ALL
    SELECT 'step ' || (to_jsonb(x) - '{id,at,client_id}'::text[])::text FROM loan_transition x, mark WHERE x.id > mark.step
    UNION ALL
    SELECT 'coverage ' || (to_jsonb(x) - '{id,created_at,updated_at}'::text[])::text
      FROM insurance_coverage x, mark WHERE x.id > mark.coverage
    UNION ALL
    SELECT 'loan ' || (to_jsonb(x) - 'updated_at')::text FROM loan x JOIN loan_before b ON b.id = x.id WHERE x.version <> b.version
) lines";

const UNDO: &str = "
DELETE FROM audit_entry x USING mark WHERE x.id > mark.audit;
DELETE FROM change_event x USING mark WHERE x.id > mark.change;
DELETE FROM loan_transaction x USING mark WHERE x.id > mark.entry;
DELETE FROM loan_transition x USING mark WHERE x.id > mark.step;
DELETE FROM insurance_coverage x USING mark WHERE x.id > mark.coverage;
DELETE FROM idempotency_key x WHERE NOT EXISTS
    (SELECT 1 FROM key_before b WHERE b.client_id = x.client_id AND b.idempotency_key = x.idempotency_key);
UPDATE loan x SET status = b.status, disbursed_on = b.disbursed_on, matures_on = b.matures_on,
       disbursed_amount = b.disbursed_amount, outstanding_principal = b.outstanding_principal,
       overdue_principal = b.overdue_principal, version = b.version, updated_at = b.updated_at, updated_by = b.updated_by
  FROM loan_before b WHERE b.id = x.id AND x.version <> b.version;
";

const FORGET: &str = "DROP TABLE mark, loan_before, key_before";

/// A moment to come back to. Nobody else may write meanwhile.
pub struct Moment<'c>(&'c Client);

impl<'c> Moment<'c> {
    pub async fn take(owner: &'c Client) -> Result<Self> {
        owner.batch_execute(MARK).await?;
        Ok(Self(owner))
    }

    /// What was written since, a line a row, and takes it back.
    pub async fn undo(&self) -> Result<String> {
        let written = self.0.query_one(WRITTEN, &[]).await?.try_get(0)?;
        self.0.batch_execute(UNDO).await?;
        Ok(written)
    }

    pub async fn forget(self) -> Result<()> {
        Ok(self.0.batch_execute(FORGET).await?)
    }
}
