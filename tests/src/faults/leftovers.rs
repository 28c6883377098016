//! Whoever wrote a document died before doing what it promises: the sweep does it.

use std::time::Duration;

use serde_json::json;
use tola_catalog::operation::{Intent, OperationKind, Subject};
use tola_catalog::{
    CategoryKey, ChannelId, ImageId, Operation, OperationStatus, Problem, ProblemClass, Product, ProductId, Timestamp,
    code,
};
use tola_contracts::execution::ExecutionInput;
use tola_store::{CommandRef, Settlement};
use tola_testkit::{
    FAILED, Merchant, READY, SUCCEEDED, TWO_MINUTES, TestStack, a_photo, an_operation, eventually, kinds, left_behind,
    listed_as, now, submitted_to,
};
use ulid::Ulid;

const A_DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_workflow_that_was_promised_and_not_started_is_started() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let photo = merchant.uploads(a_photo(400, 300)).await;
    photo.becomes(READY).await;
    let document = merchant.wrote(Some(&photo));
    let promised = document.intents[0].operation_id.to_string();
    let product = merchant.left(&document).await;

    let swept = stack.sweeps().await;

    assert_eq!(swept["failures"], serde_json::json!([]), "{swept}");
    product.becomes(READY).await;
    let operation = merchant.operation(&promised).becomes(SUCCEEDED).await;
    assert_eq!(operation.text("/correlation_id"), "left behind");
    product.tells(&["ProductCreated", "ProductReady"]).await;
    stack.sweeps().await;
    assert_eq!(merchant.lists("/v1/operations", 10, &format!("&product_id={}", product.id())).await.len(), 1);
}

#[tokio::test]
async fn events_that_wait_in_a_document_are_delivered() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let mut document = merchant.wrote(None);
    document.intents.clear();
    let products = stack.store().await.products(merchant.scope());
    let product = merchant.left(&document).await;
    assert_eq!(product.history().await.len(), 1, "history tells what waits, too");

    stack.sweeps().await;

    product.tells(&["ProductCreated"]).await;
    eventually("the outbox is empty", TWO_MINUTES, async || {
        let document = products.get(document.id).await.expect("the database").expect("the document");
        if document.outbox.is_empty() && document.outbox_due_at.is_none() {
            Ok(())
        } else {
            Err(format!("{document:?}"))
        }
    })
    .await;
    assert_eq!(product.history().await.len(), 1);
}

/// A product that an adapter had at north when its workflow ended, with the command and its operation.
async fn at_north(stack: &TestStack, merchant: &Merchant) -> (Product, CommandRef, Operation) {
    let connected = merchant.asks("PUT", "/v1/channels/north").json(&json!({ "type": "sandbox", "config": {} })).await;
    connected.expects(201);
    let photo = merchant.uploads(a_photo(320, 240)).await;
    photo.becomes(READY).await;
    let mut document = merchant.wrote_ready(&photo).await;
    let (command, mut operation) = submitted_to(&mut document, &ChannelId::parse("north").expect("a channel's id"));
    let (region, name) = (&stack.info().region, &stack.info().stack_name);
    let machine = format!("arn:aws:states:{region}:000000000000:execution:{name}-publish-product");
    operation.execution_arn = Some(format!("{machine}:{}", operation.id));
    (document, command, operation)
}

#[tokio::test]
async fn a_withdrawal_that_was_promised_during_a_publish_is_started_when_that_ends() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let (mut document, _, publish) = at_north(&stack, &merchant).await;
    // Whoever asked died before starting it; too young for other tests' sweeps.
    let north = ChannelId::parse("north").expect("a channel's id");
    let (withdrawal, origin) = (an_operation(), left_behind(now()));
    let _ = document.request_unpublish(&[north], withdrawal, &origin).expect("an unpublish");
    document.updated_at = origin.now;
    merchant.left(&document).await;
    stack.store().await.operations(merchant.scope()).ensure(&publish).await.expect("an operation");

    let settling = json!({
        "operation": { "merchant_id": merchant.id(), "operation_id": publish.id, "correlation_id": "test" },
        "context": { "execution": publish.execution_arn, "state": "Bring the product to rest", "retries": 0 },
        "input": { "product_id": document.id },
    });

    let settled = stack.invokes("settle-product", &settling).await;

    assert_eq!(settled["purge"], false, "{settled}");
    let ended = merchant.operation(&withdrawal.to_string()).becomes(SUCCEEDED).await;
    assert_eq!(ended.text("/kind"), "unpublish");
}

/// Waits until the product is on north as the adapter's answer says, and the answer waits for nobody any more.
async fn adopted(merchant: &Merchant, command: &CommandRef) {
    let product = merchant.product(&command.product_id.to_string());
    let shown = product.becomes("ACTIVE").await;
    let listing = &shown.body["channels"]["north"];
    assert_eq!(listing["observed"]["external_id"], "sandbox_1", "{shown}");
    assert_eq!(
        (&listing["command"]["state"], &listing["command"]["problem"]),
        (&json!("DONE"), &json!(null)),
        "{shown}"
    );
    let outcomes = merchant.stack().store().await.outcomes(merchant.scope());
    eventually("the answer is taken over", TWO_MINUTES, async || {
        let stored = outcomes.get(command).await.expect("the database").expect("the outcome");
        if stored.adoption_due.is_none() { Ok(()) } else { Err(format!("{stored:?}")) }
    })
    .await;
    eventually("it is told that it is published", TWO_MINUTES, async || {
        let history = product.history().await;
        if kinds(&history).last() == Some(&"ProductPublished") { Ok(()) } else { Err(format!("{history:#?}")) }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_stored_when_its_workflow_dies_is_taken_over() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let (document, command, operation) = at_north(&stack, &merchant).await;
    let store = stack.store().await;
    merchant.left(&document).await;
    let answered = listed_as("sandbox_1", &document);
    let stored = store.outcomes(merchant.scope()).store(&command, operation.id, &answered, document.updated_at).await;
    assert!(stored.expect("the database"));
    store.operations(merchant.scope()).ensure(&operation).await.expect("an operation");

    stack.sweeps().await;

    adopted(&merchant, &command).await;
    let failed = merchant.operation(&operation.id.to_string()).becomes(FAILED).await;
    assert_eq!(failed.text("/problem/code"), "EXECUTION_LOST", "{failed}");
}

#[tokio::test]
async fn an_answer_that_comes_after_its_workflow_was_stopped_is_taken_over_and_told() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let (mut document, command, operation) = at_north(&stack, &merchant).await;
    let stopped = Problem::new(ProblemClass::Transient, code::EXECUTION_STOPPED, code::EXECUTION_STOPPED.cause);
    let (id, origin) = (operation.id, left_behind(document.updated_at));
    let _ = (document.abandon(id, &stopped, &origin), document.tell(id, &origin));
    let product = merchant.left(&document).await;
    let store = stack.store().await;
    let operations = store.operations(merchant.scope());
    operations.ensure(&operation).await.expect("an operation");
    let settlement = Settlement { status: OperationStatus::Failed, result: None, problem: Some(stopped) };
    operations.settle(id, &settlement, now()).await.expect("the database");
    let shown = product.shown().await;
    assert_eq!(shown.body["channels"]["north"]["command"]["state"], FAILED, "{shown}");
    assert_eq!(kinds(&product.history().await).last(), Some(&"ProductPublicationFailed"));

    let answered = listed_as("sandbox_1", &document);
    let stored = store.outcomes(merchant.scope()).store(&command, id, &answered, document.updated_at).await;
    assert!(stored.expect("the database"));
    stack.sweeps().await;

    adopted(&merchant, &command).await;
    assert_eq!(merchant.operation(&id.to_string()).shown().await.text("/status"), FAILED, "it ended before");
}

/// What is left of a product that was deleted that long ago.
fn tombstone(merchant: &Merchant, age: Duration) -> Product {
    let mut document = merchant.wrote(None);
    let origin = left_behind(now().before(age));
    let _ = document.request_deletion(an_operation(), &origin);
    document.intents.clear();
    let _ = document.purge(&origin);
    document
}

#[tokio::test]
async fn what_is_left_of_a_deleted_product_goes_after_thirty_days_and_its_history_stays() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let (old, young) = (tombstone(&merchant, 30 * A_DAY + A_DAY / 24), tombstone(&merchant, 30 * A_DAY - A_DAY / 24));
    let (gone, kept) = (merchant.left(&old).await, merchant.left(&young).await);
    let products = stack.store().await.products(merchant.scope());

    // What it has to tell goes out first.
    eventually("the older tombstone is gone", TWO_MINUTES, async || {
        let swept = stack.sweeps().await;
        let left = products.get(old.id).await.expect("the database");
        left.map_or(Ok(()), |left| Err(format!("{swept} {left:?}")))
    })
    .await;

    gone.tells(&["ProductCreated", "ProductDeleted"]).await;
    kept.tells(&["ProductCreated", "ProductDeleted"]).await;
    stack.sweeps().await;
    assert!(products.get(young.id).await.expect("the database").is_some(), "the younger one stays");
    for product in [gone, kept] {
        assert_eq!(merchant.gets(&product.path()).await.status, 404);
    }
}

#[tokio::test]
async fn a_publish_and_a_deletion_that_were_promised_and_not_started_are_started() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let connected = merchant.asks("PUT", "/v1/channels/north").json(&json!({ "type": "sandbox", "config": {} })).await;
    connected.expects(201);
    let photo = merchant.uploads(a_photo(320, 240)).await;
    photo.becomes(READY).await;
    let mut wanted = merchant.wrote_ready(&photo).await;
    let north = ChannelId::parse("north").expect("a channel's id");
    let origin = left_behind(wanted.updated_at);
    let _ = wanted.request_publish(std::slice::from_ref(&north), an_operation(), &origin).expect("a publish");
    let mut unwanted = merchant.wrote(None);
    unwanted.intents.clear();
    let deletion = an_operation();
    let _ = unwanted.request_deletion(deletion, &left_behind(unwanted.updated_at));
    let shown = merchant.left(&wanted).await;
    merchant.left(&unwanted).await;

    stack.sweeps().await;

    shown.becomes("ACTIVE").await;
    merchant.operation(&deletion.to_string()).becomes(SUCCEEDED).await;
}

#[tokio::test]
async fn a_review_that_was_promised_and_not_started_is_started() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    merchant.asks("PUT", &format!("/v1/categories/{}", lamps())).json(&json!({ "name": "Lamps" })).await.expects(201);
    let origin = left_behind(now().before(A_DAY));
    let review = Operation::reviewing(lamps(), an_operation(), merchant.id(), &origin);
    stack.store().await.operations(merchant.scope()).ensure(&review).await.expect("the database");

    stack.sweeps().await;

    merchant.operation(&review.id.to_string()).becomes(SUCCEEDED).await;
}

fn lamps() -> CategoryKey {
    CategoryKey::parse("lamps").expect("a category's id")
}

/// An operation of each kind, begun then, with an execution that Step Functions does not know.
async fn of_each_kind(stack: &TestStack, merchant: &Merchant, begun: Timestamp) -> Vec<Operation> {
    use OperationKind::{Deactivate, Delete, Pause, ProcessImage, Publish, Register, Unpublish};
    let origin = left_behind(begun);
    let operation = |kind| {
        let subject = match kind {
            ProcessImage => Subject::Image(ImageId::new(Ulid::generate())),
            _ => Subject::Product(ProductId::new(Ulid::generate())),
        };
        let intent = Intent {
            operation_id: an_operation(),
            kind,
            requested_at: begun,
            requested_by: origin.actor.clone(),
            correlation_id: origin.correlation_id.clone(),
            channels: Vec::new(),
            retry_of: None,
        };
        Operation::of_intent(&intent, merchant.id(), subject)
    };
    let mut operations: Vec<_> =
        [Register, ProcessImage, Publish, Unpublish, Deactivate, Delete, Pause].map(operation).into();
    let north = ChannelId::parse("north").expect("a channel's id");
    operations.push(Operation::reconciling(north, an_operation(), merchant.id(), false, &origin));
    operations.push(Operation::reviewing(lamps(), an_operation(), merchant.id(), &origin));
    let (region, name) = (&stack.info().region, &stack.info().stack_name);
    let store = stack.store().await.operations(merchant.scope());
    for operation in &mut operations {
        let machine = format!("arn:aws:states:{region}:000000000000:execution:{name}-{}", operation.kind.machine());
        operation.execution_arn = Some(format!("{machine}:{}", operation.id));
        store.ensure(operation).await.expect("the database");
    }
    operations
}

async fn are_lost(merchant: &Merchant, operations: &[Operation]) {
    for operation in operations {
        let failed = merchant.operation(&operation.id.to_string()).becomes(FAILED).await;
        assert_eq!(failed.text("/problem/code"), "EXECUTION_LOST", "{failed}");
    }
}

#[tokio::test]
async fn an_operation_of_any_kind_whose_execution_is_lost_is_settled() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let operations = of_each_kind(&stack, &merchant, now().before(A_DAY)).await;

    stack.sweeps().await;

    are_lost(&merchant, &operations).await;
}

#[tokio::test]
async fn an_operation_of_any_kind_is_settled_when_it_is_told_that_its_execution_ended() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let operations = of_each_kind(&stack, &merchant, now()).await;

    for operation in &operations {
        let input = serde_json::to_string(&ExecutionInput::of(operation)).expect("an input");
        let told = json!({ "detail": { "executionArn": operation.execution_arn, "input": input } });
        stack.sends("ExecutionStatusQueueUrl", &told.to_string()).await;
    }

    are_lost(&merchant, &operations).await;
}

#[tokio::test]
async fn an_operation_of_any_kind_can_be_cancelled() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");

    for operation in of_each_kind(&stack, &merchant, now()).await {
        let cancelled = merchant.operation(&operation.id.to_string()).cancelled().await.expects(202);
        assert_eq!(cancelled.text("/status"), "CANCELLED", "{cancelled}");
    }
}
