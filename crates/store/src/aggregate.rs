//! Products and images alike: read by id, inserted once, changed by one conditional write at a time.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::{Collection, Database};
use tola_catalog::OperationId;
use tola_catalog::image::Changed;
use ulid::Ulid;

use crate::document::{Versioned, change};
use crate::error::Duplicate;
use crate::{Error, TenantScope};

/// How often a change that loses the race is decided again.
pub(crate) const ATTEMPTS: u32 = 12;

/// How often a change takes its turn, and how long it lets others go first: up to so many milliseconds at first, twice as many
/// each time, and so often twice.
#[derive(Clone, Copy)]
struct Turns {
    attempts: u32,
    first: u64,
    doublings: u32,
}

const USUAL: Turns = Turns { attempts: ATTEMPTS, first: 2, doublings: 5 };

/// Of what a crowd changes at once: a hundred at a time all come to their end, within what a request may take. If they
/// hurried, they would mostly get in each other's way.
const IN_A_CROWD: Turns = Turns { attempts: 24, first: 8, doublings: 6 };

/// One merchant's documents of one kind.
pub struct Aggregates<T: Versioned> {
    pub(crate) collection: Collection<T>,
    pub(crate) scope: TenantScope,
}

/// How a write that expected a version went.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Saved {
    /// It is written.
    Moved,
    /// Somebody wrote in between; decide again on what is there now.
    Conflict,
}

/// How a change that is decided on the newest document went.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Outcome<T> {
    /// The document was changed, and is this now.
    Moved(T),
    /// There was nothing to change.
    AlreadyThere(T),
    /// There is no such document in the scope.
    Absent,
}

impl<T: Versioned> Aggregates<T> {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self { collection: database.collection(T::COLLECTION), scope }
    }

    pub(crate) fn merchant(&self) -> String {
        self.scope.merchant_id().to_string()
    }

    /// The document, unless it does not exist or is another merchant's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, id: impl ToString + Send) -> Result<Option<T>, Error> {
        let filter = T::BY_ID.filter([id.to_string().into(), self.merchant().into()], None);
        Ok(self.collection.find_one(filter).await?)
    }

    /// Writes a new document.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when its id or another unique value is taken, and when the database fails.
    pub async fn insert(&self, document: &T) -> Result<(), Error> {
        self.guard(document);
        self.collection.insert_one(document).await?;
        Ok(())
    }

    /// Turns `before` into `after` if nobody wrote in between: version, data, events and intents in one write.
    ///
    /// # Errors
    /// [`Error::OutboxFull`], [`Error::Duplicate`], and when the database fails.
    pub async fn save(&self, before: &T, after: &T) -> Result<Saved, Error> {
        self.guard(after);
        let (filter, update) = change(before, after)?;
        if self.collection.update_one(filter, update).await?.matched_count == 1 {
            return Ok(Saved::Moved);
        }
        match self.get(before.key()).await? {
            // The version is the expected one, so that it was the outbox that did not match.
            Some(current) if current.version() == before.version() => Err(Error::OutboxFull(before.key())),
            _ => Ok(Saved::Conflict),
        }
    }

    /// Decides on the newest document and writes what was decided; when another write wins, decides again.
    ///
    /// # Errors
    /// [`Error::Contended`] when others win every time, and whatever `decide` or the database gives.
    pub async fn change<E, F>(&self, id: impl ToString + Send, decide: F) -> Result<Outcome<T>, E>
    where
        E: From<Error>,
        F: FnMut(&mut T) -> Result<Changed, E> + Send,
    {
        self.change_in_turns(USUAL, id.to_string(), decide).await
    }

    /// The same, of what many change at the same time, as the last pieces of what everybody wants: it takes more turns, and
    /// lets others go first for longer.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub async fn change_in_a_crowd<E, F>(&self, id: impl ToString + Send, decide: F) -> Result<Outcome<T>, E>
    where
        E: From<Error>,
        F: FnMut(&mut T) -> Result<Changed, E> + Send,
    {
        self.change_in_turns(IN_A_CROWD, id.to_string(), decide).await
    }

    async fn change_in_turns<E, F>(&self, turns: Turns, id: String, mut decide: F) -> Result<Outcome<T>, E>
    where
        E: From<Error>,
        F: FnMut(&mut T) -> Result<Changed, E> + Send,
    {
        for attempt in 0..turns.attempts {
            let Some(before) = self.get(&id).await? else { return Ok(Outcome::Absent) };
            let mut after = before.clone();
            if decide(&mut after)? == Changed::No {
                return Ok(Outcome::AlreadyThere(before));
            }
            match self.save(&before, &after).await? {
                Saved::Moved => return Ok(Outcome::Moved(after)),
                Saved::Conflict => turns.pause(attempt).await,
            }
        }
        Err(Error::Contended(id).into())
    }

    /// Takes an intent out of the document, once its execution exists.
    ///
    /// # Errors
    /// When the database fails; the sweep then finds the intent again.
    pub async fn pull_intent(&self, id: impl ToString + Send, operation: OperationId) -> Result<(), Error> {
        let filter = T::BY_ID.filter([id.to_string().into(), self.merchant().into()], None);
        let update = doc! { "$pull": { "intents": { "operation_id": operation.to_string() } } };
        self.collection.clone_with_type::<Document>().update_one(filter, update).await?;
        Ok(())
    }

    /// A document is written into its own merchant's scope only: anything else is a mistake in the code.
    fn guard(&self, document: &T) {
        assert_eq!(document.merchant_id(), self.scope.merchant_id(), "a document of another merchant's scope");
    }
}

/// Lets the winner of a race get ahead: up to 2, 4, 8 … 64 ms, each writer another while.
pub(crate) async fn pause(attempt: u32) {
    USUAL.pause(attempt).await;
}

impl Turns {
    async fn pause(self, attempt: u32) {
        let most = self.first << attempt.min(self.doublings);
        let random = u64::try_from(Ulid::generate().random() & 0xffff).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(random % most)).await;
    }
}

impl<T> Outcome<T> {
    /// The document as it is now, if there is one.
    pub fn document(self) -> Option<T> {
        match self {
            Self::Moved(document) | Self::AlreadyThere(document) => Some(document),
            Self::Absent => None,
        }
    }

    /// Whether this call wrote anything.
    pub fn moved(&self) -> bool {
        matches!(self, Self::Moved(_))
    }
}

/// A duplicate id means that the same write was made before: the insert of a replayed request.
pub(crate) fn already_inserted(result: Result<(), Error>) -> Result<bool, Error> {
    match result {
        Ok(()) => Ok(true),
        Err(Error::Duplicate(Duplicate::Id)) => Ok(false),
        Err(error) => Err(error),
    }
}
