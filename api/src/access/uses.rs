//! What one request reads of persons: for each root field the fields and the records, allowed and denied. Gathered
//! while the answer is made, written to the ledger before it leaves.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A field with its type.
pub type FieldName = (&'static str, &'static str);
/// What a list was narrowed by, a key of its filter, with the list's type.
pub type FilterName = (&'static str, String);

/// Ids by type, each list as the cells that the database gave, with a comma after each. Ids are numbers or quoted
/// words, so a list is JSON but for its brackets, and no id needs a text of its own.
#[derive(Debug, Default)]
pub struct Ids(BTreeMap<&'static str, String>);

impl Ids {
    pub fn add(&mut self, type_name: &'static str, cell: &str) {
        let list = self.0.entry(type_name).or_default();
        list.push_str(cell);
        list.push(',');
    }

    fn append(&mut self, other: Self) {
        for (type_name, list) in other.0 {
            self.0.entry(type_name).or_default().push_str(&list);
        }
    }

    /// `{"Household":[12],"Person":[31,32]}`, each id once.
    fn json(&self) -> String {
        let lists = self.0.iter().map(|(type_name, list)| {
            let mut ids: Vec<&str> = list.split_terminator(',').collect();
            ids.sort_unstable_by_key(|id| (id.len(), *id));
            ids.dedup();
            format!("\"{type_name}\":[{}]", ids.join(","))
        });
        format!("{{{}}}", lists.collect::<Vec<_>>().join(","))
    }
}

/// What arguments named, by argument.
pub type Aims = BTreeMap<String, BTreeSet<String>>;

/// The fields and records of one decision.
#[derive(Debug, Default)]
struct Use {
    fields: BTreeSet<FieldName>,
    filters: BTreeSet<FilterName>,
    ids: Ids,
    aimed: Aims,
}

impl Use {
    /// `Household.code,Household.filter.search`.
    fn text(&self) -> String {
        let fields = self.fields.iter().map(|(of, name)| [*of, ".", *name]);
        let filters = self.filters.iter().map(|(of, key)| [*of, ".filter.", key.as_str()]);
        let mut text = String::new();
        for words in fields.chain(filters) {
            if !text.is_empty() {
                text.push(',');
            }
            text.extend(words);
        }
        text
    }

    /// What it was aimed at: its own, or the whole root's where no record was found.
    fn aims(&self, of_root: &Aims) -> Option<String> {
        let aims = if self.aimed.is_empty() && self.ids.0.is_empty() { of_root } else { &self.aimed };
        if aims.is_empty() { None } else { serde_json::to_string(aims).ok() }
    }
}

fn merge(into: &mut Aims, aims: Aims) {
    for (argument, values) in aims {
        into.entry(argument).or_default().extend(values);
    }
}

/// What one root field reads; none where nothing was asked.
#[derive(Debug, Default)]
struct RootUse {
    allowed: Option<Use>,
    denied: Option<Use>,
    aimed: Aims,
    /// Places of a batch's items that were refused.
    items: BTreeSet<usize>,
}

/// What a statement reads: known from its plan, once for all its rows.
#[derive(Debug, Default)]
pub struct Planned {
    /// Whether it reads a type on persons, be it only to count them.
    pub personal: bool,
    pub allowed: Vec<FieldName>,
    pub denied: Vec<FieldName>,
    /// A list tells of those in it what its filter says, also where it is only counted.
    pub filters: Vec<FilterName>,
}

/// The records of an answer.
#[derive(Debug, Default)]
pub struct Seen {
    pub allowed: Ids,
    /// Those that a denied field was asked of.
    pub denied: Ids,
}

/// One line of the ledger to be.
#[derive(Debug, PartialEq, Eq)]
pub struct Noted {
    /// The response key of its root field.
    pub root: String,
    pub denied: bool,
    pub fields: String,
    /// JSON.
    pub subjects: String,
    /// JSON; none where records say it, or nothing was named.
    pub aimed: Option<String>,
}

/// By the response key of the root field.
#[derive(Debug, Default)]
pub struct Uses {
    roots: Mutex<BTreeMap<String, RootUse>>,
    /// What the change that runs has found as it was to be written. Changes run one after the other.
    repeated: Mutex<Seen>,
}

impl Uses {
    fn roots(&self) -> MutexGuard<'_, BTreeMap<String, RootUse>> {
        self.roots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a change found its record there already: it writes nothing, and that it is done tells what is stored.
    pub fn repeated(&self, type_name: &'static str, id: i64) {
        self.repeated.lock().unwrap_or_else(PoisonError::into_inner).allowed.add(type_name, &id.to_string());
    }

    /// Counts what was found so to the root field of the change.
    pub fn settle_repeated(&self, root: &str) {
        let repeated = std::mem::take(&mut *self.repeated.lock().unwrap_or_else(PoisonError::into_inner));
        self.seen(root, repeated);
    }

    /// Notes what a statement that ran reads, and what its root field was narrowed by. One on no person leaves no trace unless it asks for what is denied.
    pub fn planned(&self, root: &str, planned: &Planned, narrowed: Vec<FilterName>) {
        if !planned.personal && planned.denied.is_empty() {
            return;
        }
        let mut roots = self.roots();
        let of_root = roots.entry(root.to_owned()).or_default();
        if planned.personal {
            let allowed = of_root.allowed.get_or_insert_default();
            allowed.fields.extend(&planned.allowed);
            allowed.filters.extend(planned.filters.iter().cloned().chain(narrowed));
        }
        if !planned.denied.is_empty() {
            of_root.denied.get_or_insert_default().fields.extend(&planned.denied);
        }
    }

    /// Notes the records of an answer, or of a part of it.
    pub fn seen(&self, root: &str, seen: Seen) {
        if seen.allowed.0.is_empty() && seen.denied.0.is_empty() {
            return;
        }
        let mut roots = self.roots();
        let of_root = roots.entry(root.to_owned()).or_default();
        for (ids, to) in [(seen.allowed, &mut of_root.allowed), (seen.denied, &mut of_root.denied)] {
            if !ids.0.is_empty() {
                to.get_or_insert_default().ids.append(ids);
            }
        }
    }

    /// Notes that a root field was refused, unless its denied fields are noted already. Tells whether it is the first to
    /// say so.
    pub fn refused(&self, root: &str) -> bool {
        let mut roots = self.roots();
        let denied = &mut roots.entry(root.to_owned()).or_default().denied;
        let first = denied.is_none();
        denied.get_or_insert_default();
        first
    }

    /// Notes that a root field's answer was withheld after it was read: it told nothing.
    pub fn withheld(&self, root: &str) {
        let mut roots = self.roots();
        let of_root = roots.entry(root.to_owned()).or_default();
        of_root.allowed = None;
        of_root.denied.get_or_insert_default();
    }

    /// Notes that items of a batch were refused while the batch stands. Without any, nothing.
    pub fn refused_items(&self, root: &str, items: impl IntoIterator<Item = usize>) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_some() {
            let mut roots = self.roots();
            let of_root = roots.entry(root.to_owned()).or_default();
            of_root.items.extend(items);
            of_root.denied.get_or_insert_default();
        }
    }

    /// The items of a root field that were refused.
    pub fn items(&self, root: &str) -> BTreeSet<usize> {
        self.roots().get(root).map(|of_root| of_root.items.clone()).unwrap_or_default()
    }

    /// Whether a root field that reads a type on persons has met no record: then its arguments are all there is to tell.
    pub fn found_nothing(&self, root: &str) -> bool {
        let roots = self.roots();
        let allowed = roots.get(root).and_then(|of_root| of_root.allowed.as_ref());
        allowed.is_some_and(|used| used.ids.0.is_empty())
    }

    /// Notes what a root field was aimed at. It is told where it is noted at all and met no record.
    pub fn aimed(&self, root: &str, aims: Aims) {
        if !aims.is_empty() {
            merge(&mut self.roots().entry(root.to_owned()).or_default().aimed, aims);
        }
    }

    /// Notes what was aimed at and not met beside what was.
    pub fn aimed_in_vain(&self, root: &str, denied: bool, aims: Aims) {
        if aims.is_empty() {
            return;
        }
        let mut roots = self.roots();
        let of_root = roots.entry(root.to_owned()).or_default();
        let of_decision = if denied { &mut of_root.denied } else { &mut of_root.allowed };
        merge(&mut of_decision.get_or_insert_default().aimed, aims);
    }

    /// What was gathered; nothing is left.
    pub fn take(&self) -> Vec<Noted> {
        let roots = std::mem::take(&mut *self.roots());
        let mut noted = Vec::new();
        for (root, of_root) in roots {
            for (used, denied) in [(of_root.allowed, false), (of_root.denied, true)] {
                if let Some(used) = used {
                    let aimed = used.aims(&of_root.aimed);
                    let (fields, subjects) = (used.text(), used.ids.json());
                    noted.push(Noted { root: root.clone(), denied, fields, subjects, aimed });
                }
            }
        }
        noted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(personal: bool, allowed: &[FieldName], denied: &[FieldName]) -> Planned {
        Planned { personal, allowed: allowed.to_vec(), denied: denied.to_vec(), filters: Vec::new() }
    }

    #[test]
    fn each_root_has_its_own_and_each_record_is_named_once() {
        let uses = Uses::default();
        uses.planned(
            "a",
            &planned(true, &[("Person", "fullName"), ("Household", "code")], &[("Household", "loans")]),
            Vec::new(),
        );
        for id in ["12", "9", "12"] {
            let mut seen = Seen::default();
            seen.allowed.add("Household", id);
            seen.allowed.add("MoneyEvent", "\"LT7\"");
            seen.denied.add("Household", id);
            uses.seen("a", seen);
        }
        uses.planned("b", &planned(true, &[], &[]), Vec::new());
        let filters = vec![("Loan", "statuses".to_owned()), ("Household", "search".to_owned())];
        uses.planned("c", &Planned { filters, ..planned(true, &[("Loan", "principal")], &[]) }, Vec::new());
        let noted = |root: &str, denied, fields: &str, subjects: &str| Noted {
            root: root.into(),
            denied,
            fields: fields.into(),
            subjects: subjects.into(),
            aimed: None,
        };
        assert_eq!(
            uses.take(),
            [
                noted("a", false, "Household.code,Person.fullName", r#"{"Household":[9,12],"MoneyEvent":["LT7"]}"#),
                noted("a", true, "Household.loans", r#"{"Household":[9,12]}"#),
                noted("b", false, "", "{}"),
                noted("c", false, "Loan.principal,Household.filter.search,Loan.filter.statuses", "{}"),
            ]
        );
        assert!(uses.take().is_empty());
    }

    #[test]
    fn what_is_on_no_person_leaves_no_trace_but_a_refusal_does() {
        let uses = Uses::default();
        uses.planned("a", &planned(false, &[("Program", "code")], &[]), Vec::new());
        uses.seen("a", Seen::default());
        assert!(uses.take().is_empty());
        uses.refused("a");
        uses.planned("b", &planned(false, &[], &[("Program", "progress")]), Vec::new());
        uses.refused("b");
        let noted: Vec<_> = uses.take().into_iter().map(|noted| (noted.root, noted.denied, noted.fields)).collect();
        assert_eq!(noted, [("a".into(), true, String::new()), ("b".into(), true, "Program.progress".into())]);
    }
}
