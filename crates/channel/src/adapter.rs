//! What an adapter implements.

use std::future::Future;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use tola_catalog::listing::Standing;
use tola_catalog::{Channel, Missing, Problem, ProductId, Timestamp};
use tola_contracts::channel::inquiry::ListedListing;
use tola_store::TenantScope;

use crate::EffectiveView;

/// One kind of sales channel.
///
/// The harness calls it for one listing at a time, never twice at once, and with one command after the other. Each of
/// these may still happen twice, when an answer was lost: the second time must find what the first did, and leave it.
pub trait Adapter: Send + Sync + 'static {
    /// The channel type: its queue is `<type>-commands`, its function `<type>-adapter`.
    const TYPE: &'static str;

    /// Whether the channel can be asked what it has: then [`Adapter::find`] tells the truth, and [`Adapter::list`] lists
    /// it. A channel that only takes deliveries is not observable.
    const OBSERVABLE: bool = true;

    /// What can't be undone once a product is published there, in words for the merchant.
    const IRREVERSIBLE: &'static [&'static str] = &[];

    /// The JSON Schema of a channel's `config`.
    fn config_schema() -> Value;

    /// Tries the connection with the channel's credentials, and changes nothing there. The channel need not be stored.
    fn connect(&self, visit: &Visit<'_>) -> impl Future<Output = Result<(), Failure>> + Send;

    /// What a product lacks before the channel takes it, besides what every channel asks for, and what the rules say that
    /// are declared of its type ([`ChannelRules`](tola_catalog::ChannelRules)): the harness holds products against those,
    /// in `missing` and before the channel is called.
    fn examine(&self, channel: &Channel, view: &EffectiveView) -> Vec<Missing> {
        let _ = (channel, view);
        Vec::new()
    }

    /// Looks for the listing by the merchant's key, which is the product's id. `None` if the channel has none that it
    /// could still show. A channel that is not observable says what it would have, if what is in doubt had reached it.
    fn find(&self, call: &Call<'_>) -> impl Future<Output = Result<Option<Standing>, Failure>> + Send;

    /// A page of the listings that the channel has and could still show, in an order that lasts.
    fn list(&self, visit: &Visit<'_>, cursor: Option<&str>) -> impl Future<Output = Result<Shelf, Failure>> + Send;

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

/// The circumstances of a look at a channel that is not about one listing.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The merchant's channel.
    pub channel: &'a Channel,
    /// The merchant's documents, for adapters that keep some.
    pub scope: TenantScope,
    /// When it was asked for.
    pub now: Timestamp,
}

/// A page of what a channel has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shelf {
    /// The listings.
    pub entries: Vec<ListedListing>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
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
    /// The command's fence: together with the key it names this command and no other. 0 for a look that belongs to none.
    pub fence: u64,
    /// The product's revision that was rendered when the command was first tried: what the channel has at least, if an
    /// earlier try of this command reached it.
    pub asked: u64,
    /// The merchant's documents, for adapters that keep some.
    pub scope: TenantScope,
    /// When the message was taken up.
    pub now: Timestamp,
}

impl<'a> Call<'a> {
    /// The same, of no listing.
    pub fn visit(&self) -> Visit<'a> {
        Visit { channel: self.channel, scope: self.scope, now: self.now }
    }
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
