//! Merchants: who uses the HTTP API.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tola_catalog::{Identity, MerchantId, Role};
use tola_store::TenantScope;
use ulid::Ulid;

use crate::{Answer, Draft, Image, Operation, Photo, Product, Promise, Request, SOON, Session, TestStack, eventually};

/// A merchant, or somebody who works for one. Cheap to clone.
#[derive(Clone)]
pub struct Merchant {
    stack: TestStack,
    identity: Identity,
    session: Session,
}

impl Merchant {
    pub(crate) fn new(stack: &TestStack, name: &str) -> Self {
        let merchant_id = MerchantId::new(Ulid::generate());
        let identity = Identity { merchant_id, role: Role::Merchant, subject: name.to_owned() };
        Self::of(stack, identity)
    }

    fn of(stack: &TestStack, identity: Identity) -> Self {
        let Identity { merchant_id, role, subject } = &identity;
        let email = format!("{}.{subject}@{merchant_id}.example.com", role.name());
        let session = Session::new(stack.info(), &email, role.name(), Some(merchant_id.to_string()));
        Self { stack: stack.clone(), identity, session }
    }

    /// Somebody of the same merchant who may only look.
    #[must_use]
    pub fn viewer(&self) -> Self {
        Self::of(&self.stack, Identity { role: Role::Viewer, ..self.identity.clone() })
    }

    /// The merchant's access to the API.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The merchant's id.
    #[must_use]
    pub fn id(&self) -> MerchantId {
        self.identity.merchant_id
    }

    /// The merchant's documents, to write what no request could have left behind.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        TenantScope::of_identity(&self.identity)
    }

    /// The stack that the merchant uses.
    #[must_use]
    pub fn stack(&self) -> &TestStack {
        &self.stack
    }

    /// Any request, in the merchant's name.
    pub fn asks(&self, method: &str, path: &str) -> Request {
        self.stack.asks(method, path).by(&self.session)
    }

    /// A GET request.
    pub fn gets(&self, path: &str) -> Request {
        self.asks("GET", path)
    }

    /// A POST request with a JSON body.
    pub fn posts(&self, path: &str, body: &Value) -> Request {
        self.asks("POST", path).json(body)
    }

    /// A POST request without a body.
    pub fn acts(&self, path: &str) -> Request {
        self.asks("POST", path)
    }

    /// An edit of a product, on whichever revision is there.
    pub fn patches(&self, product: &Product, body: &Value) -> Request {
        self.asks("PATCH", &product.path()).header("if-match", "*").json(body)
    }

    /// Registers a product, as a client does that may have to repeat itself: with a key.
    pub async fn registers(&self, draft: impl Into<Draft>) -> Product {
        let answer = self.posts("/v1/products", draft.into().body()).key(&Ulid::generate().to_string()).await;
        Product::of(self, &answer.expects(201))
    }

    /// Asks for an upload form.
    pub async fn promises(&self, content_type: &str) -> Promise {
        let body = json!({ "content_type": content_type });
        let answer = self.posts("/v1/images", &body).key(&Ulid::generate().to_string()).await;
        Promise::of(self, &answer.expects(201))
    }

    /// Uploads a file the way a browser does: a form from the API, posted to the bucket.
    pub async fn uploads(&self, photo: Photo) -> Image {
        self.promises(&photo.content_type).await.receives(photo).await
    }

    /// Sends a request again and again until somebody takes it on: what a careful client does when the other side is
    /// down. The request has an `Idempotency-Key`, unless repeating it does no harm.
    pub async fn insists(&self, request: &Request) -> Answer {
        eventually("an answer that is not `try again`", SOON, async || match request.attempt().await {
            Ok(answer) if answer.status >= 500 => Err(answer.to_string()),
            Ok(answer) if answer.body["error"]["code"] == "IDEMPOTENCY_KEY_IN_FLIGHT" => Err(answer.to_string()),
            Ok(answer) => Ok(answer),
            Err(unanswered) => Err(unanswered),
        })
        .await
    }

    /// An operation of the merchant.
    #[must_use]
    pub fn operation(&self, id: &str) -> Operation {
        Operation::new(self, id)
    }

    /// A product of the merchant that is there already.
    #[must_use]
    pub fn product(&self, id: &str) -> Product {
        Product::known(self, id)
    }

    /// An image of the merchant that is there already.
    #[must_use]
    pub fn image(&self, id: &str) -> Image {
        Image::new(self, id)
    }

    /// All items of a list, page by page of `limit`; `query` is empty or begins with `&`. No item comes twice.
    pub async fn lists(&self, path: &str, limit: u32, query: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.gets(&format!("{path}?limit={limit}{query}{cursor}")).await.expects(200);
            assert!(page.items().len() <= limit as usize, "a page is too long: {page}");
            items.extend(page.items().iter().cloned());
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let distinct: BTreeSet<String> = items.iter().map(ToString::to_string).collect();
        assert_eq!(distinct.len(), items.len(), "an item came twice in {path}");
        items
    }
}
