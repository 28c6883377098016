//! The types of channels, in one table: what each asks of products, whether there is an adapter for it yet or not. It is
//! the one place besides an adapter that names a type, since what a channel asks is told without calling anybody. An
//! adapter takes its rules from here, under its own name.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ChannelRules;
use super::requirements::Requirements;
use crate::image_profile::Marketplace;

/// A type of channels.
#[derive(Debug)]
pub struct ChannelType {
    /// Its name, as channels have it in `type`; of the form of a channel's id.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What a channel asks that is configured like this.
    asks: fn(&Map<String, Value>) -> Requirements,
}

/// Every type that is known, by name.
pub const CHANNEL_TYPES: [ChannelType; 5] = [
    ChannelType { name: "facebook", title: "Facebook", asks: |_| Marketplace::Facebook.requirements(None) },
    ChannelType { name: "instagram", title: "Instagram", asks: |_| Marketplace::Instagram.requirements(None) },
    ChannelType {
        name: "mercado-libre",
        title: "Mercado Libre",
        asks: |config| Marketplace::MercadoLibre.requirements(read(config, "site")),
    },
    ChannelType { name: "sandbox", title: "Sandbox", asks: of_the_sandbox },
    ChannelType { name: "webhook", title: "Webhook", asks: |config| read(config, "rules") },
];

impl ChannelType {
    /// The type of that name, if it is known.
    pub fn named(name: &str) -> Option<&'static Self> {
        CHANNEL_TYPES.iter().find(|declared| declared.name == name)
    }

    /// Whether its rules are about the channel's own category, without any configuration.
    pub fn looks_at_category(&self) -> bool {
        self.rules(&Map::new()).look_at_category()
    }

    /// The rules of a channel of this type that is configured like this.
    pub fn rules(&self, config: &Map<String, Value>) -> ChannelRules {
        ChannelRules::from((self.asks)(config))
    }
}

/// What its config says, and what it said before it could say all of that.
fn of_the_sandbox(config: &Map<String, Value>) -> Requirements {
    let mut asked: Requirements = read(config, "rules");
    asked.and_attributes(read(config, "required_attributes"));
    asked.images_like = asked.images_like.or(read(config, "images_like"));
    asked
}

/// A value of a config. One that can't be used was refused when the channel was connected.
fn read<T: DeserializeOwned + Default>(config: &Map<String, Value>, name: &str) -> T {
    config.get(name).and_then(|value| T::deserialize(value).ok()).unwrap_or_default()
}
