//! The queues between the stack's functions, from the side of who repeats, delays and poisons what is in them.

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, QueueAttributeName};

use crate::TestStack;

/// A queue that a function of the stack reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// What arrived in the bucket.
    Uploads,
    /// Outboxes that wait for too long.
    Relay,
    /// Executions that ended.
    ExecutionStatus,
    /// What the sandbox marketplace is to do.
    SandboxCommands,
}

impl Queue {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Uploads, Self::Relay, Self::ExecutionStatus, Self::SandboxCommands];

    /// The end of its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploads => "uploads",
            Self::Relay => "relay",
            Self::ExecutionStatus => "execution-status",
            Self::SandboxCommands => "sandbox-commands",
        }
    }
}

impl TestStack {
    fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(self.aws())
    }

    /// A queue's URL: only some are outputs of the template, and all are called alike.
    fn url(&self, name: &str) -> String {
        let relay = self.output("RelayQueueUrl");
        relay.strip_suffix("relay").map(|front| format!("{front}{name}")).unwrap_or_default()
    }

    /// Has a queue give messages that nobody finished again after some seconds, instead of minutes.
    ///
    /// # Errors
    /// When the queue can't be changed.
    pub async fn gives_again_after(&self, queue: Queue, seconds: u32) -> Result<(), String> {
        let attributes = self.sqs().set_queue_attributes().queue_url(self.url(queue.name()));
        let set = attributes.attributes(QueueAttributeName::VisibilityTimeout, seconds.to_string()).send().await;
        set.map(|_| ()).map_err(|error| format!("{}: {error:?}", queue.name()))
    }

    /// Puts a text into a queue.
    ///
    /// # Errors
    /// When the queue does not take it.
    pub async fn puts(&self, queue: Queue, body: &str) -> Result<(), String> {
        let sent = self.sqs().send_message().queue_url(self.url(queue.name())).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| format!("{}: {error:?}", queue.name()))
    }

    /// Takes up to ten texts out of the dead letters of a queue, for good.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn takes_dead_letters(&self, queue: Queue) -> Result<Vec<String>, String> {
        let (sqs, url) = (self.sqs(), self.url(&format!("{}-dead-letters", queue.name())));
        let received = sqs.receive_message().queue_url(&url).max_number_of_messages(10).send().await;
        let received = received.map_err(|error| format!("{}: {error:?}", queue.name()))?;
        let entry = |(position, message): (usize, &Message)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(position.to_string());
            entry.set_receipt_handle(message.receipt_handle.clone()).build().ok()
        };
        let entries: Vec<_> = received.messages().iter().enumerate().filter_map(entry).collect();
        if !entries.is_empty() {
            let done = sqs.delete_message_batch().queue_url(&url).set_entries(Some(entries)).send().await;
            done.map_err(|error| format!("{}: {error:?}", queue.name()))?;
        }
        Ok(received.messages().iter().filter_map(|message| message.body.clone()).collect())
    }

    /// Puts everything that lies in a queue into it once more, and returns how much there was. Whoever pauses its readers
    /// first finds more.
    ///
    /// # Errors
    /// When the queue can't be read or written.
    pub async fn duplicates(&self, queue: Queue) -> Result<usize, String> {
        let (sqs, url) = (self.sqs(), self.url(queue.name()));
        let failed = |error: String| format!("{}: {error}", queue.name());
        let mut seen = Vec::new();
        loop {
            // Long enough for a look at all of them, and short enough for their readers.
            let receive = sqs.receive_message().queue_url(&url).max_number_of_messages(10).visibility_timeout(2);
            let received = receive.send().await.map_err(|error| failed(format!("{error:?}")))?;
            if received.messages().is_empty() {
                break;
            }
            seen.extend(received.messages().iter().filter_map(|message| message.body.clone()));
        }
        for body in &seen {
            let sent = sqs.send_message().queue_url(&url).message_body(body).send().await;
            sent.map_err(|error| failed(format!("{error:?}")))?;
        }
        Ok(seen.len())
    }

    /// Has the functions stop or go on reading from their queues.
    ///
    /// # Errors
    /// When their mappings can't be found or changed.
    pub async fn reads_queues(&self, enabled: bool) -> Result<(), String> {
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let listed = lambda.list_event_source_mappings().send().await.map_err(|error| format!("{error:?}"))?;
        for mapping in listed.event_source_mappings() {
            let update = lambda.update_event_source_mapping().set_uuid(mapping.uuid.clone()).enabled(enabled);
            update.send().await.map_err(|error| format!("a queue's mapping: {error:?}"))?;
        }
        Ok(())
    }
}
