//! Sponsors, what they pledge and give, and the households they look after.

use chrono::NaiveDate;
use entity::{
    enums::{GiftKind, HouseholdCategory, PovertyClass, SponsorKind},
    gift,
    ids::{FundingLineId, GiftId, HouseholdId, PledgeId, ProgramId, SponsorId, SponsorshipId},
    pledge, sponsor, sponsorship,
};

use super::{
    Maker,
    calendar::{date, minus_days, office_hour, plus_days, plus_months},
    people::Home,
    random::{Random, Topic},
    review::Decisions,
};
use crate::fold::fold;

/// Invented names, of the kinds that the province's Fatherland Front thanks every year.
const SPONSORS: &[(&str, SponsorKind)] = &[
    ("Hội Đồng hương Bến Tre tại Thành phố Hồ Chí Minh", SponsorKind::Organisation),
    ("Công ty TNHH Chế biến Dừa Hàm Long Xanh", SponsorKind::Organisation),
    ("Công ty Cổ phần Thủy sản Cửa Đại Xanh", SponsorKind::Organisation),
    ("Doanh nghiệp tư nhân Vàng bạc Ngọc Bích Hai", SponsorKind::Organisation),
    ("Quỹ Học bổng Đồng Khởi Trẻ", SponsorKind::Organisation),
    ("Nhóm thiện nguyện Sen Ba Tri", SponsorKind::Organisation),
    ("Ngân hàng Thương mại Cổ phần Cửu Long Việt, chi nhánh Bến Tre", SponsorKind::Organisation),
    ("Câu lạc bộ Doanh nhân nữ Xứ Dừa", SponsorKind::Organisation),
    ("Chùa Phước Hòa Tân, Giồng Trôm", SponsorKind::Organisation),
    ("Hội Bảo trợ người nghèo Chợ Lách", SponsorKind::Organisation),
    ("Bà Huỳnh Thị Ngọc Sương", SponsorKind::Person),
    ("Ông Võ Thành Nhơn", SponsorKind::Person),
    ("Gia đình cố nhà giáo Lê Văn Hiển", SponsorKind::Person),
    ("Ông bà Trần Quốc Thái, Melbourne", SponsorKind::Person),
];

/// Programs that sponsors pledge to, with the line of the plan.
const CAUSES: &[(&str, Option<&str>)] = &[
    ("MOBILISATION", Some("X.1")),
    ("MOBILISATION", Some("X.2")),
    ("HOUSING_POOR", Some("II.2.1")),
    ("HI_ELDERLY", Some("IV.2.1")),
    ("WATER_SANITATION", Some("VIII.2")),
];

/// The program whose gifts go to single households.
const GIFTS: &str = "MOBILISATION";

/// The sponsors there are, and what is left of their pledges for gifts.
#[derive(Default)]
pub struct Sponsors {
    ids: Vec<SponsorId>,
    pledges: Vec<Pledge>,
}

struct Pledge {
    id: PledgeId,
    sponsor: SponsorId,
    program: ProgramId,
    line: Option<FundingLineId>,
    pledged_on: NaiveDate,
    left: i64,
}

/// What is given.
struct Given<'a> {
    household: Option<HouseholdId>,
    program: ProgramId,
    kind: GiftKind,
    amount: i64,
    description: &'a str,
    on: NaiveDate,
}

/// Makes the sponsors with their pledges, and gifts for no single household: a bridge, a classroom.
pub fn sponsors(maker: &mut Maker<'_>, seed: u64) {
    for (number, (name, kind)) in (1..).zip(SPONSORS) {
        let mut random = Random::stream(seed, Topic::Sponsor, number);
        let known_since = maker.calendar.between(&mut random, date(2022, 3, 1), date(2022, 4, 5));
        let recorded_at = office_hour(&mut random, known_since);
        let id = SponsorId(maker.register.sponsor.id());
        maker.register.sponsor.add(sponsor::Model {
            id,
            code: format!("NTT-{number:03}"),
            name: (*name).to_owned(),
            name_folded: fold(name),
            kind: *kind,
            contact: None,
            version: 1,
            created_at: recorded_at,
            updated_at: recorded_at,
            updated_by: Some(maker.world.agencies.front),
        });
        maker.sponsors.ids.push(id);
        for position in 1..=random.between(1, 3) {
            pledge(maker, &mut random, id, *kind, (known_since, position));
        }
        let Some(program) = maker.world.program(GIFTS).filter(|_| random.percent(60)) else { continue };
        let (description, millions) = random.weighted(&[
            (("Cầu nông thôn", 120), 4),
            (("Phòng học và bàn ghế", 90), 3),
            (("Dụng cụ y tế cho trạm y tế xã", 60), 3),
        ]);
        let on = maker.calendar.between(&mut random, plus_months(known_since, 2), maker.calendar.last);
        let amount = millions * 1_000_000;
        give(
            maker,
            &mut random,
            id,
            Given { household: None, program, kind: GiftKind::InKind, amount, description, on },
        );
    }
}

fn pledge(
    maker: &mut Maker<'_>,
    random: &mut Random,
    sponsor: SponsorId,
    kind: SponsorKind,
    (known_since, position): (NaiveDate, i64),
) {
    let (code, line) = random.pick(CAUSES);
    let Some(program) = maker.world.program(code) else { return };
    let millions =
        if kind == SponsorKind::Organisation { random.between(4, 40) * 50 } else { random.between(1, 20) * 10 };
    let amount = millions * 1_000_000;
    let pledged_on = maker.calendar.between(random, known_since, plus_months(known_since, 9));
    let recorded_at = office_hour(random, pledged_on);
    let line = line.and_then(|line| maker.world.line(program, line));
    let id = PledgeId(maker.register.pledge.id());
    maker.register.pledge.add(pledge::Model {
        id,
        sponsor_id: sponsor,
        program_id: program,
        line_id: line,
        amount,
        pledged_on,
        due_on: Some(plus_months(pledged_on, 12)),
        reference: format!("CK-{position:02}"),
        note: None,
        version: 1,
        created_at: recorded_at,
        updated_at: recorded_at,
        updated_by: Some(maker.world.agencies.front),
    });
    maker.sponsors.pledges.push(Pledge { id, sponsor, program, line, pledged_on, left: amount });
}

/// Finds a sponsor for some of the poor households that the plan means (II.4.1): with merit, or of social protection
/// and without labour.
pub fn look_after(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, decisions: &Decisions) {
    let is = |category| home.categories.contains(category);
    let meant =
        is(HouseholdCategory::Merit) || is(HouseholdCategory::SocialProtection) && is(HouseholdCategory::NoLabour);
    if home.class != Some(PovertyClass::Poor) || !meant || !random.percent(55) {
        return;
    }
    let Some(program) = maker.world.program(GIFTS) else { return };
    let sponsor = random.pick(&maker.sponsors.ids);
    let last = maker.calendar.last;
    let first = decisions.since().unwrap_or(home.registered_on).max(date(2022, 5, 1));
    let starts_on = maker.calendar.between(random, first, minus_days(last, 30));
    let ended = starts_on < minus_days(last, 400) && random.percent(20);
    let ends_on = ended.then(|| minus_days(plus_months(starts_on, 12), 1));
    let recorded_at = office_hour(random, starts_on);
    let id = SponsorshipId(maker.register.sponsorship.id());
    maker.register.sponsorship.add(sponsorship::Model {
        id,
        sponsor_id: sponsor,
        household_id: home.id,
        starts_on,
        ends_on,
        note: Some("Nhận đỡ đầu thường xuyên".to_owned()),
        version: if ended { 2 } else { 1 },
        created_at: recorded_at,
        updated_at: ends_on.map_or(recorded_at, |on| office_hour(random, on)),
        updated_by: Some(maker.world.agencies.front),
    });
    for _ in 0..random.between(1, 3) {
        let on = maker.calendar.between(random, starts_on, ends_on.unwrap_or(last));
        let (kind, description, thousands) = random.weighted(&[
            ((GiftKind::InKind, "Gạo và nhu yếu phẩm", 400), 6),
            ((GiftKind::Money, "Tiền mặt dịp Tết", 1_000), 3),
            ((GiftKind::InKind, "Xe đạp và đồ dùng học tập", 1_800), 1),
        ]);
        let amount = thousands * 1_000;
        give(maker, random, sponsor, Given { household: Some(home.id), program, kind, amount, description, on });
    }
}

/// Writes a gift, out of a pledge of the sponsor to the program where one is left.
fn give(maker: &mut Maker<'_>, random: &mut Random, sponsor: SponsorId, given: Given<'_>) {
    let pledge = maker.sponsors.pledges.iter_mut().find(|pledge| {
        pledge.sponsor == sponsor
            && pledge.program == given.program
            && pledge.pledged_on <= given.on
            && pledge.left >= given.amount
    });
    let pledge = pledge.map(|pledge| {
        pledge.left -= given.amount;
        (pledge.id, pledge.line)
    });
    let (pledge_id, line_id) = pledge.map_or((None, None), |(id, line)| (Some(id), line));
    let recorded_at = office_hour(random, plus_days(given.on, 1).min(maker.calendar.last));
    let id = GiftId(maker.register.gift.id());
    maker.register.gift.add(gift::Model {
        id,
        sponsor_id: sponsor,
        pledge_id,
        program_id: given.program,
        household_id: given.household,
        kind: given.kind,
        amount: given.amount,
        description: Some(given.description.to_owned()),
        given_on: given.on,
        reference: format!("TT-{:06}", id.0),
        version: 1,
        created_at: recorded_at,
        updated_at: recorded_at,
        updated_by: Some(maker.world.agencies.front),
        line_id,
    });
}
