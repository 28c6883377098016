//! Alarms and the dashboard watch what is really there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tola_contracts::metric;

use super::Subject;
use crate::cloudformation::{Resource, Template, listed, referred, template_text};
use crate::workspace;

/// What AWS emits for a resource by itself: namespace, the type of the resource, the dimension that names it, metrics.
/// Sources: the services' own lists, “Available CloudWatch metrics for Amazon SQS”, “Monitoring Step Functions metrics”
/// and “CloudWatch metrics for HTTP APIs”.
const OF_AWS: &[(&str, &str, &str, &[&str])] = &[
    (
        "AWS/SQS",
        "AWS::SQS::Queue",
        "QueueName",
        &["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"],
    ),
    (
        "AWS/States",
        "AWS::Serverless::StateMachine",
        "StateMachineArn",
        &["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"],
    ),
    ("AWS/ApiGateway", "AWS::ApiGatewayV2::Api", "ApiId", &["5xx", "4xx", "Count", "Latency", "IntegrationLatency"]),
];

/// A metric that somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Watched {
    namespace: String,
    name: String,
    /// Name and value; a resource is named by its logical id.
    dimensions: BTreeMap<String, String>,
}

/// Every metric of an alarm or of the dashboard is one that AWS or a function emits for something that exists.
pub(super) fn real(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut watched: Vec<(String, Watched)> = Vec::new();
    for alarm in template.of_type("AWS::CloudWatch::Alarm") {
        watched.extend(of_alarm(&alarm).into_iter().map(|metric| (alarm.id.to_owned(), metric)));
    }
    for dashboard in template.of_type("AWS::CloudWatch::Dashboard") {
        match of_dashboard(&dashboard) {
            Some(metrics) => watched.extend(metrics.into_iter().map(|metric| (dashboard.id.to_owned(), metric))),
            None => return vec![format!("{} can't be read", dashboard.id)],
        }
    }
    let unreal = watched.iter().filter(|(_, metric)| !is_emitted(subject, metric));
    unreal.map(|(owner, metric)| format!("{owner} watches {metric:?}, which nothing emits")).collect()
}

/// Every alarm tells the topic, says for how long and what it means when there is no data, and is in the runbook; every
/// queue of dead letters, every machine and every queue that a function works off is watched.
pub(super) fn complete(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let runbook = workspace::read("RUNBOOK.md");
    let mut found = Vec::new();
    let mut watched = BTreeSet::new();
    for alarm in template.of_type("AWS::CloudWatch::Alarm") {
        watched.extend(of_alarm(&alarm).into_iter().flat_map(|metric| {
            let name = metric.name;
            metric.dimensions.into_values().map(move |of| (name.clone(), of))
        }));
        if referred(listed(alarm.property("/AlarmActions")).first().unwrap_or(&&Value::Null)) != Some("AlarmTopic") {
            found.push(format!("{} tells nobody", alarm.id));
        }
        if alarm.property("/TreatMissingData").is_none() {
            found.push(format!("{} does not say what no data means", alarm.id));
        }
        if !runbook.contains(&format!("`{}`", alarm.id)) {
            found.push(format!("RUNBOOK.md does not know {}", alarm.id));
        }
    }
    let mut wanted = BTreeSet::new();
    for machine in template.of_type("AWS::Serverless::StateMachine") {
        wanted.extend(OF_AWS[1].3.iter().map(|metric| (*metric, machine.id)));
    }
    for queue in template.of_type("AWS::SQS::Queue").filter(|queue| queue.id.ends_with("DeadLetters")) {
        wanted.insert((OF_AWS[0].3[0], queue.id));
    }
    for mapping in template.of_type("AWS::Lambda::EventSourceMapping") {
        wanted.extend(mapping.property("/EventSourceArn").and_then(referred).map(|queue| (OF_AWS[0].3[1], queue)));
    }
    let unwatched = wanted.into_iter().filter(|(name, of)| !watched.contains(&((*name).to_owned(), (*of).to_owned())));
    found.extend(unwatched.map(|(name, of)| format!("no alarm watches {name} of {of}")));
    found
}

fn of_alarm(alarm: &Resource<'_>) -> Vec<Watched> {
    let of = |metric: &Value| Watched {
        namespace: metric["Namespace"].as_str().unwrap_or_default().to_owned(),
        name: metric["MetricName"].as_str().unwrap_or_default().to_owned(),
        dimensions: listed(metric.get("Dimensions")).into_iter().map(dimension).collect(),
    };
    let single = alarm.property("/MetricName").and(alarm.body.get("Properties")).map(of);
    let several = listed(alarm.property("/Metrics"));
    single.into_iter().chain(several.iter().filter_map(|metric| metric.pointer("/MetricStat/Metric")).map(of)).collect()
}

fn dimension(dimension: &Value) -> (String, String) {
    let value = &dimension["Value"];
    let value = referred(value).or_else(|| value.as_str()).unwrap_or_default();
    (dimension["Name"].as_str().unwrap_or_default().to_owned(), value.to_owned())
}

/// The dashboard's metrics: `["namespace", "metric", "dimension", "value", …, {options}]`.
fn of_dashboard(dashboard: &Resource<'_>) -> Option<Vec<Watched>> {
    let body: Value = serde_json::from_str(template_text(dashboard.property("/DashboardBody")?)?).ok()?;
    let mut all = Vec::new();
    for widget in body["widgets"].as_array()? {
        for metric in widget.pointer("/properties/metrics")?.as_array()? {
            let words: Vec<_> = metric.as_array()?.iter().filter_map(Value::as_str).collect();
            let (namespace, name, dimensions) = match words.as_slice() {
                [namespace, name, dimensions @ ..] => ((*namespace).to_owned(), (*name).to_owned(), dimensions),
                _ => return None,
            };
            let pairs = dimensions.chunks(2).map(|pair| {
                let value = pair.get(1).copied().unwrap_or_default();
                let id = value.strip_prefix("${").and_then(|rest| rest.split(['.', '}']).next());
                (pair[0].to_owned(), id.unwrap_or(value).to_owned())
            });
            all.push(Watched { namespace, name, dimensions: pairs.collect() });
        }
    }
    Some(all)
}

fn is_emitted(subject: &Subject, metric: &Watched) -> bool {
    if metric.namespace == metric::NAMESPACE {
        return is_ours(subject, metric);
    }
    let is_of = |template: &Template, kind: &str, dimension: &str| {
        let mut dimensions = metric.dimensions.iter();
        match (dimensions.next(), dimensions.next()) {
            (Some((name, id)), None) => name == dimension && template.resource(id).is_some_and(|r| r.kind == kind),
            _ => false,
        }
    };
    OF_AWS.iter().any(|(namespace, kind, dimension, names)| {
        metric.namespace == *namespace
            && names.contains(&metric.name.as_str())
            && is_of(&subject.template, kind, dimension)
    })
}

/// Ours have the deployment among their dimensions, and where each function has its own, a function that there is.
fn is_ours(subject: &Subject, metric: &Watched) -> bool {
    let Some(known) = metric::ALL.iter().find(|known| known.name == metric.name) else { return false };
    let mut dimensions = metric.dimensions.clone();
    let stage = dimensions.remove(metric::STAGE);
    let function = dimensions.remove(metric::FUNCTION);
    let is_right = match function {
        Some(function) => known.of_a_function && subject.folders.contains(&function),
        None => !known.of_a_function,
    };
    stage.as_deref() == Some("Stage") && is_right && dimensions.is_empty()
}
