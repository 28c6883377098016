//! Drains the outboxes that the sweep found overdue.
