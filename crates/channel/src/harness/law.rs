//! What is asked of products at a channel: the rules declared of its type, and what the merchant's categories are there.

use tola_catalog::channel_rules::Candidate;
use tola_catalog::{CategoryTree, Channel, ChannelRules, EffectiveView, Missing, Problem};
use tola_contracts::StepError;
use tola_store::{Store, TenantScope};

use super::failed;

/// What is asked at one channel.
pub(crate) struct Law {
    rules: ChannelRules,
    categories: CategoryTree,
}

impl Law {
    /// Reads what is asked at a channel; the categories only if they matter there.
    pub(crate) async fn at(channel: &Channel, store: &Store, scope: TenantScope) -> Result<Self, StepError> {
        let rules = ChannelRules::of(channel);
        let categories = store.categories_if(rules.look_at_category(), scope).await.map_err(failed)?;
        Ok(Self { rules, categories })
    }

    /// Where nothing is asked.
    pub(super) fn none(scope: TenantScope) -> Self {
        Self { rules: ChannelRules::default(), categories: CategoryTree::new(scope.merchant_id()) }
    }

    /// What a product lacks as the channel would show it.
    pub(crate) fn missing(&self, channel: &Channel, view: &EffectiveView) -> Vec<Missing> {
        self.rules.judge(&self.candidate(channel, view), Some(&channel.id)).missing
    }

    /// Why the channel would not take it.
    pub(super) fn refuse(&self, channel: &Channel, view: &EffectiveView) -> Option<Problem> {
        self.rules.refuse(&self.candidate(channel, view))
    }

    fn candidate<'a>(&'a self, channel: &Channel, view: &'a EffectiveView) -> Candidate<'a> {
        Candidate::of(view).filed(&self.categories, channel.id.as_str(), &channel.channel_type)
    }
}
