//! Functions, state machines and their logs.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Subject;
use crate::cloudformation::{Resource, listed, referred, template_text};
use crate::workspace::logical_id;

/// Folder, package, program, logical id, name and code are one.
pub(super) fn names(subject: &Subject) -> Vec<String> {
    let mut found = Vec::new();
    for folder in &subject.folders {
        let id = logical_id(folder);
        let Some(function) = subject.template.functions().find(|function| function.id == id) else {
            found.push(format!("functions/{folder} has no {id} in the template"));
            continue;
        };
        if function.property("/FunctionName").and_then(template_text) != Some(&format!("tola-${{Stage}}-{folder}")) {
            found.push(format!("{id} is not called tola-${{Stage}}-{folder}"));
        }
        // Exactly this spelling: the local cloud finds the line by it.
        if function.text("/CodeUri") != Some(&format!("target/lambda/{folder}/")) {
            found.push(format!("{id} does not take its code from target/lambda/{folder}/"));
        }
        if function.text("/Description").is_none_or(str::is_empty) {
            found.push(format!("{id} does not say what it is for"));
        }
    }
    let ids: BTreeSet<_> = subject.folders.iter().map(|folder| logical_id(folder)).collect();
    let strangers = subject.template.functions().filter(|function| !ids.contains(function.id));
    found.extend(strangers.map(|function| format!("{} has no folder in functions/", function.id)));
    found
}

/// Every file in `statemachines/` is a machine, and every machine a file.
pub(super) fn machines(subject: &Subject) -> Vec<String> {
    let ids: BTreeSet<_> = subject.machines.iter().map(|name| logical_id(name)).collect();
    let mut found = Vec::new();
    for name in &subject.machines {
        let machine = subject.template.resource(&logical_id(name));
        if machine.and_then(|machine| template_text(machine.property("/Name")?))
            != Some(&format!("tola-${{Stage}}-{name}"))
        {
            found.push(format!("{name} has no machine called tola-${{Stage}}-{name}"));
        }
        if machine.is_some_and(|machine| machine.text("/Type") != Some("STANDARD")) {
            found.push(format!("{name} is not STANDARD: only those run each workflow exactly once"));
        }
    }
    let strangers = subject.template.of_type("AWS::Serverless::StateMachine").filter(|m| !ids.contains(m.id));
    found.extend(strangers.map(|machine| format!("{} has no file in statemachines/", machine.id)));
    found
}

/// Everything that logs has a log group of its own, and no log group keeps its logs for ever.
pub(super) fn logs(subject: &Subject) -> Vec<String> {
    let template = &subject.template;
    let mut found = Vec::new();
    let mut owned = BTreeSet::new();
    let mut own = |owner: Resource<'_>, group: Option<&Value>| {
        let group = group.and_then(referred).map(str::to_owned);
        let good =
            group.as_deref() == Some(&format!("{}LogGroup", owner.id)) || owner.id == "HttpApiStage" && group.is_some();
        owned.extend(group);
        (!good).then(|| format!("{} does not log to a group of its own", owner.id))
    };
    found.extend(template.functions().filter_map(|f| own(f, f.property("/LoggingConfig/LogGroup"))));
    let stages = template.of_type("AWS::ApiGatewayV2::Stage");
    found.extend(stages.filter_map(|stage| own(stage, stage.property("/AccessLogSettings/DestinationArn"))));
    let machines = template.of_type("AWS::Serverless::StateMachine");
    let group = |machine: Resource<'_>| {
        let destination = listed(machine.property("/Logging/Destinations")).first().copied();
        destination.and_then(|destination| destination.pointer("/CloudWatchLogsLogGroup/LogGroupArn")).cloned()
    };
    found.extend(machines.filter_map(|machine| own(machine, group(machine).as_ref())));
    for log_group in template.of_type("AWS::Logs::LogGroup") {
        if log_group.property("/RetentionInDays").is_none() {
            found.push(format!("{} keeps its logs for ever", log_group.id));
        }
        if !owned.contains(log_group.id) {
            found.push(format!("nothing logs to {}", log_group.id));
        }
    }
    found
}

/// No function runs before the migration has: new code must never meet an old schema.
pub(super) fn migration(subject: &Subject) -> Vec<String> {
    let waits = |function: &Resource<'_>| listed(function.body.get("DependsOn")).contains(&&Value::from("Migration"));
    let hasty = subject.template.functions().filter(|function| function.id != "Migrate" && !waits(function));
    hasty.map(|function| format!("{} does not wait for the migration", function.id)).collect()
}

/// The migration's version follows from the names of the indexes and from the rules by which documents are derived, so that
/// the next deploy makes a new index, and derives anew what was derived by other rules.
pub(super) fn schema_version(subject: &Subject) -> Vec<String> {
    let names: Vec<_> = subject.indexes.iter().copied().collect();
    let mut wanted =
        hex::encode(Sha256::digest(format!("{}\nrules {}", names.join("\n"), tola_catalog::search::RULES)));
    wanted.truncate(12);
    let version = subject.template.resource("Migration").and_then(|migration| migration.text("/SchemaVersion"));
    if version == Some(&wanted) {
        Vec::new()
    } else {
        vec![format!("SchemaVersion is {version:?} and should be {wanted}")]
    }
}
