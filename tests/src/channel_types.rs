//! A channel type is known by its adapter alone: nothing else that is deployed names one, so that adding another touches
//! nothing else.

use std::collections::BTreeMap;

use crate::scopes::deployed;
use crate::workspace::functions;

/// What people read: its examples may name a type, as comments may.
const EXAMPLES: &str = "functions/api/src/openapi/examples.rs";

/// The lines that name a channel type in a text or a pattern.
fn named(sources: &BTreeMap<String, String>, types: &[String]) -> Vec<String> {
    let of_adapter = |path: &str| types.iter().any(|kind| path.starts_with(&format!("functions/{kind}-adapter/")));
    let names = |line: &str| {
        let code = line.trim_start();
        !code.starts_with("//")
            && types.iter().any(|kind| code.contains(&format!("\"{kind}")) || code.contains(&format!("`{kind}")))
    };
    let others = sources.iter().filter(|(path, _)| !of_adapter(path) && !path.contains("/game") && *path != EXAMPLES);
    others
        .flat_map(|(path, text)| {
            text.lines().filter(|line| names(line)).map(move |line| format!("{path}: {}", line.trim()))
        })
        .collect()
}

fn types() -> Vec<String> {
    functions().iter().filter_map(|function| function.strip_suffix("-adapter").map(str::to_owned)).collect()
}

#[test]
fn nothing_but_its_adapter_names_a_channel_type() {
    assert_eq!(types().len(), 2, "{:?}", types());
    assert_eq!(named(&deployed(), &types()), [""; 0]);
}

#[test]
fn who_names_one_is_found() {
    let planted = BTreeMap::from([
        ("functions/api/src/a.rs".to_owned(), "/// `sandbox`\nif kind == \"sandbox\" {}\n".to_owned()),
        ("functions/sandbox-adapter/src/b.rs".to_owned(), "\"sandbox\"".to_owned()),
    ]);

    assert_eq!(named(&planted, &types()), ["functions/api/src/a.rs: if kind == \"sandbox\" {}"]);
}
