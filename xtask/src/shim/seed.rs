//! What there is when the requests begin: two merchants with products, images, channels and operations of their own, in
//! as many states as can be had without a workflow.

use anyhow::{Context as _, ensure};
use serde_json::json;
use tola_catalog::image::Changed;
use tola_catalog::listing::{ChannelOutcome, Standing, Visibility};
use tola_catalog::operation::{OperationStatus, Subject};
use tola_catalog::{Actor, ChannelId, Identity, MerchantId, Operation, OperationId, Origin, Product, Role};
use tola_local::{database, demo};
use tola_store::{MongoConfig, Store, TenantScope};

use super::token;
use crate::catalogue;
use crate::tenant::{Tenant, id};

/// How many products each merchant has.
const PRODUCTS: u16 = 10;
/// How many of them are live on the merchant's channel: the last ones.
const LIVE: u16 = 4;
/// The channel that each merchant has.
const CHANNEL: &str = "sandbox";

/// Writes what workflows would have made.
pub(super) async fn documents(mongodb_uri: &str) -> anyhow::Result<[Tenant; 2]> {
    demo::seed(mongodb_uri, database::DATABASE).await?;
    let store = Store::connect(&MongoConfig::new(mongodb_uri, database::DATABASE)).await?;
    store.migrate().await?;
    let [left, right] = demo_merchants()?;
    Ok([tenant(&store, left, 0).await?, tenant(&store, right, PRODUCTS).await?])
}

fn demo_merchants() -> anyhow::Result<[MerchantId; 2]> {
    let merchants = demo::merchants();
    let parsed: Result<Vec<_>, _> = merchants.iter().take(2).map(|merchant| MerchantId::parse(&merchant.id)).collect();
    parsed?.try_into().ok().context("there are not two demo merchants")
}

async fn tenant(store: &Store, merchant_id: MerchantId, first: u16) -> anyhow::Result<Tenant> {
    let identity = Identity { merchant_id, role: Role::Merchant, subject: "seed".to_owned() };
    let scope = TenantScope::of_identity(&identity);
    let mut tenant = Tenant::new(merchant_id, token::issue(merchant_id, Role::Merchant));
    let has = &mut tenant.has;
    has.channels.push(CHANNEL.to_owned());
    for number in first..first + PRODUCTS {
        let (mut product, images) = catalogue::product(merchant_id, number)?;
        if number >= first + PRODUCTS - LIVE {
            let operation = go_live(&mut product)?;
            store.operations(scope).ensure(&operation).await?;
            has.operations.push(operation.id.to_string());
        }
        for image in &images {
            store.images(scope).insert(image).await?;
            has.images.push(image.id.to_string());
        }
        store.products(scope).insert(&product).await?;
        has.products.push(product.id.to_string());
        has.skus.extend(product.sku.iter().map(ToString::to_string));
        has.slugs.push(product.slug.to_string());
    }
    Ok(tenant)
}

/// Has a product live on the channel, as its workflow leaves it, and returns the operation that did so.
fn go_live(product: &mut Product) -> anyhow::Result<Operation> {
    let channel = ChannelId::parse(CHANNEL)?;
    let actor = Actor::User { id: "seed".into() };
    let origin = Origin { now: product.updated_at, actor, correlation_id: "seed".into(), cause: None };
    let operation = OperationId::new(product.id.ulid());
    let _ = product.request_publish(std::slice::from_ref(&channel), operation, &origin)?;
    let fence =
        product.channels.get(&channel).and_then(|listing| listing.command.as_ref()).map(|command| command.fence);
    let fence = fence.context("the product was not to be published")?;
    let _ = product.claim(&channel, fence, "seed", origin.now, &origin);
    let listed = ChannelOutcome::Listed(Standing {
        external_id: format!("{CHANNEL}-{}", product.id.ulid()),
        revision: product.revision,
        visibility: Visibility::Live,
        mark: Some("1".to_owned()),
    });
    ensure!(product.record(&channel, fence, &listed, &origin) == Changed::Yes, "the product did not go live");
    let _ = product.tell(operation, &origin);
    let promised = product.intents.pop().context("the product promised nothing")?;
    let running = Operation::of_intent(&promised, product.merchant_id, Subject::Product(product.id));
    product.outbox.clear();
    product.outbox_due_at = None;
    Ok(Operation { status: OperationStatus::Succeeded, ended_at: Some(origin.now), ..running })
}

/// Does with them what leaves them in different states, as their merchants would: one is published, one's publication is
/// cancelled, one is deactivated, some are counted, a draft is registered and a photo promised.
pub(super) async fn actions(url: &str, tenants: &mut [Tenant; 2]) -> anyhow::Result<()> {
    for tenant in tenants {
        tenant.categorise(url).await?;
        let products = tenant.has.products.clone();
        tenant.count(url, &products[..6]).await?;
        let publish = json!({ "channels": [CHANNEL] });
        for product in &products[..2] {
            let published = tenant.post(url, &format!("/v1/products/{product}/publish"), &publish).await?;
            tenant.has.operations.push(id(&published, "/operation/id")?);
        }
        // The one that `tests/schemathesis/hooks.py` keeps for this.
        let taken_off = tenant.post(url, &format!("/v1/products/{}/unpublish", products[8]), &publish).await?;
        let taken_off = id(&taken_off, "/operation/id")?;
        let cancelled = tenant.has.operations.last().cloned().unwrap_or_default();
        tenant.post(url, &format!("/v1/operations/{cancelled}/cancel"), &json!({})).await?;
        let deactivated = tenant.post(url, &format!("/v1/products/{}/deactivate", products[2]), &json!({})).await?;
        let draft = tenant.post(url, "/v1/products", &json!({ "name": "Draft" })).await?;
        let photo = tenant.post(url, "/v1/images", &json!({ "content_type": "image/png" })).await?;
        tenant.has.operations.extend([taken_off, id(&deactivated, "/operation/id")?, id(&draft, "/operation/id")?]);
        tenant.has.products.push(id(&draft, "/id")?);
        tenant.has.images.push(id(&photo, "/image/id")?);
    }
    Ok(())
}
