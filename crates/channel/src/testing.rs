//! What every adapter has to hold to. A test crate names its [`Bench`] once, and runs every rule against it:
//!
//! ```ignore
//! tola_channel::contract_tests!(bench);
//! ```
//!
//! where `bench` is an `async fn() -> impl Bench`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a test's report")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when a rule does not hold")]

mod demands;
mod lamp;
mod looks;
mod rules;
mod shop;

use std::future::Future;
use std::sync::Mutex;

use serde_json::{Map, Value};
use tola_catalog::{Channel, ProductId};
use tola_contracts::StepError;
use tola_contracts::channel::CommandAnswer;
use tola_store::Store;

pub use demands::*;
pub use lamp::lamp;
pub use looks::*;
pub use rules::*;
pub use shop::Shop;

use crate::{Adapter, Replies, Reply};

/// An adapter with a channel behind it that can be told to misbehave.
pub trait Bench: Send + Sync {
    /// The adapter.
    type Adapter: Adapter;

    /// A database of its own, with its indexes.
    fn store(&self) -> Store;

    /// The adapter, ready to be called.
    fn adapter(&self) -> Self::Adapter;

    /// The config of a channel that misbehaves in this way and no other.
    fn config(&self, fault: Fault) -> Map<String, Value>;

    /// The config of a channel that asks what [`demands`] says of products, if channels of this type can be told to.
    fn demanding(&self) -> Map<String, Value> {
        self.config(Fault::None)
    }

    /// Every call that changed something about a product at a channel, the first one first.
    fn effects(&self, channel: &Channel, product_id: ProductId) -> impl Future<Output = Vec<Effect>> + Send;

    /// The product's revision that buyers see at a channel, whatever anybody was told; `None` if they see none.
    fn shows(&self, channel: &Channel, product_id: ProductId) -> impl Future<Output = Option<u64>> + Send;
}

/// How a channel misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does what it is asked.
    None,
    /// The first call fails before it has an effect.
    FailsFirst,
    /// The first call has its effect, and its answer is lost.
    LosesFirstAnswer,
    /// It refuses what it is asked.
    Refuses,
    /// It does not accept the credentials.
    RefusesCredentials,
    /// It takes a tenth of a second to answer: what it says it saw, it saw at the beginning, and what it does, it does at
    /// the end.
    Slow,
    /// It takes no call for the first time, and says so with 7 seconds.
    ThrottlesFirst,
}

/// A call that changed something at a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The channel's own id of the listing.
    pub external_id: String,
    /// The fence that the call named.
    pub fence: u64,
}

/// Keeps what workflows would have been told.
#[derive(Debug, Default)]
pub struct Told(Mutex<Vec<Result<CommandAnswer, String>>>);

impl Told {
    /// The latest answer, or the name of the latest failure.
    pub fn last(&self) -> Result<CommandAnswer, String> {
        self.0.lock().unwrap().last().cloned().unwrap()
    }

    /// How many answers were sent.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Replies for Told {
    async fn send(&self, _: &str, reply: &Reply) -> Result<(), StepError> {
        let told = match reply {
            Reply::Answer(answer) => Ok(answer.clone()),
            Reply::Failure(error) => Err(error.kind.name().to_owned()),
        };
        self.0.lock().unwrap().push(told);
        Ok(())
    }
}

/// Makes a test of each rule.
#[macro_export]
macro_rules! contract_tests {
    ($bench:path) => {
        $crate::contract_tests! { $bench;
            a_command_has_one_effect_however_often_it_is_delivered,
            a_create_whose_caller_died_is_found_again,
            a_create_whose_answer_was_lost_is_found_again,
            a_withdrawal_whose_answer_was_lost_is_found_done,
            a_call_that_failed_is_tried_again,
            a_stale_command_does_nothing,
            two_calls_at_once_do_not_meet,
            an_answer_that_nobody_took_over_yet_holds_up_no_newer_command,
            a_refusal_is_stored_and_changes_nothing,
            a_refused_update_leaves_what_is_there,
            refused_credentials_break_the_channel,
            a_throttled_command_waits_and_is_then_done,
            what_was_closed_is_not_found,
            what_is_told_is_what_is_shown,
            what_is_offered_is_listed_and_found,
            a_mark_changes_with_what_is_shown,
            a_connection_is_tried_without_an_effect,
            refused_credentials_are_said_at_the_connection,
            a_configuration_of_another_form_is_refused,
            what_is_said_to_be_missing_is_what_is_refused,
        }
    };
    ($bench:path; $($rule:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $rule() {
                $crate::testing::$rule($bench().await).await;
            }
        )*
    };
}
