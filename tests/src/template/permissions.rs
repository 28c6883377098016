//! Who may do what.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use crate::cloudformation::{Resource, listed, referred, template_text};

/// Statements that can't name what they are about, and why.
const ANY_RESOURCE: &[(&str, &str)] = &[
    // Log deliveries belong to the account; AWS documents these actions without resources.
    ("RegisterProduct", "DeliverItsLog"),
    ("ProcessImage", "DeliverItsLog"),
    ("PublishProduct", "DeliverItsLog"),
    ("WithdrawProduct", "DeliverItsLog"),
    ("ReconcileChannel", "DeliverItsLog"),
    ("ReviewCategory", "DeliverItsLog"),
];

/// Every statement names its actions and resources; nobody has a policy that AWS writes.
///
/// SAM adds two of AWS's policies to each function, for its logs and traces; functions must not ask for more.
pub(super) fn least(subject: &Subject) -> Vec<String> {
    let mut found = Vec::new();
    for owner in subject.template.resources() {
        if owner.property("/ManagedPolicyArns").is_some() {
            found.push(format!("{} has policies that AWS writes", owner.id));
        }
        for statement in statements(&owner) {
            let Some(sid) = statement["Sid"].as_str() else {
                found.push(format!("a statement of {} does not say what it is for", owner.id));
                continue;
            };
            let actions = listed(statement.get("Action"));
            if actions.is_empty() || actions.iter().any(|action| action.as_str().is_none_or(|name| name.contains('*')))
            {
                found.push(format!("{}, {sid}: names no action, or all", owner.id));
            }
            let resources = listed(statement.get("Resource"));
            let any = resources.is_empty() || resources.contains(&&Value::from("*"));
            if any && !ANY_RESOURCE.contains(&(owner.id, sid)) {
                found.push(format!("{}, {sid}: names no resource", owner.id));
            }
        }
        for policy in listed(owner.property("/Policies")).into_iter().filter(|policy| !policy.is_object()) {
            found.push(format!("{} has {policy}, which is a policy that AWS writes", owner.id));
        }
    }
    let unused = ANY_RESOURCE.iter().filter(|(owner, sid)| {
        let owner = subject.template.resource(owner);
        !owner.is_some_and(|owner| statements(&owner).iter().any(|statement| statement["Sid"] == *sid))
    });
    found.extend(unused.map(|(owner, sid)| format!("the exception for {owner}, {sid} is not needed")));
    found
}

/// The statements that say what a resource may do.
fn statements<'a>(owner: &Resource<'a>) -> Vec<&'a Value> {
    let policies = listed(owner.property("/Policies"));
    let document = |policy: &'a Value| policy.get("PolicyDocument").unwrap_or(policy);
    policies.into_iter().flat_map(|policy| listed(document(policy).get("Statement"))).collect()
}

/// Wildcards in names, and why no name can stand there. Account, region and partition are left out.
const WILDCARDS: &[(&str, &str)] = &[
    ("arn::lambda:::function:tola-${Stage}-*-adapter", "an adapter of any channel type: a new one touches no caller"),
    ("arn::sqs:::tola-${Stage}-*-commands", "the same, for its queue"),
    ("arn::secretsmanager:::secret:tola/${Stage}/channels/*", "the secrets of channels, which merchants connect later"),
    ("arn::states:::execution:${RegisterProduct.Name}:*", "executions have the names of operations"),
    ("arn::states:::execution:${ProcessImage.Name}:*", "the same"),
    ("arn::states:::execution:${PublishProduct.Name}:*", "the same"),
    ("arn::states:::execution:${WithdrawProduct.Name}:*", "the same"),
    ("arn::states:::execution:${ReconcileChannel.Name}:*", "the same"),
    ("arn::states:::execution:${ReviewCategory.Name}:*", "the same"),
    ("${ImageBucket.Arn}/uploads/*", "objects have the names of images"),
    ("${ImageBucket.Arn}/images/*", "the same"),
];

/// Every resource is named as far as there is a name; what is wider on a laptop is so there alone.
pub(super) fn wildcards(subject: &Subject) -> Vec<String> {
    let mut found = Vec::new();
    let mut used = BTreeSet::new();
    for owner in subject.template.resources() {
        for statement in statements(&owner) {
            let sid = statement["Sid"].as_str().unwrap_or_default();
            for resource in listed(statement.get("Resource")) {
                let (condition, texts) = match resource.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice) {
                    Some([condition, then, otherwise]) => (condition.as_str(), vec![then, otherwise]),
                    _ => (None, vec![resource]),
                };
                for text in texts.into_iter().filter_map(template_text).filter(|text| text.contains('*')) {
                    let short = ["Partition", "Region", "AccountId"]
                        .iter()
                        .fold(text.to_owned(), |text, name| text.replace(&format!("${{AWS::{name}}}"), ""));
                    match WILDCARDS.iter().find(|(known, _)| *known == short) {
                        Some((known, _)) => _ = used.insert(*known),
                        None if text == "*" && ANY_RESOURCE.contains(&(owner.id, sid)) => {}
                        None if text == "*" && condition == Some("OnLaptop") => {}
                        None => found.push(format!("{}, {sid}: {text} is wider than it has to be", owner.id)),
                    }
                }
            }
        }
    }
    let unused = WILDCARDS.iter().filter(|(known, _)| !used.contains(known));
    found.extend(unused.map(|(known, _)| format!("no permission is as wide as {known}")));
    found
}

/// What AWS does in a role's name, and the local cloud without asking the role: a function's role may take the messages
/// of the queues that are mapped to it, and a schedule's role may do what the schedule says.
pub(super) fn on_behalf(subject: &Subject) -> Vec<String> {
    const TAKE: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    let template = &subject.template;
    let mut wanted = BTreeSet::new();
    for mapping in template.of_type("AWS::Lambda::EventSourceMapping") {
        let target = |pointer| mapping.property(pointer).and_then(referred).unwrap_or_default();
        wanted.extend(TAKE.map(|action| (target("/FunctionName"), "TakeMessages", action, target("/EventSourceArn"))));
    }
    for schedule in template.of_type("AWS::Scheduler::Schedule") {
        let target = |pointer| schedule.property(pointer).and_then(referred).unwrap_or_default();
        let role = target("/Target/RoleArn");
        wanted.insert((role, "CallTheSweep", "lambda:InvokeFunction", target("/Target/Arn")));
        wanted.insert((role, "LeaveFailuresBehind", "sqs:SendMessage", target("/Target/DeadLetterConfig/Arn")));
    }
    let mut has = BTreeSet::new();
    for owner in template.resources() {
        let all = owner.kind == "AWS::IAM::Role";
        for statement in statements(&owner).into_iter().filter(|s| all || s["Sid"] == "TakeMessages") {
            for action in listed(statement.get("Action")).into_iter().filter_map(Value::as_str) {
                let on = listed(statement.get("Resource")).into_iter().map(|on| referred(on).unwrap_or_default());
                has.extend(on.map(|on| (owner.id, statement["Sid"].as_str().unwrap_or_default(), action, on)));
            }
        }
    }
    let missing = wanted.difference(&has).map(|(owner, _, action, on)| format!("{owner} may not {action} on {on}"));
    let needless =
        has.difference(&wanted).map(|(owner, _, action, on)| format!("{owner} may {action} on {on} for nothing"));
    missing.chain(needless).collect()
}

/// What AWS asks a role for and the local cloud does not, and so no test on a stack would miss.
pub(super) fn only_on_aws(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut wanted = BTreeSet::from([
        // A form's field `tagging` tags.
        ("Api", "LetClientsUpload", "s3:PutObjectTagging", "ImageBucket"),
        // The local cloud takes the bus for a rule.
        ("Api", "SeeThatTheBusIsThere", "events:DescribeEventBus", "EventBus"),
        // Without it an object that is gone is answered with 403, and not with 404.
        ("InspectImage", "TellMissingFromForbidden", "s3:ListBucket", "ImageBucket"),
        ("RenderRenditions", "TellMissingFromForbidden", "s3:ListBucket", "ImageBucket"),
        ("Sweep", "TellMissingFromForbidden", "s3:ListBucket", "ImageBucket"),
    ]);
    // Whose token it is: an adapter answers every machine that gives it commands.
    let gives = |machine: &Resource<'_>| statements(machine).iter().any(|s| s["Sid"] == "GiveCommandsToAdapters");
    let machines: Vec<_> = template.of_type("AWS::Serverless::StateMachine").filter(gives).map(|m| m.id).collect();
    for adapter in template.of_type("AWS::Serverless::Function").filter(|function| function.id.ends_with("Adapter")) {
        for action in ["states:SendTaskSuccess", "states:SendTaskFailure"] {
            wanted.extend(machines.iter().map(|machine| (adapter.id, "AnswerWorkflows", action, *machine)));
        }
    }
    let mut has = BTreeSet::new();
    for owner in template.resources() {
        for statement in statements(&owner) {
            for action in listed(statement.get("Action")).into_iter().filter_map(Value::as_str) {
                for on in listed(statement.get("Resource")) {
                    let text = template_text(on).unwrap_or_default();
                    let on =
                        referred(on).or_else(|| text.strip_prefix("${")?.split(['.', '}']).next()).unwrap_or_default();
                    has.insert((owner.id, statement["Sid"].as_str().unwrap_or_default(), action, on));
                }
            }
        }
    }
    wanted
        .difference(&has)
        .map(|(owner, sid, action, on)| format!("{owner}, {sid}: may not {action} on {on}"))
        .collect()
}

/// Merchants' photos are private, encrypted, recoverable, and only ever sent encrypted.
pub(super) fn bucket(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut found = Vec::new();
    for bucket in template.of_type("AWS::S3::Bucket") {
        let blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
        let is = |pointer: &str, value: Value| bucket.property(pointer) == Some(&value);
        if !blocks.iter().all(|block| is(&format!("/PublicAccessBlockConfiguration/{block}"), true.into())) {
            found.push(format!("{} may become public", bucket.id));
        }
        if bucket.property("/BucketEncryption").is_none() {
            found.push(format!("{} is not encrypted", bucket.id));
        }
        if !is("/VersioningConfiguration/Status", "Enabled".into()) {
            found.push(format!("{} forgets what is overwritten", bucket.id));
        }
        if bucket.body["DeletionPolicy"] != "RetainExceptOnCreate" || bucket.body["UpdateReplacePolicy"] != "Retain" {
            found.push(format!("{} goes with its stack", bucket.id));
        }
        let policy = template
            .of_type("AWS::S3::BucketPolicy")
            .find(|policy| policy.property("/Bucket/Ref") == Some(&bucket.id.into()));
        let denies = |statement: &&Value| {
            statement["Effect"] == "Deny"
                && statement.pointer("/Condition/Bool/aws:SecureTransport") == Some(&"false".into())
        };
        if !policy.is_some_and(|policy| listed(policy.property("/PolicyDocument/Statement")).iter().any(denies)) {
            found.push(format!("{} answers on connections that are not encrypted", bucket.id));
        }
    }
    found
}
