//! What the plan merely hopes for: lines to which nothing is allocated yet, and commitments beyond what the plan states. The
//! plan's 822.55 bn are asked for and not granted, and one of its sums is a misprint (D02), so none of it refuses anything.
//! Pure.

use std::collections::HashMap;

use entity::{funding_line, ids::FundingLineId};

use crate::schema::Warning;

/// What is committed against a line: đồng, and how many benefits, loans and participations.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Committed {
    pub amount: i64,
    pub count: i64,
}

/// What looks wrong where something takes from a line, of what is committed with it.
pub fn warnings(line: &funding_line::Model, with_it: Committed, field: &str) -> Vec<Warning> {
    let found = [
        not_allocated(line, field),
        beyond_amount(line, with_it.amount, field),
        beyond_quantity(line, with_it.count, field),
    ];
    found.into_iter().flatten().collect()
}

/// The same for something that is only proposed: with it, more would be committed.
pub fn of_proposal<'a>(
    shares: impl Iterator<Item = (usize, &'a funding_line::Model, i64)>,
    committed: &HashMap<FundingLineId, Committed>,
) -> Vec<Warning> {
    let of_share = |(index, line, amount): (usize, &funding_line::Model, i64)| {
        let Committed { amount: so_far, count } = committed.get(&line.id).copied().unwrap_or_default();
        let with_it = Committed { amount: so_far.saturating_add(amount), count: count.saturating_add(1) };
        warnings(line, with_it, &format!("funding.{index}.lineCode"))
    };
    shares.flat_map(of_share).collect()
}

fn not_allocated(line: &funding_line::Model, field: &str) -> Option<Warning> {
    let funding_line::Model { code, amount, allocated: None, .. } = line else { return None };
    Some(Warning::new(
        "LINE_NOT_ALLOCATED",
        field,
        format!("Nothing is allocated to the line {code} yet; the plan hopes for {amount} đồng."),
        format!("Dòng kinh phí {code} chưa được phân bổ; kế hoạch dự kiến {amount} đồng."),
    ))
}

fn beyond_amount(line: &funding_line::Model, with_it: i64, field: &str) -> Option<Warning> {
    let funding_line::Model { code, amount, computed, .. } = line;
    if with_it <= *amount {
        return None;
    }
    // Sums of rounded figures differ by up to 10 million (D07).
    let (other, other_vi) = if (amount - computed).abs() <= 10_000_000 {
        (String::new(), String::new())
    } else {
        (
            format!(", though its quantity by unit cost is {computed}"),
            format!(", trong khi số lượng nhân đơn giá là {computed}"),
        )
    };
    Some(Warning::new(
        "LINE_AMOUNT_EXCEEDED",
        field,
        format!("With this, {with_it} đồng is committed against the line {code}; the plan states {amount}{other}."),
        format!("Với khoản này, dòng kinh phí {code} cam kết {with_it} đồng; kế hoạch ghi {amount}{other_vi}."),
    ))
}

fn beyond_quantity(line: &funding_line::Model, with_it: i64, field: &str) -> Option<Warning> {
    let funding_line::Model { code, quantity, .. } = line;
    let quantity = (*quantity).filter(|quantity| with_it > i64::from(*quantity))?;
    Some(Warning::new(
        "LINE_QUANTITY_EXCEEDED",
        field,
        format!("With this, {with_it} are committed against the line {code}; the plan counts {quantity}."),
        format!("Với khoản này, dòng kinh phí {code} có {with_it} đối tượng; kế hoạch tính {quantity}."),
    ))
}

#[cfg(test)]
mod tests {
    use entity::{enums::FundingSource, ids::ProgramId};

    use super::*;

    fn line(amount: i64, computed: i64, quantity: Option<i32>, allocated: Option<i64>) -> funding_line::Model {
        funding_line::Model {
            id: FundingLineId(1),
            program_id: ProgramId(1),
            code: "VIII.2".to_owned(),
            name: String::new(),
            source: FundingSource::SocialMobilization,
            quantity,
            unit_cost: None,
            amount,
            computed,
            allocated,
            allocation_decision: None,
            allocated_on: None,
            position: 1,
            note: None,
        }
    }

    fn codes(line: &funding_line::Model, amount: i64, count: i64) -> Vec<String> {
        warnings(line, Committed { amount, count }, "id").into_iter().map(|warning| warning.code).collect()
    }

    #[test]
    fn only_what_goes_beyond_the_plan_warns() {
        let granted = line(1_000, 1_000, Some(2), Some(5_000));
        assert!(codes(&granted, 1_000, 2).is_empty());
        assert_eq!(codes(&granted, 1_001, 2), ["LINE_AMOUNT_EXCEEDED"]);
        assert_eq!(codes(&granted, 1_000, 3), ["LINE_QUANTITY_EXCEEDED"]);
        assert_eq!(codes(&line(1_000, 1_000, None, None), 1, 900), ["LINE_NOT_ALLOCATED"]);
    }

    #[test]
    fn the_misprint_is_named() {
        let containers = line(2_750_000_000, 27_500_000_000, Some(5_500), Some(1));
        let warning = warnings(&containers, Committed { amount: 2_755_000_000, count: 551 }, "id").remove(0);
        assert!(
            warning.message.contains("2750000000") && warning.message.contains("27500000000"),
            "{}",
            warning.message
        );
        let rounded = line(47_510_000_000, 47_505_193_200, None, Some(1));
        let warning = warnings(&rounded, Committed { amount: 47_510_000_001, count: 1 }, "id").remove(0);
        assert!(!warning.message.contains("47505193200"), "{}", warning.message);
    }
}
