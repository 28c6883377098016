//! Whose documents a piece of code may touch.

use tola_catalog::{Identity, MerchantId};
use tola_contracts::OperationRef;

/// One merchant's documents. It comes from a verified identity, or from an operation that such an identity began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantScope {
    merchant_id: MerchantId,
}

impl TenantScope {
    /// The merchant that a verified identity works for.
    pub fn of_identity(identity: &Identity) -> Self {
        Self { merchant_id: identity.merchant_id }
    }

    /// The merchant whose operation an execution carries out.
    pub fn of_operation(operation: &OperationRef) -> Self {
        Self { merchant_id: operation.merchant_id }
    }

    /// The merchant.
    pub fn merchant_id(self) -> MerchantId {
        self.merchant_id
    }
}

/// Every merchant's documents, for parts of Tola that serve all of them. Each use says which part it is, and a test
/// holds the uses against a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemScope {
    part: &'static str,
}

impl SystemScope {
    /// The scope of a part of Tola that serves every merchant.
    pub fn named(part: &'static str) -> Self {
        Self { part }
    }

    /// The part's name.
    pub fn part(self) -> &'static str {
        self.part
    }

    /// One merchant's documents, for work that was found in them.
    pub fn acting_for(self, merchant_id: MerchantId) -> TenantScope {
        TenantScope { merchant_id }
    }
}
