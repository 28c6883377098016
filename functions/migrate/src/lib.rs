//! Makes the collections' indexes and derives anew what older versions derived otherwise, once per deploy: a custom resource
//! of CloudFormation, which a deploy waits for.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tola_store::{Error, Store, SystemScope};

/// What CloudFormation sends to a custom resource. Without a `ResponseURL` somebody invoked the function by hand.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    /// `Create`, `Update` or `Delete`.
    pub request_type: RequestType,
    /// Where the answer goes.
    #[serde(rename = "ResponseURL", default)]
    pub response_url: Option<String>,
    /// Given back as it came.
    #[serde(default)]
    pub stack_id: String,
    /// Given back as it came.
    #[serde(default)]
    pub request_id: String,
    /// Given back as it came.
    #[serde(default)]
    pub logical_resource_id: String,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RequestType {
    /// The stack is new.
    Create,
    /// The schema's version moved.
    Update,
    /// The stack goes. Indexes stay: the data do too.
    Delete,
}

/// What CloudFormation is answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    /// `SUCCESS` or `FAILED`.
    pub status: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Always the same, so that an update replaces nothing.
    pub physical_resource_id: &'static str,
    /// As it came.
    pub stack_id: String,
    /// As it came.
    pub request_id: String,
    /// As it came.
    pub logical_resource_id: String,
    /// What the template can read.
    pub data: Value,
}

/// Migrates and answers, whatever happens: a custom resource without an answer holds the deploy up for an hour. What can't be
/// derived `until` then is left as it is: no deploy fails since a catalog is large.
pub async fn migrate(request: Request, store: &Store, until: Instant) -> Response {
    let outcome = match request.request_type {
        RequestType::Delete => Ok(0),
        RequestType::Create | RequestType::Update => prepare(store, until).await,
    };
    let (status, reason, indexes) = match outcome {
        Ok(indexes) => ("SUCCESS", None, indexes),
        Err(error) => {
            tracing::error!(error = tola_step::chain(&error), "could not migrate");
            ("FAILED", Some(format!("Could not make the indexes: {error}. The log of migrate says more.")), 0)
        }
    };
    Response {
        status,
        reason,
        physical_resource_id: "tola-indexes",
        stack_id: request.stack_id,
        request_id: request.request_id,
        logical_resource_id: request.logical_resource_id,
        data: json!({ "Indexes": indexes }),
    }
}

async fn prepare(store: &Store, until: Instant) -> Result<usize, Error> {
    let indexes = store.migrate().await?;
    let derived = store.derive(SystemScope::named("migrate"), until).await?;
    if derived.complete {
        tracing::info!(products = derived.products, "derived what products are found by");
    } else {
        tracing::warn!(
            products = derived.products,
            "there was no time to derive what all products are found by; invoke migrate again with {{\"RequestType\": \"Update\"}}"
        );
    }
    Ok(indexes)
}

/// Sends the answer to where CloudFormation waits for it, over http or https.
///
/// # Errors
/// When it can't be delivered; the deploy then waits until its `ServiceTimeout`.
pub fn respond(url: &str, response: &Response) -> Result<(), lambda_runtime::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).build().into();
    // The URL is signed without a content type; one would break the signature.
    agent.put(url).header("content-type", "").send(serde_json::to_string(response)?)?;
    Ok(())
}
