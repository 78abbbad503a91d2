//! S8: persons by name, with marks or without.

use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use tokio_postgres::Row;

use super::{Answer, Hands, Refusal, input, json, json::Json};
use crate::fold::fold;

#[derive(Deserialize)]
struct Input {
    name: String,
}

pub async fn answer(body: Bytes, hands: Data<Hands>) -> Answer {
    let input: Input = input(&body)?;
    let hand = hands.next()?;
    let folded = fold(&input.name);
    let (word, rest) = folded.split_at(folded.find(' ').unwrap_or(folded.len()));
    // Of several words the first is the end of a word of the name; what comes after one word is its end or a space.
    let (word, end) = match rest {
        "" => (format!("%{word}%"), "!".to_owned()),
        _ => (format!("%{word}"), format!("{rest}\u{10ffff}")),
    };
    let rows = hand.rows(&hand.s8, &[&word, &rest, &end, &format!("%{folded}%")]).await?;
    Ok(json(write(&rows)?))
}

fn write(rows: &[Row]) -> Result<String, Refusal> {
    let mut out = Json::with(r#"{"data":{"persons":{"nodes":["#);
    let mut first = true;
    for row in rows {
        out.comma(&mut first);
        out.id(r#"{"id":"#, "Person", row.try_get(0)?);
        out.text(r#","fullName":"#, row.try_get(1)?);
        out.day(r#","dateOfBirth":"#, row.try_get(2)?);
        match row.try_get(3)? {
            None => out.raw(r#","household":null}"#),
            code => {
                out.text(r#","household":{"code":"#, code);
                out.raw("}}");
            }
        }
    }
    Ok(out.finish("]}}}"))
}
