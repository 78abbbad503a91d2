//! Payments of benefits, up to 1,000 at a time. A payment is known by its benefit and the payer's reference: the same
//! again changes nothing.

use std::collections::{HashMap, HashSet};

use entity::{
    benefit, benefit_funding, benefit_payment,
    enums::{BenefitStatus, FundingSource},
    ids::{AgencyId, BenefitId, BenefitPaymentId},
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
    input::{BenefitPaymentInput, RecordBenefitPaymentsInput},
    monthly::Assisted,
    rules::not_future,
    store, subject,
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
    assisted: Assisted,
    stored: HashMap<Key, benefit_payment::Model>,
    /// Entered by this batch, in its order.
    new: IndexMap<Key, BenefitPaymentInput>,
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
        let accounts = benefits.values().map(|benefit| {
            let shares = funding.remove(&benefit.id).unwrap_or_default();
            (benefit.id, account(benefit, &shares, &paid))
        });
        Ok(Self {
            accounts: accounts.collect(),
            assisted: Assisted::load(write, &benefits).await?,
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
        let mut paid = account.clone();
        let steps = paid.pay(item.source, item.amount.0)?;
        let warnings = self.assisted.check(benefit, account.paid(), item.amount.0, item.paid_on.0)?;
        let mut before = account.status;
        *account = paid;
        for after in steps {
            self.steps.push((id, before, *after));
            before = *after;
        }
        self.new.insert(key.clone(), item.clone());
        Ok(Entry::New(key, warnings))
    }

    /// Whether an earlier payment has the same content; none where there is no earlier one.
    fn repeats(&self, key: &Key, item: &BenefitPaymentInput) -> Option<bool> {
        let given = (item.amount.0, item.source, item.paid_on.0);
        if let Some(stored) = self.stored.get(key) {
            return Some((stored.amount, stored.source, stored.paid_on) == given);
        }
        let earlier = self.new.get(key)?;
        Some((earlier.amount.0, earlier.source, earlier.paid_on.0) == given)
    }

    /// Writes what was entered and tells the ids of all payments, old and new.
    async fn store(self, write: &mut Write<'_>) -> Result<HashMap<Key, BenefitPaymentId>> {
        let rows: Vec<_> = self.new.iter().map(|(key, item)| row(write, key, item)).collect();
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
    paid: &HashMap<(BenefitId, FundingSource), i64>,
) -> Account {
    let share = |share: &benefit_funding::Model| Share {
        source: share.source,
        amount: share.amount,
        paid: paid.get(&(benefit.id, share.source)).copied().unwrap_or_default(),
    };
    Account { status: benefit.status, recurrence: benefit.recurrence, shares: funding.iter().map(share).collect() }
}

fn other_content(reference: &str) -> Failure {
    Failure::conflict(
        format!("The reference {reference} stands for another payment of this benefit."),
        format!("Số chứng từ {reference} đã dùng cho một lần chi trả khác của khoản hỗ trợ này."),
    )
    .with_field("reference")
}

fn row(write: &Write<'_>, (benefit, reference): &Key, item: &BenefitPaymentInput) -> benefit_payment::ActiveModel {
    benefit_payment::ActiveModel {
        id: NotSet,
        benefit_id: Set(*benefit),
        amount: Set(item.amount.0),
        source: Set(item.source),
        paid_on: Set(item.paid_on.0),
        reference: Set(reference.clone()),
        agency_id: Set(AgencyId(write.request.viewer.agency_id)),
        recorded_at: Set(write.request.micros()),
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
