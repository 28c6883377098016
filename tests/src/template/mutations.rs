//! Mistakes in the template, one after the other, and the check that has to find each.

use serde_json::{Value, json};

use super::Subject;
use crate::findings::{self, Mutation};

fn set(subject: &mut Subject, resource: &str, pointer: &str, value: impl Into<Value>) {
    findings::set(subject.template.properties_mut(resource), pointer, value);
}

fn remove(subject: &mut Subject, resource: &str, pointer: &str) {
    findings::remove(subject.template.properties_mut(resource), pointer);
}

fn drop_resource(subject: &mut Subject, id: &str) {
    let resources = subject.template.0["Resources"].as_object_mut().expect("resources");
    assert!(resources.remove(id).is_some(), "{id} was not there");
}

fn add(subject: &mut Subject, id: &str, kind: &str, properties: impl Into<Value>) {
    subject.template.0["Resources"][id] = json!({ "Type": kind, "Properties": properties.into() });
}

pub(super) const ALL: &[Mutation<Subject>] = &[
    Mutation {
        check: "functions",
        mistake: "a folder without a function",
        finding: "functions/sweep has no Sweep",
        make: |s| drop_resource(s, "Sweep"),
    },
    Mutation {
        check: "functions",
        mistake: "a function without a folder",
        finding: "Lost has no folder",
        make: |s| add(s, "Lost", "AWS::Serverless::Function", json!({})),
    },
    Mutation {
        check: "functions",
        mistake: "another function's name",
        finding: "is not called tola-${Stage}-sweep",
        make: |s| set(s, "Sweep", "/FunctionName", json!({ "Fn::Sub": "tola-${Stage}-api" })),
    },
    Mutation {
        check: "functions",
        mistake: "another function's code",
        finding: "does not take its code from target/lambda/sweep/",
        make: |s| set(s, "Sweep", "/CodeUri", "target/lambda/api/"),
    },
    Mutation {
        check: "functions",
        mistake: "a function that does not say what it is for",
        finding: "does not say what it is for",
        make: |s| remove(s, "Sweep", "/Description"),
    },
    Mutation {
        check: "machines",
        mistake: "a file without a machine",
        finding: "register-product has no machine",
        make: |s| drop_resource(s, "RegisterProduct"),
    },
    Mutation {
        check: "machines",
        mistake: "a machine without a file",
        finding: "Lost has no file",
        make: |s| add(s, "Lost", "AWS::Serverless::StateMachine", json!({})),
    },
    Mutation {
        check: "machines",
        mistake: "an express machine",
        finding: "is not STANDARD",
        make: |s| set(s, "RegisterProduct", "/Type", "EXPRESS"),
    },
    Mutation {
        check: "logs",
        mistake: "a function that logs to another's group",
        finding: "Sweep does not log to a group of its own",
        make: |s| set(s, "Sweep", "/LoggingConfig/LogGroup", json!({ "Ref": "ApiLogGroup" })),
    },
    Mutation {
        check: "logs",
        mistake: "a machine that does not log",
        finding: "RegisterProduct does not log",
        make: |s| remove(s, "RegisterProduct", "/Logging"),
    },
    Mutation {
        check: "logs",
        mistake: "an API without access logs",
        finding: "HttpApiStage does not log",
        make: |s| remove(s, "HttpApiStage", "/AccessLogSettings"),
    },
    Mutation {
        check: "logs",
        mistake: "logs for ever",
        finding: "SweepLogGroup keeps its logs for ever",
        make: |s| remove(s, "SweepLogGroup", "/RetentionInDays"),
    },
    Mutation {
        check: "logs",
        mistake: "a group that nothing uses",
        finding: "nothing logs to LostLogGroup",
        make: |s| add(s, "LostLogGroup", "AWS::Logs::LogGroup", json!({ "RetentionInDays": 1 })),
    },
    Mutation {
        check: "migration first",
        mistake: "a function that does not wait",
        finding: "Sweep does not wait for the migration",
        make: |s| s.template.0["Resources"]["Sweep"]["DependsOn"] = json!([]),
    },
    Mutation {
        check: "schema version",
        mistake: "a new index that no deploy would make",
        finding: "SchemaVersion is",
        make: |s| {
            s.indexes.insert("another_index");
        },
    },
    Mutation {
        check: "dead letters",
        mistake: "a queue without",
        finding: "RelayQueue has no queue for dead letters",
        make: |s| remove(s, "RelayQueue", "/RedrivePolicy"),
    },
    Mutation {
        check: "dead letters",
        mistake: "too few attempts",
        finding: "RelayQueue does not try five times",
        make: |s| set(s, "RelayQueue", "/RedrivePolicy/maxReceiveCount", 1),
    },
    Mutation {
        check: "dead letters",
        mistake: "dead letters that vanish after four days",
        finding: "RelayDeadLetters does not keep messages for 14 days",
        make: |s| remove(s, "RelayDeadLetters", "/MessageRetentionPeriod"),
    },
    Mutation {
        check: "dead letters",
        mistake: "a queue in the clear",
        finding: "RelayQueue is not encrypted",
        make: |s| remove(s, "RelayQueue", "/SqsManagedSseEnabled"),
    },
    Mutation {
        check: "visibility",
        mistake: "a function that takes too long for its queue",
        finding: "RelayOutboxMapping: Some(180) s of invisibility for a function of Some(60) s",
        make: |s| set(s, "RelayOutbox", "/Timeout", 60),
    },
    Mutation {
        check: "visibility",
        mistake: "a batch that fails as a whole",
        finding: "RelayOutboxMapping does not report single failures",
        make: |s| remove(s, "RelayOutboxMapping", "/FunctionResponseTypes"),
    },
    Mutation {
        check: "asynchronous targets",
        mistake: "a rule that calls a function",
        finding: "CatalogEventsRule delivers to Some(\"AWS::Serverless::Function\")",
        make: |s| set(s, "CatalogEventsRule", "/Targets/0/Arn", json!({ "Fn::GetAtt": ["Sweep", "Arn"] })),
    },
    Mutation {
        check: "asynchronous targets",
        mistake: "a rule that loses events",
        finding: "CatalogEventsRule loses what it can't deliver",
        make: |s| remove(s, "CatalogEventsRule", "/Targets/0/DeadLetterConfig"),
    },
    Mutation {
        check: "asynchronous targets",
        mistake: "a schedule that loses calls",
        finding: "SweepSchedule loses what it can't deliver",
        make: |s| remove(s, "SweepSchedule", "/Target/DeadLetterConfig"),
    },
    Mutation {
        check: "asynchronous targets",
        mistake: "a scheduled function that fails unseen",
        finding: "what SweepSchedule calls loses what it can't do",
        make: |s| remove(s, "Sweep", "/EventInvokeConfig"),
    },
    Mutation {
        check: "asynchronous targets",
        mistake: "a subscription that loses notifications",
        finding: "UploadsSubscription loses what it can't deliver",
        make: |s| remove(s, "UploadsSubscription", "/RedrivePolicy"),
    },
    Mutation {
        check: "senders",
        mistake: "a queue that takes messages of any source",
        finding: "CatalogEventsPolicy lets anyone send",
        make: |s| remove(s, "CatalogEventsPolicy", "/PolicyDocument/Statement/0/Condition"),
    },
    Mutation {
        check: "senders",
        mistake: "a topic that takes messages of anyone",
        finding: "UploadsTopicPolicy lets anyone send",
        make: |s| set(s, "UploadsTopicPolicy", "/PolicyDocument/Statement/0/Principal", "*"),
    },
    Mutation {
        check: "senders",
        mistake: "a rule whose dead letters nobody may write",
        finding: "nobody may deliver to CatalogEventsDeadLetters",
        make: |s| set(s, "CatalogEventsPolicy", "/Queues", json!([{ "Ref": "CatalogEventsQueue" }])),
    },
    Mutation {
        check: "permissions",
        mistake: "an action with a star",
        finding: "RelayOutbox, PublishEvents: names no action, or all",
        make: |s| set(s, "RelayOutbox", "/Policies/0/Statement/1/Action", "events:*"),
    },
    Mutation {
        check: "permissions",
        mistake: "any resource",
        finding: "RelayOutbox, PublishEvents: names no resource",
        make: |s| set(s, "RelayOutbox", "/Policies/0/Statement/1/Resource", json!(["*"])),
    },
    Mutation {
        check: "permissions",
        mistake: "any resource, in a role",
        finding: "SweepScheduleRole, CallTheSweep: names no resource",
        make: |s| set(s, "SweepScheduleRole", "/Policies/0/PolicyDocument/Statement/0/Resource", "*"),
    },
    Mutation {
        check: "permissions",
        mistake: "a policy that AWS writes",
        finding: "Sweep has \"AmazonS3FullAccess\"",
        make: |s| set(s, "Sweep", "/Policies", json!(["AmazonS3FullAccess"])),
    },
    Mutation {
        check: "permissions",
        mistake: "a role with a policy that AWS writes",
        finding: "SweepScheduleRole has policies that AWS writes",
        make: |s| {
            set(s, "SweepScheduleRole", "/ManagedPolicyArns", json!(["arn:aws:iam::aws:policy/AdministratorAccess"]));
        },
    },
    Mutation {
        check: "permissions",
        mistake: "a statement without a purpose",
        finding: "a statement of RelayOutbox does not say",
        make: |s| remove(s, "RelayOutbox", "/Policies/0/Statement/1/Sid"),
    },
    Mutation {
        check: "permissions",
        mistake: "an exception that is not needed any more",
        finding: "the exception for RegisterProduct, DeliverItsLog is not needed",
        make: |s| remove(s, "RegisterProduct", "/Policies"),
    },
    Mutation {
        check: "wildcards",
        mistake: "all of the bucket",
        finding: "IngestUpload, DeleteUploads: ${ImageBucket.Arn}/* is wider than it has to be",
        make: |s| {
            set(s, "IngestUpload", "/Policies/0/Statement/2/Resource", json!({ "Fn::Sub": "${ImageBucket.Arn}/*" }));
        },
    },
    Mutation {
        check: "wildcards",
        mistake: "anything, on AWS",
        finding: "SandboxAdapter, AnswerWorkflows: * is wider than it has to be",
        make: |s| set(s, "SandboxAdapter", "/Policies/0/Statement/1/Resource/2/Fn::If/0", "OnAws"),
    },
    Mutation {
        check: "wildcards",
        mistake: "a reason for what nobody may do",
        finding: "no permission is as wide as arn::secretsmanager:::secret:tola/${Stage}/channels/*",
        make: |s| set(s, "WebhookAdapter", "/Policies", json!([])),
    },
    Mutation {
        check: "on behalf",
        mistake: "a function that can't have its messages",
        finding: "RelayOutbox may not sqs:DeleteMessage on RelayQueue",
        make: |s| {
            set(
                s,
                "RelayOutbox",
                "/Policies/0/Statement/0/Action",
                json!(["sqs:ReceiveMessage", "sqs:GetQueueAttributes"]),
            );
        },
    },
    Mutation {
        check: "on behalf",
        mistake: "another's messages",
        finding: "RelayOutbox may sqs:ReceiveMessage on UploadsQueue for nothing",
        make: |s| {
            set(s, "RelayOutbox", "/Policies/0/Statement/0/Resource", json!({ "Fn::GetAtt": ["UploadsQueue", "Arn"] }));
        },
    },
    Mutation {
        check: "on behalf",
        mistake: "a schedule that can't leave its failures behind",
        finding: "SweepScheduleRole may not sqs:SendMessage on SweepDeadLetters",
        make: |s| remove(s, "SweepScheduleRole", "/Policies/0/PolicyDocument/Statement/1/Resource"),
    },
    Mutation {
        check: "only on AWS",
        mistake: "uploads that can't be tagged",
        finding: "Api, LetClientsUpload: may not s3:PutObjectTagging on ImageBucket",
        make: |s| set(s, "Api", "/Policies/0/Statement/6/Action", "s3:PutObject"),
    },
    Mutation {
        check: "only on AWS",
        mistake: "an adapter that can't answer a machine",
        finding: "SandboxAdapter, AnswerWorkflows: may not states:SendTaskFailure on WithdrawProduct",
        make: |s| set(s, "SandboxAdapter", "/Policies/0/Statement/1/Resource/1", json!({ "Ref": "PublishProduct" })),
    },
    Mutation {
        check: "bucket",
        mistake: "public objects",
        finding: "ImageBucket may become public",
        make: |s| set(s, "ImageBucket", "/PublicAccessBlockConfiguration/BlockPublicAcls", false),
    },
    Mutation {
        check: "bucket",
        mistake: "no versions",
        finding: "ImageBucket forgets what is overwritten",
        make: |s| remove(s, "ImageBucket", "/VersioningConfiguration"),
    },
    Mutation {
        check: "bucket",
        mistake: "no encryption",
        finding: "ImageBucket is not encrypted",
        make: |s| remove(s, "ImageBucket", "/BucketEncryption"),
    },
    Mutation {
        check: "bucket",
        mistake: "photos that go with the stack",
        finding: "ImageBucket goes with its stack",
        make: |s| s.template.0["Resources"]["ImageBucket"]["DeletionPolicy"] = json!("Delete"),
    },
    Mutation {
        check: "bucket",
        mistake: "plain connections",
        finding: "ImageBucket answers on connections that are not encrypted",
        make: |s| drop_resource(s, "ImageBucketPolicy"),
    },
    Mutation {
        check: "routes",
        mistake: "a route that leads nowhere",
        finding: "ListProductsRoute does not reach the API function",
        make: |s| remove(s, "ListProductsRoute", "/Target"),
    },
    Mutation {
        check: "routes",
        mistake: "a route that the gateway lacks",
        finding: "the gateway has no GET /v1/products",
        make: |s| drop_resource(s, "ListProductsRoute"),
    },
    Mutation {
        check: "routes",
        mistake: "a route that the function lacks",
        finding: "the function has no PUT /v1/products",
        make: |s| set(s, "ListProductsRoute", "/RouteKey", "PUT /v1/products"),
    },
    Mutation {
        check: "routes",
        mistake: "a route outside of /v1",
        finding: "ListProductsRoute is not below /v1",
        make: |s| set(s, "ListProductsRoute", "/RouteKey", "GET /products"),
    },
    Mutation {
        check: "routes",
        mistake: "a route that is there twice",
        finding: "a route is there twice",
        make: |s| set(s, "ListProductsRoute", "/RouteKey", "POST /v1/products"),
    },
    Mutation {
        check: "routes",
        mistake: "gateway's own answer for unknown paths",
        finding: "nothing answers unknown paths",
        make: |s| drop_resource(s, "AnyOtherRoute"),
    },
    Mutation {
        check: "authorizer",
        mistake: "a private route that takes anybody",
        finding: "ListProductsRoute takes anybody",
        make: |s| remove(s, "ListProductsRoute", "/AuthorizerId"),
    },
    Mutation {
        check: "authorizer",
        mistake: "unknown paths that take anybody",
        finding: "AnyOtherRoute takes anybody",
        make: |s| set(s, "AnyOtherRoute", "/AuthorizationType", "NONE"),
    },
    Mutation {
        check: "authorizer",
        mistake: "a public route that wants a token",
        finding: "ReadHealthRoute is public and wants a token",
        make: |s| set(s, "ReadHealthRoute", "/AuthorizationType", "JWT"),
    },
    Mutation {
        check: "user pool",
        mistake: "an open door",
        finding: "anybody may sign up",
        make: |s| remove(s, "UserPool", "/AdminCreateUserConfig"),
    },
    Mutation {
        check: "user pool",
        mistake: "claims of nobody's making",
        finding: "nobody grants claims",
        make: |s| remove(s, "UserPool", "/LambdaConfig"),
    },
    Mutation {
        check: "user pool",
        mistake: "users who choose their merchant",
        finding: "may write what they may do",
        make: |s| set(s, "UserPoolClient", "/WriteAttributes", json!(["email", "custom:merchant_id"])),
    },
    Mutation {
        check: "user pool",
        mistake: "users who write anything",
        finding: "may write what they may do",
        make: |s| remove(s, "UserPoolClient", "/WriteAttributes"),
    },
    Mutation {
        check: "watched is real",
        mistake: "a metric that nobody writes",
        finding: "OutboxAgeAlarm watches Watched { namespace: \"Tola\", name: \"OutboxAges\"",
        make: |s| set(s, "OutboxAgeAlarm", "/MetricName", "OutboxAges"),
    },
    Mutation {
        check: "watched is real",
        mistake: "a metric of AWS of something else",
        finding: "RelayAgeAlarm watches Watched { namespace: \"AWS/SQS\", name: \"ApproximateAgeOfOldestMessage\", dimensions: {\"QueueName\": \"RelayOutbox\"}",
        make: |s| set(s, "RelayAgeAlarm", "/Dimensions/0/Value", json!({ "Ref": "RelayOutbox" })),
    },
    Mutation {
        check: "watched is real",
        mistake: "a metric without the deployment",
        finding: "StuckOperationsAlarm watches",
        make: |s| set(s, "StuckOperationsAlarm", "/Dimensions", json!([])),
    },
    Mutation {
        check: "watched is real",
        mistake: "a function that there is not",
        finding: "SweepSilentAlarm watches",
        make: |s| set(s, "SweepSilentAlarm", "/Dimensions/1/Value", "sweeper"),
    },
    Mutation {
        check: "watched is real",
        mistake: "a dashboard that is no JSON",
        finding: "Dashboard can't be read",
        make: |s| set(s, "Dashboard", "/DashboardBody", "{"),
    },
    Mutation {
        check: "all is watched",
        mistake: "dead letters that nobody hears of",
        finding: "no alarm watches ApproximateNumberOfMessagesVisible of UploadsDeadLetters",
        make: |s| drop_resource(s, "UploadsDeadLettersAlarm"),
    },
    Mutation {
        check: "all is watched",
        mistake: "a machine that nobody watches",
        finding: "no alarm watches ExecutionsTimedOut of ProcessImage",
        make: |s| remove(s, "ExecutionsTimedOutAlarm", "/Metrics/2/MetricStat"),
    },
    Mutation {
        check: "all is watched",
        mistake: "an alarm that nobody hears",
        finding: "ApiErrorsAlarm tells nobody",
        make: |s| remove(s, "ApiErrorsAlarm", "/AlarmActions"),
    },
    Mutation {
        check: "all is watched",
        mistake: "an alarm without a word on what to do",
        finding: "RUNBOOK.md does not know NewAlarm",
        make: |s| {
            let alarm = json!({
                "Namespace": "Tola", "MetricName": "OutboxAge", "TreatMissingData": "notBreaching",
                "Dimensions": [{ "Name": "Stage", "Value": { "Ref": "Stage" } }], "AlarmActions": [{ "Ref": "AlarmTopic" }],
            });
            add(s, "NewAlarm", "AWS::CloudWatch::Alarm", alarm);
        },
    },
];
