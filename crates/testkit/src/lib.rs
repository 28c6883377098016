//! What tests share: builders, a fixed clock and actors whose verbs are the API's.
