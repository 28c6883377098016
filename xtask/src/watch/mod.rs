//! The picture of a state machine's execution: fetched by [`fetch`], understood by [`history`], drawn by [`draw`].

pub(crate) mod draw;
pub(crate) mod fetch;
pub(crate) mod history;
pub(crate) mod machine;
