//! How units and agencies are read.

use crate::read::projection::{Projection, Rows, column, id, many, one};

pub static ADMIN_UNIT: Projection = Projection::new(
    "AdminUnit",
    "admin_unit",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").doc("Official code; reused over time, so only code and day name a unit."),
        column("name", "String!", "name").doc("With its kind: Xã Sơn Đông."),
        column("level", "AdminLevel!", "level").doc("Province, district, commune or hamlet."),
        column("areaKind", "AreaKind", "area_kind").doc("Rural or urban; null above the commune."),
        one("parent", "AdminUnit", &ADMIN_UNIT, "{c}.id = {t}.parent_id").doc("The unit that this one is part of."),
        column("validFrom", "Date", "valid_from").doc("First day in this form; null where it existed before the plan."),
        column("validTo", "Date", "valid_to").doc("Last day in this form; null while it lasts."),
        many("successors", "[AdminUnit!]!", &ADMIN_UNIT, "{c}s.unit_id = {t}.id", "{c}s.position")
            .join("JOIN admin_unit_successor {c}s ON {c}s.successor_id = {c}.id")
            .doc("The units that took this one over, newest law last."),
    ],
)
.doc("A province, district, commune or hamlet in one form of its life.");

pub static AGENCY: Projection = Projection::new(
    "Agency",
    "agency",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").doc("Short code, unique: VBSP."),
        column("name", "String!", "name").doc("Vietnamese name."),
        column("nameEn", "String!", "name_en").doc("English name."),
        column("nameBasis", "Basis!", "name_basis").doc("Whether the plan names the body or its name was concluded."),
        column("validTo", "Date", "valid_to").doc("Last day of the agency; null while it lasts."),
        many("successors", "[Agency!]!", &AGENCY, "{c}s.agency_id = {t}.id", "{c}s.position")
            .join("JOIN agency_successor {c}s ON {c}s.successor_id = {c}.id")
            .doc("The agencies that took its tasks over."),
    ],
)
.doc("A body that carries out the plan.");
