//! The proof that what loans say of themselves is what their ledgers come to: every loan of the register, a thousand at a
//! time, as of one instant. The ledgers are worked out by the same function that writers go by (`ledger.rs`), entry by
//! entry in the order in which they were made.

use std::collections::HashMap;

use entity::{
    enums::LoanStatus,
    ids::{LoanId, LoanTransactionId},
    loan, loan_transaction,
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ledger::{Entry, Ledger, Standing, Terms};
use crate::{error::Result, startup::App};

/// Loans of one round.
const ROUND: u64 = 1_000;

/// Something that a loan or an entry says and its ledger doesn't.
#[derive(Debug, PartialEq)]
pub struct Difference {
    pub contract_number: String,
    /// Which figure: OUTSTANDING, DISBURSED, ….
    pub what: &'static str,
    pub stored: String,
    pub derived: String,
}

/// Goes through all loans, tells `found` each difference as it is met, and how many loans there were.
pub async fn differences(app: &App, mut found: impl FnMut(&Difference)) -> Result<u64> {
    let tx = app.db.begin_snapshot().await?;
    let (mut last, mut seen) = (LoanId(0), 0);
    loop {
        let query = loan::Entity::find().filter(loan::Column::Id.gt(last)).order_by_asc(loan::Column::Id).limit(ROUND);
        let loans = query.all(&tx).await?;
        let Some(end) = loans.last().map(|loan| loan.id) else { break };
        let mut entries = entries(&tx, last, end).await?;
        for loan in &loans {
            seen += 1;
            compare(loan, entries.remove(&loan.id).unwrap_or_default()).iter().for_each(&mut found);
        }
        last = end;
    }
    tx.commit().await?;
    Ok(seen)
}

/// An entry with the balance that it says it left.
type Stored = (Entry, i64);

async fn entries(tx: &DatabaseTransaction, after: LoanId, to: LoanId) -> Result<HashMap<LoanId, Vec<Stored>>> {
    use loan_transaction::Column as C;
    let query =
        loan_transaction::Entity::find().filter(C::LoanId.gt(after)).filter(C::LoanId.lte(to)).order_by_asc(C::Id);
    let mut entries: HashMap<LoanId, Vec<Stored>> = HashMap::new();
    for stored in query.all(tx).await? {
        let entry = Entry {
            id: Some(stored.id),
            kind: stored.kind,
            amount: stored.amount,
            on: stored.occurred_on,
            reference: stored.reference,
            until: stored.until_on,
            reverses: stored.reverses_id,
        };
        entries.entry(stored.loan_id).or_default().push((entry, stored.balance_after));
    }
    Ok(entries)
}

/// The differences of one loan; `entries` in the order in which they were made.
fn compare(loan: &loan::Model, entries: Vec<Stored>) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut tell = |what, stored: String, derived: String| {
        if stored != derived {
            differences.push(Difference { contract_number: loan.contract_number.clone(), what, stored, derived });
        }
    };
    let terms = Terms { principal: loan.principal, months: u32::try_from(loan.term_months).unwrap_or_default() };
    let mut ledger = Ledger::new(terms, []);
    let mut standing = Standing::default();
    for (entry, balance_after) in entries {
        let name = |id: Option<LoanTransactionId>| format!("entry {}", id.map_or(0, |id| id.0));
        let which = name(entry.id);
        match ledger.add(entry) {
            Ok(now) => standing = now,
            Err(refusal) => {
                tell("ENTRY", which, refusal.failure("amount").message);
                return differences;
            }
        }
        tell("BALANCE_AFTER", format!("{which}: {balance_after}"), format!("{which}: {}", standing.outstanding));
    }
    tell("DISBURSED", loan.disbursed_amount.to_string(), standing.disbursed.to_string());
    tell("OUTSTANDING", loan.outstanding_principal.to_string(), standing.outstanding.to_string());
    tell("DISBURSED_ON", day(loan.disbursed_on), day(standing.disbursed_on));
    tell("MATURES_ON", day(loan.matures_on), day(standing.matures_on));
    if let Some(derived) = status(loan, &standing) {
        tell("STATUS", loan.status.as_str().to_owned(), derived.as_str().to_owned());
    }
    differences
}

fn day(day: Option<chrono::NaiveDate>) -> String {
    day.map_or_else(|| "none".to_owned(), |day| day.to_string())
}

/// The status that the ledger gives, where it is not the stored one. A loan that was active when it was last written may
/// be overdue by now, so that the two count as one; before the contract there is nothing to derive it from.
fn status(loan: &loan::Model, standing: &Standing) -> Option<LoanStatus> {
    let running = |status| matches!(status, LoanStatus::Active | LoanStatus::Overdue);
    let derived = standing.status(loan.matures_on.unwrap_or(loan.requested_on));
    match loan.status {
        stored if stored == derived || (running(stored) && running(derived)) => None,
        LoanStatus::Requested | LoanStatus::GroupVetted | LoanStatus::CommuneConfirmed | LoanStatus::Rejected
            if derived == LoanStatus::Approved =>
        {
            None
        }
        _ => Some(derived),
    }
}

#[cfg(test)]
mod tests {
    use entity::enums::LoanTransactionKind as Kind;

    use super::{super::example, *};

    fn date(text: &str) -> chrono::NaiveDate {
        text.parse().unwrap()
    }

    fn entry(id: i64, kind: Kind, amount: i64, balance_after: i64) -> Stored {
        let entry = Entry::new(kind, amount, date("2026-02-01"), "R");
        (Entry { id: Some(LoanTransactionId(id)), ..entry }, balance_after)
    }

    fn loan(outstanding: i64) -> loan::Model {
        loan::Model { outstanding_principal: outstanding, ..example::loan() }
    }

    fn found(loan: &loan::Model, entries: Vec<Stored>) -> Vec<&'static str> {
        compare(loan, entries).iter().map(|difference| difference.what).collect()
    }

    #[test]
    fn each_figure_is_held_against_the_ledger() {
        let entries = || vec![entry(1, Kind::Disbursement, 100, 100), entry(2, Kind::PrincipalRepayment, 40, 60)];
        assert!(found(&loan(60), entries()).is_empty());
        assert!(found(&loan::Model { status: LoanStatus::Overdue, ..loan(60) }, entries()).is_empty(), "by the day");
        assert_eq!(found(&loan(61), entries()), ["OUTSTANDING"]);
        assert_eq!(found(&loan::Model { status: LoanStatus::Repaid, ..loan(60) }, entries()), ["STATUS"]);
        let wrong = loan::Model { disbursed_amount: 99, disbursed_on: None, matures_on: None, ..loan(60) };
        assert_eq!(found(&wrong, entries()), ["DISBURSED", "DISBURSED_ON", "MATURES_ON"]);
        let wrong_entry = vec![entry(1, Kind::Disbursement, 100, 100), entry(2, Kind::PrincipalRepayment, 40, 61)];
        assert_eq!(found(&loan(60), wrong_entry), ["BALANCE_AFTER"]);
        let too_much = vec![entry(1, Kind::Disbursement, 100, 100), entry(2, Kind::PrincipalRepayment, 101, 0)];
        assert_eq!(found(&loan(0), too_much), ["ENTRY"]);
        assert_eq!(found(&loan(60), Vec::new()), ["DISBURSED", "OUTSTANDING", "DISBURSED_ON", "MATURES_ON", "STATUS"]);
    }
}
