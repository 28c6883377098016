//! Operations.

use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc, serialize_to_bson, serialize_to_document};
use mongodb::{Collection, Database};
use tola_catalog::operation::{MAX_DRIFTS, MAX_STEPS};
use tola_catalog::product::Drift;
use tola_catalog::{ChannelId, Operation, OperationId, OperationStatus, Problem, ProductId, StepRecord, Timestamp};

use crate::schema::{self, Shape};
use crate::{Error, TenantScope};

/// One merchant's operations.
pub struct Operations {
    collection: Collection<Operation>,
    scope: TenantScope,
}

/// Which of a merchant's operations a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationFilter {
    /// Those that stand so.
    pub status: Option<OperationStatus>,
    /// Those of this product.
    pub product: Option<ProductId>,
    /// Those that call this channel.
    pub channel: Option<ChannelId>,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// SUCCEEDED, FAILED or CANCELLED.
    pub status: OperationStatus,
    /// What came of it.
    pub result: Option<String>,
    /// Why it failed.
    pub problem: Option<Problem>,
}

impl Operations {
    pub(crate) fn new(database: &Database, scope: TenantScope) -> Self {
        Self { collection: database.collection(schema::OPERATIONS), scope }
    }

    /// The operation, unless it does not exist or is another merchant's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, id: OperationId) -> Result<Option<Operation>, Error> {
        Ok(self.collection.find_one(self.by_id(id)).await?)
    }

    /// Takes back the promise of an operation that there is nothing to do for, unless it was started.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_back(&self, id: OperationId) -> Result<(), Error> {
        let mut filter = self.by_id(id);
        filter.insert("execution_arn", doc! { "$exists": false });
        self.collection.delete_one(filter).await?;
        Ok(())
    }

    /// Up to `limit` operations, newest first, from the one after `after` on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        filter: &OperationFilter,
        after: Option<OperationId>,
        limit: u32,
    ) -> Result<Vec<Operation>, Error> {
        let range = after.map(|id| doc! { "$lt": id.to_string() });
        let merchant = Bson::from(self.scope.merchant_id().to_string());
        let channel = filter.channel.as_ref().map(|channel| Bson::from(channel.as_str()));
        let product = filter.product.map(|product| Bson::from(product.to_string()));
        let (shape, filter): (&Shape, _) = match (filter.status.map(name), product, channel) {
            (None, None, None) => (&schema::OPERATIONS_NEWEST, schema::OPERATIONS_NEWEST.filter([merchant], range)),
            (Some(status), None, None) => {
                let shape = &schema::OPERATIONS_IN_STATUS;
                (shape, shape.filter([merchant, status], range))
            }
            (None, None, Some(channel)) => {
                let shape = &schema::OPERATIONS_OF_CHANNEL;
                (shape, shape.filter([merchant, channel], range))
            }
            (Some(status), None, Some(channel)) => {
                let shape = &schema::OPERATIONS_OF_CHANNEL_IN_STATUS;
                (shape, shape.filter([merchant, channel, status], range))
            }
            (status, Some(product), channel) => {
                let (shape, mut filter) = match status {
                    None => {
                        let shape = &schema::OPERATIONS_OF_PRODUCT;
                        (shape, shape.filter([merchant, product], range))
                    }
                    Some(status) => {
                        let shape = &schema::OPERATIONS_OF_PRODUCT_IN_STATUS;
                        (shape, shape.filter([merchant, product, status], range))
                    }
                };
                // A product has few operations, so that its index serves as if the channel were not asked for.
                filter.extend(channel.map(|channel| ("channels".to_owned(), channel)));
                (shape, filter)
            }
        };
        let found = self.collection.find(filter).sort(shape.order()).limit(i64::from(limit)).await?;
        Ok(found.try_collect().await?)
    }

    /// Writes the operation unless it is there already, in whatever state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ensure(&self, operation: &Operation) -> Result<(), Error> {
        let mut document = serialize_to_document(operation)?;
        document.remove("_id");
        document.remove("merchant_id");
        let update = doc! { "$setOnInsert": document };
        self.collection.update_one(self.by_id(operation.id), update).upsert(true).await?;
        Ok(())
    }

    /// Records the execution that carries the operation out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn started(&self, id: OperationId, execution_arn: &str) -> Result<(), Error> {
        self.collection.update_one(self.by_id(id), doc! { "$set": { "execution_arn": execution_arn } }).await?;
        Ok(())
    }

    /// Records that an attempt of a step began. The same attempt that begins twice is recorded once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step_began(&self, id: OperationId, step: &StepRecord) -> Result<(), Error> {
        let mut filter = self.by_id(id);
        filter.insert("steps", doc! { "$not": { "$elemMatch": attempt_of(step) } });
        let keep = -i32::try_from(MAX_STEPS).unwrap_or(i32::MAX);
        let update = doc! { "$push": { "steps": { "$each": [serialize_to_bson(step)?], "$slice": keep } } };
        self.collection.update_one(filter, update).await?;
        Ok(())
    }

    /// Records how an attempt of a step ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn step_ended(&self, id: OperationId, step: &StepRecord) -> Result<(), Error> {
        let mut filter = self.by_id(id);
        filter.insert("steps", doc! { "$elemMatch": attempt_of(step) });
        let update = doc! { "$set": { "steps.$": serialize_to_bson(step)? } };
        self.collection.update_one(filter, update).await?;
        Ok(())
    }

    /// Records what a reconciliation found, until it has found [`MAX_DRIFTS`]. What is found again is recorded once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drifted(&self, id: OperationId, drifts: &[Drift]) -> Result<(), Error> {
        if drifts.is_empty() {
            return Ok(());
        }
        let mut filter = self.by_id(id);
        filter.insert(format!("drifts.{}", MAX_DRIFTS - 1), doc! { "$exists": false });
        let update = doc! { "$addToSet": { "drifts": { "$each": serialize_to_bson(&drifts)? } } };
        self.collection.update_one(filter, update).await?;
        Ok(())
    }

    /// Settles an operation that runs; one that was settled before stays as it is. Returns whether this call did it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle(&self, id: OperationId, settlement: &Settlement, now: Timestamp) -> Result<bool, Error> {
        let mut set = doc! { "status": name(settlement.status), "ended_at": now.to_string() };
        if let Some(result) = &settlement.result {
            set.insert("result", result);
        }
        if let Some(problem) = &settlement.problem {
            set.insert("problem", serialize_to_bson(problem)?);
        }
        let filter = schema::OPERATION_IN_STATUS.filter(
            [id.to_string().into(), self.scope.merchant_id().to_string().into(), name(OperationStatus::Running)],
            None,
        );
        Ok(self.collection.update_one(filter, doc! { "$set": set }).await?.matched_count == 1)
    }

    /// Notes which operation does this one again. The first to note it wins; the answer is the winner.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retried_by(&self, id: OperationId, retry: OperationId) -> Result<Option<OperationId>, Error> {
        let mut filter = self.by_id(id);
        filter.insert("retried_by", doc! { "$exists": false });
        self.collection.update_one(filter, doc! { "$set": { "retried_by": retry.to_string() } }).await?;
        Ok(self.get(id).await?.and_then(|operation| operation.retried_by))
    }

    fn by_id(&self, id: OperationId) -> Document {
        schema::OPERATION_BY_ID.filter([id.to_string().into(), self.scope.merchant_id().to_string().into()], None)
    }
}

/// What tells one attempt of one step from all others of its operation.
fn attempt_of(step: &StepRecord) -> Document {
    let mut attempt = doc! { "name": &step.name, "attempt": i64::from(step.attempt) };
    match &step.channel {
        Some(channel) => attempt.insert("channel", channel.as_str()),
        None => attempt.insert("channel", doc! { "$exists": false }),
    };
    attempt
}

fn name(status: OperationStatus) -> Bson {
    match status {
        OperationStatus::Running => "RUNNING",
        OperationStatus::Succeeded => "SUCCEEDED",
        OperationStatus::Failed => "FAILED",
        OperationStatus::Cancelled => "CANCELLED",
    }
    .into()
}
