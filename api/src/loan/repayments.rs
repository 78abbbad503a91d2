//! Receipts from the bank, up to a thousand in one batch: a constant number of statements, whatever their number.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{enums::LoanTransactionKind as Kind, ids::LoanId, loan};

use super::{
    book::{Book, Details},
    books::Entries,
    charged::{self, Charged},
    check,
    input::{RecordRepaymentsInput, RepaymentInput},
    ledger::Entry,
    save::Stored,
    service::{Written, may_keep_books, reference_used},
    store,
};
use crate::{
    error::{About, Failure, Result},
    exchange::{
        Asked, Keyed, Write,
        items::{Outcome, check_count},
        joint::{Joint, Part},
        once_together,
    },
    request::Request,
};

/// Batches that may share a transaction.
pub type Receipts = Joint<Vec<RepaymentInput>, Vec<Outcome<Written>>>;

/// A batch of more has work enough for a transaction of its own.
const FEW: usize = 10;

/// Records receipts in the order given. The same receipt again is UNCHANGED; its reference with another content is a
/// conflict.
pub async fn record(request: &Request, input: RecordRepaymentsInput) -> Result<Vec<Outcome<Written>>> {
    may_keep_books(request)?;
    check_count(request, "input.items", input.items.len())?;
    let keyed = Keyed::new(&input.idempotency_key, &input)?;
    let joint = (input.items.len() <= FEW).then_some(&request.receipts);
    let numbers = input.items.iter().map(|item| item.contract_number.clone());
    let touches = numbers.chain([input.idempotency_key]).collect();
    let part = Part { asked: Asked::by(request), keyed, input: input.items, touches };
    once_together(request, "recordRepayments", part, joint, enter_all).await
}

/// Enters the batches of requests that touch no loan of one another.
async fn enter_all(write: &mut Write<'_>, parts: &[Part<Vec<RepaymentInput>>]) -> Result<Vec<Vec<Outcome<Written>>>> {
    let items = || parts.iter().flat_map(|part| part.input.iter().map(move |item| (item, part)));
    let asked: HashMap<_, _> = items().map(|(item, part)| (&item.contract_number, &part.asked)).collect();
    let loans = store::loans_numbered(write, asked.keys().map(|number| (*number).clone())).await?;
    // Of a single part all is asked by the request whose write it is.
    for loan in loans.iter().filter(|_| parts.len() > 1) {
        if let Some(asked) = asked.get(&loan.contract_number) {
            write.asked(store::subject(loan), (*asked).clone());
        }
    }
    let products = of_interest(&loans, items().map(|(item, _)| item));
    let references = items().filter_map(|(item, _)| check::reference(&item.reference, "reference").ok()).collect();
    let read = if products.is_empty() { Entries::WithoutInterest(&references) } else { Entries::All };
    let books = store::books(write, &loans.iter().collect::<Vec<_>>(), read).await?;
    let charged = charged::hold(write, products).await?;
    let mut batch = Batch::new(loans, books, (charged, write.request.today()));
    let mut take = |part: &Part<Vec<RepaymentInput>>| part.input.iter().map(|item| batch.take(item)).collect();
    let taken: Vec<Vec<_>> = parts.iter().map(&mut take).collect();
    let stored = store::save(write, batch.changed()).await?;
    let ids = ids(&stored);
    Ok(taken.into_iter().map(|taken| outcomes(taken, &ids)).collect())
}

/// The products of loans whose receipts are of interest.
fn of_interest<'a>(loans: &[loan::Model], items: impl Iterator<Item = &'a RepaymentInput>) -> Vec<String> {
    let paid: HashSet<_> = items.filter(|item| item.interest.0 > 0).map(|item| &item.contract_number).collect();
    loans.iter().filter(|loan| paid.contains(&loan.contract_number)).map(|loan| loan.product_code.clone()).collect()
}

/// Receipts of a loan that are in its book, each by its reference.
#[derive(Debug)]
enum Taken {
    New(LoanId, String),
    /// It was there before, or stands earlier in the batch.
    Known(LoanId, String, Vec<i64>),
}

/// The loans of a batch with their books.
struct Batch {
    loans: HashMap<String, (loan::Model, Book)>,
    charged: Charged,
    today: NaiveDate,
}

impl Batch {
    fn new(loans: Vec<loan::Model>, mut books: HashMap<LoanId, Book>, (charged, today): (Charged, NaiveDate)) -> Self {
        let loans = loans.into_iter().filter_map(|loan| {
            let book = books.remove(&loan.id)?;
            Some((loan.contract_number.clone(), (loan, book)))
        });
        Self { loans: loans.collect(), charged, today }
    }

    fn take(&mut self, item: &RepaymentInput) -> Result<Taken> {
        let receipt = Receipt::check(item, self.today)?;
        let (loan, book) =
            self.loans.get_mut(&item.contract_number).ok_or_else(|| Failure::not_found("contractNumber"))?;
        let entered = enter(loan, book, receipt, (&self.charged, self.today));
        entered.map_err(|refusal| refusal.about(About::Loan(loan.id.0)))
    }

    fn changed(self) -> Vec<(loan::Model, Book)> {
        let mut changed: Vec<_> = self.loans.into_values().filter(|(_, book)| book.is_changed()).collect();
        changed.sort_by_key(|(loan, _)| loan.id);
        changed
    }
}

fn enter(
    loan: &loan::Model,
    book: &mut Book,
    receipt: Receipt,
    (charged, today): (&Charged, NaiveDate),
) -> Result<Taken> {
    let known: Vec<&Entry> = book.ledger.under(&receipt.reference).collect();
    if !known.is_empty() {
        if !receipt.is(&known) {
            return Err(reference_used(&receipt.reference).with_field("reference"));
        }
        let ids = known.iter().filter_map(|entry| entry.id).map(|id| id.0).collect();
        return Ok(Taken::Known(loan.id, receipt.reference, ids));
    }
    if receipt.interest > 0 {
        charged.settles(loan, &book.ledger, receipt.on).map_err(|failure| failure.with_field("occurredOn"))?;
    }
    // Principal first: what refuses interest refuses principal too, so that a receipt is never entered by half.
    for entry in receipt.entries() {
        book.post(entry, Details::default(), today).map_err(|refusal| refusal.failure("principal"))?;
    }
    Ok(Taken::New(loan.id, receipt.reference))
}

/// A receipt whose own data are in order.
struct Receipt {
    principal: i64,
    interest: i64,
    on: NaiveDate,
    reference: String,
}

impl Receipt {
    fn check(item: &RepaymentInput, today: NaiveDate) -> Result<Self> {
        let (principal, interest) = (item.principal.0, item.interest.0);
        for (amount, field) in [(principal, "principal"), (interest, "interest")] {
            if amount < 0 {
                return Err(Failure::input(
                    field,
                    format!("An amount paid is not negative; {amount} was given. A mistake is undone by a reversal."),
                    format!("Số tiền trả không được âm; đã khai {amount}. Hãy đảo bút toán nếu ghi nhầm."),
                ));
            }
        }
        if principal == 0 && interest == 0 {
            return Err(Failure::input(
                "principal",
                "A receipt is of principal, interest or both; 0 đồng was given.",
                "Phiếu thu phải có tiền gốc, tiền lãi hoặc cả hai; đã khai 0 đồng.",
            ));
        }
        let on = check::day(item.occurred_on.0, "occurredOn", None, today)?;
        Ok(Self { principal, interest, on, reference: check::reference(&item.reference, "reference")? })
    }

    fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        let parts = [(Kind::PrincipalRepayment, self.principal), (Kind::InterestPayment, self.interest)];
        let parts = parts.into_iter().filter(|(_, amount)| *amount > 0);
        parts.map(|(kind, amount)| Entry::new(kind, amount, self.on, &self.reference))
    }

    /// Whether these entries are this receipt.
    fn is(&self, known: &[&Entry]) -> bool {
        let content = |entry: &Entry| (entry.kind, entry.amount, entry.on);
        let own: Vec<_> = self.entries().collect();
        own.len() == known.len() && own.iter().all(|part| known.iter().any(|entry| content(entry) == content(part)))
    }
}

/// New entries, by loan and reference.
type Ids<'a> = HashMap<(LoanId, &'a str), Vec<i64>>;

fn ids(stored: &[Stored]) -> Ids<'_> {
    let mut ids = Ids::new();
    for entry in stored {
        ids.entry((entry.loan, &entry.reference)).or_default().push(entry.id.0);
    }
    ids
}

/// What became of each item, now that the new entries have ids.
fn outcomes(taken: Vec<Result<Taken>>, ids: &Ids<'_>) -> Vec<Outcome<Written>> {
    let new = |loan: LoanId, reference: &str| ids.get(&(loan, reference)).cloned().unwrap_or_default();
    let outcomes = taken.into_iter().map(|item| match item {
        Ok(Taken::New(loan, reference)) => {
            Outcome::applied(Written { transactions: new(loan, &reference), ..Written::loan(loan) })
        }
        Ok(Taken::Known(loan, reference, mut transactions)) => {
            transactions.extend(new(loan, &reference));
            Outcome::unchanged(Written { transactions, ..Written::loan(loan) })
        }
        Err(failure) => Outcome::refused(failure),
    });
    outcomes.collect()
}
