//! How long an answer may be. The database is told how many bytes there is room for, and sends no more of one read: where
//! a text is longer, only its length. What is written from it is measured while it grows.

use sea_orm::{QueryResult, Statement, sqlx::Row};

use super::{MARK, bound::Bound, compile::Compiler};
use crate::{
    db::{Claim, Lack, Part},
    error::{Code, Failure, Result},
    request::Request,
};

/// What a read answered, and the room that its cells have.
pub(super) struct Answered {
    pub rows: Vec<QueryResult>,
    pub claim: Claim,
}

impl Compiler<'_> {
    /// Begins a read whose rows are bounded: the columns of its sub-select.
    pub fn open_bounded(&mut self, columns: &str) {
        self.push(MARK);
        self.push(&format!("WITH r({columns}) AS {}(SELECT ", self.setting.dialect.kept_apart()));
    }

    /// Ends it with one text, the column `j`, and its length.
    pub fn close_bounded(&mut self) {
        self.push(") SELECT CASE WHEN octet_length(j) <= ");
        self.bind_as(Bound::Room);
        self.push(" THEN j END, CAST(octet_length(j) AS BIGINT) FROM r");
    }

    /// Ends it with a text for each key `k` in the order of `i`, or with none where all together are too long.
    pub fn close_bounded_together(&mut self) {
        self.push("), s AS (SELECT k, i, j, CAST(sum(octet_length(j)) OVER () AS BIGINT) AS n FROM r) SELECT k, CASE WHEN n <= ");
        self.bind_as(Bound::Room);
        self.push(" THEN j END, n FROM s ORDER BY i");
    }
}

/// Runs a bounded read in so much room first; where that is too little, once more in as much as it needs. `text`: the column
/// of the text, before that of the length.
pub(super) async fn bounded(
    request: &Request,
    first: usize,
    text: usize,
    statement: impl Fn(usize) -> Statement,
) -> Result<Answered> {
    let mut claim = request.room.claim(Part::Cells, first);
    loop {
        let rows;
        (rows, claim) = request.read(statement(claim.bytes()), claim).await?;
        // Of texts that are bounded together each row tells the length of all.
        let Some(row) = rows.first() else {
            claim.shrink(0);
            return Ok(Answered { rows, claim });
        };
        let length: i64 = row.try_get_by_index(text + 1)?;
        let length = usize::try_from(length).map_err(Failure::internal)?;
        if text_at(row, text)?.is_some() {
            claim.shrink(length);
            return Ok(Answered { rows, claim });
        }
        claim.grow(length).map_err(lacking)?;
    }
}

/// A text where it lies, not copied.
pub(super) fn text_at(row: &QueryResult, index: usize) -> Result<Option<&str>> {
    let text = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get::<Option<&str>, _>(index),
        (_, Some(row)) => row.try_get::<Option<&str>, _>(index),
        _ => return Err(Failure::internal("a row of neither database")),
    };
    text.map_err(Failure::internal)
}

/// The refusal of an answer that has no room.
pub(super) fn lacking(lack: Lack) -> Failure {
    match lack {
        Lack::TooLong(most) => Failure::new(
            Code::LimitExceeded,
            format!(
                "The answer is longer than {most} bytes. Ask for shorter pages (first, last), for fewer fields, or for a \
                 long text once and not under several names."
            ),
            format!(
                "Câu trả lời dài hơn {most} byte. Hãy giảm số bản ghi mỗi trang (first, last), số trường, hoặc chỉ hỏi mỗi \
                 đoạn văn bản dài một lần."
            ),
        ),
        Lack::Taken => Failure::new(
            Code::LimitExceeded,
            "The answer is long, and other long answers are being sent at the moment. Ask for a shorter page (first, last), \
             or try again in a few seconds.",
            "Câu trả lời dài, trong khi các câu trả lời dài khác đang được gửi. Hãy giảm số bản ghi mỗi trang (first, last) \
             hoặc thử lại sau vài giây.",
        ),
    }
}
