//! How to reach the database.

use std::time::Duration;

/// How to reach the database, read once at cold start.
#[derive(Debug, Clone)]
pub struct MongoConfig {
    /// `MONGODB_URI`: where it is, with credentials and write concern. MongoDB: `w=majority&retryWrites=true`; Amazon
    /// DocumentDB and the embedded database: `retryWrites=false`.
    pub uri: String,
    /// `MONGODB_DATABASE`: the database's name, `tola` by default.
    pub database: String,
    /// The most connections; a Lambda serves one request at a time, so that few are enough.
    pub pool: u32,
    /// How long an unused connection is kept.
    pub idle: Duration,
    /// How long to look for a server before giving up: well below every function's timeout.
    pub patience: Duration,
    /// Whether to declare MongoDB's stable API; DocumentDB and the embedded database don't know it.
    pub stable_api: bool,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable MONGODB_URI is not set")]
pub struct Missing;

impl MongoConfig {
    /// The usual settings for a URI.
    pub fn new(uri: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            database: database.into(),
            pool: 4,
            idle: Duration::from_secs(60),
            patience: Duration::from_secs(3),
            stable_api: false,
        }
    }

    /// Reads the variables that the fields name.
    ///
    /// # Errors
    /// [`Missing`] without `MONGODB_URI`.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the database's variables")]
    pub fn from_env() -> Result<Self, Missing> {
        let uri = std::env::var("MONGODB_URI").map_err(|_| Missing)?;
        let database = std::env::var("MONGODB_DATABASE").unwrap_or_else(|_| "tola".to_owned());
        Ok(Self::new(uri, database))
    }
}
