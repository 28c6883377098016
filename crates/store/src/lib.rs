//! The catalog's documents in MongoDB: scoped repositories and one conditional write per change.
