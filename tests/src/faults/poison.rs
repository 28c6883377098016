//! Messages that no one can read: they end with the dead letters, and hold up nobody. Operators see them there, throw them
//! away, and have others tried again.

use std::process::Command;

use tola_testkit::{OwnStack, READY, SUCCEEDED, TWO_MINUTES, a_photo, a_product, eventually};

/// A queue of ours, and where it puts what nobody could do.
const QUEUES: [(&str, &str); 3] = [
    ("UploadsQueueUrl", "UploadsDeadLettersUrl"),
    ("RelayQueueUrl", "RelayDeadLettersUrl"),
    ("ExecutionStatusQueueUrl", "ExecutionStatusDeadLettersUrl"),
];

#[tokio::test]
async fn poison_ends_with_the_dead_letters_and_holds_up_nobody() {
    let stack = OwnStack::take().await;
    let merchant = stack.merchant("casa-lumbre");
    let poisons = ["poison", "{\"aggregate\":7}", "\u{2603}"];
    for (queue, _) in QUEUES {
        stack.hurries(queue, 2).await;
        for poison in poisons {
            stack.sends(queue, poison).await;
        }
    }

    let photo = merchant.uploads(a_photo(640, 480)).await;
    let product = merchant.registers(a_product().with(&photo)).await;

    product.becomes(READY).await;
    product.operation().becomes(SUCCEEDED).await;
    product.tells(&["ProductCreated", "ProductReady"]).await;
    for (queue, dead_letters) in QUEUES {
        eventually(&format!("the poison of {queue} is in {dead_letters}"), TWO_MINUTES, async || {
            let found = stack.peeks(dead_letters).await;
            let all = poisons.iter().all(|poison| found.iter().any(|text| text == poison));
            if all { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
        assert_eq!(stack.peeks(queue).await, [] as [String; 0], "{queue}");
    }
    operators_look_after(&stack, &poisons).await;
    // The queues still do their work afterwards.
    let next = merchant.uploads(a_photo(320, 240)).await;
    merchant.registers(a_product().named("Chair").with(&next)).await.becomes(READY).await;
}

/// `cargo xtask dlq`, as RUNBOOK.md has it.
async fn operators_look_after(stack: &OwnStack, poisons: &[&str]) {
    let listed = dlq(stack, &[], true);
    assert!(listed.contains(&format!("relay {:19}{}", "", poisons.len())), "{listed}");
    let shown = dlq(stack, &["show", "relay"], true);
    // One that is JSON is printed over several lines.
    for poison in poisons.iter().filter(|poison| !poison.starts_with('{')) {
        assert!(shown.contains(poison), "{shown}");
    }
    let ids = shown.lines().filter(|line| line.contains(" sent ")).filter_map(|line| line.split(' ').next());
    for id in ids {
        dlq(stack, &["discard", "relay", id], true);
    }
    assert_eq!(stack.peeks("RelayDeadLettersUrl").await, [] as [String; 0]);
    let again = dlq(stack, &["discard", "relay", "00000000-0000-0000-0000-000000000000"], false);
    assert!(
        again.contains("there is no message 00000000-0000-0000-0000-000000000000 in relay-dead-letters"),
        "{again}"
    );

    // Of a product that is not there any more there is nothing to tell.
    let handled = r#"{"aggregate":{"product":"product_01ARZ3NDEKTSV4RRFFQ69G5FAV"}}"#;
    stack.sends("RelayDeadLettersUrl", handled).await;
    let redriven = dlq(stack, &["redrive", "relay"], true);
    assert!(redriven.contains("1 messages are in relay again"), "{redriven}");
    for queue in ["RelayQueueUrl", "RelayDeadLettersUrl"] {
        eventually(&format!("{queue} is empty"), TWO_MINUTES, async || {
            let left = stack.peeks(queue).await;
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        })
        .await;
    }
}

/// What the command prints, which succeeds or does not.
fn dlq(stack: &OwnStack, arguments: &[&str], succeeds: bool) -> String {
    let tests = std::env::current_exe().expect("the test's own file");
    let xtask = tests.ancestors().nth(2).expect("the folder of binaries").join("xtask");
    let mut command = Command::new(xtask);
    command.arg("dlq").args(arguments).arg("--stack").arg(stack.local().folder().join("stack.json"));
    let output = command.output().expect("xtask is built");
    let printed = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert_eq!(output.status.success(), succeeds, "{arguments:?}: {printed}");
    printed
}
