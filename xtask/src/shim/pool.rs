//! Processes of one function, of which each takes one event at a time.

use anyhow::Context as _;
use axum::body::Bytes;
use tokio::sync::{Mutex, Semaphore};

use crate::lambda::{Program, Running};

/// A function that is running.
pub(super) struct Pool {
    program: Program,
    idle: Mutex<Vec<Running>>,
    free: Semaphore,
}

impl Pool {
    /// Starts so many processes, each with a log of its own.
    pub(super) async fn start(program: Program, processes: usize) -> anyhow::Result<Self> {
        let mut idle = Vec::new();
        for number in 0..processes {
            let log = program.log.with_extension(format!("{number}.log"));
            idle.push(Program { log, ..program.clone() }.start().await?);
        }
        Ok(Self { program, idle: Mutex::new(idle), free: Semaphore::new(processes) })
    }

    /// Hands an event to a process that is free, and returns its answer. A process that fails is replaced, as Lambda
    /// does it.
    ///
    /// # Errors
    /// When the process failed, with the end of its log.
    pub(super) async fn invoke(&self, event: Vec<u8>) -> anyhow::Result<Bytes> {
        let _permit = self.free.acquire().await?;
        let process = self.idle.lock().await.pop();
        let mut process = match process {
            Some(process) => process,
            None => self.program.start().await?,
        };
        let answered = process.invoke(event).await;
        match answered {
            Ok(answered) => {
                self.idle.lock().await.push(process);
                Ok(answered.body)
            }
            Err(error) => {
                process.end().await;
                Err(error).with_context(|| format!("{} failed", self.program.name))
            }
        }
    }
}
