//! What a closing reads of the register, and writes of the day: one statement for each source, never one for a unit.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entity::{closed_cell, closed_contribution, closed_day, closed_statistics, ids::AdminUnitId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, Value,
};

use super::{
    cell::{Cell, Cells, Sum},
    figures::{Commune, Figures},
};
use crate::{
    access::hidden::TELLING_NOTHING,
    clock,
    db::{Db, Dialect},
    error::Result,
};

const COMMUNES: &str = "
SELECT id, parent_id FROM admin_unit
 WHERE level = 'COMMUNE' AND parent_id IS NOT NULL
   AND (valid_from IS NULL OR valid_from <= {1}) AND (valid_to IS NULL OR valid_to >= {1}) ORDER BY id";

const HOUSEHOLDS: &str = "
SELECT commune_id, count(*), count(CASE WHEN class = 'POOR' THEN 1 END), count(CASE WHEN class = 'NEAR_POOR' THEN 1 END),
       count(CASE WHEN class = 'NEWLY_ESCAPED' THEN 1 END)
  FROM (SELECT commune_id, CASE WHEN next_class_on <= {1} THEN next_class ELSE poverty_class END AS class
          FROM household WHERE dissolved_on IS NULL) h
 GROUP BY commune_id";

const PERSONS: &str = "
SELECT p.commune_id, count(*), count(c.person_id)
  FROM person p
  LEFT JOIN (SELECT DISTINCT person_id FROM insurance_coverage
              WHERE kind = 'HEALTH' AND valid_from <= {1} AND (valid_to IS NULL OR valid_to >= {1})) c
    ON c.person_id = p.id
 WHERE p.household_id IS NOT NULL AND p.died_on IS NULL
 GROUP BY p.commune_id";

const SUMS: &str = "
SELECT commune_id, CAST(sum({amount}) AS BIGINT), count(*) FROM {table} WHERE {amount} > 0 GROUP BY commune_id";

/// A contribution that stands on one side only is new, gone, or of another amount.
const CHANGES: &str = "
SELECT unit_id, count(DISTINCT record_id)
  FROM (SELECT unit_id, record_id
          FROM (SELECT unit_id, record_id, amount FROM closed_contribution WHERE cell = {1}
                UNION ALL
                SELECT commune_id, id, {amount} FROM {table} WHERE {amount} > 0) both_sides
         GROUP BY unit_id, record_id, amount HAVING count(*) = 1) changes
 GROUP BY unit_id";

const KEEP: &str = "
INSERT INTO closed_contribution (cell, unit_id, record_id, amount)
SELECT {1}, commune_id, id, {amount} FROM {table} WHERE {amount} > 0 AND {communes}";

const HIDDEN: &str = "SELECT district_id, id, {amount} FROM {table} WHERE {amount} > 0 AND {communes}";

/// Contributions by unit and record.
pub type Contributions = BTreeMap<i64, BTreeMap<i64, i64>>;

/// Whether the day, or a later one, is closed.
pub async fn is_closed(db: &Db, day: NaiveDate) -> Result<bool> {
    let closed = closed_day::Entity::find().filter(closed_day::Column::Day.gte(day)).count(&db.connection).await?;
    Ok(closed > 0)
}

/// A day that this node closes: the transaction in which it does.
pub struct Day {
    tx: DatabaseTransaction,
    dialect: Dialect,
    day: NaiveDate,
    units_day: NaiveDate,
}

impl Day {
    /// Takes the day; none where another node has it. One that has it and isn't done is waited for.
    pub async fn begin(db: &Db, day: NaiveDate, units_day: NaiveDate, now: i64) -> Result<Option<Self>> {
        let tx = db.begin_snapshot().await?;
        let row = closed_day::ActiveModel { day: Set(day), as_of: Set(clock::end_of_day(day)), closed_at: Set(now) };
        let taken = closed_day::Entity::insert(row).on_conflict_do_nothing().exec_without_returning(&tx).await?;
        let taken = matches!(taken, sea_orm::TryInsertResult::Inserted(rows) if rows > 0);
        Ok(taken.then_some(Self { tx, dialect: db.dialect, day, units_day }))
    }

    async fn rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>> {
        Ok(self.tx.query_all_raw(self.dialect.statement(self.numbered(sql), values)).await?)
    }

    fn numbered(&self, sql: &str) -> String {
        let placeholder = self.dialect.placeholder();
        sql.replace("{1}", &format!("{placeholder}1")).replace("{2}", &format!("{placeholder}2"))
    }

    /// What the cells showed on the days before.
    pub async fn cells(&self) -> Result<Cells> {
        let stored = closed_cell::Entity::find().order_by_asc(closed_cell::Column::Day).all(&self.tx).await?;
        let taken = stored.into_iter().filter_map(|row| Some((row.unit_id.0, Cell::parse(&row.cell)?, row.value)));
        Ok(Cells::remember(taken))
    }

    /// The communes of the register with their numbers of households and persons, classes and insurance as of the day.
    pub async fn communes(&self) -> Result<Vec<Commune>> {
        let mut communes = BTreeMap::new();
        for row in self.rows(COMMUNES, vec![self.units_day.into()]).await? {
            let (id, district) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            communes.insert(id, Commune { id, district, ..Commune::default() });
        }
        for row in self.rows(HOUSEHOLDS, vec![self.day.into()]).await? {
            let Some(commune) = communes.get_mut(&row.try_get_by_index(0)?) else { continue };
            commune.households = row.try_get_by_index(1)?;
            commune.poor = row.try_get_by_index(2)?;
            commune.near_poor = row.try_get_by_index(3)?;
            commune.newly_escaped = row.try_get_by_index(4)?;
        }
        for row in self.rows(PERSONS, vec![self.day.into()]).await? {
            let Some(commune) = communes.get_mut(&row.try_get_by_index(0)?) else { continue };
            commune.persons = row.try_get_by_index(1)?;
            commune.insured = row.try_get_by_index(2)?;
        }
        Ok(communes.into_values().collect())
    }

    /// The sums of money by commune, and how much of each is other than what its cell was made of.
    pub async fn sums(&self, cell: Cell) -> Result<BTreeMap<i64, Sum>> {
        let mut sums: BTreeMap<i64, Sum> = BTreeMap::new();
        for row in self.rows(&from_source(SUMS, cell), Vec::new()).await? {
            let sum = sums.entry(row.try_get_by_index(0)?).or_default();
            (sum.amount, sum.of) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        }
        for row in self.rows(&from_source(CHANGES, cell), vec![cell.code().into()]).await? {
            sums.entry(row.try_get_by_index(0)?).or_default().changed = row.try_get_by_index(1)?;
        }
        Ok(sums)
    }

    /// What the sums of these communes are made of, by district.
    pub async fn contributions(&self, cell: Cell, communes: &[i64]) -> Result<Contributions> {
        let among = self.dialect.one_of("commune_id", "{1}");
        let sql = from_source(HIDDEN, cell).replace("{communes}", &among);
        let mut found = Contributions::new();
        for row in self.rows(&sql, vec![self.dialect.numbers(communes.iter().copied())]).await? {
            let of_district = found.entry(row.try_get_by_index(0)?).or_default();
            of_district.insert(row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        }
        Ok(found)
    }

    /// What the cells of these units were made of when they took their values.
    pub async fn kept_contributions(&self, cell: Cell, units: &BTreeSet<i64>) -> Result<Contributions> {
        let stored: Vec<(i64, i64, i64)> = closed_contribution::Entity::find()
            .select_only()
            .columns([
                closed_contribution::Column::UnitId,
                closed_contribution::Column::RecordId,
                closed_contribution::Column::Amount,
            ])
            .filter(closed_contribution::Column::Cell.eq(cell.code()))
            .filter(self.dialect.one_of_expr("unit_id", self.dialect.numbers(units.iter().copied())))
            .into_tuple()
            .all(&self.tx)
            .await?;
        let mut kept = Contributions::new();
        for (unit, record, amount) in stored {
            kept.entry(unit).or_default().insert(record, amount);
        }
        Ok(kept)
    }

    /// Notes what the cells of these communes are made of now.
    pub async fn keep_contributions(&self, cell: Cell, communes: &[i64]) -> Result<()> {
        self.forget_contributions(cell, communes).await?;
        let among = self.dialect.one_of("commune_id", "{2}");
        let sql = from_source(KEEP, cell).replace("{communes}", &among);
        let values = vec![cell.code().into(), self.dialect.numbers(communes.iter().copied())];
        self.tx.execute_raw(self.dialect.statement(self.numbered(&sql), values)).await?;
        Ok(())
    }

    /// Notes what the cells of these districts are made of now.
    pub async fn replace_contributions(&self, cell: Cell, districts: &[i64], now: &Contributions) -> Result<()> {
        self.forget_contributions(cell, districts).await?;
        let rows = districts.iter().filter_map(|district| Some((*district, now.get(district)?)));
        let rows = rows.flat_map(|(district, of_district)| {
            of_district.iter().map(move |(record, amount)| closed_contribution::ActiveModel {
                cell: Set(cell.code().to_owned()),
                unit_id: Set(AdminUnitId(district)),
                record_id: Set(*record),
                amount: Set(*amount),
            })
        });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            closed_contribution::Entity::insert_many(rows).exec_without_returning(&self.tx).await?;
        }
        Ok(())
    }

    async fn forget_contributions(&self, cell: Cell, units: &[i64]) -> Result<()> {
        closed_contribution::Entity::delete_many()
            .filter(closed_contribution::Column::Cell.eq(cell.code()))
            .filter(self.dialect.one_of_expr("unit_id", self.dialect.numbers(units.iter().copied())))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Writes the figures and the values that cells took, and ends.
    pub async fn write(self, figures: BTreeMap<i64, Figures>, taken: &[(i64, Cell, i64)]) -> Result<()> {
        let day = self.day;
        let rows: Vec<_> = figures.into_iter().map(|(unit, figures)| row(day, unit, figures)).collect();
        if !rows.is_empty() {
            closed_statistics::Entity::insert_many(rows).exec_without_returning(&self.tx).await?;
        }
        let rows = taken.iter().map(|(unit, cell, value)| closed_cell::ActiveModel {
            unit_id: Set(AdminUnitId(*unit)),
            cell: Set(cell.code().to_owned()),
            day: Set(day),
            value: Set(*value),
        });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            closed_cell::Entity::insert_many(rows).exec_without_returning(&self.tx).await?;
        }
        Ok(self.tx.commit().await?)
    }
}

/// The statement over the table and column that the cell sums up.
fn from_source(sql: &str, cell: Cell) -> String {
    let (table, amount) = match cell {
        Cell::LoansOverdue => ("loan", "overdue_principal"),
        Cell::BenefitsPaid => (TELLING_NOTHING, "paid_amount"),
        _ => ("loan", "outstanding_principal"),
    };
    sql.replace("{table}", &format!("{table} s")).replace("{amount}", amount)
}

fn row(day: NaiveDate, unit: i64, figures: Figures) -> closed_statistics::ActiveModel {
    closed_statistics::ActiveModel {
        day: Set(day),
        unit_id: Set(AdminUnitId(unit)),
        households: Set(figures.households),
        poor: Set(figures.poor),
        near_poor: Set(figures.near_poor),
        newly_escaped: Set(figures.newly_escaped),
        persons: Set(figures.persons),
        insured_persons: Set(figures.insured_persons),
        loans_outstanding: Set(figures.loans_outstanding),
        loans_overdue: Set(figures.loans_overdue),
        benefits_paid: Set(figures.benefits_paid),
    }
}
