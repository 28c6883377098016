//! checkov over the templates and the workflows of GitHub: each finding is mended, or excepted with a reason.
//!
//! It knows CloudFormation and not SAM, so it is given what AWS makes of the template: there each function has its role,
//! and a state machine is one. It is given no exceptions: with all findings at hand, those that are not needed show, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;
use tola_local::Progress as _;
use tola_local::python::Environment;

use crate::ui::Ui;

/// What it has to have looked at: a tool that skips a kind finds nothing there.
const LOOKED_AT: [&str; 5] =
    ["AWS::Lambda::Function", "AWS::IAM::Role", "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::S3::Bucket"];

/// Looks through `template`, which is expanded already, the other templates and the workflows; says how many exceptions
/// there are.
pub(super) async fn look(workspace: &Path, expanded: &Path, others: &[PathBuf]) -> anyhow::Result<usize> {
    let folder = workspace.join(".local/venv-checkov");
    let ui = Ui::default();
    ui.begin("checkov");
    let python = Environment::ensure(&folder, &workspace.join("sam/requirements-checkov.txt"), &ui)
        .await
        .inspect_err(|_| ui.failed())?;
    ui.failed();

    let stripped = workspace.join("target/lint/template-without-exceptions.json");
    let mut template: Value = serde_json::from_slice(&fs::read(expanded)?)?;
    let mut exceptions = Exceptions::of_kinds(&fs::read_to_string(workspace.join("sam/checkov.yaml"))?)?;
    exceptions.take_out_of(&mut template)?;
    fs::write(&stripped, serde_json::to_vec_pretty(&template)?)?;

    let mut checkov = Command::new(python.program("checkov"));
    // It would ask its makers for descriptions of what it finds.
    checkov.arg("--skip-download").args(["--soft-fail", "--output", "json", "--framework"]);
    checkov.args(["cloudformation", "github_actions", "--file"]).arg(&stripped).args(others);
    checkov.args(workflows(workspace)?).current_dir(workspace).kill_on_drop(true);
    checkov.env_clear().env("HOME", &folder).env("PATH", "/usr/bin:/bin");
    let output = checkov.output().await.context("can't run checkov")?;
    ensure!(output.status.success(), "checkov failed: {}", String::from_utf8_lossy(&output.stderr));
    let reports: Vec<Report> = serde_json::from_slice(&output.stdout).context("checkov printed no list of reports")?;

    let mut wrong = exceptions.held_against(&reports);
    wrong.extend(unseen(&template, &reports));
    if !wrong.is_empty() {
        bail!("checkov:\n  {}", wrong.join("\n  "));
    }
    Ok(exceptions.0.len())
}

fn workflows(workspace: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = workspace.join(".github/workflows");
    let files = fs::read_dir(&folder).with_context(|| format!("can't read {}", folder.display()))?;
    let mut files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    files.sort();
    Ok(files)
}

/// What checkov says of one kind of files.
#[derive(Debug, Deserialize)]
struct Report {
    check_type: String,
    results: Results,
}

#[derive(Debug, Deserialize)]
struct Results {
    passed_checks: Vec<Finding>,
    failed_checks: Vec<Finding>,
    parsing_errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Finding {
    check_id: String,
    check_name: String,
    /// Such as `AWS::SQS::Queue.RelayQueue`.
    resource: String,
}

impl Finding {
    fn resource(&self) -> &str {
        self.resource.rsplit('.').next().unwrap_or(&self.resource)
    }
}

/// The checks that may fail: on which resource alone, or `None` for all that they look at.
#[derive(Debug)]
struct Exceptions(BTreeSet<(String, Option<String>)>);

impl Exceptions {
    /// Those for whole kinds, from checkov's configuration. Each stands below the comment with its reason.
    fn of_kinds(config: &str) -> anyhow::Result<Self> {
        let mut found = BTreeSet::new();
        let mut before = "";
        for line in config.lines().map(str::trim) {
            if let Some(check) = line.strip_prefix("- ") {
                ensure!(before.starts_with('#'), "sam/checkov.yaml excepts {check} without a reason");
                found.insert((check.to_owned(), None));
            }
            before = line;
        }
        Ok(Self(found))
    }

    /// Moves those for single resources out of the template.
    fn take_out_of(&mut self, template: &mut Value) -> anyhow::Result<()> {
        let resources = template["Resources"].as_object_mut().context("the template has no resources")?;
        for (id, resource) in resources {
            let Some(taken) = resource.pointer_mut("/Metadata/checkov/skip").map(Value::take) else { continue };
            for exception in taken.as_array().into_iter().flatten() {
                let check = exception["id"].as_str().context("an exception names no check")?;
                let reason = exception["comment"].as_str().unwrap_or_default();
                ensure!(!reason.trim().is_empty(), "{id} is excepted from {check} without a reason");
                self.0.insert((check.to_owned(), Some(id.clone())));
            }
        }
        Ok(())
    }

    /// Findings without an exception, and exceptions without a finding.
    fn held_against(&self, reports: &[Report]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut needed = BTreeSet::new();
        for report in reports {
            wrong.extend(report.results.parsing_errors.iter().map(|file| format!("can't read {file}")));
            for finding in &report.results.failed_checks {
                let alone = (finding.check_id.clone(), Some(finding.resource().to_owned()));
                let all = (finding.check_id.clone(), None);
                match [alone, all].into_iter().find(|exception| self.0.contains(exception)) {
                    Some(exception) => _ = needed.insert(exception),
                    None => wrong.push(format!("{} {}: {}", finding.check_id, finding.resource, finding.check_name)),
                }
            }
        }
        for (check, resource) in self.0.difference(&needed) {
            let of = resource.as_ref().map_or_else(|| "sam/checkov.yaml".to_owned(), |id| format!("{id}'s Metadata"));
            wrong.push(format!("{check}: the exception in {of} is not needed"));
        }
        wrong
    }
}

/// Resources that no check has looked at, of the kinds that there are checks for; and workflows.
fn unseen(template: &Value, reports: &[Report]) -> Vec<String> {
    let seen: BTreeMap<&str, BTreeSet<&str>> = reports
        .iter()
        .map(|report| {
            let all = report.results.passed_checks.iter().chain(&report.results.failed_checks);
            (report.check_type.as_str(), all.map(Finding::resource).collect())
        })
        .collect();
    let none = BTreeSet::new();
    let resources = seen.get("cloudformation").unwrap_or(&none);
    let of_kinds = template["Resources"].as_object().into_iter().flatten();
    let of_kinds = of_kinds.filter(|(_, resource)| LOOKED_AT.iter().any(|kind| resource["Type"] == *kind));
    let unseen = of_kinds.filter(|(id, _)| !resources.contains(id.as_str()));
    let mut wrong: Vec<_> = unseen.map(|(id, _)| format!("no check has looked at {id}")).collect();
    if !seen.contains_key("github_actions") {
        wrong.push("no check has looked at the workflows".into());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exceptions(template: &mut Value) -> Exceptions {
        let mut exceptions = Exceptions::of_kinds("skip-check:\n  # Not here.\n  - CKV_AWS_117\n").expect("a reason");
        exceptions.take_out_of(template).expect("reasons");
        exceptions
    }

    fn bucket() -> Value {
        let skip = json!([{ "id": "CKV_AWS_18", "comment": "It keeps links." }]);
        json!({ "Resources": { "Photos": { "Type": "AWS::S3::Bucket", "Metadata": { "checkov": { "skip": skip } } } } })
    }

    fn reports(failed: &[(&str, &str)]) -> Vec<Report> {
        let finding = |(check, resource): &(&str, &str)| json!({ "check_id": check, "check_name": "Encrypt", "resource": resource });
        let failed: Vec<_> = failed.iter().map(finding).collect();
        let results = json!({ "passed_checks": [], "failed_checks": failed, "parsing_errors": [] });
        let report = json!({ "check_type": "cloudformation", "results": results });
        serde_json::from_value(json!([report])).expect("a report")
    }

    #[test]
    fn what_is_excepted_may_be_found_and_nothing_else() {
        let exceptions = exceptions(&mut bucket());
        let usual = [("CKV_AWS_117", "AWS::Lambda::Function.Api"), ("CKV_AWS_18", "AWS::S3::Bucket.Photos")];
        let other_check = [usual[0], usual[1], ("CKV_AWS_19", "AWS::S3::Bucket.Photos")];
        let other_bucket = [usual[0], usual[1], ("CKV_AWS_18", "AWS::S3::Bucket.Files")];

        assert!(exceptions.held_against(&reports(&usual)).is_empty());
        assert_eq!(exceptions.held_against(&reports(&other_check)), ["CKV_AWS_19 AWS::S3::Bucket.Photos: Encrypt"]);
        assert_eq!(exceptions.held_against(&reports(&other_bucket)), ["CKV_AWS_18 AWS::S3::Bucket.Files: Encrypt"]);
    }

    #[test]
    fn an_exception_that_nothing_needs_is_wrong() {
        let wrong = exceptions(&mut bucket()).held_against(&reports(&[]));

        assert_eq!(
            wrong,
            [
                "CKV_AWS_117: the exception in sam/checkov.yaml is not needed",
                "CKV_AWS_18: the exception in Photos's Metadata is not needed"
            ]
        );
    }

    #[test]
    fn an_exception_has_a_reason() {
        let mut without = bucket();
        without["Resources"]["Photos"]["Metadata"]["checkov"]["skip"][0]["comment"] = json!(" ");
        let mut none = Exceptions(BTreeSet::new());

        assert!(Exceptions::of_kinds("# About all.\nskip-check:\n  - CKV_AWS_117\n").is_err());
        assert!(none.take_out_of(&mut without).is_err());
    }

    #[test]
    fn checkov_does_not_see_the_exceptions_and_has_to_see_the_resources() {
        let mut template = bucket();
        exceptions(&mut template);

        assert!(template.pointer("/Resources/Photos/Metadata/checkov/skip").is_none_or(Value::is_null));
        assert_eq!(
            unseen(&template, &reports(&[])),
            ["no check has looked at Photos", "no check has looked at the workflows"]
        );
        assert!(!unseen(&template, &reports(&[("CKV_AWS_18", "AWS::S3::Bucket.Photos")])).contains(&"Photos".into()));
    }
}
