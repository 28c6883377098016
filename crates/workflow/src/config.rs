//! Which state machine runs which operation.

use tola_catalog::OperationKind;

/// The ARNs of the state machines, read once at cold start.
#[derive(Debug, Clone)]
pub struct WorkflowConfig {
    /// `REGISTER_PRODUCT_ARN`
    pub register_product: String,
    /// `PROCESS_IMAGE_ARN`
    pub process_image: String,
    /// `PUBLISH_PRODUCT_ARN`
    pub publish_product: String,
    /// `WITHDRAW_PRODUCT_ARN`
    pub withdraw_product: String,
    /// `RECONCILE_CHANNEL_ARN`
    pub reconcile_channel: String,
    /// `REVIEW_CATEGORY_ARN`
    pub review_category: String,
}

/// A variable that is not set.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingArn(&'static str);

impl WorkflowConfig {
    /// Reads the variables that the fields name.
    ///
    /// # Errors
    /// [`MissingArn`] if one is not set.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machines' variables")]
    pub fn from_env() -> Result<Self, MissingArn> {
        Self::by(|name| std::env::var(name).map_err(|_| MissingArn(name)))
    }

    /// Reads the variables that the fields name with `read`.
    ///
    /// # Errors
    /// Whatever `read` gives.
    pub fn by<E>(read: impl Fn(&'static str) -> Result<String, E>) -> Result<Self, E> {
        Ok(Self {
            register_product: read("REGISTER_PRODUCT_ARN")?,
            process_image: read("PROCESS_IMAGE_ARN")?,
            publish_product: read("PUBLISH_PRODUCT_ARN")?,
            withdraw_product: read("WITHDRAW_PRODUCT_ARN")?,
            reconcile_channel: read("RECONCILE_CHANNEL_ARN")?,
            review_category: read("REVIEW_CATEGORY_ARN")?,
        })
    }

    /// The machine that runs operations of a kind.
    pub fn machine(&self, kind: OperationKind) -> &str {
        match kind {
            OperationKind::Register => &self.register_product,
            OperationKind::ProcessImage => &self.process_image,
            OperationKind::Publish => &self.publish_product,
            OperationKind::Unpublish | OperationKind::Deactivate | OperationKind::Delete | OperationKind::Pause => {
                &self.withdraw_product
            }
            OperationKind::Reconcile => &self.reconcile_channel,
            OperationKind::Review => &self.review_category,
        }
    }
}
