//! State machines as data: their states, and every way from one to another.

use serde_json::{Map, Value};

use crate::workspace;

/// A state machine of `statemachines/`.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The file's name, without `.asl.json`.
    pub(crate) name: String,
    /// What the file says.
    pub(crate) definition: Value,
}

/// A way from one state to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) way: Way<'a>,
}

/// Why a state is left.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way<'a> {
    /// It is done, or it is a choice and no rule holds.
    Next,
    /// It is a map, and does this with each item.
    Each,
    /// A rule of a choice holds.
    Rule(&'a Value),
    /// An error was caught.
    Caught(&'a Value),
}

impl Machine {
    /// Reads every machine.
    pub(crate) fn read_all() -> Vec<Self> {
        workspace::machines().into_iter().map(|name| Self::read(&name)).collect()
    }

    /// Reads one machine.
    pub(crate) fn read(name: &str) -> Self {
        let text = workspace::read(&format!("statemachines/{name}.asl.json"));
        let mut definition = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        lift_items(&mut definition);
        Self { name: name.to_owned(), definition }
    }

    /// The states, in the order of the file where the parser keeps it.
    pub(crate) fn states(&self) -> &Map<String, Value> {
        self.definition["States"].as_object().expect("a machine has states")
    }

    /// A state, for mutations.
    pub(crate) fn state_mut(&mut self, name: &str) -> &mut Value {
        let state = &mut self.definition["States"][name];
        assert!(!state.is_null(), "there is no state {name}");
        state
    }

    /// The states of type Task.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (&str, &Value)> {
        let states = self.states().iter().map(|(name, state)| (name.as_str(), state));
        states.filter(|(_, state)| state["Type"] == "Task")
    }

    /// Where the machine begins.
    pub(crate) fn start(&self) -> &str {
        self.definition["StartAt"].as_str().unwrap_or_default()
    }

    /// Every way from one state to another.
    pub(crate) fn edges(&self) -> Vec<Edge<'_>> {
        self.states().iter().flat_map(|(name, state)| edges_of(name, state)).collect()
    }
}

/// Puts the states that a map does with each item beside all others, each with the name of its map: checks then need
/// not know how deep a state lies.
fn lift_items(definition: &mut Value) {
    let states = definition["States"].as_object_mut().expect("a machine has states");
    let mut lifted = Map::new();
    for (name, mut state) in std::mem::take(states) {
        let inner = state.pointer_mut("/ItemProcessor/States").map(Value::take);
        lifted.insert(name.clone(), state);
        for (inner_name, mut inner_state) in inner.and_then(|inner| inner.as_object().cloned()).into_iter().flatten() {
            inner_state[WITHIN] = name.clone().into();
            assert!(lifted.insert(inner_name.clone(), inner_state).is_none(), "{inner_name} is there twice");
        }
    }
    *states = lifted;
}

/// In a state that a map does with each item: the name of the map.
pub(crate) const WITHIN: &str = "·within";

fn edges_of<'a>(from: &'a str, state: &'a Value) -> Vec<Edge<'a>> {
    let to = |value: &'a Value, way| Some(Edge { from, to: value.as_str()?, way });
    let list = |key: &str| state.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut edges = Vec::new();
    edges.extend(list("Choices").filter_map(|rule| to(rule.get("Next")?, Way::Rule(rule))));
    edges.extend(state.pointer("/ItemProcessor/StartAt").and_then(|start| to(start, Way::Each)));
    edges.extend(["Next", "Default"].iter().filter_map(|key| to(state.get(key)?, Way::Next)));
    edges.extend(list("Catch").filter_map(|catch| to(catch.get("Next")?, Way::Caught(catch))));
    edges
}

/// The substitution that a task calls: `ValidateProductArn` of `${ValidateProductArn}`.
pub(crate) fn substitution(state: &Value) -> Option<&str> {
    state.pointer("/Arguments/FunctionName")?.as_str()?.strip_prefix("${")?.strip_suffix('}')
}

/// Gives a command to an adapter's queue and waits for its answer.
pub(crate) const SUBMIT: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// Whether a task gives a command to an adapter.
pub(crate) fn submits(state: &Value) -> bool {
    state["Resource"] == SUBMIT
}

/// The function that a task calls, by its logical id; `ChannelAdapter` is the adapter of whichever type.
pub(crate) fn function(state: &Value) -> Option<&str> {
    if asks(state) {
        return Some("ChannelAdapter");
    }
    substitution(state)?.strip_suffix("Arn")
}

/// The function of a channel's adapter, by the channel's type: a new type touches no machine.
pub(crate) const ADAPTER_OF_TYPE: &str = "{% '${AdapterPrefix}' & $page.channel_type & '-adapter' %}";

/// Whether a task asks an adapter a question.
pub(crate) fn asks(state: &Value) -> bool {
    state.pointer("/Arguments/FunctionName") == Some(&ADAPTER_OF_TYPE.into())
}
