//! Sets of enum values in one BIGINT column.

use std::{fmt, marker::PhantomData};

use sea_orm::{
    ActiveValue, ColIdx, DbErr, IntoActiveValue, Iterable, QueryResult, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr, postgres_array::NotU8},
};

/// An enum that sets can hold: at most 63 values, as bit 63 is the sign of the column.
pub trait EnumValue: Iterable + Copy + PartialEq + 'static {}
impl<E: Iterable + Copy + PartialEq + 'static> EnumValue for E {}

/// A set of values of `E`. Bit n of the column stands for the n-th value of the enum, so that a filter is one `&`:
/// `bits & 3 = 3` has both, `bits & 3 <> 0` has either.
pub struct EnumSet<E> {
    bits: i64,
    of: PhantomData<fn() -> E>,
}

impl<E: EnumValue> EnumSet<E> {
    pub const fn new() -> Self {
        Self::raw(0)
    }

    /// The set that a column holds; none where a bit stands for no value of `E`.
    pub fn from_bits(bits: i64) -> Option<Self> {
        let known = E::iter().collect::<Self>().bits;
        (bits & !known == 0).then_some(Self::raw(bits))
    }

    pub const fn bits(self) -> i64 {
        self.bits
    }

    pub fn contains(self, value: E) -> bool {
        self.bits & bit(value) != 0
    }

    pub fn insert(&mut self, value: E) {
        self.bits |= bit(value);
    }

    pub fn remove(&mut self, value: E) {
        self.bits &= !bit(value);
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self::raw(self.bits | other.bits)
    }

    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self::raw(self.bits & other.bits)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self::raw(self.bits & !other.bits)
    }

    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// The values in the order of the enum.
    pub fn iter(self) -> impl Iterator<Item = E> {
        E::iter().filter(move |value| self.contains(*value))
    }

    const fn raw(bits: i64) -> Self {
        Self { bits, of: PhantomData }
    }
}

fn bit<E: EnumValue>(value: E) -> i64 {
    E::iter().position(|one| one == value).map_or(0, |position| 1 << position)
}

impl<E: EnumValue> FromIterator<E> for EnumSet<E> {
    fn from_iter<I: IntoIterator<Item = E>>(values: I) -> Self {
        Self::raw(values.into_iter().map(bit).fold(0, |bits, bit| bits | bit))
    }
}

impl<E: EnumValue> From<&[E]> for EnumSet<E> {
    fn from(values: &[E]) -> Self {
        values.iter().copied().collect()
    }
}

impl<E: EnumValue, const N: usize> From<[E; N]> for EnumSet<E> {
    fn from(values: [E; N]) -> Self {
        values.into_iter().collect()
    }
}

// By hand, as a derive would ask the same of `E`.
impl<E> Clone for EnumSet<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for EnumSet<E> {}

impl<E> PartialEq for EnumSet<E> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<E> Eq for EnumSet<E> {}

impl<E: EnumValue> Default for EnumSet<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: EnumValue + fmt::Debug> fmt::Debug for EnumSet<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<E> From<EnumSet<E>> for Value {
    fn from(set: EnumSet<E>) -> Self {
        set.bits.into()
    }
}

impl<E: EnumValue> TryGetable for EnumSet<E> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, column: I) -> Result<Self, TryGetError> {
        let bits = i64::try_get_by(row, column)?;
        Self::from_bits(bits).ok_or_else(|| DbErr::Type(format!("{bits} is no {}", Self::type_name())).into())
    }
}

impl<E: EnumValue> ValueType for EnumSet<E> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        Self::from_bits(<i64 as ValueType>::try_from(value)?).ok_or(ValueTypeErr)
    }

    fn type_name() -> String {
        format!("EnumSet<{}>", std::any::type_name::<E>())
    }

    fn array_type() -> ArrayType {
        i64::array_type()
    }

    fn column_type() -> ColumnType {
        i64::column_type()
    }
}

impl<E> Nullable for EnumSet<E> {
    fn null() -> Value {
        i64::null()
    }
}

impl<E> IntoActiveValue<Self> for EnumSet<E> {
    fn into_active_value(self) -> ActiveValue<Self> {
        ActiveValue::Set(self)
    }
}

impl<E> NotU8 for EnumSet<E> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enums::{Deprivation, HouseholdCategory, PersonCategory, PovertyClass, ProtectedCategory};

    /// Every subset, as the values it was made of, without the set's own arithmetic.
    fn subsets<E: EnumValue>() -> Vec<Vec<E>> {
        E::iter().fold(vec![vec![]], |sets, value| {
            let with = sets.iter().map(|set| set.iter().copied().chain([value]).collect()).collect::<Vec<_>>();
            sets.into_iter().chain(with).collect()
        })
    }

    fn values<E: EnumValue>(set: EnumSet<E>) -> Vec<E> {
        set.iter().collect()
    }

    #[test]
    fn bit_n_is_the_nth_value() {
        assert_eq!(EnumSet::from([PovertyClass::Poor]).bits(), 1);
        assert_eq!(
            EnumSet::from([HouseholdCategory::ClimateAffected, HouseholdCategory::SocialProtection]).bits(),
            0b10010
        );
        assert_eq!(EnumSet::from(Deprivation::ALL).bits(), 0xFFF);
    }

    #[test]
    fn every_subset_comes_back_from_its_bits_and_its_value() {
        fn check<E: EnumValue + fmt::Debug>() {
            for subset in subsets::<E>() {
                let set = EnumSet::from(subset.as_slice());
                assert_eq!(values(set), subset);
                assert_eq!(set.is_empty(), subset.is_empty());
                assert_eq!(EnumSet::from_bits(set.bits()), Some(set));
                assert_eq!(<EnumSet<E> as ValueType>::try_from(set.into()).unwrap(), set);
            }
        }
        check::<Deprivation>();
        check::<HouseholdCategory>();
        check::<PersonCategory>();
        check::<PovertyClass>();
        check::<ProtectedCategory>();
    }

    #[test]
    fn two_sets_combine_value_by_value() {
        let subsets = subsets::<HouseholdCategory>();
        for (a, b) in subsets.iter().flat_map(|a| subsets.iter().map(move |b| (a, b))) {
            let (left, right) = (EnumSet::from(a.as_slice()), EnumSet::from(b.as_slice()));
            for value in HouseholdCategory::ALL {
                let (in_a, in_b) = (a.contains(value), b.contains(value));
                assert_eq!(left.contains(*value), in_a);
                assert_eq!(left.union(right).contains(*value), in_a || in_b);
                assert_eq!(left.intersection(right).contains(*value), in_a && in_b);
                assert_eq!(left.difference(right).contains(*value), in_a && !in_b);
            }
        }
    }

    #[test]
    fn insert_and_remove_change_one_value() {
        for subset in subsets::<HouseholdCategory>() {
            for value in HouseholdCategory::ALL {
                let before = EnumSet::from(subset.as_slice());
                let (mut with, mut without) = (before, before);
                with.insert(*value);
                without.remove(*value);
                assert!(with.contains(*value) && !without.contains(*value));
                for other in HouseholdCategory::ALL.iter().filter(|other| *other != value) {
                    assert_eq!(with.contains(*other), before.contains(*other));
                    assert_eq!(without.contains(*other), before.contains(*other));
                }
            }
        }
    }

    #[test]
    fn a_bit_without_a_value_is_refused() {
        for bits in [1 << 5, 1 << 62, -1, i64::MIN] {
            assert_eq!(EnumSet::<HouseholdCategory>::from_bits(bits), None);
            assert!(<EnumSet<HouseholdCategory> as ValueType>::try_from(bits.into()).is_err());
        }
    }

    #[test]
    fn shows_its_values() {
        let set = EnumSet::from([Deprivation::Latrine, Deprivation::Employment]);
        assert_eq!(format!("{set:?}"), "{Employment, Latrine}");
    }
}
