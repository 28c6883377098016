//! What a channel asks of a product, and what a product lacks of that: pure, so that completeness can be told for every
//! channel without calling one, and what is told is what publishing refuses.
//!
//! A [type](ChannelType) of channel says what its channels ask, as [`Requirements`], which are data: limits on texts,
//! currencies, attributes, a category of the channel's own, photos. They come to a list of [`Rule`]s, against which a
//! [`Candidate`] is held: the product as the channel is to show it. Whoever carries commands out holds it against the same
//! list before the channel is called.

use serde_json::Map;

use crate::category::CategoryTree;
use crate::channel::Channel;
use crate::completeness::{Completeness, Missing};
use crate::id::ChannelId;
use crate::problem::{Problem, ProblemClass};
use crate::product::Product;
use crate::view::Overrides;

mod candidate;
mod check;
mod declared;
mod marketplace;
mod requirements;
mod rule;
pub use candidate::Candidate;
pub use declared::{CHANNEL_TYPES, ChannelType};
pub use marketplace::Site;
pub use requirements::{MAX_CURRENCIES, MAX_REQUIRED, Requirements};
pub use rule::{Bound, Rule};

/// The rules of a channel, in the order of a product's fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChannelRules(Vec<Rule>);

impl ChannelRules {
    /// The rules of a channel: what its type asks, configured as it is. None for a type that nobody declared.
    pub fn of(channel: &Channel) -> Self {
        ChannelType::named(&channel.channel_type).map(|declared| declared.rules(&channel.config)).unwrap_or_default()
    }

    /// The rules.
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }

    /// Whether any of them is about the channel's own category, for which the merchant's have to be read.
    pub fn look_at_category(&self) -> bool {
        self.0.contains(&Rule::Category)
    }

    /// How complete a product is for a channel with these rules: a pure function of both.
    pub fn judge(&self, candidate: &Candidate<'_>, channel: Option<&ChannelId>) -> Completeness {
        let (mut met, mut missing) = (0, Vec::new());
        for rule in &self.0 {
            let before = missing.len();
            rule.check(candidate, &mut |gap| {
                let (rule, remedy) = (rule.id().to_owned(), Some(rule.remedy()));
                let channel = channel.cloned();
                missing.push(Missing { pointer: gap.pointer, rule, message: gap.message, remedy, channel });
            });
            met += usize::from(missing.len() == before);
        }
        let score = if self.0.is_empty() { 100 } else { met * 100 / self.0.len() };
        Completeness { score: u8::try_from(score).unwrap_or(100), missing }
    }

    /// Why the channel would not take a product: the first rule that is not met.
    pub fn refuse(&self, candidate: &Candidate<'_>) -> Option<Problem> {
        self.0.iter().find_map(|rule| {
            let mut first = None;
            rule.check(candidate, &mut |gap| {
                first.get_or_insert(gap);
            });
            let gap = first?;
            let problem = Problem::new(ProblemClass::Validation, rule.code(), gap.message).at(gap.pointer);
            Some(Problem { remedy: rule.remedy(), ..problem })
        })
    }
}

impl Product {
    /// How complete it is for a channel, by the channel's rules alone: what every channel asks is in `completeness`. A pure
    /// function of the product, what is different on that channel, the channel's config, and the categories.
    pub fn completeness_on(&self, channel: &Channel, categories: &CategoryTree) -> Completeness {
        let none = Overrides::default();
        let own = self.channels.get(&channel.id).map_or(&none, |listing| &listing.overrides);
        let candidate = Candidate::overlaid(self, own).filed(categories, channel.id.as_str(), &channel.channel_type);
        ChannelRules::of(channel).judge(&candidate, Some(&channel.id))
    }

    /// The same for a channel of this type that is not there: nothing is different on it, and nothing is configured.
    pub fn completeness_for(&self, channel_type: &ChannelType, categories: &CategoryTree) -> Completeness {
        let (none, name) = (Overrides::default(), channel_type.name);
        let candidate = Candidate::overlaid(self, &none).filed(categories, name, name);
        channel_type.rules(&Map::new()).judge(&candidate, ChannelId::parse(name).ok().as_ref())
    }
}

#[cfg(test)]
mod tests;
