//! Chance that can be repeated.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
///
/// Written out here because a register must come out the same under the next version of a library: `rand` promises
/// that for none of its distributions. Each household draws from a stream of its own, so a change in how one is made
/// leaves all others as they were.
pub struct Random(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// The stream of one subject: `topic` keeps those apart that share a number.
    pub fn stream(seed: u64, topic: Topic, number: i64) -> Self {
        let mut mixed = mix(seed ^ GOLDEN);
        mixed = mix(mixed ^ topic.key());
        Self(mix(mixed ^ number.unsigned_abs()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number from 0 to `bound` - 1; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included; `low` where the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(0);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub fn per_mille(&mut self, chance: u64) -> bool {
        self.below(1_000) < chance
    }

    /// One of a table of choices, each as likely as the next.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let count = u64::try_from(choices.len()).unwrap_or(0);
        let position = usize::try_from(self.below(count)).unwrap_or(0);
        #[expect(
            clippy::indexing_slicing,
            reason = "a table of choices is never empty, and the position is below its length"
        )]
        choices[position]
    }

    /// One of a table of choices, by weight.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u64)]) -> T {
        let mut left = self.below(choices.iter().map(|(_, weight)| weight).sum());
        let position = choices.iter().position(|(_, weight)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        #[expect(clippy::indexing_slicing, reason = "a table of choices is never empty, and the position is inside it")]
        choices[position.unwrap_or(0)].0
    }
}

/// What a stream is for.
#[derive(Clone, Copy)]
pub enum Topic {
    Commune,
    Hamlet,
    Household,
    PersonalNumber,
    Model,
    PilotSite,
    Sponsor,
    Pension,
}

impl Topic {
    const fn key(self) -> u64 {
        match self {
            Self::Commune => 1,
            Self::Hamlet => 2,
            Self::Household => 3,
            Self::PersonalNumber => 4,
            Self::Model => 5,
            Self::PilotSite => 6,
            Self::Sponsor => 7,
            Self::Pension => 8,
        }
    }
}

const fn mix(state: u64) -> u64 {
    let once = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ (twice >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the published generator for state 1234567.
    #[test]
    fn it_is_the_published_generator() {
        let mut random = Random(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_stay_inside_their_bounds_and_reach_them() {
        let mut random = Random::stream(1, Topic::Household, 1);
        let drawn: Vec<i64> = (0..2_000).map(|_| random.between(-2, 3)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-2), Some(&3)));
        assert_eq!(random.between(5, 4), 5);
        let heavy = (0..10_000).filter(|_| random.weighted(&[('a', 3), ('b', 1)]) == 'a').count();
        assert!((7_200..7_800).contains(&heavy), "{heavy}");
        assert!((0..200).all(|_| random.weighted(&[('a', 0), ('b', 1), ('c', 0)]) == 'b'));
    }

    #[test]
    fn streams_differ_by_seed_topic_and_number() {
        let first = |seed, topic, number| Random::stream(seed, topic, number).next();
        let base = first(1, Topic::Household, 1);
        assert_ne!(base, first(2, Topic::Household, 1));
        assert_ne!(base, first(1, Topic::Model, 1));
        assert_ne!(base, first(1, Topic::Household, 2));
        assert_eq!(base, first(1, Topic::Household, 1));
    }
}
