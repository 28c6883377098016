//! Carries a finished image into every product that refers to it.
