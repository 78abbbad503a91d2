//! The entities against the migrated tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    IdenStatic, Iterable, PrimaryKeyToColumn, QueryFilter, Statement, entity::prelude::ActiveModelTrait,
    sea_query::ColumnType,
};

use crate::{enums::*, ids::*, *};

async fn migrated() -> DatabaseConnection {
    // An in-memory database is its connection's own.
    let db = Database::connect(ConnectOptions::new("sqlite::memory:").max_connections(1).to_owned()).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    db
}

/// What a table or an entity says of a column: its type, whether it may be null, whether it is in the primary key.
type Shape = BTreeMap<String, (&'static str, bool, bool)>;

async fn table_shape(db: &DatabaseConnection, table: &str) -> Shape {
    let sql = format!("SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table}')");
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let shape = rows.iter().map(|row| {
        let name: String = row.try_get("", "name").unwrap();
        let declared: String = row.try_get("", "type").unwrap();
        let not_null: bool = row.try_get("", "notnull").unwrap();
        let key = row.try_get::<i64>("", "pk").unwrap() > 0;
        let kind = match declared.as_str() {
            // An identity column is an INTEGER on SQLite, a BIGINT on PostgreSQL.
            "INTEGER" if key => "bigint",
            "BIGINT" => "bigint",
            "INTEGER" => "integer",
            "TEXT" => "text",
            "BOOLEAN" => "boolean",
            "date_text" => "date",
            other => panic!("{table}.{name}: {other}"),
        };
        (name, (kind, !not_null && !key, key))
    });
    shape.collect()
}

fn entity_shape<E: EntityTrait>() -> Shape {
    let keys: BTreeSet<_> = E::PrimaryKey::iter().map(|key| key.into_column().as_str()).collect();
    let shape = E::Column::iter().map(|column| {
        let (name, definition) = (column.as_str(), column.def());
        let kind = match definition.get_column_type() {
            ColumnType::BigInteger => "bigint",
            ColumnType::Integer => "integer",
            // SQLite keeps JSON as text.
            ColumnType::Text | ColumnType::String(_) | ColumnType::JsonBinary => "text",
            ColumnType::Boolean => "boolean",
            ColumnType::Date => "date",
            other => panic!("{name}: {other:?}"),
        };
        (name.to_owned(), (kind, definition.is_null(), keys.contains(name)))
    });
    shape.collect()
}

async fn check_shape<E: EntityTrait>(db: &DatabaseConnection) {
    let table = E::default();
    assert_eq!(entity_shape::<E>(), table_shape(db, table.table_name()).await, "{}", table.table_name());
    assert!(E::find().all(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn each_table_has_an_entity_of_its_shape() {
    let db = migrated().await;
    let mut entities = BTreeSet::new();
    macro_rules! check {
        ($($table:ident)+) => { $(
            check_shape::<$table::Entity>(&db).await;
            entities.insert(stringify!($table).to_owned());
        )+ };
    }
    check! {
        admin_unit admin_unit_successor unit_area agency agency_successor
        plan plan_source program program_agency funding_line indicator indicator_agency indicator_reading plan_task
        plan_task_agency report_obligation plan_discrepancy program_spending
        poverty_standard household household_history person membership_history insurance_coverage poverty_review
        benefit benefit_funding benefit_payment benefit_transition benefit_override
        program_limit assistance_level assistance_coefficient urgent_help_rule
        loan_ceiling loan_ceiling_product loan_rule risk_debt_rule savings_group
        loan_product loan_rate loan loan_override solvency_analysis loan_funding loan_transaction loan_transition
        model_project model_funding model_participation participation_funding capital_movement
        sponsor pledge gift sponsorship
        client role role_permission client_operation client_role token token_role client_key client_issuer assertion_use
        number_look_up
        closed_day closed_statistics closed_cell closed_contribution kept_figure
        audit_entry change_event idempotency_key reference_load
    }

    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
               AND name NOT LIKE 'seaql%' AND name NOT LIKE '%_search%'";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let tables: BTreeSet<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    assert_eq!(entities, tables);
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// One unit serves as commune and district of every household here.
async fn unit(db: &DatabaseConnection) -> AdminUnitId {
    if let Some(unit) = admin_unit::Entity::find().one(db).await.unwrap() {
        return unit.id;
    }
    let unit = admin_unit::ActiveModel {
        code: Set("28756".into()),
        name: Set("Phường 1".into()),
        level: Set(AdminLevel::Commune),
        unit_type: Set("WARD".into()),
        area_kind: Set(Some(AreaKind::Urban)),
        valid_to: Set(Some(day("2024-11-30"))),
        ..Default::default()
    };
    unit.insert(db).await.unwrap().id
}

async fn household(db: &DatabaseConnection, code: &str, categories: EnumSet<HouseholdCategory>) -> household::Model {
    let unit = unit(db).await;
    let household = household::ActiveModel {
        code: Set(code.into()),
        commune_id: Set(unit),
        district_id: Set(unit),
        area_kind: Set(AreaKind::Urban),
        categories: Set(categories),
        search_text: Set(code.to_lowercase()),
        poverty_class: Set(Some(PovertyClass::NearPoor)),
        registered_on: Set(day("2022-04-07")),
        history_from: Set(day("2022-04-07")),
        created_at: Set(1_649_300_000_000_000),
        updated_at: Set(1_649_300_000_000_001),
        ..Default::default()
    };
    household.insert(db).await.unwrap()
}

#[tokio::test]
async fn ids_enums_sets_and_dates_come_back() {
    let db = migrated().await;
    let categories = EnumSet::from([HouseholdCategory::Merit, HouseholdCategory::NoLabour]);
    let written = household(&db, "28756-001", categories).await;

    let read = household::Entity::find_by_id(written.id).one(&db).await.unwrap().unwrap();
    assert_eq!(read, written);
    assert_eq!((read.categories, read.version), (categories, 1));
    assert_eq!((read.poverty_class, read.next_class), (Some(PovertyClass::NearPoor), None));
    assert_eq!((read.registered_on, read.dissolved_on), (day("2022-04-07"), None));
    assert_eq!(read.updated_at, 1_649_300_000_000_001);

    let unit = admin_unit::Entity::find_by_id(read.commune_id).one(&db).await.unwrap().unwrap();
    assert_eq!((unit.level, unit.area_kind), (AdminLevel::Commune, Some(AreaKind::Urban)));
    assert_eq!((unit.valid_from, unit.valid_to), (None, Some(day("2024-11-30"))));
}

#[tokio::test]
async fn filters_take_ids_enums_and_sets() {
    let db = migrated().await;
    let merit = EnumSet::from([HouseholdCategory::Merit]);
    let first = household(&db, "28756-001", merit).await;
    household(&db, "28756-002", EnumSet::new()).await;

    let found = household::Entity::find()
        .filter(household::COLUMN.id.eq(first.id))
        .filter(household::COLUMN.categories.eq(merit))
        .filter(household::COLUMN.poverty_class.eq(PovertyClass::NearPoor))
        .filter(household::COLUMN.registered_on.lte(day("2022-12-31")))
        .all(&db)
        .await
        .unwrap();
    assert_eq!(found, [first]);
}

#[tokio::test]
async fn booleans_and_keys_of_two_columns_come_back() {
    let db = migrated().await;
    let role = role::ActiveModel {
        code: Set("AUDITOR".into()),
        name: Set("Auditor".into()),
        built_in: Set(true),
        ..Default::default()
    };
    let role = role.insert(&db).await.unwrap();
    assert!(role.built_in);

    let key = (role.id, "audit.read".to_owned());
    let permission = role_permission::ActiveModel { role_id: Set(key.0), permission: Set(key.1.clone()) };
    role_permission::Entity::insert(permission).exec(&db).await.unwrap();
    let read = role_permission::Entity::find_by_id(key.clone()).one(&db).await.unwrap();
    assert_eq!(read, Some(role_permission::Model { role_id: key.0, permission: key.1 }));
}

#[tokio::test]
async fn a_text_or_a_bit_without_a_value_is_an_error() {
    let db = migrated().await;
    for change in ["area_kind = 'SUBURBAN'", "categories = 32"] {
        let written = household(&db, change, EnumSet::new()).await;
        let sql = format!("UPDATE household SET {change} WHERE id = {}", written.id.0);
        db.execute_unprepared(&sql).await.unwrap();
        assert!(household::Entity::find_by_id(written.id).one(&db).await.is_err(), "{change}");
    }
}
