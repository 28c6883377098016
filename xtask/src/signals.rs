//! Being told to stop.

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

/// Waits until somebody wants an end: at the keyboard, or as `timeout` and runners of CI say it.
pub(crate) async fn asked_to_stop() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// The same, as the failure of what then does not come to its end.
pub(crate) async fn interrupted<T>() -> anyhow::Result<T> {
    asked_to_stop().await?;
    bail!("interrupted")
}
