//! What AWS does when the functions call it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use tola_asl::{Failure, Outcome};

use crate::bucket::Bucket;
use crate::gate::{Gate, Passage};

/// An answer to a task that waits with a token.
pub(crate) type Callback = (String, Result<Value, Failure>);

/// What AWS has taken and not handed on yet, and what it knows.
#[derive(Debug, Default)]
pub(crate) struct Cloud {
    /// Executions that were asked for: machine, ARN, input.
    pub(crate) started: VecDeque<(String, String, Value)>,
    /// Answers to tasks that wait.
    pub(crate) callbacks: VecDeque<Callback>,
    /// Messages for `relay-outbox`.
    pub(crate) relay: VecDeque<String>,
    /// Every event that the bus took, in this order.
    pub(crate) bus: Vec<Value>,
    /// Executions that somebody wants stopped.
    pub(crate) stopped: VecDeque<(String, Failure)>,
    /// How each execution stands; nothing while it runs.
    pub(crate) executions: BTreeMap<String, Option<Outcome>>,
    /// How many more requests for events the bus refuses in part.
    pub(crate) bus_refuses: u32,
    /// What lies in the bucket for images.
    pub(crate) bucket: Bucket,
}

/// The same, for everybody who needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedCloud(Arc<Mutex<Cloud>>);

impl SharedCloud {
    pub(crate) fn get(&self) -> MutexGuard<'_, Cloud> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What clients of AWS are made of that call it through a gate.
    pub(crate) fn config(&self, gate: &Gate) -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "model");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(Line { cloud: self.clone(), gate: gate.clone() })
            .build()
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let Some(target) = request.headers().get("x-amz-target") else {
            return self.get().bucket.answer(request);
        };
        let input = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        let (status, answer) = match self.get().answer(target, &input) {
            Ok(answer) => (200, answer),
            Err(code) => (400, json!({ "__type": code, "message": code })),
        };
        HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(answer.to_string()))
    }
}

/// The way from an environment to AWS.
#[derive(Debug, Clone)]
struct Line {
    cloud: SharedCloud,
    gate: Gate,
}

impl HttpClient for Line {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { cloud, gate } = self.clone();
        HttpConnectorFuture::new(async move {
            let Some(passage) = gate.cross().await else { return std::future::pending().await };
            let answer = cloud.answer(&request);
            if passage == Passage::OneWay {
                gate.crossed();
                return std::future::pending().await;
            }
            Ok(answer)
        })
    }
}

impl Cloud {
    fn answer(&mut self, target: &str, input: &Value) -> Result<Value, &'static str> {
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        match target {
            "AWSStepFunctions.StartExecution" => {
                let machine = text("stateMachineArn");
                let arn = format!("{}:{}", machine.replace(":stateMachine:", ":execution:"), text("name"));
                if self.executions.contains_key(&arn) {
                    return Err("ExecutionAlreadyExists");
                }
                self.executions.insert(arn.clone(), None);
                let name = machine.rsplit(':').next().unwrap_or_default().to_owned();
                let input = serde_json::from_str(&text("input")).expect("the input of an execution");
                self.started.push_back((name, arn.clone(), input));
                Ok(json!({ "executionArn": arn, "startDate": 0.0 }))
            }
            "AWSStepFunctions.DescribeExecution" => self.describe(&text("executionArn")),
            "AWSStepFunctions.StopExecution" => {
                let failure = Failure { error: text("error"), cause: text("cause") };
                self.stopped.push_back((text("executionArn"), failure));
                Ok(json!({ "stopDate": 0.0 }))
            }
            "AWSStepFunctions.SendTaskSuccess" => {
                let output = serde_json::from_str(&text("output")).expect("the output of a task");
                self.callbacks.push_back((text("taskToken"), Ok(output)));
                Ok(json!({}))
            }
            "AWSStepFunctions.SendTaskFailure" => {
                let failure = Failure { error: text("error"), cause: text("cause") };
                self.callbacks.push_back((text("taskToken"), Err(failure)));
                Ok(json!({}))
            }
            "AWSEvents.PutEvents" => Ok(self.put(input)),
            "AmazonSQS.SendMessage" => {
                self.relay.push_back(text("MessageBody"));
                Ok(json!({ "MessageId": "one" }))
            }
            other => panic!("nobody plays {other}"),
        }
    }

    fn describe(&self, arn: &str) -> Result<Value, &'static str> {
        let known = self.executions.get(arn).ok_or("ExecutionDoesNotExist")?;
        let mut view = json!({
            "executionArn": arn, "stateMachineArn": "", "name": "", "startDate": 0.0, "status": status_of(known.as_ref()),
        });
        match known {
            Some(Outcome::Succeeded(output)) => view["output"] = json!(output.to_string()),
            Some(Outcome::Failed(failure) | Outcome::Aborted(failure)) => {
                view["error"] = json!(failure.error);
                view["cause"] = json!(failure.cause);
            }
            Some(Outcome::TimedOut) | None => {}
        }
        Ok(view)
    }

    /// Takes events; of a request that is refused in part, the first one not.
    fn put(&mut self, input: &Value) -> Value {
        let entries = input["Entries"].as_array().cloned().unwrap_or_default();
        let refuses = self.bus_refuses > 0;
        self.bus_refuses = self.bus_refuses.saturating_sub(1);
        let mut taken = Vec::new();
        for (number, entry) in entries.iter().enumerate() {
            if refuses && number == 0 {
                taken.push(json!({ "ErrorCode": "InternalFailure", "ErrorMessage": "not this one" }));
                continue;
            }
            self.bus.push(serde_json::from_str(entry["Detail"].as_str().unwrap_or_default()).expect("an event"));
            taken.push(json!({ "EventId": number.to_string() }));
        }
        json!({ "FailedEntryCount": u32::from(refuses), "Entries": taken })
    }
}

/// As Step Functions calls it.
pub(crate) fn status_of(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "RUNNING",
        Some(Outcome::Succeeded(_)) => "SUCCEEDED",
        Some(Outcome::Failed(_)) => "FAILED",
        Some(Outcome::TimedOut) => "TIMED_OUT",
        Some(Outcome::Aborted(_)) => "ABORTED",
    }
}
