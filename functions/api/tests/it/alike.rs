//! What two answers, documents or commands have in common: what is left once everything has gone that differs from one
//! request to the next.

use mongodb::bson::Document;
use serde_json::{Value, json};

use crate::support::Answer;

/// The length of an id without its prefix.
const ULID: usize = 26;

/// The headers that are every request's own, or depend on the time.
const OWN: [&str; 5] = ["x-request-id", "x-correlation-id", "ratelimit", "idempotency-replayed", "content-length"];

/// A text with other names for what is named, and without times and the ids that are left.
pub(crate) fn plain(text: &str, names: &[(String, &str)]) -> String {
    let named = names.iter().fold(text.to_owned(), |text, (name, other)| text.replace(name, other));
    let is_id = |word: &str| word.len() == ULID;
    let unnamed = each_word(&named, |c| c.is_ascii_digit() || c.is_ascii_uppercase(), is_id, "(id)");
    let is_time = |word: &str| word.len() >= 20 && word.starts_with("20") && word.ends_with('Z');
    each_word(&unnamed, |c| c.is_ascii_digit() || "TZ:.-".contains(c), is_time, "(time)")
}

/// Replaces the words of a text, each as long as it can be.
fn each_word(text: &str, part: impl Fn(char) -> bool, is_one: impl Fn(&str) -> bool, other: &str) -> String {
    let (mut written, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(&part) {
        let (before, word) = rest.split_at(start);
        let (word, after) = word.split_at(word.find(|c| !part(c)).unwrap_or(word.len()));
        written.push_str(before);
        written.push_str(if is_one(word) { other } else { word });
        rest = after;
    }
    written + rest
}

/// Documents as text, in an order of their own.
pub(crate) fn plain_documents(documents: &[(String, Document)], names: &[(String, &str)]) -> Vec<String> {
    let text = |(collection, document): &(String, Document)| plain(&format!("{collection} {document}"), names);
    let mut texts: Vec<String> = documents.iter().map(text).collect();
    texts.sort();
    texts
}

impl Answer {
    /// Its status, headers and body. Links and uploads are signed for the moment.
    pub(crate) fn plain(&self, names: &[(String, &str)]) -> String {
        let headers = self.headers.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
        let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        let mut body = self.body.clone();
        unsign(&mut body);
        if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
            error.remove("request_id");
        }
        plain(&format!("{} {headers:?} {body:#}", self.status), names)
    }
}

fn unsign(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(unsign),
        Value::Object(fields) => {
            if let Some(upload) = fields.get_mut("upload") {
                for signed in ["fields", "curl"] {
                    assert!(!upload[signed].is_null(), "{upload}");
                    upload[signed] = json!("(signed)");
                }
            }
            fields.values_mut().for_each(unsign);
        }
        Value::String(text) if text.contains("X-Amz-") => text.truncate(text.find('?').unwrap()),
        _ => {}
    }
}
