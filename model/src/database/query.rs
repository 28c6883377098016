//! Which documents a filter means, and in which order.

use std::cmp::Ordering;

use mongodb::bson::{Bson, Document};

use super::commands::Unknown;

/// Whether a document is one that the filter means.
pub(super) fn matches(filter: &Document, document: &Document) -> Result<bool, Unknown> {
    for (path, condition) in filter {
        if path.starts_with('$') {
            return Err(Unknown(format!("the filter {path}")));
        }
        if !holds(&values(document, path), condition)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What lies at a path; of an array on the way, at the path in each of its elements.
pub(super) fn values<'a>(document: &'a Document, path: &str) -> Vec<&'a Bson> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Some(value) = document.get(first) else { return Vec::new() };
    let Some(rest) = rest else { return vec![value] };
    below(value, rest)
}

fn below<'a>(value: &'a Bson, path: &str) -> Vec<&'a Bson> {
    match value {
        Bson::Document(inner) => values(inner, path),
        Bson::Array(elements) => {
            let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
            if let Ok(position) = first.parse::<usize>() {
                let element = elements.get(position);
                return match (element, rest) {
                    (Some(element), Some(rest)) => below(element, rest),
                    (element, _) => element.into_iter().collect(),
                };
            }
            elements.iter().filter_map(Bson::as_document).flat_map(|element| values(element, path)).collect()
        }
        _ => Vec::new(),
    }
}

fn holds(found: &[&Bson], condition: &Bson) -> Result<bool, Unknown> {
    let Some(operators) = condition.as_document().filter(|document| is_operators(document)) else {
        return Ok(any(found, |value| compare(value, condition) == Some(Ordering::Equal)));
    };
    for (operator, wanted) in operators {
        if !holds_one(found, operator, wanted)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds_one(found: &[&Bson], operator: &str, wanted: &Bson) -> Result<bool, Unknown> {
    let compared =
        |right: &[Ordering]| any(found, |value| compare(value, wanted).is_some_and(|is| right.contains(&is)));
    Ok(match operator {
        "$eq" => compared(&[Ordering::Equal]),
        "$lt" => compared(&[Ordering::Less]),
        "$lte" => compared(&[Ordering::Less, Ordering::Equal]),
        "$gt" => compared(&[Ordering::Greater]),
        "$gte" => compared(&[Ordering::Greater, Ordering::Equal]),
        "$exists" => found.is_empty() != (wanted == &Bson::Boolean(true)),
        "$in" => {
            let wanted = wanted.as_array().ok_or_else(|| Unknown("$in without a list".to_owned()))?;
            any(found, |value| wanted.iter().any(|wanted| compare(value, wanted) == Some(Ordering::Equal)))
        }
        "$size" => {
            let size = number(wanted);
            found
                .iter()
                .any(|value| value.as_array().is_some_and(|array| number(&Bson::from(array.len() as i64)) == size))
        }
        "$not" => !holds(found, wanted)?,
        "$elemMatch" => {
            let wanted = wanted.as_document().ok_or_else(|| Unknown("$elemMatch without conditions".to_owned()))?;
            let mut elements = found.iter().filter_map(|value| value.as_array()).flatten();
            elements.try_fold(false, |yes, element| Ok(yes || one_matches(wanted, element)?))?
        }
        other => return Err(Unknown(format!("the operator {other}"))),
    })
}

/// Whether an element of an array is one that the condition means.
pub(super) fn one_matches(condition: &Document, element: &Bson) -> Result<bool, Unknown> {
    if is_operators(condition) {
        return holds(&[element], &Bson::Document(condition.clone()));
    }
    element.as_document().map_or(Ok(false), |element| matches(condition, element))
}

/// Whether it is so of one of the values, or of an element of one that is an array.
fn any(found: &[&Bson], is_so: impl Fn(&Bson) -> bool) -> bool {
    found.iter().any(|value| is_so(value) || value.as_array().is_some_and(|elements| elements.iter().any(&is_so)))
}

fn is_operators(document: &Document) -> bool {
    document.keys().next().is_some_and(|key| key.starts_with('$'))
}

/// How two values compare, if they are of one kind.
pub(super) fn compare(left: &Bson, right: &Bson) -> Option<Ordering> {
    match (left, right) {
        (Bson::String(left), Bson::String(right)) => Some(left.as_str().cmp(right)),
        (Bson::Boolean(left), Bson::Boolean(right)) => Some(left.cmp(right)),
        (Bson::DateTime(left), Bson::DateTime(right)) => Some(left.cmp(right)),
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => (left == right).then_some(Ordering::Equal),
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "counters are far below 2^53")]
fn number(value: &Bson) -> Option<f64> {
    match value {
        Bson::Int32(number) => Some(f64::from(*number)),
        Bson::Int64(number) => Some(*number as f64),
        Bson::Double(number) => Some(*number),
        _ => None,
    }
}

/// The order of two documents by the keys of a sort. What is missing comes first.
pub(super) fn order(left: &Document, right: &Document, sort: &Document) -> Ordering {
    for (path, direction) in sort {
        let smallest = |document| values(document, path).into_iter().map(smallest).next();
        let is = match (smallest(left), smallest(right)) {
            (Some(Some(left)), Some(Some(right))) => compare(left, right).unwrap_or(Ordering::Equal),
            (left, right) => left.flatten().is_some().cmp(&right.flatten().is_some()),
        };
        let is = if number(direction) == Some(-1.0) { is.reverse() } else { is };
        if is != Ordering::Equal {
            return is;
        }
    }
    Ordering::Equal
}

/// Of an array, its smallest element.
fn smallest(value: &Bson) -> Option<&Bson> {
    match value {
        Bson::Array(elements) => elements.iter().min_by(|left, right| compare(left, right).unwrap_or(Ordering::Equal)),
        value => Some(value),
    }
}
