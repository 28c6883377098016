//! What an outsider sees when everything has settled down.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tola_catalog::{Actor, ChannelId, Identity, MerchantId, ProductId, Role};
use tola_checker::{MerchantTestimony, ProductTestimony, Shop, Testimony, Write};
use tola_store::{SandboxKey, TenantScope};

use crate::clients::Client;
use crate::environment::Asked;
use crate::world::World;

/// How many items a page has, at most.
const PAGE: usize = 100;

/// A product that somebody registered, and what was acknowledged of it.
pub(crate) struct Known<'a> {
    pub(crate) merchant_id: MerchantId,
    pub(crate) product: &'a str,
    pub(crate) acknowledged: &'a [Write],
}

/// Everything that the merchants can see.
pub(crate) async fn testimony(world: &World, merchants: &[MerchantId], known: &[Known<'_>]) -> Testimony {
    let mut seen = Testimony::default();
    for merchant in merchants {
        let mut products = Vec::new();
        for known in known.iter().filter(|known| known.merchant_id == *merchant) {
            products.push(product(world, known).await);
        }
        let bus = world.cloud.get().bus.clone();
        let id = merchant.to_string();
        let events = bus.into_iter().filter(|event| event["merchant_id"] == id.as_str()).collect();
        let listed = items(world, *merchant, "/v1/products").await;
        let listed = listed.iter().filter_map(|item| item["id"].as_str()).map(str::to_owned).collect();
        let operations = items(world, *merchant, "/v1/operations").await;
        seen.merchants.push(MerchantTestimony { id, products, listed, operations, events });
    }
    seen
}

async fn product(world: &World, known: &Known<'_>) -> ProductTestimony {
    let path = format!("/v1/products/{}", known.product);
    let (status, shown) = asks(world, known.merchant_id, "GET", &path).await;
    assert!([200, 404].contains(&status), "{path} was answered {status}: {shown}");
    let history = items(world, known.merchant_id, &format!("{path}/history")).await;
    let mut shops = BTreeMap::new();
    for channel in crate::clients::CHANNELS {
        shops.insert(channel.to_owned(), shop(world, known.merchant_id, known.product, channel).await);
    }
    let (id, acknowledged) = (known.product.to_owned(), known.acknowledged.to_vec());
    ProductTestimony { id, acknowledged, shown: (status == 200).then_some(shown), history, shops }
}

/// What a channel has of a product.
pub(crate) async fn shop(world: &World, merchant_id: MerchantId, product: &str, channel: &str) -> Shop {
    let key = SandboxKey {
        channel_id: ChannelId::parse(channel).expect("a channel's id"),
        product_id: ProductId::parse(product).expect("a product's id"),
    };
    let sandbox = world.store().sandbox(scope(merchant_id));
    world.undisturbed(Shop::at(&sandbox, &key)).await.expect("the shop")
}

/// All pages of a list.
pub(crate) async fn items(world: &World, merchant_id: MerchantId, path: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let (status, page) = asks(world, merchant_id, "GET", &format!("{path}?limit={PAGE}{after}")).await;
        assert_eq!(status, 200, "{path}: {page}");
        all.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(cursor) => after = format!("&cursor={cursor}"),
            None => return all,
        }
    }
}

async fn asks(world: &World, merchant_id: MerchantId, method: &'static str, path: &str) -> (u16, Value) {
    world.request(Asked { merchant_id, method, path: path.to_owned(), body: Value::Null, key: None }).await
}

/// What a merchant may touch.
pub(crate) fn scope(merchant_id: MerchantId) -> TenantScope {
    TenantScope::of_identity(&Identity { merchant_id, role: Role::Merchant, subject: "ana".into() })
}

/// A channel of a merchant is connected.
pub(crate) async fn connects(world: &World, merchant_id: MerchantId, channel: &str) {
    let body = json!({ "type": "sandbox", "config": {} });
    let path = format!("/v1/channels/{channel}");
    let (status, answer) = world.request(Asked { merchant_id, method: "PUT", path, body, key: None }).await;
    assert!([200, 201].contains(&status), "{status} {answer}");
}

/// The category of a client's product is made.
pub(crate) async fn files(world: &World, client: &Client) {
    let (merchant_id, path) = (client.merchant_id, format!("/v1/categories/{}", client.category));
    let body = json!({ "name": client.category });
    let (status, answer) = world.request(Asked { merchant_id, method: "PUT", path, body, key: None }).await;
    assert_eq!(status, 201, "{answer}");
}

/// Who does what nobody asks for.
pub(crate) fn nobody() -> Actor {
    Actor::system("story")
}
