//! Checks, what they find, and the proof that they would find it.

use serde_json::Value;

/// A check by name: what it finds wrong in a subject, one sentence per finding.
pub(crate) struct Check<S: ?Sized + 'static> {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&S) -> Vec<String>,
}

/// One mistake, made on purpose, and the check that has to find it.
pub(crate) struct Mutation<S> {
    pub(crate) check: &'static str,
    pub(crate) mistake: &'static str,
    /// Part of the finding that is expected.
    pub(crate) finding: &'static str,
    pub(crate) make: fn(&mut S),
}

/// Everything that the checks find, each with the check's name.
pub(crate) fn all<S>(checks: &[Check<S>], subject: &S) -> Vec<String> {
    let of = |check: &Check<S>| {
        (check.run)(subject).into_iter().map(|finding| format!("{}: {finding}", check.name)).collect::<Vec<_>>()
    };
    checks.iter().flat_map(of).collect()
}

/// Asserts that every mutation is found by the check that it names, and that every check has one.
pub(crate) fn prove<S>(checks: &[Check<S>], mutations: &[Mutation<S>], subject: impl Fn() -> S) {
    for mutation in mutations {
        let check = checks.iter().find(|check| check.name == mutation.check).expect("the mutation names a check");
        let mut subject = subject();

        (mutation.make)(&mut subject);

        let found = (check.run)(&subject);
        assert!(
            found.iter().any(|finding| finding.contains(mutation.finding)),
            "{}: {} was not found; found: {found:#?}",
            mutation.check,
            mutation.mistake
        );
    }
    for check in checks {
        assert!(mutations.iter().any(|mutation| mutation.check == check.name), "nothing proves {}", check.name);
    }
}

/// Changes what a JSON pointer leads to, or adds it where its parent is there.
pub(crate) fn set(root: &mut Value, pointer: &str, value: impl Into<Value>) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a slash");
    match root.pointer_mut(parent).expect("the parent is there") {
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value.into(),
        parent => parent[key] = value.into(),
    }
}

/// Takes away what a JSON pointer leads to.
pub(crate) fn remove(root: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let parent = root.pointer_mut(parent).and_then(Value::as_object_mut).expect("the parent is there");
    assert!(parent.remove(key).is_some(), "{pointer} was not there");
}
