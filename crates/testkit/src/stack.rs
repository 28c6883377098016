//! A stack that was deployed from `template.yaml`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use serde_json::Value;
use tola_local::{Stack, StackInfo};
use tola_store::{MongoConfig, Store};
use ulid::Ulid;

use crate::{Merchant, Request, Session};

/// Where the stack is described that `cargo xtask test` has started.
#[expect(clippy::disallowed_methods, reason = "how the tests are told which stack to use")]
pub(crate) fn described() -> Option<PathBuf> {
    std::env::var_os("TOLA_STACK").map(PathBuf::from)
}

/// A stack that was deployed from `template.yaml`, and clients of everything in it. Cheap to clone.
#[derive(Clone)]
pub struct TestStack(Arc<Inner>);

struct Inner {
    stack: Stack,
    http: reqwest::Client,
    aws: SdkConfig,
}

impl TestStack {
    /// The stack that `cargo xtask test` has started.
    pub async fn deployed() -> Self {
        let path = described().expect("TOLA_STACK is not set: run `cargo xtask test`");
        Self::of(Stack::attach(&path).unwrap_or_else(|error| panic!("TOLA_STACK: {error}"))).await
    }

    /// A stack that runs.
    pub async fn of(stack: Stack) -> Self {
        let info = stack.info();
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&info.endpoint_url)
            .region(Region::new(info.region.clone()))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .load()
            .await;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("an HTTP client");
        Self(Arc::new(Inner { stack, http, aws }))
    }

    /// A merchant that nobody has seen before; `name` is for the log and the history.
    #[must_use]
    pub fn merchant(&self, name: &str) -> Merchant {
        Merchant::new(self, name)
    }

    /// Somebody of Tola's own people, who acts for any merchant.
    #[must_use]
    pub fn admin(&self) -> Session {
        Session::new(self.info(), &format!("admin@{}.example.com", Ulid::generate()), "admin", None)
    }

    /// A request of nobody.
    pub fn asks(&self, method: &str, path: &str) -> Request {
        Request::new(&self.0.http, method, &self.info().api_url, path)
    }

    /// A request to any URL, such as a signed one.
    pub fn fetches(&self, url: &str) -> Request {
        Request::new(&self.0.http, "GET", "", url)
    }

    /// What the stack says of itself.
    #[must_use]
    pub fn info(&self) -> &StackInfo {
        self.0.stack.info()
    }

    /// The stack, to stop and start what it is made of.
    #[must_use]
    pub fn local(&self) -> &Stack {
        &self.0.stack
    }

    /// An output of the template.
    #[must_use]
    pub fn output(&self, name: &str) -> &str {
        self.info().outputs.get(name).unwrap_or_else(|| panic!("the template has no output {name}"))
    }

    /// The database as the functions see it, to write what no request could have left behind.
    pub async fn store(&self) -> Store {
        let config = MongoConfig::new(&self.info().mongodb_uri, &self.info().mongodb_database);
        Store::connect(&config).await.expect("the stack's database")
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// Configures clients of the stack's services.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.0.aws
    }

    /// The image bucket.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(self.aws()).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Everything in the image bucket under a prefix: versions and delete markers, as `key version`.
    pub async fn lying(&self, prefix: &str) -> Vec<String> {
        let listed =
            self.s3().list_object_versions().bucket(self.output("ImageBucketName")).prefix(prefix).send().await;
        let listed = listed.unwrap_or_else(|error| panic!("the bucket: {error:?}"));
        let versions = listed.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = listed.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let named = |(key, version): (Option<&str>, Option<&str>)| {
            format!("{} {}", key.unwrap_or_default(), version.unwrap_or_default())
        };
        versions.chain(markers).map(named).collect()
    }

    /// Answers of `GET /v1/health`, whatever it says.
    pub async fn health(&self) -> Value {
        self.asks("GET", "/v1/health").await.body
    }
}
