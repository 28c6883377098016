//! Mistakes in `register-product`, one after the other, and the check that has to find each.

use serde_json::{Value, json};

use super::Subject;
use crate::findings::{self, Mutation};

const VALIDATE: &str = "Validate the product";
const PUBLISH: &str = "Publish the events";
const SETTLE: &str = "Settle the operation";
const FAIL: &str = "The product could not be registered";

fn on(subject: &mut Subject, state: &str, pointer: &str, value: impl Into<Value>) {
    findings::set(subject.machine.state_mut(state), pointer, value);
}

fn without(subject: &mut Subject, state: &str, pointer: &str) {
    findings::remove(subject.machine.state_mut(state), pointer);
}

fn statements<'a>(subject: &'a mut Subject, machine: &str) -> &'a mut Vec<Value> {
    let statements = &mut subject.template.properties_mut(machine)["Policies"][0]["Statement"];
    statements.as_array_mut().expect("statements")
}

/// Mistakes in what only machines with adapters have.
pub(super) const PUBLISH_PRODUCT: &[Mutation<Subject>] = &[Mutation {
    check: "role",
    mistake: "a role that gives nobody commands",
    finding: "its role may not sqs:SendMessage",
    make: |s| _ = statements(s, "PublishProduct").remove(1),
}];

pub(super) const RECONCILE_CHANNEL: &[Mutation<Subject>] = &[Mutation {
    check: "role",
    mistake: "a role that asks no adapter",
    finding: "its role may not lambda:InvokeFunction on arn:${AWS::Partition}:lambda",
    make: |s| _ = statements(s, "ReconcileChannel").remove(1),
}];

pub(super) const REGISTER_PRODUCT: &[Mutation<Subject>] = &[
    Mutation {
        check: "transitions",
        mistake: "a dangling Next",
        finding: "leads to `Nowhere`, which is no state",
        make: |s| on(s, VALIDATE, "/Next", "Nowhere"),
    },
    Mutation {
        check: "transitions",
        mistake: "a dangling Catch",
        finding: "leads to `Nowhere`, which is no state",
        make: |s| on(s, VALIDATE, "/Catch", json!([{ "ErrorEquals": ["States.ALL"], "Next": "Nowhere" }])),
    },
    Mutation {
        check: "transitions",
        mistake: "a StartAt that is no state",
        finding: "StartAt names",
        make: |s| s.machine.definition["StartAt"] = json!("Nowhere"),
    },
    Mutation {
        check: "transitions",
        mistake: "a choice without Default",
        finding: "needs either an end or `Default`",
        make: |s| without(s, "Is it complete?", "/Default"),
    },
    Mutation {
        check: "reachable",
        mistake: "a state that nothing leads to",
        finding: "nothing leads to `Record what is missing`",
        make: |s| on(s, "Is it complete?", "/Default", "Make the product READY"),
    },
    Mutation {
        check: "sentences",
        mistake: "a name that is no sentence",
        finding: "`Lost` is not a sentence",
        make: |s| s.machine.definition["States"]["Lost"] = json!({ "Type": "Succeed", "Comment": "Here." }),
    },
    Mutation {
        check: "sentences",
        mistake: "a state without a comment",
        finding: "has no comment",
        make: |s| without(s, VALIDATE, "/Comment"),
    },
    Mutation {
        check: "one query language",
        mistake: "a field of JSONPath",
        finding: "has `ResultPath`",
        make: |s| on(s, VALIDATE, "/ResultPath", "$.result"),
    },
    Mutation {
        check: "one query language",
        mistake: "a key of JSONPath",
        finding: "ends with `.$`",
        make: |s| on(s, VALIDATE, "/Arguments/Payload/input.$", "$.input"),
    },
    Mutation {
        check: "one query language",
        mistake: "no query language",
        finding: "does not say JSONata",
        make: |s| s.machine.definition["QueryLanguage"] = json!("JSONPath"),
    },
    Mutation {
        check: "endings",
        mistake: "no timeout of the machine",
        finding: "no TimeoutSeconds",
        make: |s| s.machine.definition["TimeoutSeconds"] = json!(null),
    },
    Mutation {
        check: "endings",
        mistake: "an end that settles nothing",
        finding: "ends the machine without settling",
        make: |s| on(s, PUBLISH, "/End", true),
    },
    Mutation {
        check: "endings",
        mistake: "a failure that nobody settled",
        finding: "reached without settling the failure",
        make: |s| on(s, VALIDATE, "/Catch/0/Next", FAIL),
    },
    Mutation {
        check: "endings",
        mistake: "a success that nobody tried to settle",
        finding: "reached without trying to settle",
        make: |s| on(s, PUBLISH, "/Next", "Leave the settling to the sweep"),
    },
    Mutation {
        check: "endings",
        mistake: "a Fail without a cause",
        finding: "does not say its error and cause",
        make: |s| without(s, FAIL, "/Cause"),
    },
    Mutation {
        check: "functions",
        mistake: "an unknown function",
        finding: "calls Missing, which has no contract",
        make: |s| on(s, VALIDATE, "/Arguments/FunctionName", "${MissingArn}"),
    },
    Mutation {
        check: "functions",
        mistake: "an ARN written out",
        finding: "by something else",
        make: |s| on(s, VALIDATE, "/Arguments/FunctionName", "arn:aws:lambda:eu-west-1:1:function:x"),
    },
    Mutation {
        check: "functions",
        mistake: "another integration",
        finding: "and not arn:aws:states:::lambda:invoke",
        make: |s| on(s, VALIDATE, "/Resource", "arn:aws:states:::sqs:sendMessage"),
    },
    Mutation {
        check: "substitutions",
        mistake: "a substitution that the template does not give",
        finding: "does not substitute `MissingArn`",
        make: |s| on(s, VALIDATE, "/Arguments/FunctionName", "${MissingArn}"),
    },
    Mutation {
        check: "substitutions",
        mistake: "a substitution that no state uses",
        finding: "no state uses the substitution `SweepArn`",
        make: |s| {
            s.template.properties_mut("RegisterProduct")["DefinitionSubstitutions"]["SweepArn"] =
                json!({ "Fn::GetAtt": ["Sweep", "Arn"] });
        },
    },
    Mutation {
        check: "substitutions",
        mistake: "a substitution that is another function",
        finding: "`ValidateProductArn` is not the ARN of its function",
        make: |s| {
            s.template.properties_mut("RegisterProduct")["DefinitionSubstitutions"]["ValidateProductArn"] =
                json!({ "Fn::GetAtt": ["Sweep", "Arn"] });
        },
    },
    Mutation {
        check: "substitutions",
        mistake: "another definition",
        finding: "DefinitionUri is another file",
        make: |s| s.template.properties_mut("RegisterProduct")["DefinitionUri"] = json!("statemachines/other.asl.json"),
    },
    Mutation {
        check: "role",
        mistake: "a role that may invoke something else",
        finding: "its role may lambda:InvokeFunction on Sweep, for nothing",
        make: |s| statements(s, "RegisterProduct")[0]["Resource"][0] = json!({ "Fn::GetAtt": ["Sweep", "Arn"] }),
    },
    Mutation {
        check: "role",
        mistake: "a role that may not invoke a step",
        finding: "its role may not lambda:InvokeFunction on ValidateProduct",
        make: |s| statements(s, "RegisterProduct")[0]["Resource"][0] = json!({ "Fn::GetAtt": ["Sweep", "Arn"] }),
    },
    Mutation {
        check: "role",
        mistake: "a role that can't deliver its log",
        finding: "its role may not logs:PutResourcePolicy on *",
        make: |s| _ = statements(s, "RegisterProduct").pop(),
    },
    Mutation {
        check: "timeouts",
        mistake: "a task without timeout",
        finding: "has no TimeoutSeconds",
        make: |s| without(s, SETTLE, "/TimeoutSeconds"),
    },
    Mutation {
        check: "timeouts",
        mistake: "a task that gives up before its function does",
        finding: "waits 20 s for a function that may take 60 s",
        make: |s| s.template.properties_mut("SettleOperation")["Timeout"] = json!(60),
    },
    Mutation {
        check: "retries",
        mistake: "a task that does not retry",
        finding: "does not retry TRANSIENT",
        make: |s| without(s, SETTLE, "/Retry"),
    },
    Mutation {
        check: "retries",
        mistake: "an unknown error",
        finding: "retries TRANSIENTT",
        make: |s| on(s, SETTLE, "/Retry/1/ErrorEquals/0", "TRANSIENTT"),
    },
    Mutation {
        check: "retries",
        mistake: "an error of ours that waiting does not help",
        finding: "retries SUBJECT_GONE",
        make: |s| on(s, SETTLE, "/Retry/2/ErrorEquals", json!(["CONTENDED", "SUBJECT_GONE"])),
    },
    Mutation {
        check: "retries",
        mistake: "retries in lockstep",
        finding: "without bounds, growth or jitter",
        make: |s| without(s, SETTLE, "/Retry/1/JitterStrategy"),
    },
    Mutation {
        check: "retries",
        mistake: "an error that two rules name",
        finding: "names CONTENDED twice",
        make: |s| on(s, SETTLE, "/Retry/1/ErrorEquals", json!(["TRANSIENT", "CONTENDED"])),
    },
    Mutation {
        check: "catches",
        mistake: "a task that catches nothing",
        finding: "does not catch States.ALL last",
        make: |s| without(s, VALIDATE, "/Catch"),
    },
    Mutation {
        check: "catches",
        mistake: "an unknown error",
        finding: "catches OUR_ERROR, which nothing throws",
        make: |s| {
            on(
                s,
                VALIDATE,
                "/Catch",
                json!([
                    { "ErrorEquals": ["OUR_ERROR"], "Next": PUBLISH },
                    { "ErrorEquals": ["States.ALL"], "Next": PUBLISH },
                ]),
            );
        },
    },
    Mutation {
        check: "payloads",
        mistake: "an input without its product",
        finding: "/input/product_id is missing",
        make: |s| without(s, VALIDATE, "/Arguments/Payload/input/product_id"),
    },
    Mutation {
        check: "payloads",
        mistake: "a key that no function reads",
        finding: "/input/document is unknown",
        make: |s| on(s, VALIDATE, "/Arguments/Payload/input/document", "{% $states.input %}"),
    },
    Mutation {
        check: "payloads",
        mistake: "a call that does not say its attempt",
        finding: "/context/retries is missing",
        make: |s| without(s, VALIDATE, "/Arguments/Payload/context/retries"),
    },
    Mutation {
        check: "payloads",
        mistake: "a wrong type",
        finding: "/input/product_id is",
        make: |s| on(s, VALIDATE, "/Arguments/Payload/input/product_id", "{% $states.context.State.RetryCount %}"),
    },
    Mutation {
        check: "payloads",
        mistake: "an unknown outcome",
        finding: "/input/outcome is \"DONE\"",
        make: |s| on(s, SETTLE, "/Arguments/Payload/input/outcome", "DONE"),
    },
    Mutation {
        check: "payloads",
        mistake: "no payload",
        finding: "sends no payload",
        make: |s| without(s, SETTLE, "/Arguments/Payload"),
    },
    Mutation {
        check: "expressions",
        mistake: "a field that the step before does not answer",
        finding: "has no `finished` on every way to it",
        make: |s| on(s, "Is it complete?", "/Choices/0/Condition", "{% $states.input.finished %}"),
    },
    Mutation {
        check: "expressions",
        mistake: "a field that the function does not answer",
        finding: "has no `Payload.sumary` on every way to it",
        make: |s| on(s, VALIDATE, "/Assign/result", "{% $states.result.Payload.sumary %}"),
    },
    Mutation {
        check: "expressions",
        mistake: "a variable that only some ways set",
        finding: "uses `$result`, which is not set on every way to it",
        make: |s| without(s, VALIDATE, "/Assign"),
    },
    Mutation {
        check: "expressions",
        mistake: "a rule of business in the machine",
        finding: "is more than a path",
        make: |s| on(s, "Is it complete?", "/Choices/0/Condition", "{% $states.input.score > 80 %}"),
    },
    Mutation {
        check: "expressions",
        mistake: "a verdict that no step gives",
        finding: "is never 'DONE'",
        make: |s| on(s, "Is it complete?", "/Choices/0/Condition", "{% $states.input.summary = 'DONE' %}"),
    },
    Mutation {
        check: "expressions",
        mistake: "a result before there is one",
        finding: "has no result here",
        make: |s| on(s, VALIDATE, "/Arguments/Payload/input/product_id", "{% $states.result.Payload %}"),
    },
];
