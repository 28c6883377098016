//! What a receiver gets, and what becomes of its answers.

use http::StatusCode;
use serde_json::{Value, json};
use tola_catalog::listing::{ChannelOutcome, Presence, Visibility};
use tola_catalog::{ChannelStatus, ProblemClass};
use tola_channel::Adapter;
use tola_channel::testing::{Fault, Shop};
use tola_contracts::channel::CommandAnswer;
use tola_contracts::channel::inquiry::{Finding, Question};
use webhook_adapter::{KEPT_FOR, MAX_ANSWER, SecretError, WebhookAdapter};

use crate::contract::{OTHER, SECRET, SECRET_NAME, Street, Vault, street};
use crate::receiver::{Received, says};

async fn shop() -> Shop<Street> {
    Shop::open(street().await, Fault::None).await
}

/// A shop whose receiver answers from the script.
async fn scripted() -> Shop<Street> {
    let shop = shop().await;
    let config = shop.bench().path("script");
    shop.reconfigure(|channel| channel.config = config).await;
    shop
}

fn received(shop: &Shop<Street>) -> Vec<Received> {
    shop.bench().receiver.received()
}

#[tokio::test]
async fn a_delivery_is_what_the_readme_says() {
    let shop = shop().await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;

    let delivery = received(&shop).pop().unwrap();
    let id = format!("{}/shop:1", command.product_id);
    assert!(delivery.verified);
    assert_eq!(delivery.headers["webhook-id"], id);
    assert_eq!(delivery.headers["webhook-timestamp"], "1");
    assert_eq!(delivery.headers["content-type"], "application/json");
    assert_eq!(delivery.headers["content-length"], delivery.bytes.len().to_string());
    assert_eq!(
        delivery.body,
        json!({
            "type": "listing.offered",
            "delivery_id": id,
            "merchant_id": "merchant_00000000010000000000000001",
            "channel_id": "shop",
            "listing": { "product_id": command.product_id, "revision": 1, "fence": 1 },
            "product": {
                "product_id": command.product_id,
                "revision": 1,
                "slug": delivery.body["product"]["slug"],
                "name": "Lamp",
                "description": "It shines.",
                "price": { "amount": 1999, "currency": "USD" },
                "attributes": { "watts": 8 },
                "tags": [],
                "images": [{
                    "image_id": "image_00000000010000000000000002",
                    "renditions": [{
                        "name": "320.jpg", "content_type": "image/jpeg", "width": 4, "height": 3, "bytes": 9,
                        "url": "https://cdn.example/images/m/ab/320.jpg",
                    }],
                }],
                "overridden": [],
            },
        })
    );
}

#[tokio::test]
async fn what_lets_go_names_the_listing_and_no_product() {
    let shop = shop().await;
    let published = shop.publish().await;
    shop.carry_out(&published).await;
    let withdrawal = shop.deactivate().await;
    shop.carry_out(&withdrawal).await;
    let closing = shop.delete().await;
    shop.carry_out(&closing).await;

    let bodies: Vec<Value> = received(&shop).into_iter().skip(1).map(|delivery| delivery.body).collect();
    for (body, expected, fence) in [(&bodies[0], "listing.withdrawn", 2), (&bodies[1], "listing.closed", 3)] {
        assert_eq!(body["type"], expected);
        assert_eq!(body["delivery_id"], format!("{}/shop:{fence}", published.product_id));
        let external_id = format!("at-{}", published.product_id);
        let listing = json!({ "product_id": published.product_id, "external_id": external_id, "fence": fence });
        assert_eq!(body["listing"], listing);
        assert_eq!(body.get("product"), None);
    }
}

#[tokio::test]
async fn the_same_delivery_keeps_its_id_and_newer_content_gets_another() {
    let shop = shop().await;
    for answer in ["", "", ""] {
        shop.bench().receiver.answers(says(StatusCode::BAD_GATEWAY, &answer.into()));
    }
    let config = shop.bench().path("script");
    shop.reconfigure(|channel| channel.config = config).await;
    let command = shop.publish().await;

    for _ in 0..2 {
        assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));
    }
    shop.edit(Some("It shines more.")).await;
    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));

    let ids: Vec<_> = received(&shop).iter().map(|delivery| delivery.headers["webhook-id"].clone()).collect();
    let id = format!("{}/shop:1", command.product_id);
    assert_eq!(ids, [id.clone(), id.clone(), format!("{id}@2")]);
}

#[tokio::test]
async fn a_receiver_may_say_what_it_calls_the_listing_and_whether_it_is_seen() {
    let shop = scripted().await;
    let said = json!({ "external_id": "shelf-7", "visibility": "UNDER_REVIEW" });
    shop.bench().receiver.answers(says(StatusCode::ACCEPTED, &said));
    let command = shop.publish().await;

    let ChannelOutcome::Listed(standing) = shop.carry_out(&command).await else { panic!("it was not listed") };

    assert_eq!((standing.external_id.as_str(), standing.visibility), ("shelf-7", Visibility::UnderReview));
    shop.bench().receiver.answers(says(StatusCode::NO_CONTENT, &Value::Null));
    let withdrawal = shop.deactivate().await;
    let outcome = shop.carry_out(&withdrawal).await;
    assert_eq!(outcome, ChannelOutcome::Withdrawn { remains: Some("shelf-7".into()), already: false });
}

#[tokio::test]
async fn a_receiver_that_says_nothing_calls_the_listing_by_our_name() {
    let shop = scripted().await;
    shop.bench().receiver.answers(says(StatusCode::OK, &json!("thank you")));
    let command = shop.publish().await;

    let ChannelOutcome::Listed(standing) = shop.carry_out(&command).await else { panic!("it was not listed") };

    assert_eq!(standing.external_id, command.product_id.to_string());
    assert_eq!((standing.visibility, standing.revision), (Visibility::Live, 1));
}

#[tokio::test]
async fn a_refusal_has_the_receivers_words_and_pointer() {
    let shop = scripted().await;
    let said = json!({ "error": { "message": "Too cheap.\u{7}", "pointer": "/price" } });
    shop.bench().receiver.answers(says(StatusCode::UNPROCESSABLE_ENTITY, &said));
    let command = shop.publish().await;

    let ChannelOutcome::Refused { problem, .. } = shop.carry_out(&command).await else { panic!("it was not refused") };

    assert_eq!((problem.class, problem.pointer.as_deref()), (ProblemClass::Validation, Some("/price")));
    assert_eq!(problem.message, "The receiver does not want it (422 Unprocessable Entity): Too cheap.");
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let shop = scripted().await;
    let words = json!({ "external_id": "shelf-7", "more": "x".repeat(MAX_ANSWER) });
    shop.bench().receiver.answers(says(StatusCode::OK, &words));
    let command = shop.publish().await;

    let ChannelOutcome::Listed(standing) = shop.carry_out(&command).await else { panic!("it was not listed") };

    assert_eq!(standing.external_id, command.product_id.to_string(), "what is too long is not heard");
}

#[tokio::test]
async fn two_live_secrets_sign_so_that_either_is_enough() {
    let shop = shop().await;
    let both = json!({ "current": OTHER, "previous": SECRET }).to_string();
    shop.bench().vault.put(SECRET_NAME, Ok(&both));

    for known in [SECRET, OTHER] {
        shop.bench().receiver.accept(&[known]);
        assert_eq!(shop.connect().await, Finding::Connected);
    }

    let ping = received(&shop).pop().unwrap();
    assert_eq!(ping.headers["webhook-signature"].split(' ').count(), 2);
    assert_eq!(ping.body["type"], "ping");
    assert_eq!(ping.body.get("listing"), None);
}

#[tokio::test]
async fn a_secret_that_was_changed_is_read_again_when_the_receiver_objects() {
    let shop = shop().await;
    assert_eq!(shop.connect().await, Finding::Connected);
    shop.bench().vault.put(SECRET_NAME, Ok(OTHER));
    shop.bench().receiver.accept(&[OTHER]);
    let command = shop.publish().await;

    shop.carry_out(&command).await;

    assert!(shop.listing().await.is_live());
    assert_eq!(shop.channel().await.status, ChannelStatus::Active);
    let verified: Vec<_> = received(&shop).iter().map(|delivery| delivery.verified).collect();
    assert_eq!(verified, [true, false, true]);
    assert_eq!(shop.bench().vault.reads().len(), 2);
}

#[tokio::test]
async fn a_receiver_that_objects_to_the_newest_secret_is_not_asked_twice() {
    let shop = shop().await;
    shop.connect().await;
    shop.bench().receiver.accept(&[OTHER]);
    let command = shop.publish().await;

    let ChannelOutcome::Refused { problem, .. } = shop.carry_out(&command).await else { panic!("it was not refused") };

    assert_eq!((problem.class, problem.code.as_str()), (ProblemClass::Auth, "CHANNEL_AUTH_BROKEN"));
    assert_eq!(shop.channel().await.status, ChannelStatus::AuthBroken);
    assert_eq!(received(&shop).len(), 2);
}

#[tokio::test]
async fn a_secret_is_kept_for_minutes() {
    let shop = shop().await;
    for _ in 0..3 {
        shop.connect().await;
    }
    assert_eq!(shop.bench().vault.reads(), [SECRET_NAME]);

    shop.wait(KEPT_FOR);
    shop.connect().await;

    assert_eq!(shop.bench().vault.reads().len(), 2);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_named_and_what_it_holds_is_not() {
    let shop = shop().await;
    for (held, says) in [
        (Err(SecretError::Missing), "There is no secret"),
        (Err(SecretError::Unreadable("AccessDeniedException".into())), "can't be read"),
        (Ok("hunter2"), "is not `whsec_`"),
    ] {
        shop.bench().vault.put(SECRET_NAME, held);

        let Finding::Disconnected { problem } = shop.connect().await else { panic!("{says}") };

        let (class, code) = (problem.class, problem.code.as_str());
        assert_eq!((class, code), (ProblemClass::Auth, "CHANNEL_AUTH_BROKEN"));
        assert!(problem.message.contains(says) && problem.message.contains(SECRET_NAME), "{problem:?}");
        assert!(problem.remedy.contains(SECRET_NAME), "{problem:?}");
        assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
    }
    assert_eq!(received(&shop).len(), 0);
}

#[tokio::test]
async fn a_store_of_secrets_that_fails_breaks_no_channel() {
    let shop = shop().await;
    shop.bench().vault.put(SECRET_NAME, Err(SecretError::Unavailable("it sleeps".into())));
    let command = shop.publish().await;

    assert_eq!(shop.deliver(&command).await, Err("TRANSIENT".into()));

    assert_eq!(shop.channel().await.status, ChannelStatus::Active);
}

#[tokio::test]
async fn a_merchant_can_name_only_secrets_of_its_own() {
    let shop = shop().await;
    shop.bench().vault.put("tola/test/channels/merchant_00000000010000000000000001/key", Ok(SECRET));
    let config = shop.channel().await.config;
    let connect = async |secret: &str| {
        shop.inquire(Question::Connect { config: config.clone(), secret: Some(secret.to_owned()) }).await.unwrap()
    };

    assert_eq!(connect("key").await, Finding::Connected);
    for foreign in ["../merchant_2/key", "/tola/test/cursor", "arn:aws:secretsmanager:eu-west-1:1:secret:a", ""] {
        let Finding::Disconnected { problem } = connect(foreign).await else { panic!("{foreign}") };
        assert_eq!(problem.code, "CHANNEL_MISCONFIGURED", "{foreign}");
    }
    assert_eq!(shop.bench().vault.reads().len(), 1);
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let shop = shop().await;
    let mut product = tola_channel::testing::lamp(shop.product_id());
    product.images[0].renditions = vec![product.images[0].renditions[0].clone(); 4_000];
    let channel = shop.channel().await;
    let view = tola_channel::EffectiveView::of(&product, &channel.id);
    let call = tola_channel::Call {
        channel: &channel,
        product_id: product.id,
        fence: 1,
        asked: 1,
        scope: tola_store::SystemScope::named("test").acting_for(channel.merchant_id),
        now: shop.now(),
    };

    let failure = shop.harness().adapter().offer(&call, &view, None).await.unwrap_err();

    let tola_channel::Failure::Refused(problem) = failure else { panic!("{failure:?}") };
    assert_eq!((problem.class, problem.code.as_str()), (ProblemClass::Validation, "CHANNEL_REFUSED"));
    assert_eq!(received(&shop).len(), 0);
}

#[tokio::test]
async fn a_throttled_withdrawal_leaves_the_listing_as_it_is() {
    let shop = shop().await;
    let published = shop.publish().await;
    shop.carry_out(&published).await;
    let config = shop.bench().path("script");
    shop.reconfigure(|channel| channel.config = config).await;
    let answer = axum::response::Response::builder().status(503).header("retry-after", "42").body("".into()).unwrap();
    shop.bench().receiver.answers(answer);
    let withdrawal = shop.deactivate().await;

    let told = shop.deliver(&withdrawal).await;

    assert!(matches!(told, Ok(CommandAnswer::RetryAfter { seconds: 42, .. })), "{told:?}");
    assert_eq!(shop.listing().await.observed.presence, Presence::Live);
}

#[test]
fn the_schema_describes_the_config() {
    let schema = WebhookAdapter::<Vault>::config_schema();

    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["required"], json!(["url"]));
    assert_eq!(schema["properties"]["url"]["maxLength"], json!(2000));
    assert_eq!(schema["properties"]["timeout_seconds"]["minimum"], json!(1));
    assert_eq!(schema["properties"]["timeout_seconds"]["maximum"], json!(20));
    assert_eq!(schema["properties"]["timeout_seconds"]["default"], json!(10));
}

#[tokio::test]
async fn a_config_that_nobody_can_deliver_to_is_a_mistake_with_a_place() {
    let shop = shop().await;
    let connect = async |config: Value| {
        let Value::Object(config) = config else { panic!("{config}") };
        shop.inquire(Question::Connect { config, secret: None }).await.unwrap()
    };
    for (config, pointer) in [
        (json!({}), "/url"),
        (json!({ "url": "gopher://hunter2" }), "/url"),
        (json!({ "url": "https://user:hunter2@shop.example/" }), "/url"),
        (json!({ "url": "https://shop.example/#hunter2" }), "/url"),
        (json!({ "url": format!("https://shop.example/{}", "a".repeat(2_000)) }), "/url"),
        (json!({ "url": "https://shop.example/", "timeout_seconds": 0 }), "/timeout_seconds"),
        (json!({ "url": "https://shop.example/", "timeout_seconds": 21 }), "/timeout_seconds"),
        (json!({ "url": "https://shop.example/", "secret": "hunter2" }), "/secret"),
    ] {
        let found = connect(config.clone()).await;
        let Finding::Misconfigured { faults } = &found else { panic!("{config}: {found:?}") };
        assert_eq!(faults[0].pointer, pointer, "{config}");
        assert!(!format!("{faults:?}").contains("hunter2"), "{faults:?}");
    }
    // What no schema can say: outside of development, more is refused.
    let Finding::Disconnected { problem } = connect(json!({ "url": "https:///" })).await else { panic!() };
    assert_eq!(problem.code, "CHANNEL_MISCONFIGURED");
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_leaves_the_withdrawal_in_doubt() {
    let shop = shop().await;
    let published = shop.publish().await;
    shop.carry_out(&published).await;
    let config = shop.bench().path("script");
    shop.reconfigure(|channel| channel.config = config).await;
    shop.bench().receiver.answers(says(StatusCode::BAD_GATEWAY, &Value::Null));
    shop.bench().receiver.answers(says(StatusCode::CONFLICT, &Value::Null));
    let withdrawal = shop.deactivate().await;
    assert_eq!(shop.deliver(&withdrawal).await, Err("TRANSIENT".into()));

    let outcome = shop.carry_out(&withdrawal).await;

    assert!(shop.listing().await.may_be_live(), "nobody knows that it is hidden: {outcome:?}");
}
