//! Delivers a product, as its channel is to show it, to a merchant's own URL: as JSON, signed after the Standard Webhooks
//! specification. README.md tells receivers what comes and what to answer.
//!
//! A receiver only takes deliveries: it can't be asked what it has. What is in doubt is therefore delivered again, under
//! the same id, and a receiver that has seen it says so.

mod address;
mod answer;
mod delivery;
mod environment;
mod images;
mod post;
mod secrets;
mod signature;
mod target;

use std::fmt;

use futures::future::BoxFuture;
use serde_json::Value;
use tola_catalog::listing::{Standing, Visibility};
use tola_catalog::{Channel, Problem, ProblemClass, ProductId, Timestamp};
use tola_channel::{Adapter, Call, EffectiveView, Failure, LetGo, Shelf, Visit, code, schema_of};

use answer::Accepted;
use delivery::{Delivery, Kind, Product, delivery_id};
use secrets::KeyRing;

pub use address::is_public;
pub use environment::{Environment, EnvironmentError, ImageSource};
pub use images::{Images, ImagesError};
pub use post::{MAX_ANSWER, Names, PostError, Poster, SystemNames};
pub use secrets::{KEPT_FOR, SecretError, SecretText, Secrets, SecretsManager};
pub use signature::{NoSigningKey, SigningKeys};
pub use target::{Reach, Target, WebhookConfig};

/// The largest body of a delivery, in bytes: what the API itself takes.
pub const MAX_BODY: usize = 256 * 1024;

/// The adapter.
pub struct WebhookAdapter<S> {
    keys: KeyRing<S>,
    images: Images,
    poster: Poster,
}

impl<S> fmt::Debug for WebhookAdapter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookAdapter").finish_non_exhaustive()
    }
}

impl<S: Secrets> WebhookAdapter<S> {
    /// Signs with the secrets whose names begin with `secret_prefix`.
    pub fn new(secrets: S, secret_prefix: impl Into<String>, images: Images, poster: Poster) -> Self {
        Self { keys: KeyRing::new(secrets, secret_prefix.into()), images, poster }
    }

    /// Delivers something, and says what the receiver made of it.
    async fn deliver(&self, channel: &Channel, delivery: &Delivery<'_>, now: Timestamp) -> Result<Accepted, Failure> {
        let target = Target::of(channel, self.poster.reach()).map_err(Failure::Refused)?;
        // What is signed is what is sent: written once.
        let body = serde_json::to_vec(delivery).map_err(|error| Failure::Transient(error.to_string()))?;
        if body.len() > MAX_BODY {
            return Err(Failure::Refused(too_large()));
        }
        let mut outgoing = Outgoing { poster: &self.poster, target, id: delivery.delivery_id, body: body.into(), now };
        let (keys, read_now) = self.keys.keys(channel, now).await?;
        let mut answer = outgoing.post(&keys).await?;
        if answer::is_disbelief(&answer) && !read_now {
            // The secret may have been changed since it was read.
            let newer = self.keys.reread(channel, now).await?;
            if newer != keys {
                answer = outgoing.post(&newer).await?;
            }
        }
        answer::read(&answer, now)
    }

    async fn let_go(&self, call: &Call<'_>, kind: Kind, standing: &Standing) -> Result<Accepted, Failure> {
        let id = delivery_id(call, None);
        let delivery = Delivery::of(kind, call, &id, Some(standing), None);
        self.deliver(call.channel, &delivery, call.now).await
    }
}

/// A body on its way.
struct Outgoing<'a> {
    poster: &'a Poster,
    target: Target,
    id: &'a str,
    body: hyper::body::Bytes,
    now: Timestamp,
}

impl Outgoing<'_> {
    async fn post(&mut self, keys: &SigningKeys) -> Result<post::Answer, Failure> {
        let timestamp = self.now.as_millis().div_euclid(1_000).to_string();
        let signature = keys.sign(self.id, &timestamp, &self.body);
        let letter = post::Letter { id: self.id.to_owned(), timestamp, signature, body: self.body.clone() };
        // Boxed, since futures of connections nest deeper than the compiler follows a layout.
        let exchange: BoxFuture<'_, _> = Box::pin(self.poster.post(&self.target, &letter));
        let answer = exchange.await.map_err(answer::none)?;
        tracing::info!(
            delivery.id = self.id,
            delivery.bytes = self.body.len(),
            http.status = answer.status.as_u16(),
            "delivered"
        );
        Ok(answer)
    }
}

impl<S: Secrets> Adapter for WebhookAdapter<S> {
    const TYPE: &'static str = "webhook";

    const OBSERVABLE: bool = false;

    const IRREVERSIBLE: &'static [&'static str] =
        &["A delivery can't be taken back: what the receiver has read, it may keep."];

    fn config_schema() -> Value {
        schema_of::<WebhookConfig>()
    }

    async fn connect(&self, visit: &Visit<'_>) -> Result<(), Failure> {
        let id = format!("ping_{}", tola_step::new_id());
        self.deliver(visit.channel, &Delivery::ping(visit.channel, &id), visit.now).await.map(|_| ())
    }

    /// What the receiver would have, if what is in doubt had reached it: something that has to be delivered again.
    async fn find(&self, call: &Call<'_>) -> Result<Option<Standing>, Failure> {
        Ok(Some(in_doubt(call.product_id)))
    }

    /// Never asked: a receiver can't say what it has.
    async fn list(&self, _: &Visit<'_>, _: Option<&str>) -> Result<Shelf, Failure> {
        Ok(Shelf::default())
    }

    async fn offer(
        &self,
        call: &Call<'_>,
        view: &EffectiveView,
        standing: Option<&Standing>,
    ) -> Result<Standing, Failure> {
        let id = delivery_id(call, Some(view.revision));
        let links = self.images.links(call.now).await?;
        let product = Product::new(view, &links);
        let delivery = Delivery::of(Kind::Offered, call, &id, standing, Some(product));
        let accepted = self.deliver(call.channel, &delivery, call.now).await?;
        let known = standing.map_or_else(|| call.product_id.to_string(), |standing| standing.external_id.clone());
        Ok(Standing {
            external_id: accepted.external_id.unwrap_or(known),
            revision: view.revision,
            visibility: accepted.visibility.unwrap_or(Visibility::Live),
            mark: None,
        })
    }

    async fn withdraw(&self, call: &Call<'_>, standing: &Standing) -> Result<LetGo, Failure> {
        let accepted = self.let_go(call, Kind::Withdrawn, standing).await?;
        let remains = accepted.external_id.unwrap_or_else(|| standing.external_id.clone());
        Ok(LetGo { remains: Some(remains), already: accepted.already })
    }

    async fn close(&self, call: &Call<'_>, standing: &Standing) -> Result<LetGo, Failure> {
        let accepted = self.let_go(call, Kind::Closed, standing).await?;
        Ok(LetGo { remains: None, already: accepted.already })
    }
}

/// A listing that may or may not have reached the receiver.
fn in_doubt(product_id: ProductId) -> Standing {
    Standing { external_id: product_id.to_string(), revision: 0, visibility: Visibility::Hidden, mark: None }
}

fn too_large() -> Problem {
    let message = format!("What there is to say of the product has more than {} KiB.", MAX_BODY / 1024);
    let mut problem = Problem::new(ProblemClass::Validation, code::CHANNEL_REFUSED, message);
    problem.remedy = "Shorten the description or the attributes, or leave out images; then publish again.".to_owned();
    problem
}
