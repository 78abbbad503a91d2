//! How long an answer may be. The database is told how many bytes there is room for, and sends no more of one read: where
//! a text is longer, only its length. What is written from it is measured while it grows.

use sea_orm::Statement;

use super::{Beside, MARK, bound::Bound, compile::Compiler};
use crate::{
    db::{Claim, Lack, Part, Row},
    error::{Code, Failure, Result},
    request::Request,
};

/// What a read answered, and the room that its cells have.
pub(super) struct Answered {
    pub rows: Vec<Row>,
    pub claim: Claim,
}

impl Compiler<'_> {
    /// Begins a read whose rows are bounded: the columns of its sub-select.
    pub fn open_bounded(&mut self, columns: &str) {
        self.push(MARK);
        self.push(&format!("WITH r({columns}) AS {}(SELECT ", self.setting.dialect.kept_apart()));
    }

    /// Ends it with one text, the column `j`, and its length; after them what stands beside it of the caller's client.
    pub fn close_bounded(&mut self, beside: Option<&Beside>) {
        self.push(") SELECT CASE WHEN octet_length(j) <= ");
        self.bind_as(Bound::Room);
        self.push(" THEN j END, CAST(octet_length(j) AS BIGINT)");
        let Some(Beside { table, columns }) = beside else { return self.push(" FROM r") };
        for column in *columns {
            self.push(&format!(", COALESCE(b.{column}, 0)"));
        }
        self.push(&format!(" FROM r LEFT JOIN {table} b ON b.client_id = "));
        self.bind_as(Bound::Client);
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
    mut short: bool,
    text: usize,
    statement: impl Fn(usize) -> Statement,
) -> Result<Answered> {
    let mut claim = request.room.claim(Part::Cells, first);
    loop {
        let rows;
        (rows, claim) = request.read(statement(claim.bytes()), claim, short).await?;
        // Of texts that are bounded together each row tells the length of all.
        let Some(row) = rows.first() else {
            claim.shrink(0);
            return Ok(Answered { rows, claim });
        };
        let length = usize::try_from(row.number(text + 1)?).map_err(Failure::internal)?;
        if row.text(text)?.is_some() {
            claim.shrink(length);
            return Ok(Answered { rows, claim });
        }
        claim.grow(length).map_err(lacking)?;
        short = false;
    }
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
