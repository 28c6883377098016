//! Tokens that have expired.

use aws_sdk_cognitoidentityprovider::types::{TimeUnitsType, TokenValidityUnitsType};
use tola_local::users::UserPool;
use tola_testkit::{OwnStack, SOON, TestStack, eventually};

/// On a stack of its own, because all tokens that the app gives meanwhile are good for a second.
#[tokio::test]
async fn a_token_that_has_expired_opens_nothing() {
    let stack = OwnStack::take().await;
    let merchant = stack.merchant("casa-lumbre");
    last(&stack, 1, TimeUnitsType::Seconds).await;
    let token = merchant.session().tokens().await.expect("the merchant signs in").access.clone();
    last(&stack, 60, TimeUnitsType::Minutes).await;

    let expired = async || {
        let answer = stack.asks("GET", "/v1/products").header("authorization", &format!("Bearer {token}")).await;
        if answer.status == 401 { Ok(()) } else { Err(answer.to_string()) }
    };
    eventually("the token has expired", SOON, expired).await;

    let later = stack.merchant("casa-lumbre");
    later.gets("/v1/products").await.expects(200);
}

/// Says how long the tokens last that the app gives from now on.
async fn last(stack: &TestStack, validity: i32, unit: TimeUnitsType) {
    let pool = UserPool::of(stack.info()).expect("the stack verifies identities");
    let units = TokenValidityUnitsType::builder().access_token(unit).build();
    let update = pool.client().update_user_pool_client().user_pool_id(pool.id());
    let update = update.client_id(stack.output("UserPoolClientId")).access_token_validity(validity);
    update.token_validity_units(units).send().await.expect("the app takes it");
}
