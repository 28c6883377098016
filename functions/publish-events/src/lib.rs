//! Publishes the events that a workflow left in the outboxes of its documents.
