//! Functions that die: where they are ordered to, and at any moment.

use std::time::Duration;

use fastrand::Rng;
use tola_crash::Point;

use super::{Fault, Happened, Scene};

/// The functions that the merchants of a run need.
const FUNCTIONS: [&str; 20] = [
    "api",
    "validate-product",
    "transition-status",
    "publish-events",
    "settle-operation",
    "ingest-upload",
    "inspect-image",
    "render-renditions",
    "record-image",
    "advance-products",
    "plan-publication",
    "sandbox-adapter",
    "record-listing",
    "settle-product",
    "plan-withdrawal",
    "purge-images",
    "purge-product",
    "relay-outbox",
    "settle-execution",
    "sweep",
];

/// How many of them die in a run, each once.
const DEAD: usize = 8;
/// As many commands of the database as most steps have.
const MOST_COMMANDS: u32 = 5;
/// How long an order stands that nobody carries out.
const STANDS: Duration = Duration::from_secs(15);
/// How often the API dies, and for how long it goes on: while products are registered, and most is asked for.
const API_DIES_EVERY: Duration = Duration::from_millis(500);
const API_DIES_FOR: Duration = Duration::from_secs(4);
const POLL: Duration = Duration::from_millis(100);

/// Some of the functions die once, and the API, which all merchants wait for, again and again; each where the fault says.
pub(super) async fn ordered(fault: Fault, scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let mut functions = FUNCTIONS;
    rng.shuffle(&mut functions);
    let (mut orders, mut given) = (functions.iter().take(DEAD).copied().collect::<Vec<_>>(), 0_u32);
    let began = tokio::time::Instant::now();
    loop {
        for function in orders.drain(..) {
            let point = match fault {
                Fault::CrashBefore => Point::Before,
                Fault::CrashAfter => Point::After,
                _ => Point::Command(rng.u32(1..=MOST_COMMANDS)),
            };
            scene.tell(format!("{function} is to die: {point}"));
            scene.stage.orders(function, point, given)?;
            given += 1;
        }
        tokio::time::sleep(POLL).await;
        let is_over = *scene.over.borrow();
        if is_over || began.elapsed() > STANDS || (scene.stage.orders_left() == 0 && began.elapsed() > API_DIES_FOR) {
            break;
        }
        let calls = began.elapsed().as_millis() / API_DIES_EVERY.as_millis();
        if began.elapsed() < API_DIES_FOR && given < u32::try_from(DEAD as u128 + calls)? {
            orders.push("api");
        }
    }
    let left = scene.stage.takes_orders_back()?;
    Ok(Happened::struck(u64::from(given).saturating_sub(left as u64)))
}

/// Processes are killed, whatever they are at.
pub(super) async fn killed(scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let mut killed = 0;
    for _ in 0..rng.usize(15..30) {
        let function = FUNCTIONS[rng.usize(..FUNCTIONS.len())];
        let now = scene.stage.stack.kills(function);
        if now > 0 {
            scene.tell(format!("{now} of {function} were killed"));
        }
        killed += now;
        tokio::time::sleep(Duration::from_millis(rng.u64(50..400))).await;
    }
    Ok(Happened::struck(killed))
}
