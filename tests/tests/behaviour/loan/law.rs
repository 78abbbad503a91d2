//! What the law sets for policy credit is recorded and corrected by the bank, and never so that interest that was taken comes
//! out otherwise or that a loan stands outside what it was asked for under.

use async_graphql::futures_util::future::join_all;
use tests::both_databases;

use super::{write as write_loan, *};
use crate::fixture::{DISTRICT_HERE, HERE, write};

const BY: &str = "version basis source recordedBy { code }";

pub(super) async fn admin(t: &Service) -> Caller {
    t.as_roles_in(&["agency_admin"], "VBSP", "83").await
}

pub(super) fn with(input: &Value, change: Value) -> Value {
    let mut input = input.clone();
    input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    input
}

/// The production loan for poor households, as the reference data have it.
pub(super) fn poor() -> Value {
    json!({ "code": "POOR", "name": "Cho vay hộ nghèo", "maxAmount": 100_000_000, "maxTermMonths": 120, "annualRate": "6.6",
        "eligibleClasses": ["POOR"], "purpose": "PRODUCTION", "effectiveFrom": "2019-03-01", "basis": "STATED",
        "source": "Nghị định 78/2002/NĐ-CP; Quyết định 12/QĐ-HĐQT (22/02/2019); F" })
}

/// A product that the reference data don't have.
fn garden() -> Value {
    with(
        &poor(),
        json!({ "code": "GARDEN", "name": "Cho vay cải tạo vườn", "maxAmount": 60_000_000, "annualRate": "5.5",
        "effectiveFrom": "2026-01-01", "basis": "INFERRED", "source": "bản tin ngân hàng; K" }),
    )
}

pub(super) fn overdue(value: &str) -> Value {
    json!({ "code": "OVERDUE_RATE", "name": "Lãi suất nợ quá hạn, % của lãi suất cho vay", "value": value, "effectiveFrom": "2019-03-01",
        "basis": "STATED", "source": "Quyết định 12/QĐ-HĐQT" })
}

/// The rate of POOR since 1 December 2025, as the reference data have it, at another figure.
fn rate(value: &str) -> Value {
    json!({ "productCode": "POOR", "expectedVersion": 1, "annualRate": value, "effectiveFrom": "2025-12-01", "basis": "STATED", "source": "Công báo" })
}

pub(super) fn ceiling(most: i64, products: &[&str]) -> Value {
    json!({ "code": "PRODUCTION", "name": "Tổng dư nợ", "maxAmount": most, "productCodes": products, "effectiveFrom": "2019-03-01",
        "basis": "STATED", "source": "Quyết định 12/QĐ-HĐQT" })
}

pub(super) fn freeze_40() -> Value {
    json!({ "code": "FREEZE_40", "change": "FREEZE", "damageFrom": 40, "damageBelow": 80, "termFrom": 1, "maxMonths": 24,
        "effectiveFrom": "2010-09-15", "basis": "STATED", "source": "Quyết định 50/2010/QĐ-TTg" })
}

pub(super) async fn product(caller: &Caller, input: Value) -> Answer {
    let version = "product { code maxAmount annualRate basis source version effectiveTo recordedBy { code } rates { annualRate from basis } }";
    write(caller, "recordLoanProduct", input, version).await
}

async fn set_rate(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordLoanRate", input, &format!("rate {{ annualRate from {BY} }}")).await
}

async fn set_rule(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordLoanRule", input, &format!("rule {{ code value unverified effectiveTo {BY} }}")).await
}

async fn set_ceiling(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordLoanCeiling", input, &format!("ceiling {{ maxAmount products {{ code }} {BY} }}")).await
}

async fn set_band(caller: &Caller, input: Value) -> Answer {
    write(caller, "recordRiskDebtRule", input, &format!("rule {{ code change maxMonths {BY} }}")).await
}

/// A request of a poor household.
pub(super) async fn ask(t: &Service, code: &str, number: u32, amount: i64) -> Answer {
    let (commune, home) = (t.as_role_in("commune_officer", HERE).await, household(t, number).await);
    let input = json!({ "productCode": code, "householdId": home, "amount": amount, "termMonths": 36, "requestedOn": "2026-11-20" });
    write_loan(&commune, "requestLoan", input).await
}

async fn entries(t: &Service) -> i64 {
    t.number(
        "SELECT (SELECT count(*) FROM audit_entry WHERE subject_type LIKE 'Loan%' OR subject_type = 'RiskDebtRule')
        + (SELECT count(*) FROM change_event)",
    )
    .await
}

both_databases! {
    async fn a_product_is_recorded_and_every_node_lends_by_it(t: &Service) {
        let other = t.another_node(|_| ()).await;
        let (admin, home) = (admin(t).await, household(t, 1).await);
        let commune = other.with_token(t.as_role_in("commune_officer", HERE).await.token());
        let input = json!({ "productCode": "GARDEN", "householdId": home, "amount": 60_000_001, "termMonths": 36, "requestedOn": "2026-11-20" });
        write_loan(&commune, "requestLoan", input.clone()).await.refused("BAD_USER_INPUT", "input.productCode");
        let answer = product(&admin, garden()).await;
        let recorded = &answer.data()["recordLoanProduct"]["product"];
        assert_eq!(*recorded, json!({ "code": "GARDEN", "maxAmount": 60_000_000, "annualRate": "5.5", "basis": "INFERRED",
            "source": "bản tin ngân hàng; K", "version": 1, "effectiveTo": null, "recordedBy": { "code": "VBSP" },
            "rates": [{ "annualRate": "5.5", "from": "2026-01-01", "basis": "INFERRED" }] }));
        let before = entries(t).await;
        assert_eq!(product(&admin, garden()).await.data()["recordLoanProduct"]["product"], *recorded, "the same again");
        assert_eq!(entries(t).await, before);
        write_loan(&commune, "requestLoan", input.clone()).await.refused("BAD_USER_INPUT", "input.amount");
        done(&write_loan(&commune, "requestLoan", with(&input, json!({ "amount": 60_000_000 }))).await);
        let bank = other.with_token(bank(t).await.token());
        let item = with(&contract("A", &home, 10_000_000), json!({ "productCode": "GARDEN" }));
        assert_eq!(statuses(&record(&bank, "k", json!([item])).await), ["APPLIED"]);
        let found = bank.query("{ loans(first: 5, filter: { productCode: \"GARDEN\" }) { nodes { contractNumber product { maxAmount } } }
            none: loanProducts(on: \"2025-12-31\") { code } loanProducts { code } }").await;
        assert_eq!(found.data()["loans"]["nodes"].as_array().unwrap().len(), 2);
        let has = |list: &str| found.data()[list].as_array().unwrap().iter().any(|product| product["code"] == "GARDEN");
        assert!(has("loanProducts") && !has("none"));
        // 10,000,000 x 5.5% x 28 days from 1 February.
        let interest = bank.query("{ loan(contractNumber: \"A\") { accruedInterest(on: \"2026-03-01\") } }").await;
        assert_eq!(interest.data()["loan"]["accruedInterest"], 42_192);
        let events = "SELECT subject_type || ' ' || operation || ' ' || version FROM change_event WHERE subject_type IN ('LoanProduct', 'LoanRate') ORDER BY id";
        assert_eq!(t.texts(events).await, ["LoanRate CREATED 1", "LoanProduct CREATED 1"]);
    }

    async fn a_new_version_follows_the_end_of_the_last(t: &Service) {
        let admin = admin(t).await;
        let next = with(&poor(), json!({ "effectiveFrom": "2026-11-20", "maxAmount": 120_000_000, "annualRate": "6.24", "source": "Quyết định mới; F" }));
        product(&admin, next.clone()).await.refused("CONFLICT", "input.effectiveFrom");
        let ended = with(&poor(), json!({ "expectedVersion": 1, "effectiveTo": "2026-11-19" }));
        assert_eq!(product(&admin, ended).await.data()["recordLoanProduct"]["product"]["version"], 2);
        // Nothing is offered until the next one is there.
        ask(t, "POOR", 1, 10_000_000).await.refused("BAD_USER_INPUT", "input.requestedOn");
        let answer = product(&admin, next).await;
        assert_eq!(answer.data()["recordLoanProduct"]["product"]["annualRate"], "6.24");
        assert_eq!(answer.data()["recordLoanProduct"]["product"]["rates"].as_array().unwrap().len(), 2, "its rate goes on");
        done(&ask(t, "POOR", 2, 120_000_000).await);
        let fields = t.texts("SELECT fields FROM audit_entry WHERE subject_type = 'LoanProduct' AND decision = 'ALLOWED' ORDER BY id").await;
        assert_eq!(fields[0], "effectiveTo");
    }

    async fn a_version_goes_on_allowing_the_loans_that_were_asked_for_under_it(t: &Service) {
        let admin = admin(t).await;
        done(&ask(t, "POOR", 1, 80_000_000).await);
        let poor = with(&poor(), json!({ "expectedVersion": 1 }));
        for (change, field) in [
            (json!({ "maxAmount": 79_999_999 }), "input.maxAmount"),
            (json!({ "maxTermMonths": 35 }), "input.maxTermMonths"),
            (json!({ "eligibleClasses": ["NEAR_POOR"] }), "input.eligibleClasses"),
            (json!({ "eligibleArea": "RURAL" }), "input.eligibleArea"),
            (json!({ "purpose": "STUDY" }), "input.purpose"),
            (json!({ "effectiveTo": "2026-11-19" }), "input.effectiveTo"),
        ] {
            product(&admin, with(&poor, change)).await.refused("CONFLICT", field);
        }
        assert_eq!(t.number("SELECT CAST(max(version) AS BIGINT) FROM loan_product").await, 1);
        let corrected = with(&poor, json!({ "maxAmount": 80_000_000, "effectiveTo": "2026-11-20", "source": "Công báo số 12" }));
        let answer = product(&admin, corrected).await;
        assert_eq!(answer.data()["recordLoanProduct"]["product"]["maxAmount"], 80_000_000);
        // A contract above the ceiling of its day is the bank's own and holds nothing back.
        let item = with(&contract("BIG", &household(t, 2).await, 90_000_000), json!({ "approvedOn": "2026-01-20" }));
        assert_eq!(statuses(&record(&bank(t).await, "k", json!([item])).await), ["APPLIED"]);
        let lower = with(&poor, json!({ "expectedVersion": 2, "maxAmount": 80_000_000, "maxTermMonths": 60, "effectiveTo": "2026-11-20" }));
        product(&admin, lower).await.data();
    }

    async fn interest_that_was_taken_stands(t: &Service) {
        let (admin, bank, home) = (admin(t).await, bank(t).await, household(t, 1).await);
        let item = with(&contract("A", &home, 50_000_000), json!({ "termMonths": 3 }));
        assert_eq!(statuses(&record(&bank, "k", json!([item])).await), ["APPLIED"]);
        let loan = "{ loan(contractNumber: \"A\") { accruedInterest(on: \"2026-03-01\") overdueInterest(on: \"2026-05-11\") schedule { interest } } }";
        let interest = async || bank.query(loan).await.data()["loan"].clone();
        // 50,000,000 x 6.24% x 28 / 365, and x 130% x 9 days from the day after 1 May.
        assert_eq!((&interest().await["accruedInterest"], &interest().await["overdueInterest"]), (&json!(239_342), &json!(100_011)));
        assert_eq!(set_rate(&admin, rate("6.3")).await.data()["recordLoanRate"]["rate"],
            json!({ "annualRate": "6.3", "from": "2025-12-01", "version": 2, "basis": "STATED", "source": "Công báo", "recordedBy": { "code": "VBSP" } }));
        assert_eq!(interest().await["accruedInterest"], 241_644, "nothing of it was taken yet");
        let rule = with(&overdue("150"), json!({ "expectedVersion": 1 }));
        assert_eq!(set_rule(&admin, rule).await.data()["recordLoanRule"]["rule"]["version"], 2);
        assert_eq!(interest().await["overdueInterest"], 116_507);
        let schedule = interest().await["schedule"].clone();
        assert_eq!(statuses(&repay(&bank, "r", json!([receipt("A", "B-1", 0, 1_000)])).await), ["APPLIED"]);
        let again = with(&rate("6.24"), json!({ "expectedVersion": 2 }));
        let refused = set_rate(&admin, again.clone()).await;
        refused.refused("CONFLICT", "input.annualRate");
        assert!(refused.errors()[0]["message"].as_str().unwrap().contains("2026-11-20"), "{}", refused.text);
        let new = |from: &str| with(&rate("6"), json!({ "expectedVersion": null, "effectiveFrom": from }));
        set_rate(&admin, new("2026-11-19")).await.refused("CONFLICT", "input.annualRate");
        let version = with(&poor(), json!({ "expectedVersion": 1, "annualRate": "6.5" }));
        product(&admin, version).await.refused("CONFLICT", "input.annualRate");
        set_rule(&admin, with(&overdue("130"), json!({ "expectedVersion": 2 }))).await.refused("CONFLICT", "input.value");
        set_rule(&admin, with(&overdue("150"), json!({ "expectedVersion": 2, "effectiveTo": "2026-11-18" }))).await.refused("CONFLICT", "input.value");
        assert_eq!(interest().await["schedule"], schedule);
        // From the day of the last payment on it may be another, and where it was read may always be told.
        set_rate(&admin, new("2026-11-20")).await.data();
        set_rate(&admin, with(&rate("6.3"), json!({ "expectedVersion": 2, "basis": "INFERRED", "source": "bản sao" }))).await.data();
        set_rule(&admin, with(&overdue("150"), json!({ "expectedVersion": 2, "effectiveTo": "2026-11-19" }))).await.data();
        // The rate of another product is free.
        set_rate(&admin, with(&new("2026-11-01"), json!({ "productCode": "NEAR_POOR" }))).await.data();
    }

    async fn a_ceiling_and_a_band_change_what_comes(t: &Service) {
        let (admin, bank) = (admin(t).await, bank(t).await);
        let commune = t.as_role_in("commune_officer", HERE).await;
        let asked = ask(t, "POOR", 1, 50_000_000).await;
        let id = done(&asked)["loan"]["id"].clone();
        done(&write_loan(&commune, "confirmLoan", json!({ "loanId": id, "expectedVersion": 1, "confirmedOn": "2026-11-20" })).await);
        let lower = with(&ceiling(40_000_000, &["POOR", "JOB_CREATION"]), json!({ "expectedVersion": 1 }));
        assert_eq!(set_ceiling(&admin, lower.clone()).await.data()["recordLoanCeiling"]["ceiling"], json!({ "maxAmount": 40_000_000, "version": 2,
            "products": [{ "code": "JOB_CREATION" }, { "code": "POOR" }], "basis": "STATED", "source": "Quyết định 12/QĐ-HĐQT", "recordedBy": { "code": "VBSP" } }));
        let before = entries(t).await;
        set_ceiling(&admin, lower.clone()).await.data();
        assert_eq!(entries(t).await, before, "the same again");
        let approval = json!({ "loanId": id, "expectedVersion": 2, "approve": true, "contractNumber": "A", "decidedOn": "2026-11-21" });
        write_loan(&bank, "decideLoan", approval.clone()).await.refused("CONFLICT", "input.principal");
        set_ceiling(&admin, with(&lower, json!({ "expectedVersion": 2, "productCodes": ["JOB_CREATION"] }))).await.data();
        done(&write_loan(&bank, "decideLoan", approval).await);
        let shown = bank.query("{ loanProducts { code ceilings { code version basis source recordedBy { code } } } }").await;
        let of = |code: &str| shown.data()["loanProducts"].as_array().unwrap().iter().find(|product| product["code"] == code).unwrap()["ceilings"].clone();
        assert_eq!((of("POOR"), &of("JOB_CREATION")[0]["version"]), (json!([]), &json!(3)));

        let loan = running(t, "B", 10_000_000).await;
        let freeze = json!({ "loanId": loan["id"], "expectedVersion": 1, "change": "FREEZE", "cause": "EPIDEMIC", "occurredOn": "2026-11-20",
            "until": "2029-01-20", "damagePercent": "45", "reference": "QD-1", "reason": "dịch bệnh" });
        set_band(&admin, with(&freeze_40(), json!({ "expectedVersion": 1 }))).await.data();
        write_loan(&bank, "changeLoan", freeze.clone()).await.refused("BAD_USER_INPUT", "input.until");
        set_band(&admin, with(&freeze_40(), json!({ "expectedVersion": 2, "maxMonths": 36 }))).await.data();
        assert_eq!(done(&write_loan(&bank, "changeLoan", freeze).await)["loan"]["status"], "FROZEN");
        let rules = bank.query("{ riskDebtRules { code maxMonths version unverified basis } loanRules { code basis version recordedBy { code } } }").await;
        assert_eq!(rules.data()["riskDebtRules"][2], json!({ "code": "FREEZE_40", "maxMonths": 36, "version": 3, "unverified": false, "basis": "STATED" }));
        assert_eq!(rules.data()["loanRules"][2], json!({ "code": "OVERDUE_RATE", "basis": "STATED", "version": 1, "recordedBy": null }));
        // A loan's books hold, whatever the law says since.
        ledgers_agree(t).await;
    }

    async fn what_means_nothing_or_meets_another_is_refused(t: &Service) {
        let admin = admin(t).await;
        let before = (entries(t).await, t.number("SELECT count(*) FROM loan_rate").await, t.number("SELECT count(*) FROM loan_product").await);
        for (change, code, field) in [
            (json!({ "code": " " }), "BAD_USER_INPUT", "input.code"),
            (json!({ "source": "" }), "BAD_USER_INPUT", "input.source"),
            (json!({ "maxAmount": 0 }), "BAD_USER_INPUT", "input.maxAmount"),
            (json!({ "maxAmount": 9_000_000_000_000_000_i64 }), "BAD_USER_INPUT", "input.maxAmount"),
            (json!({ "maxTermMonths": 601 }), "BAD_USER_INPUT", "input.maxTermMonths"),
            (json!({ "annualRate": "-1" }), "BAD_USER_INPUT", "input.annualRate"),
            (json!({ "annualRate": "660" }), "BAD_USER_INPUT", "input.annualRate"),
            (json!({ "effectiveTo": "2025-12-31" }), "BAD_USER_INPUT", "input.effectiveTo"),
            (json!({ "expectedVersion": 1 }), "BAD_USER_INPUT", "input.code"),
            (json!({ "code": "POOR" }), "CONFLICT", "input.effectiveFrom"),
            (json!({ "code": "POOR", "effectiveFrom": "2018-01-01" }), "CONFLICT", "input.effectiveTo"),
            (json!({ "code": "POOR", "effectiveFrom": "2019-03-01" }), "CONFLICT", "input.code"),
            (json!({ "code": "POOR", "effectiveFrom": "2019-03-01", "expectedVersion": 2 }), "CONFLICT", "expectedVersion"),
        ] {
            product(&admin, with(&garden(), change)).await.refused(code, field);
        }
        for (change, code, field) in [
            (json!({ "productCode": "NONE" }), "BAD_USER_INPUT", "input.productCode"),
            (json!({ "annualRate": "6.24555" }), "BAD_USER_INPUT", "input.annualRate"),
            (json!({ "expectedVersion": null, "annualRate": "7" }), "CONFLICT", "input.productCode"),
            (json!({ "expectedVersion": 1, "effectiveFrom": "2026-12-01" }), "BAD_USER_INPUT", "input.productCode"),
        ] {
            set_rate(&admin, with(&rate("6.3"), change)).await.refused(code, field);
        }
        for (change, code, field) in [
            (json!({ "code": "OVERDUE" }), "BAD_USER_INPUT", "input.code"),
            (json!({ "value": "13" }), "BAD_USER_INPUT", "input.value"),
            (json!({ "value": "13000" }), "BAD_USER_INPUT", "input.value"),
            (json!({ "code": "GROUP_MIN_MEMBERS", "value": "61", "effectiveFrom": "2013-03-05", "expectedVersion": 1 }), "CONFLICT", "input.value"),
            (json!({ "effectiveFrom": "2020-01-01" }), "CONFLICT", "input.effectiveFrom"),
        ] {
            set_rule(&admin, with(&overdue("140"), change)).await.refused(code, field);
        }
        for (change, code, field) in [
            (json!({ "productCodes": [] }), "BAD_USER_INPUT", "input.productCodes"),
            (json!({ "productCodes": ["POOR", "NONE"] }), "BAD_USER_INPUT", "input.productCodes.1"),
            (json!({ "maxAmount": -1 }), "BAD_USER_INPUT", "input.maxAmount"),
        ] {
            set_ceiling(&admin, with(&ceiling(100_000_000, &["POOR"]), change)).await.refused(code, field);
        }
        for (change, code, field) in [
            (json!({ "change": "WRITE_OFF" }), "BAD_USER_INPUT", "input.change"),
            (json!({ "damageBelow": 40 }), "BAD_USER_INPUT", "input.damageBelow"),
            (json!({ "maxMonths": null }), "BAD_USER_INPUT", "input.maxMonths"),
            (json!({ "damageFrom": 39 }), "CONFLICT", "input.damageFrom"),
            (json!({ "code": "OTHER", "expectedVersion": null }), "CONFLICT", "input.damageFrom"),
        ] {
            let input = with(&freeze_40(), json!({ "expectedVersion": 1 }));
            set_band(&admin, with(&input, change)).await.refused(code, field);
        }
        let after = (entries(t).await, t.number("SELECT count(*) FROM loan_rate").await, t.number("SELECT count(*) FROM loan_product").await);
        assert_eq!(after.1, before.1);
        assert_eq!(after.2, before.2, "nothing is written");
    }

    async fn only_the_banks_administrator_writes_its_law(t: &Service) {
        let of_dolisa = t.as_role("agency_admin").await;
        let of_district = t.as_roles_in(&["agency_admin"], "VBSP", DISTRICT_HERE).await;
        for (caller, field) in [(&t.as_role("bank_officer").await, ""), (&of_dolisa, "named"), (&of_district, "")] {
            let named = |name: &'static str| if field == "named" { name } else { "" };
            product(caller, garden()).await.refused("FORBIDDEN", named("loanProduct"));
            set_rate(caller, rate("6.3")).await.refused("FORBIDDEN", named("loanRate"));
            set_rule(caller, overdue("140")).await.refused("FORBIDDEN", named("loanRule"));
            set_ceiling(caller, ceiling(1, &["POOR"])).await.refused("FORBIDDEN", named("loanCeiling"));
            set_band(caller, freeze_40()).await.refused("FORBIDDEN", named("riskDebtRule"));
        }
        assert_eq!(t.number("SELECT count(*) FROM loan_product WHERE recorded_by IS NOT NULL").await, 0);
    }

    async fn of_two_at_once_one_is_in_force_on_a_day(t: &Service) {
        let admin = admin(t).await;
        let other = with(&garden(), json!({ "effectiveFrom": "2026-02-01" }));
        let (one, two) = tokio::join!(product(&admin, garden()), product(&admin, other));
        let lost = [&one, &two].into_iter().find(|answer| !answer.errors().is_empty()).unwrap();
        assert_eq!(lost.code(0), "CONFLICT");
        assert_eq!(t.number("SELECT count(*) FROM loan_product WHERE code = 'GARDEN'").await, 1);
        assert_eq!(t.number("SELECT count(*) FROM loan_rate WHERE product_code = 'GARDEN'").await, 1);
        let (one, two) = tokio::join!(set_rate(&admin, rate("6.3")), set_rate(&admin, rate("6.4")));
        [&one, &two].into_iter().find(|answer| !answer.errors().is_empty()).unwrap().refused("CONFLICT", "expectedVersion");
        let band = |code: &str| with(&freeze_40(), json!({ "code": code, "effectiveFrom": "2000-01-01", "effectiveTo": "2010-09-14" }));
        let (one, two) = tokio::join!(set_band(&admin, band("A")), set_band(&admin, band("B")));
        [&one, &two].into_iter().find(|answer| !answer.errors().is_empty()).unwrap().refused("CONFLICT", "input.damageFrom");
    }

    async fn what_is_asked_for_at_once_stays_within_what_the_version_then_says(t: &Service) {
        let (admin, commune) = (admin(t).await, t.as_role_in("commune_officer", HERE).await);
        let mut homes = Vec::new();
        for number in 1..=8 {
            homes.push(household(t, number).await);
        }
        // Products of their own, so that a round says nothing of the next.
        for round in 0..8 {
            let of_round = with(&poor(), json!({ "code": format!("V{round}"), "effectiveFrom": "2026-01-01" }));
            product(&admin, of_round.clone()).await.data();
            let asked = join_all(homes.iter().map(|home| {
                let input = json!({ "productCode": format!("V{round}"), "householdId": home, "amount": 90_000_000, "termMonths": 36, "requestedOn": "2026-11-20" });
                write_loan(&commune, "requestLoan", input)
            }));
            let lower = with(&of_round, json!({ "expectedVersion": 1, "maxAmount": 80_000_000 }));
            let (asked, corrected) = tokio::join!(asked, product(&admin, lower));
            for answer in asked.iter().filter(|answer| !answer.errors().is_empty()) {
                answer.refused("BAD_USER_INPUT", "input.amount");
            }
            if !corrected.errors().is_empty() {
                corrected.refused("CONFLICT", "input.maxAmount");
            }
        }
        let outside = "SELECT count(*) FROM loan l JOIN loan_product p ON p.id = l.product_id WHERE l.principal > p.max_amount";
        assert_eq!(t.number(outside).await, 0);
    }
}
