//! The types of answers that resolvers make themselves, field by field: what a mutation did, what an item became. They
//! hold the outcome (ids, refusals, warnings in words that name no person) and lead to records, which are read through
//! their projections like everywhere. A field that isn't here makes a test fail.

/// Type, and its fields.
pub const PAYLOADS: &[(&str, &[&str])] = &[
    ("AccessExplanation", &["visible", "reason", "fields"]),
    ("BenefitResult", &["benefit", "error", "index", "payment", "status"]),
    ("BenefitsPayload", &["results"]),
    ("EndInsurancePayload", &["coverage"]),
    ("EnrolHouseholdsPayload", &["project", "results", "warnings"]),
    ("EnrolmentResult", &["error", "index", "participation", "status"]),
    ("FieldExplanation", &["field", "read", "write", "owner", "rule"]),
    ("FundingLinePayload", &["line", "program"]),
    ("GiftPayload", &["gift", "warnings"]),
    ("HouseholdPayload", &["applied", "household", "warnings"]),
    ("InsuranceResult", &["coverage", "error", "index", "status"]),
    ("ItemError", &["code", "field", "message", "messageVi"]),
    ("LoanPayload", &["loan", "transactions"]),
    ("LoanResult", &["error", "index", "loan", "status"]),
    ("ModelParticipationPayload", &["participation"]),
    ("ModelProjectPayload", &["project", "warnings"]),
    ("PersonMatch", &["nationalId", "persons"]),
    ("PersonPayload", &["applied", "person", "warnings"]),
    ("PledgePayload", &["pledge"]),
    ("PovertyReviewPayload", &["household", "review", "warnings"]),
    ("ProgramSpendingPayload", &["program"]),
    ("RecordIndicatorPayload", &["indicator"]),
    ("RecordInsurancePayload", &["results"]),
    ("RecordLoansPayload", &["results"]),
    ("RecordRepaymentsPayload", &["results"]),
    ("RegisterHamletPayload", &["hamlet"]),
    ("RepaymentResult", &["error", "index", "loan", "status", "transactions"]),
    ("SponsorPayload", &["sponsor"]),
    ("SponsorshipPayload", &["sponsorship"]),
    ("SubmitReportPayload", &["report"]),
    ("Warning", &["code", "field", "message", "messageVi"]),
];
