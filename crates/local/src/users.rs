//! People of a stack's user pool: making them as whoever administers the pool does, and signing in as they do.

use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::error::DisplayErrorContext;
use aws_sdk_cognitoidentityprovider::operation::admin_create_user::AdminCreateUserError;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType, MessageActionType};
use aws_sdk_cognitoidentityprovider::{Client, Config};

use crate::{Error, Result, StackInfo};

/// The user pool of a stack.
#[derive(Debug, Clone)]
pub struct UserPool {
    client: Client,
    pool: String,
    app: String,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// How the person signs in.
    pub email: &'a str,
    /// `admin`, `merchant` or `viewer`.
    pub role: &'a str,
    /// The merchant that the person belongs to.
    pub merchant_id: Option<&'a str>,
}

/// What a person who has signed in is given.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Opens the API.
    pub access: String,
    /// Says who somebody is, and opens nothing.
    pub id: String,
}

impl UserPool {
    /// The user pool of a stack, if it has one: with `AuthMode=header` it has none.
    #[must_use]
    pub fn of(info: &StackInfo) -> Option<Self> {
        let output = |name| info.outputs.get(name).cloned();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(info.region.clone()))
            .endpoint_url(&info.endpoint_url)
            .credentials_provider(Credentials::new("test", "test", None, None, "local"))
            .build();
        let client = Client::from_conf(config);
        Some(Self { client, pool: output("UserPoolId")?, app: output("UserPoolClientId")? })
    }

    /// Speaks to every user pool of the stack's cloud.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The pool's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.pool
    }

    /// The same people, through another app or in another pool.
    #[must_use]
    pub fn at(&self, pool: &str, app: &str) -> Self {
        Self { client: self.client.clone(), pool: pool.to_owned(), app: app.to_owned() }
    }

    /// Makes a person who signs in with this password. One who is there already gets it.
    ///
    /// # Errors
    /// [`Error::UserPool`].
    pub async fn enrol(&self, person: Person<'_>, password: &str) -> Result<()> {
        let email = person.email;
        let mut create = self.client.admin_create_user().user_pool_id(&self.pool).username(email);
        create = create.message_action(MessageActionType::Suppress);
        let merchant = person.merchant_id.map(|id| ("custom:merchant_id", id));
        let attributes = [("email", email), ("email_verified", "true"), ("custom:role", person.role)];
        for (name, value) in attributes.into_iter().chain(merchant) {
            create = create.user_attributes(AttributeType::builder().name(name).value(value).build().map_err(failed)?);
        }
        if let Err(error) = create.send().await
            && !error.as_service_error().is_some_and(AdminCreateUserError::is_username_exists_exception)
        {
            return Err(failed(error));
        }
        let set = self.client.admin_set_user_password().user_pool_id(&self.pool).username(email);
        set.password(password).permanent(true).send().await.map_err(failed)?;
        Ok(())
    }

    /// Signs in.
    ///
    /// # Errors
    /// [`Error::UserPool`]: nobody has this password, or the pool does not answer.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Tokens> {
        let ask = self.client.initiate_auth().client_id(&self.app).auth_flow(AuthFlowType::UserPasswordAuth);
        let ask = ask.auth_parameters("USERNAME", email).auth_parameters("PASSWORD", password);
        let answer = ask.send().await.map_err(failed)?;
        let result = answer.authentication_result();
        let tokens = result.and_then(|result| {
            Some(Tokens { access: result.access_token()?.to_owned(), id: result.id_token()?.to_owned() })
        });
        tokens.ok_or_else(|| Error::UserPool { reason: format!("{email} has more to prove than a password") })
    }
}

fn failed(error: impl std::error::Error) -> Error {
    Error::UserPool { reason: DisplayErrorContext(error).to_string() }
}
