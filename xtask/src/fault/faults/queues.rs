//! What queues do to messages, and what is put into them.

use std::time::{Duration, Instant};

use anyhow::{Error, ensure};
use fastrand::Rng;
use tola_testkit::Queue;

use super::{Happened, Scene};

/// A poisoned message comes again after so many seconds, five times, before it is given up.
const POISON_AGAIN_AFTER: u32 = 2;
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);

/// Each message of some seconds is put into its queue once more.
pub(super) async fn duplicated(scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let stack = &scene.stage.stack;
    let mut copies = 0;
    for _ in 0..3 {
        // While nobody reads, messages can be seen before they are gone.
        stack.reads_queues(false).await.map_err(Error::msg)?;
        tokio::time::sleep(Duration::from_millis(rng.u64(800..2_000))).await;
        let mut found = Ok(0);
        for queue in Queue::ALL {
            match stack.duplicates(queue).await {
                Ok(number) if number > 0 => {
                    scene.tell(format!("{number} messages of {} come once more", queue.name()));
                    copies += number;
                }
                Ok(_) => {}
                failed => found = failed,
            }
        }
        stack.reads_queues(true).await.map_err(Error::msg)?;
        found.map_err(Error::msg)?;
        tokio::time::sleep(Duration::from_millis(rng.u64(500..1_500))).await;
    }
    Ok(Happened::struck(copies))
}

/// Messages that nobody can read are put into each queue; it ends when all of them lie with the dead letters.
pub(super) async fn poisoned(scene: &Scene<'_>, rng: &mut Rng) -> anyhow::Result<Happened> {
    let stack = &scene.stage.stack;
    let (mark, began) = (rng.u32(..), Instant::now());
    let mut left = Vec::new();
    for queue in Queue::ALL {
        stack.gives_again_after(queue, POISON_AGAIN_AFTER).await.map_err(Error::msg)?;
        for text in [format!("poison {mark}"), format!("{{\"aggregate\":{mark}}}"), format!("\u{2603}{mark}")] {
            stack.puts(queue, &text).await.map_err(Error::msg)?;
            left.push((queue, text));
        }
    }
    let mut happened = Happened::struck(left.len());
    while !left.is_empty() {
        ensure!(began.elapsed() < GIVEN_UP_WITHIN, "poison is not with the dead letters: {left:?}");
        tokio::time::sleep(PAUSE).await;
        for queue in Queue::ALL {
            let dead = stack.takes_dead_letters(queue).await.map_err(Error::msg)?;
            let before = left.len();
            left.retain(|(of, text)| *of != queue || !dead.contains(text));
            happened.to_dead_letters.extend(std::iter::repeat_n(began.elapsed(), before - left.len()));
        }
    }
    scene.stage.hurries().await?;
    Ok(happened)
}
