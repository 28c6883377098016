//! What an adapter implements.

use std::future::Future;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use tola_catalog::listing::Standing;
use tola_catalog::{Channel, Problem, ProductId, Timestamp};
use tola_store::TenantScope;

use crate::EffectiveView;

/// One kind of sales channel.
///
/// The harness calls it for one listing at a time, never twice at once, and with one command after the other. Each of
/// these may still happen twice, when an answer was lost: the second time must find what the first did, and leave it.
pub trait Adapter: Send + Sync + 'static {
    /// The channel type: its queue is `<type>-commands`.
    const TYPE: &'static str;

    /// The JSON Schema of a channel's `config`.
    fn config_schema() -> Value;

    /// Looks for the listing by the merchant's key, which is the product's id. `None` if the channel has none that it
    /// could still show.
    fn find(&self, call: &Call<'_>) -> impl Future<Output = Result<Option<Standing>, Failure>> + Send;

    /// Makes the listing, or brings the one that is there to this view and shows it. `standing` is what the channel is
    /// known to have; if that has vanished meanwhile, a new one is made.
    fn offer(
        &self,
        call: &Call<'_>,
        view: &EffectiveView,
        standing: Option<&Standing>,
    ) -> impl Future<Output = Result<Standing, Failure>> + Send;

    /// Takes the listing off the market, so that it can come back. Where the channel knows no pause, this closes it.
    fn withdraw(&self, call: &Call<'_>, standing: &Standing) -> impl Future<Output = Result<LetGo, Failure>> + Send;

    /// Takes the listing away for good.
    fn close(&self, call: &Call<'_>, standing: &Standing) -> impl Future<Output = Result<LetGo, Failure>> + Send;
}

/// The JSON Schema of a config type, complete in itself.
pub fn schema_of<C: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<C>().to_value()
}

/// The circumstances of a call at a channel.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The merchant's channel.
    pub channel: &'a Channel,
    /// The product: the merchant's key of the listing.
    pub product_id: ProductId,
    /// The command's fence: together with the key it names this command and no other.
    pub fence: u64,
    /// The merchant's documents, for adapters that keep some.
    pub scope: TenantScope,
    /// When the message was taken up.
    pub now: Timestamp,
}

/// What is left at a channel that let a listing go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetGo {
    /// The channel's own id of what it keeps and can show again.
    pub remains: Option<String>,
    /// Whether it was so before.
    pub already: bool,
}

/// Why a channel did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It does not want to, and asking again does not help; nothing changed there. A problem of class auth breaks the
    /// channel until the merchant connects it again.
    Refused(Problem),
    /// It wants to be asked later; nothing changed there.
    Throttled {
        /// In how many seconds; held to 1 to 900.
        seconds: u32,
        /// Why, for whoever watches.
        problem: Problem,
    },
    /// Something between us failed, and it may or may not have done it. The text is for people who operate Tola: no
    /// secrets.
    Transient(String),
}
