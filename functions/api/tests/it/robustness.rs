//! Whatever is sent, the answer is one of ours: never a 5xx, and errors always in their shape.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::World;

/// JSON of any form, with the API's own field names strewn in so that it gets past the first check now and then.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[a-z0-9-]{0,20}", Just("USD".to_owned()), Just("image/jpeg".to_owned())];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let name = prop_oneof![
        prop::sample::select(vec![
            "name",
            "sku",
            "slug",
            "description",
            "price",
            "amount",
            "currency",
            "images",
            "image_id",
            "alt",
            "tags",
            "attributes",
            "brand",
            "category_id",
            "content_type",
            "channels",
            "type",
            "config",
            "switch",
            "required_attributes",
            "rules",
            "channel_categories",
            "secret",
            "paused",
            "set",
            "adjust",
            "reason",
            "low_stock_threshold",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Bodies that are nearly right: a product with some of its values replaced.
fn nearly_a_product() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(vec![
        "name",
        "sku",
        "slug",
        "description",
        "price",
        "tags",
        "attributes",
        "brand",
        "images",
    ]);
    prop::collection::vec((field, any_json()), 0..3).prop_map(|changes| {
        let mut body = json!({ "name": "Lamp" });
        for (field, value) in changes {
            body[field] = value;
        }
        body
    })
}

/// Bodies that are nearly right: a channel whose switchboard says anything.
fn nearly_a_channel() -> impl Strategy<Value = Value> {
    let switch = prop::collection::vec(("[a-z]{1,8}|\\PC{1,2}", any_json()), 0..2);
    let rule = prop::sample::select(vec!["like", "title_max", "currencies", "brand", "attributes", "images_min"]);
    (switch, prop::collection::vec((rule, any_json()), 0..2)).prop_map(|(switch, rules)| {
        let switch: Map<_, _> = switch.into_iter().collect();
        let rules: Map<_, _> = rules.into_iter().map(|(rule, value)| (rule.to_owned(), value)).collect();
        json!({ "type": "sandbox", "config": { "switch": switch, "rules": rules, "required_attributes": ["color"] } })
    })
}

/// Bodies that are nearly right: what becomes of a stock, with numbers of every kind.
fn nearly_a_count() -> impl Strategy<Value = Value> {
    let number = prop_oneof![(-3_i64..4).prop_map(Value::from), any::<i64>().prop_map(Value::from), any_json()];
    let field = prop::sample::select(vec!["set", "adjust", "low_stock_threshold"]);
    prop::collection::vec((field, number), 1..3).prop_map(|fields| {
        let mut body = json!({ "reason": "COUNT" });
        for (field, value) in fields {
            body[field] = value;
        }
        body
    })
}

/// A product that is right, with texts of every kind.
fn a_product() -> impl Strategy<Value = Value> {
    ("\\PC{1,40}", any::<String>(), prop::collection::vec(any::<String>(), 0..4), any::<f64>()).prop_map(
        |(name, text, texts, number)| {
            json!({ "name": format!("L{name}"), "attributes": { "text": text, "texts": texts, "number": number } })
        },
    )
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        2 => any_json().prop_map(|json| json.to_string().into_bytes()),
        1 => Just(br#"{"content_type":"image/png"}"#.to_vec()),
        1 => Just(br#"{"channels":["shop"]}"#.to_vec()),
        1 => nearly_a_count().prop_map(|json| json.to_string().into_bytes()),
        2 => nearly_a_channel().prop_map(|json| json.to_string().into_bytes()),
        4 => nearly_a_product().prop_map(|json| json.to_string().into_bytes()),
        4 => a_product().prop_map(|json| json.to_string().into_bytes()),
    ]
}

fn any_header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop_oneof![
        12 => prop::sample::select(vec!["if-match", "if-none-match", "idempotency-key", "x-correlation-id"]),
        // With a second value of these nobody gets any further.
        1 => prop::sample::select(vec!["x-subject", "x-role", "x-merchant-id", "content-type"]),
    ];
    let value = prop_oneof![
        prop::collection::vec(prop_oneof![32u8..127, 128u8..=255], 0..40),
        "\"[0-9]{1,25}(\\.[0-9]{0,3})?\"".prop_map(String::into_bytes),
        "[a-z]{1,2}".prop_map(String::into_bytes),
        Just(b"*".to_vec()),
    ];
    (name.prop_map(str::to_owned), value)
}

fn any_route() -> impl Strategy<Value = (&'static str, &'static str)> {
    let any = prop::sample::select(api::ROUTES.iter().map(|route| (route.method, route.path)).collect::<Vec<_>>());
    prop_oneof![
        2 => any,
        1 => Just(("POST", "/v1/products")),
        1 => Just(("PATCH", "/v1/products/{id}")),
        1 => Just(("PATCH", "/v1/products/{id}/inventory")),
        1 => Just(("PUT", "/v1/channels/{id}")),
    ]
}

fn any_query() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => Just(String::new()),
        1 => "\\?(limit|cursor|status|channel|merchant|product_id|dry_run|x)=[A-Za-z0-9%+&=_-]{0,30}",
    ]
}

#[test]
fn no_request_whatever_gets_a_5xx() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let ana = world.merchant();
    let image = runtime.block_on(ana.promises_image());
    let made = runtime.block_on(ana.registers(json!({ "sku": "S", "images": [{ "image_id": image }] })));
    let (product, operation) = (made.text("/id"), made.text("/operation/id"));
    let victim = runtime.block_on(ana.registers(json!({}))).text("/id").to_owned();
    runtime.block_on(ana.connects("shop"));

    let headers = prop::collection::vec(any_header(), 0..2);
    let request = (any_route(), prop::bool::weighted(0.9), any_query(), any_body(), headers, prop::bool::weighted(0.8));
    let config = ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let mut seen = std::collections::BTreeMap::<(&str, u16), u32>::new();
    let seen_here = std::cell::RefCell::new(&mut seen);
    let outcome = runner.run(&request, |((method, path), known, query, body, headers, if_match)| {
        let id = match path {
            _ if !known => "nonsense",
            path if path.contains("images") => &image,
            path if path.contains("operations") => operation,
            path if path.contains("channels") => "shop",
            path if method == "DELETE" && path.contains("products") => &victim,
            _ => product,
        };
        let path = path.replace("{id}", id).replace("{sku}", "S").replace("{slug}", "lamp");
        let mut ask = ana.ask(method, &format!("{path}{query}"));
        if if_match {
            ask = ask.with("if-match", "*");
        }
        for (name, value) in &headers {
            ask = ask.with_bytes(name, value);
        }
        // Actions take no body, so that most of them are asked for without one.
        let is_action = path.contains("operations") || path.ends_with("activate") || path.ends_with("unpublish");
        let bare = method == "POST" && is_action && if_match;
        let ask = if bare { ask } else { ask.raw("application/json", body) };
        let answer = runtime.block_on(ask.send());
        prop_assert!(answer.status.as_u16() < 500, "{answer:?}");
        if answer.status.is_client_error() {
            answer.refused();
        }
        *seen_here.borrow_mut().entry((method, answer.status.as_u16())).or_default() += 1;
        Ok(())
    });
    outcome.unwrap();
    for usual in [
        ("GET", 200),
        ("POST", 201),
        ("POST", 422),
        ("PATCH", 200),
        ("PATCH", 422),
        ("POST", 202),
        ("POST", 400),
        ("PUT", 200),
    ] {
        assert!(
            seen.get(&usual).is_some_and(|times| *times > 5),
            "the requests are too random to find anything: {seen:?}"
        );
    }
}
