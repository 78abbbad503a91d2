//! What a projection declares of its fields beside how they are read: what each tells of a person, who owns it,
//! and whom another value is for.
//!
//! Deny is the default: a field that declares no sensitivity is read by nobody, and a test names it.

use super::projection::{Field, Hides, Otherwise, Projection, Readers, Source};
use crate::access::{Owned, Permission, PermissionSet, Rights, Sensitivity};

impl Field {
    /// For everybody with a token.
    pub const fn public(self) -> Self {
        self.tells(Sensitivity::Public)
    }

    /// Tells nothing of a person by itself.
    pub const fn internal(self) -> Self {
        self.tells(Sensitivity::Internal)
    }

    /// Data on a person or household.
    pub const fn personal(self) -> Self {
        self.tells(Sensitivity::Personal)
    }

    /// Only under a permission made for it.
    pub const fn sensitive(self) -> Self {
        self.tells(Sensitivity::Sensitive)
    }

    /// Sums the rows of households that the caller sees. Of many it tells of nobody; of one it is that household's: the
    /// ledger keeps each use, with the record that has the sum.
    pub const fn sums(self) -> Self {
        Self { sums: true, ..self }
    }

    const fn tells(self, sensitivity: Sensitivity) -> Self {
        Self { sensitivity: Some(sensitivity), ..self }
    }

    /// Owned otherwise than the rest of its record.
    pub const fn owned(self, owned: Owned) -> Self {
        Self { owned: Some(owned), ..self }
    }

    /// The permissions that reading it takes, all of them: its own, its type's, that of the type it leads to.
    pub fn read_with(&self, of: &Projection) -> impl Iterator<Item = Permission> {
        [of.guard, self.guard, self.leads_to().and_then(|to| to.guard)].into_iter().flatten()
    }

    /// The type of records that it leads to.
    pub const fn leads_to(&self) -> Option<&'static Projection> {
        match &self.source {
            Source::One(relation) | Source::Many(relation, _) | Source::Page(relation, ..) => Some(relation.to),
            Source::Embed(to) => Some(to),
            Source::Id | Source::Column(..) | Source::Sql { .. } | Source::Computed { .. } | Source::OneOf { .. } => {
                None
            }
        }
    }

    /// Who lacks the permission gets the other field's value, of the same type, in its place; `words` say how it differs.
    pub const fn without(self, lacking: Permission, words: &'static str, other: Self) -> Self {
        Self { otherwise: Some(Otherwise { lacking, source: other.source, words }), ..self }
    }

    /// Its function gives null to who lacks the permission, and where `words` say; both are printed with the policy.
    pub const fn hides(self, needs: Option<Permission>, words: &'static str) -> Self {
        Self { hides: Some(Hides { needs, words }), ..self }
    }

    /// From where this viewer's value comes.
    pub const fn source_for(&'static self, rights: &Rights) -> &'static Source {
        match &self.otherwise {
            Some(otherwise) if !rights.may(otherwise.lacking) => &otherwise.source,
            _ => &self.source,
        }
    }

    /// As what it is owned; none where the service keeps it.
    pub fn owner(&self, of: &Projection) -> Option<Owned> {
        let kept = matches!(self.name, "version" | "updatedAt" | "updatedBy");
        let column = matches!(self.source, Source::Column(..)) && !kept;
        self.owned.or_else(|| of.owned.filter(|_| column))
    }
}

impl Projection {
    /// As what its columns are owned.
    pub const fn owned(self, owned: Owned) -> Self {
        Self { owned: Some(owned), ..self }
    }

    /// Who lacks the permission reads the type from another table.
    pub const fn read_by(self, readers: Readers) -> Self {
        Self { readers: Some(readers), ..self }
    }

    /// Whether it is this one of the types with its name that holders of these permissions read.
    pub const fn is_for(&self, held: PermissionSet) -> bool {
        match self.readers {
            None => true,
            Some(Readers::With(permission)) => held.has(permission),
            Some(Readers::Without(permission)) => !held.has(permission),
        }
    }
}

/// Whether records with these fields hold data on persons themselves, rather than lead to some that do. By hand, as a
/// `static` is made of it.
pub const fn tells_of_persons(fields: &[Field]) -> bool {
    let mut rest = fields;
    while let [field, further @ ..] = rest {
        if field.leads_to().is_none() && matches!(field.sensitivity, Some(told) if told.is_personal()) {
            return true;
        }
        rest = further;
    }
    false
}
