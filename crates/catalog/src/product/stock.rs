//! What a merchant tells of how many there are. It is no edit: the revision stays. The last piece has
//! the product paused, and the next one brings it back: see [`super::hold`].

use serde_json::json;
use ulid::Ulid;

use super::Product;
use crate::event::{Event, EventKind, Origin};
use crate::image::Changed;
use crate::status::{Request, permit};
use crate::stock::{Stock, StockChange, StockRefused};

impl Product {
    /// Changes the stock in the merchant's name. `change_id` tells this change from others that say the same: one that the
    /// outbox tells of is not made again.
    ///
    /// # Errors
    /// [`StockRefused`], and then nothing has changed.
    pub fn change_stock(
        &mut self,
        change: &StockChange,
        change_id: Ulid,
        origin: &Origin,
    ) -> Result<Changed, StockRefused> {
        permit(self.status, self.deleting.is_some(), Request::Edit)?;
        if self.outbox.iter().any(|event| tells_of_stock_change(event, change_id)) {
            return Ok(Changed::No);
        }
        let before = self.stock;
        let after = before.after(change)?;
        if after == before {
            return Ok(Changed::No);
        }
        let was_held = self.hold().is_some();
        self.stock = after;
        let is_let_go = was_held && self.hold().is_none() && self.let_go();
        let pieces = |stock: Stock| stock.on_hand().map(|on_hand| i64::from(on_hand.pieces()));
        let delta = pieces(after).zip(pieces(before)).map(|(after, before)| after - before);
        let data = json!({
            "change_id": change_id.to_string(),
            "on_hand": after.on_hand(),
            "delta": delta,
            "low_stock_threshold": after.low_threshold(),
            "level": after.level(),
            "reason": change.reason,
            "note": change.note,
        });
        self.emit(EventKind::InventoryAdjusted, data, origin);
        if let Some(kind) = before.crossing(after) {
            let data = json!({
                "on_hand": after.on_hand(),
                "low_stock_threshold": after.low_threshold(),
                "level": after.level(),
                "was": before.level(),
            });
            self.emit(kind, data, origin);
        }
        if is_let_go {
            self.settle(origin);
        } else {
            self.settle_aside(origin);
        }
        Ok(Changed::Yes)
    }
}

/// Whether an event tells of that change of a stock.
pub fn tells_of_stock_change(event: &Event, change_id: Ulid) -> bool {
    event.kind == EventKind::InventoryAdjusted && event.data["change_id"] == change_id.to_string().as_str()
}

#[cfg(test)]
mod tests;
