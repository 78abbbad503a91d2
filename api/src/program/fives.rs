//! Sums over programs for who sees statistics only: of each ledger whole fives of households, so that neither a sum nor
//! two looks at it lead to fewer (`docs/decisions/closed-statistics.md`).
//!
//! A sum is one of *cells*: the entries of one kind, program, source and line. In a cell the first entries of all
//! households make the first turn, their second ones the second, and so on; of each turn the oldest entries count, in whole
//! fives. So five entries are five households, a household that is paid every month is never a group by itself, and what is
//! entered later changes nothing that counted before. Entries are never taken out again: a benefit or a loan whose approval
//! is taken back stays approved, a loan whose disbursement is reversed stays paid out. A loan counts with its principal,
//! from its first disbursement. Spending for no single household is exact.

/// How such a sum differs, for the printed policy.
pub const IN_FIVES: &str = "in whole fives of households";

/// The entries (program_id, kind, source, line_id, household_id, seq, amount) that count; `seq` is the order of entry.
macro_rules! whole_fives {
    ($($entries:tt)*) => {
        concat!(
            "SELECT w.program_id, w.source, w.line_id, w.amount FROM (SELECT v.*, \
             row_number() OVER (PARTITION BY v.program_id, v.kind, v.source, v.line_id, v.turn ORDER BY v.seq) AS place, \
             count(*) OVER (PARTITION BY v.program_id, v.kind, v.source, v.line_id, v.turn) AS places FROM (SELECT u.*, \
             row_number() OVER (PARTITION BY u.program_id, u.kind, u.source, u.line_id, u.household_id ORDER BY u.seq) AS turn \
             FROM (",
            $($entries)*,
            ") u) v) w WHERE w.place <= w.places - w.places % 5"
        )
    };
}

/// Households in model projects, with what they were advanced.
macro_rules! advanced {
    ($which:expr) => {
        concat!(
            "SELECT m.program_id, 'CAPITAL' AS kind, f.source, f.line_id, x.household_id, x.id AS seq, f.amount \
             FROM participation_funding f JOIN model_participation x ON x.id = f.participation_id \
             JOIN model_project m ON m.id = x.project_id WHERE ",
            $which
        )
    };
}

/// What was paid out under the programs whose id fulfils the condition, as a table of (program_id, source, line_id,
/// amount). A loan without shares has no source.
macro_rules! paid_in_fives {
    ($program:literal) => {
        concat!(
            "(",
            $crate::program::fives::whole_fives!(
                "SELECT b.program_id, 'BENEFIT' AS kind, p.source, f.line_id, b.household_id, p.id AS seq, p.amount \
                 FROM benefit_payment p JOIN benefit b ON b.id = p.benefit_id \
                 LEFT JOIN benefit_funding f ON f.benefit_id = p.benefit_id AND f.source = p.source WHERE b.program_id",
                $program,
                " UNION ALL SELECT l.program_id, 'LOAN', f.source, f.line_id, l.household_id, l.seq, COALESCE(f.amount, l.principal) \
                 FROM (SELECT l.id, l.program_id, l.household_id, l.principal, min(t.id) AS seq FROM loan l \
                   JOIN loan_transaction t ON t.loan_id = l.id AND t.kind = 'DISBURSEMENT' WHERE l.program_id",
                $program,
                " GROUP BY l.id, l.program_id, l.household_id, l.principal) l LEFT JOIN loan_funding f ON f.loan_id = l.id \
                 UNION ALL ",
                $crate::program::fives::advanced!(concat!("m.program_id", $program))
            ),
            " UNION ALL SELECT s.program_id, s.source, s.line_id, s.amount FROM program_spending s WHERE s.program_id",
            $program,
            ")"
        )
    };
}

pub(crate) use {advanced, paid_in_fives, whole_fives};

/// What was paid out under a program, for `{t}` of `program`.
pub const DISBURSED_BY_PROGRAM: &str =
    concat!("(SELECT CAST(COALESCE(sum(c.amount), 0) AS BIGINT) FROM ", paid_in_fives!(" = {t}.id"), " c)");

/// The same by source, as a table of (program_id, source, line_id, amount).
pub const PAID_BY_SOURCE: &str = concat!(
    "(SELECT c.program_id, c.source, CAST(NULL AS BIGINT) AS line_id, CAST(sum(c.amount) AS BIGINT) AS amount FROM ",
    paid_in_fives!(" IS NOT NULL"),
    " c WHERE c.source IS NOT NULL GROUP BY c.program_id, c.source)"
);

/// Paid out of a line, for `{t}` of `funding_line`.
pub const DISBURSED_BY_LINE: &str = concat!(
    "(SELECT CAST(COALESCE(sum(c.amount), 0) AS BIGINT) FROM ",
    paid_in_fives!(" = {t}.program_id"),
    " c WHERE c.line_id = {t}.id)"
);

/// What payments of what comes back took beyond the one time that was approved, in the order of entry: with that, what is
/// committed is `account::Share::committed`. Entries of their own, since an approval that grew would show a payment.
macro_rules! beyond {
    ($which:literal) => {
        concat!(
            "SELECT b.program_id, 'BEYOND' AS kind, p.source, p.line_id, b.household_id, p.id AS seq, \
             CASE WHEN p.paid - p.amount >= p.share THEN p.amount ELSE p.paid - p.share END AS amount \
             FROM (SELECT y.id, y.benefit_id, y.source, f.line_id, y.amount, f.amount AS share, \
               sum(y.amount) OVER (PARTITION BY y.benefit_id, y.source ORDER BY y.id) AS paid \
               FROM benefit_funding f JOIN benefit_payment y ON y.benefit_id = f.benefit_id AND y.source = f.source WHERE ",
            $which,
            ") p JOIN benefit b ON b.id = p.benefit_id WHERE p.paid > p.share"
        )
    };
}

/// Approved against a line, for `{t}` of `funding_line`: in the order of approval; of what comes back one time, and what was
/// paid beyond.
pub const COMMITTED_BY_LINE: &str = concat!(
    "(SELECT CAST(COALESCE(sum(c.amount), 0) AS BIGINT) FROM (",
    whole_fives!(
        "SELECT b.program_id, 'BENEFIT' AS kind, f.source, f.line_id, b.household_id, x.id AS seq, f.amount \
         FROM benefit_funding f JOIN benefit b ON b.id = f.benefit_id \
         JOIN benefit_transition x ON x.benefit_id = b.id AND x.to_status = 'APPROVED' WHERE f.line_id = {t}.id UNION ALL ",
        beyond!("f.line_id = {t}.id"),
        " UNION ALL SELECT l.program_id, 'LOAN', f.source, f.line_id, l.household_id, \
         (SELECT min(x.id) FROM loan_transition x WHERE x.loan_id = l.id AND x.to_status NOT IN ('REQUESTED', 'GROUP_VETTED', 'COMMUNE_CONFIRMED')), \
         f.amount FROM loan_funding f JOIN loan l ON l.id = f.loan_id \
         WHERE f.line_id = {t}.id AND l.approved_on IS NOT NULL UNION ALL ",
        advanced!("f.line_id = {t}.id")
    ),
    " UNION ALL SELECT s.program_id, s.source, s.line_id, s.amount FROM program_spending s WHERE s.line_id = {t}.id) c)"
);

/// A number of benefits and one of loans, each in whole fives.
macro_rules! counted {
    ($benefits:literal, $loans:literal) => {
        concat!(
            "((SELECT count(*) FROM benefit b WHERE b.program_id = {t}.id AND ",
            $benefits,
            ") / 5 * 5 + (SELECT count(*) FROM loan l WHERE l.program_id = {t}.id AND ",
            $loans,
            ") / 5 * 5)"
        )
    };
}

pub const APPROVED: &str = counted!("b.status IN ('APPROVED', 'DISBURSED', 'COMPLETED')", "l.approved_on IS NOT NULL");
pub const DISBURSED: &str = counted!("b.paid_amount > 0", "l.disbursed_amount > 0");
