//! The register in an SQLite file, read past the service.

use std::path::PathBuf;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, QueryResult, Statement};

use crate::trouble::{Result, While};

pub struct Sqlite {
    path: PathBuf,
    pub version: String,
}

impl Sqlite {
    pub async fn at(path: PathBuf) -> Result<Self> {
        let memory = Database::connect("sqlite::memory:").await?;
        let version = rows(&memory, "SELECT sqlite_version()").await?.into_iter().flatten().flatten().next();
        Ok(Self { path, version: version.unwrap_or_default() })
    }

    pub fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.path.display())
    }

    pub async fn rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        rows(&Database::connect(self.url()).await?, sql).await
    }

    pub async fn execute(&self, sql: &str) -> Result<()> {
        Database::connect(self.url()).await?.execute_unprepared(sql).await?;
        Ok(())
    }
}

async fn rows(database: &DatabaseConnection, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.during(|| sql.to_owned())?;
    rows.iter().map(|row| (0..row.column_names().len()).map(|place| Ok(cell(row, place)?)).collect()).collect()
}

/// A number or a text, as text.
fn cell(row: &QueryResult, place: usize) -> std::result::Result<Option<String>, DbErr> {
    match row.try_get_by_index::<Option<i64>>(place) {
        Ok(number) => Ok(number.map(|number| number.to_string())),
        Err(_) => row.try_get_by_index(place),
    }
}
