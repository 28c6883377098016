//! What happens to the local cloud. It keeps its state only when it is stopped cleanly, so that this is all that can happen.

use std::time::Duration;

use anyhow::ensure;
use fastrand::Rng;

use super::{Happened, Scene};

/// It is stopped, with everything that runs in it, and started again. Executions that ran have failed then.
pub(super) async fn restarted(scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let local = scene.stage.stack.local();
    ensure!(local.stop_cloud().await, "the local cloud could not write its state down");
    scene.tell("the cloud is down");
    tokio::time::sleep(Duration::from_millis(rng.u64(200..2_000))).await;
    local.start_cloud().await?;
    Ok(Happened::struck(1))
}
