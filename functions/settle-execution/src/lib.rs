//! Settles operations whose execution ended without doing so itself.
