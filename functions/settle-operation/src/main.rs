//! Records how an operation ended.
fn main() {}
