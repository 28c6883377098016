//! What an event tells of changes, however many there are and however large they are.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Change;
use crate::event::{MAX_DATA, MAX_POINTERS};

/// The most bytes of the pointers that an event names: [`MAX_POINTERS`] of the longest attributes.
const MAX_NAMED: usize = 4_800;

/// The fewest bytes in which a change is told, if it needs more.
const LEAST: usize = 256;

/// What an event tells of an edit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ToldChanges {
    /// The product's revision since then.
    pub revision: u64,
    /// Pointers to what changed.
    pub changed: Vec<String>,
    /// Whether more has changed than is named.
    pub truncated: bool,
    /// What it was, and what it is. Of what is named and has no room here, it is known only that it changed.
    pub changes: Vec<ToldChange>,
}

/// A value that changed, as far as there is room for it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ToldChange {
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
    /// Whether the values are not whole: a text ends in an ellipsis, a list early, and what can't be cut is `null`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl ToldChanges {
    /// Tells of changes in at most [`MAX_DATA`] bytes of JSON.
    pub fn of(revision: u64, changes: &[Change]) -> Self {
        let changed = named(changes);
        let truncated = changed.len() < changes.len();
        let mut told = Self { revision, changed, truncated, changes: Vec::new() };
        told.changes = fitted(&changes[..told.changed.len()], MAX_DATA.saturating_sub(size(&told)));
        told
    }
}

/// As many pointers as an event may have, from the first one on.
fn named(changes: &[Change]) -> Vec<String> {
    let mut named = 0;
    let has_room = |pointer: &&String| {
        named += size(pointer) + 1;
        named <= MAX_NAMED
    };
    changes.iter().map(|change| &change.pointer).take(MAX_POINTERS).take_while(has_room).cloned().collect()
}

/// Changes in at most so many bytes. Small ones are told whole, and the others share what these leave. If each would have too
/// little to be of use, the last ones are left out.
fn fitted(changes: &[Change], room: usize) -> Vec<ToldChange> {
    let sizes: Vec<usize> = changes.iter().map(|change| size(change) + 1).collect();
    let (mut told, mut most) = (changes, share(&sizes, room));
    if most < LEAST {
        told = &changes[..changes.len().min(room / LEAST)];
        most = share(&sizes[..told.len()], room);
    }
    told.iter().filter_map(|change| within(change, most)).collect()
}

/// The most bytes that each may have, so that all of them have room.
fn share(sizes: &[usize], mut room: usize) -> usize {
    let mut ascending = sizes.to_vec();
    ascending.sort_unstable();
    for (position, size) in ascending.iter().enumerate() {
        let share = room / (sizes.len() - position);
        if *size > share {
            return share;
        }
        room -= size;
    }
    usize::MAX
}

/// A change in at most so many bytes, with the comma that follows on it; none if not even its pointer fits.
fn within(change: &Change, most: usize) -> Option<ToldChange> {
    if size(change) < most {
        return Some(ToldChange { change: change.clone(), cut: false });
    }
    let nothing = Change { pointer: change.pointer.clone(), before: Value::Null, after: Value::Null };
    let mut told = ToldChange { change: nothing, cut: true };
    let nulls = 2 * size(&Value::Null);
    let room = (most + nulls).checked_sub(size(&told) + 1).filter(|room| *room >= nulls)?;
    // What the smaller one leaves is the other's.
    let (before, after) = (size(&change.before), size(&change.after));
    let before = if before <= after { before.min(room / 2) } else { room - after.min(room / 2) };
    told.change.before = shortened(&change.before, before);
    told.change.after = shortened(&change.after, room - before);
    Some(told)
}

/// The beginning of a value, in at most so many bytes. `null` needs four.
fn shortened(value: &Value, most: usize) -> Value {
    match value {
        _ if size(value) <= most => value.clone(),
        Value::String(text) => beginning(text, most).map_or(Value::Null, Value::String),
        Value::Array(items) => {
            let mut used = size("");
            let has_room = |item: &&Value| {
                used += size(item) + 1;
                used <= most
            };
            items.iter().take_while(has_room).cloned().collect()
        }
        _ => Value::Null,
    }
}

/// The first characters of a text, and an ellipsis.
fn beginning(text: &str, most: usize) -> Option<String> {
    const ELLIPSIS: char = '…';
    let mut room = most.checked_sub(size("") + ELLIPSIS.len_utf8())?;
    let has_room = |character: &char| {
        // Some are escaped.
        let fits = room.checked_sub(size(character) - size(""));
        room = fits.unwrap_or(room);
        fits.is_some()
    };
    Some(text.chars().take_while(has_room).chain([ELLIPSIS]).collect())
}

/// The bytes that something has as JSON.
fn size(value: &(impl Serialize + ?Sized)) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}
