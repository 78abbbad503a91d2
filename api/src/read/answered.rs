//! How long an answer may be. The database is told how many bytes there are, and sends no more of one read: a text that
//! is longer comes back as NULL. What is written from it is measured while it grows.

use sea_orm::{QueryResult, sqlx::Row};

use super::{MARK, bound::Bound, compile::Compiler};
use crate::{
    db::{Claim, Lack},
    error::{Code, Failure, Result},
    request::Request,
};

/// A text of an answer and the room that it has.
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

    /// Ends it with one text, the column `j`.
    pub fn close_bounded(&mut self) {
        self.push(") SELECT CASE WHEN octet_length(j) <= ");
        self.bind_as(Bound::Room);
        self.push(" THEN j END FROM r");
    }

    /// Ends it with a text for each key `k` in the order of `i`, or with none where all together are too long.
    pub fn close_bounded_together(&mut self) {
        self.push(") SELECT k, CASE WHEN sum(octet_length(j)) OVER () <= ");
        self.bind_as(Bound::Room);
        self.push(" THEN j END FROM r ORDER BY i");
    }
}

/// Runs a bounded read, in the room that its root field usually takes; where that is too little, once more in all that is
/// left. `text`: the column that is NULL then.
pub(super) async fn bounded(
    request: &Request,
    root: &str,
    text: usize,
    statement: impl Fn(usize) -> sea_orm::Statement,
) -> Result<Answered> {
    let mut claim = request.room.claim(request.cost.bytes_of(root)).map_err(lacking)?;
    loop {
        let (rows, kept) = request.read(statement(claim.bytes()), Some(claim)).await?;
        claim = kept.ok_or_else(|| Failure::internal("a read without its room"))?;
        let fits = rows.iter().try_fold(true, |fits, row| Ok::<_, Failure>(fits && text_at(row, text)?.is_some()))?;
        if fits {
            return Ok(Answered { rows, claim });
        }
        if !claim.widen().map_err(lacking)? {
            return Err(too_long(request));
        }
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

fn too_long(request: &Request) -> Failure {
    lacking(Lack::TooLong(request.limits.answer_bytes))
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
