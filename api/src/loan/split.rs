//! How the plan funds one loan out of several sources: for work abroad 50 M of the bank's capital and 50 M that the local
//! budget entrusts to it (plan VII). Pure.
//!
//! The plan's numbers are how it means to find the money and no law, so that another split is kept with a warning.

use entity::{enums::FundingSource, funding_line};

use crate::{program::funding::Share, schema::Warning};

/// What each of the bank's sources pays of one loan in the plan's lines, by its unit cost.
fn parts(lines: &[funding_line::Model]) -> Vec<(FundingSource, i64)> {
    let banks = |line: &&funding_line::Model| {
        matches!(line.source, FundingSource::VbspCredit | FundingSource::VbspEntrustedLocal)
    };
    lines.iter().filter(banks).filter_map(|line| Some((line.source, line.unit_cost?))).collect()
}

/// Whether the shares stand to each other as the plan's, to the đồng that an odd sum leaves over.
fn as_planned(parts: &[(FundingSource, i64)], shares: &[Share], principal: i64) -> bool {
    let whole: i128 = parts.iter().map(|(_, cost)| i128::from(*cost)).sum();
    let paid =
        |source| shares.iter().filter(|share| share.source == source).map(|share| i128::from(share.amount)).sum();
    parts.iter().all(|(source, cost)| {
        let paid: i128 = paid(*source);
        // paid / principal against cost / whole, without a fraction.
        (paid * whole - i128::from(*cost) * i128::from(principal)).abs() < whole
    })
}

/// The warning for a loan whose program the plan funds out of several of the bank's sources, and this loan otherwise.
/// `lines`: those of its program.
pub fn departs(lines: &[funding_line::Model], shares: &[Share], principal: i64) -> Option<Warning> {
    let parts = parts(lines);
    if parts.len() < 2 || as_planned(&parts, shares, principal) {
        return None;
    }
    let planned: Vec<_> = parts.iter().map(|(source, cost)| format!("{} {cost}", source.as_str())).collect();
    let planned = planned.join(" : ");
    Some(Warning::new(
        "FUNDING_SPLIT",
        "input.funding",
        format!("The plan funds such a loan in the proportion {planned} đồng; this one is funded otherwise."),
        format!("Kế hoạch bố trí vốn theo tỷ lệ {planned} đồng cho mỗi khoản vay; khoản vay này bố trí khác."),
    ))
}

#[cfg(test)]
mod tests {
    use FundingSource::{CentralBudget, VbspCredit, VbspEntrustedLocal};
    use entity::ids::{FundingLineId, ProgramId};
    use proptest::prelude::*;

    use super::*;

    fn line(source: FundingSource, unit_cost: i64) -> funding_line::Model {
        funding_line::Model {
            id: FundingLineId(1),
            program_id: ProgramId(1),
            code: String::new(),
            name: String::new(),
            source,
            quantity: None,
            unit_cost: Some(unit_cost),
            amount: 0,
            computed: 0,
            allocated: None,
            allocation_decision: None,
            allocated_on: None,
            position: 0,
            note: None,
        }
    }

    /// The plan's item VII.
    fn overseas() -> [funding_line::Model; 3] {
        [line(VbspCredit, 50_000_000), line(VbspEntrustedLocal, 50_000_000), line(CentralBudget, 15_000_000)]
    }

    fn shares(shares: &[(FundingSource, i64)]) -> Vec<Share> {
        shares.iter().map(|(source, amount)| Share { source: *source, line_id: None, amount: *amount }).collect()
    }

    #[test]
    fn work_abroad_is_funded_in_halves() {
        let departs = |given: &[(FundingSource, i64)], principal| departs(&overseas(), &shares(given), principal);
        assert!(departs(&[(VbspCredit, 50_000_000), (VbspEntrustedLocal, 50_000_000)], 100_000_000).is_none());
        assert!(departs(&[(VbspCredit, 30_000_000), (VbspEntrustedLocal, 30_000_000)], 60_000_000).is_none());
        let whole = departs(&[(VbspCredit, 100_000_000)], 100_000_000).unwrap();
        assert_eq!(whole.code, "FUNDING_SPLIT");
        assert!(whole.message.contains("VBSP_CREDIT 50000000 : VBSP_ENTRUSTED_LOCAL 50000000"), "{}", whole.message);
        assert!(departs(&[], 100_000_000).is_some(), "nobody's money");
        assert!(departs(&[(VbspCredit, 50_000_001), (VbspEntrustedLocal, 49_999_999)], 100_000_000).is_some());
    }

    #[test]
    fn what_the_plan_funds_out_of_one_source_is_not_split() {
        let production = [line(VbspCredit, 50_000_000)];
        assert!(departs(&production, &shares(&[(VbspCredit, 50_000_000)]), 50_000_000).is_none());
        assert!(departs(&[], &[], 50_000_000).is_none());
    }

    proptest! {
        /// Halves of any sum are as planned, whichever source takes the odd đồng.
        #[test]
        fn halves_of_any_sum_are_as_planned(principal in 2..1_000_000_000_i64) {
            let half = principal / 2;
            for (one, other) in [(half, principal - half), (principal - half, half)] {
                let given = shares(&[(VbspCredit, one), (VbspEntrustedLocal, other)]);
                prop_assert!(departs(&overseas(), &given, principal).is_none());
            }
        }
    }
}
