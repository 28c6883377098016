//! What has to be true in the end: what the acknowledged writes come to if nothing ever goes wrong. It is the product's
//! rules once more in a few lines, and no code of the product's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::Write;

/// Where a product ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Oracle {
    /// The values of the fields that were ever given; of images, their ids.
    pub fields: BTreeMap<String, Value>,
    /// How many there are of it, if anybody has said.
    pub pieces: Option<i64>,
    /// The channels on which its merchant wants it to be seen; on no others.
    pub on: BTreeSet<String>,
    /// Whether its merchant took it off the market.
    pub deactivated: bool,
    /// Whether its merchant deleted it.
    pub deleted: bool,
    /// The attributes that its category asks for.
    pub asked: BTreeSet<String>,
}

/// A product's status, as the API writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Something is missing.
    Draft,
    /// Complete, and on no channel.
    Ready,
    /// On a channel at least.
    Active,
    /// Taken off the market.
    Inactive,
}

impl Status {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Ready => "READY",
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

impl Oracle {
    /// What the writes come to, one after the other.
    pub fn of(writes: &[Write]) -> Self {
        let mut oracle = Self::default();
        for write in writes {
            match write {
                Write::Registered(body) | Write::Edited(body) => oracle.takes(body.as_object()),
                Write::Counted(body) => oracle.counts(body),
                Write::Published { channels } => oracle.on.extend(channels.iter().cloned()),
                Write::Unpublished { channels } => oracle.on.retain(|channel| !channels.contains(channel)),
                Write::Deactivated => {
                    oracle.on.clear();
                    oracle.deactivated = true;
                }
                Write::Asked { attributes } => oracle.asked = attributes.iter().cloned().collect(),
                Write::Reactivated => oracle.deactivated = false,
                Write::Deleted => {
                    oracle.on.clear();
                    oracle.deleted = true;
                }
            }
        }
        oracle
    }

    /// The status that it is to have, if its photos could be used.
    pub fn status(&self) -> Status {
        if self.deactivated {
            return Status::Inactive;
        }
        if !self.on.is_empty() && !self.is_depleted() {
            return Status::Active;
        }
        if self.is_complete() { Status::Ready } else { Status::Draft }
    }

    /// Whether no piece of it is left, so that nobody is to see it.
    pub fn is_depleted(&self) -> bool {
        self.pieces == Some(0)
    }

    /// Whether buyers are to see it on a channel.
    pub fn is_seen_on(&self, channel: &str) -> bool {
        self.on.contains(channel) && !self.is_depleted()
    }

    /// Whether nothing is missing, if its photos could be used.
    pub fn is_complete(&self) -> bool {
        let given = |field: &str| self.fields.get(field).is_some_and(|value| !value.is_null());
        let pictured = self.fields.get("images").and_then(Value::as_array).is_some_and(|images| !images.is_empty());
        let attributes = self.fields.get("attributes");
        let described = self.asked.iter().all(|key| attributes.is_some_and(|given| !given[key].is_null()));
        given("description") && given("price") && pictured && described
    }

    fn counts(&mut self, body: &Value) {
        if let Some(pieces) = body.get("set") {
            self.pieces = pieces.as_i64();
        }
        if let Some(by) = body["adjust"].as_i64() {
            self.pieces = self.pieces.map(|pieces| pieces + by);
        }
    }

    fn takes(&mut self, fields: Option<&Map<String, Value>>) {
        for (field, value) in fields.into_iter().flatten() {
            match (field.as_str(), value) {
                ("attributes", Value::Object(given)) => self.merges(given),
                _ => _ = self.fields.insert(field.clone(), comparable(field, value)),
            }
        }
    }

    /// Attributes are set and taken away one by one.
    fn merges(&mut self, given: &Map<String, Value>) {
        let known = self.fields.entry("attributes".to_owned()).or_insert_with(|| Map::new().into());
        let Some(known) = known.as_object_mut() else { return };
        known.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
        known.retain(|_, value| !value.is_null());
    }
}

/// A field's value in the form in which what was sent and what is shown can be compared.
pub(crate) fn comparable(field: &str, value: &Value) -> Value {
    match (field, value) {
        ("images", Value::Array(images)) => images.iter().map(|image| image["image_id"].clone()).collect(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn later_writes_prevail_and_a_deactivation_takes_it_off_everywhere() {
        let north = || vec!["north".to_owned()];
        let complete = json!({
            "name": "Lamp", "description": "It shines.", "price": { "amount": 1, "currency": "USD" },
            "images": [{ "image_id": "img", "alt": "A lamp" }],
        });
        let mut writes = vec![Write::Registered(complete), Write::Edited(json!({ "name": "Torch" }))];
        let oracle = Oracle::of(&writes);
        assert_eq!((oracle.status(), &oracle.fields["name"]), (Status::Ready, &json!("Torch")));
        assert_eq!(oracle.fields["images"], json!(["img"]));

        writes.push(Write::Published { channels: north() });
        assert_eq!(Oracle::of(&writes).status(), Status::Active);
        writes.push(Write::Deactivated);
        assert_eq!((Oracle::of(&writes).status(), Oracle::of(&writes).on.len()), (Status::Inactive, 0));
        writes.push(Write::Reactivated);
        assert_eq!(Oracle::of(&writes).status(), Status::Ready);
    }

    #[test]
    fn what_is_asked_for_is_missing_until_it_is_given_or_not_asked_for_any_more() {
        let complete = json!({
            "description": "It shines.", "price": { "amount": 1, "currency": "USD" }, "images": [{ "image_id": "img" }],
        });
        let mut writes = vec![Write::Registered(complete), Write::Asked { attributes: vec!["material".into()] }];
        assert_eq!(Oracle::of(&writes).status(), Status::Draft);
        writes.push(Write::Edited(json!({ "attributes": { "material": "brass" } })));
        assert_eq!(Oracle::of(&writes).status(), Status::Ready);
        writes[2] = Write::Asked { attributes: Vec::new() };
        assert_eq!(Oracle::of(&writes).status(), Status::Ready);
    }

    #[test]
    fn pieces_add_up_from_where_they_were_counted() {
        let pieces = |writes: &[Value]| {
            let writes: Vec<_> = writes.iter().cloned().map(Write::Counted).collect();
            Oracle::of(&writes).pieces
        };

        assert_eq!(
            pieces(&[json!({ "set": 5 }), json!({ "adjust": -2 }), json!({ "low_stock_threshold": 9 })]),
            Some(3)
        );
        assert_eq!(pieces(&[json!({ "set": 5 }), json!({ "set": null })]), None);
    }

    #[test]
    fn what_is_out_of_stock_is_seen_nowhere_and_comes_back_with_the_next_piece() {
        let complete = json!({
            "description": "It shines.", "price": { "amount": 1, "currency": "USD" }, "images": [{ "image_id": "img" }],
        });
        let published = Write::Published { channels: vec!["north".into()] };
        let mut writes = vec![Write::Registered(complete), published, Write::Counted(json!({ "set": 1 }))];
        assert!(Oracle::of(&writes).is_seen_on("north"));
        writes.push(Write::Counted(json!({ "adjust": -1 })));
        let oracle = Oracle::of(&writes);
        assert_eq!((oracle.status(), oracle.is_seen_on("north")), (Status::Ready, false));
        writes.push(Write::Counted(json!({ "adjust": 2 })));
        assert_eq!(Oracle::of(&writes).status(), Status::Active);
    }

    #[test]
    fn a_field_that_is_taken_away_makes_a_draft() {
        let priced = Write::Registered(json!({ "price": { "amount": 1, "currency": "USD" } }));

        assert_eq!(Oracle::of(&[priced, Write::Edited(json!({ "price": null }))]).status(), Status::Draft);
    }
}
