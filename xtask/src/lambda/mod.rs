//! Functions on this machine as Lambda runs them: programs that take one event after the other from the Runtime API.

pub(crate) mod environment;
pub(crate) mod http_api;
mod program;
mod runtime_api;
mod usage;

pub(crate) use program::{Program, Running};
