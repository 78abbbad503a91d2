//! One household with everything that belongs to it.

use chrono::NaiveDate;
use entity::{
    enums::{MembershipEnd, PovertyClass, Relationship},
    household, household_history,
    ids::{AdminUnitId, HouseholdId, PersonId},
    membership_history, person,
};

use super::{
    Maker,
    calendar::{OPENED, days, minus_days, office_hour, plus_days},
    credit, insurance,
    models::Candidate,
    people::{self, Home, Member},
    place::hardship,
    random::Random,
    review::{self, Decisions},
    sponsors, support,
    world::Commune,
};
use crate::fold::fold;

/// So many candidates of a commune are remembered for its model.
const CANDIDATES: usize = 24;

/// Makes a household of a commune, the `number`-th there.
pub fn make(maker: &mut Maker<'_>, random: &mut Random, commune: &Commune, number: u32) {
    let class = class(random, commune);
    let code = format!("{}-{number:06}", commune.code);
    let home = people::settle(maker, random, (commune, code), class);
    // Two or three of 1,000 have left the province or merged with another household.
    if class.is_none() && random.per_mille(3) && days(home.registered_on, maker.calendar.last) > 500 {
        return dissolve(maker, random, home);
    }
    let decisions = review::reviews(maker, random, &home);
    write(maker, random, &home, &decisions);
    insurance::insure(maker, random, &home);
    let borrowed_for = credit::lend(maker, random, &home, &decisions);
    support::support(maker, random, &home, &decisions, &borrowed_for);
    sponsors::look_after(maker, random, &home, &decisions);
    remember(maker, &home, &decisions);
}

/// 4% poor, 4% near-poor, 2% newly escaped, more of them where life is harder; most households were never reviewed.
fn class(random: &mut Random, commune: &Commune) -> Option<PovertyClass> {
    let factor = hardship(commune);
    let scale = |share: u64| share * factor;
    let reviewed = [
        (Some(PovertyClass::Poor), scale(40)),
        (Some(PovertyClass::NearPoor), scale(40)),
        (Some(PovertyClass::NewlyEscaped), scale(20)),
        (Some(PovertyClass::Average), 30_000),
        (Some(PovertyClass::BetterOff), 8_000),
    ];
    let others = 1_000_000 - reviewed.iter().map(|(_, weight)| weight).sum::<u64>();
    match random.below(1_000_000) < others {
        true => None,
        false => random.weighted(&reviewed),
    }
}

fn write(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, decisions: &Decisions) {
    let moved = moved(maker, random, home);
    let created_at = office_hour(random, home.registered_on);
    let decided_at = decisions.periods.last().map(|(from, _)| minus_days(*from, 2));
    let changed_on = decided_at.into_iter().chain(moved.since).max().unwrap_or(home.registered_on);
    maker.register.household.add(household::Model {
        address: Some(address(random)),
        hamlet_id: moved.hamlet,
        poverty_class: home.class,
        next_class: decisions.next.map(|(_, class)| class),
        next_class_on: decisions.next.map(|(from, _)| from),
        history_from: moved.since.unwrap_or(home.registered_on),
        version: i32::try_from(1 + decisions.periods.len()).unwrap_or(1) + i32::from(moved.since.is_some()),
        created_at,
        updated_at: created_at.max(office_hour(random, changed_on.min(maker.calendar.last))),
        ..blank(maker, home)
    });
    for member in &home.members {
        let row = person_row(maker, random, home, member);
        maker.register.person.add(row);
    }
    if random.per_mille(9) {
        departed(maker, random, home);
    }
    for member in home.members.iter().filter(|member| came_from_elsewhere(member)) {
        if random.per_mille(40) {
            joined_later(maker, random, home, member);
        }
    }
}

/// What every row of a household says, whatever became of it.
fn blank(maker: &Maker<'_>, home: &Home<'_>) -> household::Model {
    let head = home.members.first().map_or("", |head| head.full_name.as_str());
    household::Model {
        id: home.id,
        code: home.code.clone(),
        commune_id: home.commune.id,
        district_id: home.commune.district_id,
        hamlet_id: None,
        area_kind: home.commune.area_kind,
        address: None,
        categories: home.categories,
        search_text: format!("{} {}", fold(head), home.code.to_lowercase()),
        poverty_class: None,
        next_class: None,
        next_class_on: None,
        registered_on: home.registered_on,
        history_from: home.registered_on,
        dissolved_on: None,
        dissolved_reason: None,
        version: 1,
        created_at: 0,
        updated_at: 0,
        updated_by: Some(maker.world.agencies.communes),
    }
}

struct Moved {
    hamlet: Option<AdminUnitId>,
    since: Option<NaiveDate>,
}

/// One household in a hundred has moved to another hamlet of its commune, and its history says so.
fn moved(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>) -> Moved {
    let hamlet = (!home.commune.hamlets.is_empty()).then(|| random.pick(&home.commune.hamlets));
    if !random.per_mille(10) || home.registered_on >= minus_days(maker.calendar.last, 90) {
        return Moved { hamlet, since: None };
    }
    let since = maker.calendar.between(random, plus_days(home.registered_on, 60), maker.calendar.last);
    let id = maker.register.household_history.id();
    maker.register.household_history.add(household_history::Model {
        id,
        household_id: home.id,
        valid_from: home.registered_on,
        valid_to: minus_days(since, 1),
        commune_id: home.commune.id,
        hamlet_id: home.commune.hamlets.iter().find(|other| Some(**other) != hamlet).copied(),
        area_kind: home.commune.area_kind,
        address: Some(address(random)),
        categories: home.categories,
    });
    Moved { hamlet, since: Some(since) }
}

fn address(random: &mut Random) -> String {
    match random.percent(60) {
        true => format!("Số {}/{}", random.between(1, 480), random.between(1, 40)),
        false => format!("Tổ {}", random.between(1, 24)),
    }
}

fn person_row(maker: &Maker<'_>, random: &mut Random, home: &Home<'_>, member: &Member) -> person::Model {
    let created_at = office_hour(random, member.joined_on);
    person::Model {
        id: member.id,
        household_id: Some(home.id),
        commune_id: home.commune.id,
        district_id: home.commune.district_id,
        full_name: member.full_name.clone(),
        name_folded: fold(&member.full_name),
        national_id: member.national_id.clone(),
        date_of_birth: Some(member.born),
        sex: Some(member.sex),
        relationship: Some(member.relationship),
        joined_on: Some(member.joined_on),
        categories: member.categories,
        protected_categories: member.protected,
        died_on: None,
        version: 1,
        created_at,
        updated_at: created_at,
        updated_by: Some(maker.world.agencies.communes),
    }
}

/// A former member who died, or who went to the city.
fn departed(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>) {
    let died = random.percent(60);
    let gone = people::former(maker, random, home, died);
    let left_on = maker.calendar.between(random, plus_days(gone.joined_on, 100), maker.calendar.last);
    if left_on <= gone.joined_on {
        return;
    }
    let reason = if died { MembershipEnd::Died } else { MembershipEnd::MovedAway };
    let row = person_row(maker, random, home, &gone);
    let updated_at = office_hour(random, left_on);
    end_membership(maker, (gone.id, home.id, gone.relationship), (gone.joined_on, left_on), reason);
    maker.register.person.add(person::Model { died_on: died.then_some(left_on), ..without_household(row, updated_at) });
}

fn without_household(row: person::Model, updated_at: i64) -> person::Model {
    person::Model { household_id: None, relationship: None, joined_on: None, version: 2, updated_at, ..row }
}

fn came_from_elsewhere(member: &Member) -> bool {
    matches!(member.relationship, Relationship::Spouse | Relationship::InLaw | Relationship::Grandchild)
        && member.age < 45
}

/// Somebody who was born into another household of the commune and came into this one by marriage, or with a parent.
fn joined_later(maker: &mut Maker<'_>, random: &mut Random, home: &Home<'_>, member: &Member) {
    let Some((origin, _, opened_on)) = maker.neighbour.filter(|(_, commune, _)| *commune == home.commune.id) else {
        return;
    };
    let before = opened_on.max(member.born);
    let last = minus_days(maker.calendar.last, 20);
    let Some(row) = maker.register.person.made.iter_mut().rev().find(|row| row.id == member.id) else { return };
    if days(before, last) < 90 || days(home.registered_on, last) < 90 {
        return;
    }
    let came_on = maker.calendar.between(random, plus_days(before.max(home.registered_on), 60), last);
    row.joined_on = Some(came_on);
    row.version = 2;
    row.created_at = row.created_at.min(office_hour(random, before.max(OPENED)));
    row.updated_at = row.updated_at.max(office_hour(random, came_on));
    let ended = (before, minus_days(came_on, 1));
    end_membership(maker, (member.id, origin, Relationship::Child), ended, MembershipEnd::MovedAway);
}

/// Everybody has left: the household is closed, and its people belong to none that the register knows.
fn dissolve(maker: &mut Maker<'_>, random: &mut Random, home: Home<'_>) {
    let dissolved_on = maker.calendar.between(random, plus_days(home.registered_on, 300), maker.calendar.last);
    let created_at = office_hour(random, home.registered_on);
    let updated_at = office_hour(random, dissolved_on);
    let reason = random.pick(&["Chuyển đi nơi khác ngoài tỉnh", "Nhập vào hộ khác"]);
    maker.register.household.add(household::Model {
        dissolved_on: Some(dissolved_on),
        dissolved_reason: Some(reason.to_owned()),
        version: 2,
        created_at,
        updated_at,
        ..blank(maker, &home)
    });
    for member in home.members.iter().filter(|member| member.joined_on < dissolved_on) {
        let row = person_row(maker, random, &home, member);
        let membership = (member.id, home.id, member.relationship);
        end_membership(maker, membership, (member.joined_on, dissolved_on), MembershipEnd::MovedAway);
        maker.register.person.add(without_household(row, updated_at));
    }
}

fn end_membership(
    maker: &mut Maker<'_>,
    (person_id, household_id, relationship): (PersonId, HouseholdId, Relationship),
    (joined_on, left_on): (NaiveDate, NaiveDate),
    reason: MembershipEnd,
) {
    let id = maker.register.membership_history.id();
    let row = membership_history::Model { id, person_id, household_id, relationship, joined_on, left_on, reason };
    maker.register.membership_history.add(row);
}

/// Keeps a household in mind for the model of its commune, and for people who marry into the next ones.
fn remember(maker: &mut Maker<'_>, home: &Home<'_>, decisions: &Decisions) {
    maker.neighbour = Some((home.id, home.commune.id, home.registered_on));
    let same_place = maker.candidates.iter().rev().take_while(|one| one.commune == home.commune.id).count();
    let (Some(class), Some((since, _))) = (home.class, decisions.periods.first()) else { return };
    let eligible = matches!(class, PovertyClass::Poor | PovertyClass::NearPoor | PovertyClass::NewlyEscaped);
    if eligible && same_place < CANDIDATES && decisions.next.is_none() {
        maker.candidates.push(Candidate {
            household: home.id,
            commune: home.commune.id,
            district: home.commune.district_id,
            since: *since,
            escaped_on: decisions.since().filter(|_| class == PovertyClass::NewlyEscaped),
        });
    }
}
