//! Rows by keys of theirs: the part of the compiler that finds the rows of a condition by a few keys, or by the condition
//! itself where the keys are many. Which it is PostgreSQL sees when it runs the statement, so one plan serves for both.

use super::{
    bound::Bound,
    compile::{Compiler, Row},
    condition::{ByKeys, Condition},
    pages::Window,
    projection::{Relation, Sort},
};

/// The first that a condition has.
pub(super) fn by_keys(conditions: &[Condition]) -> Option<ByKeys> {
    conditions.iter().find_map(|condition| condition.by_keys.clone())
}

/// The others: what is left to ask of the rows of a key.
fn beside(conditions: &[Condition]) -> Vec<Condition> {
    let found = conditions.iter().position(|condition| condition.by_keys.is_some());
    let others = conditions.iter().enumerate().filter(|(place, _)| Some(*place) != found);
    others.map(|(_, condition)| condition.clone()).collect()
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

    /// How many rows there are.
    pub(super) fn total(&mut self, parent: Option<(Row, &'static Relation)>, row: Row, conditions: Vec<Condition>) {
        let Some(by_keys) = by_keys(&conditions).filter(|_| parent.is_none()) else {
            return self.counted(parent, row, conditions, "");
        };
        let (alias, column, most) = (row.alias, by_keys.column, by_keys.most);
        self.push("(");
        self.keys(row, by_keys);
        self.push(&format!(" SELECT CASE WHEN (SELECT count(*) FROM k) <= {most} THEN (SELECT CAST(COALESCE(sum("));
        self.counted(None, row, beside(&conditions), &format!(" AND t{alias}.{column} = k.key"));
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
