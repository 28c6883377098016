//! Waiting until everything has come to its end, and doing again what failed, as a merchant would.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value;

use super::stage::Stage;
use super::timeline::Timeline;
use super::workload::Shopkeeper;

/// Longer than anything may take: a channel's claim by an adapter that died holds for 90 seconds.
const PATIENCE: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_millis(1_000);

/// Waits until nothing is under way any more, and does again what failed: nothing else brings a photo on whose processing
/// was stopped for good.
///
/// # Errors
/// When something is still under way after four minutes, told in words.
pub(crate) async fn settled(stage: &Stage, keepers: &[Shopkeeper], timeline: &Timeline) -> anyhow::Result<()> {
    let (began, mut refused) = (Instant::now(), BTreeSet::new());
    loop {
        // On AWS it comes by itself, every minute.
        if let Err(error) = stage.sweeps().await {
            timeline.tell("sweep", error);
        }
        let mut left = Vec::new();
        for keeper in keepers {
            left.extend(retried(keeper, &mut refused).await?);
            left.extend(under_way(stage, keeper).await?);
            // One thing is enough to wait for.
            if !left.is_empty() {
                break;
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("still under way after {PATIENCE:?}: {}", left.join("; "));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What is not over yet of a merchant's.
async fn under_way(stage: &Stage, keeper: &Shopkeeper) -> anyhow::Result<Vec<String>> {
    let client = &keeper.client;
    let running = client.lists("/v1/operations?status=RUNNING").await?;
    let mut left: Vec<String> =
        running.iter().map(|operation| format!("{} {} is RUNNING", operation["kind"], operation["id"])).collect();
    if !left.is_empty() {
        return Ok(left);
    }
    let heard = stage.stack.hears_of(&client.merchant().id().to_string()).await.map_err(anyhow::Error::msg)?;
    for product in &keeper.products {
        let id = &product.id;
        if let Some(shown) = client.looks_at(&format!("/v1/products/{id}")).await? {
            left.extend(commanded(id, &shown));
            left.extend(awaited(id, &shown));
        }
        let history = client.lists(&format!("/v1/products/{id}/history")).await?;
        let told = |event: &&Value| heard.iter().any(|heard| heard["event_id"] == event["event_id"]);
        let untold = history.iter().filter(|event| !told(event)).count();
        if untold > 0 {
            left.push(format!("the bus owes {untold} events of {id}"));
        }
    }
    Ok(left)
}

/// Commands to channels that are not done.
fn commanded(id: &str, shown: &Value) -> Vec<String> {
    let listings = shown["channels"].as_object().into_iter().flatten();
    let waits = |(_, listing): &(&String, &Value)| {
        ["QUEUED", "SUBMITTED"].iter().any(|state| listing["command"]["state"] == *state)
    };
    listings.filter(waits).map(|(channel, _)| format!("{id} is under way to {channel}")).collect()
}

/// Photos whose upload was answered, and that are not READY yet.
fn awaited(id: &str, shown: &Value) -> Option<String> {
    let images = shown["images"].as_array()?;
    let waits = |image: &&Value| image["renditions"].as_array().is_none_or(Vec::is_empty);
    images.iter().find(waits).map(|image| format!("{id} waits for its photo {}", image["image_id"]))
}

/// Does again what failed and was not done again since, but for what was refused before. Returns what was begun.
async fn retried(keeper: &Shopkeeper, refused: &mut BTreeSet<String>) -> anyhow::Result<Vec<String>> {
    let client = keeper.client.named("retries");
    let mut again = Vec::new();
    for operation in client.lists("/v1/operations?status=FAILED").await? {
        let Some(id) = operation["id"].as_str().filter(|id| !refused.contains(*id)) else { continue };
        if !operation["retried_by"].is_null() {
            continue;
        }
        let request = client.merchant().acts(&format!("/v1/operations/{id}/retry")).key(&format!("retry {id}"));
        let what = format!("retries {} {id}, which failed: {}", operation["kind"], operation["problem"]);
        let answer = client.insists(&request, &what).await?;
        if answer.status == 202 {
            again.push(format!("{id} is done again"));
        } else {
            // Something later took its place, so that it can't be done again and need not.
            refused.insert(id.to_owned());
        }
    }
    Ok(again)
}
