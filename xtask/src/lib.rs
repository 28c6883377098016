//! The project's commands: up, down, test, watch and bench.
