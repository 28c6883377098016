//! Categories and what they ask, before there are products: nothing has to be judged anew then.

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{AT_ONCE, Keeper};
use crate::ui::{Bar, Ui};

/// Puts all categories of all merchants, a merchant's one after the other: they are one document, and a category comes after
/// the one that it is part of.
///
/// # Errors
/// When the API refuses one.
pub(super) async fn put(keepers: &[Keeper<'_>], ui: &Ui) -> anyhow::Result<()> {
    let count: usize = keepers.iter().map(|keeper| keeper.shop.categories.len()).sum();
    let bar = ui.bar("Categories", count);
    let all = keepers.iter().map(|keeper| of_merchant(keeper, &bar));
    stream::iter(all).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    bar.end(&format!("{count} categories of {} merchants", keepers.len()));
    Ok(())
}

async fn of_merchant(keeper: &Keeper<'_>, bar: &Bar) -> anyhow::Result<()> {
    for category in &keeper.shop.categories {
        bar.tell(&format!("{}: {}", keeper.shop.merchant, category.name));
        let path = format!("/v1/categories/{}", category.id);
        keeper.api.put(&path, &category.body()).await?.expects(&[200, 201])?;
        keeper.api.put(&format!("{path}/schema"), &category.schema()).await?.expects(&[200])?;
        bar.step();
    }
    Ok(())
}
