//! Merchants at work: each product has a client of its own, which does one thing after the other.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::future::{join_all, try_join_all};
use serde_json::{Value, json};
use tola_checker::Write;
use tola_testkit::{Promise, Request, TestStack, a_photo, a_product};

use super::client::Client;
use super::plan::{Action, CHANNELS, Step, Story};
use super::timeline::Timeline;

/// How long a client waits for what it would like to see before it goes on all the same.
const WAITS: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(700);

/// A merchant, and what was acknowledged to it.
pub(crate) struct Shopkeeper {
    pub(crate) client: Client,
    pub(crate) products: Vec<Registered>,
}

/// A product that was registered.
pub(crate) struct Registered {
    pub(crate) id: String,
    pub(crate) acknowledged: Vec<Write>,
}

/// Merchants that nobody has seen before, signed in and connected to their channels.
///
/// # Errors
/// When one of them can't be.
pub(crate) async fn opened(stack: &TestStack, count: usize, timeline: &Timeline) -> anyhow::Result<Vec<Client>> {
    let open = |number: usize| async move {
        let name = format!("merchant-{number}");
        let client = Client::new(stack.merchant(&name), &name, timeline);
        let signed_in = client.merchant().session().tokens().await;
        signed_in.map_err(anyhow::Error::msg).context("a merchant could not sign in")?;
        configures(&client, &json!({})).await?;
        anyhow::Ok(client)
    };
    try_join_all((0..count).map(open)).await
}

/// Connects a merchant's channels anew, with this configuration.
///
/// # Errors
/// When it is refused.
pub(crate) async fn configures(client: &Client, config: &Value) -> anyhow::Result<()> {
    for channel in CHANNELS {
        let body = json!({ "type": "sandbox", "config": config });
        let request = client.merchant().asks("PUT", &format!("/v1/channels/{channel}")).json(&body);
        let answer = client.insists(&request, &format!("connects {channel} with {config}")).await?;
        ensure!((200..300).contains(&answer.status), "{answer}");
    }
    Ok(())
}

/// The stories, all at once.
///
/// # Errors
/// When a client gets no answer, or is told something that can't be.
pub(crate) async fn told(clients: &[Client], stories: &[Vec<Story>]) -> anyhow::Result<Vec<Shopkeeper>> {
    let of_merchant = |(client, stories): (&Client, &Vec<Story>)| {
        let (client, stories) = (client.clone(), stories.clone());
        async move {
            let lanes = stories.iter().enumerate().map(|(number, story)| lane(&client, number, story));
            let products = join_all(lanes).await.into_iter().collect::<anyhow::Result<_>>()?;
            anyhow::Ok(Shopkeeper { client, products })
        }
    };
    try_join_all(clients.iter().zip(stories).map(of_merchant)).await
}

/// One product's story.
async fn lane(merchant: &Client, number: usize, story: &Story) -> anyhow::Result<Registered> {
    let client = merchant.named(&story.name);
    let image = uploads(&client, number).await?;
    let draft = a_product().named(&story.name).with_image_id(&image);
    let request = client.merchant().posts("/v1/products", draft.body()).key(&format!("{} registers", story.name));
    let answer = client.insists(&request, "registers").await?;
    ensure!(answer.status == 201, "{} was not registered: {answer}", story.name);
    let id = answer.text("/id").to_owned();
    if story.forgets {
        let again = client.insists(&request, "registers, again").await?;
        ensure!(again.status == 201, "{} was registered, and then not: {again}", story.name);
    }
    let mut product = Registered { id, acknowledged: vec![Write::Registered(draft.body().clone())] };
    if story.patient {
        let path = format!("/v1/products/{}", product.id);
        sees(|| async { Ok(client.reads(&path).await?["status"] == "READY") }).await?;
    }
    for (position, step) in story.steps.iter().enumerate() {
        tokio::time::sleep(step.thinks).await;
        let key = format!("{} does {position}", story.name);
        acts(&client, &mut product, step, &key).await?;
    }
    Ok(product)
}

/// Uploads a photo, again and again until the bucket has it: only the first file counts.
async fn uploads(client: &Client, number: usize) -> anyhow::Result<String> {
    let body = json!({ "content_type": "image/jpeg" });
    let request = client.merchant().posts("/v1/images", &body).key(&format!("photo {number}"));
    let answer = client.insists(&request, "asks for an upload form").await?;
    ensure!(answer.status == 201, "no upload form: {answer}");
    let promise = Promise::of(client.merchant(), &answer);
    let photo = a_photo(320 + 16 * u16::try_from(number)?, 240);
    for attempt in 1.. {
        match promise.posts(&photo).await {
            Ok((200..300, _)) => break,
            Ok((status @ 400..500, text)) => anyhow::bail!("the bucket refused an upload: {status} {text}"),
            other => {
                ensure!(attempt < 200, "the bucket takes no upload: {other:?}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    client.tell(format!("uploaded {}", promise.image.id()));
    Ok(promise.image.id().to_owned())
}

/// Does one step, and notes it if it was acknowledged. A refusal is an answer, too.
async fn acts(client: &Client, product: &mut Registered, step: &Step, key: &str) -> anyhow::Result<()> {
    let path = format!("/v1/products/{}", product.id);
    let merchant = client.merchant();
    let (answer, write) = match &step.action {
        Action::Edit(patch) => (edits(client, &path, patch).await?, Write::Edited(patch.clone())),
        Action::Count(change) => {
            let request = merchant.asks("PATCH", &format!("{path}/inventory")).key(key).json(change);
            (client.insists(&request, &format!("counts {change}")).await?, Write::Counted(change.clone()))
        }
        Action::Publish(channels) => {
            let request = merchant.posts(&format!("{path}/publish"), &json!({ "channels": channels })).key(key);
            let answer = client.insists(&request, &format!("publishes on {channels:?}")).await?;
            (answer, Write::Published { channels: channels.clone() })
        }
        Action::Unpublish(channels) => {
            let request = merchant.posts(&format!("{path}/unpublish"), &json!({ "channels": channels })).key(key);
            let answer = client.insists(&request, &format!("unpublishes from {channels:?}")).await?;
            (answer, Write::Unpublished { channels: channels.clone() })
        }
        Action::Deactivate => {
            let request = merchant.acts(&format!("{path}/deactivate")).key(key);
            (client.insists(&request, "deactivates").await?, Write::Deactivated)
        }
        Action::Reactivate => {
            let request = merchant.acts(&format!("{path}/reactivate")).key(key);
            (client.insists(&request, "reactivates").await?, Write::Reactivated)
        }
        Action::Delete => {
            // Whoever asks again is answered with the operation that deletes it.
            let request = merchant.asks("DELETE", &path).header("if-match", "*");
            (client.insists(&request, "deletes").await?, Write::Deleted)
        }
    };
    match answer.status {
        200..300 => product.acknowledged.push(write),
        409 => return Ok(()),
        _ => anyhow::bail!("a client was told what it should not be: {answer}"),
    }
    let operation = answer.body["operation"]["id"].as_str().filter(|_| step.waits);
    if let Some(operation) = operation {
        let path = format!("/v1/operations/{operation}");
        sees(|| async { Ok(client.reads(&path).await?["ended_at"].is_string()) }).await?;
    }
    Ok(())
}

/// Edits the revision that it has read. Where an answer was lost, a second try is told that there is a newer revision: its
/// own, if that says what it wanted, since nobody else edits this product.
async fn edits(client: &Client, path: &str, patch: &Value) -> anyhow::Result<tola_testkit::Answer> {
    let what = format!("edits {patch}");
    loop {
        let before = client.insists(&client.merchant().gets(path), "reads").await?;
        ensure!(before.status == 200, "a product is not there: {before}");
        if holds(&before.body, patch) {
            client.tell(format!("{what}: it says so already"));
            return Ok(before);
        }
        let request: Request = client.merchant().asks("PATCH", path).header("if-match", before.header("etag"));
        let answer = client.insists(&request.json(patch), &what).await?;
        if answer.status != 412 {
            return Ok(answer);
        }
    }
}

/// Whether a product says what an edit wanted.
fn holds(product: &Value, patch: &Value) -> bool {
    patch.as_object().into_iter().flatten().all(|(field, value)| product[field] == *value)
}

/// Looks until it sees what it waits for, or has waited for long enough.
async fn sees<F: Future<Output = anyhow::Result<bool>>>(look: impl Fn() -> F) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + WAITS;
    while !look().await? && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
