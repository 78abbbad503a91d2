//! Other ways to the rows of a condition: the part of the compiler that finds them by a few keys, where PostgreSQL sees when it
//! runs the statement how many there are, or in parts that an index has each in order.

use super::{
    bound::Bound,
    compile::{Compiler, Row},
    condition::{ByKeys, Condition, OnePart, Parts, Way},
    pages::Window,
    projection::{Relation, Sort},
};

/// The first that a condition has.
pub(super) fn way(conditions: &[Condition]) -> Option<Way> {
    conditions.iter().find_map(|condition| condition.way.clone())
}

impl Way {
    /// Whether it gives a page in this order.
    pub(super) fn serves(&self, sort: Sort) -> bool {
        match self {
            Self::Keys(_) => sort.column.is_none(),
            Self::Parts(parts) => sort.column.is_some_and(|(column, _)| column == parts.column),
        }
    }
}

/// The others: what is left to ask of the rows of a key.
fn beside(conditions: &[Condition]) -> Vec<Condition> {
    let found = conditions.iter().position(|condition| condition.way.is_some());
    let others = conditions.iter().enumerate().filter(|(place, _)| Some(*place) != found);
    others.map(|(_, condition)| condition.clone()).collect()
}

/// The same with one part in the place of the whole.
fn of_part(conditions: &[Condition], part: &str) -> Vec<Condition> {
    let mut of_part = conditions.to_vec();
    if let Some(whole) = of_part.iter_mut().find(|condition| condition.way.is_some()) {
        part.clone_into(&mut whole.template);
    }
    of_part
}

impl Compiler<'_> {
    /// `FROM … ORDER BY … LIMIT …` of a page in the order of ids: the first of each key, and of those the first.
    pub(super) fn found(
        &mut self,
        row: Row,
        sort: Sort,
        window: &Window<Bound>,
        conditions: Vec<Condition>,
        by_keys: ByKeys,
    ) {
        let (alias, table, column, most) = (row.alias, row.projection.table, by_keys.column, by_keys.most);
        let select = format!("SELECT t{alias}.id");
        self.push(" FROM (");
        self.keys(row, by_keys);
        self.push(" (SELECT f.id FROM (SELECT DISTINCT key FROM k) k, LATERAL (");
        self.push(&select);
        self.source(None, row);
        self.conditions(row, beside(&conditions));
        self.push(&format!(" AND t{alias}.{column} = k.key"));
        self.bounded(row, sort, window);
        let descending = if sort.descending == window.backward { "" } else { " DESC" };
        self.push(&format!(") f WHERE (SELECT count(*) FROM k) <= {most} ORDER BY f.id{descending} LIMIT "));
        self.limit(window);
        self.push(") UNION ALL (");
        self.push(&select);
        self.source(None, row);
        self.conditions(row, conditions);
        self.push(&format!(" AND (SELECT count(*) FROM k) > {most}"));
        self.bounded(row, sort, window);
        self.push(&format!(")) f JOIN {table} t{alias} ON t{alias}.id = f.id"));
        self.ordered(row, sort, window);
    }

    /// `FROM … ORDER BY … LIMIT …` of a page: the first of each part, and of those the first.
    pub(super) fn parts(
        &mut self,
        row: Row,
        sort: Sort,
        window: &Window<Bound>,
        conditions: &[Condition],
        parts: &Parts,
    ) {
        self.push(" FROM (");
        for (place, part) in parts.parts.iter().enumerate() {
            self.push(if place == 0 { "(" } else { " UNION ALL (" });
            self.push(&format!("SELECT t{}.*", row.alias));
            self.source_of(row, part);
            self.conditions(row, of_part(conditions, part.template));
            self.bounded(row, sort, window);
            self.push(")");
        }
        self.push(&format!(") t{}", row.alias));
        self.ordered(row, sort, window);
    }

    fn source_of(&mut self, row: Row, part: &OnePart) {
        self.told_needed = part.needed;
        self.source(None, row);
        self.told_needed = false;
    }

    /// How many rows there are.
    pub(super) fn total(&mut self, parent: Option<(Row, &'static Relation)>, row: Row, conditions: Vec<Condition>) {
        match way(&conditions).filter(|_| parent.is_none()) {
            Some(Way::Keys(by_keys)) => self.total_by_keys(row, conditions, by_keys),
            Some(Way::Parts(parts)) => {
                // No more than a commune: what is needed is looked up for the few rows that don't tell themselves.
                self.counting = false;
                self.push("(");
                for (place, part) in parts.parts.iter().enumerate() {
                    self.push(if place == 0 { "(SELECT count(*)" } else { " + (SELECT count(*)" });
                    self.source_of(row, part);
                    self.conditions(row, of_part(&conditions, part.template));
                    self.push(")");
                }
                self.push(")");
            }
            None => self.counted(parent, row, conditions, ""),
        }
    }

    fn total_by_keys(&mut self, row: Row, conditions: Vec<Condition>, by_keys: ByKeys) {
        let (alias, column, most) = (row.alias, by_keys.column, by_keys.most);
        self.push("(");
        self.keys(row, by_keys);
        self.push(&format!(" SELECT CASE WHEN (SELECT count(*) FROM k) <= {most} THEN (SELECT CAST(COALESCE(sum("));
        // The few who bear a name: what is needed of them is looked up one by one.
        self.counting = false;
        self.counted(None, row, beside(&conditions), &format!(" AND t{alias}.{column} = k.key"));
        self.counting = true;
        self.push("), 0) AS BIGINT) FROM (SELECT DISTINCT key FROM k) k) ELSE ");
        self.counted(None, row, conditions, "");
        self.push(" END)");
    }

    fn counted(
        &mut self,
        parent: Option<(Row, &'static Relation)>,
        row: Row,
        conditions: Vec<Condition>,
        further: &str,
    ) {
        self.push("(SELECT count(*)");
        self.source(parent, row);
        self.conditions(row, conditions);
        self.push(further);
        self.push(")");
    }

    fn keys(&mut self, row: Row, by_keys: ByKeys) {
        let base = self.bound.len();
        self.bound.extend(by_keys.values);
        self.push("WITH k AS MATERIALIZED (");
        self.render(&by_keys.keys, row, None, base);
        self.push(")");
    }
}
