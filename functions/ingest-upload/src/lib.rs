//! Starts the processing of an uploaded image.
