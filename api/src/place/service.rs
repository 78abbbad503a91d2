//! What can be done with units: hamlets are registered, everything above them comes with the reference data.

use async_graphql::InputObject;
use entity::{
    admin_unit,
    enums::{AdminLevel, AreaKind},
    ids::AdminUnitId,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use super::{Unit, UnitRef, store};
use crate::{
    access::{Permission, Scope},
    error::{Failure, Result},
    exchange::{Subject, Write},
    fold::fold,
    request::Request,
    schema::text,
};

const MAX_NAME: usize = 100;

/// Hamlets have no official list: the communes register their own.
#[derive(Clone, InputObject)]
pub struct RegisterHamletInput {
    /// The commune that the hamlet is part of.
    pub commune_code: String,
    /// With or without its kind: `Phú Lợi` is registered as `Ấp Phú Lợi`.
    pub name: String,
    /// An urban quarter (khu phố) rather than a hamlet (ấp).
    #[graphql(default = false)]
    pub urban_quarter: bool,
}

/// What a unit below the commune is called, and how that is written before its name.
#[derive(Clone, Copy)]
enum Kind {
    Hamlet,
    Quarter,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Hamlet => "Ấp",
            Self::Quarter => "Khu phố",
        }
    }

    const fn unit_type(self) -> &'static str {
        match self {
            Self::Hamlet => "HAMLET",
            Self::Quarter => "QUARTER",
        }
    }

    /// What follows the kind in a name; none where the name doesn't begin with it.
    fn stripped(self, name: &str) -> Option<String> {
        let words: Vec<&str> = name.split_whitespace().collect();
        let (kind, rest) = words.split_at_checked(self.word().split_whitespace().count())?;
        (fold(&kind.join(" ")) == fold(self.word())).then(|| rest.join(" "))
    }
}

/// Registers a hamlet and tells its id. Its code is the commune's and the next number.
pub async fn register_hamlet(request: &Request, input: RegisterHamletInput) -> Result<i64> {
    request.viewer.require(Permission::UnitWrite)?;
    let (commune, district) = commune_in_scope(request, &input.commune_code, "input.communeCode")?;
    let commune_id = AdminUnitId(commune.id);
    let kind = if input.urban_quarter { Kind::Quarter } else { Kind::Hamlet };
    let name = full_name(kind, &input.name)?;
    let mut write = Write::begin(request, "registerHamlet").await?;
    store::lock(&write, commune_id).await?;
    let known = store::hamlets(&write, commune_id, &commune.code).await?;
    let namesake = known.iter().find(|hamlet| {
        hamlet.parent_id == Some(commune_id)
            && hamlet.valid_to.is_none()
            && hamlet.name.to_lowercase() == name.to_lowercase()
    });
    if let Some(namesake) = namesake {
        return Err(Failure::conflict(
            format!("The commune has a hamlet of this name already, with the code {}.", namesake.code),
            format!("Xã đã có ấp, khu phố cùng tên, mã {}.", namesake.code),
        )
        .with_field("input.name"));
    }
    let hamlet = admin_unit::ActiveModel {
        id: NotSet,
        code: Set(next_code(&commune.code, known.iter().map(|hamlet| hamlet.code.as_str()))),
        name: Set(name),
        level: Set(AdminLevel::Hamlet),
        unit_type: Set(kind.unit_type().to_owned()),
        area_kind: Set(commune.area_kind.as_deref().and_then(AreaKind::parse)),
        parent_id: Set(Some(commune_id)),
        // It was there before it was registered, nobody says since when.
        valid_from: Set(None),
        valid_to: Set(None),
        mapping_status: Set(None),
        note: Set(None),
    };
    let hamlet = hamlet.insert(&write.tx).await?;
    write.created(
        Subject {
            type_name: "AdminUnit",
            id: hamlet.id.0,
            version: 1,
            commune_id: Some(commune_id),
            district_id: Some(district),
        },
        &["code", "name", "level", "areaKind", "parent"],
    );
    write.commit().await?;
    request.catalog.learn(&request.db, "a hamlet").await;
    Ok(hamlet.id.0)
}

/// The id of the unit that a figure is asked of: a commune, a district or the province; the caller's own where none is named.
pub fn above_hamlets(request: &Request, named: Option<&UnitRef>, field: &str) -> Result<i64> {
    let Some(named) = named else { return Ok(request.viewer.scope.unit_id()) };
    let unit = request.catalog.resolve(named, field)?;
    if unit.level() != Some(AdminLevel::Hamlet) {
        return Ok(unit.id);
    }
    Err(Failure::input(
        format!("{field}.code"),
        "This is asked of a commune, a district or the province, not of a hamlet.",
        "Chỉ tra cứu được theo xã, huyện hoặc toàn tỉnh, không theo ấp, khu phố.",
    ))
}

/// The commune with this code, which must lie in the viewer's scope, and its district.
pub fn commune_in_scope(request: &Request, code: &str, field: &str) -> Result<(Unit, AdminUnitId)> {
    let (commune, district) = commune(request, code, field)?;
    let covered = match request.viewer.scope {
        Scope::Province { .. } => true,
        scope => scope.covers(commune.id, district.0),
    };
    if !covered {
        return Err(Failure::forbidden(
            format!("The commune {code} lies outside your scope."),
            format!("Xã {code} nằm ngoài phạm vi của bạn."),
        )
        .with_field(field));
    }
    Ok((commune, district))
}

/// The commune with this code, wherever in the province, and its district.
pub fn commune(request: &Request, code: &str, field: &str) -> Result<(Unit, AdminUnitId)> {
    let commune = request.catalog.commune(code, field)?;
    let district = commune.parent_id.ok_or_else(|| Failure::internal("a commune without a district"))?;
    Ok((commune, AdminUnitId(district)))
}

/// Whether the unit is a hamlet of the commune. One that another process registered is not in this one's catalog yet.
pub async fn is_hamlet_of(write: &Write<'_>, id: i64, commune: AdminUnitId) -> Result<bool> {
    match write.request.catalog.unit(id) {
        Some(unit) => Ok(unit.level() == Some(AdminLevel::Hamlet) && unit.parent_id == Some(commune.0)),
        None => store::is_hamlet_of(write, AdminUnitId(id), commune).await,
    }
}

/// The name with its kind before it.
fn full_name(kind: Kind, given: &str) -> Result<String> {
    let given = text::required(given, "input.name", MAX_NAME)?;
    let other = match kind {
        Kind::Hamlet => Kind::Quarter,
        Kind::Quarter => Kind::Hamlet,
    };
    if other.stripped(&given).is_some() {
        return Err(Failure::input(
            "input.name",
            format!("The name begins with {:?}, but urbanQuarter says it is {:?}.", other.word(), kind.word()),
            format!("Tên bắt đầu bằng “{}” nhưng urbanQuarter cho biết đây là “{}”.", other.word(), kind.word()),
        ));
    }
    let own = kind.stripped(&given).unwrap_or_else(|| given.split_whitespace().collect::<Vec<_>>().join(" "));
    if own.is_empty() {
        return Err(Failure::input(
            "input.name",
            "The name says only what kind of unit it is.",
            "Tên mới chỉ ghi loại đơn vị, chưa có tên riêng.",
        ));
    }
    Ok(format!("{} {own}", kind.word()))
}

/// The commune's code and the number after the highest given so far, with two digits or more.
fn next_code<'a>(commune: &str, taken: impl Iterator<Item = &'a str>) -> String {
    let highest = taken.filter_map(|code| code.strip_prefix(commune)?.parse::<u32>().ok()).max();
    format!("{commune}{:02}", highest.unwrap_or_default().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_count_up_from_the_highest() {
        assert_eq!(next_code("28757", [].into_iter()), "2875701");
        assert_eq!(next_code("28757", ["2875703", "2875701"].into_iter()), "2875704");
        assert_eq!(next_code("28757", ["2875799"].into_iter()), "28757100");
        assert_eq!(next_code("28757", ["28757100", "2875799"].into_iter()), "28757101");
        assert_eq!(next_code("28757", ["28757AB", "2876007"].into_iter()), "2875701");
    }

    #[test]
    fn a_name_bears_its_kind_once() {
        let hamlet = |name| full_name(Kind::Hamlet, name);
        let quarter = |name| full_name(Kind::Quarter, name);
        assert_eq!(hamlet("Phú  Lợi").unwrap(), "Ấp Phú Lợi");
        assert_eq!(hamlet("ấp Phú Lợi").unwrap(), "Ấp Phú Lợi");
        assert_eq!(hamlet("ẤP 3").unwrap(), "Ấp 3");
        assert_eq!(hamlet("Áp-xe").unwrap(), "Ấp Áp-xe");
        assert_eq!(quarter("2").unwrap(), "Khu phố 2");
        assert_eq!(quarter("khu  phố 2").unwrap(), "Khu phố 2");
        for wrong in [hamlet("Khu phố 2"), quarter("Ấp 2"), hamlet(" ấp "), quarter("Khu phố"), hamlet("")] {
            assert_eq!(wrong.unwrap_err().field.as_deref(), Some("input.name"));
        }
    }
}
