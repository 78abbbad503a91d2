//! S9: a thousand insurance coverages.

use actix_web::web::{Bytes, Data};
use chrono::NaiveDate;
use serde::Deserialize;

use super::{Answer, Batch, Hands, Refusal, Work, batch, json, json::Json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    national_id: String,
    kind: String,
    number: String,
    valid_from: NaiveDate,
    valid_to: NaiveDate,
}

pub async fn insurance(body: Bytes, hands: Data<Hands>) -> Answer {
    let Batch { items, idempotency_key } = batch::<Item>(&body)?;
    let (hand, Work { at, agency, client }) = (hands.next_writer()?, Work::begin(&hands.insurance));
    let persons: Vec<&str> = items.iter().map(|item| item.national_id.as_str()).collect();
    let kinds: Vec<&str> = items.iter().map(|item| item.kind.as_str()).collect();
    let numbers: Vec<&str> = items.iter().map(|item| item.number.as_str()).collect();
    let (from, to): (Vec<_>, Vec<_>) = items.iter().map(|item| (item.valid_from, item.valid_to)).unzip();
    let rows = hand
        .rows(&hand.s9_insurance, &[&persons, &kinds, &numbers, &from, &to, &at, &agency, &client, &idempotency_key])
        .await?;
    let written: i64 = rows.first().ok_or_else(|| Refusal("no row".to_owned()))?.try_get(0)?;
    if usize::try_from(written).ok() != Some(items.len()) {
        return Err(Refusal(format!("{written} of {} items were taken", items.len())));
    }
    Ok(json(write(&items)))
}

fn write(items: &[Item]) -> String {
    let mut out = Json::with(r#"{"data":{"recordInsurance":{"results":["#);
    let mut first = true;
    for (index, item) in (0..).zip(items) {
        out.comma(&mut first);
        out.number(r#"{"index":"#, Some(index));
        out.text(r#","status":"APPLIED","coverage":{"kind":"#, Some(&item.kind));
        out.text(r#","number":"#, Some(&item.number));
        out.day(r#","validFrom":"#, Some(item.valid_from));
        out.day(r#","validTo":"#, Some(item.valid_to));
        out.raw(r#"},"error":null}"#);
    }
    out.finish("]}}}")
}
