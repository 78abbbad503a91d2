//! Payments of benefits, up to 1,000 at a time. A payment is known by its benefit and the payer's reference: the same
//! again changes nothing.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    benefit, benefit_funding, benefit_payment,
    enums::{BenefitStatus, FundingSource, Recurrence},
    ids::{AgencyId, BenefitId, BenefitPaymentId, FundingLineId},
};
use indexmap::IndexMap;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait,
    sea_query::Expr,
};

use super::{
    Outcomes, Written,
    account::{Account, Share},
    allocation::Allocations,
    held::Period,
    input::{BenefitPaymentInput, RecordBenefitPaymentsInput},
    limits,
    monthly::Assistances,
    rules::not_future,
    store::{self, Paid},
    subject,
};
use crate::{
    access::Permission,
    error::{Failure, Result},
    exchange::{
        Write,
        items::{Outcome, check_count},
        once,
    },
    request::Request,
    schema::{Warning, global_id, text},
};

const MAX_REFERENCE: usize = 100;

/// The sum of a benefit's payments, from the payments themselves.
const PAID: &str =
    "(SELECT CAST(COALESCE(sum(p.amount), 0) AS BIGINT) FROM benefit_payment p WHERE p.benefit_id = benefit.id)";

/// Records payments made.
pub async fn record(request: &Request, input: RecordBenefitPaymentsInput) -> Result<Outcomes> {
    request.viewer.require(Permission::BenefitPay)?;
    check_count(request, "input.items", input.items.len())?;
    once(request, "recordBenefitPayments", &input.idempotency_key, &input, async |write| {
        let mut ledger = Ledger::load(write, &input.items).await?;
        let entries: Vec<_> = input.items.iter().map(|item| ledger.enter(write.request, item)).collect();
        let ids = ledger.store(write).await?;
        let outcomes = entries.into_iter().map(|entry| outcome(entry, &ids));
        outcomes.collect()
    })
    .await
}

fn benefit_id(item: &BenefitPaymentInput) -> Result<BenefitId> {
    global_id::expect("Benefit", &item.benefit_id, "benefitId").map(BenefitId)
}

fn reference(item: &BenefitPaymentInput) -> Result<String> {
    text::required(&item.reference, "reference", MAX_REFERENCE)
}

/// What names a payment.
type Key = (BenefitId, String);

/// A payment entered. `assistance_due`: what had fallen due of monthly assistance with it.
struct Payment {
    input: BenefitPaymentInput,
    assistance_due: Option<i64>,
}

/// What became of an item.
enum Entry {
    New(Key, Vec<Warning>),
    Known(Key),
}

/// The benefits of a batch with their accounts, and every payment that the batch could repeat.
struct Ledger {
    benefits: HashMap<BenefitId, benefit::Model>,
    accounts: HashMap<BenefitId, Account>,
    /// Those of monthly assistance.
    assisted: Assistances,
    /// Those of what comes back: it can be paid more often than its approval committed.
    lines: Allocations,
    stored: HashMap<Key, benefit_payment::Model>,
    /// Entered by this batch, in its order.
    new: IndexMap<Key, Payment>,
    /// Statuses that benefits came to, in order.
    steps: Vec<(BenefitId, BenefitStatus, BenefitStatus)>,
}

impl Ledger {
    async fn load(write: &Write<'_>, items: &[BenefitPaymentInput]) -> Result<Self> {
        let ids: HashSet<_> = items.iter().filter_map(|item| benefit_id(item).ok()).collect();
        let benefits = store::benefits(write, ids.iter().map(|id| id.0)).await?;
        let ids = || benefits.keys().map(|id| id.0);
        let references: HashSet<_> = items.iter().filter_map(|item| reference(item).ok()).collect();
        let stored = store::payments(write, ids(), references).await?;
        let mut funding = store::funding(write, ids()).await?;
        let paid = store::paid(write, ids()).await?;
        let back = benefits.values().filter(|benefit| benefit.recurrence != Recurrence::Once);
        let back = back.filter_map(|benefit| funding.get(&benefit.id)).flatten().filter_map(|share| share.line_id);
        let lines: Vec<_> = back.collect();
        let accounts = benefits.values().map(|benefit| {
            let shares = funding.remove(&benefit.id).unwrap_or_default();
            (benefit.id, account(benefit, &shares, &paid))
        });
        Ok(Self {
            accounts: accounts.collect(),
            assisted: Assistances::load(write, &benefits).await?,
            lines: if lines.is_empty() { Allocations::none() } else { Allocations::lock(write, lines).await? },
            benefits,
            stored: stored
                .into_iter()
                .map(|payment| ((payment.benefit_id, payment.reference.clone()), payment))
                .collect(),
            new: IndexMap::new(),
            steps: Vec::new(),
        })
    }

    fn enter(&mut self, request: &Request, item: &BenefitPaymentInput) -> Result<Entry> {
        let id = benefit_id(item)?;
        let benefit = self.benefits.get(&id).ok_or_else(|| Failure::not_found("benefitId"))?;
        let key = (id, reference(item)?);
        if let Some(same) = self.repeats(&key, item) {
            return if same { Ok(Entry::Known(key)) } else { Err(other_content(&key.1)) };
        }
        not_future(item.paid_on.0, "paidOn", request.today())?;
        if let Some(approved) = benefit.decided_on.filter(|approved| item.paid_on.0 < *approved) {
            let on = item.paid_on.0;
            return Err(Failure::input(
                "paidOn",
                format!("The benefit was decided on {approved}; it can't have been paid on {on}."),
                format!("Khoản hỗ trợ được quyết định ngày {approved}; không thể chi trả ngày {on}."),
            ));
        }
        let account = self.accounts.get_mut(&id).ok_or_else(|| Failure::internal("a benefit without account"))?;
        let times = if self.assisted.are(benefit) { None } else { Some(times(benefit, account.last, item.paid_on.0)) };
        let mut paid = account.clone();
        let steps = paid.pay((item.source, item.amount.0), item.paid_on.0, times)?;
        let amounts = (account.paid(), item.amount.0);
        let (assistance_due, warnings) = self.assisted.check(benefit, amounts, item.paid_on.0)?;
        self.lines.commit(&beyond(account, &paid), "amount")?;
        let mut before = account.status;
        *account = paid;
        for after in steps {
            self.steps.push((id, before, *after));
            before = *after;
        }
        self.new.insert(key.clone(), Payment { input: item.clone(), assistance_due });
        Ok(Entry::New(key, warnings))
    }

    /// Whether an earlier payment has the same content; none where there is no earlier one.
    fn repeats(&self, key: &Key, item: &BenefitPaymentInput) -> Option<bool> {
        let given = (item.amount.0, item.source, item.paid_on.0);
        if let Some(stored) = self.stored.get(key) {
            return Some((stored.amount, stored.source, stored.paid_on) == given);
        }
        let earlier = &self.new.get(key)?.input;
        Some((earlier.amount.0, earlier.source, earlier.paid_on.0) == given)
    }

    /// Writes what was entered and tells the ids of all payments, old and new.
    async fn store(self, write: &mut Write<'_>) -> Result<HashMap<Key, BenefitPaymentId>> {
        let rows: Vec<_> = self.new.iter().map(|(key, payment)| row(write, key, payment)).collect();
        let new = benefit_payment::Entity::insert_many(rows).exec_with_returning(&write.tx).await?;
        for payment in &new {
            if let Some(benefit) = self.benefits.get(&payment.benefit_id) {
                write.created(subject::payment(payment.id, benefit), &["amount", "source", "paidOn", "reference"]);
            }
        }
        let paid: HashSet<_> = new.iter().map(|payment| payment.benefit_id).collect();
        for status in [BenefitStatus::Disbursed, BenefitStatus::Completed] {
            let come = self.accounts.iter().filter(|(id, account)| paid.contains(id) && account.status == status);
            let come = come.map(|(id, _)| id.0).collect();
            store::come_to(write, come, status, (benefit::Column::PaidAmount, Expr::cust(PAID))).await?;
        }
        for benefit in paid.iter().filter_map(|id| self.benefits.get(id)) {
            let fields = ["status", "paidAmount", "payments", "history"];
            write.updated(subject::benefit(benefit, benefit.version + 1), &fields);
        }
        let steps =
            self.steps.iter().map(|(id, from, to)| store::transition(write, *id, Some(*from), *to, None)).collect();
        store::insert_transitions(write, steps).await?;
        let stored = self.stored.into_iter().map(|(key, payment)| (key, payment.id));
        Ok(stored.chain(new.into_iter().map(|payment| ((payment.benefit_id, payment.reference), payment.id))).collect())
    }
}

fn account(
    benefit: &benefit::Model,
    funding: &[benefit_funding::Model],
    paid: &HashMap<(BenefitId, FundingSource), Paid>,
) -> Account {
    let share = |share: &benefit_funding::Model| Share {
        source: share.source,
        amount: share.amount,
        line: share.line_id,
        paid: paid.get(&(benefit.id, share.source)).map_or(0, |(paid, _)| *paid),
    };
    let last = funding.iter().filter_map(|share| paid.get(&(benefit.id, share.source)).map(|(_, last)| *last)).max();
    let shares = funding.iter().map(share).collect();
    Account { status: benefit.status, recurrence: benefit.recurrence, shares, last }
}

/// How often a benefit fell due by a payment's day, or by an earlier payment's if that is later.
fn times(benefit: &benefit::Model, last: Option<NaiveDate>, on: NaiveDate) -> i64 {
    let by = last.map_or(on, |last| last.max(on));
    let to = benefit.ends_on.map_or(by, |ends| ends.min(by));
    let from = benefit.starts_on.unwrap_or(benefit.proposed_on);
    match benefit.recurrence {
        Recurrence::Once => 1,
        recurrence => limits::times(Period { recurrence, from, to: Some(to) }, false),
    }
}

/// What a payment commits of lines beyond what the approval did.
fn beyond(before: &Account, after: &Account) -> Vec<(FundingLineId, i64)> {
    let shares = before.shares.iter().zip(&after.shares);
    let beyond = |(before, after): (&Share, &Share)| {
        let more = after.committed().saturating_sub(before.committed());
        Some((after.line?, more)).filter(|_| more > 0)
    };
    shares.filter_map(beyond).collect()
}

fn other_content(reference: &str) -> Failure {
    Failure::conflict(
        format!("The reference {reference} stands for another payment of this benefit."),
        format!("Số chứng từ {reference} đã dùng cho một lần chi trả khác của khoản hỗ trợ này."),
    )
    .with_field("reference")
}

fn row(write: &Write<'_>, (benefit, reference): &Key, payment: &Payment) -> benefit_payment::ActiveModel {
    let Payment { input: item, assistance_due } = payment;
    benefit_payment::ActiveModel {
        id: NotSet,
        benefit_id: Set(*benefit),
        amount: Set(item.amount.0),
        source: Set(item.source),
        paid_on: Set(item.paid_on.0),
        reference: Set(reference.clone()),
        agency_id: Set(AgencyId(write.request.viewer.agency_id)),
        recorded_at: Set(write.request.micros()),
        assistance_due: Set(*assistance_due),
    }
}

fn outcome(entry: Result<Entry>, ids: &HashMap<Key, BenefitPaymentId>) -> Result<Outcome<Written>> {
    let written = |key: &Key, warnings: Vec<Warning>| {
        let id = ids.get(key).ok_or_else(|| Failure::internal("a payment entered and not stored"))?;
        Ok(Written { benefit: key.0.0, payment: Some(id.0), warnings })
    };
    match entry {
        Ok(Entry::New(key, warnings)) => written(&key, warnings).map(Outcome::applied),
        Ok(Entry::Known(key)) => written(&key, Vec::new()).map(Outcome::unchanged),
        Err(failure) => Ok(Outcome::refused(failure)),
    }
}
