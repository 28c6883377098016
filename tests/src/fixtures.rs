//! Every sample in `events/` is sent to its deployed function, and the answer is held to a snapshot: the samples in the
//! README work, and nobody changes an answer unnoticed.
//!
//! What the samples speak of is written into the stack's database and bucket first, anew each time.

mod metrics;
mod seed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};
use tola_local::stack::Stack;

/// The stack that `cargo xtask test` has started.
#[expect(clippy::disallowed_methods, reason = "how the tests are told which stack to use")]
fn stack() -> Stack {
    let path = std::env::var("TOLA_STACK").expect("TOLA_STACK is not set: run `cargo xtask test`");
    Stack::attach(Path::new(&path)).expect("the stack of TOLA_STACK")
}

fn samples() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut samples = Vec::new();
    for folder in std::fs::read_dir(root).expect("events/") {
        let folder = folder.expect("a folder in events/");
        let function = folder.file_name().to_string_lossy().into_owned();
        for file in std::fs::read_dir(folder.path()).expect("a folder in events/") {
            samples.push((function.clone(), file.expect("a sample").path()));
        }
    }
    samples.sort();
    samples
}

#[test]
fn every_function_has_a_good_and_a_bad_sample() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    for function in std::fs::read_dir(root).expect("functions/") {
        let function = function.expect("a function").file_name().to_string_lossy().into_owned();
        let of = |kind: &str| {
            samples().iter().any(|(name, path)| {
                *name == function && path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(kind))
            })
        };

        assert!(of("ok") && of("bad-"), "events/{function}/ lacks an ok.json or a bad-….json");
    }
}

#[tokio::test]
async fn every_sample_is_answered_as_recorded() {
    let stack = stack();
    let lambda = aws_sdk_lambda::Client::new(&seed::aws(&stack).await);
    seed::seed(&stack).await;

    for (function, path) in samples() {
        let payload = std::fs::read(&path).expect("a sample");
        let name = path.file_stem().expect("a sample").to_string_lossy().into_owned();
        let invoked = lambda
            .invoke()
            .function_name(format!("tola-dev-{function}"))
            .payload(Blob::new(payload))
            .send()
            .await
            .unwrap_or_else(|error| panic!("{function}/{name}: {error:?}"));
        let answer = invoked.payload().map(|payload| payload.as_ref().to_vec()).unwrap_or_default();
        let answer = json!({
            "function_error": invoked.function_error(),
            "answer": readable(&function, serde_json::from_slice(&answer).unwrap_or(Value::Null)),
        });

        insta::with_settings!({ snapshot_path => "snapshots/fixtures", prepend_module_to_snapshot => false, sort_maps => true }, {
            insta::assert_json_snapshot!(format!("{function}__{name}"), answer);
        });
    }
    let functions: BTreeSet<_> = samples().into_iter().map(|(function, _)| function).collect();
    metrics::are_written(&stack, &functions).await;
}

/// What differs from run to run is taken out, and a JSON text becomes JSON.
fn readable(function: &str, mut answer: Value) -> Value {
    if let Some(error) = answer.as_object_mut() {
        // Where in the runtime an error arose is the runtime's business.
        error.remove("stackTrace");
    }
    match function {
        "api" => http(&answer),
        // Other tests leave things to sweep at the same time: what is counted, not how many.
        "sweep" => {
            let fields = answer.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
            json!({ "counts": fields })
        }
        // How well an encoder does depends on the processor's instructions.
        "render-renditions" => {
            strip(&mut answer, "bytes");
            answer
        }
        _ => answer,
    }
}

fn http(answer: &Value) -> Value {
    let body = answer["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
    let mut body = body.unwrap_or_else(|| answer["body"].clone());
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.insert("request_id".into(), json!("…"));
    }
    if let Some(checks) = body.get_mut("checks") {
        strip(checks, "duration_ms");
    }
    json!({ "status": answer["statusCode"], "content_type": answer["headers"]["content-type"], "body": body })
}

fn strip(value: &mut Value, field: &str) {
    match value {
        Value::Object(fields) => {
            fields.remove(field);
            fields.values_mut().for_each(|value| strip(value, field));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, field)),
        _ => {}
    }
}
