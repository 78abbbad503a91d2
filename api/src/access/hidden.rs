//! Rows that tell more of a person than their type does: a part of the row rule, beside scope and need. Monthly social
//! assistance tells of a disability by its amount (Decree 20/2021/NĐ-CP art. 6), urgent assistance of an injury, hence their
//! benefits, and what is made of them, are for who reads protected categories. Projections and stores both take the rule from here.

use super::Permission;

/// Rows of a type that take a permission besides.
#[derive(Clone, Copy, Debug)]
pub struct Hidden {
    /// Which: true or false of each row `{t}`, never null.
    rows: &'static str,
    /// Who may see them.
    pub without: Permission,
    /// Which, for the printed policy.
    pub words: &'static str,
}

/// Ids of the programs whose benefits tell of a person's health.
macro_rules! telling {
    () => {
        "(SELECT hp.id FROM program hp WHERE hp.code IN ('SOCIAL_ASSISTANCE', 'URGENT_HELP'))"
    };
}

/// Benefits of other programs: what sums for everybody are made of.
pub const TELLING_NOTHING: &str = concat!("(SELECT hb.* FROM benefit hb WHERE hb.program_id NOT IN ", telling!(), ")");

/// Of `benefit`.
pub const ASSISTANCE: Hidden = Hidden {
    rows: concat!("{t}.program_id IN ", telling!()),
    without: Permission::ProtectedCategoryRead,
    words: "those of SOCIAL_ASSISTANCE and URGENT_HELP",
};

/// Of `money_event`.
pub const ASSISTANCE_PAID: Hidden = Hidden {
    rows: concat!(
        "({t}.subject_type = 'Benefit' AND {t}.subject_id IN (SELECT hb.id FROM benefit hb WHERE hb.household_id = \
         {t}.household_id AND hb.program_id IN ",
        telling!(),
        "))"
    ),
    without: Permission::ProtectedCategoryRead,
    words: "those of SOCIAL_ASSISTANCE and URGENT_HELP",
};

/// Of what the register knows of deprivations: grown-up dependants are known by their assistance.
pub const DEPENDANTS: Hidden =
    Hidden { rows: "{t}.indicator = 'DEPENDANTS'", without: Permission::ProtectedCategoryRead, words: "DEPENDANTS" };

/// Of a program's sums: less what is seen of all benefits they are somebody's.
pub const ASSISTANCE_SUMS: Hidden = Hidden {
    rows: concat!("{t}.id IN ", telling!()),
    without: Permission::ProtectedCategoryRead,
    words: "that of SOCIAL_ASSISTANCE and URGENT_HELP",
};

impl Hidden {
    /// The condition on the row with this alias that leaves them out.
    pub fn condition(&self, alias: &str) -> String {
        format!("NOT {}", self.rows.replace("{t}", alias))
    }
}
