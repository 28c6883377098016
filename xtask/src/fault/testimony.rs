//! What can be seen when everything is over, gathered for the checker: the API, the events that came, the channels' ledgers.

use std::collections::BTreeMap;

use anyhow::Context as _;
use futures::future::try_join_all;
use tola_catalog::{ChannelId, ProductId};
use tola_checker::{MerchantTestimony, ProductTestimony, Shop, Testimony};
use tola_store::{Sandbox, SandboxKey};

use super::plan::CHANNELS;
use super::stage::Stage;
use super::workload::{Registered, Shopkeeper};

/// Everything that the merchants can see, and what was acknowledged to them.
///
/// # Errors
/// When somebody does not answer.
pub(crate) async fn gathered(stage: &Stage, keepers: &[Shopkeeper]) -> anyhow::Result<Testimony> {
    // Ledgers are the channel's own, kept in its database.
    let store = stage.stack.store().await;
    let of_merchant = async |keeper: &Shopkeeper| {
        let sandbox = store.sandbox(keeper.client.merchant().scope());
        let products = keeper.products.iter().map(|product| of_product(keeper, product, &sandbox));
        let id = keeper.client.merchant().id().to_string();
        let listed = keeper.client.lists("/v1/products").await?;
        anyhow::Ok(MerchantTestimony {
            products: try_join_all(products).await?,
            listed: listed.iter().filter_map(|product| product["id"].as_str()).map(str::to_owned).collect(),
            operations: keeper.client.lists("/v1/operations").await?,
            events: stage.stack.hears_of(&id).await.map_err(anyhow::Error::msg)?,
            id,
        })
    };
    // One merchant after the other: many at once would keep the local cloud from its work.
    let mut merchants = Vec::new();
    for keeper in keepers {
        merchants.push(of_merchant(keeper).await?);
    }
    Ok(Testimony { merchants })
}

async fn of_product(keeper: &Shopkeeper, product: &Registered, sandbox: &Sandbox) -> anyhow::Result<ProductTestimony> {
    let path = format!("/v1/products/{}", product.id);
    let mut shops = BTreeMap::new();
    for channel in CHANNELS {
        let channel_id = ChannelId::parse(channel).context("a channel's id")?;
        let key = SandboxKey { channel_id, product_id: ProductId::parse(&product.id).context("a product's id")? };
        shops.insert(channel.to_owned(), Shop::at(sandbox, &key).await?);
    }
    Ok(ProductTestimony {
        id: product.id.clone(),
        acknowledged: product.acknowledged.clone(),
        shown: keeper.client.looks_at(&path).await?,
        history: keeper.client.lists(&format!("{path}/history")).await?,
        shops,
    })
}
