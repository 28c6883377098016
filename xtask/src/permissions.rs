//! What roles may do, held against what the local cloud saw them do: every permission has to be needed.
//!
//! A permission is one action of one statement on one of its resources. It is needed if some call was allowed by it
//! alone: without it that call is denied. And a denied call is a finding by itself, so whoever takes a permission away
//! fails the end-to-end tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io::ErrorKind;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tola_local::aws::Aws;
use tola_local::python::Environment;
use tola_local::{Stack, cloud};

/// Permissions that the local cloud does not hold their roles to, and what does instead. Each is told by parts of its
/// line, in order.
const HELD_ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &[" CallItsSteps: "],
        "it asks no role of a state machine; the contract “role” holds role and machine to each other",
    ),
    (&[" GiveCommandsToAdapters: "], "the same"),
    (&["ReconcileChannelRole AskAdapters: "], "the same"),
    (&[" DeliverItsLog: "], "it writes the logs of machines by itself; the contract “role” has what AWS says it takes"),
    (&[" TakeMessages: "], "it takes messages for functions by itself; the template's check “on behalf”"),
    (&[" CallTheSweep: "], "it asks no role of a schedule; the template's check “on behalf”"),
    (&[" LeaveFailuresBehind: "], "the same"),
    (&["SweepRole : sqs:SendMessage"], "it asks no role for a destination; SAM writes this statement, without a name"),
    // What only AWS asks for: the template's check “only on AWS”.
    (&["ApiRole LetClientsUpload: s3:PutObjectTagging"], "it overlooks that a form's field `tagging` tags"),
    (&[" TellMissingFromForbidden: "], "it tells whoever may read an object that it is missing"),
    (&["ApiRole SeeThatTheBusIsThere: ", " events:event-bus/"], "it takes the bus for a rule, which is allowed beside"),
    (&[" AnswerWorkflows: ", " states:stateMachine:"], "it does not see whose token it is, and asks for all machines"),
];

/// One action that a role may do on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Permission {
    /// The role's logical id, such as `SweepRole`.
    pub(crate) role: String,
    /// The statement's id.
    pub(crate) statement: String,
    pub(crate) action: String,
    /// As the statement has it: an ARN, perhaps with wildcards.
    pub(crate) resource: String,
}

impl Permission {
    /// Why the local cloud does not hold its role to it.
    pub(crate) fn is_held_elsewhere(&self) -> Option<&'static str> {
        HELD_ELSEWHERE.iter().find(|(parts, _)| self.has(parts)).map(|(_, reason)| *reason)
    }

    fn has(&self, parts: &[&str]) -> bool {
        let line = self.to_string();
        let mut rest = line.as_str();
        parts.iter().all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    }
}

impl Display for Permission {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        // Partition, region and account are the same in all.
        let short = match self.resource.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            [_, _, service, _, _, name] => format!("{service}:{name}"),
            _ => self.resource.clone(),
        };
        write!(formatter, "{} {}: {} on {short}", self.role, self.statement, self.action)
    }
}

/// The document that a permission stands in: an inline policy of a role.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// The role's name in the account.
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) document: Value,
}

impl Policy {
    /// The document without one permission. The rest of its statement stays, each action and resource on its own.
    pub(crate) fn without(&self, taken: &Permission) -> Value {
        let mut document = self.document.clone();
        let mut kept = Vec::new();
        for statement in listed(&self.document["Statement"]) {
            if statement["Sid"].as_str().unwrap_or_default() != taken.statement {
                kept.push(statement.clone());
                continue;
            }
            for action in listed(&statement["Action"]) {
                let is_taken = |resource: &Value| *action == taken.action && *resource == taken.resource;
                let mut resources = listed(&statement["Resource"]);
                resources.retain(|resource| !is_taken(resource));
                if !resources.is_empty() {
                    let mut part = statement.clone();
                    part["Action"] = action.clone();
                    part["Resource"] = resources.into_iter().cloned().collect();
                    kept.push(part);
                }
            }
        }
        document["Statement"] = kept.into();
        document
    }
}

/// What the roles of a stack may do.
pub(crate) async fn granted(stack: &Stack) -> anyhow::Result<BTreeMap<Permission, Policy>> {
    let roles = roles(stack).await?;
    let command = ["iam", "get-account-authorization-details", "--filter", "Role"];
    let details = aws(stack).json(stack.folder(), &command).await?;
    let mut granted = BTreeMap::new();
    for role in listed(&details["RoleDetailList"]) {
        let name = role["RoleName"].as_str().unwrap_or_default();
        let Some(id) = roles.get(stem(name)) else { continue };
        for policy in listed(&role["RolePolicyList"]) {
            let policy = Policy {
                role: name.to_owned(),
                name: policy["PolicyName"].as_str().unwrap_or_default().to_owned(),
                document: policy["PolicyDocument"].clone(),
            };
            granted.extend(permissions(id, &policy.document).map(|permission| (permission, policy.clone())));
        }
    }
    Ok(granted)
}

/// The names of a stack's roles, without what CloudFormation adds to each, and their logical ids.
pub(crate) async fn roles(stack: &Stack) -> anyhow::Result<BTreeMap<String, String>> {
    let command = ["cloudformation", "describe-stack-resources", "--stack-name", &stack.info().stack_name];
    let resources = aws(stack).json(stack.folder(), &command).await?;
    let of_roles = listed(&resources["StackResources"]).into_iter().filter(|r| r["ResourceType"] == "AWS::IAM::Role");
    let pair = |role: &Value| {
        let name = stem(role["PhysicalResourceId"].as_str()?);
        Some((name.to_owned(), role["LogicalResourceId"].as_str()?.to_owned()))
    };
    Ok(of_roles.filter_map(pair).collect())
}

/// A role's name without its end, which differs from stack to stack: tests of faults have stacks of their own.
fn stem(role: &str) -> &str {
    role.rsplit_once('-').map_or(role, |(stem, _)| stem)
}

/// The AWS command line interface, held to the stack's cloud.
pub(crate) fn aws(stack: &Stack) -> Aws {
    let info = stack.info();
    Aws::new(&Environment::at(&info.processes.workspace.join(".local/venv")), &info.endpoint_url)
}

fn permissions<'a>(role: &'a str, document: &'a Value) -> impl Iterator<Item = Permission> + 'a {
    listed(&document["Statement"]).into_iter().flat_map(move |statement| {
        let texts = |key: &str| -> Vec<&str> { listed(&statement[key]).iter().filter_map(|v| v.as_str()).collect() };
        let (actions, resources) = (texts("Action"), texts("Resource"));
        let pairs = actions.into_iter().flat_map(move |action| resources.clone().into_iter().map(move |r| (action, r)));
        let named: Vec<_> = pairs.collect();
        named.into_iter().map(move |(action, resource)| Permission {
            role: role.to_owned(),
            statement: statement["Sid"].as_str().unwrap_or_default().to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
        })
    })
}

fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// What the local cloud decided about a role, as `decisions.py` writes it.
#[derive(Debug, Deserialize)]
struct Decision {
    role: String,
    action: String,
    /// The statements that allow it, each with the resource that matched.
    #[serde(default)]
    by: Vec<(String, String)>,
    /// What it was about, if nothing allows it.
    denied: Option<String>,
}

/// What was decided about a stack's roles since its cloud began, or since [`Decisions::forget`].
#[derive(Debug, Default)]
pub(crate) struct Decisions(Vec<Decision>);

impl Decisions {
    pub(crate) fn read(stack: &Stack, roles: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let path = cloud::decisions(stack.folder());
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("can't read {}", path.display()))?,
        };
        let mut decisions = Vec::new();
        for line in text.lines() {
            let mut decision: Decision = serde_json::from_str(line).with_context(|| format!("no decision: {line}"))?;
            // Of other stacks in the same cloud nothing is known.
            let Some(id) = roles.get(stem(&decision.role)) else { continue };
            decision.role = id.clone();
            decisions.push(decision);
        }
        Ok(Self(decisions))
    }

    /// Lets the cloud tell everything anew.
    pub(crate) fn forget(stack: &Stack) -> anyhow::Result<()> {
        match fs::remove_file(cloud::decisions(stack.folder())) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The permissions without which a call would have been denied.
    pub(crate) fn needed(&self) -> BTreeSet<Permission> {
        let alone = |decision: &Decision| match decision.by.as_slice() {
            [(statement, resource)] => Some(Permission {
                role: decision.role.clone(),
                statement: statement.clone(),
                action: decision.action.clone(),
                resource: resource.clone(),
            }),
            _ => None,
        };
        self.0.iter().filter_map(alone).collect()
    }

    /// The calls that were denied.
    pub(crate) fn denied(&self) -> BTreeSet<String> {
        let denied = self.0.iter().filter_map(|d| Some((d, d.denied.as_ref()?)));
        denied.map(|(decision, on)| format!("{} was denied {} on {on}", decision.role, decision.action)).collect()
    }
}

/// Permissions that nothing needed, calls that were denied, and excuses that nothing needs.
pub(crate) fn wrong<'a>(granted: impl Iterator<Item = &'a Permission> + Clone, decisions: &Decisions) -> Vec<String> {
    let needed = decisions.needed();
    let is_excused = |p: &Permission| p.is_held_elsewhere().is_some();
    let idle = granted.clone().filter(|permission| !needed.contains(permission) && !is_excused(permission));
    let mut wrong: Vec<_> = idle.map(|permission| format!("nothing needed {permission}")).collect();
    wrong.extend(decisions.denied());
    for (parts, _) in HELD_ELSEWHERE {
        if !granted.clone().any(|permission| permission.has(parts)) {
            wrong.push(format!("nobody has the permission “{}”, which is excused", parts.join("…")));
        }
    }
    let held = granted.filter(|permission| permission.is_held_elsewhere().is_some() && needed.contains(permission));
    wrong.extend(held.map(|permission| format!("the local cloud does hold {permission}")));
    wrong
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permission(role: &str, statement: &str) -> Permission {
        let resource = "arn:aws:sqs:us-east-1:000000000000:tola-dev-relay";
        let (role, statement, action) = (role.to_owned(), statement.to_owned(), "sqs:SendMessage".to_owned());
        Permission { role, statement, action, resource: resource.to_owned() }
    }

    fn decision(by: &[&str], denied: Option<&str>) -> Decision {
        let Permission { role, action, resource, .. } = permission("SweepRole", "");
        let by = by.iter().map(|statement| ((*statement).to_owned(), resource.clone())).collect();
        Decision { role, action, by, denied: denied.map(str::to_owned) }
    }

    /// What is wrong with a role that may do one thing; that nobody has what is excused is left out.
    fn found(statement: &str, decisions: Vec<Decision>) -> Vec<String> {
        let granted = [permission("SweepRole", statement)];
        let mut found = wrong(granted.iter(), &Decisions(decisions));
        found.retain(|line| !line.starts_with("nobody has"));
        found
    }

    #[test]
    fn what_a_call_was_allowed_by_alone_is_needed() {
        assert_eq!(found("AskForRelays", vec![decision(&["AskForRelays"], None)]), Vec::<String>::new());
    }

    #[test]
    fn what_no_call_needed_is_found() {
        let idle = ["nothing needed SweepRole AskForRelays: sqs:SendMessage on sqs:tola-dev-relay"];

        assert_eq!(found("AskForRelays", vec![]), idle);
        assert_eq!(found("AskForRelays", vec![decision(&["AskForRelays", "Other"], None)]), idle);
    }

    #[test]
    fn a_call_that_was_denied_is_found() {
        let decisions = vec![decision(&["AskForRelays"], None), decision(&[], Some("arn:aws:sqs:::other"))];

        assert_eq!(found("AskForRelays", decisions), ["SweepRole was denied sqs:SendMessage on arn:aws:sqs:::other"]);
    }

    #[test]
    fn an_excuse_is_for_what_is_there_and_was_not_needed() {
        let needed = ["the local cloud does hold SweepRole : sqs:SendMessage on sqs:tola-dev-relay"];
        let nobody = wrong([].iter(), &Decisions::default());

        assert_eq!(found("", vec![]), Vec::<String>::new());
        assert_eq!(found("", vec![decision(&[""], None)]), needed);
        assert_eq!(nobody.len(), HELD_ELSEWHERE.len());
    }

    #[test]
    fn the_parts_of_a_line_are_looked_for_in_order() {
        let permission = permission("SweepRole", "AskForRelays");

        assert!(permission.has(&["SweepRole ", " sqs:tola-dev-relay"]));
        assert!(!permission.has(&["sqs:tola-dev-relay", "SweepRole "]));
    }

    #[test]
    fn what_the_cloud_writes_is_read() {
        let line =
            json!({ "role": "tola-dev-SweepRole-1", "action": "sqs:SendMessage", "by": [["", "arn:aws:sqs:::q"]] });

        let read: Decision = serde_json::from_value(line).expect("a decision");

        assert_eq!((stem(&read.role), read.by.len(), read.denied), ("tola-dev-SweepRole", 1, None));
    }
}
