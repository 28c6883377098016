//! Records why an upload can't be used. Repeating it changes nothing.

use tola_contracts::StepError;
use tola_contracts::process_image::{RecordRejection as Contract, Recorded, RejectionInput};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct RecordRejection {
    store: Store,
}

impl RecordRejection {
    /// The step on images in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for RecordRejection {
    type Contract = Contract;

    async fn run(&self, input: RejectionInput, context: &Context) -> Result<Recorded, StepError> {
        let RejectionInput { image_id, rejection } = input;
        let outcome = self
            .store
            .images(context.scope())
            .change(image_id, |image| Ok(image.reject(rejection.clone(), &context.origin())))
            .await
            .map_err(store_failed)?;
        let changed = outcome.moved();
        let image = outcome.document().ok_or_else(|| gone(image_id))?;
        Ok(Recorded { status: image.status, changed })
    }
}
