//! Pages that call the API from another origin.

use tola_testkit::TestStack;

/// What `cargo xtask up` and the tests allow.
const PAGE: &str = "http://localhost:3000";

#[tokio::test]
async fn pages_of_the_origins_that_are_named_may_call_and_no_others() {
    let stack = TestStack::deployed().await;
    let merchant = stack.merchant("casa-lumbre");
    let preflight = |origin: &str| {
        let ask = stack.asks("OPTIONS", "/v1/products").header("origin", origin);
        ask.header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,idempotency-key")
    };

    let allowed = preflight(PAGE).await;

    assert!((200..300).contains(&allowed.status), "{allowed}");
    assert_eq!(allowed.header("access-control-allow-origin"), PAGE);
    assert!(allowed.header("access-control-allow-headers").contains("idempotency-key"), "{allowed}");
    assert_eq!(allowed.header("access-control-allow-credentials"), "", "no cookie counts here");
    let denied = preflight("https://evil.example").await;
    assert_eq!(denied.header("access-control-allow-origin"), "", "{denied}");

    let read = merchant.gets("/v1/products").header("origin", PAGE).await.expects(200);
    assert_eq!(read.header("access-control-allow-origin"), PAGE);
    assert!(read.header("access-control-expose-headers").contains("etag"), "{read}");
    assert_eq!(read.header("x-content-type-options"), "nosniff");
}
