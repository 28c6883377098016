//! Signing in, and what a token opens.

use aws_sdk_cognitoidentityprovider::types::ExplicitAuthFlowsType;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tola_local::users::{Person, UserPool};
use tola_testkit::{Answer, TestStack, a_product};

/// As the user pool wants passwords to be.
const PASSWORD: &str = "Tola-tests-2";

fn pool(stack: &TestStack) -> UserPool {
    UserPool::of(stack.info()).expect("the stack verifies identities")
}

async fn lists(stack: &TestStack, token: &str) -> Answer {
    stack.asks("GET", "/v1/products").header("authorization", &format!("Bearer {token}")).await
}

/// The parts of a token: header, claims, signature.
fn parts(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("a token has three parts")
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

fn written(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}

#[tokio::test]
async fn a_token_that_nobody_gave_opens_nothing() {
    let stack = TestStack::deployed().await;
    let (merchant, other) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let token = merchant.session().tokens().await.expect("the merchant signs in").access.clone();
    lists(&stack, &token).await.expects(200);
    let [header, claims, signature] = parts(&token);

    let with = |name: &str, value: &str| {
        let mut claims = read(&claims);
        claims[name] = value.into();
        format!("{header}.{}.{signature}", written(&claims))
    };
    let mut unsigned = read(&header);
    unsigned["alg"] = "none".into();
    let unsigned = written(&unsigned);
    for (what, token) in [
        ("no token", String::new()),
        ("no JWT", "abc".to_owned()),
        ("another merchant's id in it", with("merchant_id", &other.id().to_string())),
        ("another role in it", with("role", "admin")),
        ("another signature", format!("{header}.{claims}.{}", written(&json!("signed")))),
        ("alg none", format!("{unsigned}.{claims}.{signature}")),
        ("alg none, and no signature", format!("{unsigned}.{claims}.")),
    ] {
        assert_eq!(lists(&stack, &token).await.status, 401, "{what}");
    }
    assert_eq!(stack.asks("GET", "/v1/products").await.status, 401, "nobody");
    let headers = stack.asks("GET", "/v1/products").header("x-merchant-id", &merchant.id().to_string());
    assert_eq!(headers.header("x-role", "admin").await.status, 401, "nobody is believed");
}

#[tokio::test]
async fn a_token_of_another_kind_opens_nothing() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let tokens = merchant.session().tokens().await.expect("the merchant signs in").clone();
    let (email, password) = merchant.session().credentials();
    let ours = pool(&stack);

    let id = lists(&stack, &tokens.id).await;
    assert_eq!(id.refused(), (401, "UNAUTHENTICATED"), "an ID token");
    assert_eq!(id.pointer(), "/headers/authorization");

    let app = an_app(&ours, ours.id(), "another app").await;
    let of_another_app = ours.at(ours.id(), &app).sign_in(email, password).await.expect("another app");
    assert_eq!(lists(&stack, &of_another_app.access).await.status, 401, "another app's");

    let made = ours.client().create_user_pool().pool_name("another pool").send().await.expect("a pool");
    let another = made.user_pool().and_then(|pool| pool.id()).expect("a pool's id").to_owned();
    let app = an_app(&ours, &another, "its app").await;
    let another = ours.at(&another, &app);
    let person = Person { email: "ana@example.com", role: "admin", merchant_id: None };
    another.enrol(person, PASSWORD).await.expect("a user");
    let foreign = another.sign_in("ana@example.com", PASSWORD).await.expect("another pool");
    assert_eq!(lists(&stack, &foreign.access).await.status, 401, "another pool's");
}

#[tokio::test]
async fn nobody_chooses_his_own_merchant_or_role() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let viewer = merchant.viewer();
    let ours = pool(&stack);

    // AWS holds clients to this list. The local cloud lets them write anything, so that trying it would prove nothing here.
    let described = ours.client().describe_user_pool_client().user_pool_id(ours.id());
    let described = described.client_id(stack.output("UserPoolClientId")).send().await.expect("the app");
    assert_eq!(described.user_pool_client().expect("the app").write_attributes(), ["email"]);
    let claims = viewer.session().claims().await;
    assert_eq!((&claims["role"], &claims["merchant_id"]), (&json!("viewer"), &json!(merchant.id().to_string())));
    let scopes = claims["scope"].as_str().unwrap_or_default();
    assert!(scopes.contains("tola/read") && !scopes.contains("tola/write"), "{scopes}");

    // Nor does it refuse whoever signs up.
    let described = ours.client().describe_user_pool().user_pool_id(ours.id()).send().await.expect("the pool");
    let who_makes_users = described.user_pool().and_then(|pool| pool.admin_create_user_config());
    assert!(who_makes_users.expect("who makes users").allow_admin_create_user_only(), "anybody may sign up");
}

#[tokio::test]
async fn whoever_has_no_role_yet_gets_no_token() {
    let stack = TestStack::deployed().await;
    let ours = pool(&stack);
    let merchant_id = stack.merchant("casa-lumbre").id().to_string();
    for (role, merchant_id) in [("owner", Some(merchant_id.as_str())), ("merchant", None)] {
        let email = format!("nobody.{}@{role}.example.com", stack.merchant("nobody").id()).to_lowercase();
        ours.enrol(Person { email: &email, role, merchant_id }, PASSWORD).await.expect("a user");

        assert!(ours.sign_in(&email, PASSWORD).await.is_err(), "{role} of {merchant_id:?}");
    }
}

#[tokio::test]
async fn an_admin_acts_for_one_merchant_at_a_time() {
    let stack = TestStack::deployed().await;
    let (merchant, other) = (stack.merchant("casa-lumbre"), stack.merchant("taller-norte"));
    let admin = stack.admin();
    let (ours, theirs) = (merchant.id().to_string(), other.id().to_string());
    let product = merchant.registers(a_product()).await;

    let for_nobody = stack.asks("GET", &product.path()).by(&admin).await;
    assert_eq!((for_nobody.refused(), for_nobody.pointer()), ((403, "FORBIDDEN"), "/headers/x-merchant-id"));
    stack.asks("GET", &product.path()).by(&admin).header("x-merchant-id", &ours).await.expects(200);
    assert_eq!(stack.asks("GET", &product.path()).by(&admin).header("x-merchant-id", &theirs).await.status, 404);

    let edit = stack.asks("PATCH", &product.path()).by(&admin).header("x-merchant-id", &ours).header("if-match", "*");
    edit.json(&json!({ "name": "A lamp, as we say" })).await.expects(200);
    let history = product.history().await;
    let edited = history.iter().find(|event| event["kind"] == "ProductUpdated").expect("the edit is told");
    assert_eq!(edited["actor"]["id"], admin.subject().await.as_str(), "history tells who it was");

    let intruder = other.gets("/v1/products").header("x-merchant-id", &ours).await;
    assert_eq!((intruder.refused(), intruder.pointer()), ((403, "FORBIDDEN"), "/headers/x-merchant-id"));
}

/// An app of a pool.
async fn an_app(ours: &UserPool, pool: &str, name: &str) -> String {
    let create = ours.client().create_user_pool_client().user_pool_id(pool).client_name(name);
    let create = create.explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth);
    let made = create.send().await.expect("an app");
    made.user_pool_client().and_then(|app| app.client_id()).expect("an app's id").to_owned()
}
