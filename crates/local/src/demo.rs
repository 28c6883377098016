//! The demo data that every local stack starts with: three verified merchants, a sandbox channel each, and users.

use std::collections::BTreeMap;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::error::At as _;
use crate::users::{Person, UserPool};

/// Fixed, so that a `curl` from yesterday works today.
const MERCHANTS: [(&str, &str); 3] = [
    ("merchant_01JD0000000000000000000001", "Casa Lumbre"),
    ("merchant_01JD0000000000000000000002", "Taller Norte"),
    ("merchant_01JD0000000000000000000003", "Feira Aurora"),
];
const CHANNEL: &str = "sandbox";

/// A demo merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// The prefixed ULID.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// A demo user, and how to be that user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Unique among the demo users, such as `casa-lumbre-merchant`.
    pub name: String,
    /// `admin`, `merchant` or `viewer`.
    pub role: String,
    /// Whose data the user sees.
    pub merchant_id: String,
    /// The headers that identify the user to the API.
    pub headers: BTreeMap<String, String>,
}

/// How to be each demo user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// One entry per user.
    pub users: Vec<User>,
    /// The password of all of them; empty with `AuthMode=header`.
    pub password: String,
    /// When they signed in. Their tokens last for a day.
    pub issued_at: Option<jiff::Timestamp>,
}

impl User {
    /// How the user signs in.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }

    /// The same user, signed in: an admin says besides for whom it acts.
    fn with_token(self, token: &str) -> Self {
        let mut headers = BTreeMap::from([("Authorization".to_owned(), format!("Bearer {token}"))]);
        if self.role == "admin" {
            headers.insert("X-Merchant-Id".to_owned(), self.merchant_id.clone());
        }
        Self { headers, ..self }
    }
}

/// The demo merchants.
#[must_use]
pub fn merchants() -> Vec<Merchant> {
    MERCHANTS.iter().map(|(id, name)| Merchant { id: (*id).to_owned(), name: (*name).to_owned() }).collect()
}

/// The demo users with `AuthMode=header`: a merchant and a viewer for each merchant, and one admin.
#[must_use]
pub fn tokens() -> Tokens {
    let mut users: Vec<User> =
        merchants().iter().flat_map(|merchant| ["merchant", "viewer"].map(|role| user(merchant, role))).collect();
    users.extend(merchants().first().map(|merchant| User { name: "admin".into(), ..user(merchant, "admin") }));
    Tokens { users, ..Tokens::default() }
}

/// Whether these are tokens of all demo users: an older version may have had fewer.
#[must_use]
pub fn is_everybody(known: &Tokens) -> bool {
    tokens().users.iter().all(|user| known.users.iter().any(|other| other.name == user.name))
}

/// Signs the demo users in, and makes those that the user pool does not know.
///
/// # Errors
/// When the user pool refuses.
pub async fn sign_in(pool: &UserPool, password: &str) -> Result<Tokens> {
    let signed_in = tokens().users.into_iter().map(async |user| {
        let email = user.email();
        let tokens = match pool.sign_in(&email, password).await {
            Ok(tokens) => tokens,
            Err(_) => {
                let merchant_id = Some(user.merchant_id.as_str()).filter(|_| user.role != "admin");
                pool.enrol(Person { email: &email, role: &user.role, merchant_id }, password).await?;
                pool.sign_in(&email, password).await?
            }
        };
        Ok::<_, crate::Error>(user.with_token(&tokens.access))
    });
    let users = futures::future::try_join_all(signed_in).await?;
    Ok(Tokens { users, password: password.to_owned(), issued_at: Some(jiff::Timestamp::now()) })
}

/// A password that nobody has had before, as the user pool wants them.
///
/// # Errors
/// When the system has no random numbers.
pub fn password() -> Result<String> {
    let source = std::path::Path::new("/dev/urandom");
    let mut random = [0_u8; 12];
    std::fs::File::open(source).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut random)).at(source)?;
    Ok(format!("Tola-1-{}", hex::encode(random)))
}

fn user(merchant: &Merchant, role: &str) -> User {
    let headers = [("X-Merchant-Id", merchant.id.as_str()), ("X-Role", role)];
    User {
        name: format!("{}-{role}", merchant.name.to_lowercase().replace(' ', "-")),
        role: role.to_owned(),
        merchant_id: merchant.id.clone(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

/// Writes the merchants and their channels. What is there already stays as it is.
///
/// # Errors
/// When the database can't be reached or refuses.
pub async fn seed(mongodb_uri: &str, database: &str) -> Result<()> {
    let database = Client::with_uri_str(mongodb_uri).await?.database(database);
    let (merchants, channels) = (database.collection("merchants"), database.collection("channels"));
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    for (id, name) in MERCHANTS {
        let merchant = doc! { "name": name, "status": "VERIFIED", "created_at": &now };
        put(&merchants, id, merchant).await?;
        let channel = doc! {
            "id": CHANNEL, "merchant_id": id, "channel_type": CHANNEL, "config": {}, "status": "ACTIVE",
            "version": 1_i64, "created_at": &now, "updated_at": &now, "reconcile_due_at": &now,
        };
        put(&channels, &format!("{id}/{CHANNEL}"), channel).await?;
    }
    Ok(())
}

async fn put(collection: &mongodb::Collection<Document>, id: &str, document: Document) -> Result<()> {
    collection.update_one(doc! { "_id": id }, doc! { "$setOnInsert": document }).upsert(true).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InProcessDatabase;
    use crate::database::DATABASE;

    #[tokio::test]
    async fn seeding_twice_changes_nothing() {
        let database = InProcessDatabase::start().unwrap();
        let client = Client::with_uri_str(database.uri()).await.unwrap();
        let merchants = client.database(DATABASE).collection::<Document>("merchants");
        let channels = client.database(DATABASE).collection::<Document>("channels");

        seed(&database.uri(), DATABASE).await.unwrap();
        merchants.update_one(doc! { "_id": MERCHANTS[0].0 }, doc! { "$set": { "name": "Renamed" } }).await.unwrap();
        seed(&database.uri(), DATABASE).await.unwrap();

        assert_eq!(merchants.count_documents(doc! {}).await.unwrap(), 3);
        assert_eq!(channels.count_documents(doc! { "channel_type": "sandbox" }).await.unwrap(), 3);
        let first = merchants.find_one(doc! { "_id": MERCHANTS[0].0 }).await.unwrap().unwrap();
        assert_eq!(first.get_str("name").unwrap(), "Renamed");
    }

    #[test]
    fn ids_are_valid_prefixed_ulids_and_users_carry_their_headers() {
        const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        for merchant in merchants() {
            let ulid = merchant.id.strip_prefix("merchant_").unwrap();
            assert_eq!(ulid.len(), 26);
            assert!(ulid.starts_with(|first| first <= '7'));
            assert!(ulid.chars().all(|letter| CROCKFORD.contains(letter)));
        }
        let users = tokens().users;
        let names: std::collections::BTreeSet<_> = users.iter().map(|user| &user.name).collect();
        assert_eq!(names.len(), users.len());
        assert!(users.iter().all(|user| user.headers["X-Merchant-Id"] == user.merchant_id));
        assert!(users.iter().all(|user| user.email().is_ascii()));
    }

    #[test]
    fn whoever_came_later_has_no_token_yet() {
        let all = tokens();
        let before = Tokens { users: all.users[1..].to_vec(), ..all.clone() };

        assert!(is_everybody(&all));
        assert!(!is_everybody(&before));
    }
}
