//! People who sign in to the stack's user pool.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::sync::OnceCell;
use tola_local::StackInfo;
use tola_local::users::{Person, Tokens, UserPool};

/// As the user pool wants passwords to be.
const PASSWORD: &str = "Tola-tests-1";

/// Somebody who signs in before the first request. Cheap to clone.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    pool: UserPool,
    email: String,
    role: String,
    merchant_id: Option<String>,
    tokens: OnceCell<Tokens>,
}

impl Session {
    /// Somebody whom the user pool of a stack does not know yet.
    pub(crate) fn new(info: &StackInfo, email: &str, role: &str, merchant_id: Option<String>) -> Self {
        let pool = UserPool::of(info).expect("the stack verifies identities");
        let (email, role) = (email.to_lowercase(), role.to_owned());
        Self(Arc::new(Inner { pool, email, role, merchant_id, tokens: OnceCell::new() }))
    }

    /// The tokens that the user pool gives.
    ///
    /// # Errors
    /// What the user pool says.
    pub async fn tokens(&self) -> Result<&Tokens, String> {
        let Inner { pool, email, role, merchant_id, tokens } = &*self.0;
        let person = Person { email, role, merchant_id: merchant_id.as_deref() };
        let sign_in = async || {
            pool.enrol(person, PASSWORD).await?;
            pool.sign_in(email, PASSWORD).await
        };
        tokens.get_or_try_init(sign_in).await.map_err(|error| error.to_string())
    }

    /// What the access token says.
    pub async fn claims(&self) -> Value {
        let token = &self.tokens().await.expect("the person signs in").access;
        let claims = token.split('.').nth(1).and_then(|claims| BASE64_URL_SAFE_NO_PAD.decode(claims).ok());
        serde_json::from_slice(&claims.expect("a token")).expect("claims")
    }

    /// How tokens and history name this person.
    pub async fn subject(&self) -> String {
        self.claims().await["sub"].as_str().expect("a subject").to_owned()
    }

    /// How this person signs in: address and password.
    #[must_use]
    pub fn credentials(&self) -> (&str, &'static str) {
        (&self.0.email, PASSWORD)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("email", &self.0.email).finish_non_exhaustive()
    }
}
