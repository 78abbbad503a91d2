//! S3: a page of households of a commune by class. S7: the same for a commune's officer and for the bank.

use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use tokio_postgres::{Row, Statement};

use super::{Answer, Hand, Hands, Refusal, cursor, input, json, json::Json, today};

#[derive(Deserialize)]
struct Input {
    unit: String,
    class: String,
    first: i64,
    after: Option<String>,
}

pub async fn answer(body: Bytes, hands: Data<Hands>) -> Answer {
    page(&body, &hands, |hand| &hand.s3).await
}

pub async fn for_bank(body: Bytes, hands: Data<Hands>) -> Answer {
    page(&body, &hands, |hand| &hand.s3_bank).await
}

async fn page(body: &Bytes, hands: &Hands, statement: fn(&Hand) -> &Statement) -> Answer {
    let input: Input = input(body)?;
    let unit = hands.unit(&input.unit)?;
    let after = input.after.as_deref().map(cursor::code).transpose()?.unwrap_or_default();
    let hand = hands.next()?;
    let limit = input.first + 1;
    let rows = hand.rows(statement(&hand), &[&unit, &today(), &input.class, &after, &limit]).await?;
    Ok(json(write(&input, &rows)?))
}

/// The total is in each row; a row without a household is that of an empty page.
fn write(input: &Input, rows: &[Row]) -> Result<String, Refusal> {
    let total: i64 = rows.first().ok_or_else(|| Refusal("no row".to_owned()))?.try_get(0)?;
    let page: Vec<&Row> = rows.iter().take(usize::try_from(input.first).unwrap_or_default()).collect();
    let more = rows.len() > page.len();
    let mut out = Json::with(r#"{"data":{"households":{"#);
    out.number(r#""totalCount":"#, Some(total));
    out.flag(r#","pageInfo":{"hasNextPage":"#, more);
    out.flag(r#","hasPreviousPage":"#, input.after.is_some());
    for (name, row) in [(r#","startCursor":"#, page.first()), (r#","endCursor":"#, page.last())] {
        out.raw(name);
        match row.map(|row| row.try_get(1)).transpose()?.flatten() {
            None => out.raw("null"),
            Some(id) => cursor::write(row.map(|row| row.try_get(2)).transpose()?.unwrap_or_default(), id, &mut out),
        }
    }
    out.raw(r#"},"nodes":["#);
    let mut first = true;
    for row in page {
        if let Some(id) = row.try_get(1)? {
            out.comma(&mut first);
            household(id, &input.class, row, &mut out)?;
        }
    }
    Ok(out.finish("]}}}"))
}

fn household(id: i64, class: &str, row: &Row, out: &mut Json) -> Result<(), Refusal> {
    out.id(r#"{"id":"#, "Household", id);
    out.text(r#","code":"#, row.try_get(2)?);
    out.text(r#","address":"#, row.try_get(3)?);
    out.text(r#","povertyClass":"#, Some(class));
    match row.try_get(4)? {
        None => out.raw(r#","head":null"#),
        name => {
            out.text(r#","head":{"fullName":"#, name);
            out.raw("}");
        }
    }
    out.number(r#","loans":{"totalCount":"#, row.try_get(5)?);
    out.raw("}}");
    Ok(())
}
