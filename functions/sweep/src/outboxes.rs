//! Outboxes that wait for too long.

use tola_contracts::message::AggregateRef;

use crate::{Sweep, Swept};

impl Sweep {
    pub(crate) async fn relay(&self, overdue: Vec<AggregateRef>, swept: &mut Swept) {
        match self.queue.send(&overdue).await {
            Ok(sent) => swept.outboxes = sent,
            Err(error) => swept.failed("handing outboxes to the relay", &error),
        }
    }
}
