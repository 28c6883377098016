//! Deploys `template.yaml` to the local cloud, the way it is deployed to AWS: package, change set, execute.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::aws::Aws;
use crate::error::At as _;
use crate::package::Package;
use crate::{Error, Progress, Result};

/// Where packaged code goes; made by this module.
const BUCKET: &str = "tola-deployments";

/// One CloudFormation stack.
#[derive(Debug, Clone, Copy)]
pub struct Deployment<'a> {
    /// Speaks to the cloud that the stack lives in.
    pub aws: &'a Aws,
    /// The stack's name in CloudFormation.
    pub stack: &'a str,
}

impl Deployment<'_> {
    /// Deploys a package; nothing to change is success. Parameters that the template does not know are left out.
    ///
    /// # Errors
    /// [`Error::DeployFailed`] with one line per resource that failed.
    pub async fn deploy(
        &self,
        package: &Package,
        parameters: &BTreeMap<String, String>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let folder = &package.folder;
        self.clear_failed_creation(folder).await?;
        progress.detail("uploading code");
        // Refused only when it exists, and packaging says so if it does not.
        let _ = self.aws.run(folder, &["s3api", "create-bucket", "--bucket", BUCKET]).await;
        let package = ["--template-file", "template.yaml", "--output-template-file", "packaged.yaml"];
        let bucket = ["--s3-bucket", BUCKET];
        self.aws.run(folder, &[&["cloudformation", "package"][..], &package, &bucket].concat()).await?;

        progress.detail("creating the change set");
        write_parameters(&folder.join("parameters.json"), parameters)?;
        let arguments = [
            &["cloudformation", "deploy", "--template-file", "packaged.yaml", "--stack-name", self.stack][..],
            &["--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            &["--no-fail-on-empty-changeset", "--parameter-overrides", "file://parameters.json"],
            &bucket,
        ]
        .concat();
        match self.aws.run(folder, &arguments).await {
            Ok(_) => self.forget_old_code(folder).await,
            Err(Error::CommandFailed { output, .. }) => {
                let reasons = self.failures(folder).await.unwrap_or(output);
                Err(Error::DeployFailed { stack: self.stack.to_owned(), reasons })
            }
            Err(other) => Err(other),
        }
    }

    /// The stack's outputs, or `None` when it does not exist or its last deployment failed.
    ///
    /// # Errors
    /// When the cloud does not answer.
    pub async fn outputs(&self, folder: &Path) -> Result<Option<BTreeMap<String, String>>> {
        let Some(stack) = self.describe(folder).await? else { return Ok(None) };
        let sound = matches!(status_of(&stack), "CREATE_COMPLETE" | "UPDATE_COMPLETE");
        Ok(sound.then(|| outputs_of(&stack)))
    }

    /// Deletes the code of earlier deployments: every one of them is as large as all functions together.
    async fn forget_old_code(&self, folder: &Path) -> Result<()> {
        let path = folder.join("packaged.yaml");
        let packaged = fs::read_to_string(&path).at(&path)?;
        let bucket = format!("s3://{BUCKET}");
        let mut arguments = vec!["s3", "rm", &bucket, "--recursive", "--only-show-errors"];
        for key in code_keys(&packaged) {
            arguments.extend(["--exclude", key]);
        }
        self.aws.run(folder, &arguments).await.map(drop)
    }

    async fn describe(&self, folder: &Path) -> Result<Option<Value>> {
        match self.aws.json(folder, &["cloudformation", "describe-stacks", "--stack-name", self.stack]).await {
            Ok(answer) => Ok(answer.pointer("/Stacks/0").cloned()),
            Err(Error::CommandFailed { output, .. }) if output.contains("does not exist") => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// A stack whose creation failed takes no update; it holds nothing yet, so it is deleted and made again.
    async fn clear_failed_creation(&self, folder: &Path) -> Result<()> {
        let Some(stack) = self.describe(folder).await? else { return Ok(()) };
        if !matches!(status_of(&stack), "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED") {
            return Ok(());
        }
        let name = ["--stack-name", self.stack];
        self.aws.run(folder, &[&["cloudformation", "delete-stack"][..], &name].concat()).await?;
        self.aws.run(folder, &[&["cloudformation", "wait", "stack-delete-complete"][..], &name].concat()).await?;
        Ok(())
    }

    /// Why the last deployment failed, one line per resource, the first cause first.
    async fn failures(&self, folder: &Path) -> Option<String> {
        let arguments = ["cloudformation", "describe-stack-events", "--stack-name", self.stack];
        let events = self.aws.json(folder, &arguments).await.ok()?;
        failures_in(&events)
    }
}

/// Into a file that others can't read, and not onto the command line: the database's URI may hold a password.
fn write_parameters(path: &Path, parameters: &BTreeMap<String, String>) -> Result<()> {
    let list: Vec<String> = parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let mut file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path).at(path)?;
    serde_json::to_writer(&mut file, &list)
        .map_err(|error| Error::Malformed { path: path.to_owned(), reason: error.to_string() })
}

/// The keys of uploaded code that a packaged template refers to: the MD5 of what they hold.
fn code_keys(packaged: &str) -> impl Iterator<Item = &str> {
    let words = packaged.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 32 && word.bytes().all(|letter| letter.is_ascii_hexdigit()))
}

fn status_of(stack: &Value) -> &str {
    stack.get("StackStatus").and_then(Value::as_str).unwrap_or_default()
}

fn outputs_of(stack: &Value) -> BTreeMap<String, String> {
    let text = |output: &Value, key: &str| Some(output.get(key)?.as_str()?.to_owned());
    let outputs = stack.get("Outputs").and_then(Value::as_array).into_iter().flatten();
    outputs.filter_map(|output| Some((text(output, "OutputKey")?, text(output, "OutputValue")?))).collect()
}

/// The failed resources of the latest deployment, without those that only failed because another did.
fn failures_in(events: &Value) -> Option<String> {
    let text = |event: &Value, key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    // The newest event comes first; the deployment began where the stack itself did.
    for event in events.get("StackEvents")?.as_array()? {
        let (resource, status, reason) =
            (text(event, "LogicalResourceId"), text(event, "ResourceStatus"), text(event, "ResourceStatusReason"));
        let is_stack = text(event, "ResourceType") == "AWS::CloudFormation::Stack";
        if is_stack && matches!(status.as_str(), "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS") {
            break;
        }
        if status.ends_with("_FAILED") && !reason.is_empty() && !reason.contains("cancelled") {
            lines.push(format!("  {resource} ({}): {reason}", text(event, "ResourceType")));
        }
    }
    lines.reverse();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(resource: &str, kind: &str, status: &str, reason: &str) -> Value {
        json!({
            "LogicalResourceId": resource, "ResourceType": kind,
            "ResourceStatus": status, "ResourceStatusReason": reason,
        })
    }

    #[test]
    fn the_first_cause_is_told_and_its_victims_are_not() {
        let events = json!({ "StackEvents": [
            event("Queue", "AWS::SQS::Queue", "CREATE_FAILED", "Resource creation cancelled"),
            event("Bucket", "AWS::S3::Bucket", "CREATE_FAILED", "the name is taken"),
            event("tola", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS", ""),
            event("Old", "AWS::SNS::Topic", "UPDATE_FAILED", "an earlier deployment's"),
        ] });

        assert_eq!(failures_in(&events).unwrap(), "  Bucket (AWS::S3::Bucket): the name is taken");
    }

    #[test]
    fn code_is_known_by_its_key_in_either_form() {
        let packaged = "CodeUri: s3://tola-deployments/14208537aaaabbbbccccddddeeeeffff\n\
                        DefinitionUri:\n  Key: 90d864a400876618b5ae88f3f37f56fb\n  Name: not-a-key\n";

        let keys: Vec<_> = code_keys(packaged).collect();

        assert_eq!(keys, ["14208537aaaabbbbccccddddeeeeffff", "90d864a400876618b5ae88f3f37f56fb"]);
    }

    #[test]
    fn outputs_are_read_by_key() {
        let stack = json!({ "Outputs": [{ "OutputKey": "ApiId", "OutputValue": "abc" }, { "OutputKey": "Empty" }] });

        assert_eq!(outputs_of(&stack), BTreeMap::from([("ApiId".into(), "abc".into())]));
    }
}
