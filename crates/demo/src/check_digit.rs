//! The last digit of GTIN-13 and ISBN-13, which follows from the twelve before it.

/// In shops' own use: the prefixes 20 to 29 are given to no company, so that no real product has such a number.
const OF_NO_COMPANY: &str = "20";
/// Books begin with 978 or 979, and no country has been given the group 5 of the latter.
const OF_NO_COUNTRY: &str = "9795";

/// A GTIN-13 of nobody, from ten digits.
pub(crate) fn gtin(digits: &str) -> String {
    with_check_digit(&format!("{OF_NO_COMPANY}{digits}"))
}

/// An ISBN-13 of nobody, from eight digits.
pub(crate) fn isbn(digits: &str) -> String {
    with_check_digit(&format!("{OF_NO_COUNTRY}{digits}"))
}

fn with_check_digit(digits: &str) -> String {
    format!("{digits}{}", (10 - weighted(digits) % 10) % 10)
}

/// The sum of the digits, of which every second counts three times.
fn weighted(digits: &str) -> u32 {
    let numbers = digits.chars().filter_map(|digit| digit.to_digit(10));
    numbers.zip([1, 3].into_iter().cycle()).map(|(number, weight)| number * weight).sum()
}

/// Whether thirteen digits end as they should.
#[cfg(test)]
pub(crate) fn is_valid(digits: &str) -> bool {
    digits.len() == 13 && digits.bytes().all(|byte| byte.is_ascii_digit()) && weighted(digits).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_end_as_they_do() {
        // The example of GS1's manual, and that of the International ISBN Agency.
        assert_eq!(with_check_digit("629104150021"), "6291041500213");
        assert_eq!(with_check_digit("978316148410"), "9783161484100");
        assert!(is_valid("9783161484100"));
        assert!(!is_valid("9783161484101"));
    }
}
