//! The embedded database: MongoDB's wire protocol over one SQLite file, on the loopback interface only.
//!
//! SQLite runs in write-ahead mode with a sync per commit, so a write that was acknowledged outlives `kill -9`. It is
//! not MongoDB: no transactions over several documents, no retryable writes, one database per server.

pub mod process;

use std::path::Path;
use std::time::Duration;

use nosqlite::wire::{MongoServer, MongoServerOptions, serve_mongo};
use nosqlite::{NoSqlite, Options};
use tempfile::TempDir;

use crate::{Error, Result};

/// The only database that the server hosts: what `MONGODB_DATABASE` is locally.
pub const DATABASE: &str = "tola";

/// A running server. Dropping it closes its sockets, but only [`Server::close`] folds the write-ahead log.
pub struct Server {
    wire: MongoServer,
    engine: NoSqlite,
}

impl Server {
    /// Serves the database file at `path` (made when missing) on `port` of 127.0.0.1; 0 picks a free port.
    ///
    /// # Errors
    /// When the file can't be opened or the port is taken.
    pub fn open(path: &Path, port: u16) -> Result<Self> {
        let options = Options {
            // Nobody watches change streams here; without these bounds the log of changes outgrows the data.
            change_log_retention: Some(Duration::from_secs(60)),
            change_log_max_events: Some(1_000),
            read_connections: 4,
            ..Options::default()
        };
        let refused = |reason: String| Error::DatabaseFile { path: path.to_owned(), reason };
        let engine = NoSqlite::open_with(path, options).map_err(|error| refused(error.to_string()))?;
        let wire = serve_mongo(
            engine.clone(),
            MongoServerOptions { port, database_name: DATABASE.into(), ..MongoServerOptions::default() },
        )
        .map_err(|error| refused(error.to_string()))?;
        Ok(Self { wire, engine })
    }

    /// The connection string of this server.
    #[must_use]
    pub fn uri(&self) -> String {
        uri(self.wire.port)
    }

    /// Stops serving and writes everything into the one database file.
    ///
    /// # Errors
    /// When SQLite can't close the file; what was acknowledged is durable all the same.
    pub fn close(mut self) -> Result<()> {
        self.wire.stop();
        self.engine.close().map_err(|error| Error::DatabaseFile { path: DATABASE.into(), reason: error.to_string() })
    }
}

/// The connection string of an embedded database on `port`.
#[must_use]
pub fn uri(port: u16) -> String {
    format!("mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false")
}

/// A database for one test: in this process, in a folder that goes with it.
pub struct InProcessDatabase {
    // Before the folder, so that the file is closed when the folder goes.
    server: Server,
    _folder: TempDir,
}

impl InProcessDatabase {
    /// Starts an empty database on a free port.
    ///
    /// # Errors
    /// When the temporary folder or the socket can't be had.
    pub fn start() -> Result<Self> {
        let folder = TempDir::new().map_err(|source| Error::File { path: std::env::temp_dir(), source })?;
        let server = Server::open(&folder.path().join("database.db"), 0)?;
        Ok(Self { server, _folder: folder })
    }

    /// The connection string for the `mongodb` driver.
    #[must_use]
    pub fn uri(&self) -> String {
        self.server.uri()
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Document, doc};

    use super::*;

    #[tokio::test]
    async fn what_is_written_is_there_after_a_clean_restart() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("database.db");
        let server = Server::open(&file, 0).unwrap();
        let client = mongodb::Client::with_uri_str(server.uri()).await.unwrap();
        let things = client.database(DATABASE).collection::<Document>("things");
        things.insert_one(doc! { "_id": "one", "n": 1 }).await.unwrap();

        server.close().unwrap();
        let server = Server::open(&file, 0).unwrap();

        let client = mongodb::Client::with_uri_str(server.uri()).await.unwrap();
        let things = client.database(DATABASE).collection::<Document>("things");
        let found = things.find_one(doc! { "_id": "one" }).await.unwrap().unwrap();
        assert_eq!(found.get_i32("n").unwrap(), 1);
    }

    #[tokio::test]
    async fn two_databases_in_one_process_do_not_meet() {
        let (left, right) = (InProcessDatabase::start().unwrap(), InProcessDatabase::start().unwrap());
        let client = mongodb::Client::with_uri_str(left.uri()).await.unwrap();
        client.database(DATABASE).collection("things").insert_one(doc! { "_id": 1 }).await.unwrap();

        let client = mongodb::Client::with_uri_str(right.uri()).await.unwrap();
        let count = client.database(DATABASE).collection::<Document>("things").count_documents(doc! {}).await.unwrap();

        assert_eq!(count, 0);
    }
}
