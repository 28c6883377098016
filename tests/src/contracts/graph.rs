//! A machine as a picture, for people and for reviews of what changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::asl::{Machine, WITHIN, Way, asks, function, submits};

/// The machine as a Mermaid flowchart: boxes are tasks, rhombs are choices, dotted ways are caught errors.
pub(super) fn mermaid(machine: &Machine) -> String {
    let mut picture = String::from("flowchart TD\n");
    let order = in_order(machine);
    let mut line = |text: String| writeln!(picture, "    {text}").expect("a string takes all");
    line(format!("start(( )) --> {}", id(machine.start())));
    for name in &order {
        line(node(name, &machine.states()[*name]));
    }
    for name in &order {
        let mut caught = BTreeSet::new();
        for edge in machine.edges().into_iter().filter(|edge| edge.from == *name) {
            let (from, to) = (id(edge.from), id(edge.to));
            match edge.way {
                Way::Next if machine.states()[*name]["Type"] == "Choice" => {
                    line(format!("{from} -- otherwise --> {to}"));
                }
                Way::Next => line(format!("{from} --> {to}")),
                Way::Each => line(format!("{from} == each ==> {to}")),
                Way::Rule(rule) => line(format!("{from} -- \"{}\" --> {to}", condition(rule))),
                Way::Caught(_) if caught.insert(to.clone()) => line(format!("{from} -. gives up .-> {to}")),
                Way::Caught(_) => {}
            }
        }
        let state = &machine.states()[*name];
        if state["End"] == true && state.get(WITHIN).is_none() {
            line(format!("{} --> done((( )))", id(name)));
        }
    }
    picture
}

fn node(name: &str, state: &Value) -> String {
    let id = id(name);
    match state["Type"].as_str() {
        Some("Choice") => format!("{id}{{\"{name}\"}}"),
        Some("Fail" | "Succeed") => format!("{id}([\"{name}\"])"),
        Some("Task") if submits(state) || asks(state) => {
            format!("{id}[\"{name}<br><small>the channel's adapter</small>\"]")
        }
        Some("Task") => format!("{id}[\"{name}<br><small>{}</small>\"]", function(state).unwrap_or_default()),
        _ => format!("{id}[\"{name}\"]"),
    }
}

fn condition(rule: &Value) -> String {
    let text = rule["Condition"].as_str().unwrap_or_default();
    text.trim_matches(['{', '%', '}', ' ']).replace("$states.input.", "")
}

/// The states as one meets them, from the start; what is caught comes last.
fn in_order(machine: &Machine) -> Vec<&str> {
    let edges = machine.edges();
    let (mut order, mut todo, mut later) = (Vec::new(), vec![machine.start()], Vec::new());
    while let Some(name) = todo.pop().or_else(|| (!later.is_empty()).then(|| later.remove(0))) {
        if order.contains(&name) || !machine.states().contains_key(name) {
            continue;
        }
        order.push(name);
        for edge in edges.iter().rev().filter(|edge| edge.from == name) {
            match edge.way {
                Way::Caught(_) => later.push(edge.to),
                _ => todo.push(edge.to),
            }
        }
    }
    order
}

fn id(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    name.trim_end_matches('?').chars().map(letter).collect()
}
