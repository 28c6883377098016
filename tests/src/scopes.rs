//! Who may touch every merchant's documents: the uses of `SystemScope` in what is deployed, held to a list.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::workspace::root;

/// Each part that serves every merchant, why it has to, and where it may say so.
const ALLOWED: [(&str, &str, &str); 6] = [
    (
        "adapter",
        "crates/channel/src/inquiry.rs",
        "is asked by our API and state machines alone, which name the merchant",
    ),
    ("relay", "crates/events/src/relay.rs", "delivers the events of whatever document it is told of"),
    ("ingest", "functions/ingest-upload/src", "learns from a bucket's key, which we made, whose upload arrived"),
    ("migrate", "functions/migrate/src", "derives anew what older versions derived, whosever it is"),
    ("public", "functions/api/src/routes/public.rs", "shows what is ACTIVE to everybody"),
    ("sweep", "functions/sweep/src", "looks for what was left undone, whoever's it is"),
];

/// Calls that make a scope from an identity or an operation: where such a thing was verified, and nowhere else.
const MAKERS: [(&str, &str); 6] = [
    ("TenantScope::of_identity", "functions/api/src/identity.rs"),
    ("TenantScope::of_identity", "functions/api/src/idempotency.rs"),
    ("TenantScope::of_identity", "functions/api/src/quota.rs"),
    ("TenantScope::of_operation", "crates/step/src/lib.rs"),
    ("TenantScope::of_operation", "crates/workflow/src/settler.rs"),
    ("TenantScope::of_operation", "crates/channel/src/harness.rs"),
];

/// What is deployed, by path, without the unit tests at a file's end.
pub(crate) fn deployed() -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    for folder in ["catalog", "channel", "contracts", "events", "media", "step", "workflow"] {
        collect(&root().join("crates").join(folder).join("src"), &mut sources);
    }
    for function in crate::workspace::functions() {
        collect(&root().join("functions").join(function).join("src"), &mut sources);
    }
    sources
}

fn collect(folder: &Path, sources: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if ["testing", "testing.rs", "tests", "tests.rs"].iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            let name = path.strip_prefix(root()).expect("in the repository").to_string_lossy().into_owned();
            sources.insert(name, code);
        }
    }
}

fn forbidden(sources: &BTreeMap<String, String>) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, code) in sources {
        for use_ in code.split("SystemScope::named(").skip(1) {
            let part = use_.trim_start_matches('"').split('"').next().unwrap_or_default();
            if !ALLOWED.iter().any(|(name, place, _)| *name == part && path.starts_with(place)) {
                findings.push(format!("{path} makes a SystemScope for `{part}`"));
            }
        }
        for maker in ["TenantScope::of_identity", "TenantScope::of_operation"] {
            if code.contains(maker) && !MAKERS.contains(&(maker, path.as_str())) {
                findings.push(format!("{path} calls {maker}"));
            }
        }
    }
    findings
}

#[test]
fn only_listed_parts_touch_every_merchants_documents() {
    let findings = forbidden(&deployed());

    assert!(findings.is_empty(), "list it with its reason, or use the caller's scope: {findings:#?}");
}

#[test]
fn a_new_use_is_found() {
    let mut sources = deployed();
    sources.insert("functions/api/src/new.rs".into(), "SystemScope::named(\"sweep\").acting_for(id)".into());
    sources.insert("functions/sweep/src/new.rs".into(), "TenantScope::of_identity(&identity)".into());

    assert_eq!(forbidden(&sources).len(), 2);
}

#[test]
fn each_listed_part_exists() {
    let sources = deployed();
    for (part, place, why) in ALLOWED {
        let named = format!("SystemScope::named(\"{part}\")");
        let used = sources.iter().any(|(path, code)| path.starts_with(place) && code.contains(&named));

        assert!(used, "{part} ({why}) is not in {place} any more");
    }
}
