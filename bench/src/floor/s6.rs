//! S6: a repayment. S9: a thousand of them.

use actix_web::web::{Bytes, Data};
use chrono::NaiveDate;
use serde::Deserialize;
use tokio_postgres::Row;

use super::{Answer, Batch, Hands, Refusal, Work, batch, json, json::Json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    contract_number: String,
    principal: i64,
    occurred_on: NaiveDate,
    reference: String,
}

pub async fn one(body: Bytes, hands: Data<Hands>) -> Answer {
    let Batch { items, idempotency_key } = batch::<Item>(&body)?;
    let (hand, work) = (hands.next_writer()?, Work::begin(&hands.bank));
    let Some(item) = items.first() else { return Err(Refusal("no item".to_owned())) };
    let Item { contract_number, principal, occurred_on, reference } = item;
    let Work { at, agency, client } = work;
    let rows = hand
        .rows(&hand.s6, &[contract_number, principal, occurred_on, reference, &at, &agency, &client, &idempotency_key])
        .await?;
    Ok(json(write(&items, &rows)?))
}

pub async fn many(body: Bytes, hands: Data<Hands>) -> Answer {
    let Batch { items, idempotency_key } = batch::<Item>(&body)?;
    let (hand, Work { at, agency, client }) = (hands.next_writer()?, Work::begin(&hands.bank));
    let numbers: Vec<&str> = items.iter().map(|item| item.contract_number.as_str()).collect();
    let amounts: Vec<i64> = items.iter().map(|item| item.principal).collect();
    let references: Vec<&str> = items.iter().map(|item| item.reference.as_str()).collect();
    let day = items.first().map(|item| item.occurred_on);
    let rows = hand
        .rows(&hand.s9_repayments, &[&numbers, &amounts, &references, &day, &at, &agency, &client, &idempotency_key])
        .await?;
    Ok(json(write(&items, &rows)?))
}

/// One row an item, in their order.
fn write(items: &[Item], rows: &[Row]) -> Result<String, Refusal> {
    if items.len() != rows.len() {
        return Err(Refusal(format!("{} of {} items were taken", rows.len(), items.len())));
    }
    let mut out = Json::with(r#"{"data":{"recordRepayments":{"results":["#);
    let mut first = true;
    for ((index, item), row) in (0..).zip(items).zip(rows) {
        out.comma(&mut first);
        let balance = row.try_get(2)?;
        out.number(r#"{"index":"#, Some(index));
        out.text(r#","status":"APPLIED","loan":{"contractNumber":"#, row.try_get(0)?);
        out.text(r#","status":"#, row.try_get(1)?);
        out.number(r#","outstandingPrincipal":"#, balance);
        out.number(r#"},"transactions":[{"kind":"PRINCIPAL_REPAYMENT","amount":"#, Some(item.principal));
        out.day(r#","occurredOn":"#, Some(item.occurred_on));
        out.text(r#","reference":"#, Some(&item.reference));
        out.number(r#","balanceAfter":"#, balance);
        out.raw(r#"}],"error":null}"#);
    }
    Ok(out.finish("]}}}"))
}
