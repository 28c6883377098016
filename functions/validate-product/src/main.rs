//! Judges whether a product is complete.
fn main() {}
