//! Whether the API can do its work.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use futures::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::app::{App, Failure, Probe};
use crate::error::chain;
use crate::json::Json;
use crate::openapi::{Contract, Tag};

/// How long anything may take to give a sign of life.
const PATIENCE: Duration = Duration::from_secs(4);

/// How the API and what it depends on stand.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    status: Standing,
    checks: BTreeMap<&'static str, Check>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "HealthStatus")]
enum Standing {
    Ok,
    Failing,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HealthCheck")]
struct Check {
    status: Standing,
    duration_ms: u64,
}

pub(super) fn contract() -> Contract {
    let all = |status: &str, bus: &str| {
        let check = |status: &str| json!({ "status": status, "duration_ms": 3 });
        json!({ "status": status, "checks": { "bus": check(bus), "database": check("ok"), "queue": check("ok") } })
    };
    Contract::new(Tag::Service, "readHealth", "Says whether the API can do its work")
        .answers::<Health>(StatusCode::OK, "Everything that it needs answers.", all("ok", "ok"))
        .answers::<Health>(
            StatusCode::SERVICE_UNAVAILABLE,
            "Something that it needs does not answer.",
            all("failing", "failing"),
        )
}

/// `GET /v1/health`: 200 if everything answers, and 503 with the same body if something does not.
pub async fn health(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let checks: BTreeMap<_, _> =
        join_all(app.probes.iter().map(|probe| check(probe.as_ref()))).await.into_iter().collect();
    let all_well = checks.values().all(|check| check.status == Standing::Ok);
    let (code, status) =
        if all_well { (StatusCode::OK, Standing::Ok) } else { (StatusCode::SERVICE_UNAVAILABLE, Standing::Failing) };
    (code, Json(Health { status, checks }))
}

async fn check(probe: &dyn Probe) -> (&'static str, Check) {
    let started = Instant::now();
    let outcome: Result<(), Failure> = match tokio::time::timeout(PATIENCE, probe.check()).await {
        Ok(outcome) => outcome,
        Err(elapsed) => Err(elapsed.into()),
    };
    if let Err(failure) = &outcome {
        tracing::error!(
            probe = probe.name(),
            why = chain(failure.as_ref()),
            "something that the API needs does not answer"
        );
    }
    let status = if outcome.is_ok() { Standing::Ok } else { Standing::Failing };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    (probe.name(), Check { status, duration_ms })
}
