//! How units and agencies are read.

use crate::read::projection::{Projection, Rows, column, id, many, one};

pub static ADMIN_UNIT: Projection = Projection::new(
    "AdminUnit",
    "admin_unit",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code")
            .public()
            .doc("Official code; reused over time, so only code and day name a unit."),
        column("name", "String!", "name").public().doc("With its kind: Xã Sơn Đông."),
        column("level", "AdminLevel!", "level").public().doc("Province, district, commune or hamlet."),
        column("areaKind", "AreaKind", "area_kind").public().doc("Rural or urban; null above the commune."),
        one("parent", "AdminUnit", &ADMIN_UNIT, "{c}.id = {t}.parent_id")
            .public()
            .doc("The unit that this one is part of."),
        column("validFrom", "Date", "valid_from")
            .public()
            .doc("First day in this form; null where it existed before the plan."),
        column("validTo", "Date", "valid_to").public().doc("Last day in this form; null while it lasts."),
        many("successors", "[AdminUnit!]!", &ADMIN_UNIT, "{c}s.unit_id = {t}.id", "{c}s.position")
            .join("JOIN admin_unit_successor {c}s ON {c}s.successor_id = {c}.id")
            .public()
            .doc("The units that took this one over, newest law last."),
        column("mappingStatus", "String", "mapping_status")
            .public()
            .doc("Where its successors are known from: published, dataset, unverified; abolished has none. Null while it lasts."),
        column("note", "String", "note").public().doc("What is known of the step to the next form."),
    ],
)
.doc("A province, district, commune or hamlet in one form of its life.");

pub static AGENCY: Projection = Projection::new(
    "Agency",
    "agency",
    Rows::Public,
    &[
        id(),
        column("code", "String!", "code").public().doc("Short code, unique: VBSP."),
        column("name", "String!", "name").public().doc("Vietnamese name."),
        column("nameEn", "String!", "name_en").public().doc("English name."),
        column("nameBasis", "Basis!", "name_basis")
            .public()
            .doc("Whether the plan names the body or its name was concluded."),
        column("validTo", "Date", "valid_to").public().doc("Last day of the agency; null while it lasts."),
        many("successors", "[Agency!]!", &AGENCY, "{c}s.agency_id = {t}.id", "{c}s.position")
            .join("JOIN agency_successor {c}s ON {c}s.successor_id = {c}.id")
            .public()
            .doc("The agencies that took its tasks over."),
    ],
)
.doc("A body that carries out the plan.");
