//! Loads a small part of the catalog into a real stack, breaks off and goes on, for merchants whom nobody has seen.

use anyhow::{Context as _, ensure};
use tola_demo::Catalog;
use tola_local::Stack;
use tola_testkit::TestStack;

use super::api::Api;
use super::{Done, Keeper, load};
use crate::ui::Ui;

/// Four for each merchant: one to be published, one to be withdrawn, one to be kept, and one that lacks something.
const PRODUCTS: usize = 12;
/// How many of them are loaded before it breaks off.
const BEFORE: usize = 5;

/// What is loaded comes to where it is to be, what broke off is gone on with, and what is there already stays untouched.
///
/// # Errors
/// When it does not.
pub(crate) async fn tried(stack: &Stack) -> anyhow::Result<String> {
    let stack = TestStack::of(stack.clone()).await;
    let (catalog, http) = (tola_demo::catalog(tola_demo::SEED)?.cut_to(PRODUCTS), reqwest::Client::new());
    let mut accesses = Vec::new();
    for shop in &catalog.shops {
        let merchant = stack.merchant(&shop.merchant.to_lowercase().replace(' ', "-"));
        let tokens = merchant.session().tokens().await.map_err(anyhow::Error::msg)?;
        let headers = [("Authorization".to_owned(), format!("Bearer {}", tokens.access))].into();
        accesses.push(Api::new(&http, &stack.info().api_url, &headers)?);
    }
    let ui = Ui::default();
    let part = catalog.clone().cut_to(BEFORE);
    let (done, _) = load(&keepers(&part, &accesses), &ui).await.inspect_err(|_| ui.failed())?;
    ensure!(done.products == BEFORE, "of {BEFORE} products, {} were new", done.products);

    let whole = keepers(&catalog, &accesses);
    let (done, summaries) = load(&whole, &ui).await.inspect_err(|_| ui.failed())?;
    ensure!(
        done.products == PRODUCTS - BEFORE,
        "{BEFORE} products of {PRODUCTS} were there, and {} new",
        done.products
    );
    for status in ["ACTIVE", "READY", "DRAFT", "INACTIVE"] {
        let one_each = summaries.iter().all(|summary| summary.standing(status) == 1);
        ensure!(one_each, "not every merchant has one product that is {status}: {summaries:?}");
    }

    let before = written(&accesses).await?;
    let (done, _) = load(&whole, &ui).await.inspect_err(|_| ui.failed())?;
    ensure!(done == Done::default(), "what was there was loaded once more: {done:?}");
    ensure!(written(&accesses).await? == before, "what was so already was written once more");
    Ok(format!("{PRODUCTS} products of the demo catalog loaded, broken off, gone on with, and left alone"))
}

fn keepers<'a>(catalog: &'a Catalog, accesses: &[Api]) -> Vec<Keeper<'a>> {
    catalog.shops.iter().zip(accesses).map(|(shop, api)| Keeper { api: api.clone(), shop }).collect()
}

/// All products, and when each was last written.
async fn written(accesses: &[Api]) -> anyhow::Result<Vec<(String, String)>> {
    let mut written = Vec::new();
    for api in accesses {
        for item in api.list("/v1/products").await? {
            let text = |field: &str| item[field].as_str().map(str::to_owned).context("a product without it");
            written.push((text("id")?, text("updated_at")?));
        }
    }
    written.sort();
    Ok(written)
}
