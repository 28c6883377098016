use std::time::Duration;

use tola_contracts::channel::inquiry::ListedListing;
use ulid::Ulid;

use tola_contracts::channel::MAX_WAIT_SECONDS;

use super::*;
use crate::room::{Room, fault, room};
use crate::testing::{Fault, Shop, Told};

/// A shop with a product at a channel that then misbehaves in this way.
async fn published(name: &str) -> Shop<Room> {
    let shop = Shop::open(room().await, Fault::None).await;
    let command = shop.publish().await;
    shop.carry_out(&command).await;
    shop.reconfigure(|channel| channel.config = fault(name)).await;
    shop
}

fn products(count: usize) -> Vec<ProductId> {
    (0..count).map(|number| ProductId::new(Ulid::from_parts(5, number as u128))).collect()
}

async fn surveyed(shop: &Shop<Room>) -> Result<Finding, StepErrorKind> {
    let question = Question::Survey { product_ids: vec![shop.product_id()] };
    shop.inquire(question).await.map_err(|error| error.kind)
}

#[tokio::test]
async fn a_connection_that_fails_is_a_finding() {
    let expected = [
        ("locked", ProblemClass::Auth, "CHANNEL_AUTH_BROKEN"),
        ("throttles", ProblemClass::Throttled, "CHANNEL_THROTTLED"),
        ("fails", ProblemClass::Transient, "CHANNEL_SILENT"),
    ];
    for (name, class, code) in expected {
        let found = published(name).await.connect().await;

        let Finding::Disconnected { problem } = found else { panic!("{found:?}") };
        assert_eq!((problem.class, problem.code.as_str()), (class, code));
        assert!(!problem.message.contains("10.0.0.1"), "{problem:?}");
    }
}

#[tokio::test]
async fn a_channel_that_is_not_there_can_be_tried() {
    let shop = Shop::open(room().await, Fault::None).await;
    let channel = shop.channel().await;
    let scope = SystemScope::named("test").acting_for(channel.merchant_id);
    shop.bench().store.channels(scope).remove(&channel).await.unwrap();

    let found = shop.inquire(Question::Connect { config: Map::new(), secret: None }).await.unwrap();

    assert_eq!(found, Finding::Connected);
    assert_eq!(shop.bench().store.channels(scope).get(&channel.id).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_waits_for_long() {
    let shop = published("hangs").await;
    let (store, patience) = (shop.bench().store.clone(), Duration::from_millis(1));
    let hasty =
        Harness::new(crate::testing::Bench::adapter(shop.bench()), store, Told::default()).with_patience(patience);
    let Channel { merchant_id, id: channel_id, config, .. } = shop.channel().await;
    let inquiry = |question| {
        let (channel_id, correlation_id) = (channel_id.clone(), "c".to_owned());
        Inquiry { merchant_id, channel_id, correlation_id, began: None, question }
    };

    let found = hasty.answer(&inquiry(Question::Connect { config, secret: None }), shop.now()).await.unwrap();
    assert!(matches!(found, Finding::Disconnected { problem } if problem.code == "CHANNEL_SILENT"));

    shop.reconfigure(|channel| channel.config = fault("look hangs")).await;
    let question = Question::Survey { product_ids: vec![shop.product_id()] };
    let error = hasty.answer(&inquiry(question), shop.now()).await.unwrap_err();
    assert_eq!(error.kind, StepErrorKind::Transient);
}

#[tokio::test]
async fn a_survey_answers_in_the_order_of_the_question_and_looks_at_a_few_at_once() {
    let shop = published("slow").await;
    let mut asked = products(7);
    asked.insert(3, shop.product_id());

    let found = shop.inquire(Question::Survey { product_ids: asked.clone() }).await.unwrap();

    let Finding::Surveyed { listings } = found else { panic!("{found:?}") };
    assert_eq!(listings.iter().map(|listing| listing.product_id).collect::<Vec<_>>(), asked);
    let there: Vec<_> = listings.iter().map(|listing| listing.standing.is_some()).collect();
    assert_eq!(there, [false, false, false, true, false, false, false, false]);
    assert_eq!(shop.bench().stall.most_looking(), 4);
}

#[tokio::test]
async fn too_many_products_are_refused_before_anything_is_asked() {
    let shop = published("").await;

    let error = shop.inquire(Question::Survey { product_ids: products(MAX_SURVEYED + 1) }).await.unwrap_err();

    assert_eq!(error.kind, StepErrorKind::InvalidInput);
    assert_eq!(shop.bench().stall.looks(), 0);
    assert!(shop.inquire(Question::Survey { product_ids: products(MAX_SURVEYED) }).await.is_ok());
}

#[tokio::test]
async fn what_a_channel_does_not_tell_is_a_finding_or_a_failure() {
    let found = surveyed(&published("look throttles").await).await;
    assert!(matches!(found, Ok(Finding::RetryAfter { seconds: MAX_WAIT_SECONDS, .. })), "{found:?}");
    let shop = published("look throttles").await;
    let Channel { merchant_id, id: channel_id, .. } = shop.channel().await;
    let question = Question::Survey { product_ids: vec![shop.product_id()] };
    let began = Some(shop.now().before(Duration::from_secs(2 * 60 * 60)));
    let late = Inquiry { merchant_id, channel_id, correlation_id: "c".into(), began, question };
    let found = shop.answer(&late).await;
    assert!(matches!(found, Ok(Finding::Refused { ref problem }) if problem.code == "CHANNEL_THROTTLED"), "{found:?}");
    assert_eq!(surveyed(&published("look fails").await).await, Err(StepErrorKind::Transient));
    assert_eq!(surveyed(&published("look panics").await).await, Err(StepErrorKind::StepFailed));
}

#[tokio::test]
async fn refused_credentials_break_the_channel_and_nothing_more_is_asked() {
    let shop = published("blind").await;

    let found = surveyed(&shop).await;
    assert!(matches!(found, Ok(Finding::Refused { problem }) if problem.class == ProblemClass::Auth));
    let channel = shop.channel().await;
    assert_eq!(channel.status, ChannelStatus::AuthBroken);
    assert!(channel.problem.is_some());

    let found = shop.inquire(Question::List { cursor: None }).await.unwrap();
    assert!(matches!(found, Finding::Refused { problem } if problem.code == "CHANNEL_AUTH_BROKEN"));
    assert!(matches!(surveyed(&shop).await, Ok(Finding::Refused { .. })));
    assert_eq!(shop.bench().stall.looks(), 1);
}

#[tokio::test]
async fn a_paused_channel_may_be_looked_at() {
    let shop = published("").await;
    shop.reconfigure(|channel| channel.status = ChannelStatus::Paused).await;

    assert!(shop.survey().await.is_some());
}

#[tokio::test]
async fn a_channel_of_another_type_or_none_is_gone() {
    let shop = published("").await;
    shop.reconfigure(|channel| channel.channel_type = "window".into()).await;
    let questions = || {
        let product_id = shop.product_id();
        [
            Question::Examine { product_id, instead: None },
            Question::Survey { product_ids: vec![product_id] },
            Question::List { cursor: None },
        ]
    };

    for question in questions() {
        let found = shop.inquire(question).await.unwrap();
        assert!(matches!(found, Finding::Refused { problem } if problem.code == "CHANNEL_GONE"));
    }

    let channel = shop.channel().await;
    let scope = SystemScope::named("test").acting_for(channel.merchant_id);
    shop.bench().store.channels(scope).remove(&channel).await.unwrap();
    for question in questions() {
        let found = shop.inquire(question).await.unwrap();
        assert!(matches!(found, Finding::Refused { problem } if problem.code == "CHANNEL_GONE"));
    }
}

#[tokio::test]
async fn another_merchant_has_no_such_channel_and_no_such_product() {
    let shop = published("").await;
    let merchant_id = tola_catalog::MerchantId::new(Ulid::from_parts(8, 8));
    let product_id = shop.product_id();
    let inquiry = |question| Inquiry {
        merchant_id,
        channel_id: ChannelId::parse("shop").unwrap(),
        began: None,
        correlation_id: "c".into(),
        question,
    };
    let survey = inquiry(Question::Survey { product_ids: vec![product_id] });
    let found = shop.harness().answer(&survey, shop.now()).await.unwrap();
    assert!(matches!(found, Finding::Refused { problem } if problem.code == "CHANNEL_GONE"));

    // Nor does a channel of the same name make the product another's.
    let theirs = Channel { merchant_id, ..shop.channel().await };
    let scope = SystemScope::named("test").acting_for(merchant_id);
    shop.bench().store.channels(scope).insert(&theirs).await.unwrap();
    let error =
        shop.harness().answer(&inquiry(Question::Examine { product_id, instead: None }), shop.now()).await.unwrap_err();
    assert_eq!(error.kind, StepErrorKind::SubjectGone);
}

#[tokio::test]
async fn what_is_missing_names_the_channel() {
    let shop = published("").await;

    let found = shop.inquire(Question::Examine { product_id: shop.product_id(), instead: None }).await.unwrap();

    let Finding::Examined { missing, irreversible } = found else { panic!("{found:?}") };
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].pointer.as_str(), &missing[0].channel), ("/brand", &Some(shop.channel().await.id)));
    assert_eq!(irreversible, ["A lamp that shines was seen."]);
}

#[tokio::test]
async fn what_is_not_written_yet_can_be_examined() {
    let shop = published("").await;
    let scope = SystemScope::named("test").acting_for(shop.channel().await.merchant_id);
    let product = shop.bench().store.products(scope).get(shop.product_id()).await.unwrap().unwrap();
    let mut view = EffectiveView::of(&product, &shop.channel().await.id);
    view.brand = Some(tola_catalog::text::Brand::parse("Lux").unwrap());

    let question = Question::Examine { product_id: product.id, instead: Some(Box::new(view)) };
    let found = shop.inquire(question).await.unwrap();

    assert!(matches!(&found, Finding::Examined { missing, .. } if missing.is_empty()), "{found:?}");
}

#[tokio::test]
async fn a_list_says_when_it_was_made() {
    let shop = published("").await;
    shop.wait(Duration::from_secs(3));

    let found = shop.inquire(Question::List { cursor: None }).await.unwrap();

    let Finding::Listed { entries, next: None, as_of } = found else { panic!("{found:?}") };
    assert_eq!(as_of, shop.now());
    let [ListedListing { key, .. }] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(*key, shop.product_id().to_string());
}
