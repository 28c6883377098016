//! Something for the embedded database to hold, so that its memory says whether it leaks.
//!
//! `SQLite` keeps up to 2,000 KiB of pages for each of its connections (<https://sqlite.org/pragma.html#pragma_cache_size>).
//! A database that grows from nothing fills these caches for half an hour, which looks as a leak does; with more than they
//! hold in it from the beginning, they are full at once.

use anyhow::Context as _;
use futures::TryStreamExt as _;
use futures::future::try_join_all;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::ClientOptions;

use super::stage::Stage;

/// More than all caches hold: 16 MiB.
const DOCUMENTS: i32 = 256;
const BYTES: usize = 64 * 1024;
/// More readers than the database has connections, each of which reads everything, so that each connection does.
const READERS: usize = 16;

/// Fills the caches of the database.
///
/// # Errors
/// When it does not answer.
pub(crate) async fn loaded(stage: &Stage) -> anyhow::Result<()> {
    let info = stage.stack.info();
    let mut options = ClientOptions::parse(&info.mongodb_uri).await.context("the database")?;
    // It knows a cursor on the connection alone on which that was opened.
    options.max_pool_size = Some(1);
    let ballast = || {
        let client = Client::with_options(options.clone()).context("the database")?;
        anyhow::Ok(client.database(&info.mongodb_database).collection::<Document>("ballast"))
    };
    let first = ballast()?;
    first.drop().await?;
    let text = "x".repeat(BYTES);
    first.insert_many((0..DOCUMENTS).map(|number| doc! { "_id": number, "text": &text })).await?;
    let reads = (0..READERS).map(async |_| {
        let mut all = ballast()?.find(doc! {}).await?;
        while all.try_next().await?.is_some() {}
        anyhow::Ok(())
    });
    try_join_all(reads).await.map(|_| ())
}
