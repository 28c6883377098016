//! Writing a product by what its category asks.

use tola_catalog::image::Changed;
use tola_catalog::{CategoryTree, Product};
use tola_store::{Error as StoreError, Outcome, TenantScope};

use crate::app::App;

/// How often the categories are read once more because somebody changed them meanwhile.
const REREADS: u32 = 5;

/// Changes a product as `decide` does by the merchant's categories, which are read once more if the product was judged by
/// newer ones meanwhile. They are not read at all for a product that is in none, and is not `filed` into one.
pub(super) async fn in_its_category<E: From<StoreError>>(
    app: &App,
    scope: TenantScope,
    found: &Product,
    filed: bool,
    mut decide: impl FnMut(&mut Product, &CategoryTree) -> Result<Changed, E> + Send,
) -> Result<Outcome<Product>, E> {
    let products = app.store.products(scope);
    let mut read = filed || found.is_filed();
    for _ in 0..REREADS {
        let categories = app.store.categories_if(read, scope).await?;
        let mut outdated = false;
        let outcome = products.change(found.id, |product| {
            outdated = product.is_ahead_of(&categories) || (!read && product.is_filed());
            if outdated { Ok(Changed::No) } else { decide(product, &categories) }
        });
        let outcome = outcome.await?;
        if !outdated {
            return Ok(outcome);
        }
        read = true;
    }
    Err(StoreError::Contended(format!("the categories of {}", found.id)).into())
}
