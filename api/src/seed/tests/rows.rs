//! What must hold between the rows, whatever is drawn.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use entity::{
    enums::{
        AreaKind, BenefitStatus, CapitalMovementKind, InsuranceKind, LoanStatus, LoanTransactionKind, ModelStatus,
        ModelTrack, ParticipationOutcome, PersonCategory, PovertyClass, Recurrence, Relationship, Sex,
    },
    ids::{BenefitId, HouseholdId, LoanId, PersonId},
    loan, loan_transaction, person, poverty_review,
};
use sha2::{Digest, Sha256};

use super::{plan, register, world};
use crate::{
    fold::fold,
    seed::{
        SeedPlan,
        calendar::{age, date},
        register::Register,
    },
};

const TODAY: NaiveDate = date(2026, 11, 23);

async fn digest(plan: SeedPlan) -> [u8; 32] {
    Sha256::digest(register(plan).await.text()).into()
}

#[tokio::test]
async fn a_plan_gives_the_same_rows_every_time() {
    let first = digest(plan(500, 7)).await;
    assert_eq!(first, digest(plan(500, 7)).await);
    assert_ne!(first, digest(plan(500, 8)).await);
    assert_ne!(first, digest(SeedPlan { today: date(2025, 3, 1), ..plan(500, 7) }).await);
}

/// Parts per thousand of `all` for which a test holds.
fn share<T>(all: &[T], test: impl Fn(&T) -> bool) -> usize {
    all.iter().filter(|one| test(one)).count() * 1_000 / all.len()
}

#[tokio::test]
async fn households_and_people_look_like_ben_tre() {
    let register = register(plan(12_000, 1)).await;
    let (households, persons) = (&register.household.made, &register.person.made);
    assert_eq!(households.len(), 12_000);
    let of = |class| share(households, |one| one.poverty_class == class);
    let (poor, near_poor) = (of(Some(PovertyClass::Poor)), of(Some(PovertyClass::NearPoor)));
    let escaped = of(Some(PovertyClass::NewlyEscaped));
    assert!((35..45).contains(&poor) && (35..45).contains(&near_poor) && (16..24).contains(&escaped));
    assert!((840..880).contains(&of(None)));
    let members: Vec<&person::Model> = persons.iter().filter(|one| one.household_id.is_some()).collect();
    let average = members.len() * 100 / households.len();
    assert!((330..350).contains(&average), "{average}");
    let heads: BTreeSet<HouseholdId> = members
        .iter()
        .filter(|one| one.relationship == Some(Relationship::Head))
        .filter_map(|one| one.household_id)
        .collect();
    let open: BTreeSet<_> = households.iter().filter(|one| one.dissolved_on.is_none()).map(|one| one.id).collect();
    assert_eq!(heads, open);
    let insured: BTreeSet<PersonId> = register
        .insurance_coverage
        .made
        .iter()
        .filter(|one| one.kind == InsuranceKind::Health && one.valid_from <= TODAY)
        .filter(|one| one.valid_to.is_none_or(|to| to >= TODAY))
        .map(|one| one.person_id)
        .collect();
    let rate = share(&members, |one| insured.contains(&one.id));
    assert!((905..935).contains(&rate), "{rate}");
    let old: Vec<_> = members.iter().filter(|one| age(one.date_of_birth.unwrap(), TODAY) >= 75).collect();
    let without_pension = share(&old, |one| one.categories.contains(PersonCategory::WithoutPension));
    assert!((550..750).contains(&without_pension), "{without_pension}");
}

#[tokio::test]
async fn personal_numbers_are_valid_and_nobody_has_anothers() {
    let register = register(plan(4_000, 2)).await;
    let mut seen = BTreeSet::new();
    for person in &register.person.made {
        assert_eq!(person.name_folded, fold(&person.full_name));
        let Some(number) = &person.national_id else { continue };
        let born = person.date_of_birth.unwrap();
        let century = (born.year() / 100 - 19) * 2 + i32::from(person.sex == Some(Sex::Female));
        assert_eq!(number.len(), 12);
        assert_eq!(number[3..6], format!("{century}{:02}", born.year() % 100));
        assert!(seen.insert(number.clone()), "{number} twice");
    }
    let without = |from, to| {
        let of_age = |one: &&person::Model| (from..to).contains(&age(one.date_of_birth.unwrap(), TODAY));
        let all: Vec<_> = register.person.made.iter().filter(of_age).collect();
        share(&all, |one| one.national_id.is_none())
    };
    assert!(without(0, 6) > 100 && without(80, 120) > 60 && without(16, 60) < 25);
}

#[tokio::test]
async fn places_stand_on_every_row_as_on_the_household() {
    let world = world().await;
    let register = register(plan(6_000, 3)).await;
    let communes: BTreeMap<_, _> = world.communes.iter().map(|commune| (commune.id, commune)).collect();
    let hamlets: BTreeMap<_, _> = register.admin_unit.made.iter().map(|unit| (unit.id, unit.parent_id)).collect();
    let mut place = BTreeMap::new();
    for one in &register.household.made {
        let commune = communes[&one.commune_id];
        assert_eq!((commune.district_id, commune.area_kind), (one.district_id, one.area_kind));
        assert!(one.code.starts_with(&format!("{}-", commune.code)) && one.code.len() == 12);
        assert!(one.hamlet_id.is_none_or(|hamlet| hamlets[&hamlet] == Some(one.commune_id)));
        place.insert(one.id, (one.commune_id, one.district_id));
    }
    assert_eq!(place.values().map(|(commune, _)| *commune).collect::<BTreeSet<_>>().len(), 157);
    let persons =
        register.person.made.iter().filter_map(|one| Some((one.household_id?, (one.commune_id, one.district_id))));
    let loans = register.loan.made.iter().map(|one| (one.household_id, (one.commune_id, one.district_id)));
    let benefits = register.benefit.made.iter().map(|one| (one.household_id, (one.commune_id, one.district_id)));
    let in_models =
        register.model_participation.made.iter().map(|one| (one.household_id, (one.commune_id, one.district_id)));
    for (household, stands) in persons.chain(loans).chain(benefits).chain(in_models) {
        assert_eq!(place[&household], stands);
    }
}

#[tokio::test]
async fn classes_follow_from_reviews_under_the_standard_of_their_day() {
    let world = world().await;
    let register = register(plan(5_000, 4)).await;
    let mut by_household: BTreeMap<HouseholdId, Vec<&poverty_review::Model>> = BTreeMap::new();
    for review in &register.poverty_review.made {
        let standard = world.standard(review.reviewed_on).unwrap();
        assert_eq!(review.standard_id, standard.id);
        let (line, average, points) = match review.area_kind {
            AreaKind::Rural => (standard.rural_line, standard.rural_average_line, 140),
            AreaKind::Urban => (standard.urban_line, standard.urban_average_line, 175),
        };
        let (income, lacks) = (review.income_per_capita.unwrap(), review.deprivations.iter().count());
        let computed = match (income <= line, lacks >= 3) {
            (true, true) => PovertyClass::Poor,
            (true, false) => PovertyClass::NearPoor,
            _ if Some(income) <= average => PovertyClass::Average,
            _ => PovertyClass::BetterOff,
        };
        assert_eq!(review.computed_class, computed);
        assert_eq!(review.score_a.unwrap() <= points, income <= line);
        assert_eq!(review.score_b, Some(i32::try_from(lacks).unwrap() * 10));
        by_household.entry(review.household_id).or_default().push(review);
    }
    let mut ahead = 0;
    for one in &register.household.made {
        let reviews = by_household.remove(&one.id).unwrap_or_default();
        let decided: Vec<_> = reviews.iter().filter(|review| review.decided_class.is_some()).collect();
        for pair in decided.windows(2) {
            assert_eq!(pair[0].effective_to.unwrap().succ_opt(), pair[1].effective_from);
        }
        assert!(decided.last().is_none_or(|newest| newest.effective_to.is_none()));
        let on = |day: NaiveDate| {
            let holds = |review: &&&&poverty_review::Model| {
                review.effective_from <= Some(day) && review.effective_to.is_none_or(|to| to >= day)
            };
            decided.iter().find(holds).and_then(|review| review.decided_class)
        };
        assert_eq!(one.poverty_class, on(TODAY));
        if let Some(day) = one.next_class_on {
            ahead += 1;
            assert!(day > TODAY);
            assert_eq!(one.next_class, on(day));
        }
    }
    assert!(ahead > 0 && by_household.is_empty());
}

fn entries(register: &Register) -> BTreeMap<LoanId, Vec<&loan_transaction::Model>> {
    let mut entries: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for entry in &register.loan_transaction.made {
        entries.entry(entry.loan_id).or_default().push(entry);
    }
    entries
}

fn assert_ledger(loan: &loan::Model, entries: &[&loan_transaction::Model]) {
    let (mut balance, mut disbursed) = (0, 0);
    for entry in entries {
        match entry.kind {
            LoanTransactionKind::Disbursement => disbursed += entry.amount,
            LoanTransactionKind::Reversal => assert!(entries.iter().any(|one| Some(one.id) == entry.reverses_id)),
            _ => {}
        }
        balance += match entry.kind {
            LoanTransactionKind::Disbursement | LoanTransactionKind::Reversal => entry.amount,
            LoanTransactionKind::PrincipalRepayment | LoanTransactionKind::WriteOff => -entry.amount,
            _ => 0,
        };
        assert_eq!(entry.balance_after, balance, "{entry:?}");
        assert!(loan.disbursed_on <= Some(entry.occurred_on) && entry.occurred_on < TODAY);
    }
    assert_eq!((loan.outstanding_principal, loan.disbursed_amount), (balance, disbursed));
    assert!(disbursed == 0 || disbursed == loan.principal);
    let overdue = loan.status == LoanStatus::Overdue;
    assert_eq!(loan.overdue_principal, if overdue { balance } else { 0 });
    assert!(!overdue || loan.matures_on < Some(TODAY));
    assert_eq!(balance == 0 && disbursed > 0, matches!(loan.status, LoanStatus::Repaid | LoanStatus::WrittenOff));
}

#[tokio::test]
async fn loans_agree_with_their_ledger_and_their_steps() {
    let world = world().await;
    let register = register(plan(16_000, 5)).await;
    let entries = entries(&register);
    let mut steps: BTreeMap<LoanId, Vec<_>> = BTreeMap::new();
    for step in &register.loan_transition.made {
        let before = steps.entry(step.loan_id).or_default();
        assert_eq!(step.from_status, before.last().copied());
        before.push(step.to_status);
    }
    let mut shares: BTreeMap<LoanId, i64> = BTreeMap::new();
    for share in &register.loan_funding.made {
        *shares.entry(share.loan_id).or_default() += share.amount;
    }
    let reviews: BTreeMap<HouseholdId, Vec<&poverty_review::Model>> =
        register.poverty_review.made.iter().fold(BTreeMap::new(), |mut all, one| {
            all.entry(one.household_id).or_insert_with(Vec::new).push(one);
            all
        });
    for loan in &register.loan.made {
        assert_ledger(loan, entries.get(&loan.id).map_or(&[], Vec::as_slice));
        assert_eq!(steps[&loan.id].last(), Some(&loan.status));
        let granted = loan.approved_on.is_some();
        assert_eq!(shares.get(&loan.id).copied(), granted.then_some(loan.principal));
        if let Some(approved_on) = loan.approved_on {
            let product = world.product(&loan.product_code, approved_on).unwrap();
            assert_eq!(loan.product_id, product.id);
            assert!(loan.principal <= product.max_amount && loan.term_months <= product.max_term_months);
            assert!(loan.requested_on <= approved_on);
            let class = reviews.get(&loan.household_id).and_then(|reviews| {
                let holds = |one: &&&poverty_review::Model| {
                    one.effective_from.is_some_and(|from| from <= approved_on)
                        && one.effective_to.is_none_or(|to| to >= approved_on)
                };
                reviews.iter().find(holds).and_then(|one| one.decided_class)
            });
            assert!(crate::seed::world::takes(product, class), "{} for {class:?}", product.code);
        }
    }
    let mut in_grace = 0;
    for loan in register.loan.made.iter().filter(|loan| loan.grace_months > 0 && loan.status == LoanStatus::Active) {
        let Some(disbursed_on) = loan.disbursed_on else { continue };
        let until = disbursed_on + chrono::Months::new(loan.grace_months.unsigned_abs());
        let of_loan = entries[&loan.id].iter();
        let repaid =
            of_loan.filter(|entry| entry.kind == LoanTransactionKind::PrincipalRepayment && entry.occurred_on <= until);
        assert_eq!(repaid.count(), 0, "{loan:?}");
        in_grace += 1;
    }
    assert!(in_grace > 0);
    let statuses: BTreeSet<_> = register.loan.made.iter().map(|loan| loan.status.as_str()).collect();
    assert_eq!(statuses.len(), LoanStatus::ALL.len(), "{statuses:?}");
    let contracts: BTreeSet<_> = register.loan.made.iter().map(|loan| &loan.contract_number).collect();
    assert_eq!(contracts.len(), register.loan.made.len());
}

#[tokio::test]
async fn benefits_agree_with_their_payments_sources_and_steps() {
    let register = register(plan(7_000, 6)).await;
    let mut paid: BTreeMap<BenefitId, i64> = BTreeMap::new();
    for payment in &register.benefit_payment.made {
        assert!(payment.paid_on < TODAY);
        *paid.entry(payment.benefit_id).or_default() += payment.amount;
    }
    let mut shares: BTreeMap<BenefitId, i64> = BTreeMap::new();
    for share in &register.benefit_funding.made {
        *shares.entry(share.benefit_id).or_default() += share.amount;
    }
    let mut steps: BTreeMap<BenefitId, Vec<(BenefitStatus, i64)>> = BTreeMap::new();
    for step in &register.benefit_transition.made {
        let before = steps.entry(step.benefit_id).or_default();
        assert_eq!(step.from_status, before.last().map(|(status, _)| *status));
        assert!(before.last().is_none_or(|(_, at)| *at < step.at));
        before.push((step.to_status, step.at));
    }
    for benefit in &register.benefit.made {
        let sum = paid.get(&benefit.id).copied().unwrap_or(0);
        assert_eq!((benefit.paid_amount, benefit.amount), (sum, shares[&benefit.id]));
        assert_eq!(steps[&benefit.id].last().map(|(status, _)| *status), Some(benefit.status));
        match benefit.status {
            BenefitStatus::Completed if benefit.recurrence == Recurrence::Once => assert_eq!(sum, benefit.amount),
            BenefitStatus::Completed => assert!(sum >= benefit.amount && benefit.ends_on < Some(TODAY)),
            BenefitStatus::Disbursed => assert!(sum > 0),
            _ => assert_eq!(sum, 0),
        }
    }
    let statuses: BTreeSet<_> = register.benefit.made.iter().map(|one| one.status.as_str()).collect();
    assert_eq!(statuses.len(), BenefitStatus::ALL.len(), "{statuses:?}");
}

#[tokio::test]
async fn models_have_10_to_12_households_and_their_capital_adds_up() {
    let register = register(plan(12_000, 9)).await;
    let projects = &register.model_project.made;
    let pilots = projects.iter().filter(|one| one.track == ModelTrack::PilotSite).count();
    assert_eq!(pilots, 1 + 9 + 157);
    let mut members: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in &register.model_participation.made {
        let moved = |kind| -> i64 {
            let own = register.capital_movement.made.iter().filter(|movement| movement.participation_id == one.id);
            own.filter(|movement| movement.kind == kind).map(|movement| movement.amount).sum()
        };
        assert_eq!(moved(CapitalMovementKind::Advance), one.support_amount);
        assert_eq!(moved(CapitalMovementKind::Recovery), one.recovered_amount);
        assert!(one.recovered_amount <= one.recoverable_amount && one.support_amount <= 30_000_000);
        members.entry(one.project_id).or_default().push(one);
    }
    assert!(members.len() > 10, "{}", members.len());
    for (project, members) in members {
        let project = projects.iter().find(|one| one.id == project).unwrap();
        assert!((10..=12).contains(&members.len()));
        let ongoing = members.iter().any(|one| one.outcome == ParticipationOutcome::Ongoing);
        assert_eq!(ongoing, project.status == ModelStatus::Active);
        let support: i64 = members.iter().map(|one| one.support_amount).sum();
        let funding = register.model_funding.made.iter().filter(|one| one.project_id == project.id);
        assert_eq!(funding.map(|one| one.amount).sum::<i64>(), support);
    }
}

#[tokio::test]
async fn a_small_register_still_has_a_model_and_all_kinds_of_rows() {
    let register = register(plan(1_200, 10)).await;
    assert!(!register.model_participation.made.is_empty());
    for (table, count) in register.counts() {
        assert!(count > 0, "{table} is empty");
    }
    let elderly = |one: &&person::Model| one.categories.contains(PersonCategory::Elderly);
    for person in register.person.made.iter().filter(elderly) {
        assert!(age(person.date_of_birth.unwrap(), TODAY) >= 60);
    }
}
