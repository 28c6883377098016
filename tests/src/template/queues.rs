//! Queues, and whatever is delivered without anyone waiting for it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use crate::cloudformation::{Template, listed, referred};

const FOURTEEN_DAYS: u64 = 14 * 24 * 60 * 60;

/// The queues that messages come to when nobody could handle them.
fn dead_letter_queues(template: &Template) -> BTreeSet<&str> {
    let pointers = [
        "/RedrivePolicy/deadLetterTargetArn",
        "/DeadLetterConfig/Arn",
        "/Target/DeadLetterConfig/Arn",
        "/EventInvokeConfig/DestinationConfig/OnFailure/Destination",
    ];
    let direct = template.resources().flat_map(|r| pointers.iter().filter_map(move |pointer| r.property(pointer)));
    let targets = template.of_type("AWS::Events::Rule").flat_map(|rule| listed(rule.property("/Targets")));
    let of_targets = targets.filter_map(|target| target.pointer("/DeadLetterConfig/Arn"));
    direct.chain(of_targets).filter_map(referred).collect()
}

/// A message that can't be handled is kept for 14 days, after five attempts; at rest it is encrypted.
pub(super) fn dead_letters(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let last = dead_letter_queues(template);
    let mut found = Vec::new();
    for queue in template.of_type("AWS::SQS::Queue") {
        if queue.property("/SqsManagedSseEnabled") != Some(&Value::Bool(true)) {
            found.push(format!("{} is not encrypted", queue.id));
        }
        if last.contains(queue.id) {
            if queue.property("/MessageRetentionPeriod") != Some(&FOURTEEN_DAYS.into()) {
                found.push(format!("{} does not keep messages for 14 days", queue.id));
            }
            continue;
        }
        let target = queue.property("/RedrivePolicy/deadLetterTargetArn").and_then(referred);
        if target.and_then(|id| template.resource(id)).is_none_or(|target| target.kind != "AWS::SQS::Queue") {
            found.push(format!("{} has no queue for dead letters", queue.id));
        }
        if queue.property("/RedrivePolicy/maxReceiveCount") != Some(&5.into()) {
            found.push(format!("{} does not try five times", queue.id));
        }
    }
    found
}

/// A message stays invisible for six times as long as its function may take, so that it isn't handled twice at once.
pub(super) fn visibility(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut found = Vec::new();
    for mapping in template.of_type("AWS::Lambda::EventSourceMapping") {
        let target = |pointer| mapping.property(pointer).and_then(referred);
        let timeout = target("/FunctionName").and_then(|function| template.timeout(function));
        let queue = target("/EventSourceArn").and_then(|queue| template.resource(queue));
        let visible = queue.and_then(|queue| queue.property("/VisibilityTimeout")?.as_u64());
        match (timeout, visible) {
            (Some(timeout), Some(visible)) if visible >= 6 * timeout => {}
            _ => found.push(format!("{}: {visible:?} s of invisibility for a function of {timeout:?} s", mapping.id)),
        }
        if mapping.property("/FunctionResponseTypes") != Some(&Value::from(vec!["ReportBatchItemFailures"])) {
            found.push(format!("{} does not report single failures of a batch", mapping.id));
        }
    }
    found
}

/// Whatever is delivered without anyone waiting has a place for what could not be delivered; rules deliver to queues
/// alone, because the local cloud does not repeat a delivery to a function.
pub(super) fn targets(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut found = Vec::new();
    for rule in template.of_type("AWS::Events::Rule") {
        for target in listed(rule.property("/Targets")) {
            let kind = target.get("Arn").and_then(referred).and_then(|id| template.resource(id)).map(|r| r.kind);
            if kind != Some("AWS::SQS::Queue") {
                found.push(format!("{} delivers to {kind:?}, and not to a queue", rule.id));
            }
            if target.pointer("/DeadLetterConfig/Arn").is_none() {
                found.push(format!("{} loses what it can't deliver", rule.id));
            }
        }
    }
    for schedule in template.of_type("AWS::Scheduler::Schedule") {
        if ["/Target/DeadLetterConfig/Arn", "/Target/RetryPolicy"].iter().any(|p| schedule.property(p).is_none()) {
            found.push(format!("{} loses what it can't deliver", schedule.id));
        }
        let function = schedule.property("/Target/Arn").and_then(referred).and_then(|id| template.resource(id));
        if function.is_some_and(|f| f.property("/EventInvokeConfig/DestinationConfig/OnFailure").is_none()) {
            found.push(format!("what {} calls loses what it can't do", schedule.id));
        }
    }
    let subscriptions = template.of_type("AWS::SNS::Subscription");
    let careless = subscriptions.filter(|s| s.property("/RedrivePolicy/deadLetterTargetArn").is_none());
    found.extend(careless.map(|subscription| format!("{} loses what it can't deliver", subscription.id)));
    found
}

/// Whoever may write to a queue or topic is named: a service, for one source of ours.
pub(super) fn senders(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut found = Vec::new();
    let policies =
        ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"].into_iter().flat_map(|kind| template.of_type(kind));
    for policy in policies {
        for statement in listed(policy.property("/PolicyDocument/Statement")) {
            let named = statement.pointer("/Principal/Service").is_some_and(Value::is_string)
                && statement.pointer("/Condition/ArnEquals/aws:SourceArn").is_some();
            if !named {
                found.push(format!("{} lets anyone send", policy.id));
            }
        }
    }
    let written: BTreeSet<_> = template
        .of_type("AWS::SQS::QueuePolicy")
        .flat_map(|policy| listed(policy.property("/Queues")))
        .filter_map(referred)
        .collect();
    let delivered = delivered_to(template);
    found.extend(delivered.difference(&written).map(|queue| format!("nobody may deliver to {queue}")));
    found
}

/// The queues that rules and subscriptions deliver to, with those for what can't be delivered.
fn delivered_to(template: &Template) -> BTreeSet<&str> {
    let targets = template.of_type("AWS::Events::Rule").flat_map(|rule| listed(rule.property("/Targets")));
    let of_rules = targets.flat_map(|target| [target.get("Arn"), target.pointer("/DeadLetterConfig/Arn")]);
    let of_topics = template.of_type("AWS::SNS::Subscription").flat_map(|subscription| {
        [subscription.property("/Endpoint"), subscription.property("/RedrivePolicy/deadLetterTargetArn")]
    });
    of_rules.chain(of_topics).flatten().filter_map(referred).collect()
}
