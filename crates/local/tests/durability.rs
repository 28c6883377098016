//! What the database acknowledged outlives a power cut of its process.

use std::path::Path;
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use tola_local::database::process::Database;
use tola_local::database::{DATABASE, uri};
use tola_local::port;

#[tokio::test]
async fn acknowledged_writes_outlive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let [port] = port::free().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_tola-database")).to_owned();
    let database = Database { folder: folder.path().to_owned(), port, program };
    database.start().await.unwrap();
    let writers: Vec<_> = (0..4).map(|writer| tokio::spawn(write_until_it_dies(port, writer))).collect();
    let things = things(port).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while things.count_documents(doc! {}).await.unwrap() < 40 {
        assert!(Instant::now() < deadline, "the writers never got going");
    }

    database.kill().await.unwrap();
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    database.start().await.unwrap();

    let things = self::things(port).await;
    assert!(acknowledged.len() >= 36, "only {} writes were acknowledged", acknowledged.len());
    for id in acknowledged {
        assert!(things.find_one(doc! { "_id": &id }).await.unwrap().is_some(), "{id} was acknowledged and is lost");
    }
    assert!(database.stop().await);
}

/// Writes one document after the other, and returns those that the database acknowledged.
async fn write_until_it_dies(port: u16, writer: u32) -> Vec<String> {
    let things = things(port).await;
    let mut acknowledged = Vec::new();
    loop {
        let id = format!("{writer}-{}", acknowledged.len());
        if things.insert_one(doc! { "_id": &id }).await.is_err() {
            return acknowledged;
        }
        acknowledged.push(id);
    }
}

#[expect(clippy::unwrap_used, reason = "a test's helper: a panic is the report")]
async fn things(port: u16) -> mongodb::Collection<Document> {
    let uri = format!("{}&serverSelectionTimeoutMS=2000", uri(port));
    Client::with_uri_str(uri).await.unwrap().database(DATABASE).collection("things")
}
