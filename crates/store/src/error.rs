//! What can go wrong with the database.

use mongodb::error::{ErrorKind, WriteFailure};

/// A failure of the database, or of what it gave back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URI or another setting can't be used.
    #[error("the database's configuration can't be used")]
    Configuration(#[source] mongodb::error::Error),
    /// The database did not answer, or not in time: trying again helps.
    #[error("the database does not answer")]
    Unavailable(#[source] mongodb::error::Error),
    /// The database refused.
    #[error("the database refused")]
    Refused(#[source] mongodb::error::Error),
    /// A document is not what this version of Tola reads or writes.
    #[error("a document can't be read or written")]
    Document(#[source] mongodb::bson::error::Error),
    /// Other writes won the race, time after time.
    #[error("other writes to {0} won the race, time after time")]
    Contended(String),
    /// The outbox of the document is full.
    #[error("too many events of {0} wait to be delivered")]
    OutboxFull(String),
    /// The database would have to look at too many documents for an answer.
    #[error("the database took too long to look for it")]
    TooBroad(#[source] mongodb::error::Error),
    /// Another document has the same value where it has to be unique.
    #[error("another document has the same {0:?}")]
    Duplicate(Duplicate),
}

/// The value that another document has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// The same id: the same write, done before.
    Id,
    /// The same SKU.
    Sku,
    /// The same slug.
    Slug,
}

impl Error {
    /// Whether trying again helps.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_) | Self::OutboxFull(_))
    }
}

impl From<mongodb::error::Error> for Error {
    fn from(error: mongodb::error::Error) -> Self {
        if let Some(duplicate) = duplicate(&error) {
            return Self::Duplicate(duplicate);
        }
        if code(&error) == Some(MAX_TIME_EXPIRED) {
            return Self::TooBroad(error);
        }
        if is_unavailable(&error) { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}

impl From<mongodb::bson::error::Error> for Error {
    fn from(error: mongodb::bson::error::Error) -> Self {
        Self::Document(error)
    }
}

const DUPLICATE_KEY: i32 = 11000;
const MAX_TIME_EXPIRED: i32 = 50;

/// Codes of servers that are starting, stopping or electing, from the "retryable" and "not primary" lists of MongoDB's
/// server discovery specification.
const PASSING: [i32; 11] = [6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435];

fn duplicate(error: &mongodb::error::Error) -> Option<Duplicate> {
    let (code, message) = match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(write)) => (write.code, write.message.as_str()),
        ErrorKind::Command(command) => (command.code, command.message.as_str()),
        _ => return None,
    };
    if code != DUPLICATE_KEY {
        return None;
    }
    // The server names the index in the message and nowhere else.
    if message.contains(crate::schema::PRODUCTS_BY_SKU) {
        Some(Duplicate::Sku)
    } else if message.contains(crate::schema::PRODUCTS_BY_SLUG) {
        Some(Duplicate::Slug)
    } else {
        Some(Duplicate::Id)
    }
}

fn code(error: &mongodb::error::Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

fn is_unavailable(error: &mongodb::error::Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::DnsResolve { .. } => true,
        ErrorKind::Command(command) => PASSING.contains(&command.code),
        _ => error.contains_label("RetryableWriteError") || error.contains_label("TransientTransactionError"),
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{deserialize_from_document, doc};

    use super::*;

    fn refusal(code: i32) -> Error {
        let answer = doc! { "code": code, "codeName": "", "errmsg": "No." };
        Error::from(mongodb::error::Error::from(ErrorKind::Command(deserialize_from_document(answer).unwrap())))
    }

    #[test]
    fn an_answer_that_takes_too_long_is_told_from_one_that_is_late() {
        assert!(matches!(refusal(MAX_TIME_EXPIRED), Error::TooBroad(_)));
        assert!(!refusal(MAX_TIME_EXPIRED).is_transient());
        assert!(matches!(refusal(PASSING[0]), Error::Unavailable(_)));
        assert!(matches!(refusal(2), Error::Refused(_)));
    }
}
