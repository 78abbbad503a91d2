//! Set-based writing: one statement for all rows of a table, on both databases.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Value,
    sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query},
};

/// A row's values, in the order of its table's columns.
pub type Row = Vec<Value>;

/// A table whose rows are found again by a natural key.
pub struct Table {
    pub name: &'static str,
    /// The key as its unique index spells it, columns or expressions.
    pub key: &'static [&'static str],
    /// Written at each load.
    pub columns: &'static [&'static str],
    /// Written with a new row only, after `columns`: from then on they belong to the users.
    pub initial: &'static [&'static str],
}

impl Table {
    /// Inserts or updates the rows and answers them as stored, with their ids, in no particular order.
    pub async fn write(&self, tx: &DatabaseTransaction, rows: Vec<Row>) -> Result<Vec<QueryResult>, DbErr> {
        self.write_where(tx, rows, None).await
    }

    /// The same, but a row that an agency recorded or corrected is its own from then on.
    pub async fn write_unrecorded(&self, tx: &DatabaseTransaction, rows: Vec<Row>) -> Result<Vec<QueryResult>, DbErr> {
        self.write_where(tx, rows, Some(format!("{}.recorded_by IS NULL", self.name))).await
    }

    /// Rows that are there are only written where the condition holds.
    async fn write_where(
        &self,
        tx: &DatabaseTransaction,
        rows: Vec<Row>,
        condition: Option<String>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let updated = self.columns.iter().filter(|column| !self.key.contains(column)).copied();
        let mut conflict = OnConflict::new();
        conflict.exprs(self.key.iter().map(|part| Expr::cust(*part))).update_columns(updated);
        if let Some(condition) = condition {
            conflict.action_and_where(Expr::cust(condition));
        }
        let columns = [self.columns, self.initial].concat();
        let mut insert = insert(self.name, &columns, rows)?;
        tx.query_all(insert.on_conflict(conflict).returning_all()).await
    }
}

/// A table of links that nothing points to: those of the given owners are written anew.
pub struct Links {
    pub name: &'static str,
    /// The column of the owner, the first of `columns`.
    pub owner: &'static str,
    pub columns: &'static [&'static str],
}

impl Links {
    pub async fn replace(
        &self,
        tx: &DatabaseTransaction,
        owners: impl IntoIterator<Item = i64>,
        rows: Vec<Row>,
    ) -> Result<(), DbErr> {
        let delete = Query::delete().from_table(self.name).and_where(Expr::col(self.owner).is_in(owners)).take();
        tx.execute(&delete).await?;
        tx.execute(&insert(self.name, self.columns, rows)?).await?;
        Ok(())
    }
}

fn insert(table: &'static str, columns: &[&'static str], rows: Vec<Row>) -> Result<InsertStatement, DbErr> {
    let mut insert = Query::insert();
    insert.into_table(table).columns(columns.iter().copied());
    for row in rows {
        let row = row.into_iter().map(Expr::val);
        insert.values(row).map_err(|error| DbErr::Custom(format!("{table}: {error}")))?;
    }
    Ok(insert)
}

/// Ids by natural key, as far as one load needs them.
#[derive(Default)]
pub struct Ids(HashMap<String, i64>);

impl Ids {
    /// From rows that have the columns `id` and `code`.
    pub fn by_code(rows: &[QueryResult]) -> Result<Self, DbErr> {
        rows.iter()
            .map(|row| Ok((row.try_get("", "code")?, row.try_get("", "id")?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// # Errors
    /// A key that the data name and don't define.
    pub fn of(&self, key: &str) -> Result<i64, DbErr> {
        self.0.get(key).copied().ok_or_else(|| DbErr::Custom(format!("embedded reference data: no record {key}")))
    }

    pub fn all(&self) -> impl Iterator<Item = i64> + '_ {
        self.0.values().copied()
    }

    pub fn insert(&mut self, key: String, id: i64) {
        self.0.insert(key, id);
    }
}
