//! Records the renditions of an image and makes it READY. Repeating it changes nothing.

use tola_contracts::StepError;
use tola_contracts::process_image::{RecordImage as Contract, RecordInput, Recorded};
use tola_step::{Context, Step, gone, store_failed};
use tola_store::Store;

/// The step.
pub struct RecordImage {
    store: Store,
}

impl RecordImage {
    /// The step on images in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Step for RecordImage {
    type Contract = Contract;

    async fn run(&self, input: RecordInput, context: &Context) -> Result<Recorded, StepError> {
        let RecordInput { image_id, file, placeholder, renditions } = input;
        let images = self.store.images(context.scope());
        let outcome = images.change(image_id, |image| {
            Ok(image.finish(file.clone(), placeholder.clone(), renditions.clone(), &context.origin()))
        });
        let outcome = outcome.await.map_err(store_failed)?;
        let changed = outcome.moved();
        let image = outcome.document().ok_or_else(|| gone(image_id))?;
        Ok(Recorded { status: image.status, changed })
    }
}
