//! Who takes part: Tola's API, and its peer.

use std::collections::BTreeMap;
use std::path::Path;

use tola_local::database;
use tola_local::python::Environment;

use super::contestant::Contestant;

const REGION: &str = "eu-west-1";
const ACCOUNT: &str = "000000000000";
/// How long the session token of a function's role is, more or less: each link carries it.
const TOKEN_LENGTH: usize = 800;

/// Tola's API as it is deployed.
pub(super) fn tola(bootstrap: &Path, folder: &Path, mongodb_uri: &str, core: Option<usize>) -> Contestant {
    let machine = |name: &str| format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}");
    let queue = |name: &str| format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}");
    let own = [
        ("AUTH_MODE", "header".to_owned()),
        ("CURSOR_KEY", "c".repeat(64)),
        ("EVENT_BUS_NAME", "bench".to_owned()),
        ("EVENTS_QUEUE_URL", queue("catalog-events")),
        ("REGISTER_PRODUCT_ARN", machine("register-product")),
        ("PROCESS_IMAGE_ARN", machine("process-image")),
        ("PUBLISH_PRODUCT_ARN", machine("publish-product")),
        ("WITHDRAW_PRODUCT_ARN", machine("withdraw-product")),
        ("RECONCILE_CHANNEL_ARN", machine("reconcile-channel")),
        ("ADAPTER_PREFIX", "tola-dev-".to_owned()),
        ("RECONCILE_EVERY_MINUTES", "360".to_owned()),
        ("WRITES_PER_SECOND", "1000".to_owned()),
        ("WRITE_BURST", "1000000".to_owned()),
        ("RELAY_QUEUE_URL", queue("relay")),
    ];
    let mut environment = lambda(mongodb_uri);
    environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Contestant {
        name: "Tola",
        program: bootstrap.to_owned(),
        arguments: Vec::new(),
        folder: folder.to_owned(),
        environment,
        log: folder.join("tola.log"),
        core,
    }
}

/// The peer, run by the client that AWS itself runs Python functions with.
pub(super) fn peer(
    python: &Environment,
    source: &Path,
    folder: &Path,
    mongodb_uri: &str,
    core: Option<usize>,
) -> Contestant {
    Contestant {
        name: "FastAPI",
        program: python.program("python"),
        arguments: ["-m", "awslambdaric", "app.handler"].map(Into::into).into(),
        folder: source.to_owned(),
        environment: lambda(mongodb_uri),
        log: folder.join("peer.log"),
        core,
    }
}

/// What Lambda tells every function, and what both sides are configured with.
pub(super) fn lambda(mongodb_uri: &str) -> BTreeMap<String, String> {
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
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/15/[$LATEST]bench"),
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
