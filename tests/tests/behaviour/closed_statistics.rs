//! Those who see statistics only get the closed figures of a day, from which nothing small can be had.

use ansinh::{
    access::{Need, Permission, roles::BUILT_IN},
    plan::closing,
    schema::projections,
};
use serde_json::{Value, json};
use tests::{
    both_databases,
    service::{Caller, Service},
};

use crate::fixture::{self, DISTRICT_FAR, DISTRICT_HERE, FAR, HERE, NEAR};

/// Roles that see statistics only.
const VIEWERS: [&str; 2] = ["finance_viewer", "statistics_viewer"];

const FIGURES: &str = "unit { code } asOf households poor nearPoor newlyEscaped persons insuredPersons loansOutstanding \
     loansOverdue benefitsPaid assistancePaid";

/// Puts households into a commune, numbered from a number on. `class` is SQL: a text or NULL.
async fn households(t: &Service, commune: &str, class: &str, from: u32, count: u32) {
    let to = from + count - 1;
    t.sql(&format!(
        "INSERT INTO household (code, commune_id, district_id, area_kind, search_text, poverty_class, registered_on,
             history_from, version, created_at, updated_at)
         WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
         SELECT '{commune}-' || (900000 + i), u.id, u.parent_id, 'URBAN', '', {class}, '2020-01-01', '2020-01-01', 1, 0, 0
           FROM n, admin_unit u WHERE u.code = '{commune}' AND u.level = 'COMMUNE' AND u.valid_from IS NULL"
    ))
    .await;
}

/// Gives each of these households one person, who is insured or not.
async fn people(t: &Service, commune: &str, from: u32, count: u32, insured: bool) {
    let (first, last) = (900_000 + from, 900_000 + from + count - 1);
    let those = format!("BETWEEN '{commune}-{first}' AND '{commune}-{last}'");
    t.sql(&format!(
        "INSERT INTO person (household_id, commune_id, district_id, full_name, name_folded, relationship, joined_on,
             version, created_at, updated_at)
         SELECT id, commune_id, district_id, 'Nguyễn Văn Một', 'nguyen van mot', 'HEAD', '2020-01-01', 1, 0, 0
           FROM household WHERE code {those}"
    ))
    .await;
    if insured {
        t.sql(&format!(
            "INSERT INTO insurance_coverage (person_id, kind, number, participant_group, valid_from, valid_to, version,
                 created_at, updated_at)
             SELECT p.id, 'HEALTH', 'HN' || p.id, 'HN', '2026-01-01', '2026-12-31', 1, 0, 0
               FROM person p JOIN household h ON h.id = p.household_id WHERE h.code {those}"
        ))
        .await;
    }
}

/// Gives each of these households a loan of a million.
async fn loans(t: &Service, commune: &str, from: u32, count: u32) {
    let (first, last) = (900_000 + from, 900_000 + from + count - 1);
    t.sql(&format!(
        "INSERT INTO loan (contract_number, product_id, product_code, household_id, commune_id, district_id, status,
             principal, term_months, requested_on, disbursed_amount, outstanding_principal, version, created_at, updated_at)
         SELECT 'HD-' || h.code, d.id, d.code, h.id, h.commune_id, h.district_id, 'ACTIVE', 1000000, 36, '2026-01-05',
                1000000, 1000000, 1, 0, 0
           FROM household h, loan_product d
          WHERE h.code BETWEEN '{commune}-{first}' AND '{commune}-{last}'
            AND d.id = (SELECT MIN(id) FROM loan_product WHERE code = 'POOR')"
    ))
    .await;
}

/// Moves the clock to a day, on which the day before is closed.
async fn close_before(t: &Service, day: &str) {
    t.set_day(day);
    let closed = closing::close_yesterday(&t.app).await.unwrap_or_else(|failure| panic!("{}", failure.message));
    assert!(closed.is_some(), "the day before {day} was open");
}

/// All rows of the districts or communes.
async fn rows(caller: &Caller, group: &str) -> Vec<Value> {
    let answer = caller.query(&format!("{{ statistics(groupBy: {group}) {{ {FIGURES} }} }}")).await;
    answer.data()["statistics"].as_array().unwrap().clone()
}

async fn of(caller: &Caller, unit: &str) -> Value {
    let group = if unit.len() == 3 { "DISTRICT" } else { "COMMUNE" };
    let found = rows(caller, group).await.into_iter().find(|row| row["unit"]["code"] == unit);
    found.unwrap_or_else(|| panic!("no row of {unit}"))
}

both_databases! {
    async fn before_the_first_day_is_closed_there_are_no_figures(t: &Service) {
        fixture::register(t).await;
        for role in VIEWERS {
            let viewer = t.as_role(role).await;
            assert_eq!((rows(&viewer, "DISTRICT").await.len(), rows(&viewer, "COMMUNE").await.len()), (0, 0), "{role}");
        }
        assert_eq!(rows(&t.as_role("dolisa_officer").await, "DISTRICT").await.len(), 9);
    }

    async fn closed_figures_stand_still_until_the_next_closing(t: &Service) {
        households(t, HERE, "'POOR'", 1, 10).await;
        people(t, HERE, 1, 10, true).await;
        let (viewer, officer) = (t.as_role("statistics_viewer").await, t.as_role("dolisa_officer").await);
        close_before(t, "2026-11-24").await;
        let closed = of(&viewer, HERE).await;
        assert_eq!(closed, json!({
            "unit": { "code": HERE }, "asOf": "2026-11-23T16:59:59.999999Z", "households": 10, "poor": 10, "nearPoor": 0,
            "newlyEscaped": 0, "persons": 10, "insuredPersons": 10, "loansOutstanding": 0, "loansOverdue": 0,
            "benefitsPaid": 0, "assistancePaid": null }));
        assert_eq!((rows(&viewer, "DISTRICT").await.len(), rows(&viewer, "COMMUNE").await.len()), (9, 157));

        // A hundred more in the course of the day: officers see them, viewers don't, whatever the hour.
        households(t, HERE, "'POOR'", 101, 100).await;
        assert_eq!(of(&officer, HERE).await["poor"], 110);
        assert_eq!(of(&viewer, HERE).await, closed);
        assert!(closing::close_yesterday(&t.app).await.is_ok_and(|closed| closed.is_none()), "a day is closed once");
        t.clock.set("2026-11-24T16:59:59Z".parse().unwrap());
        assert!(closing::close_yesterday(&t.app).await.is_ok_and(|closed| closed.is_none()), "the day isn't over");
        assert_eq!(of(&viewer, HERE).await, closed);

        t.clock.set("2026-11-24T17:00:00Z".parse().unwrap());
        assert!(closing::close_yesterday(&t.app).await.is_ok_and(|closed| closed.is_some()), "midnight in Viet Nam");
        let next = of(&viewer, HERE).await;
        assert_eq!((&next["poor"], &next["asOf"]), (&json!(110), &json!("2026-11-24T16:59:59.999999Z")));
    }

    async fn a_class_and_a_coverage_count_as_of_the_closed_day(t: &Service) {
        households(t, HERE, "'POOR'", 1, 10).await;
        people(t, HERE, 1, 10, true).await;
        t.sql("UPDATE household SET next_class = 'NEWLY_ESCAPED', next_class_on = '2027-01-01'").await;
        let viewer = t.as_role("statistics_viewer").await;
        let figures = async |day| {
            close_before(t, day).await;
            let row = of(&viewer, HERE).await;
            json!([row["poor"], row["newlyEscaped"], row["insuredPersons"], row["persons"]])
        };
        assert_eq!(figures("2027-01-01").await, json!([10, 0, 10, 10]));
        assert_eq!(figures("2027-01-02").await, json!([0, 10, 0, 10]));
    }

    async fn what_is_small_is_hidden_and_cant_be_had_from_its_total(t: &Service) {
        // 3 poor and 20 of no class; 8 poor and 3 of no class; 9 poor, and nobody else.
        households(t, HERE, "'POOR'", 1, 3).await;
        households(t, HERE, "NULL", 11, 20).await;
        households(t, NEAR, "'POOR'", 1, 8).await;
        households(t, NEAR, "NULL", 11, 3).await;
        households(t, FAR, "'POOR'", 1, 9).await;
        people(t, HERE, 11, 20, true).await;
        people(t, HERE, 1, 3, false).await;
        people(t, NEAR, 1, 3, true).await;
        people(t, NEAR, 4, 5, false).await;
        loans(t, HERE, 11, 4).await;
        loans(t, NEAR, 1, 7).await;
        let viewer = t.as_role("finance_viewer").await;
        close_before(t, "2026-11-24").await;
        let figures = async |unit| {
            let row = of(&viewer, unit).await;
            json!([row["households"], row["poor"], row["persons"], row["insuredPersons"], row["loansOutstanding"]])
        };
        assert_eq!(figures(HERE).await, json!([20, null, null, 20, null]), "3 uninsured hide the number of persons");
        assert_eq!(figures(NEAR).await, json!([null, 8, 5, null, 7_000_000]), "3 of no class hide that of households");
        assert_eq!(figures(FAR).await, json!([9, 9, 0, 0, 0]));
        // The district has what its communes show: the 3 poor, 3 of no class, 3 insured, 4 loans aren't in it.
        assert_eq!(figures(DISTRICT_HERE).await, json!([28, 8, 25, 20, 7_000_000]));
        assert_eq!(figures(DISTRICT_FAR).await, json!([9, 9, 0, 0, 0]));
    }

    async fn what_several_communes_hide_is_in_the_district_in_fives(t: &Service) {
        for commune in [HERE, NEAR] {
            households(t, commune, "'POOR'", 1, 4).await;
            loans(t, commune, 1, 4).await;
        }
        let viewer = t.as_role("finance_viewer").await;
        close_before(t, "2026-11-24").await;
        for commune in [HERE, NEAR] {
            let row = of(&viewer, commune).await;
            assert_eq!(json!([row["poor"], row["households"], row["loansOutstanding"]]), json!([null, null, null]));
        }
        let row = of(&viewer, DISTRICT_HERE).await;
        assert_eq!(json!([row["poor"], row["households"], row["loansOutstanding"]]), json!([5, 5, 8_000_000]));
    }

    async fn two_days_dont_subtract_to_a_person(t: &Service) {
        households(t, HERE, "'POOR'", 1, 10).await;
        households(t, HERE, "NULL", 21, 30).await;
        let viewer = t.as_role("finance_viewer").await;
        let figures = async |day| {
            close_before(t, day).await;
            let (commune, district) = (of(&viewer, HERE).await, of(&viewer, DISTRICT_HERE).await);
            json!([commune["poor"], commune["households"], district["poor"], district["households"]])
        };
        assert_eq!(figures("2026-11-24").await, json!([10, 40, 10, 40]));
        // One becomes poor.
        t.sql("UPDATE household SET poverty_class = 'POOR' WHERE code LIKE '%-900021'").await;
        assert_eq!(figures("2026-11-25").await, json!([10, 40, 10, 40]));
        // Four more.
        t.sql("UPDATE household SET poverty_class = 'POOR' WHERE code BETWEEN '28757-900022' AND '28757-900025'").await;
        assert_eq!(figures("2026-11-26").await, json!([15, 40, 15, 40]));
        // Six leave: one less than on the first day isn't shown, the number of the first day is.
        t.sql("DELETE FROM household WHERE code BETWEEN '28757-900001' AND '28757-900006'").await;
        assert_eq!(figures("2026-11-27").await, json!([10, 35, 10, 35]));
        // Six more leave, so that three are left: neither they nor the day before are told by the total.
        t.sql("DELETE FROM household WHERE code BETWEEN '28757-900007' AND '28757-900010'").await;
        t.sql("DELETE FROM household WHERE code BETWEEN '28757-900021' AND '28757-900022'").await;
        assert_eq!(figures("2026-11-28").await, json!([null, 25, null, 25]));
    }

    async fn a_sum_of_money_moves_when_five_of_its_records_have(t: &Service) {
        households(t, HERE, "'POOR'", 1, 20).await;
        loans(t, HERE, 1, 6).await;
        let viewer = t.as_role("finance_viewer").await;
        let sums = async |day| {
            close_before(t, day).await;
            let (commune, district) = (of(&viewer, HERE).await, of(&viewer, DISTRICT_HERE).await);
            json!([commune["loansOutstanding"], district["loansOutstanding"]])
        };
        let pays = |contract: u32, left: u32| format!(
            "UPDATE loan SET outstanding_principal = {left} WHERE contract_number = 'HD-28757-{}'", 900_000 + contract);
        assert_eq!(sums("2026-11-24").await, json!([6_000_000, 6_000_000]));
        t.sql(&pays(1, 250_000)).await;
        assert_eq!(sums("2026-11-25").await, json!([6_000_000, 6_000_000]), "what one has paid isn't told");
        // A change that was taken back doesn't count, nor one loan that changes every day.
        t.sql(&pays(1, 200_000)).await;
        t.sql("UPDATE loan SET updated_at = updated_at + 1, version = version + 1").await;
        assert_eq!(sums("2026-11-26").await, json!([6_000_000, 6_000_000]));
        loans(t, HERE, 7, 3).await;
        assert_eq!(sums("2026-11-27").await, json!([6_000_000, 6_000_000]), "one paid and three are new");
        t.sql(&pays(2, 0)).await;
        assert_eq!(sums("2026-11-28").await, json!([7_200_000, 7_200_000]), "a fifth has changed");
        // Down to four loans, and one more: hidden, then as it was when it was last shown.
        t.sql(&(3..=6).map(|contract| pays(contract, 0) + ";\n").collect::<String>()).await;
        assert_eq!(sums("2026-11-29").await, json!([null, null]));
        t.sql(&pays(3, 1_000_000)).await;
        assert_eq!(sums("2026-11-30").await, json!([7_200_000, 7_200_000]), "three are other than then");
    }

    async fn assistance_leaves_a_sum_when_five_of_its_records_have_changed(t: &Service) {
        households(t, HERE, "'POOR'", 1, 12).await;
        let paid = |program: &str| format!(
            "INSERT INTO benefit (program_id, household_id, commune_id, district_id, status, amount, recurrence, proposed_on, paid_amount,
                 version, created_at, updated_at)
             SELECT g.id, h.id, h.commune_id, h.district_id, 'DISBURSED', 1000000, 'ONCE', '2026-01-05', 1000000, 1, 0, 0
               FROM household h, program g WHERE g.code = '{program}'");
        t.sql(&paid("HOUSING_MERIT")).await;
        let viewer = t.as_role("finance_viewer").await;
        let sum = async |day| {
            close_before(t, day).await;
            of(&viewer, HERE).await["benefitsPaid"].clone()
        };
        assert_eq!(sum("2026-11-24").await, 12_000_000);
        // As a cell that was made with assistance finds them once it is without.
        let leave = |count: u32| format!(
            "UPDATE benefit SET program_id = (SELECT id FROM program WHERE code = 'SOCIAL_ASSISTANCE')
              WHERE household_id IN (SELECT id FROM household WHERE code <= '{HERE}-{}')", 900_000 + count);
        t.sql(&leave(4)).await;
        assert_eq!(sum("2026-11-25").await, 12_000_000, "the two days would tell what four people are paid");
        t.sql(&leave(5)).await;
        assert_eq!(sum("2026-11-26").await, 7_000_000);
    }

    async fn no_argument_leads_to_live_figures(t: &Service) {
        households(t, HERE, "'POOR'", 1, 10).await;
        people(t, HERE, 1, 10, false).await;
        close_before(t, "2026-11-24").await;
        households(t, HERE, "'POOR'", 101, 2).await;
        people(t, HERE, 101, 2, false).await;
        let roots = [
            format!("statistics(groupBy: COMMUNE, unit: {{ code: \"{HERE}\" }})"),
            format!("statistics(groupBy: COMMUNE, unit: {{ code: \"{HERE}\", on: \"2022-12-31\" }})"),
            format!("statistics(groupBy: COMMUNE, unit: {{ code: \"{DISTRICT_HERE}\" }})"),
            "statistics(groupBy: COMMUNE, unit: { code: \"83\" })".to_owned(),
            "statistics(groupBy: COMMUNE)".to_owned(),
            "statistics(groupBy: DISTRICT)".to_owned(),
            format!("statistics(groupBy: DISTRICT, unit: {{ code: \"{DISTRICT_HERE}\" }})"),
        ];
        for (role, expected) in [("finance_viewer", 10), ("statistics_viewer", 10), ("auditor", 12)] {
            let caller = t.as_role(role).await;
            for root in &roots {
                // The same figure by every way that a document has: twice, by aliases, fragments, directives.
                let document = format!(
                    "query($yes: Boolean = true) {{ a: {root} {{ ...F poor }} b: {root} {{ ... on StatisticsRow @include(if: $yes)
                     {{ poor households persons }} }} }} fragment F on StatisticsRow {{ households persons }}"
                );
                let answer = caller.query(&document).await;
                assert_eq!(answer.data()["a"], answer.data()["b"], "{role} {root}");
                let rows = answer.data()["a"].as_array().unwrap();
                let row = rows.iter().find(|row| row["poor"] != 0).unwrap();
                assert_eq!(json!([row["poor"], row["households"], row["persons"]]), json!([expected, expected, expected]),
                    "{role} {root}");
            }
        }
    }

    async fn a_live_figure_is_for_who_can_look_at_its_records(t: &Service) {
        households(t, HERE, "'POOR'", 1, 10).await;
        people(t, HERE, 1, 10, true).await;
        households(t, NEAR, "'POOR'", 1, 4).await;
        people(t, NEAR, 1, 4, true).await;
        loans(t, HERE, 1, 10).await;
        loans(t, NEAR, 1, 1).await;
        let figures = async |role: &str, unit| {
            let row = of(&t.as_role(role).await, unit).await;
            json!([row["households"], row["poor"], row["persons"], row["insuredPersons"], row["loansOutstanding"],
                row["loansOverdue"], row["benefitsPaid"]])
        };
        assert_eq!(figures("dolisa_officer", HERE).await, json!([10, 10, 10, 10, 10_000_000, 0, 0]));
        assert_eq!(figures("dolisa_officer", NEAR).await, json!([4, 4, 4, 4, 1_000_000, 0, 0]));
        let insurance = figures("insurance_officer", HERE).await;
        assert_eq!(insurance, json!([10, 10, 10, 10, null, null, null]), "social insurance does not read debts");
        assert_eq!(figures("bank_officer", HERE).await, json!([10, 10, 10, null, 10_000_000, 0, null]));
        assert_eq!(figures("bank_officer", NEAR).await, json!([null, null, null, null, 1_000_000, 0, null]));
        assert_eq!(figures("front_officer", HERE).await, json!([10, 10, 10, null, null, null, 0]));
        assert_eq!(figures("agriculture_officer", HERE).await, json!([10, 10, 10, null, null, null, null]));
        // One repayment between two looks is nothing to who reads no debts.
        t.sql("UPDATE loan SET outstanding_principal = 900000 WHERE contract_number = 'HD-28757-900001'").await;
        assert_eq!(figures("insurance_officer", HERE).await, insurance);
        // Whatever its roles hold: an agency that needs nobody has no live figures.
        let money = t.as_roles_in(&["auditor"], "DOF", "83").await;
        assert!(rows(&money, "COMMUNE").await.is_empty(), "no day is closed yet");
        close_before(t, "2026-11-24").await;
        let viewer = t.as_role("statistics_viewer").await;
        assert_eq!(rows(&money, "COMMUNE").await, rows(&viewer, "COMMUNE").await, "the closed ones");
    }

    async fn a_scope_bounds_closed_figures(t: &Service) {
        close_before(t, "2026-11-24").await;
        for (scope, districts, communes) in [(DISTRICT_FAR, 1, 21), (FAR, 0, 1), ("83", 9, 157)] {
            let viewer = t.as_role_in("statistics_viewer", scope).await;
            assert_eq!((rows(&viewer, "DISTRICT").await.len(), rows(&viewer, "COMMUNE").await.len()), (districts, communes));
            let other = viewer.query(&format!(
                "{{ statistics(groupBy: COMMUNE, unit: {{ code: \"{HERE}\" }}) {{ poor }} }}")).await;
            assert_eq!(other.data()["statistics"].as_array().unwrap().len(), usize::from(scope == "83"), "{scope}");
        }
    }

    async fn closed_figures_are_one_statement(t: &Service) {
        close_before(t, "2026-11-24").await;
        let viewer = t.as_role("statistics_viewer").await;
        let (found, reads) = t.reads(rows(&viewer, "COMMUNE")).await;
        assert_eq!((found.len(), reads), (157, 1));
    }

    async fn one_of_several_nodes_closes_a_day(t: &Service) {
        households(t, HERE, "'POOR'", 1, 10).await;
        t.set_day("2026-11-24");
        let nodes: Vec<_> = (0..6).map(|_| {
            let app = t.app.clone();
            tokio::spawn(async move { closing::close_yesterday(&app).await })
        }).collect();
        let mut closed = 0;
        for node in nodes {
            let day = node.await.unwrap().unwrap_or_else(|failure| panic!("{}", failure.message));
            closed += usize::from(day.is_some());
        }
        assert_eq!(closed, 1, "the others find it done");
        assert_eq!(t.number("SELECT count(*) FROM closed_day").await, 1);
        assert_eq!(t.number("SELECT count(*) FROM closed_statistics").await, 9 + 157);
        assert_eq!(of(&t.as_role("statistics_viewer").await, HERE).await["poor"], 10);
    }

    async fn a_closing_has_no_statement_for_each_unit(t: &Service) {
        let closing = |day: &'static str| t.statements(close_before(t, day));
        let few = closing("2026-11-24").await.len();
        for (number, commune) in [HERE, NEAR, FAR, "28759", "28762", "28765"].into_iter().enumerate() {
            households(t, commune, "'POOR'", 1, 4 + u32::try_from(number).unwrap()).await;
            people(t, commune, 1, 4, true).await;
            loans(t, commune, 1, 5).await;
        }
        let many = closing("2026-11-25").await.len();
        // Inserting nothing is left out: values of cells, and contributions of districts for each kind of money.
        assert!(many <= few + 4 && many < 40, "{few}, then {many}");
    }

    async fn a_live_figure_is_for_whom_the_printed_policy_says(t: &Service) {
        fixture::register(t).await;
        let live = projections().iter().find(|of| of.name == "StatisticsRow" && of.table == "admin_unit").unwrap();
        let mut compared = 0;
        for role in BUILT_IN.iter().filter(|role| role.permissions.contains(&Permission::StatisticsLive)) {
            let answer = t.as_role(role.code).await.query(&format!("{{ statistics(groupBy: COMMUNE) {{ {FIGURES} }} }}")).await;
            let rows = answer.data()["statistics"].as_array().unwrap();
            for field in live.fields {
                let Some(needed) = field.hides.as_ref().and_then(|hides| hides.needs) else { continue };
                let shown = rows.iter().any(|row| !row[field.name].is_null());
                let may = role.permissions.contains(&needed);
                assert!(may || !shown, "{} is shown {}", role.code, field.name);
                // Of who needs less than everyone a small figure is null.
                assert!(shown || !may || Need::of(role.agency) != Need::Everyone, "{} lacks {}", role.code, field.name);
                compared += 1;
            }
        }
        assert!(compared > 60, "{compared} figures");
    }
}
