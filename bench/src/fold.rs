//! Names without marks.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// As the register stores a name for searching: marks removed, lower case.
pub fn fold(name: &str) -> String {
    let letters = name.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    letters.map(|letter| if letter == 'đ' { 'd' } else { letter }).collect()
}
