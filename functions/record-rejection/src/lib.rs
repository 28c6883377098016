//! Records why an upload can not be used.
