//! The services that the API calls, as far as it calls them: executions begin and never end, events and questions of
//! health are taken, and adapters are their real programs. A call that it does not know is refused and told: the API would
//! answer 503 to it, which nobody overlooks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::ADAPTER;
use super::pool::Pool;

/// A moment, as services tell it.
const SOME_TIME: f64 = 1_795_231_474.0;

/// The services.
pub(super) struct Services {
    adapter: Pool,
    executions: Mutex<BTreeMap<String, Value>>,
}

impl Services {
    /// Services with one adapter.
    pub(super) fn new(adapter: Pool) -> Self {
        Self { adapter, executions: Mutex::default() }
    }

    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/", post(call))
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .with_state(Arc::new(self))
    }

    fn answer(&self, action: &str, input: &Value) -> Result<Value, &'static str> {
        match action {
            "AWSStepFunctions.StartExecution" => self.start(input),
            "AWSStepFunctions.StopExecution" => Ok(json!({ "stopDate": SOME_TIME })),
            "AWSEvents.PutEvents" => {
                let entries = input["Entries"].as_array().map_or(0, Vec::len);
                let taken: Vec<_> = (0..entries).map(|number| json!({ "EventId": number.to_string() })).collect();
                Ok(json!({ "FailedEntryCount": 0, "Entries": taken }))
            }
            "AWSEvents.DescribeEventBus" => Ok(json!({ "Name": input["Name"] })),
            "AmazonSQS.GetQueueAttributes" => Ok(json!({ "Attributes": { "QueueArn": "arn:aws:sqs:::queue" } })),
            _ => Err("UnknownOperationException"),
        }
    }

    /// Begins an execution, once for each name.
    fn start(&self, input: &Value) -> Result<Value, &'static str> {
        let machine = input["stateMachineArn"].as_str().unwrap_or_default().replace(":stateMachine:", ":execution:");
        let arn = format!("{machine}:{}", input["name"].as_str().unwrap_or_default());
        let mut executions = self.executions.lock().unwrap_or_else(PoisonError::into_inner);
        if executions.contains_key(&arn) {
            return Err("ExecutionAlreadyExists");
        }
        executions.insert(arn.clone(), input["input"].clone());
        Ok(json!({ "executionArn": arn, "startDate": SOME_TIME }))
    }
}

async fn call(State(services): State<Arc<Services>>, headers: HeaderMap, body: Bytes) -> Response {
    let action = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let input = serde_json::from_slice(&body).unwrap_or_default();
    match services.answer(action, &input) {
        Ok(answer) => ([("content-type", "application/x-amz-json-1.0")], answer.to_string()).into_response(),
        Err(code) => {
            if code == "UnknownOperationException" {
                eprintln!("the stand-in for services does not know {action}");
            }
            refused(StatusCode::BAD_REQUEST, code)
        }
    }
}

async fn invoke(State(services): State<Arc<Services>>, Path(name): Path<String>, body: Bytes) -> Response {
    if !name.ends_with(&format!("-{ADAPTER}")) {
        return refused(StatusCode::NOT_FOUND, "ResourceNotFoundException");
    }
    match services.adapter.invoke(body.to_vec()).await {
        Ok(answer) => answer.into_response(),
        Err(error) => {
            let said = json!({ "errorMessage": format!("{error:#}") }).to_string();
            ([("x-amz-function-error", "Unhandled")], said).into_response()
        }
    }
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, [("x-amzn-errortype", code)], json!({ "__type": code, "message": code }).to_string()).into_response()
}
