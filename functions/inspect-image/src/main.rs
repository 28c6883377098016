//! Reads an upload and says what it is, before anything decodes it.
fn main() {}
