//! Brings a product up to date with its images and its status.
