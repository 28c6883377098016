//! What the API says to its database: listened to, held up, or cut off as by the end of the function.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use mongodb::bson::{Bson, Document};
use mongodb::event::EventHandler;
use mongodb::event::command::{CommandEvent, CommandStartedEvent};
use tokio::sync::oneshot;
use tola_store::schema;

/// A command, without what it writes: that has times and new ids in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) collection: String,
    /// Which documents it is about, in which order and how many of them.
    pub(crate) asks: String,
}

/// What becomes of a write.
enum Then {
    /// The function dies before it sends this one.
    Dies,
    /// It has died, and sends nothing at all any more.
    Dead,
    /// It waits until it is let go.
    Waits(oneshot::Sender<()>, mpsc::Receiver<()>),
}

#[derive(Default)]
struct Wire {
    heard: Option<Vec<Command>>,
    after: Option<(usize, Then)>,
}

/// The commands of a world's store, but for those that count what a merchant writes: how many they are depends on the
/// time.
#[derive(Clone, Default)]
pub(crate) struct Commands(Arc<Mutex<Wire>>);

/// A command that waits.
pub(crate) struct Held {
    reached: oneshot::Receiver<()>,
    go: mpsc::Sender<()>,
}

impl Held {
    pub(crate) async fn is_reached(&mut self) {
        (&mut self.reached).await.unwrap();
    }

    pub(crate) fn goes_on(self) {
        self.go.send(()).unwrap();
    }
}

impl Commands {
    pub(crate) fn observer(&self) -> EventHandler<CommandEvent> {
        let commands = self.clone();
        EventHandler::callback(move |event| {
            if let CommandEvent::Started(started) = event {
                commands.hear(&started);
            }
        })
    }

    /// The commands that somebody's doing comes to.
    pub(crate) async fn of<T>(&self, doing: impl Future<Output = T>) -> (T, Vec<Command>) {
        self.0.lock().unwrap().heard = Some(Vec::new());
        let done = doing.await;
        (done, self.0.lock().unwrap().heard.take().unwrap())
    }

    /// Does something, and dies before the write that follows on so many others. To die before a read comes to the same
    /// as to die before the next write.
    pub(crate) async fn dying_after<T>(&self, writes: usize, doing: impl Future<Output = T>) -> T {
        self.0.lock().unwrap().after = Some((writes, Then::Dies));
        let done = doing.await;
        self.0.lock().unwrap().after = None;
        done
    }

    /// Holds the write that follows on so many others.
    pub(crate) fn hold_after(&self, writes: usize) -> Held {
        let ((reach, reached), (go, gone)) = (oneshot::channel(), mpsc::channel());
        self.0.lock().unwrap().after = Some((writes, Then::Waits(reach, gone)));
        Held { reached, go }
    }

    fn hear(&self, started: &CommandStartedEvent) {
        let Some(command) = Command::of(started) else { return };
        let writes = command.writes();
        let mut wire = self.0.lock().unwrap();
        if let Some(heard) = &mut wire.heard {
            heard.push(command);
        }
        match wire.after.take() {
            None => {}
            Some((more, then @ (Then::Dies | Then::Waits(..)))) if !writes => wire.after = Some((more, then)),
            Some((0, Then::Waits(reach, gone))) => {
                drop(wire);
                reach.send(()).unwrap();
                tokio::task::block_in_place(|| gone.recv()).unwrap();
            }
            Some((0, Then::Dies | Then::Dead)) => {
                wire.after = Some((0, Then::Dead));
                drop(wire);
                // No panic hook: this happens often, and nobody is to read of it.
                std::panic::resume_unwind(Box::new("the function dies here"));
            }
            Some((more, then)) => wire.after = Some((more - 1, then)),
        }
    }
}

impl Command {
    pub(crate) fn writes(&self) -> bool {
        !matches!(self.name.as_str(), "find" | "aggregate" | "count" | "getMore")
    }

    fn of(started: &CommandStartedEvent) -> Option<Self> {
        let (name, said) = (started.command_name.clone(), &started.command);
        let collection = said.get_str(&name).unwrap_or_default().to_owned();
        if collection == schema::QUOTAS {
            return None;
        }
        let mut asks = Document::new();
        for field in ["filter", "query", "sort", "limit", "pipeline"] {
            asks.extend(said.get(field).map(|value| (field.to_owned(), value.clone())));
        }
        for (field, kept) in [("updates", &["q"][..]), ("deletes", &["q"]), ("documents", &["_id", "merchant_id"])] {
            let only = |one: &Bson| {
                let one = one.as_document().unwrap();
                let known = kept.iter().filter_map(|key| Some((*key, one.get(key)?)));
                Bson::Document(known.map(|(key, value)| (key.to_owned(), value.clone())).collect())
            };
            let each: Vec<Bson> = said.get_array(field).into_iter().flatten().map(only).collect();
            if !each.is_empty() {
                asks.insert(field, each);
            }
        }
        Some(Self { name, collection, asks: asks.to_string() })
    }
}
