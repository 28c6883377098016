//! What a request would come to, told without doing it: a product is changed by the very functions that change it for real,
//! and nobody writes it.

use std::collections::BTreeMap;

use super::{Hold, Product};
use crate::change::{Change, changes};
use crate::event::Origin;
use crate::id::{ChannelId, OperationId};
use crate::image::Image;
use crate::listing::{CommandKind, Desired, Listing};
use crate::operation::OperationKind;

/// What a request would come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Foresight {
    /// The product as it would be, once the workflow had looked at new images.
    pub product: Product,
    /// What would change of what the merchant says.
    pub changes: Vec<Change>,
    /// What would happen on each channel where it is wanted.
    pub channels: BTreeMap<ChannelId, Reach>,
}

/// What a change of a product comes to on a channel where it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The channel is called: the listing is made, or brought to what the product is.
    Called(CommandKind),
    /// The channel is to show something else, and is called once the product is complete.
    WaitsForProduct,
    /// The channel is to show the product, and is called once it is not held back any more.
    Held(Hold),
    /// The channel is to show something else, and is called once a publication has ended that is under way.
    WaitsForPublication,
    /// The channel is not called: it has, or was told, what it is to show.
    Nothing,
}

impl Foresight {
    /// What comes of a request that makes `after` of `before`; of nothing, if it registers a product. If it asks for the
    /// register workflow, whose operation is `operation_id`, that will find `images`.
    pub fn of(
        before: Option<&Product>,
        after: Product,
        operation_id: OperationId,
        images: &[Image],
        origin: &Origin,
    ) -> Self {
        let changes = changes(before, &after);
        let mut product = after;
        if product.last_operation.get(&OperationKind::Register) == Some(&operation_id) {
            let _ = product.absorb(images, origin);
        }
        let wanted = product.channels.iter().filter(|(_, listing)| listing.desired == Desired::On);
        let known = |channel: &ChannelId| before.and_then(|before| before.channels.get(channel));
        let channels = wanted.map(|(id, listing)| (id.clone(), product.reach(listing, known(id)))).collect();
        Self { channels, product, changes }
    }
}

impl Product {
    fn reach(&self, listing: &Listing, before: Option<&Listing>) -> Reach {
        match (listing.commanded_since(before), self.hold()) {
            (Some(command), _) => Reach::Called(command.kind),
            (None, _) if !listing.lags() => Reach::Nothing,
            (None, Some(hold)) => Reach::Held(hold),
            (None, None) if self.completeness.is_complete() => Reach::WaitsForPublication,
            (None, None) => Reach::WaitsForProduct,
        }
    }
}

#[cfg(test)]
mod tests;
