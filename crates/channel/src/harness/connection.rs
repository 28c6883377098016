//! Whether a merchant's channel can be called, and what is noted when it does not want to be.

use tola_catalog::{Channel, ChannelId, ChannelStatus, Problem, ProblemClass};
use tola_contracts::StepError;
use tola_contracts::channel::ChannelCommand;
use tola_store::{Saved, Store};

use super::failed;
use crate::{Adapter, Visit, code};

/// The channel, if it can be called.
pub(super) fn callable<A: Adapter>(command: &ChannelCommand, channel: Option<Channel>) -> Result<Channel, Problem> {
    let channel = of_type::<A>(&command.channel_id, channel)?;
    channel.takes(command.kind).map(|()| channel)
}

/// The channel, if it is there and of the adapter's type.
pub(crate) fn of_type<A: Adapter>(id: &ChannelId, channel: Option<Channel>) -> Result<Channel, Problem> {
    let channel = channel.ok_or_else(|| Channel::gone(id))?;
    if channel.channel_type == A::TYPE {
        return Ok(channel);
    }
    let message = format!("{id} is another channel now than when this was asked for.");
    Err(Problem::new(ProblemClass::Policy, code::CHANNEL_GONE, message))
}

/// Notes that the channel does not accept our credentials, unless somebody changed the channel meanwhile: that may have
/// been the repair.
pub(crate) async fn break_channel(store: &Store, visit: &Visit<'_>, problem: &Problem) -> Result<(), StepError> {
    let mut broken = visit.channel.clone();
    broken.status = ChannelStatus::AuthBroken;
    broken.problem = Some(problem.clone());
    broken.version += 1;
    broken.updated_at = visit.now;
    match store.channels(visit.scope).save(visit.channel, &broken).await.map_err(failed)? {
        Saved::Moved => tracing::warn!("the channel does not accept the credentials; nothing more is tried there"),
        Saved::Conflict => tracing::info!("the channel was changed meanwhile, and stays as it is"),
    }
    Ok(())
}
