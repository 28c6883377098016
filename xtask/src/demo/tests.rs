//! The loader against a stand-in for the API, which remembers what it was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tola_catalog::Quantity;
use tola_demo::{Fate, Item, SEED};

use super::*;

/// What the stand-in knows, and what it was asked.
#[derive(Default)]
struct Known {
    url: String,
    /// By merchant and SKU.
    products: BTreeMap<(String, String), Value>,
    images: BTreeMap<String, &'static str>,
    keys: BTreeMap<String, String>,
    channels: BTreeSet<String>,
    asked: Vec<String>,
    /// What was refused once, if everything is to be refused once.
    refused: Option<BTreeSet<String>>,
    /// Whether operations fail.
    fails: bool,
}

#[derive(Clone, Default)]
struct StandIn(Arc<Mutex<Known>>);

impl StandIn {
    async fn started() -> Self {
        let stand_in = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        stand_in.known().url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stand_in
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keepers<'a>(&self, catalog: &'a Catalog) -> Vec<Keeper<'a>> {
        let url = self.known().url.clone();
        let keeper = |shop: &'a Shop| {
            let headers = [("x-merchant-id".to_owned(), shop.merchant.to_owned())].into();
            Keeper { api: Api::new(&reqwest::Client::new(), &url, &headers).unwrap(), shop }
        };
        catalog.shops.iter().map(keeper).collect()
    }

    async fn loads(&self, catalog: &Catalog) -> anyhow::Result<(Done, Vec<Summary>)> {
        load(&self.keepers(catalog), &Ui::default()).await
    }

    /// What was asked since somebody last wanted to know, sorted.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut self.known().asked);
        asked.sort();
        asked
    }
}

async fn answer(State(stand_in): State<StandIn>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (merchant, key) = (header("x-merchant-id").to_owned(), header("idempotency-key").to_owned());
    let body = to_bytes(body, 1 << 22).await.unwrap();
    let asked = format!("{} {}", parts.method, parts.uri.path());
    let mut known = stand_in.known();
    if known.refused.as_mut().is_some_and(|refused| refused.insert(format!("{merchant} {asked}"))) {
        let error = json!({ "error": { "code": "TOO_MANY_WRITES", "message": "later" } }).to_string();
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "0")], Body::from(error)).into_response();
    }
    known.asked.push(asked.clone());
    let (status, body) = known.answers(&asked, &merchant, &key, &body);
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

impl Known {
    fn answers(&mut self, asked: &str, merchant: &str, key: &str, bytes: &[u8]) -> (u16, Value) {
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let path: Vec<&str> = asked.split(['/', ' ']).filter(|part| !part.is_empty() && *part != "v1").collect();
        let none = (404, json!({ "error": { "code": "RESOURCE_NOT_FOUND", "message": "nothing" } }));
        match path.as_slice() {
            ["GET", "channels", _] if self.channels.contains(merchant) => (200, json!({})),
            ["PUT", "channels", _] => (if self.channels.insert(merchant.to_owned()) { 201 } else { 200 }, json!({})),
            ["PUT", "categories", ..] => (200, json!({})),
            ["POST", "images"] => (201, self.promise(merchant, key)),
            ["GET", "images", id] if self.images.contains_key(*id) => (200, json!({ "status": self.images[*id] })),
            ["POST", "bucket"] => (204, self.receive(bytes)),
            ["PUT", "products", "by-sku", sku] => self.put(merchant, sku, &body),
            ["GET", "products", "by-sku", sku] => {
                let found = self.products.get(&(merchant.to_owned(), (*sku).to_owned()));
                found.map_or(none, |found| (200, found.clone()))
            }
            ["GET", "products"] => {
                let items = self.products.iter().filter(|((whose, _), _)| whose == merchant).map(|(_, found)| found);
                (200, json!({ "items": items.collect::<Vec<_>>(), "next_cursor": null }))
            }
            ["GET", "operations", _] => {
                let (status, why) = if self.fails { ("FAILED", "the channel is shut") } else { ("SUCCEEDED", "") };
                (200, json!({ "ended_at": "2026-12-01T00:00:00Z", "status": status, "problem": { "message": why } }))
            }
            [_, "products", id, rest @ ..] => {
                let found = self.products.values_mut().find(|found| found["id"] == *id);
                found.map_or(none, |found| act(found, rest, &body))
            }
            _ => none,
        }
    }

    fn promise(&mut self, merchant: &str, key: &str) -> Value {
        let fresh = format!("image_{}", self.images.len());
        let id = self.keys.entry(format!("{merchant} {key}")).or_insert(fresh).clone();
        self.images.entry(id.clone()).or_insert("AWAITING_UPLOAD");
        json!({ "image": { "id": id }, "upload": { "url": format!("{}/bucket", self.url), "fields": { "key": format!("<{id}>") } } })
    }

    /// Takes the file of whichever image the form names.
    fn receive(&mut self, bytes: &[u8]) -> Value {
        let text = String::from_utf8_lossy(bytes);
        for (id, status) in self.images.iter_mut().filter(|(id, _)| text.contains(&format!("<{id}>"))) {
            assert_eq!(*status, "AWAITING_UPLOAD", "{id} is uploaded twice");
            *status = "READY";
        }
        Value::Null
    }

    fn put(&mut self, merchant: &str, sku: &str, body: &Value) -> (u16, Value) {
        let (id, place) = (format!("product_{}", self.products.len()), (merchant.to_owned(), sku.to_owned()));
        if let Some(known) = self.products.get(&place) {
            assert_eq!(known["said"], *body, "it is put otherwise than before");
            return (200, known.clone());
        }
        let mut images = body["images"].as_array().unwrap().clone();
        for image in &mut images {
            assert_eq!(self.images[image["image_id"].as_str().unwrap()], "READY");
            image["status"] = json!("READY");
        }
        let status = if images.is_empty() || body["price"].is_null() { "DRAFT" } else { "READY" };
        let mut product = json!({
            "id": id, "sku": sku, "said": body, "images": images, "status": status, "live_on": [],
            "stock": { "on_hand": null, "low_stock_threshold": null, "level": null },
        });
        self.products.insert(place, product.clone());
        product["operation"] = json!({ "id": "operation_1" });
        (201, product)
    }
}

/// What is asked of a product that is there.
fn act(product: &mut Value, what: &[&str], body: &Value) -> (u16, Value) {
    match what {
        ["publish"] if product["stock"]["level"] == "DEPLETED" => {
            return (409, json!({ "error": { "code": "OUT_OF_STOCK", "message": "no" } }));
        }
        ["publish"] => (product["status"], product["live_on"]) = (json!("ACTIVE"), json!(["sandbox"])),
        ["deactivate"] => product["status"] = json!("INACTIVE"),
        ["inventory"] => {
            let level = if body["set"] == 0 { "DEPLETED" } else { "AMPLE" };
            let few = body["low_stock_threshold"].clone();
            product["stock"] = json!({ "on_hand": body["set"], "low_stock_threshold": few, "level": level });
        }
        _ => return (200, product.clone()),
    }
    let status = if what == ["inventory"] { 200 } else { 202 };
    (status, json!({ "operation": { "id": "operation_1" } }))
}

fn a_part() -> Catalog {
    tola_demo::catalog(SEED).unwrap().cut_to(12)
}

#[tokio::test]
async fn everything_comes_to_where_it_is_to_be_and_a_second_load_writes_nothing() {
    let (stand_in, catalog) = (StandIn::started().await, a_part());

    let (done, summaries) = stand_in.loads(&catalog).await.unwrap();

    assert_eq!(done.products, 12);
    assert!((4..12).contains(&done.pictures), "{done:?}");
    for (summary, status) in
        summaries.iter().flat_map(|summary| ["ACTIVE", "READY", "DRAFT", "INACTIVE"].map(|s| (summary, s)))
    {
        assert_eq!(summary.standing(status), 1, "{status} in {summary:?}");
    }
    assert_eq!(stand_in.known().channels.len(), 3);
    let asked = stand_in.asked();
    assert_eq!(asked.iter().filter(|asked| asked.ends_with("/publish")).count(), 3);

    let (again, _) = stand_in.loads(&catalog).await.unwrap();

    assert_eq!(again, Done::default());
    let writes: Vec<_> = stand_in.asked().into_iter().filter(|asked| !asked.starts_with("GET")).collect();
    assert!(writes.iter().all(|asked| asked.starts_with("PUT")), "{writes:?}");
    assert!(!writes.iter().any(|asked| asked.contains("channels")), "{writes:?}");
}

#[tokio::test]
async fn a_load_that_broke_off_is_gone_on_with() {
    let (stand_in, catalog) = (StandIn::started().await, a_part());
    let (first, _) = stand_in.loads(&catalog.clone().cut_to(5)).await.unwrap();

    let (rest, _) = stand_in.loads(&catalog).await.unwrap();

    assert_eq!((first.products, rest.products), (5, 7));
    let pictures = stand_in.known().images.len();
    assert_eq!(first.pictures + rest.pictures, pictures);
}

#[tokio::test]
async fn what_is_sold_out_is_published_first_and_left_alone_then() {
    let (stand_in, mut catalog) = (StandIn::started().await, tola_demo::catalog(SEED).unwrap());
    let sold_out = |item: &Item| item.fate == Fate::Published && item.stock.on_hand() == Some(Quantity::ZERO);
    catalog.shops.iter_mut().for_each(|shop| shop.items.retain(sold_out));
    assert!(catalog.products() > 20);

    stand_in.loads(&catalog).await.unwrap();
    let published = stand_in.asked().iter().filter(|asked| asked.ends_with("/publish")).count();
    // What is sold out is paused, and not live any more.
    stand_in.known().products.values_mut().for_each(|product| product["live_on"] = json!([]));
    let (again, _) = stand_in.loads(&catalog).await.unwrap();

    assert_eq!(published, catalog.products());
    assert_eq!(again, Done::default());
    assert!(!stand_in.asked().iter().any(|asked| asked.ends_with("/publish") || asked.ends_with("/inventory")));
}

#[tokio::test]
async fn whoever_is_told_to_come_later_comes_later() {
    let (stand_in, catalog) = (StandIn::started().await, a_part());
    stand_in.known().refused = Some(BTreeSet::new());

    let (done, _) = stand_in.loads(&catalog).await.unwrap();

    assert_eq!(done.products, 12);
    assert!(stand_in.known().refused.as_ref().is_some_and(|refused| refused.len() > 50));
}

#[tokio::test]
async fn what_goes_astray_is_named_once_all_the_others_have_arrived() {
    let (stand_in, catalog) = (StandIn::started().await, a_part());
    stand_in.known().fails = true;

    let error = stand_in.loads(&catalog).await.unwrap_err().to_string();

    assert!(error.starts_with("12 products are not where they should be"), "{error}");
    assert!(error.contains("the channel is shut"), "{error}");
    assert_eq!(stand_in.known().products.len(), 12);
}

#[test]
fn every_shop_has_its_merchant_among_the_demo_merchants() {
    let catalog = tola_demo::catalog(SEED).unwrap();
    let shops: Vec<&str> = catalog.shops.iter().map(|shop| shop.merchant).collect();
    let merchants = tola_local::demo::merchants();

    assert_eq!(shops, merchants.iter().map(|merchant| merchant.name.as_str()).collect::<Vec<_>>());
}
