//! The contract as a page, in a real browser.

use api::ROUTES;
use tola_testkit::{Browser, TestStack, a_product};

#[tokio::test]
async fn the_contract_is_read_and_tried_out_on_its_page() {
    let (stack, browser) = (TestStack::deployed().await, Browser::start().await);
    let merchant = stack.merchant("casa-lumbre");
    let product = merchant.registers(a_product()).await;
    let token = &merchant.session().tokens().await.expect("the merchant signs in").access;
    let api = stack.info().api_url.trim_end_matches('/');

    browser.opens(&format!("{api}/v1/docs")).await;
    browser.shows(".opblock").await;
    assert_eq!(browser.count(".opblock").await, ROUTES.len(), "the page shows every route");
    browser.pictured("docs").await;

    browser.clicks("button.authorize").await;
    browser.writes("#auth-bearer-value", token).await;
    browser.clicks(".auth-btn-wrapper button[type=submit]").await;
    browser.clicks(".auth-btn-wrapper button.btn-done").await;
    browser.clicks("#operations-Products-readProduct .opblock-summary-control").await;
    browser.clicks("#operations-Products-readProduct .try-out__btn").await;
    let id = "#operations-Products-readProduct tr[data-param-name=id] input";
    browser.shows(id).await.clear().await.expect("a field");
    browser.writes(id, product.id()).await;
    browser.clicks("#operations-Products-readProduct .execute").await;

    let answer = browser.reads("#operations-Products-readProduct .live-responses-table .response").await;
    assert!(answer.starts_with("200") && answer.contains(product.id()), "{answer}");
    browser.pictured("docs-tried-out").await;

    // All that the page has loaded, and that nothing was kept from it by its own policy.
    let script = "return performance.getEntriesByType('resource').map(entry => entry.name)";
    let loaded = browser.runs(script).await;
    let loaded: Vec<_> = loaded.as_array().expect("a list").iter().filter_map(|name| name.as_str()).collect();
    assert!(loaded.len() > 3, "{loaded:?}");
    assert!(
        loaded.iter().all(|name| name.starts_with(&format!("{api}/v1/")) || name.starts_with("data:")),
        "{loaded:?}"
    );
}
