//! What is known about the data at each state: the shape of its input, and the variables that are set by then. With it,
//! every expression of a machine is held to the schemas of the steps before it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tola_asl::Expression;
use tola_contracts::channel::CommandAnswer;

use super::{Subject, schema};
use crate::asl::{ADAPTER_OF_TYPE, Edge, Way, submits};

/// With the adapter's function, the one expression that is more than a path: the queue of a channel's adapter, by the
/// channel's type.
const QUEUE_OF_TYPE: &str = "{% '${CommandQueuePrefix}' & $states.input.channel_type & '-commands' %}";

/// What the expressions of a state can see.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Environment {
    /// The schemas that the state's input may follow: one for each way to it.
    input: Vec<Value>,
    /// The variables that are set whichever way led here, with the schemas that they may follow.
    variables: BTreeMap<String, Vec<Value>>,
    /// The schema of the execution's input.
    execution_input: Value,
    /// The schema of the task's result, where an expression may use it.
    result: Option<Value>,
    /// Whether an error was caught.
    caught: bool,
}

/// The environment of every state that can be reached.
pub(super) fn environments(subject: &Subject) -> BTreeMap<String, Environment> {
    let execution_input = subject.execution_input.clone();
    let start = Environment { input: vec![execution_input.clone()], execution_input, ..Environment::default() };
    let mut known = BTreeMap::from([(subject.machine.start().to_owned(), start)]);
    let edges = subject.machine.edges();
    // Each round carries knowledge one state further; loops settle, because environments only lose variables.
    for _ in 0..=subject.machine.states().len() * 2 {
        let before = known.clone();
        for edge in &edges {
            if let Some(environment) = known.get(edge.from) {
                let arriving = environment.after(subject, edge);
                known.entry(edge.to.to_owned()).and_modify(|there| there.meet(&arriving)).or_insert(arriving);
            }
        }
        if known == before {
            break;
        }
    }
    known
}

impl Environment {
    /// The same, for an expression that may use the answer of the state's function: all of it is under `Payload`.
    pub(super) fn with_result(&self, subject: &Subject, state: &Value) -> Self {
        let answer = subject.contract(state).map(|contract| contract.output.clone());
        let mut result = answer.map(|answer| json!({ "type": "object", "properties": { "Payload": answer } }));
        if submits(state) {
            result = Some(schema::of::<CommandAnswer>());
        }
        Self { result, ..self.clone() }
    }

    fn with_error(&self) -> Self {
        Self { caught: true, ..self.clone() }
    }

    /// What arrives at the other end of a way.
    fn after(&self, subject: &Subject, edge: &Edge<'_>) -> Self {
        let state = &subject.machine.states()[edge.from];
        let (source, sight) = match edge.way {
            Way::Next => (state, self.with_result(subject, state)),
            // Variables that an item sets are its own: what leaves the map has only those that came in.
            Way::Each => return self.of_each_item(state),
            Way::Rule(rule) => (rule, self.clone()),
            Way::Caught(catch) => (catch, self.with_error()),
        };
        let by_default = match edge.way {
            Way::Caught(_) => vec![error_output()],
            Way::Next if state["Type"] == "Task" => sight.result.clone().into_iter().collect(),
            _ => self.input.clone(),
        };
        let input = source.get("Output").map_or(by_default, |output| vec![sight.shape(output)]);
        let mut variables = self.variables.clone();
        for (name, value) in source.get("Assign").and_then(Value::as_object).into_iter().flatten() {
            variables.insert(name.clone(), vec![sight.shape(value)]);
        }
        Self { input, variables, execution_input: self.execution_input.clone(), result: None, caught: false }
    }

    /// What a map's first state sees: one of the items.
    fn of_each_item(&self, map: &Value) -> Self {
        let items = map["Items"].as_str().and_then(|text| Expression::parse(text).ok()?);
        let items = items.and_then(|items| self.resolve(&items).ok());
        let item = items.and_then(|items| items.get("items").cloned()).unwrap_or_default();
        Self { input: vec![item], result: None, caught: false, ..self.clone() }
    }

    /// What is known whichever of two ways was taken.
    fn meet(&mut self, other: &Self) {
        let add = |to: &mut Vec<Value>, from: &[Value]| {
            for shape in from {
                if !to.contains(shape) {
                    to.push(shape.clone());
                }
            }
        };
        add(&mut self.input, &other.input);
        self.variables.retain(|name, _| other.variables.contains_key(name));
        for (name, shapes) in &mut self.variables {
            add(shapes, &other.variables[name]);
        }
    }

    /// The schema of what a template with expressions makes.
    pub(super) fn shape(&self, template: &Value) -> Value {
        match template {
            Value::Object(entries) => {
                let properties: Map<_, _> =
                    entries.iter().map(|(name, value)| (name.clone(), self.shape(value))).collect();
                json!({ "type": "object", "properties": properties, "required": entries.keys().collect::<Vec<_>>() })
            }
            Value::Array(_) => json!({ "type": "array" }),
            Value::String(text) => match Expression::parse(text) {
                Ok(Some(expression)) => self.resolve(&expression).unwrap_or_default(),
                _ => json!({ "type": "string", "const": text }),
            },
            Value::Number(_) => json!({ "type": "number", "const": template }),
            Value::Bool(_) => json!({ "type": "boolean", "const": template }),
            Value::Null => json!({ "type": "null" }),
        }
    }

    /// The schema of what an expression yields, or why it yields nothing.
    pub(super) fn resolve(&self, expression: &Expression) -> Result<Value, String> {
        let (path, equals) = match expression {
            Expression::Path(path) => (path, None),
            Expression::Equals(path, literal) => (path, Some(literal)),
            Expression::Joined(_) => return Ok(json!({ "type": "string" })),
        };
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let (sources, rest) = self.sources(&path)?;
        let mut found = Vec::new();
        for source in sources {
            let value = rest.iter().try_fold(source, |schema, name| schema::field(&schema, name));
            let Some(value) = value else { return Err(format!("has no `{}` on every way to it", rest.join("."))) };
            found.push(value);
        }
        found.dedup();
        if let Some(literal) = equals {
            let possible = found.iter().any(|schema| schema.to_string().contains(&format!("\"{literal}\"")));
            return if possible { Ok(json!({ "type": "boolean" })) } else { Err(format!("is never '{literal}'")) };
        }
        Ok(if found.len() == 1 { found.remove(0) } else { json!({ "anyOf": found }) })
    }

    /// Where a path begins: the schemas there, and what is left of the path.
    fn sources<'p>(&self, path: &'p [&'p str]) -> Result<(Vec<Value>, &'p [&'p str]), String> {
        let (text, number) = (|| vec![json!({ "type": "string" })], || vec![json!({ "type": "integer" })]);
        Ok(match path {
            ["states", "input", rest @ ..] => (self.input.clone(), rest),
            ["states", "context", "Execution", "Input", rest @ ..] => (vec![self.execution_input.clone()], rest),
            ["states", "context", "Execution", "Id" | "Name" | "StartTime"]
            | ["states", "context", "State", "Name"] => (text(), &[]),
            ["states", "context", "Task", "Token"] => (text(), &[]),
            ["states", "context", "State", "RetryCount"] => (number(), &[]),
            ["states", "result", rest @ ..] => match &self.result {
                Some(result) => (vec![result.clone()], rest),
                None => return Err("has no result here".to_owned()),
            },
            ["states", "errorOutput", rest @ ..] if self.caught => (vec![error_output()], rest),
            ["states", ..] => return Err("is nothing that a state can see".to_owned()),
            [variable, rest @ ..] => match self.variables.get(*variable) {
                Some(shapes) => (shapes.clone(), rest),
                None => return Err(format!("uses `${variable}`, which is not set on every way to it")),
            },
            [] => return Err("is empty".to_owned()),
        })
    }
}

/// What Step Functions gives to a catcher.
fn error_output() -> Value {
    json!({
        "type": "object", "required": ["Error", "Cause"],
        "properties": { "Error": { "type": "string" }, "Cause": { "type": "string" } },
    })
}

/// Every expression is a path, and leads to something that is there.
pub(super) fn expressions(subject: &Subject) -> Vec<String> {
    let environments = environments(subject);
    let mut found = Vec::new();
    for (name, state) in subject.machine.states() {
        let Some(environment) = environments.get(name) else { continue };
        for (place, value) in state.as_object().into_iter().flatten() {
            let sights = match place.as_str() {
                "Output" | "Assign" => vec![(value, environment.with_result(subject, state))],
                "Catch" => vec![(value, environment.with_error())],
                _ => vec![(value, environment.clone())],
            };
            for (value, sight) in sights {
                found
                    .extend(problems(value, &sight).into_iter().map(|problem| format!("`{name}`, {place}: {problem}")));
            }
        }
    }
    found
}

fn problems(value: &Value, sight: &Environment) -> Vec<String> {
    let problem = |text: &str| match Expression::parse(text) {
        Ok(Some(Expression::Joined(_))) if text == QUEUE_OF_TYPE || text == ADAPTER_OF_TYPE => None,
        Ok(Some(Expression::Joined(_))) | Err(_) => {
            Some(format!("{text} is more than a path; expressions move data, Rust decides"))
        }
        Ok(Some(expression)) => sight.resolve(&expression).err().map(|why| format!("{text} {why}")),
        Ok(None) => None,
    };
    texts_in(value).into_iter().filter_map(problem).collect()
}

/// Every text in a value.
fn texts_in(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_in).collect(),
        Value::Object(entries) => entries.values().flat_map(texts_in).collect(),
        _ => Vec::new(),
    }
}
