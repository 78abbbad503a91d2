//! The main job: a system of an agency reads a household with everything its role may see.

use serde_json::json;
use tests::{both_databases, service::Service};

use crate::fixture;

both_databases! {
    async fn a_household_is_read_with_everything_that_hangs_on_it(t: &Service) {
        let register = fixture::register(t).await;
        let reader = fixture::reader(t).await;
        let document = "query($code: String!) { household(code: $code) {
            code address povertyClass categories commune { code } head { fullName nationalId }
            members { fullName insurance { kind } } reviews { decidedClass }
            benefits(first: 10) { nodes { amount payments(first: 10) { totalCount } } }
            loans(first: 10) { nodes { contractNumber outstandingPrincipal transactions(first: 10) { totalCount } } }
            participations { supportAmount project { code } }
            timeline(first: 10) { nodes { kind amount } totalCount } } }";
        let (answer, reads) = t.reads(reader.ask(document, json!({ "code": register.here.code }))).await;
        assert_eq!(reads, 1);
        assert_eq!(answer.data()["household"], json!({
            "code": "28757-000002", "address": "12 Ấp 3", "povertyClass": "POOR",
            "categories": ["MERIT", "CLIMATE_AFFECTED"], "commune": { "code": "28757" },
            "head": { "fullName": "Nguyễn Văn Số 2", "nationalId": "083080000002" },
            "members": [
                { "fullName": "Nguyễn Văn Số 2", "insurance": [{ "kind": "HEALTH" }] },
                { "fullName": "Trần Thị Số 2", "insurance": [{ "kind": "HEALTH" }] },
            ],
            "reviews": [{ "decidedClass": "POOR" }],
            "benefits": { "nodes": [{ "amount": 50_000_002, "payments": { "totalCount": 1 } }] },
            "loans": { "nodes": [{ "contractNumber": "HD-28757-000002", "outstandingPrincipal": 30_000_002,
                "transactions": { "totalCount": 3 } }] },
            "participations": [{ "supportAmount": 15_000_002, "project": { "code": "MH-28757-000002" } }],
            "timeline": { "nodes": [
                { "kind": "LOAN_DISBURSEMENT", "amount": 40_000_002 },
                { "kind": "BENEFIT", "amount": 20_000_000 },
                { "kind": "MODEL_CAPITAL", "amount": 15_000_002 },
                { "kind": "SPONSORSHIP", "amount": 2_000_002 },
                { "kind": "LOAN_REPAYMENT", "amount": 10_000_000 },
                { "kind": "LOAN_INTEREST", "amount": 600_000 },
            ], "totalCount": 6 },
        }));
    }
}
