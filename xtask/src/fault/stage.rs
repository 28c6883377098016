//! The stack that is broken: deployed from the template, with a proxy before its database. All runs share it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;
use tola_crash::Point;
use tola_local::{Options, Stack, cloud, database, port, stack};
use tola_testkit::{Queue, TestStack};

use super::proxy::{Mode, Proxy};
use crate::ui::Ui;

/// The stack's name; what runs came to lies beside it in `.local/fault`.
pub(crate) const NAME: &str = "fault/stack";
/// What lies beside it, as stacks are named.
pub(crate) const FOLDER: &str = "fault";

/// A message that nobody finished comes again after so many seconds, and not after minutes: nobody wants to wait for that.
/// Longer than any command takes, but for those of a channel that is slow on purpose.
const GIVEN_AGAIN_AFTER: u32 = 15;

/// Where a stack keeps its zipped functions: zipping them takes longer than anything else.
const CODE: &str = "deploy/code";

/// A stack that is broken.
pub(crate) struct Stage {
    pub(crate) stack: TestStack,
    pub(crate) proxy: Proxy,
}

impl Stage {
    /// A new one.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) async fn set_up(ui: &Ui) -> anyhow::Result<Self> {
        let [front, database_port] = port::free()?;
        // From the first on: the deployment's own function goes through it.
        let proxy = Proxy::listen(front, database_port).await?;
        let parameters = BTreeMap::from([("MongoDbUri".to_owned(), database::uri(front))]);
        let options = Options { database_port, parameters, ..Options::new(NAME) };
        forget(&options).await?;
        let stack = Stack::start(options, ui).await.inspect_err(|_| ui.failed())?;
        let orders = cloud::crash_points(stack.folder());
        fs::create_dir_all(&orders).context("the folder of crash points")?;
        let stage = Self { stack: TestStack::of(stack).await, proxy };
        stage.hurries().await?;
        Ok(stage)
    }

    /// Has messages that nobody finished come again soon.
    ///
    /// # Errors
    /// When a queue can't be changed.
    pub(crate) async fn hurries(&self) -> anyhow::Result<()> {
        for queue in Queue::ALL {
            self.stack.gives_again_after(queue, GIVEN_AGAIN_AFTER).await.map_err(anyhow::Error::msg)?;
        }
        Ok(())
    }

    /// Orders a call of a function to die.
    ///
    /// # Errors
    /// When the order can't be written.
    pub(crate) fn orders(&self, function: &str, point: Point, mark: u32) -> anyhow::Result<()> {
        let name = format!("{}-{function}", self.stack.info().stack_name);
        tola_crash::order(&self.crash_points(), &name, point, mark).context("a crash point")
    }

    /// Takes back all orders that nobody has carried out, and returns how many there were.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub(crate) fn takes_orders_back(&self) -> anyhow::Result<usize> {
        let left = fs::read_dir(self.crash_points())?.flatten();
        Ok(left.filter(|order| fs::remove_file(order.path()).is_ok()).count())
    }

    /// How many orders nobody has carried out yet.
    pub(crate) fn orders_left(&self) -> usize {
        fs::read_dir(self.crash_points()).map_or(0, |left| left.flatten().count())
    }

    fn crash_points(&self) -> PathBuf {
        cloud::crash_points(self.stack.local().folder())
    }

    /// Starts whatever does not run, and lets everything through to the database.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn heals(&self) -> anyhow::Result<()> {
        self.proxy.set(Mode::Pass);
        self.proxy.cut();
        self.stack.local().start_database().await?;
        self.stack.local().start_cloud().await?;
        self.stack.reads_queues(true).await.map_err(anyhow::Error::msg)
    }

    /// Has the sweep run once, now. One that fails is as one that did not come.
    pub(crate) async fn sweeps(&self) -> Result<Value, String> {
        self.stack.tries("sweep", &Value::Null).await
    }

    /// Stops it, unless it is to go on.
    pub(crate) async fn take_down(&self, keep: bool) {
        if keep {
            eprintln!(
                "the stack goes on, without the proxy to its database; stop it with `cargo xtask down --stage {NAME}`"
            );
        } else {
            self.stack.local().stop().await;
        }
    }
}

/// Where runs leave what they came to.
pub(crate) fn folder() -> PathBuf {
    stack::folder(&stack::workspace(), FOLDER)
}

/// Stops and removes what another run left behind, but for the zipped functions: those that are out of date are zipped anew
/// all the same.
async fn forget(options: &Options) -> anyhow::Result<()> {
    let folder = stack::folder(&options.workspace, &options.name);
    if let Ok(stack) = Stack::named(&options.workspace, &options.name) {
        stack.stop().await;
    }
    let (code, kept) = (folder.join(CODE), folder.with_extension("code"));
    let _ = fs::remove_dir_all(&kept);
    let is_known = fs::rename(&code, &kept).is_ok();
    let _ = fs::remove_dir_all(&folder);
    let of_journeys = stack::folder(&options.workspace, "test").join(CODE);
    if is_known {
        fs::create_dir_all(code.parent().unwrap_or(&folder))?;
        fs::rename(&kept, &code)?;
    } else if of_journeys.is_dir() {
        copied(&of_journeys, &code)?;
    }
    Ok(())
}

fn copied(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)?.flatten() {
        fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}
