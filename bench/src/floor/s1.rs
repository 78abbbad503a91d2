//! S1: a household by its code.

use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use tokio_postgres::Row;

use super::{Answer, Hands, Refusal, input, json, json::Json, today};

#[derive(Deserialize)]
struct Input {
    code: String,
}

pub async fn answer(body: Bytes, hands: Data<Hands>) -> Answer {
    let input: Input = input(&body)?;
    let hand = hands.next()?;
    let rows = hand.rows(&hand.s1, &[&input.code, &today()]).await?;
    Ok(json(write(&rows)?))
}

/// Tagged rows in the order of the answer: the household, members, loans, benefits.
fn write(rows: &[Row]) -> Result<String, Refusal> {
    let Some((household, rest)) = rows.split_first() else {
        return Ok(r#"{"data":{"household":null}}"#.to_owned());
    };
    let mut out = Json::with(r#"{"data":{"household":{"#);
    out.id(r#""id":"#, "Household", household.try_get(1)?);
    out.text(r#","code":"#, household.try_get(2)?);
    out.number(r#","version":"#, household.try_get(6)?);
    out.text(r#","address":"#, household.try_get(3)?);
    out.text(r#","povertyClass":"#, household.try_get(4)?);
    out.raw(r#","members":["#);
    let mut part = 1;
    let mut first = true;
    for row in rest {
        let now: i32 = row.try_get(0)?;
        while part < now {
            part += 1;
            first = true;
            out.raw(between(part));
        }
        out.comma(&mut first);
        match now {
            1 => member(row, &mut out)?,
            2 => loan(row, &mut out)?,
            _ => benefit(row, &mut out)?,
        }
    }
    while part < 3 {
        part += 1;
        out.raw(between(part));
    }
    Ok(out.finish("]}}}}"))
}

fn between(part: i32) -> &'static str {
    if part == 2 { r#"],"loans":{"nodes":["# } else { r#"]},"benefits":{"nodes":["# }
}

fn member(row: &Row, out: &mut Json) -> Result<(), Refusal> {
    out.id(r#"{"id":"#, "Person", row.try_get(1)?);
    out.text(r#","fullName":"#, row.try_get(2)?);
    out.day(r#","dateOfBirth":"#, row.try_get(5)?);
    out.text(r#","sex":"#, row.try_get(3)?);
    out.text(r#","relationshipToHead":"#, row.try_get(4)?);
    out.raw("}");
    Ok(())
}

fn loan(row: &Row, out: &mut Json) -> Result<(), Refusal> {
    out.text(r#"{"contractNumber":"#, row.try_get(2)?);
    out.text(r#","status":"#, row.try_get(3)?);
    out.number(r#","principal":"#, row.try_get(6)?);
    out.number(r#","outstandingPrincipal":"#, row.try_get(7)?);
    out.day(r#","maturesOn":"#, row.try_get(5)?);
    out.raw("}");
    Ok(())
}

fn benefit(row: &Row, out: &mut Json) -> Result<(), Refusal> {
    out.text(r#"{"status":"#, row.try_get(2)?);
    out.number(r#","amount":"#, row.try_get(6)?);
    out.day(r#","decidedOn":"#, row.try_get(5)?);
    out.number(r#","paidAmount":"#, row.try_get(7)?);
    out.raw("}");
    Ok(())
}
