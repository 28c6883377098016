//! Secrets that are planted, and then looked for in everything that leaves.

use futures::StreamExt as _;
use mongodb::bson::Document;
use serde_json::json;
use tola_local::aws::Aws;
use tola_local::python::Environment;
use tola_testkit::{Answer, Merchant, Receiver, SUCCEEDED, TestStack};

use super::market::{asks_for, publishes, ready, reconciles};

/// A secret that receivers know, and one that they don't. Neither is used anywhere else.
const KNOWN: &str = "whsec_Q2FuYXJpZXNTaW5nSW5UaGVNaW5lcyEh";
const UNKNOWN: &str = "whsec_Tm9ib2R5S25vd3NUaGlzU2VjcmV0ISEh";

/// The functions that secrets and tokens come near to.
const LOGS: [&str; 8] = [
    "api",
    "grant-claims",
    "plan-publication",
    "publish-events",
    "reconcile-listings",
    "record-listing",
    "settle-product",
    "webhook-adapter",
];

#[tokio::test]
async fn no_secret_leaves() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let (shop, stall) = (Receiver::start(KNOWN).await, Receiver::start(KNOWN).await);
    let connected = connects(&stack, &merchant, "shop", &shop, KNOWN).await;
    assert_eq!(connected.text("/status"), "ACTIVE", "{connected}");
    let product = ready(&merchant, "LAMP-1").await;
    let published = publishes(&merchant, &product, &["shop"]).await.becomes(SUCCEEDED).await;
    // A receiver that refuses what our secret signs: the failure is told in words.
    let refused = connects(&stack, &merchant, "stall", &stall, UNKNOWN).await;
    assert_eq!(refused.text("/status"), "AUTH_BROKEN", "{refused}");
    let tried = merchant.acts("/v1/channels/stall/test").await;
    let withdrawn = asks_for(&merchant, &product, "deactivate").await.becomes(SUCCEEDED).await;
    let reconciled = reconciles(&merchant, "shop", "").await;

    let token = merchant.session().tokens().await.expect("the merchant signs in").access.clone();
    let signature = token.rsplit('.').next().unwrap_or_default().to_owned();
    let key = |secret: &str| secret.trim_start_matches("whsec_").to_owned();
    let canaries = [key(KNOWN), key(UNKNOWN), signature, merchant.session().credentials().1.to_owned()];
    let mut left: Vec<(String, String)> = Vec::new();
    for path in [product.path(), format!("{}/history", product.path()), "/v1/channels".into(), "/v1/operations".into()]
    {
        left.push((path.clone(), merchant.gets(&path).await.body.to_string()));
    }
    for answer in [&connected, &published, &refused, &tried, &withdrawn] {
        left.push((answer.asked.clone(), answer.body.to_string()));
        if let Some(execution) = answer.body["execution_arn"].as_str() {
            left.push((execution.to_owned(), stack.execution_history(execution).await));
        }
    }
    left.push(("the reconciliation".into(), reconciled.to_string()));
    let deliveries = shop.deliveries().into_iter().chain(stall.deliveries());
    left.extend(deliveries.map(|delivery| (format!("delivery {}", delivery.id), delivery.body.to_string())));
    let events = stack.events_of(product.id(), 3).await;
    left.extend(events.into_iter().map(|event| ("an event".to_owned(), event.to_string())));
    left.extend(logs(&stack).await);
    left.extend(documents(&stack).await);

    assert!(left.iter().any(|(place, text)| place.contains("webhook-adapter") && text.contains(product.id())), "logs");
    assert!(left.iter().any(|(place, text)| place.starts_with("arn:") && text.contains(product.id())), "executions");
    assert!(
        left.iter().any(|(place, text)| place.starts_with("delivery") && text.contains(product.id())),
        "deliveries"
    );
    assert!(left.iter().any(|(place, text)| place == "channels" && text.contains("stall")), "documents");
    for (place, text) in &left {
        for canary in &canaries {
            assert!(!text.contains(canary.as_str()), "{place} tells {canary}");
        }
    }
}

async fn connects(stack: &TestStack, merchant: &Merchant, name: &str, receiver: &Receiver, secret: &str) -> Answer {
    let secret = json!({ "current": secret });
    stack.keeps_secret(&format!("tola/dev/channels/{}/{name}", merchant.id()), &secret.to_string()).await;
    let body = json!({ "type": "webhook", "config": { "url": receiver.url() }, "secret": name });
    merchant.asks("PUT", &format!("/v1/channels/{name}")).json(&body).await.expects(201)
}

/// What the functions have written, and the local cloud about them.
async fn logs(stack: &TestStack) -> Vec<(String, String)> {
    let info = stack.info();
    let aws = Aws::new(&Environment::at(&info.processes.workspace.join(".local/venv")), &info.endpoint_url);
    let read = |function| {
        let aws = aws.clone();
        async move {
            let group = format!("/aws/lambda/{}-{function}", info.stack_name);
            let folder = stack.local().folder();
            let events = aws.json(folder, &["logs", "filter-log-events", "--log-group-name", &group]).await;
            (group, events.expect("the logs").to_string())
        }
    };
    let mut logs: Vec<_> = futures::stream::iter(LOGS.map(read)).buffer_unordered(2).collect().await;
    let cloud = std::fs::read(stack.local().cloud().log()).expect("the log of the local cloud");
    logs.push(("the log of the local cloud".into(), String::from_utf8_lossy(&cloud).into_owned()));
    logs
}

/// Everything in the database, by collection.
async fn documents(stack: &TestStack) -> Vec<(String, String)> {
    let info = stack.info();
    let client = mongodb::Client::with_uri_str(&info.mongodb_uri).await.expect("the database");
    let database = client.database(&info.mongodb_database);
    let mut all = Vec::new();
    for name in database.list_collection_names().await.expect("the collections") {
        let mut cursor = database.collection::<Document>(&name).find(Document::new()).await.expect("documents");
        while let Some(document) = cursor.next().await {
            all.push((name.clone(), document.expect("a document").to_string()));
        }
    }
    all
}
