//! A machine as its file says it. A field that is not here is one that we don't use, and is refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::expression::Expression;

/// A state machine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Machine {
    #[serde(rename = "Comment")]
    _comment: String,
    query_language: String,
    pub(crate) start_at: String,
    pub(crate) timeout_seconds: u64,
    pub(crate) states: States,
}

pub(crate) type States = BTreeMap<String, State>;

/// Why a machine is not run.
#[derive(Debug, thiserror::Error)]
pub enum Unsupported {
    /// It uses something that no machine of ours does, or is no machine.
    #[error("the machine is not of the part of the language that is known here: {0}")]
    Form(#[from] serde_json::Error),
    /// A state or an expression is not as it should be.
    #[error("{0}")]
    Content(String),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "Type")]
pub(crate) enum State {
    Task(Task),
    Choice(Choice),
    Map(Each),
    Pass(Pass),
    Wait(Wait),
    Succeed(Succeed),
    Fail(Fail),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Task {
    #[serde(rename = "Comment")]
    _comment: String,
    pub(crate) resource: String,
    pub(crate) arguments: Value,
    pub(crate) timeout_seconds: u64,
    pub(crate) retry: Vec<Retry>,
    pub(crate) catch: Vec<Catch>,
    #[serde(default)]
    pub(crate) assign: Map<String, Value>,
    pub(crate) output: Value,
    /// Where it goes on, unless it ends there.
    pub(crate) next: Option<String>,
    end: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Choice {
    #[serde(rename = "Comment")]
    _comment: String,
    pub(crate) choices: Vec<Rule>,
    pub(crate) default: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) condition: Value,
    pub(crate) next: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Each {
    #[serde(rename = "Comment")]
    _comment: String,
    pub(crate) items: Value,
    #[serde(rename = "MaxConcurrency")]
    _max_concurrency: u32,
    pub(crate) item_processor: ItemProcessor,
    pub(crate) catch: Vec<Catch>,
    pub(crate) output: Value,
    pub(crate) next: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ItemProcessor {
    processor_config: ProcessorConfig,
    pub(crate) start_at: String,
    pub(crate) states: States,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ProcessorConfig {
    mode: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Pass {
    #[serde(rename = "Comment")]
    _comment: String,
    #[serde(default)]
    pub(crate) assign: Map<String, Value>,
    pub(crate) next: Option<String>,
    #[serde(rename = "End")]
    _end: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Wait {
    #[serde(rename = "Comment")]
    _comment: String,
    pub(crate) seconds: Value,
    pub(crate) output: Option<Value>,
    pub(crate) next: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Succeed {
    #[serde(rename = "Comment")]
    _comment: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Fail {
    #[serde(rename = "Comment")]
    _comment: String,
    pub(crate) error: Value,
    pub(crate) cause: Value,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Retry {
    #[serde(rename = "Comment")]
    _comment: String,
    pub(crate) error_equals: Vec<String>,
    pub(crate) interval_seconds: u32,
    pub(crate) backoff_rate: f64,
    pub(crate) max_attempts: u32,
    pub(crate) max_delay_seconds: u32,
    jitter_strategy: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Catch {
    #[serde(rename = "Comment")]
    _comment: String,
    pub(crate) error_equals: Vec<String>,
    #[serde(default)]
    pub(crate) assign: Map<String, Value>,
    pub(crate) output: Option<Value>,
    pub(crate) next: String,
}

impl Machine {
    /// Reads a definition whose substitutions were made.
    ///
    /// # Errors
    /// [`Unsupported`] when it uses more of the language than our machines do, or leads to a state that is not there.
    pub fn parse(definition: &str) -> Result<Self, Unsupported> {
        let value: Value = serde_json::from_str(definition)?;
        texts(&value, &mut |text| Expression::parse(text).map(drop).map_err(|error| error.to_string()))
            .map_err(Unsupported::Content)?;
        let machine: Self = serde_json::from_value(value)?;
        if machine.query_language != "JSONata" {
            return Err(Unsupported::Content(format!("the query language is {}", machine.query_language)));
        }
        connected(&machine.start_at, &machine.states).map_err(Unsupported::Content)?;
        Ok(machine)
    }

    /// The names of all states that are tasks, those within maps among them.
    pub fn tasks(&self) -> Vec<&str> {
        fn of(states: &States) -> Vec<&str> {
            let each = states.iter().flat_map(|(name, state)| match state {
                State::Task(_) => vec![name.as_str()],
                State::Map(map) => of(&map.item_processor.states),
                _ => Vec::new(),
            });
            each.collect()
        }
        of(&self.states)
    }
}

/// Every way leads to a state that is there.
fn connected(start: &str, states: &States) -> Result<(), String> {
    let known =
        |name: &str| states.contains_key(name).then_some(()).ok_or_else(|| format!("there is no state `{name}`"));
    known(start)?;
    for (name, state) in states {
        let mut next: Vec<&str> = Vec::new();
        match state {
            State::Task(task) => {
                if task.next.is_some() == task.end.unwrap_or(false) {
                    return Err(format!("`{name}` goes on and ends, or neither"));
                }
                next.extend(task.next.as_deref());
                next.extend(task.catch.iter().map(|catch| catch.next.as_str()));
                known_errors(task.retry.iter().flat_map(|retry| &retry.error_equals))?;
                known_errors(task.catch.iter().flat_map(|catch| &catch.error_equals))?;
                if task.retry.iter().any(|retry| retry.jitter_strategy != "FULL") {
                    return Err(format!("`{name}` retries without jitter"));
                }
            }
            State::Choice(choice) => {
                next.extend(choice.choices.iter().map(|rule| rule.next.as_str()));
                next.push(&choice.default);
            }
            State::Map(map) => {
                if map.item_processor.processor_config.mode != "INLINE" {
                    return Err(format!("`{name}` is not an inline map"));
                }
                known_errors(map.catch.iter().flat_map(|catch| &catch.error_equals))?;
                connected(&map.item_processor.start_at, &map.item_processor.states)?;
                next.extend(map.catch.iter().map(|catch| catch.next.as_str()));
                next.push(&map.next);
            }
            State::Pass(pass) => next.extend(pass.next.as_deref()),
            State::Wait(wait) => next.push(&wait.next),
            State::Succeed(_) | State::Fail(_) => {}
        }
        next.into_iter().try_for_each(known)?;
    }
    Ok(())
}

/// Of the names that the language gives errors, only these two are known here.
fn known_errors<'a>(mut names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let stranger =
        names.find(|name| name.starts_with("States.") && !["States.ALL", "States.Timeout"].contains(&name.as_str()));
    stranger.map_or(Ok(()), |name| Err(format!("{name} is not known here")))
}

/// Calls `look` with every text of a value.
fn texts(value: &Value, look: &mut impl FnMut(&str) -> Result<(), String>) -> Result<(), String> {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().try_for_each(|item| texts(item, look)),
        Value::Object(entries) => entries.values().try_for_each(|entry| texts(entry, look)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(name: &str) -> String {
        let path = format!("{}/../../statemachines/{name}.asl.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn every_machine_of_ours_is_read_with_all_of_its_tasks() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachines")).unwrap();
        let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
        let names: Vec<_> = names.filter_map(|name| name.strip_suffix(".asl.json").map(str::to_owned)).collect();
        assert!(names.contains(&"register-product".to_owned()), "{names:?}");

        for name in names {
            let text = machine(&name);

            let machine = Machine::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));

            assert_eq!(machine.tasks().len(), text.matches("\"Type\": \"Task\"").count(), "{name}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let good = machine("register-product");
        for (from, to) in [
            ("\"TimeoutSeconds\": 20", "\"HeartbeatSeconds\": 5, \"TimeoutSeconds\": 20"),
            ("\"Type\": \"Succeed\"", "\"Type\": \"Parallel\""),
            ("\"QueryLanguage\": \"JSONata\"", "\"QueryLanguage\": \"JSONPath\""),
            ("{% $reason %}", "{% $uppercase($reason) %}"),
            ("\"StartAt\": \"", "\"StartAt\": \"Nowhere, "),
            ("\"States.Timeout\"", "\"States.TaskFailed\""),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(Machine::parse(&good.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
