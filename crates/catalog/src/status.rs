//! A product's status as a pure function, and the one table of what may be asked of it when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a product stands: computed in every write, and never set by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductStatus {
    /// Something is missing.
    Draft,
    /// Complete, and on no channel.
    Ready,
    /// Live on a channel at least.
    Active,
    /// Taken off the market by its merchant.
    Inactive,
}

impl ProductStatus {
    /// The rule: deactivated → `INACTIVE`; else live anywhere → `ACTIVE`; else complete → `READY`; else `DRAFT`.
    pub fn of(deactivated: bool, live_anywhere: bool, complete: bool) -> Self {
        match (deactivated, live_anywhere, complete) {
            (true, _, _) => Self::Inactive,
            (_, true, _) => Self::Active,
            (_, _, true) => Self::Ready,
            _ => Self::Draft,
        }
    }

    /// Reads the upper-case name that the API uses.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "DRAFT" => Some(Self::Draft),
            "READY" => Some(Self::Ready),
            "ACTIVE" => Some(Self::Active),
            "INACTIVE" => Some(Self::Inactive),
            _ => None,
        }
    }

    /// The upper-case name that the API uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Ready => "READY",
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }

    /// What may be asked of a product in this status; anything else is a conflict.
    pub fn permits(self) -> &'static [Request] {
        use Request::{Deactivate, Delete, Edit, Publish, Reactivate, Unpublish};
        match self {
            Self::Draft => &[Edit, Deactivate, Delete],
            Self::Ready => &[Edit, Publish, Deactivate, Delete],
            Self::Active => &[Edit, Publish, Unpublish, Deactivate, Delete],
            Self::Inactive => &[Edit, Deactivate, Reactivate, Delete],
        }
    }
}

/// What a merchant may ask of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    /// Change its data, images or overrides.
    Edit,
    /// Offer it on channels.
    Publish,
    /// Take it off channels, and keep it READY.
    Unpublish,
    /// Take it off every channel until it is reactivated. Repeating it retries what was refused.
    Deactivate,
    /// Make it READY or DRAFT again.
    Reactivate,
    /// Remove it.
    Delete,
}

impl Request {
    /// Every request.
    pub const ALL: [Self; 6] =
        [Self::Edit, Self::Publish, Self::Unpublish, Self::Deactivate, Self::Reactivate, Self::Delete];

    /// The verb that a message to the merchant uses.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Publish => "publish",
            Self::Unpublish => "unpublish",
            Self::Deactivate => "deactivate",
            Self::Reactivate => "reactivate",
            Self::Delete => "delete",
        }
    }
}

/// Why a product's state does not allow a request, and what it allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a product that is {state} can't be asked to {}; possible: {}", asked.verb(), possible_verbs(possible))]
pub struct NotPossible {
    /// The status, or `being deleted`.
    pub state: &'static str,
    /// What was asked.
    pub asked: Request,
    /// What is possible instead.
    pub possible: &'static [Request],
}

/// Looks a request up in the table. A product that is being deleted allows nothing but the same DELETE again.
///
/// # Errors
/// [`NotPossible`], naming what is.
pub fn permit(status: ProductStatus, deleting: bool, asked: Request) -> Result<(), NotPossible> {
    let (state, possible): (_, &'static [Request]) =
        if deleting { ("being deleted", &[Request::Delete]) } else { (status.name(), status.permits()) };
    if possible.contains(&asked) { Ok(()) } else { Err(NotPossible { state, asked, possible }) }
}

fn possible_verbs(possible: &[Request]) -> String {
    possible.iter().map(|request| request.verb()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_applies_decides() {
        for live in [false, true] {
            for complete in [false, true] {
                assert_eq!(ProductStatus::of(true, live, complete), ProductStatus::Inactive);
            }
            assert_eq!(ProductStatus::of(false, true, live), ProductStatus::Active);
        }
        assert_eq!(ProductStatus::of(false, false, true), ProductStatus::Ready);
        assert_eq!(ProductStatus::of(false, false, false), ProductStatus::Draft);
    }

    #[test]
    fn only_what_is_complete_or_live_is_published_and_only_what_is_inactive_is_reactivated() {
        use ProductStatus::{Active, Draft, Inactive, Ready};

        let who_may = |request: Request| {
            [Draft, Ready, Active, Inactive]
                .into_iter()
                .filter(|s| permit(*s, false, request).is_ok())
                .collect::<Vec<_>>()
        };

        assert_eq!(who_may(Request::Publish), [Ready, Active]);
        assert_eq!(who_may(Request::Unpublish), [Active]);
        assert_eq!(who_may(Request::Reactivate), [Inactive]);
        assert_eq!(who_may(Request::Edit), [Draft, Ready, Active, Inactive]);
        assert_eq!(who_may(Request::Delete), [Draft, Ready, Active, Inactive]);
    }

    #[test]
    fn a_product_being_deleted_allows_only_its_delete_and_says_so() {
        for request in Request::ALL {
            let answer = permit(ProductStatus::Ready, true, request);
            assert_eq!(answer.is_ok(), request == Request::Delete);
        }
        let refusal = permit(ProductStatus::Draft, false, Request::Publish).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "a product that is DRAFT can't be asked to publish; possible: edit, deactivate, delete"
        );
    }
}
