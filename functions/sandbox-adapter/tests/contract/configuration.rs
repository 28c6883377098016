//! What can be configured, and what a connection finds.

use std::collections::BTreeSet;

use sandbox_adapter::{SandboxAdapter, SandboxConfig};
use serde_json::{Value, json};
use tola_catalog::ProblemClass;
use tola_catalog::listing::ChannelOutcome;
use tola_channel::Adapter;
use tola_contracts::channel::inquiry::{Finding, Question};

use crate::marketplace::{object, shop};

/// Everything that can be configured.
fn everything() -> Value {
    json!({
        "rules": {
            "like": "mercado_libre",
            "site": "MLA",
            "title_max": 40,
            "description_max": 100,
            "plain_description": true,
            "hashtags_max": 3,
            "currencies": ["ARS", "USD"],
            "category": true,
            "brand": true,
            "identifier": true,
            "attributes": ["watts"],
            "images_min": 1,
            "images_like": "facebook",
        },
        "required_attributes": ["watts"],
        "images_like": "mercado_libre",
        "moderation": { "seconds": 60, "rejects": "Lamps need a certificate." },
        "rate_limit": { "calls": 10, "seconds": 60 },
        "switch": {
            "fail_transient": 1,
            "fail_connect": false,
            "lose_answer": 1,
            "refuse": { "code": "NO", "class": "policy", "message": "No.", "commands": ["publish", "close"] },
            "throttle": { "seconds": 7, "times": 1 },
            "slow_ms": 10,
            "answer_twice": true,
            "answer_late_ms": 10,
            "vanish": 1,
            "edit_by_hand": 1,
            "ghosts": 1,
        },
    })
}

#[tokio::test]
async fn the_schema_takes_what_can_be_used_and_describes_it() {
    let schema = SandboxAdapter::config_schema();
    let described = |schema: &Value, config: &Value| {
        let names: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let known: Vec<_> = config.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, known);
        assert_eq!(schema["additionalProperties"], json!(false));
    };
    described(&schema, &everything());
    described(&schema["properties"]["switch"], &everything()["switch"]);
    described(&schema["properties"]["rules"], &everything()["rules"]);
    assert_eq!(serde_json::from_value::<SandboxConfig>(json!({})).unwrap(), SandboxConfig::default());
    serde_json::from_value::<SandboxConfig>(everything()).unwrap();

    let shop = shop(everything()).await;
    assert_eq!(shop.connect().await, Finding::Connected);
}

#[tokio::test]
async fn each_bound_is_held() {
    let shop = shop(json!({})).await;
    let many: Vec<_> = (0..51).map(|n| format!("a{n}")).collect();
    let faults = [
        ("/required_attributes", json!(many)),
        ("/required_attributes", json!(["a", "a"])),
        ("/required_attributes/0", json!([""])),
        ("/required_attributes/0", json!(["no blanks"])),
        ("/required_attributes/1", json!(["a", 7])),
        ("/required_attributes", json!("watts")),
        ("/images_like", json!("the_moon")),
        ("/rules/like", json!("the_moon")),
        ("/rules/like", json!(null)),
        ("/rules/site", json!("MLX")),
        ("/rules/title_max", json!(0)),
        ("/rules/title_max", json!("60")),
        ("/rules/description_max", json!(100_001)),
        ("/rules/plain_description", json!("yes")),
        ("/rules/hashtags_max", json!(-1)),
        ("/rules/currencies", json!(["USD", "USD"])),
        ("/rules/category", json!(null)),
        ("/rules/attributes", json!(many)),
        ("/rules/images_min", json!(21)),
        ("/rules/images_like", json!("the_moon")),
        ("/rules/no_such_rule", json!(1)),
        ("/moderation/seconds", json!(86_401)),
        ("/moderation", json!(null)),
        ("/moderation/rejects", json!("")),
        ("/moderation/rejects", json!(null)),
        ("/rate_limit/calls", json!(0)),
        ("/rate_limit/seconds", json!(901)),
        ("/switch/fail_transient", json!(1_000_001)),
        ("/switch/fail_transient", json!(-1)),
        ("/switch/fail_connect", json!(1)),
        ("/switch/lose_answer", json!(1_000_001)),
        ("/switch/refuse/message", json!("")),
        ("/switch/refuse/class", json!("moody")),
        ("/switch/refuse/commands", json!([])),
        ("/switch/throttle/seconds", json!(901)),
        ("/switch/throttle/times", json!(1_000_001)),
        ("/switch/slow_ms", json!(60_001)),
        ("/switch/slow_ms", json!(1.5)),
        ("/switch/answer_late_ms", json!(30_001)),
        ("/switch/vanish", json!(1_000_001)),
        ("/switch/edit_by_hand", json!(1_000_001)),
        ("/switch/ghosts", json!(101)),
        ("/switch/no_such_switch", json!(true)),
    ];
    for (pointer, value) in faults {
        let mut config = everything();
        let (parent, name) = match pointer.strip_prefix("/required_attributes/") {
            Some(_) => ("", "required_attributes"),
            None => pointer.rsplit_once('/').unwrap(),
        };
        config.pointer_mut(parent).unwrap()[name] = value.clone();

        let found = shop.inquire(Question::Connect { config: object(config), secret: None }).await.unwrap();

        let Finding::Misconfigured { faults } = found else { panic!("{pointer}: {value}: {found:?}") };
        let pointers: BTreeSet<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, BTreeSet::from([pointer]), "{value}");
    }
}

#[tokio::test]
async fn a_photo_that_a_marketplace_does_not_take_is_examined_and_refused_before_it_is_called() {
    let shop = shop(json!({ "images_like": "mercado_libre" })).await;

    let examined = shop.inquire(Question::Examine { product_id: shop.product_id(), instead: None }).await.unwrap();
    let Finding::Examined { missing, .. } = examined else { panic!("{examined:?}") };
    assert_eq!((missing[0].pointer.as_str(), missing[0].rule.as_str()), ("/images/0", "IMAGE_FITS_CHANNEL"));
    assert!(missing[0].message.contains("500 pixels"), "{missing:?}");

    let command = shop.publish().await;
    let outcome = shop.carry_out(&command).await;

    let ChannelOutcome::Refused { problem, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((problem.code.as_str(), problem.pointer.as_deref()), ("CHANNEL_IMAGE_UNFIT", Some("/images/0")));
    assert_eq!(problem.class, ProblemClass::Validation);
    assert_eq!(shop.fences().await, [0; 0]);
}

#[tokio::test]
async fn a_connection_that_fails_says_why() {
    let refuse = |more: Value| {
        let mut refuse = json!({ "class": "auth", "message": "Who are you?" });
        refuse.as_object_mut().unwrap().extend(object(more));
        json!({ "switch": { "refuse": refuse } })
    };

    let found = shop(json!({ "switch": { "fail_connect": true } })).await.connect().await;
    let Finding::Disconnected { problem } = found else { panic!("{found:?}") };
    assert_eq!((problem.class, problem.code.as_str()), (ProblemClass::Transient, "CHANNEL_SILENT"));

    let found = shop(refuse(json!({}))).await.connect().await;
    let Finding::Disconnected { problem } = found else { panic!("{found:?}") };
    assert_eq!((problem.class, problem.code.as_str()), (ProblemClass::Auth, "CHANNEL_AUTH_BROKEN"));

    // Credentials that may not do everything are good enough to connect with.
    for config in [refuse(json!({ "commands": ["close"] })), refuse(json!({ "class": "policy" }))] {
        assert_eq!(shop(config).await.connect().await, Finding::Connected);
    }
}

#[tokio::test]
async fn what_the_marketplace_needs_is_examined_before_anything_is_done() {
    let shop = shop(json!({ "required_attributes": ["watts", "colour", "weight"] })).await;

    let found = shop.inquire(Question::Examine { product_id: shop.product_id(), instead: None }).await.unwrap();

    let Finding::Examined { missing, irreversible } = found else { panic!("{found:?}") };
    let pointers: Vec<_> = missing.iter().map(|value| value.pointer.as_str()).collect();
    assert_eq!(pointers, ["/attributes/colour", "/attributes/weight"]);
    for value in missing {
        assert_eq!((value.rule.as_str(), value.channel), ("ATTRIBUTE_REQUIRED", Some(shop.channel().await.id)));
    }
    assert!(irreversible.is_empty());
    assert_eq!(shop.effects().await, []);
}

#[tokio::test]
async fn a_config_that_is_not_as_the_schema_says_is_a_refusal() {
    let shop = shop(json!({ "switch": { "slow": true } })).await;
    let command = shop.publish().await;

    let outcome = shop.carry_out(&command).await;

    assert!(matches!(outcome, ChannelOutcome::Refused { problem, .. } if problem.code == "CHANNEL_MISCONFIGURED"));
}

/// Three letters are not always a currency: the schema names the value at fault.
#[tokio::test]
async fn a_currency_that_is_none_is_refused_by_its_place() {
    let shop = shop(json!({})).await;
    let config = json!({ "rules": { "currencies": ["USD", "USS"] } });

    let found = shop.inquire(Question::Connect { config: object(config), secret: None }).await.unwrap();

    let Finding::Misconfigured { faults } = found else { panic!("{found:?}") };
    assert_eq!(faults.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), ["/rules/currencies/1"]);
}
