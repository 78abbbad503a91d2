//! Every mutation of the served schema, tried by every role: without the permission, and on records out of reach. The
//! inputs are made from the schema, so that no mutation can be forgotten.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use ansinh::{
    access::{
        PermissionSet,
        roles::{BUILT_IN, BuiltIn},
        roots::{self, Asks},
    },
    schema::global_id,
};
use serde_json::{Map, Value, json};
use tests::{
    both_databases,
    service::{Answer, Caller, Service},
};

use crate::{
    fixture::{self, FAR, HERE},
    policy,
    walk::{self, Schema, named},
};

/// Mutations whose records belong to the whole province, or to an agency: there is no commune to be out of. What an
/// agency's administrator reaches is tried in `identity.rs`.
/// The list may only shrink: `AT_MOST` goes down with it, and a name that needn't be on it fails.
const OF_THE_PROVINCE: &[&str] = &[
    "activateClient",
    "createClient",
    "createRole",
    "disableClient",
    "issueToken",
    "registerClientKey",
    "registerOperations",
    "removeClientKey",
    "restrictToRegistered",
    "revokeToken",
    "rotateClientSecret",
    "updateClient",
    "updateRole",
    "allocateFunding",
    "recordIndicator",
    "recordPledge",
    "recordAssistanceCoefficient",
    "recordAssistanceLevel",
    "recordLoanCeiling",
    "recordLoanProduct",
    "recordLoanRate",
    "recordLoanRule",
    "recordPovertyStandard",
    "recordProgramLimit",
    "recordProgramSpending",
    "recordRiskDebtRule",
    "recordUrgentHelpRule",
    "registerSponsor",
    "submitReport",
    "updateSponsor",
];

const AT_MOST: usize = 30;

/// Ids that are held against a set which is read anyway, and are refused with words of their own, the same for a record
/// out of reach and a missing one. The list may only shrink.
const OF_A_SET: &[(&str, &str)] = &[("updateHousehold", "headId"), ("closeModelProject", "participationId")];

/// The type of record that an input's id names; none for what isn't an id of a record.
fn record(input: &str, field: &str) -> Option<&'static str> {
    Some(match (input, field) {
        (_, "householdId" | "toHouseholdId") => "Household",
        (_, "personId" | "borrowerId" | "headId") => "Person",
        (_, "hamletId" | "toHamletId") => "AdminUnit",
        (_, "pledgeId") => "Pledge",
        (_, "reinvestedFrom") => "ModelParticipation",
        (_, "loanId") => "Loan",
        (_, "transactionId") => "LoanTransaction",
        (_, "projectId") => "ModelProject",
        (_, "participationId") => "ModelParticipation",
        (_, "benefitId") => "Benefit",
        (_, "reviewId") => "PovertyReview",
        (_, "groupId") | ("UpdateSavingsGroupInput", "id") => "SavingsGroup",
        (_, "sponsorId") => "Sponsor",
        (_, "obligationId") => "ReportObligation",
        ("DissolveHouseholdInput" | "MoveHouseholdInput" | "UpdateHouseholdInput", "id") => "Household",
        ("EndInsuranceInput", "id") => "InsuranceCoverage",
        ("EndSponsorshipInput", "id") => "Sponsorship",
        ("UpdatePersonInput", "id") => "Person",
        ("UpdateSponsorInput", "id") => "Sponsor",
        (_, "clientId") | ("ClientInput" | "UpdateClientInput", "id") => "Client",
        ("UpdateRoleInput", "id") => "Role",
        ("RevokeTokenInput", "id") => "Token",
        ("VersionedId", "id") => "Benefit",
        _ => return None,
    })
}

/// Values of other fields; what isn't here is made up from the type.
fn value(input: &str, field: &str, commune: &str) -> Option<Value> {
    Some(match (input, field) {
        (_, "communeCode" | "toCommuneCode") | ("UnitRef", "code") => json!(commune),
        (_, "programCode") => json!("HOUSING_MERIT"),
        ("AllocateFundingInput", "lineCode") => json!("I.2.1"),
        (_, "productCode") => json!("POOR"),
        ("RecordIndicatorInput", "code") => json!("1.1"),
        (_, "planYear") => json!(2022),
        (_, "source") => json!("CENTRAL_BUDGET"),
        ("RegisterHouseholdInput", "code") => json!(format!("{commune}-000099")),
        ("UpdatePersonInput", "fullName") => json!("Tên khác"),
        ("UpdateHouseholdInput", "address") => json!("Nơi khác"),
        ("RepaymentInput", "principal") => json!(1),
        ("MemberInput", "relationshipToHead") => json!("HEAD"),
        ("OutcomeInput", "outcome") => json!("ESCAPED_POVERTY"),
        ("ChangeLoanInput", "until") => json!("2027-06-30"),
        ("DecideBenefitsInput", "note") => json!("vì sao"),
        (_, "termMonths") => json!(12),
        _ => return None,
    })
}

/// Makes inputs from the schema.
struct Maker<'a> {
    schema: &'a Schema,
    /// Type of record -> global id.
    ids: &'a BTreeMap<String, String>,
    contract_number: &'a str,
    commune: &'a str,
    /// The field of an input that names another record than those of `ids`, and what it names.
    tried: Option<(&'a str, &'a str, &'a str)>,
    /// Whether an id of a record that lies in a commune was used.
    scoped: bool,
}

impl<'a> Maker<'a> {
    fn new(
        schema: &'a Schema,
        ids: &'a BTreeMap<String, String>,
        contract_number: &'a str,
        commune: &'a str,
    ) -> Maker<'a> {
        Maker { schema, ids, contract_number, commune, tried: None, scoped: false }
    }

    fn tries(&self, input: &str, field: &str) -> Option<&'a str> {
        self.tried.filter(|(ty, name, _)| (*ty, *name) == (input, field)).map(|(.., id)| id)
    }

    fn input(&mut self, ty: &str) -> Value {
        let mut object = Map::new();
        for field in self.schema.input_fields(ty) {
            let name = field["name"].as_str().unwrap();
            let required = field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null();
            // A coverage names its person by id or by number; a gift may be for no household.
            let further = [("InsuranceCoverageInput", "personId"), ("RecordGiftInput", "householdId")];
            let tried = self.tries(ty, name).is_some();
            let wanted = required || tried || value(ty, name, self.commune).is_some() || further.contains(&(ty, name));
            if wanted {
                object.insert(name.to_owned(), self.field(ty, name, &field["type"]));
            }
        }
        Value::Object(object)
    }

    fn field(&mut self, input: &str, name: &str, ty: &Value) -> Value {
        if let Some(record) = record(input, name) {
            self.scoped |= !SHARED.contains(&record);
            let id = self.tries(input, name).unwrap_or_else(|| &self.ids[record]);
            return if is_list(ty) { json!([id]) } else { json!(id) };
        }
        if (input, name) == ("RepaymentInput", "contractNumber") {
            self.scoped = true;
            return json!(self.contract_number);
        }
        value(input, name, self.commune).unwrap_or_else(|| self.of(ty))
    }

    fn of(&mut self, ty: &Value) -> Value {
        match (ty["kind"].as_str().unwrap(), named(ty)) {
            ("NON_NULL", _) => self.of(&ty["ofType"]),
            ("LIST", _) => json!([self.of(&ty["ofType"])]),
            ("INPUT_OBJECT", name) => self.input(name),
            ("ENUM", name) => json!(self.schema.enum_values(name)[0]),
            (_, "Int" | "VND") => json!(1),
            (_, "Boolean") => json!(true),
            (_, "Date") => json!("2026-11-20"),
            (_, "Decimal") => json!("1"),
            (_, "DateTime") => json!("2026-12-20T00:00:00Z"),
            (_, _) => json!("ABC-1"),
        }
    }
}

fn is_list(ty: &Value) -> bool {
    ty["kind"] == "LIST" || ty["kind"] == "NON_NULL" && is_list(&ty["ofType"])
}

/// Every id in an input and the inputs within it: the input's type, the field.
fn ids_of(schema: &Schema, input_type: &str) -> Vec<(String, String)> {
    let (mut found, mut seen, mut rest) = (Vec::new(), Vec::new(), vec![input_type.to_owned()]);
    while let Some(ty) = rest.pop() {
        if seen.contains(&ty) {
            continue;
        }
        for field in schema.input_fields(&ty) {
            let (name, to) = (field["name"].as_str().unwrap(), named(&field["type"]));
            match (to, schema.kind(to)) {
                ("ID", _) => found.push((ty.clone(), name.to_owned())),
                (_, "INPUT_OBJECT") => rest.push(to.to_owned()),
                _ => {}
            }
        }
        seen.push(ty);
    }
    found
}

fn admitted(role: &BuiltIn, mutation: &str) -> bool {
    roots::asks(mutation).is_some_and(|asks| asks.lacking(PermissionSet::of(role.permissions)).is_none())
}

/// A mutation with its input's type.
fn mutations(schema: &Schema) -> Vec<(String, String)> {
    let fields = schema.fields("Mutation").iter();
    fields
        .map(|field| (field["name"].as_str().unwrap().to_owned(), named(&field["args"][0]["type"]).to_owned()))
        .collect()
}

async fn run(caller: &Caller, schema: &Schema, name: &str, input_type: &str, input: &Value) -> Answer {
    let payload = schema.fields("Mutation").iter().find(|field| field["name"] == name).unwrap();
    let selection = schema.select(named(&payload["type"]), 2);
    let document = format!("mutation($input: {input_type}!) {{ {name}(input: $input) {selection} }}");
    let mut input = input.clone();
    if let Some(key) = input.get_mut("idempotencyKey") {
        static USED: AtomicU32 = AtomicU32::new(0);
        *key = json!(format!("key {}", USED.fetch_add(1, Ordering::Relaxed)));
    }
    caller.ask(&document, json!({ "input": input })).await
}

async fn writes(t: &Service) -> i64 {
    t.number("SELECT count(*) FROM change_event").await
}

/// A record of each type in a commune; and ids of the same types that nothing has.
async fn ids_in(t: &Service, commune: &str) -> BTreeMap<String, String> {
    let mut ids: BTreeMap<String, String> =
        walk::a_node_of_each(t).await.into_iter().map(|(ty, id)| (ty.to_owned(), id)).collect();
    for (id, of) in policy::owners(t).await {
        if of == commune {
            ids.insert(global_id::decode(&id).unwrap().0.to_owned(), id);
        }
    }
    ids
}

/// Records that the whole province shares, or that belong to an agency.
const SHARED: &[&str] = &["AdminUnit", "Client", "Pledge", "ReportObligation", "Role", "Sponsor", "Token"];

fn missing(ids: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let nobodys = |ty: &String, id: &String| match SHARED.contains(&ty.as_str()) {
        true => id.clone(),
        false => walk::global_id(ty, "999999"),
    };
    ids.iter().map(|(ty, id)| (ty.clone(), nobodys(ty, id))).collect()
}

/// The codes of an answer's refusals: of the whole or of its items.
fn refusals(answer: &Answer) -> Vec<&str> {
    let whole = answer.errors().iter().filter_map(|error| error["extensions"]["code"].as_str());
    let data = answer.partial().as_object().into_iter().flat_map(|data| data.values());
    let items = data.filter_map(|payload| payload["results"].as_array()).flatten();
    whole.chain(items.filter_map(|item| item["error"]["code"].as_str())).collect()
}

both_databases! {
    async fn without_its_permission_no_role_gets_a_mutation_done(t: &Service) {
        let register = fixture::register(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let ids = ids_in(t, HERE).await;
        let before = writes(t).await;
        let mut tried = 0;
        for role in BUILT_IN {
            let caller = t.as_role(role.code).await;
            for (name, input_type) in mutations(&schema) {
                if admitted(role, &name) {
                    continue;
                }
                let mut maker = Maker::new(&schema, &ids, &register.here.contract_number, FAR);
                let answer = run(&caller, &schema, &name, &input_type, &maker.input(&input_type)).await;
                answer.refused("FORBIDDEN", "");
                assert_eq!(answer.partial()[&name], Value::Null, "{} {name}", role.code);
                assert_eq!(answer.errors()[0]["path"], json!([name]), "{}", role.code);
                tried += 1;
            }
        }
        assert!(tried > 12 * 20, "{tried} attempts");
        assert_eq!(writes(t).await, before, "a refused mutation wrote");
    }

    async fn a_record_out_of_reach_is_as_good_as_missing_to_every_mutation(t: &Service) {
        let register = fixture::register(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let far = ids_in(t, FAR).await;
        let nowhere = missing(&far);
        let before = writes(t).await;
        let (mut not_reached, mut uneven) = (Vec::new(), Vec::new());
        let served: Vec<_> = mutations(&schema).into_iter().map(|(name, _)| name).collect();
        let stale = OF_THE_PROVINCE.iter().find(|listed| !served.iter().any(|name| name == *listed));
        assert!(stale.is_none() && OF_THE_PROVINCE.len() <= AT_MOST, "{stale:?} isn't served, or the list has grown");
        for (name, input_type) in mutations(&schema) {
            let mut maker = Maker::new(&schema, &far, &register.far.contract_number, FAR);
            let theirs = maker.input(&input_type);
            let scoped = maker.scoped;
            let mut maker = Maker::new(&schema, &nowhere, "HD-NOBODY'S", FAR);
            let nobodys = maker.input(&input_type);
            if OF_THE_PROVINCE.contains(&name.as_str()) {
                assert!(!scoped, "{name} names a record of a commune");
                continue;
            }
            for role in BUILT_IN.iter().filter(|role| admitted(role, &name)) {
                let caller = t.as_role_in(role.code, HERE).await;
                // So that its use is noted.
                caller.query("{ viewer { client } }").await.data();
                let refused = run(&caller, &schema, &name, &input_type, &theirs).await;
                let codes = refusals(&refused);
                assert!(!codes.is_empty(), "{} gets {name} done out of reach: {}", role.code, refused.body);
                if scoped {
                    let same = run(&caller, &schema, &name, &input_type, &nobodys).await;
                    assert_eq!(refused.body, same.body, "{} tells by {name} what is there", role.code);
                    let tried = async |input: &Value| t.statements(run(&caller, &schema, &name, &input_type, input)).await;
                    let (mut counts, mut times) = ((tried(&theirs).await, tried(&nobodys).await), 1);
                    // The service has work of its own now and then.
                    while counts.0.len() != counts.1.len() && times < 4 {
                        (counts, times) = ((tried(&theirs).await, tried(&nobodys).await), times + 1);
                    }
                    if counts.0.len() != counts.1.len() {
                        uneven.push(format!("{} {name}: {counts:#?}", role.code));
                    }
                    let expected = ["NOT_FOUND", "FORBIDDEN"];
                    if !codes.iter().all(|code| expected.contains(code)) {
                        not_reached.push(format!("{} {name}: {}", role.code, refused.body));
                    }
                }
            }
        }
        assert!(uneven.is_empty(), "what is out of reach takes other statements than what isn't there: {}", uneven.join("\n"));
        assert!(not_reached.is_empty(), "refused for another reason than the record: {not_reached:#?}");
        assert_eq!(writes(t).await, before, "a refused mutation wrote");
    }

    async fn each_id_alone_that_is_out_of_reach_is_as_good_as_missing(t: &Service) {
        let register = fixture::register(t).await;
        let schema = Schema::ask(&fixture::reader(t).await).await;
        let (here, far) = (ids_in(t, HERE).await, ids_in(t, FAR).await);
        let nowhere = missing(&far);
        // One that takes part in no model yet.
        let mut fresh = here.clone();
        fresh.insert("Household".into(), fixture::register_household(t, HERE, "28757-000007", json!([{ "fullName": "A", "relationshipToHead": "HEAD" }])).await);
        let before = writes(t).await;
        let (mut not_reached, mut tried) = (Vec::new(), 0);
        for (name, input_type) in mutations(&schema) {
            for (ty, field) in ids_of(&schema, &input_type) {
                let record = record(&ty, &field).unwrap_or_else(|| panic!("say of what record {ty}.{field} is the id"));
                if SHARED.contains(&record) {
                    continue;
                }
                let with = |id: &str| {
                    let ids = if name == "enrolHouseholds" { &fresh } else { &here };
                    let mut maker = Maker::new(&schema, ids, &register.here.contract_number, HERE);
                    maker.tried = Some((&ty, &field, id));
                    maker.input(&input_type)
                };
                let (theirs, nobodys) = (with(&far[record]), with(&nowhere[record]));
                for role in BUILT_IN.iter().filter(|role| admitted(role, &name)) {
                    let caller = t.as_role_in(role.code, HERE).await;
                    let refused = run(&caller, &schema, &name, &input_type, &theirs).await;
                    let codes = refusals(&refused);
                    assert!(!codes.is_empty(), "{} gets {name} done with {ty}.{field} out of reach: {}", role.code, refused.body);
                    let same = run(&caller, &schema, &name, &input_type, &nobodys).await;
                    assert_eq!(refused.body, same.body, "{} tells by {ty}.{field} of {name} what is there", role.code);
                    tried += 1;
                    let alone = (name.as_str(), field.as_str());
                    if !codes.iter().any(|code| ["NOT_FOUND", "FORBIDDEN"].contains(code)) && !OF_A_SET.contains(&alone) {
                        not_reached.push(format!("{} {name} {ty}.{field}: {}", role.code, refused.body));
                    }
                }
            }
        }
        assert!(not_reached.is_empty(), "refused for another reason than the record: {not_reached:#?}");
        assert!(tried > 30, "{tried} attempts");
        assert_eq!(writes(t).await, before, "a refused mutation wrote");
    }
}

#[test]
fn every_mutation_asks_for_a_permission() {
    let mutations = roots::ROOTS.iter().skip_while(|(name, _)| *name != "addMember");
    for (name, asks) in mutations {
        assert!(matches!(asks, Asks::All([_, ..]) | Asks::Any([_, _, ..])), "{name} is free");
    }
}
