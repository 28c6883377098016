use super::*;

const OPERATION: &str = "operation_01JD00000000000000000000A0";

fn read(name: &str) -> Arc<Machine> {
    let path = format!("{}/../../statemachines/{name}.asl.json", env!("CARGO_MANIFEST_DIR"));
    Arc::new(Machine::parse(&std::fs::read_to_string(path).unwrap()).unwrap())
}

fn started(at: i64) -> Started {
    let input = json!({ "operation": { "operation_id": OPERATION }, "product_id": "product_1" });
    Started { id: "arn:execution:publish:one".into(), input, at: Timestamp::from_millis(at) }
}

fn error(name: &str) -> Result<Value, Failure> {
    Err(Failure { error: name.into(), cause: "because".into() })
}

fn payload(payload: &Value) -> Result<Value, Failure> {
    Ok(json!({ "Payload": payload }))
}

fn commands(channels: &[&str]) -> Result<Value, Failure> {
    let command =
        |channel: &&str| json!({ "channel_id": channel, "channel_type": "sandbox", "fence": 1, "kind": "publish" });
    payload(&json!({ "commands": channels.iter().map(command).collect::<Vec<_>>() }))
}

/// A test's own time and what it answers, on the machine that publishes.
struct Publish {
    execution: Execution,
    now: Timestamp,
}

impl Publish {
    fn begin() -> Self {
        let execution = Execution::start(read("publish-product"), started(0));
        Self { execution, now: Timestamp::from_millis(0) }
    }

    fn to(channels: &[&str]) -> Self {
        let mut publish = Self::begin();
        publish.answers("Plan the publication", commands(channels));
        publish
    }

    fn waiting(&self) -> Vec<String> {
        self.execution.pending().into_iter().map(|pending| pending.state).collect()
    }

    fn pending(&self, state: &str) -> Pending {
        let found = self.execution.pending().into_iter().find(|pending| pending.state == state);
        found.unwrap_or_else(|| panic!("nobody waits at {state}, but at {:?}", self.waiting()))
    }

    fn answers(&mut self, state: &str, answer: Result<Value, Failure>) {
        let id = self.pending(state).id;
        assert!(self.execution.answer(id, answer, self.now));
    }

    fn waits(&mut self) {
        self.now = self.execution.wakes().unwrap();
        self.execution.advance(self.now);
    }

    /// From the end of the map to the end of the machine.
    fn comes_to_rest(&mut self, settled: &Value) -> Outcome {
        self.answers("Bring the product to rest", payload(settled));
        self.answers("Publish the events", payload(&json!({ "summary": "Two events." })));
        let last = self.waiting().remove(0);
        self.answers(&last, payload(&json!({ "reason": "It is there." })));
        self.execution.outcome().cloned().unwrap()
    }
}

#[test]
fn items_are_under_way_at_once_and_the_map_ends_with_the_last() {
    let mut publish = Publish::to(&["north", "south"]);
    assert_eq!(publish.waiting(), ["Submit the listing", "Submit the listing"]);
    let [north, south] = publish.execution.pending().try_into().unwrap();
    assert_eq!(north.arguments["MessageBody"]["channel_id"], "north");
    assert_eq!(north.arguments["MessageBody"]["task_token"], north.token.clone().unwrap());
    assert_eq!(north.arguments["QueueUrl"], "${CommandQueuePrefix}sandbox-commands");

    let done = Ok(json!({ "answer": "DONE" }));
    assert!(publish.execution.answer_token(&south.token.unwrap(), done.clone(), publish.now));
    publish.answers("Record the listing", payload(&json!({})));
    assert_eq!(publish.waiting(), ["Submit the listing"]);
    assert!(publish.execution.answer_token(&north.token.unwrap(), done, publish.now));
    publish.answers("Record the listing", payload(&json!({})));

    let outcome = publish.comes_to_rest(&json!({ "refused": false, "summary": "Both." }));
    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
}

#[test]
fn an_answer_counts_once_and_one_that_is_late_not_at_all() {
    let mut publish = Publish::to(&["north"]);
    let first = publish.pending("Submit the listing");
    publish.now = first.deadline;
    publish.execution.advance(publish.now);
    assert_eq!(publish.waiting(), [""; 0], "the next attempt comes later");
    publish.waits();
    let second = publish.pending("Submit the listing");
    assert_eq!(second.arguments["MessageBody"]["retries"], 1);
    assert_ne!(second.token, first.token);

    let done = || Ok(json!({ "answer": "DONE" }));
    assert!(!publish.execution.answer_token(&first.token.unwrap(), done(), publish.now), "a zombie");
    assert!(publish.execution.answer(second.id, done(), publish.now));
    assert!(!publish.execution.answer(second.id, done(), publish.now), "twice");
}

#[test]
fn what_is_retried_too_often_is_caught_with_its_cause() {
    let mut publish = Publish::begin();
    for attempt in 0..=8 {
        let pending = publish.pending("Plan the publication");
        assert_eq!(pending.arguments["Payload"]["context"]["retries"], attempt);
        publish.answers("Plan the publication", error("TRANSIENT"));
        if attempt < 8 {
            publish.waits();
        }
    }

    publish.answers("Give up what waits", payload(&json!({})));
    publish.answers("Publish what happened so far", error("STEP_FAILED"));
    let settle = publish.pending("Settle the failure");
    assert_eq!(settle.arguments["Payload"]["input"]["error"], json!({ "Error": "TRANSIENT", "Cause": "because" }));
    publish.answers("Settle the failure", payload(&json!({ "reason": "No answer." })));
    let failure = Failure { error: "TRANSIENT".into(), cause: "No answer.".into() };
    assert_eq!(publish.execution.outcome(), Some(&Outcome::Failed(failure)));
}

#[test]
fn a_channel_that_asks_for_patience_gets_it() {
    let mut publish = Publish::to(&["north"]);
    publish.answers("Submit the listing", Ok(json!({ "answer": "RETRY_AFTER", "seconds": 30 })));
    assert_eq!(publish.waiting(), [""; 0]);

    publish.waits();

    assert_eq!(publish.now, Timestamp::from_millis(30_000));
    assert_eq!(publish.pending("Submit the listing").arguments["MessageBody"]["fence"], 1);
}

#[test]
fn an_error_that_states_all_does_not_catch_ends_everything() {
    let mut publish = Publish::to(&["north", "south"]);

    publish.answers("Submit the listing", error("States.Runtime"));

    let failure = Failure { error: "States.Runtime".into(), cause: "because".into() };
    assert_eq!(publish.execution.outcome(), Some(&Outcome::Failed(failure)));
    assert_eq!(publish.waiting(), [""; 0]);
}

#[test]
fn a_machine_has_its_time_and_can_be_stopped() {
    let mut late = Publish::to(&["north"]);
    late.execution.advance(Timestamp::from_millis(7_200_000));
    assert_eq!(late.execution.outcome(), Some(&Outcome::TimedOut));
    assert_eq!(late.execution.wakes(), None);

    let mut stopped = Publish::to(&["north"]);
    let pending = stopped.pending("Submit the listing");
    let wish = Failure { error: "Wish".into(), cause: "of somebody".into() };
    stopped.execution.stop(wish.clone());
    assert_eq!(stopped.execution.outcome(), Some(&Outcome::Aborted(wish)));
    assert!(!stopped.execution.answer(pending.id, Ok(Value::Null), stopped.now));
}

#[test]
fn nothing_to_do_is_an_empty_map() {
    let mut publish = Publish::to(&[]);

    let outcome = publish.comes_to_rest(&json!({ "refused": true, "problem": {}, "summary": "" }));

    assert!(matches!(outcome, Outcome::Failed(Failure { error, .. }) if error == "CHANNEL_REFUSED"));
    assert!(!publish.execution.entered().iter().any(|state| state == "Submit the listing"));
}
