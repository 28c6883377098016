//! Makes the collections' indexes, once per deploy.
fn main() {}
