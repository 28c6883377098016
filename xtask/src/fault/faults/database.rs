//! What happens to the database, and on the way there.

use std::time::Duration;

use fastrand::Rng;

use super::super::proxy::Mode;
use super::{Fault, Happened, Scene};

/// The proxy does what networks do.
pub(super) async fn proxied(fault: Fault, scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let proxy = &scene.stage.proxy;
    let before = proxy.harmed();
    match fault {
        Fault::RepliesLost => proxy.set(Mode::LoseReplies(rng.u64(3..9))),
        Fault::DatabaseSilent => proxy.set(Mode::Silent),
        Fault::DatabaseSlow => proxy.set(Mode::Slow(Duration::from_millis(rng.u64(150..600)))),
        _ => proxy.set(Mode::Refuse),
    }
    scene.lasts(rng).await;
    proxy.set(Mode::Pass);
    // Whoever waited for a reply that was swallowed waits for ever otherwise.
    if fault == Fault::DatabaseSilent {
        proxy.cut();
    }
    Ok(Happened::struck(proxy.harmed() - before))
}

/// It dies as of a power cut, and comes back.
pub(super) async fn killed(scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let local = scene.stage.stack.local();
    local.kill_database().await?;
    scene.tell("the database is dead");
    tokio::time::sleep(Duration::from_millis(rng.u64(500..4_000))).await;
    local.start_database().await?;
    Ok(Happened::struck(1))
}
