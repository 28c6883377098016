//! What channels do, as the sandbox marketplace's switchboard has it.

use fastrand::Rng;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::super::timeline::now;
use super::super::workload::configures;
use super::{Fault, Happened, Scene};

/// The channels of every merchant misbehave for a while.
pub(super) async fn misbehaves(fault: Fault, scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let (config, usual) = (json!({ "switch": switch(fault, rng) }), json!({}));
    try_join_all(scene.clients.iter().map(|client| configures(client, &config))).await?;
    let begun = now();
    scene.lasts(rng).await;
    let misbehaved = Some(begun..now());
    try_join_all(scene.clients.iter().map(|client| configures(client, &usual))).await?;
    Ok(Happened { misbehaved, ..Happened::default() })
}

fn switch(fault: Fault, rng: &mut Rng) -> Value {
    match fault {
        Fault::ChannelOutage if rng.bool() => json!({ "fail_transient": 1_000_000 }),
        Fault::ChannelOutage => json!({ "refuse": { "class": "transient", "message": "Come back later." } }),
        Fault::ChannelThrottles => json!({ "throttle": { "seconds": rng.u32(1..4), "times": rng.u32(1..4) } }),
        Fault::AnswersLost => json!({ "lose_answer": rng.u32(1..4) }),
        Fault::AnswersTwice => json!({ "answer_twice": true, "answer_late_ms": rng.u64(0..6_000) }),
        _ => json!({ "slow_ms": rng.u64(1_000..3_000) }),
    }
}
