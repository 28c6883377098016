//! The API's contract: it is written down, breaks no client, and is what the API does.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use tola_catalog::MerchantId;
use tola_local::{StackInfo, demo};

use super::schemathesis::{self, Extent};
use crate::commands::openapi;
use crate::shim::Shim;
use crate::signals::interrupted;
use crate::tenant::{Tenant, id};
use crate::ui::Ui;

/// The contract against history, and the API's program against the contract.
///
/// # Errors
/// When one is not as the other says.
pub(super) async fn check(workspace: &Path) -> anyhow::Result<String> {
    let written = openapi::check().await?;
    let ui = Ui::default();
    let shim = Shim::start(workspace, 0, &ui).await.inspect_err(|_| ui.failed())?;
    let folder = workspace.join(".local/contract");
    let asked = tokio::select! {
        asked = schemathesis::ask(workspace, &folder, &shim.url, &shim.tenants, Extent::Full) => asked,
        asked = interrupted() => asked,
    };
    shim.stop().await;
    Ok(format!("{written}; {}", asked?))
}

/// A deployed stack against the contract: what the gateway makes of requests and answers is part of it.
///
/// # Errors
/// When an answer is not as the contract says.
pub(super) async fn through_the_gateway(workspace: &Path, folder: &Path, stack: &StackInfo) -> anyhow::Result<String> {
    let mut tenants = Vec::new();
    for merchant in demo::merchants().iter().take(2) {
        tenants.push(tenant(stack, merchant).await?);
    }
    let Ok(tenants) = <[Tenant; 2]>::try_from(tenants) else { anyhow::bail!("there are not two demo merchants") };
    schemathesis::ask(workspace, &folder.join("contract"), &stack.api_url, &tenants, Extent::Small).await
}

/// A demo merchant with something to ask for.
async fn tenant(stack: &StackInfo, merchant: &demo::Merchant) -> anyhow::Result<Tenant> {
    let mut users = stack.tokens.users.iter();
    let user = users.find(|user| user.merchant_id == merchant.id && user.role == "merchant");
    let header = user.and_then(|user| user.headers.get("Authorization")).context("the merchant's user has no token")?;
    let token = header.trim_start_matches("Bearer ").to_owned();
    let mut tenant = Tenant::new(MerchantId::parse(&merchant.id)?, token);
    tenant.categorise(&stack.api_url).await?;
    for number in 1..=3 {
        let product = json!({ "name": format!("Chair {number}"), "sku": format!("CHAIR-{number}") });
        let product = tenant.post(&stack.api_url, "/v1/products", &product).await?;
        tenant.has.products.push(id(&product, "/id")?);
        tenant.has.skus.push(id(&product, "/sku")?);
        tenant.has.slugs.push(id(&product, "/slug")?);
        tenant.has.operations.push(id(&product, "/operation/id")?);
    }
    let promised = tenant.post(&stack.api_url, "/v1/images", &json!({ "content_type": "image/png" })).await?;
    tenant.has.images.push(id(&promised, "/image/id")?);
    tenant.has.channels.push("sandbox".to_owned());
    Ok(tenant)
}
