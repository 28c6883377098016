//! What the event bus delivered: the catalog-events queue, as a consumer reads it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
use serde_json::Value;
use tola_contracts::message::EVENT_SOURCE;

use crate::{SOON, TestStack, eventually};

/// Everything that was read from queues, by the queue's URL. Tests run at the same time in one process, and whoever
/// reads the queue takes the others' events too.
static READ: Mutex<BTreeMap<String, Vec<Value>>> = Mutex::new(BTreeMap::new());

impl TestStack {
    /// Waits until the queue has told `count` events of a product or image, and returns them by number, without
    /// repetitions.
    pub async fn events_of(&self, aggregate: &str, count: usize) -> Vec<Value> {
        eventually(&format!("the queue tells {count} events of {aggregate}"), SOON, async || {
            self.reads_queue().await;
            let told = self.told_of(aggregate);
            let distinct = gapless(aggregate, &told)?;
            if distinct.len() >= count { Ok(distinct) } else { Err(format!("{told:#?}")) }
        })
        .await
    }

    fn told_of(&self, aggregate: &str) -> Vec<Value> {
        let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let all = read.get(self.output("CatalogEventsQueueUrl"));
        all.into_iter().flatten().filter(|event| event["aggregate_id"] == aggregate).cloned().collect()
    }

    /// Everything that the queue has told of a merchant's products and images so far, in the order in which it came, and
    /// repeated where it was.
    ///
    /// # Errors
    /// When the queue can't be read.
    pub async fn hears_of(&self, merchant: &str) -> Result<Vec<Value>, String> {
        self.tries_queue().await?;
        let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let all = read.get(self.output("CatalogEventsQueueUrl"));
        Ok(all.into_iter().flatten().filter(|event| event["merchant_id"] == merchant).cloned().collect())
    }

    /// Takes everything that is in the queue.
    async fn reads_queue(&self) {
        self.tries_queue().await.unwrap_or_else(|error| panic!("{error}"));
    }

    async fn tries_queue(&self) -> Result<(), String> {
        let (sqs, queue) = (aws_sdk_sqs::Client::new(self.aws()), self.output("CatalogEventsQueueUrl"));
        loop {
            let received = sqs.receive_message().queue_url(queue).max_number_of_messages(10).send().await;
            let received = received.map_err(|error| format!("the events queue: {error:?}"))?;
            let messages = received.messages();
            if messages.is_empty() {
                return Ok(());
            }
            let events = messages.iter().map(event);
            READ.lock().unwrap_or_else(PoisonError::into_inner).entry(queue.to_owned()).or_default().extend(events);
            let done = messages.iter().enumerate().map(|(position, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(position.to_string());
                entry.set_receipt_handle(message.receipt_handle.clone()).build().expect("an entry")
            });
            let done = sqs.delete_message_batch().queue_url(queue).set_entries(Some(done.collect())).send().await;
            done.map_err(|error| format!("the events queue: {error:?}"))?;
        }
    }
}

/// The event in a message from the bus.
fn event(message: &Message) -> Value {
    let body: Value = serde_json::from_str(message.body().unwrap_or_default()).unwrap_or_default();
    assert_eq!(body["source"], EVENT_SOURCE, "no event of ours: {body:#}");
    assert_eq!(body["detail-type"], body["detail"]["kind"], "{body:#}");
    body["detail"].clone()
}

/// What happened, in order.
#[must_use]
pub fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["kind"].as_str().unwrap_or_default()).collect()
}

/// The distinct events by number, if each number from 1 on is there, and a repeated one is the same event.
///
/// # Errors
/// What is missing or contradicts itself.
pub fn gapless(aggregate: &str, events: &[Value]) -> Result<Vec<Value>, String> {
    let mut by_number: BTreeMap<u64, &Value> = BTreeMap::new();
    for event in events {
        let sequence = event["sequence"].as_u64().ok_or_else(|| format!("an event without number: {event}"))?;
        if event["event_id"] != format!("{aggregate}:{sequence}") {
            return Err(format!("an event with a wrong id: {event}"));
        }
        if let Some(known) = by_number.insert(sequence, event)
            && without_reader(known) != without_reader(event)
        {
            return Err(format!("two events under one number: {known} and {event}"));
        }
    }
    let expected = 1..=by_number.len() as u64;
    if !by_number.keys().copied().eq(expected) {
        return Err(format!("numbers are missing: {:?}", by_number.keys().collect::<Vec<_>>()));
    }
    Ok(by_number.into_values().map(without_reader).collect())
}

/// An event as history shows it: a reader knows whose product it asked for.
fn without_reader(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(fields) = event.as_object_mut() {
        fields.remove("merchant_id");
        fields.remove("aggregate_id");
    }
    event
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(sequence: u64, kind: &str) -> Value {
        json!({ "event_id": format!("p:{sequence}"), "sequence": sequence, "kind": kind })
    }

    #[test]
    fn repetitions_and_any_order_are_fine() {
        let told = [event(2, "b"), event(1, "a"), event(2, "b")];

        assert_eq!(kinds(&gapless("p", &told).unwrap()), ["a", "b"]);
    }

    #[test]
    fn gaps_contradictions_and_strangers_are_not() {
        assert!(gapless("p", &[event(1, "a"), event(3, "c")]).is_err());
        assert!(gapless("p", &[event(2, "b")]).is_err());
        assert!(gapless("p", &[event(1, "a"), event(1, "b")]).is_err());
        assert!(gapless("q", &[event(1, "a")]).is_err());
    }
}
