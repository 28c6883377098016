//! End-to-end tests on a stack deployed from template.yaml.
