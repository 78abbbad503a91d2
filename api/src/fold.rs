//! Vietnamese text as people type it into a search box: without marks, in lower case.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folds a text for searching: marks removed, `đ` to `d`, lower case, runs of white space to one space.
///
/// What is stored beside a name (`name_folded`, `search_text`) and what is looked for go through the same function, so
/// that `Nguyễn Thị Bưởi`, `NGUYEN THI BUOI` and the two spellings of `Thủy` find each other.
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'đ' { 'd' } else { letter })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn marks_case_and_spaces_go() {
        assert_eq!(fold("  Nguyễn   Thị\u{a0}Bưởi "), "nguyen thi buoi");
        assert_eq!(fold("ĐẶNG Đức Đỗ"), "dang duc do");
        assert_eq!(fold("Quới Sơn"), fold("Qưới Sơn"));
        assert_eq!(fold("Thủy"), fold("Thuỷ"));
        assert_eq!(fold("28757-000123"), "28757-000123");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn composed_and_decomposed_text_fold_alike() {
        let composed: String = unicode_normalization::UnicodeNormalization::nfc("Huỳnh Thế Ngữ").collect();
        let decomposed: String = unicode_normalization::UnicodeNormalization::nfd("Huỳnh Thế Ngữ").collect();
        assert_ne!(composed, decomposed);
        assert_eq!(fold(&composed), "huynh the ngu");
        assert_eq!(fold(&decomposed), "huynh the ngu");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Trần Văn Ơn", "Ấp Phú Lợi", "Bến Tre", "İstanbul"] {
            assert_eq!(fold(&fold(text)), fold(text));
        }
    }
}
