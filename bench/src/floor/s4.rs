//! S4: twenty households with all that hangs on them.

use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use tokio_postgres::Row;

use super::{Answer, Hands, Refusal, cursor, input, json, json::Json};

#[derive(Deserialize)]
struct Input {
    unit: String,
    after: String,
}

/// Most loans and most benefits of a household.
const MOST: usize = 10;

type Rows<'r> = std::iter::Peekable<std::slice::Iter<'r, Row>>;

pub async fn answer(body: Bytes, hands: Data<Hands>) -> Answer {
    let input: Input = input(&body)?;
    let unit = hands.unit(&input.unit)?;
    let hand = hands.next()?;
    let rows = hand.rows(&hand.s4, &[&unit, &cursor::code(&input.after)?]).await?;
    Ok(json(write(&rows)?))
}

/// Each part is in the order of the households, so that one walk over all four writes the answer.
fn write(rows: &[Row]) -> Result<String, Refusal> {
    let mut begins = [0; 4];
    for (part, begin) in (0_i32..).zip(&mut begins) {
        *begin = rows.partition_point(|row| row.try_get::<_, i32>(0).is_ok_and(|now| now < part));
    }
    let [_, members, loans, benefits] = begins;
    let part = |from: usize, to: usize| rows.get(from..to).unwrap_or_default().iter().peekable();
    let (mut people, mut loans, mut benefits) =
        (part(members, loans), part(loans, benefits), part(benefits, rows.len()));
    let mut out = Json::with(r#"{"data":{"households":{"nodes":["#);
    let mut first = true;
    for row in part(0, members) {
        out.comma(&mut first);
        let id = row.try_get(1)?;
        out.id(r#"{"id":"#, "Household", id);
        out.text(r#","code":"#, row.try_get(3)?);
        out.text(r#","address":"#, row.try_get(4)?);
        out.raw(r#","members":["#);
        groups(id, usize::MAX, &mut people, &mut out, person, coverage, "]}")?;
        out.raw(r#"],"loans":{"nodes":["#);
        groups(id, MOST, &mut loans, &mut out, loan, entry, "]}}")?;
        out.raw(r#"]},"benefits":{"nodes":["#);
        groups(id, MOST, &mut benefits, &mut out, benefit, |_, _, _| Ok(()), "")?;
        out.raw("]}}");
    }
    Ok(out.finish("]}}}"))
}

/// Writes the records of a household, at most so many. Rows with one id are one record: its own columns once, then what
/// each row says beside them.
fn groups(
    household: i64,
    most: usize,
    rows: &mut Rows<'_>,
    out: &mut Json,
    head: fn(&Row, i64, &mut Json) -> Result<(), Refusal>,
    inner: fn(&Row, bool, &mut Json) -> Result<(), Refusal>,
    tail: &str,
) -> Result<(), Refusal> {
    let (mut known, mut written) = (None, 0);
    while let Some(row) = rows.peek() {
        if row.try_get::<_, i64>(1)? != household {
            break;
        }
        let id: i64 = row.try_get(2)?;
        let new = known != Some(id);
        if new {
            if known.is_some() && written <= most {
                out.raw(tail);
            }
            written += 1;
            known = Some(id);
        }
        if written <= most {
            if new {
                out.raw(if written > 1 { "," } else { "" });
                head(row, id, out)?;
            }
            inner(row, new, out)?;
        }
        rows.next();
    }
    if known.is_some() && written <= most {
        out.raw(tail);
    }
    Ok(())
}

fn person(row: &Row, id: i64, out: &mut Json) -> Result<(), Refusal> {
    out.id(r#"{"id":"#, "Person", id);
    out.text(r#","fullName":"#, row.try_get(3)?);
    out.day(r#","dateOfBirth":"#, row.try_get(7)?);
    out.text(r#","relationshipToHead":"#, row.try_get(4)?);
    out.raw(r#","insurance":["#);
    Ok(())
}

fn coverage(row: &Row, first: bool, out: &mut Json) -> Result<(), Refusal> {
    let Some(kind) = row.try_get(5)? else { return Ok(()) };
    out.text(if first { r#"{"kind":"# } else { r#",{"kind":"# }, Some(kind));
    out.text(r#","number":"#, row.try_get(6)?);
    out.day(r#","validFrom":"#, row.try_get(8)?);
    out.day(r#","validTo":"#, row.try_get(9)?);
    out.raw("}");
    Ok(())
}

fn loan(row: &Row, _id: i64, out: &mut Json) -> Result<(), Refusal> {
    out.text(r#"{"contractNumber":"#, row.try_get(3)?);
    out.text(r#","status":"#, row.try_get(4)?);
    out.number(r#","principal":"#, row.try_get(10)?);
    out.number(r#","outstandingPrincipal":"#, row.try_get(11)?);
    out.raw(r#","transactions":{"nodes":["#);
    Ok(())
}

fn entry(row: &Row, first: bool, out: &mut Json) -> Result<(), Refusal> {
    let Some(kind) = row.try_get(5)? else { return Ok(()) };
    out.text(if first { r#"{"kind":"# } else { r#",{"kind":"# }, Some(kind));
    out.number(r#","amount":"#, row.try_get(12)?);
    out.day(r#","occurredOn":"#, row.try_get(7)?);
    out.text(r#","reference":"#, row.try_get(6)?);
    out.number(r#","balanceAfter":"#, row.try_get(13)?);
    out.raw("}");
    Ok(())
}

fn benefit(row: &Row, _id: i64, out: &mut Json) -> Result<(), Refusal> {
    out.text(r#"{"status":"#, row.try_get(3)?);
    out.number(r#","amount":"#, row.try_get(10)?);
    out.number(r#","paidAmount":"#, row.try_get(11)?);
    out.text(r#","program":{"code":"#, row.try_get(5)?);
    out.text(r#","name":"#, row.try_get(6)?);
    out.raw("}}");
    Ok(())
}
