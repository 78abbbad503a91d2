//! S5: the figures of each district, as they are now.

use actix_web::web::Data;
use tokio_postgres::Row;

use super::{Answer, Hands, Refusal, json, json::Json, today};

const FIGURES: [&str; 9] = [
    r#"},"households":"#,
    r#","poor":"#,
    r#","nearPoor":"#,
    r#","newlyEscaped":"#,
    r#","persons":"#,
    r#","insuredPersons":"#,
    r#","loansOutstanding":"#,
    r#","loansOverdue":"#,
    r#","benefitsPaid":"#,
];

pub async fn answer(hands: Data<Hands>) -> Answer {
    let hand = hands.next()?;
    let rows = hand.rows(&hand.s5, &[&today()]).await?;
    Ok(json(write(&rows)?))
}

fn write(rows: &[Row]) -> Result<String, Refusal> {
    let mut out = Json::with(r#"{"data":{"statistics":["#);
    let mut first = true;
    for row in rows {
        out.comma(&mut first);
        out.text(r#"{"unit":{"code":"#, row.try_get(0)?);
        out.text(r#","name":"#, row.try_get(1)?);
        for (place, name) in (2..).zip(FIGURES) {
            out.number(name, Some(row.try_get::<_, Option<i64>>(place)?.unwrap_or_default()));
        }
        out.raw("}");
    }
    Ok(out.finish("]}}"))
}
