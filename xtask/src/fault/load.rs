//! Many products at once: each is registered, becomes READY and is published, and its client waits for all of it.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::future::try_join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tola_checker::{Write, check};
use tola_testkit::{a_photo, a_product};

use super::client::Client;
use super::plan::CHANNELS;
use super::stage::Stage;
use super::statistics::percentile;
use super::timeline::Timeline;
use super::workload::{Registered, Shopkeeper, opened};
use super::{settle, testimony};

/// Several, so that nobody meets the limit of one merchant's writes.
const MERCHANTS: usize = 4;
const PAUSE: Duration = Duration::from_millis(400);

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) products: u32,
    pub(crate) concurrency: u32,
}

/// How long each part of a product's way took, in seconds, product by product.
#[derive(Debug, Default)]
pub(crate) struct Measurement {
    load: Option<Load>,
    registered: Vec<f64>,
    ready: Vec<f64>,
    accepted: Vec<f64>,
    live: Vec<f64>,
    /// All of it, from the first request to the last product that was live, and to everything settled.
    took: f64,
    settled: f64,
}

/// Does it, and says what was measured and which promises were broken.
///
/// # Errors
/// When somebody gets no answer, or something does not settle.
pub(crate) async fn measured(stage: &Stage, load: Load) -> anyhow::Result<(Measurement, Vec<String>)> {
    let timeline = Timeline::default();
    let clients = opened(&stage.stack, MERCHANTS, &timeline).await?;
    // Pictures have measurements of their own.
    let photos = try_join_all(clients.iter().map(with_photo)).await?;
    let began = Instant::now();
    let ways = (0..load.products as usize).map(|number| {
        let (client, photo) = (clients[number % MERCHANTS].clone(), photos[number % MERCHANTS].clone());
        async move { anyhow::Ok((number % MERCHANTS, way(&client, &photo, number).await?)) }
    });
    let done: Vec<_> = stream::iter(ways).buffer_unordered(load.concurrency as usize).try_collect().await?;
    let mut measurement =
        Measurement { load: Some(load), took: began.elapsed().as_secs_f64(), ..Measurement::default() };
    let mut keepers: Vec<_> = clients.into_iter().map(|client| Shopkeeper { client, products: Vec::new() }).collect();
    for (merchant, (product, [registered, ready, accepted, live])) in done {
        keepers[merchant].products.push(product);
        measurement.registered.push(registered);
        measurement.ready.push(ready);
        measurement.accepted.push(accepted);
        measurement.live.push(live);
    }
    settle::settled(stage, &keepers, &timeline).await?;
    measurement.settled = began.elapsed().as_secs_f64();
    let violations = check(&testimony::gathered(stage, &keepers).await?);
    Ok((measurement, violations.iter().map(ToString::to_string).collect()))
}

async fn with_photo(client: &Client) -> anyhow::Result<String> {
    let photo = client.merchant().uploads(a_photo(480, 360)).await;
    photo.becomes(tola_testkit::READY).await;
    Ok(photo.id().to_owned())
}

/// One product's way, and how long each part of it took.
async fn way(client: &Client, photo: &str, number: usize) -> anyhow::Result<(Registered, [f64; 4])> {
    let draft = a_product().named(&format!("Lamp {number}")).with_image_id(photo);
    let channels = vec![CHANNELS[0].to_owned()];
    let began = Instant::now();
    let request = client.merchant().posts("/v1/products", draft.body()).key(&format!("register {number}"));
    let answer = client.insists(&request, "registers").await?;
    ensure!(answer.status == 201, "{answer}");
    let registered = began.elapsed();
    let id = answer.text("/id").to_owned();
    let path = format!("/v1/products/{id}");
    sees(client, &path, |shown| shown["status"] == "READY").await?;
    let ready = began.elapsed();

    let began = Instant::now();
    let request = client.merchant().posts(&format!("{path}/publish"), &json!({ "channels": channels }));
    let answer = client.insists(&request.key(&format!("publish {number}")), "publishes").await?;
    ensure!(answer.status == 202, "{answer}");
    let accepted = began.elapsed();
    let operation = format!("/v1/operations/{}", answer.text("/operation/id"));
    sees(client, &operation, |shown| shown["ended_at"].is_string()).await?;
    let took = [registered, ready, accepted, began.elapsed()].map(|part| part.as_secs_f64());
    let acknowledged = vec![Write::Registered(draft.body().clone()), Write::Published { channels }];
    Ok((Registered { id, acknowledged }, took))
}

async fn sees(client: &Client, path: &str, is_it: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    while !is_it(&client.reads(path).await?) {
        ensure!(began.elapsed() < Duration::from_secs(180), "{path} is not what was waited for");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Load { products, concurrency }) = self.load else { return Ok(()) };
        writeln!(f, "{products} products registered and published, {concurrency} at once: {:.0} s", self.took)?;
        writeln!(
            f,
            "{:.2} products a second; everything had settled after {:.0} s",
            f64::from(products) / self.took,
            self.settled
        )?;
        let parts = [
            ("registration answered", &self.registered),
            ("… until READY", &self.ready),
            ("publication answered", &self.accepted),
            ("… until it had ended", &self.live),
        ];
        for (name, took) in parts {
            let [p50, p99] = [50, 99].map(|percent| percentile(took, percent).unwrap_or_default());
            writeln!(f, "  {name:24} p50 {p50:6.2} s   p99 {p99:6.2} s")?;
        }
        write!(f, "the local cloud's own time is most of it: a tenth of a second for each call")
    }
}
