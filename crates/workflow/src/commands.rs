//! Ending the commands of an operation at which nobody works any more.

use tola_catalog::image::Changed;
use tola_catalog::{OperationId, Origin, Problem, Product, ProductId};
use tola_store::{CommandRef, Error, Outcome, Store, TenantScope};

/// Ends what an operation left waiting on a product, so that edits and requests don't wait for it, and tells how its
/// commands ended. What channels have answered meanwhile is taken over before: a command is for `problem` only if nothing
/// is known of it. Repeating it changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn end_commands(
    store: &Store,
    scope: TenantScope,
    product_id: ProductId,
    operation_id: OperationId,
    problem: &Problem,
    origin: &Origin,
) -> Result<Outcome<Product>, Error> {
    let products = store.products(scope);
    let Some(product) = products.get(product_id).await? else { return Ok(Outcome::Absent) };
    let mut answered = Vec::new();
    for (channel_id, fence, _) in product.waiting(operation_id) {
        let command = CommandRef { product_id, channel_id, fence };
        if let Some(stored) = store.outcomes(scope).get(&command).await? {
            answered.push((command, stored.outcome));
        }
    }
    let ended = products.change(product_id, |product| {
        let version = product.version;
        for (command, outcome) in &answered {
            let _ = product.record(&command.channel_id, command.fence, outcome, origin);
        }
        let _ = product.abandon(operation_id, problem, origin);
        let _ = product.tell(operation_id, origin);
        Ok::<_, Error>(if product.version == version { Changed::No } else { Changed::Yes })
    });
    ended.await
}
