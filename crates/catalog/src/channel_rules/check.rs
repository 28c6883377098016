//! Whether a product meets a rule.

use super::candidate::Candidate;
use super::rule::{IDENTIFIERS, Rule};
use crate::text::Description;

/// Where a product does not meet a rule, and why, for the merchant.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) pointer: String,
    pub(super) message: String,
}

impl Rule {
    /// Holds a product against the rule, and tells `found` of each gap: one at most, but for photos, of which each may fall
    /// short. What every channel asks for is not asked for again: without a price, none is in the wrong currency.
    pub(super) fn check(&self, product: &Candidate<'_>, found: &mut impl FnMut(Gap)) {
        let description = product.description.map(Description::as_str);
        let observed = match self {
            Self::Title { at_most } => longer(product.name.as_str(), *at_most),
            Self::Description { at_most } => description.and_then(|text| longer(text, *at_most)),
            Self::PlainDescription => {
                description.filter(|text| has_markup(text)).map(|_| "this one has HTML".to_owned())
            }
            Self::Hashtags { at_most } => {
                let count = description.map_or(0, hashtags);
                (count > *at_most as usize).then(|| format!("the description has {count}"))
            }
            Self::Currency { any_of } => product
                .price
                .map(crate::Money::currency)
                .filter(|currency| !any_of.contains(currency))
                .map(|currency| format!("this one is in {currency}")),
            Self::Category => product.channel_category.is_none().then(|| match product.category_id {
                Some(_) => "of the product's nobody says which one it is".to_owned(),
                None => "the product is in no category".to_owned(),
            }),
            Self::Brand => product.brand.is_none().then(|| "the product has none".to_owned()),
            Self::Identifier => {
                let has = product.brand.is_some() || IDENTIFIERS.iter().any(|key| product.has(key));
                (!has).then(|| "the product has none of them".to_owned())
            }
            Self::Attribute(key) => (!product.has(key.as_str())).then(|| "the product does not have it".to_owned()),
            Self::Images { at_least } => {
                let count = product.images.len();
                (count < *at_least as usize).then(|| format!("the product has {count}"))
            }
            Self::FitImages(profile) => {
                for (position, renditions) in product.images.iter().take(profile.max_count) {
                    if let Some(message) = profile.shortfall(renditions) {
                        found(Gap { pointer: format!("/images/{position}"), message });
                    }
                }
                None
            }
        };
        if let Some(observed) = observed {
            let message = format!("{}, and {observed}.", self.statement());
            found(Gap { pointer: self.pointer(), message });
        }
    }
}

fn longer(text: &str, at_most: u32) -> Option<String> {
    // No text has more characters than bytes.
    if text.len() <= at_most as usize {
        return None;
    }
    let count = text.chars().count();
    (count > at_most as usize).then(|| format!("this one has {count}"))
}

/// Whether a text has what is a tag or a comment in HTML: `a < b` is none.
fn has_markup(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = &text[at + 1..];
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') && rest.contains('>')
    })
}

/// How many words of a text are hashtags.
fn hashtags(text: &str) -> usize {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let begins = |at: usize| !text[..at].ends_with(word) && text[at + 1..].starts_with(word);
    text.match_indices('#').filter(|(at, _)| begins(*at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_markup_and_a_comparison_is_none() {
        for text in ["<b>bold</b>", "one<br/>two", "</p>", "<!-- hidden -->", "5 < 6 and <i>so on</i>"] {
            assert!(has_markup(text), "{text}");
        }
        for text in ["5 < 6 > 4", "a <3 b>", "<b without an end", "x -> y", "", "<", "<>"] {
            assert!(!has_markup(text), "{text}");
        }
    }

    #[test]
    fn a_hashtag_begins_a_word() {
        for (text, count) in
            [("#lamp #light", 2), ("C# # ##", 0), ("a#b", 0), ("(#ñandú)", 1), ("#1 #_", 2), ("#a#b", 1)]
        {
            assert_eq!(hashtags(text), count, "{text}");
        }
    }
}
