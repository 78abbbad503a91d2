//! Tokens of those who ask.

use std::{collections::HashMap, sync::Arc};

use hyper::header::HeaderValue;

use crate::{inputs::Lists, scenario::Role, service::Program, trouble::Result};

/// The province's code on the register's day.
const PROVINCE: &str = "83";

/// The province's department: its agency and the role of its officers.
const DEPARTMENT: (&str, &str) = ("DOLISA", "dolisa_officer");

/// By the code of the commune that is asked for; the empty code where none is.
pub type ByCommune = Arc<HashMap<String, HeaderValue>>;

pub struct Tokens {
    province: ByCommune,
    bank: ByCommune,
    insurance: ByCommune,
    communes: ByCommune,
}

/// The header of an officer of the province's department.
pub fn of_department(program: &Program) -> Result<HeaderValue> {
    bearer(program, DEPARTMENT.0, DEPARTMENT.1, PROVINCE)
}

fn bearer(program: &Program, agency: &str, role: &str, scope: &str) -> Result<HeaderValue> {
    Ok(HeaderValue::from_str(&format!("Bearer {}", program.token(agency, role, scope)?))?)
}

impl Tokens {
    pub fn issue(program: &Program, lists: &Lists) -> Result<Self> {
        let token = |agency, role, scope: &str| bearer(program, agency, role, scope);
        let mut communes = HashMap::new();
        for commune in lists.communes() {
            communes.insert(commune.to_owned(), token("CPC", "commune_officer", commune)?);
        }
        let everywhere = |agency, role| -> Result<_> {
            let token = token(agency, role, PROVINCE)?;
            let communes = lists.communes().into_iter().chain([""]);
            Ok(Arc::new(communes.map(|commune| (commune.to_owned(), token.clone())).collect()))
        };
        Ok(Self {
            province: everywhere(DEPARTMENT.0, DEPARTMENT.1)?,
            bank: everywhere("VBSP", "bank_officer")?,
            insurance: everywhere("PSI", "insurance_officer")?,
            communes: Arc::new(communes),
        })
    }

    pub fn of(&self, role: Role) -> ByCommune {
        let tokens = match role {
            Role::Province => &self.province,
            Role::Commune => &self.communes,
            Role::Bank => &self.bank,
            Role::Insurance => &self.insurance,
        };
        tokens.clone()
    }
}
