//! What Lambda tells every function.

use std::collections::BTreeMap;

use tola_local::database;

/// Where functions believe to be.
pub(crate) const REGION: &str = "eu-west-1";
/// Whose they believe to be.
pub(crate) const ACCOUNT: &str = "000000000000";
/// How long the session token of a function's role is, more or less: each link carries it.
const TOKEN_LENGTH: usize = 800;

/// The environment of a function `name` that works with this database.
pub(crate) fn of(name: &str, mongodb_uri: &str) -> BTreeMap<String, String> {
    let variables = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("_HANDLER", "app.handler"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE00"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_SESSION_TOKEN", &session_token()),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/tola"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/15/[$LATEST]tola"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("IMAGE_BUCKET", "tola-bench-images"),
        ("MONGODB_DATABASE", database::DATABASE),
        ("MONGODB_URI", mongodb_uri),
        ("STAGE", "dev"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Text of the length and alphabet of a session token, slashes and all.
fn session_token() -> String {
    "IQoJb3JpZ2luX2VjEXAMPLE+abcd/efgh1234".chars().cycle().take(TOKEN_LENGTH - 2).chain("==".chars()).collect()
}

/// What the API is told besides.
pub(crate) fn of_the_api(mongodb_uri: &str) -> BTreeMap<String, String> {
    let machine = |name: &str| format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}");
    let queue = |name: &str| format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}");
    let own = [
        ("AUTH_MODE", "header".to_owned()),
        ("CURSOR_KEY", "c".repeat(64)),
        ("EVENT_BUS_NAME", "catalog".to_owned()),
        ("EVENTS_QUEUE_URL", queue("catalog-events")),
        ("REGISTER_PRODUCT_ARN", machine("register-product")),
        ("PROCESS_IMAGE_ARN", machine("process-image")),
        ("PUBLISH_PRODUCT_ARN", machine("publish-product")),
        ("WITHDRAW_PRODUCT_ARN", machine("withdraw-product")),
        ("RECONCILE_CHANNEL_ARN", machine("reconcile-channel")),
        ("REVIEW_CATEGORY_ARN", machine("review-category")),
        ("ADAPTER_PREFIX", "tola-dev-".to_owned()),
        ("RECONCILE_EVERY_MINUTES", "360".to_owned()),
        // Out of reach: what counts here is not whether quotas hold.
        ("WRITES_PER_SECOND", "1000".to_owned()),
        ("WRITE_BURST", "1000000".to_owned()),
    ];
    let mut environment = of("api", mongodb_uri);
    environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
    environment
}
