//! The plan's 14 tasks. Their status is the users': a new task is PLANNED by default.

use chrono::NaiveDate;
use sea_orm::{DatabaseTransaction, DbErr};
use serde::Deserialize;

use super::{
    agency,
    upsert::{Ids, Links, Row, Table},
};

const TABLE: Table = Table {
    name: "plan_task",
    key: &["plan_id", "number"],
    columns: &["plan_id", "number", "name", "name_en", "starts_on", "ends_on", "note"],
    initial: &[],
};

const AGENCIES: Links =
    Links { name: "plan_task_agency", owner: "task_id", columns: &["task_id", "agency_id", "part", "position"] };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub number: i32,
    pub name: String,
    pub name_en: String,
    /// None, like the end, for tasks that go on or come back every year.
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub leads: Vec<String>,
    pub coordinating: Vec<String>,
    pub note: Option<String>,
}

pub async fn write(tx: &DatabaseTransaction, plan: i64, tasks: &[Task], agencies: &Ids) -> Result<(), DbErr> {
    let mut ids = Ids::default();
    for stored in TABLE.write(tx, tasks.iter().map(|task| row(plan, task)).collect()).await? {
        ids.insert(stored.try_get::<i32>("", "number")?.to_string(), stored.try_get("", "id")?);
    }
    let mut parts = Vec::new();
    for task in tasks {
        parts.push((ids.of(&task.number.to_string())?, &task.leads, &task.coordinating));
    }
    agency::write_parts(tx, &AGENCIES, parts, agencies).await
}

fn row(plan: i64, task: &Task) -> Row {
    vec![
        plan.into(),
        task.number.into(),
        task.name.as_str().into(),
        task.name_en.as_str().into(),
        task.starts_on.into(),
        task.ends_on.into(),
        task.note.as_deref().into(),
    ]
}
