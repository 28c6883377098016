//! Judges whether a product is complete.
