//! Starts the processing of an uploaded image.
fn main() {}
