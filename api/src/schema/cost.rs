//! What an operation costs: how many values its answer may have at worst, known before anything runs.
//!
//! A field costs one for each record that it may come in; a list multiplies what is below it by its page or, where
//! it has no bound of its own, by what is usual. The types are those of the schema's own description, so that a
//! field that is added has its cost with it. Written-out documents are small (`document.rs`), so they are just
//! walked.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::{
    Name, Value, Variables,
    parser::types::{
        BaseType, ExecutableDocument, Field, FieldDefinition, OperationType, Selection, SelectionSet, Type, TypeKind,
    },
};
use async_graphql_value::Value as AstValue;

use super::{document::operation, order::included};
use crate::{
    config::Limits,
    error::{Code, Failure, Result},
    read::pages::MAX_PAGE,
};

/// Records of a list that has no bound of its own: coverages of a person, sources of a sum.
const USUAL_LIST: u64 = 5;
/// Indicators, tasks, reports of a plan.
const PLAN_LIST: u64 = 50;
/// Records of a list at the root: agencies, programs, loan products.
const ROOT_LIST: u64 = 50;
/// Lists of another length, as long as they usually are at worst: the communes of the province, what a unit or an agency
/// became, pairs of classes, parts of a unit, units without a pilot site; a large household, what the register knows of it,
/// a loan of ten years, the steps of a benefit, the movements of an advance.
const LISTS: &[(&str, u64)] = &[
    ("adminUnits", 200),
    ("statistics", 200),
    ("successors", 2),
    ("counts", 30),
    ("parts", 25),
    ("missing", 160),
    ("members", 10),
    ("knownDeprivations", 12),
    ("schedule", 120),
    ("history", 10),
    ("movements", 10),
    ("loanProductsGained", 20),
    ("loanProductsLost", 20),
];
/// Counting a list goes through all of it.
const TOTAL: u64 = 10;
/// How many there are of what the schema says about itself.
const INTROSPECTED: &[(&str, u64)] = &[
    ("types", 200),
    ("fields", 10),
    ("inputFields", 10),
    ("args", 3),
    ("enumValues", 5),
    ("possibleTypes", 5),
    ("directives", 5),
];

/// A field: the type it leads to, and how.
struct Known {
    to: String,
    list: bool,
    page: bool,
}

type Types = HashMap<String, HashMap<String, Known>>;

/// Every type that has fields, from the schema's description.
static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let fields = super::types().into_iter().filter_map(|ty| {
        let fields = match ty.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            _ => return None,
        };
        let known = fields.iter().map(|field| (field.node.name.node.to_string(), known(&field.node)));
        Some((ty.name.node.to_string(), known.collect()))
    });
    fields.collect()
});

fn known(field: &FieldDefinition) -> Known {
    let (to, list) = named(&field.ty.node);
    let page = field.arguments.iter().any(|argument| argument.node.name.node == "first");
    Known { to: to.to_owned(), list, page }
}

fn named(ty: &Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(inner) => (named(inner).0, true),
    }
}

/// What an operation costs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub total: u64,
    /// Of each root field by response key; of one that the document names twice, twice.
    roots: Vec<(String, u64)>,
}

/// Bytes that a value of an answer usually takes with its key.
const VALUE_BYTES: u64 = 48;
/// Bytes that every answer is given.
const LEAST_BYTES: u64 = 4 << 10;

impl Cost {
    /// Bytes that the answer will usually take at most.
    pub fn bytes(&self) -> usize {
        bytes(self.total)
    }

    /// Bytes that the answer of one root field will usually take at most.
    pub fn bytes_of(&self, root: &str) -> usize {
        bytes(self.roots.iter().filter(|(key, _)| key == root).map(|(_, cost)| cost).sum())
    }
}

fn bytes(values: u64) -> usize {
    usize::try_from(values.saturating_mul(VALUE_BYTES).saturating_add(LEAST_BYTES)).unwrap_or(usize::MAX)
}

/// The cost of the operation that will run.
pub fn of(document: &ExecutableDocument, name: Option<&str>, variables: &Variables) -> Cost {
    let Some(running) = operation(document, name) else { return Cost::default() };
    let (root, query) = match running.node.ty {
        OperationType::Query => ("Query", true),
        OperationType::Mutation => ("Mutation", false),
        OperationType::Subscription => ("Subscription", false),
    };
    let walk = Walk { document, variables };
    let mut cost = Cost::default();
    walk.each(&running.node.selection_set.node, &mut |field| {
        let one = walk.root_field(root, query, field);
        cost.total = cost.total.saturating_add(one);
        cost.roots.push((field.response_key().node.to_string(), one));
    });
    cost
}

/// Refuses what costs too much.
pub fn limit(cost: &Cost, limits: &Limits) -> Result<()> {
    if cost.total <= limits.cost {
        return Ok(());
    }
    let total = cost.total;
    let (root, most) = cost.roots.iter().max_by_key(|(_, cost)| cost).map_or(("", 0), |(root, cost)| (root, *cost));
    let limit = limits.cost;
    Err(Failure::new(
        Code::LimitExceeded,
        format!(
            "The answer may have {total} values; at most {limit} are answered at once. {root} alone may have {most}: \
             ask for shorter pages (first, last), for fewer lists inside each other, or for fewer fields."
        ),
        format!(
            "Câu trả lời có thể có tới {total} giá trị; tối đa {limit} mỗi lần. Riêng {root} có thể tới {most}: hãy giảm \
             số bản ghi mỗi trang (first, last), số danh sách lồng nhau hoặc số trường."
        ),
    ))
}

struct Walk<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
}

/// Where the walk is: how many records there may be at worst, and how long the next list is.
#[derive(Clone, Copy)]
struct At {
    rows: u64,
    list: u64,
}

impl<'d> Walk<'d> {
    /// Every field of a selection that is not skipped, its fragments written out.
    fn each(&self, set: &'d SelectionSet, visit: &mut dyn FnMut(&'d Field)) {
        for selection in set.items.iter().filter(|selection| included(&selection.node, self.variables)) {
            match &selection.node {
                Selection::Field(field) => visit(&field.node),
                Selection::InlineFragment(inline) => self.each(&inline.node.selection_set.node, visit),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.each(&fragment.node.selection_set.node, visit);
                    }
                }
            }
        }
    }

    /// A list at the root is as long as the list it was asked for by, where it was; so is that of a batch's results.
    fn root_field(&self, root: &str, query: bool, field: &'d Field) -> u64 {
        let asked = field.arguments.iter().map(|(_, value)| self.longest(&value.node)).max().unwrap_or(0);
        let is_list = TYPES.get(root).and_then(|fields| fields.get(field.name.node.as_str())).is_some_and(|to| to.list);
        let list = match (query, is_list, asked) {
            (true, false, _) => USUAL_LIST,
            (true, true, 0) => ROOT_LIST,
            (true, true, asked) => asked,
            (false, _, asked) => asked.max(USUAL_LIST),
        };
        self.field(root, field, At { rows: 1, list })
    }

    /// The length of the longest list in an argument.
    fn longest(&self, value: &AstValue) -> u64 {
        match value {
            AstValue::Variable(name) => self.variables.get(name).map_or(0, longest),
            AstValue::List(items) => items.iter().map(|item| self.longest(item)).fold(length(items), u64::max),
            AstValue::Object(fields) => fields.values().map(|value| self.longest(value)).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn field(&self, ty: &str, field: &'d Field, at: At) -> u64 {
        let name = field.name.node.as_str();
        if ty.starts_with("__") || name == "__schema" || name == "__type" {
            let length = INTROSPECTED.iter().find(|(known, _)| *known == name).map_or(1, |(_, length)| *length);
            let below = At { rows: at.rows.saturating_mul(length), list: USUAL_LIST };
            return at.rows.saturating_add(self.below("__Type", field, below));
        }
        // The library refuses what isn't there.
        let Some(known) = TYPES.get(ty).and_then(|fields| fields.get(name)) else { return at.rows };
        if !TYPES.contains_key(&known.to) {
            return at.rows.saturating_mul(if name == "totalCount" { TOTAL } else { 1 });
        }
        let below = match (known.page, known.list) {
            // The page's records are a list of this length below it.
            (true, _) => At { rows: at.rows, list: self.page(field) },
            (false, true) => {
                let length = match LISTS.iter().find(|(list, _)| *list == name) {
                    Some((_, length)) => *length,
                    None if ty == "Plan" => PLAN_LIST,
                    None => at.list,
                };
                At { rows: at.rows.saturating_mul(length), list: USUAL_LIST }
            }
            (false, false) => at,
        };
        let records = if known.list { below.rows } else { at.rows };
        records.saturating_add(self.below(&known.to, field, below))
    }

    fn below(&self, ty: &str, field: &'d Field, at: At) -> u64 {
        let mut total: u64 = 0;
        self.typed(ty, &field.selection_set.node, &mut |ty, field| {
            total = total.saturating_add(self.field(ty, field, at));
        });
        total
    }

    /// Every field of a selection with the type that it is on: a fragment on one of an interface's types leads there.
    fn typed<'t>(&self, ty: &'t str, set: &'d SelectionSet, visit: &mut dyn FnMut(&str, &'d Field))
    where
        'd: 't,
    {
        for selection in set.items.iter().filter(|selection| included(&selection.node, self.variables)) {
            match &selection.node {
                Selection::Field(field) => visit(ty, &field.node),
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map_or(ty, |on| on.node.on.node.as_str());
                    self.typed(on, &inline.node.selection_set.node, visit);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.typed(on, &fragment.node.selection_set.node, visit);
                    }
                }
            }
        }
    }

    /// Records of a page. One that is too long, or of no length, is refused by its own field.
    fn page(&self, field: &Field) -> u64 {
        let asked = ["first", "last"].into_iter().filter_map(|name| {
            let value = field.get_argument(name)?.node.clone();
            match value.into_const_with(|name: Name| self.variables.get(&name).cloned().ok_or(())).ok()? {
                Value::Number(number) => number.as_u64(),
                _ => None,
            }
        });
        asked.max().unwrap_or(0).clamp(1, u64::from(MAX_PAGE.unsigned_abs()))
    }
}

fn longest(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.iter().map(longest).fold(length(items), u64::max),
        Value::Object(fields) => fields.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

fn length<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use async_graphql::{parser::parse_query, value};

    use super::*;

    fn of_with(text: &str, variables: Value) -> u64 {
        let document = parse_query(text).unwrap();
        of(&document, None, &Variables::from_value(variables)).total
    }

    fn cost(text: &str) -> u64 {
        of_with(text, value!({}))
    }

    #[test]
    fn a_field_costs_one_for_each_record_it_may_come_in() {
        assert_eq!(cost("{ household(code: \"x\") { code } }"), 2);
        assert_eq!(cost("{ household(code: \"x\") { code members { fullName sex } } }"), 2 + 10 * 3);
        assert_eq!(cost("{ loan(contractNumber: \"x\") { schedule { number dueOn } } }"), 1 + 120 * 3);
        assert_eq!(cost("{ persons(first: 10) { nodes { insurance { kind } } } }"), 1 + 10 + 10 * 5 * 2);
        // The connection, ten nodes, their codes.
        assert_eq!(cost("{ households(first: 10) { nodes { code } } }"), 1 + 10 + 10);
        assert_eq!(cost("{ households(first: 10) { totalCount edges { cursor node { code } } } }"), 1 + 10 + 10 * 4);
        let nested = "{ households(first: 10) { nodes { loans(last: 20) { nodes { id } totalCount } } } }";
        assert_eq!(cost(nested), 1 + 10 + 10 + 10 * 20 * 2 + 10 * 10);
        assert_eq!(cost("{ agencies { code successors { code } } }"), 50 * (2 + 2 * 2));
        assert_eq!(cost("{ adminUnits { code } }"), 200 * 2);
        assert_eq!(cost("{ plan(year: 2022) { tasks { code } } }"), 1 + 50 * 2);
        assert_eq!(cost("{ nodes(ids: [\"a\", \"b\"]) { id ... on Person { fullName } } }"), 2 * 3);
    }

    #[test]
    fn a_list_of_another_length_is_one_that_is_served() {
        for (name, _) in LISTS {
            let served = |known: &Known| known.list && !known.page && TYPES.contains_key(&known.to);
            assert!(TYPES.values().any(|fields| fields.get(*name).is_some_and(served)), "{name} is no list of objects");
        }
    }

    #[test]
    fn what_is_measured_with_fits_the_default() {
        let most = Limits::default().cost;
        for document in [
            include_str!("../../../bench/queries/S1.graphql"),
            include_str!("../../../bench/queries/S4.graphql"),
            include_str!("../../../bench/queries/S5.graphql"),
            include_str!("../../../bench/queries/S6.graphql"),
            include_str!("../../../bench/queries/largest-page.graphql"),
        ] {
            let found = cost(document);
            assert!(found <= most, "{found}: {document}");
        }
        let schedules = "{ loans(first: 1000) { nodes { schedule { number dueOn principal interest paid } } } }";
        assert!(cost(schedules) <= most);
    }

    #[test]
    fn variables_and_fragments_count_as_what_they_stand_for() {
        let by = "query($n: Int) { households(first: $n) { nodes { ...Code ...Code } } } fragment Code on Household { code }";
        assert_eq!(of_with(by, value!({ "n": 7 })), 1 + 7 * 3);
        // Refused by its own field, so that it need not be dear.
        assert_eq!(of_with(by, value!({ "n": 2_000_000_000 })), 1 + 1_000 * 3);
        assert_eq!(of_with(by, value!({ "n": -5 })), 1 + 3);
        let skipped = "query($no: Boolean!) { agencies @include(if: $no) { code } programs @skip(if: $no) { code } }";
        assert_eq!(of_with(skipped, value!({ "no": false })), 100);
    }

    #[test]
    fn a_batch_costs_what_its_results_may_hold() {
        let batch = "mutation($items: [VersionedId!]!) { verifyBenefits(input: { items: $items }) {
            results { status benefit { id } } } }";
        let items = |count: usize| value!({ "items": vec![value!({ "id": "x" }); count] });
        let [few, many] = [10, 1_000].map(|count| of_with(batch, items(count)));
        assert_eq!((few, many), (1 + 10 * 4, 1 + 1_000 * 4));
    }

    #[test]
    fn the_schema_s_own_description_costs_what_its_nesting_does() {
        let within = "type { fields { ".repeat(6);
        let deep = format!("{{ __schema {{ types {{ fields {{ {within} name {} }} }} }} }}", "} }".repeat(6));
        assert!(cost(&deep) > 1_000_000_000);
        assert!(cost("{ __schema { types { name fields { name type { name } } } } }") < 10_000);
        assert_eq!(cost("{ __typename }"), 1);
    }

    #[test]
    fn the_refusal_names_the_numbers_and_the_dearest_field() {
        let document =
            parse_query("{ few: agencies { code } many: households(first: 1000) { nodes { id } } }").unwrap();
        let found = of(&document, None, &Variables::default());
        let limits = Limits { cost: found.total - 1, ..Limits::default() };
        let refusal = limit(&found, &limits).unwrap_err();
        for part in ["2101", "2001", "many", "first"] {
            assert!(refusal.message.contains(part) && refusal.message_vi.contains(part), "{}", refusal.message);
        }
        assert!(limit(&found, &Limits { cost: found.total, ..limits }).is_ok());
    }
}
