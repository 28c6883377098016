//! Records how an operation ended.
