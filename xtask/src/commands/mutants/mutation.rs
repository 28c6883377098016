//! What can be taken away.

use crate::fault::faults::Fault;

/// A change of the code that takes one thing away.
pub(super) struct Mutation {
    /// What is taken away.
    pub(super) name: &'static str,
    /// The file, from the repository's root.
    pub(super) file: &'static str,
    /// What stands there once.
    pub(super) from: &'static str,
    /// What stands there instead.
    pub(super) to: &'static str,
    /// What in the model shows that it is gone.
    pub(super) shown_by: ShownBy,
    /// The faults of a deployed stack that show soon enough that it is gone; of most there are too few in a run.
    pub(super) on_stack: &'static [Fault],
}

/// Tests of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShownBy {
    /// What chance breaks, and the checker that reads it.
    Seeds,
    /// The stories in which a command that was given up comes at the worst time, which chance hardly ever hits: after a
    /// newer one has had its effect, before that is recorded, and when nobody's claim is in the way.
    OldCommands,
}

/// Each of these holds one of the promises up.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "version filter",
        file: "crates/store/src/document.rs",
        from: "    if let Some(last) = MAX_OUTBOX.checked_sub(events.len()) {",
        to: "    filter.remove(\"version\");\n    if let Some(last) = MAX_OUTBOX.checked_sub(events.len()) {",
        shown_by: ShownBy::Seeds,
        on_stack: &[Fault::DatabaseSlow],
    },
    Mutation {
        name: "fence check",
        file: "crates/catalog/src/product/command.rs",
        from: ".filter(|command| under_way && command.fence == fence) else {\n            return Claimed::Superseded;",
        to: ".filter(|_| under_way) else {\n            return Claimed::Superseded;",
        shown_by: ShownBy::OldCommands,
        on_stack: &[],
    },
    Mutation {
        name: "hold",
        file: "crates/catalog/src/product/offer.rs",
        from: "            return self.hold_back(origin);",
        to: "            return;",
        shown_by: ShownBy::Seeds,
        on_stack: &[],
    },
    Mutation {
        name: "claim",
        file: "crates/catalog/src/product/command.rs",
        from: "listing.claim.as_ref().filter(|claim| claim.until > origin.now && claim.holder != holder) {",
        to: "listing.claim.as_ref().filter(|_| false) {",
        shown_by: ShownBy::Seeds,
        on_stack: &[],
    },
    Mutation {
        name: "idempotency record",
        file: "crates/store/src/idempotency.rs",
        from: "        // Twice at most: a record that has expired",
        to: "        if fresh.answer.is_none() {\n            return Ok(Begun::Proceed(minted));\n        }\n        // Twice at most: a record that has expired",
        shown_by: ShownBy::Seeds,
        on_stack: &[Fault::CrashAfter],
    },
    Mutation {
        name: "intent sweep",
        file: "functions/sweep/src/lib.rs",
        from: "Ok(intents) => self.launch(intents, &mut swept).await,",
        to: "Ok(_) => {}",
        shown_by: ShownBy::Seeds,
        on_stack: &[Fault::CrashBetween, Fault::RepliesLost],
    },
    Mutation {
        name: "$pull guard",
        file: "crates/store/src/outbox.rs",
        from: "doc! { \"$pull\": { \"outbox\": { \"event_id\": { \"$in\": delivered } } } };",
        to: "doc! { \"$set\": { \"outbox\": delivered.iter().map(|_| \"\").filter(|none| !none.is_empty()).collect::<Vec<_>>() } };",
        shown_by: ShownBy::Seeds,
        on_stack: &[],
    },
    Mutation {
        name: "partial-failure check",
        file: "crates/events/src/bus.rs",
        from: "taken[position] = entry.error_code().is_none();",
        to: "taken[position] = true;",
        shown_by: ShownBy::Seeds,
        on_stack: &[],
    },
];

#[cfg(test)]
mod tests {
    use std::fs;

    use tola_local::stack::workspace;

    use super::*;

    #[test]
    fn a_deployed_stack_shows_three_of_them() {
        assert_eq!(MUTATIONS.iter().filter(|mutation| !mutation.on_stack.is_empty()).count(), 3);
    }

    #[test]
    fn what_is_taken_away_is_there_once() {
        for mutation in MUTATIONS {
            let code = fs::read_to_string(workspace().join(mutation.file)).unwrap();

            assert_eq!(code.matches(mutation.from).count(), 1, "{}: {}", mutation.name, mutation.file);
        }
    }
}
