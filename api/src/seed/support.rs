//! Support under the programs of the plan: who gets what, and how far each benefit has come.

use entity::enums::{FundingSource, HouseholdCategory, PersonCategory, PovertyClass, Recurrence, SupportPurpose};

use super::{
    Maker,
    benefit::{self, Recipient},
    calendar::date,
    people::{Home, Member},
    random::Random,
    review::Decisions,
};

/// What a program gives: the sum of each source with its line in the plan.
pub struct Offer {
    pub program: &'static str,
    pub shares: &'static [(FundingSource, Option<&'static str>, i64)],
    pub recurrence: Recurrence,
    /// A house is paid in two parts.
    pub in_parts: bool,
    pub lead: Lead,
}

/// Who approves and pays.
#[derive(Clone, Copy)]
pub enum Lead {
    Labour,
    Front,
}

const MERIT_HOUSE: Offer = Offer {
    program: "HOUSING_MERIT",
    shares: &[
        (FundingSource::CentralBudget, Some("I.2.1"), 50_000_000),
        (FundingSource::SocialMobilization, Some("I.2.2"), 20_000_000),
    ],
    recurrence: Recurrence::Once,
    in_parts: true,
    lead: Lead::Labour,
};

const POOR_HOUSE: Offer = Offer {
    program: "HOUSING_POOR",
    shares: &[(FundingSource::SocialMobilization, Some("II.2.1"), 50_000_000)],
    recurrence: Recurrence::Once,
    in_parts: true,
    lead: Lead::Front,
};

/// The whole premium of 804,600 đồng: 70% by the centre, 30% by the province.
const NEAR_POOR_CARD: Offer = Offer {
    program: "HI_NEAR_POOR",
    shares: &[
        (FundingSource::CentralBudget, Some("III.2.1"), 563_220),
        (FundingSource::ProvincialBudget, Some("III.2.2"), 241_380),
    ],
    recurrence: Recurrence::Yearly,
    in_parts: false,
    lead: Lead::Labour,
};

const ELDERLY_CARD: Offer = Offer {
    program: "HI_ELDERLY",
    shares: &[(FundingSource::SocialMobilization, Some("IV.2.1"), 804_600)],
    recurrence: Recurrence::Yearly,
    in_parts: false,
    lead: Lead::Labour,
};

/// Of the two readings of the plan's line (discrepancy D02) the one that its total agrees with.
const WATER_CONTAINER: Offer = Offer {
    program: "WATER_SANITATION",
    shares: &[(FundingSource::SocialMobilization, Some("VIII.2"), 500_000)],
    recurrence: Recurrence::Once,
    in_parts: false,
    lead: Lead::Front,
};

const HOLIDAY_GIFT: Offer = Offer {
    program: "MOBILISATION",
    shares: &[(FundingSource::SocialMobilization, Some("X.1"), 500_000)],
    recurrence: Recurrence::Once,
    in_parts: false,
    lead: Lead::Front,
};

const OVERSEAS_TRAINING: Offer = Offer {
    program: "CREDIT_OVERSEAS",
    shares: &[(FundingSource::CentralBudget, Some("VII.3"), 15_000_000)],
    recurrence: Recurrence::Once,
    in_parts: false,
    lead: Lead::Labour,
};

/// Rice and necessities for households without labour; the plan gives it no line (II.4.1, discrepancy D22).
const REGULAR_HELP: Offer = Offer {
    program: "MOBILISATION",
    shares: &[(FundingSource::SocialMobilization, None, 300_000)],
    recurrence: Recurrence::Monthly,
    in_parts: false,
    lead: Lead::Front,
};

/// Grants a household and its people what programs give to such as them, but nothing for what they borrowed for: no two
/// programs of one purpose pay for a household (discrepancy D36).
pub fn support(
    maker: &mut Maker<'_>,
    random: &mut Random,
    home: &Home<'_>,
    decisions: &Decisions,
    borrowed_for: &[SupportPurpose],
) {
    let class = home.class;
    let is = |category| home.categories.contains(category);
    let (poor, near_poor) = (class == Some(PovertyClass::Poor), class == Some(PovertyClass::NearPoor));
    let since = decisions.since().unwrap_or(home.registered_on).max(date(2022, 4, 15));
    let whole = Recipient { home, person: None, since };
    let merit = is(HouseholdCategory::Merit);
    let free = |purpose: SupportPurpose| !borrowed_for.contains(&purpose);
    if free(SupportPurpose::Housing) {
        if merit && random.percent(4) {
            benefit::grant(maker, random, &whole, &MERIT_HOUSE);
        } else if poor && random.percent(6) {
            benefit::grant(maker, random, &whole, &POOR_HOUSE);
        }
    }
    let container = match class {
        Some(PovertyClass::Poor | PovertyClass::NearPoor) => 100,
        _ if is(HouseholdCategory::ClimateAffected) => 8,
        _ => 0,
    };
    if free(SupportPurpose::WaterSanitation) && random.per_mille(container) {
        benefit::grant(maker, random, &whole, &WATER_CONTAINER);
    }
    if poor && is(HouseholdCategory::SocialProtection) && is(HouseholdCategory::NoLabour) && random.percent(60) {
        benefit::grant(maker, random, &whole, &REGULAR_HELP);
    } else if random.percent(if poor || merit {
        45
    } else if near_poor {
        25
    } else {
        0
    }) {
        benefit::grant(maker, random, &whole, &HOLIDAY_GIFT);
    }
    let cards = near_poor && random.percent(40);
    for member in &home.members {
        let own = Recipient { home, person: Some(member), since: since.max(member.joined_on) };
        if let Some(offer) = personal(random, class, member, cards) {
            benefit::grant(maker, random, &own, offer);
        }
    }
}

fn personal(random: &mut Random, class: Option<PovertyClass>, member: &Member, cards: bool) -> Option<&'static Offer> {
    let abroad = member.categories.contains(PersonCategory::ContractWorkerAbroad);
    let for_abroad = member.categories.contains(PersonCategory::DischargedSoldier)
        || class.is_some_and(|class| !matches!(class, PovertyClass::Average | PovertyClass::BetterOff));
    if abroad && for_abroad && random.percent(60) {
        Some(&OVERSEAS_TRAINING)
    } else if cards && member.age >= 6 && !member.monthly_allowance() {
        Some(&NEAR_POOR_CARD)
    } else if class.is_none() && (62..80).contains(&member.age) && random.percent(3) {
        Some(&ELDERLY_CARD)
    } else {
        None
    }
}
