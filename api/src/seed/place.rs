//! Hamlets, and how the households spread over the communes.

use entity::{
    admin_unit,
    enums::{AdminLevel, AreaKind},
    ids::AdminUnitId,
};

use super::{
    random::{Random, Topic},
    register::Register,
    world::{Commune, World},
};

/// Words of which the names of hamlets in Ben Tre are made.
const FIRST: &[&str] = &["Phú", "An", "Bình", "Tân", "Thạnh", "Phước", "Vĩnh", "Long", "Mỹ", "Hòa", "Thới", "Hưng"];
const SECOND: &[&str] =
    &["Lợi", "Thạnh", "Hòa", "Đông", "Tây", "Nhơn", "Thuận", "Lộc", "Điền", "Quới", "Thành", "Trung"];

/// Gives each commune without hamlets four to eight of them: `Khu phố 1` in wards and townships; in communes either
/// numbers or names. The code is the commune's and two digits: no list of hamlets is official.
pub fn hamlets(seed: u64, world: &mut World, register: &mut Register) {
    for commune in world.communes.iter_mut().filter(|commune| commune.hamlets.is_empty()) {
        let mut random = Random::stream(seed, Topic::Hamlet, number(&commune.code));
        let count = random.weighted(&[(4, 10), (5, 25), (6, 30), (7, 25), (8, 10)]);
        let named = commune.area_kind == AreaKind::Rural && random.percent(45);
        let mut names: Vec<String> = Vec::new();
        while names.len() < count {
            let name = match (commune.area_kind, named) {
                (AreaKind::Urban, _) => format!("Khu phố {}", names.len() + 1),
                (AreaKind::Rural, false) => format!("Ấp {}", names.len() + 1),
                (AreaKind::Rural, true) => format!("Ấp {} {}", random.pick(FIRST), random.pick(SECOND)),
            };
            let doubled = name.split(' ').skip(1).collect::<Vec<_>>();
            if !names.contains(&name) && doubled.first() != doubled.get(1) {
                names.push(name);
            }
        }
        for (name, position) in names.into_iter().zip(1..) {
            let id = AdminUnitId(register.admin_unit.id());
            commune.hamlets.push(id);
            register.admin_unit.add(hamlet(id, commune, name, position));
        }
    }
}

fn hamlet(id: AdminUnitId, commune: &Commune, name: String, position: u32) -> admin_unit::Model {
    let unit_type = if commune.area_kind == AreaKind::Urban { "QUARTER" } else { "HAMLET" };
    admin_unit::Model {
        id,
        code: format!("{}{position:02}", commune.code),
        name,
        level: AdminLevel::Hamlet,
        unit_type: unit_type.to_owned(),
        area_kind: Some(commune.area_kind),
        parent_id: Some(commune.id),
        valid_from: None,
        valid_to: None,
        mapping_status: None,
        note: None,
    }
}

/// How many households each commune gets, in the order of the communes; their sum is `households`.
///
/// A commune's weight is made of its code, so that it is large or small under every seed: wards and townships a little
/// more than communes, as in the census.
pub fn spread(communes: &[Commune], households: u32) -> Vec<u32> {
    let weights: Vec<u64> = communes.iter().map(weight).collect();
    let total: u64 = weights.iter().sum::<u64>().max(1);
    let mut passed = 0;
    let mut given = 0;
    let mut shares = Vec::with_capacity(communes.len());
    for weight in weights {
        passed += weight;
        let until = u64::from(households) * passed / total;
        shares.push(u32::try_from(until - given).unwrap_or(0));
        given = until;
    }
    shares
}

fn weight(commune: &Commune) -> u64 {
    let mut random = Random::stream(0, Topic::Commune, number(&commune.code));
    let (least, more) = if commune.area_kind == AreaKind::Urban { (80, 110) } else { (60, 90) };
    least + random.below(more)
}

/// How much more poverty a commune has than the province, in thousandths: 1,100 on the coast, 850 in the city, about
/// 1,000 on the whole.
pub fn hardship(commune: &Commune) -> u64 {
    let mut random = Random::stream(1, Topic::Commune, number(&commune.code));
    let base = match commune.district_code.as_str() {
        code if COAST.contains(&code) => 950,
        "829" => 700,
        _ => 820,
    };
    base + random.below(300)
}

/// Bình Đại, Ba Tri and Thạnh Phú: drought and salt water every spring.
pub const COAST: &[&str] = &["835", "836", "837"];

fn number(code: &str) -> i64 {
    code.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::tests::world;

    #[tokio::test]
    async fn every_household_gets_a_commune_and_the_shares_vary() {
        let world = world().await;
        for households in [1, 300, 1_000, 400_000] {
            let shares = spread(&world.communes, households);
            assert_eq!(shares.len(), world.communes.len());
            assert_eq!(shares.iter().sum::<u32>(), households);
        }
        let shares = spread(&world.communes, 400_000);
        let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
        assert!(most * 2 > least * 3 && most < &(least * 4), "{least} {most}");
    }

    #[tokio::test]
    async fn a_commune_gets_about_six_hamlets_with_codes_of_its_own() {
        let mut world = world().await;
        let mut register = Register::after(|_| 500);
        hamlets(1, &mut world, &mut register);
        let made = &register.admin_unit.made;
        let average = made.len() * 10 / world.communes.len();
        assert!((50..70).contains(&average), "{average}");
        for commune in &world.communes {
            let own: Vec<_> = made.iter().filter(|hamlet| hamlet.parent_id == Some(commune.id)).collect();
            assert_eq!(own.iter().map(|hamlet| hamlet.id).collect::<Vec<_>>(), commune.hamlets);
            assert!(own.iter().all(|hamlet| hamlet.code.len() == 7 && hamlet.code.starts_with(&commune.code)));
            let kind = if commune.area_kind == AreaKind::Urban { "Khu phố " } else { "Ấp " };
            assert!(own.iter().all(|hamlet| hamlet.name.starts_with(kind)));
            let mut names: Vec<_> = own.iter().map(|hamlet| &hamlet.name).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), own.len());
        }
        assert_eq!(made.first().map(|hamlet| hamlet.id), Some(AdminUnitId(501)));
    }

    #[tokio::test]
    async fn hamlets_that_are_there_are_kept() {
        let mut world = world().await;
        for commune in &mut world.communes {
            commune.hamlets.push(AdminUnitId(7));
        }
        let mut register = Register::after(|_| 0);
        hamlets(1, &mut world, &mut register);
        assert!(register.admin_unit.made.is_empty());
    }
}
