//! Who may do what.

use serde_json::Value;

use super::Subject;
use crate::cloudformation::{Resource, listed};

/// Statements that can't name what they are about, and why.
const ANY_RESOURCE: &[(&str, &str)] = &[
    // Log deliveries belong to the account; AWS documents these actions without resources.
    ("RegisterProduct", "DeliverItsLog"),
    ("ProcessImage", "DeliverItsLog"),
    ("PublishProduct", "DeliverItsLog"),
    ("WithdrawProduct", "DeliverItsLog"),
    ("ReconcileChannel", "DeliverItsLog"),
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
