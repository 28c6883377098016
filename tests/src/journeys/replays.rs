//! The interpreter of state machines that the model runs on is held to the local cloud: given what each task answered there,
//! it goes the same way and comes to the same end.

use std::sync::Arc;

use serde_json::{Value, json};
use tola_asl::{Execution, Failure, Machine, Outcome, Started};
use tola_testkit::{FAILED, Recorded, SUCCEEDED, TestStack, now};

use super::market::{asks_for, connects, publishes, ready, reconciles};
use crate::workspace;

#[tokio::test]
async fn the_interpreter_goes_the_way_that_the_local_cloud_went() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    connects(&merchant, "north", &json!({ "switch": { "fail_transient": 2 } })).await;
    let product = ready(&merchant, "LAMP-9").await;
    let published = publishes(&merchant, &product, &["north"]).await;
    published.becomes(SUCCEEDED).await;
    let found = reconciles(&merchant, "north", "").await;
    merchant.asks("PUT", "/v1/categories/lamps").json(&json!({ "name": "Lamps" })).await.expects(201);
    merchant.patches(&product, &json!({ "category_id": "lamps" })).await.expects(200);
    let asked = json!({ "attributes": { "material": { "type": "text" } } });
    let asked = merchant.asks("PUT", "/v1/categories/lamps/schema").json(&asked).await.expects(200);
    let reviewed = merchant.operation(asked.text("/operation/id"));
    reviewed.becomes(SUCCEEDED).await;
    let hidden = asks_for(&merchant, &product, "deactivate").await;
    hidden.becomes(SUCCEEDED).await;
    let refuse =
        json!({ "switch": { "refuse": { "message": "No lamps here." }, "throttle": { "seconds": 1, "times": 1 } } });
    connects(&merchant, "north", &refuse).await;
    merchant.acts(&format!("{}/reactivate", product.path())).await.expects(200);
    let refused = publishes(&merchant, &product, &["north"]).await;
    refused.becomes(FAILED).await;

    let executions = [
        ("register-product", product.operation().execution().await),
        ("publish-product", published.execution().await),
        ("reconcile-channel", found["execution_arn"].as_str().unwrap_or_default().to_owned()),
        ("review-category", reviewed.execution().await),
        ("withdraw-product", hidden.execution().await),
        ("publish-product", refused.execution().await),
    ];

    for (name, execution) in executions {
        let status = if execution == refused.execution().await { FAILED } else { SUCCEEDED };
        stack.execution_becomes(&execution, status).await;
        let recorded = stack.recorded(&execution).await;
        let text = workspace::read(&format!("statemachines/{name}.asl.json"));
        let replayed = replay(Machine::parse(&text).expect("a machine"), &recorded);
        // What is within a map is not recorded.
        let definition: Value = serde_json::from_str(&text).expect("JSON");
        let entered: Vec<_> =
            replayed.entered().iter().filter(|state| definition["States"].get(state.as_str()).is_some()).collect();
        assert_eq!(entered, recorded.entered.iter().collect::<Vec<_>>(), "{name}");
        let outcome = match replayed.outcome() {
            Some(Outcome::Succeeded(output)) => Ok(output.clone()),
            Some(Outcome::Failed(failure)) => Err((failure.error.clone(), failure.cause.clone())),
            other => panic!("{name} is {other:?} after {recorded:#?}"),
        };
        assert_eq!(outcome, recorded.outcome, "{name}");
    }
}

/// Walks through a machine with what was recorded; a wait takes no time.
fn replay(machine: Machine, recorded: &Recorded) -> Execution {
    let started = Started { id: "replay".to_owned(), input: recorded.input.clone(), at: now() };
    let mut execution = Execution::start(Arc::new(machine), started);
    let mut time = now();
    for answer in &recorded.answers {
        while execution.pending().is_empty() {
            time = execution.wakes().unwrap_or_else(|| panic!("nobody asked for {answer:?}"));
            execution.advance(time);
        }
        let answer = answer.clone().map_err(|(error, cause)| Failure { error, cause });
        let asked = execution.pending().remove(0);
        assert!(execution.answer(asked.id, answer, time));
    }
    execution
}
