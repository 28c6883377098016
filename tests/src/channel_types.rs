//! A channel type is known by its adapter and by one table, which is data: nothing else that is deployed names one, so that
//! adding another touches nothing else.

use std::collections::{BTreeMap, BTreeSet};

use tola_catalog::CHANNEL_TYPES;

use crate::scopes::deployed;
use crate::workspace::functions;

/// What people read: its examples may name a type, as comments may.
const EXAMPLES: &str = "functions/api/src/openapi/examples.rs";

/// What each type asks of products. It is told without calling anybody, of types too that have no adapter yet, so that it
/// can't be an adapter's own; an adapter takes its rules from there.
const TABLE: &str = "crates/catalog/src/channel_rules/declared.rs";

/// The lines that name a channel type in a text or a pattern.
fn named(sources: &BTreeMap<String, String>, types: &[String]) -> Vec<String> {
    let of_adapter = |path: &str| types.iter().any(|kind| path.starts_with(&format!("functions/{kind}-adapter/")));
    let names = |line: &str| {
        let code = line.trim_start();
        !code.starts_with("//")
            && types.iter().any(|kind| code.contains(&format!("\"{kind}")) || code.contains(&format!("`{kind}")))
    };
    let others = sources.iter().filter(|(path, _)| {
        !of_adapter(path) && !path.contains("/game") && ![EXAMPLES, TABLE].contains(&path.as_str())
    });
    others
        .flat_map(|(path, text)| {
            text.lines().filter(|line| names(line)).map(move |line| format!("{path}: {}", line.trim()))
        })
        .collect()
}

/// The types that can be connected.
fn connectable() -> BTreeSet<String> {
    functions().iter().filter_map(|function| function.strip_suffix("-adapter").map(str::to_owned)).collect()
}

fn types() -> Vec<String> {
    let declared = CHANNEL_TYPES.iter().map(|declared| declared.name.to_owned());
    declared.chain(connectable()).collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn nothing_but_its_adapter_and_the_table_names_a_channel_type() {
    assert_eq!(connectable().len(), 2, "{:?}", connectable());
    assert_eq!(named(&deployed(), &types()), [""; 0]);
}

#[test]
fn what_every_adapters_channels_ask_is_declared() {
    let declared: BTreeSet<_> = CHANNEL_TYPES.iter().map(|declared| declared.name.to_owned()).collect();

    assert!(connectable().is_subset(&declared), "{:?}", connectable().difference(&declared));
}

#[test]
fn who_names_one_is_found() {
    let planted = BTreeMap::from([
        ("functions/api/src/a.rs".to_owned(), "/// `sandbox`\nif kind == \"sandbox\" {}\n".to_owned()),
        ("functions/sandbox-adapter/src/b.rs".to_owned(), "\"sandbox\"".to_owned()),
    ]);

    assert_eq!(named(&planted, &types()), ["functions/api/src/a.rs: if kind == \"sandbox\" {}"]);
}
