//! Records the renditions of an image and makes it READY.
