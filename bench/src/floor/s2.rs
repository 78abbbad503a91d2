//! S2: a person by personal number.

use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use tokio_postgres::Row;

use super::{Answer, Hands, Refusal, input, json, json::Json, today};

#[derive(Deserialize)]
struct Input {
    number: String,
}

pub async fn answer(body: Bytes, hands: Data<Hands>) -> Answer {
    let input: Input = input(&body)?;
    let hand = hands.next()?;
    let rows = hand.rows(&hand.s2, &[&input.number, &today()]).await?;
    Ok(json(write(&rows)?))
}

/// The person and the household in each row, a benefit in each or none in the only one.
fn write(rows: &[Row]) -> Result<String, Refusal> {
    let Some(person) = rows.first() else { return Ok(r#"{"data":{"person":null}}"#.to_owned()) };
    let mut out = Json::with(r#"{"data":{"person":{"#);
    out.id(r#""id":"#, "Person", person.try_get(0)?);
    out.text(r#","fullName":"#, person.try_get(1)?);
    out.day(r#","dateOfBirth":"#, person.try_get(2)?);
    out.text(r#","sex":"#, person.try_get(3)?);
    out.raw(r#","household":"#);
    match person.try_get(4)? {
        None => out.raw("null"),
        Some(id) => household(id, person, rows, &mut out)?,
    }
    Ok(out.finish("}}}"))
}

fn household(id: i64, row: &Row, rows: &[Row], out: &mut Json) -> Result<(), Refusal> {
    out.id(r#"{"id":"#, "Household", id);
    out.text(r#","code":"#, row.try_get(5)?);
    out.text(r#","address":"#, row.try_get(6)?);
    out.text(r#","povertyClass":"#, row.try_get(7)?);
    out.text(r#","commune":{"code":"#, row.try_get(8)?);
    out.text(r#","name":"#, row.try_get(9)?);
    out.raw(r#"},"benefits":{"nodes":["#);
    let mut first = true;
    for row in rows {
        if let Some(id) = row.try_get(10)? {
            out.comma(&mut first);
            benefit(id, row, out)?;
        }
    }
    out.raw("]}}");
    Ok(())
}

fn benefit(id: i64, row: &Row, out: &mut Json) -> Result<(), Refusal> {
    out.id(r#"{"id":"#, "Benefit", id);
    out.text(r#","status":"#, row.try_get(11)?);
    out.number(r#","amount":"#, row.try_get(12)?);
    out.number(r#","paidAmount":"#, row.try_get(13)?);
    out.day(r#","decidedOn":"#, row.try_get(14)?);
    out.text(r#","program":{"code":"#, row.try_get(15)?);
    out.text(r#","name":"#, row.try_get(16)?);
    out.raw("}}");
    Ok(())
}
