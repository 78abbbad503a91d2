//! Vietnamese names as they are frequent in Ben Tre.
//!
//! A name is family, middle and given name; children bear their father's family name. The weights follow what one sees
//! in southern registers: more Huỳnh and Võ than in the north, Thị for most older women and for fewer of the young.

use entity::enums::Sex;

use super::random::Random;

/// The family names by how many of 1,000 people bear them.
const FAMILY: &[(&str, u64)] = &[
    ("Nguyễn", 318),
    ("Trần", 112),
    ("Lê", 94),
    ("Phạm", 70),
    ("Huỳnh", 54),
    ("Phan", 46),
    ("Võ", 44),
    ("Đặng", 25),
    ("Bùi", 21),
    ("Đỗ", 17),
    ("Hồ", 16),
    ("Ngô", 15),
    ("Dương", 14),
    ("Trương", 14),
    ("Lý", 9),
    ("Đoàn", 9),
    ("Mai", 8),
    ("Cao", 8),
    ("Lâm", 8),
    ("Châu", 7),
    ("Thái", 6),
    ("Tô", 6),
    ("Hà", 5),
    ("Đinh", 5),
    ("Tạ", 5),
    ("Lương", 5),
    ("Văn", 4),
    ("Kiều", 4),
    ("Triệu", 3),
    ("Quách", 3),
    ("La", 3),
    ("Tống", 3),
    ("Từ", 3),
    ("Trịnh", 3),
    ("Bành", 2),
    ("Nhan", 2),
    ("Khưu", 2),
    ("Ông", 2),
    ("Ngụy", 2),
    ("Tăng", 2),
    ("Mạch", 1),
];

const MALE_MIDDLE: &[(&str, u64)] = &[
    ("Văn", 300),
    ("Minh", 70),
    ("Thanh", 65),
    ("Hoàng", 60),
    ("Quốc", 55),
    ("Hữu", 50),
    ("Ngọc", 40),
    ("Thành", 40),
    ("Đức", 35),
    ("Công", 35),
    ("Trung", 30),
    ("Tấn", 30),
    ("Anh", 25),
    ("Chí", 25),
    ("Duy", 25),
    ("Nhật", 20),
    ("Phước", 20),
    ("Gia", 20),
    ("Phú", 15),
    ("Bá", 12),
    ("Thiện", 10),
    ("Trọng", 10),
    ("Khắc", 8),
];

const MALE_GIVEN: &[(&str, u64)] = &[
    ("Hùng", 30),
    ("Dũng", 28),
    ("Tuấn", 28),
    ("Minh", 26),
    ("Phúc", 24),
    ("Tâm", 24),
    ("Hải", 24),
    ("Thành", 24),
    ("Sơn", 22),
    ("Nam", 22),
    ("Tài", 22),
    ("Phong", 20),
    ("Khánh", 18),
    ("Bình", 18),
    ("Hòa", 18),
    ("Đức", 18),
    ("Trung", 18),
    ("Long", 16),
    ("Thắng", 16),
    ("Hiếu", 16),
    ("Nghĩa", 16),
    ("Khoa", 16),
    ("Lộc", 15),
    ("Vũ", 15),
    ("Quang", 15),
    ("An", 14),
    ("Đạt", 14),
    ("Huy", 14),
    ("Duy", 14),
    ("Tân", 12),
    ("Thiện", 12),
    ("Phương", 12),
    ("Cường", 12),
    ("Hậu", 12),
    ("Giang", 10),
    ("Tú", 10),
    ("Nhân", 10),
    ("Kiệt", 10),
    ("Tiến", 10),
    ("Bảo", 10),
    ("Lâm", 9),
    ("Út", 8),
    ("Bé", 6),
    ("Hoàng", 9),
    ("Vinh", 9),
    ("Trí", 9),
    ("Tín", 8),
    ("Đông", 8),
    ("Sang", 8),
    ("Nhựt", 7),
    ("Be", 3),
    ("Đẹp", 3),
    ("Rạng", 3),
    ("Ơn", 3),
    ("Quới", 3),
    ("Thuận", 8),
    ("Toàn", 8),
    ("Triết", 4),
];

/// Beside Thị.
const FEMALE_MIDDLE: &[(&str, u64)] = &[
    ("Ngọc", 130),
    ("Thanh", 90),
    ("Kim", 80),
    ("Thu", 60),
    ("Mỹ", 60),
    ("Hồng", 55),
    ("Bích", 50),
    ("Thùy", 45),
    ("Tuyết", 40),
    ("Cẩm", 40),
    ("Minh", 35),
    ("Phương", 35),
    ("Quỳnh", 30),
    ("Yến", 30),
    ("Bảo", 30),
    ("Trúc", 25),
    ("Diễm", 25),
    ("Gia", 20),
    ("Khánh", 20),
    ("Như", 20),
    ("Huỳnh", 20),
    ("Xuân", 15),
    ("Lệ", 15),
    ("Bé", 12),
];

const FEMALE_GIVEN: &[(&str, u64)] = &[
    ("Lan", 28),
    ("Hoa", 26),
    ("Hương", 24),
    ("Trang", 24),
    ("Thảo", 24),
    ("Linh", 24),
    ("Ngọc", 24),
    ("Loan", 22),
    ("Mai", 22),
    ("Hạnh", 22),
    ("Thủy", 22),
    ("Nga", 20),
    ("Phượng", 20),
    ("Hồng", 20),
    ("Tuyết", 18),
    ("Nhung", 18),
    ("Trinh", 18),
    ("Vân", 18),
    ("Yến", 18),
    ("Diễm", 14),
    ("Cúc", 14),
    ("Đào", 12),
    ("Liên", 14),
    ("Thu", 14),
    ("Ngân", 16),
    ("My", 14),
    ("Vy", 14),
    ("Trâm", 14),
    ("Châu", 13),
    ("Thơ", 12),
    ("Dung", 14),
    ("Oanh", 12),
    ("Kiều", 12),
    ("Phương", 16),
    ("Anh", 16),
    ("Thư", 14),
    ("Như", 14),
    ("Hiền", 14),
    ("Bưởi", 4),
    ("Út", 10),
    ("Bé", 8),
    ("Mười", 5),
    ("Tư", 4),
    ("Sáu", 4),
    ("Lài", 5),
    ("Sen", 5),
    ("Huệ", 10),
    ("Gấm", 4),
    ("Lụa", 4),
    ("Xuân", 12),
    ("Thắm", 8),
    ("Tiên", 12),
    ("Duyên", 12),
    ("Ngà", 6),
    ("Quyên", 10),
    ("Giàu", 5),
    ("Đẹp", 5),
];

pub fn family(random: &mut Random) -> &'static str {
    random.weighted(FAMILY)
}

/// The family name as it stands in the table.
pub fn known_family(name: &str) -> Option<&'static str> {
    FAMILY.iter().map(|(family, _)| *family).find(|family| *family == name)
}

/// A full name with the given family name. Of the women born before 1975 four in five are called Thị, of those born
/// since 2000 one in three.
pub fn full(random: &mut Random, family: &str, sex: Sex, birth_year: i32) -> String {
    let (middle, given) = match sex {
        Sex::Male => (random.weighted(MALE_MIDDLE), random.weighted(MALE_GIVEN)),
        Sex::Female => {
            let thi = match birth_year {
                ..1975 => 80,
                1975..2000 => 60,
                _ => 33,
            };
            let middle = if random.percent(thi) { "Thị" } else { random.weighted(FEMALE_MIDDLE) };
            (middle, random.weighted(FEMALE_GIVEN))
        }
    };
    // Two middle names are a fashion of the young.
    let second = match sex {
        Sex::Female if middle == "Thị" && random.percent(45) => Some(random.weighted(FEMALE_MIDDLE)),
        Sex::Male if birth_year >= 1995 && middle != "Văn" && random.percent(25) => Some(random.weighted(MALE_MIDDLE)),
        _ => None,
    };
    match second {
        Some(second) if second != middle && second != given => format!("{family} {middle} {second} {given}"),
        _ => format!("{family} {middle} {given}"),
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::is_nfc;

    use super::*;
    use crate::seed::random::Topic;

    #[test]
    fn names_are_composed_and_as_frequent_as_in_the_south() {
        let mut random = Random::stream(3, Topic::Household, 0);
        let names: Vec<String> = (0..10_000)
            .map(|_| {
                let family = family(&mut random);
                full(&mut random, family, Sex::Female, 1960)
            })
            .collect();
        assert!(names.iter().all(|name| is_nfc(name) && name.split(' ').count() >= 3));
        let share = |test: &dyn Fn(&str) -> bool| names.iter().filter(|name| test(name)).count();
        assert!((2_800..3_400).contains(&share(&|name| name.starts_with("Nguyễn "))));
        assert!((7_700..8_500).contains(&share(&|name| name.contains(" Thị "))));
    }

    #[test]
    fn a_name_fits_the_sex_and_the_generation() {
        let mut random = Random::stream(4, Topic::Household, 0);
        let thi = |random: &mut Random, sex, year| {
            (0..4_000).filter(|_| full(random, "Trần", sex, year).contains(" Thị ")).count()
        };
        assert_eq!(thi(&mut random, Sex::Male, 1960), 0);
        assert!(thi(&mut random, Sex::Female, 2010) < thi(&mut random, Sex::Female, 1960) / 2);
    }
}
