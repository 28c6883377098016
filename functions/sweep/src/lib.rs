//! Finds what was left undone and has it done.
