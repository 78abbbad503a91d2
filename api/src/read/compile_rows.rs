//! Which rows a viewer sees: the part of the compiler that writes a type's row rule into SQL.

use super::{
    bound::Bound,
    compile::{Compiler, Row},
    projection::{Projection, Rows},
};
use crate::access::{Permission, Reach, to_count};

impl Compiler<'_> {
    /// What the viewer may see of a type's rows, as ` AND …`. `via`: the parent and the condition that led here, which
    /// may already say it.
    pub fn visible(&mut self, row: Row, via: Option<(&'static Projection, &str)>) {
        if let (Some(column), Some(_)) = (row.projection.born, self.setting.day) {
            self.template(&format!(" AND {{t}}.{column} <= {{day}}"), row, None);
        }
        if let Some(hidden) = row.projection.hidden.filter(|hidden| !self.setting.rights.may(hidden.without)) {
            self.template(&format!(" AND {}", hidden.condition("{t}")), row, None);
        }
        match &row.projection.rows {
            Rows::Public | Rows::Embedded => {}
            Rows::Scoped(reach) => {
                self.in_scope(row);
                if !self.needed_with_its_household(*reach, via) {
                    self.needed(row, *reach);
                }
            }
            Rows::ScopedOrShared { members, column } => self.in_scope_or_shared(row, members, column),
            Rows::ScopedByKind { column, kinds } => {
                self.in_scope(row);
                self.needed(row, Reach::OfHousehold);
                let readable = kinds.iter().filter(|(_, permission)| self.setting.rights.may(*permission));
                let list: Vec<_> = readable.map(|(kind, _)| format!("'{kind}'")).collect();
                let list = if list.is_empty() { "NULL".to_owned() } else { list.join(",") };
                self.push(&format!(" AND t{}.{column} IN ({list})", row.alias));
            }
            Rows::UnitInScope if self.setting.rights.scope.column().is_some() => {
                self.push(&format!(" AND (t{}.id = ", row.alias));
                self.bind(self.setting.rights.scope.unit_id().into());
                self.push(&format!(" OR t{}.parent_id = ", row.alias));
                self.bind(self.setting.rights.scope.unit_id().into());
                self.push(")");
            }
            Rows::UnitInScope => {}
            Rows::OwnAgency { all } => self.of_agency(row, *all),
            Rows::OwnToken => {
                self.template(" AND {t}.id = ", row, None);
                self.bind_as(Bound::Token);
            }
            Rows::Through { parent, column } => self.through(row, parent, column, via, false),
            Rows::ThroughOrNone { parent, column } => self.through(row, parent, column, via, true),
        }
    }

    fn in_scope(&mut self, row: Row) {
        let scope = self.setting.rights.scope;
        if let Some(column) = scope.column() {
            self.push(&format!(" AND t{}.{column} = ", row.alias));
            self.bind(scope.unit_id().into());
        }
    }

    /// Whether what led here is the household, seen itself, that the row is needed with. Not as of a day: those who were
    /// in it then may have left.
    fn needed_with_its_household(&self, reach: Reach, via: Option<(&'static Projection, &str)>) -> bool {
        let with_household = matches!(reach, Reach::Person | Reach::OfHousehold) && self.setting.day.is_none();
        with_household
            && via.is_some_and(|(from, on)| {
                matches!(from.rows, Rows::Scoped(Reach::Household)) && on.starts_with("{c}.household_id = {t}.id")
            })
    }

    /// What the viewer's agency needs of a type.
    fn needed(&mut self, row: Row, reach: Reach) {
        if self.told_needed && reach == Reach::Household {
            return;
        }
        let rights = self.setting.rights;
        if let Some(condition) = rights.need.condition(reach, "{t}", "{today}") {
            let whole = self.counting && rights.scope.column().is_none();
            let condition = if whole { to_count(&condition) } else { condition };
            self.template(&format!(" AND ({condition})"), row, None);
        }
    }

    /// Whether the viewer sees a row of a sub-select, under an alias of its own.
    pub(super) fn seen(&mut self, row: Row, alias: &str, reach: Reach) {
        let rights = self.setting.rights;
        self.push("(TRUE");
        if let Some(column) = rights.scope.column() {
            self.push(&format!(" AND {alias}.{column} = "));
            self.bind(rights.scope.unit_id().into());
        }
        if let Some(condition) = rights.need.condition(reach, alias, "{today}") {
            self.template(&format!(" AND ({condition})"), row, None);
        }
        self.push(")");
    }

    fn of_agency(&mut self, row: Row, all: Permission) {
        let (rights, alias) = (self.setting.rights, row.alias);
        if !rights.may(all) {
            self.push(&format!(" AND t{alias}.agency_id = "));
            self.bind(rights.agency_id.into());
        }
        if rights.scope.column().is_some() {
            self.push(&format!(" AND (t{alias}.scope_unit_id = "));
            self.bind(rights.scope.unit_id().into());
            self.push(&format!(" OR t{alias}.scope_unit_id IN (SELECT id FROM admin_unit WHERE parent_id = "));
            self.bind(rights.scope.unit_id().into());
            self.push("))");
        }
    }

    fn in_scope_or_shared(&mut self, row: Row, members: &'static Projection, refers: &str) {
        let (scope, alias) = (self.setting.rights.scope, row.alias);
        if let Some(column) = scope.column() {
            self.push(&format!(" AND (t{alias}.{column} = "));
            self.bind(scope.unit_id().into());
            let (member, table) = (self.row(members), members.table);
            self.push(&format!(
                " OR t{alias}.commune_id IS NULL AND t{alias}.district_id IS NULL \
                 OR EXISTS (SELECT 1 FROM {table} t{} WHERE t{}.{refers} = t{alias}.id",
                member.alias, member.alias
            ));
            self.visible(member, None);
            self.push("))");
        }
    }

    fn through(
        &mut self,
        row: Row,
        parent: &'static Projection,
        column: &str,
        via: Option<(&'static Projection, &str)>,
        or_none: bool,
    ) {
        let said = via.is_some_and(|(from, on)| {
            std::ptr::eq(from, parent) && on.starts_with(&format!("{{c}}.{column} = {{t}}.id"))
        });
        if said || !self.limits_rows(parent) {
            return;
        }
        let above = self.row(parent);
        self.push(" AND (");
        if or_none {
            self.push(&format!("t{}.{column} IS NULL OR ", row.alias));
        }
        let (table, alias) = (parent.table, above.alias);
        self.push(&format!("EXISTS (SELECT 1 FROM {table} t{alias} WHERE t{alias}.id = t{}.{column}", row.alias));
        self.visible(above, None);
        self.push("))");
    }

    /// Whether the viewer sees less than all rows of a type.
    fn limits_rows(&self, projection: &Projection) -> bool {
        if projection.hidden.is_some_and(|hidden| !self.setting.rights.may(hidden.without)) {
            return true;
        }
        match &projection.rows {
            Rows::Public | Rows::Embedded => false,
            Rows::Scoped(reach) => {
                let rights = self.setting.rights;
                rights.scope.column().is_some() || rights.need.condition(*reach, "", "").is_some()
            }
            Rows::ScopedOrShared { .. } | Rows::UnitInScope => self.setting.rights.scope.column().is_some(),
            Rows::OwnAgency { all } => !self.setting.rights.may(*all) || self.setting.rights.scope.column().is_some(),
            Rows::ScopedByKind { .. } | Rows::OwnToken => true,
            Rows::Through { parent, .. } | Rows::ThroughOrNone { parent, .. } => self.limits_rows(parent),
        }
    }
}
