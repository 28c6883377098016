//! The metrics that we write into our logs, from which CloudWatch takes them. Alarms and the dashboard are held to this
//! list by a test. None has a merchant among its dimensions: each would be a metric more to pay for, and say in an alarm
//! whose products these are.

/// Where they are in CloudWatch.
pub const NAMESPACE: &str = "Tola";

/// The dimension that all of them have: the deployment.
pub const STAGE: &str = "Stage";

/// The dimension of those that each function has: its name without the deployment's.
pub const FUNCTION: &str = "Function";

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// What CloudWatch calls it.
    pub name: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// Whether each function has its own.
    pub of_a_function: bool,
    /// What it says.
    pub meaning: &'static str,
}

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// For how long.
    Milliseconds,
    /// The same.
    Seconds,
}

macro_rules! metrics {
    ($($constant:ident $name:literal $unit:ident $of_a_function:literal $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Metric =
                Metric { name: $name, unit: Unit::$unit, of_a_function: $of_a_function, meaning: $meaning };
        )*

        /// All of them.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    SUCCEEDED "Succeeded" Count true "Invocations of a function that did what they were asked.";
    FAILED "Failed" Count true "Invocations of a function that ended with an error, or with a status of 500 or more.";
    DURATION "Duration" Milliseconds true "How long an invocation took.";
    MESSAGES_LEFT "MessagesLeft" Count true "Messages that a function could not handle, and that come again.";
    PRODUCTS_REGISTERED "ProductsRegistered" Count false "Products that were registered.";
    PRODUCTS_READY "ProductsReady" Count false "Products that became complete.";
    PRODUCTS_PUBLISHED "ProductsPublished" Count false "Publications that some channel took.";
    PUBLICATIONS_REFUSED "PublicationsRefused" Count false "Publications that some channel did not take.";
    PRODUCTS_UNPUBLISHED "ProductsUnpublished" Count false "Withdrawals that some channel carried out.";
    PRODUCTS_PAUSED "ProductsPaused" Count false "Pauses for want of stock that came to their end.";
    PRODUCTS_DEPLETED "ProductsDepleted" Count false "Products of which the last piece went.";
    IMAGES_PROCESSED "ImagesProcessed" Count false "Images that have their renditions.";
    IMAGES_REJECTED "ImagesRejected" Count false "Images that can't be used.";
    TIME_TO_LIVE "TimeToLive" Milliseconds false "From asking for a publication until all channels have taken it.";
    OUTBOX_AGE "OutboxAge" Seconds false "How long the oldest event waits that should have been delivered.";
    STUCK_OPERATIONS "StuckOperations" Count false "Operations that run for longer than any machine allows.";
    LEFT_BEHIND "LeftBehind" Count false "What the sweep found undone and did, or had done.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_name_is_there_twice() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();

        assert_eq!(names.len(), ALL.len());
    }
}
