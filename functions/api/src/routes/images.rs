//! Images: the promise of an upload, and what came of it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tola_catalog::image::UPLOAD_TYPES;
use tola_catalog::operation::Subject;
use tola_catalog::{Image, ImageId, ImageStatus, OperationId, Origin};
use tola_step::now;
use tola_store::{Outcome, TenantScope};

use super::located;
use crate::app::{App, image_path};
use crate::body::JsonBody;
use crate::error::{ApiError, chain};
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag, examples};
use crate::params::InPath;
use crate::signing::{Links, UploadForm};
use crate::views::ImageView;

/// The most products that are woken when a deletion is taken back; it happens within the moment in which the first of
/// them began to refer to the image.
const WOKEN: u32 = 20;

/// What a merchant wants to upload.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an image")]
#[schemars(rename = "NewImage")]
pub struct NewImageBody {
    /// The media type of the file.
    #[schemars(extend("enum" = UPLOAD_TYPES))]
    content_type: String,
}

/// An image that waits for its upload.
#[derive(JsonSchema)]
#[schemars(rename = "PromisedImage")]
#[expect(dead_code, reason = "the form is signed by a layer on the answer's way out; this is what it then looks like")]
struct Promised<'a> {
    image: ImageView<'a>,
    upload: UploadForm,
}

pub(super) fn create_contract() -> Contract {
    Contract::new(Tag::Images, "createImage", "Promises an image, and says how to upload it")
        .saying("Post the file to `upload.url` with the `upload.fields`, as `upload.curl` does it, before `upload.expires_at`.")
        .takes::<NewImageBody>(vec![("A photo", json!({ "content_type": "image/jpeg" }))])
        .answers::<Promised<'_>>(StatusCode::CREATED, "It waits for its upload.", examples::promised_image())
        .with(&[Header::Location])
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Images, "readImage", "Reads an image")
        .path::<ImageId>("id", "The image.", examples::IMAGE)
        .answers::<ImageView<'_>>(StatusCode::OK, "The image, and its renditions once it is READY.", examples::image())
}

/// `POST /v1/images`
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    JsonBody(body): JsonBody<NewImageBody>,
) -> Result<Response, ApiError> {
    if !UPLOAD_TYPES.contains(&body.content_type.as_str()) {
        let message = format!("an upload is one of {}", UPLOAD_TYPES.join(", "));
        return Err(ApiError::invalid_body("/content_type", message));
    }
    let images = app.store.images(caller.scope());
    let mut image = Image::awaiting_upload(ids.image(), caller.merchant_id(), &body.content_type, now());
    if !images.insert_once(&image).await? {
        // The same request made it before, and may have been followed by the upload.
        image = images.get(image.id).await?.ok_or_else(ApiError::not_found)?;
    }
    let view = ImageView::new(&image, Links::Unsigned);
    // What is to be signed: the layer behind every POST signs it on its way out, and whenever it is given again.
    let upload = json!({ "image_id": image.id, "content_type": image.declared_type });
    let response = (StatusCode::CREATED, Json(json!({ "image": view, "upload": upload }))).into_response();
    Ok(located(response, &image_path(image.id)))
}

/// `GET /v1/images/{id}`
pub async fn read(State(app): State<App>, caller: Caller, InPath(id): InPath<ImageId>) -> Result<Response, ApiError> {
    let found = app.store.images(caller.scope()).get(id).await?;
    let image = found.filter(|image| image.status != ImageStatus::Purging).ok_or_else(ApiError::not_found)?;
    let signer = app.signing.signer(now()).await?;
    Ok(Json(ImageView::new(&image, Links::Signed(&signer))).into_response())
}

/// Takes back the deletion of images to which something has begun to refer. Whoever deletes marks the image and then
/// looks for references; whoever refers writes the reference and then looks for marks: one of the two sees the other.
/// A failure here is not the merchant's: the sweep looks for references once more before it deletes anything.
pub(super) async fn rescue(app: &App, scope: TenantScope, ids: &[ImageId], origin: &Origin) {
    let marked = match app.store.images(scope).get_many(ids).await {
        Ok(images) => images.into_iter().filter(|image| image.status == ImageStatus::Purging),
        Err(error) => return tracing::warn!(why = chain(&error), "could not look for images that are being deleted"),
    };
    for image in marked {
        if let Err(error) = restore(app, scope, image.id, origin).await {
            tracing::warn!(image.id = %image.id, why = chain(&error), "could not take the deletion of an image back");
        }
    }
}

/// Gives an image that is being deleted its former status back. One that was being processed is processed once more,
/// since what came of it meanwhile was passed over.
pub(super) async fn restore(
    app: &App,
    scope: TenantScope,
    id: ImageId,
    origin: &Origin,
) -> Result<(), tola_store::Error> {
    let operation = OperationId::new(tola_step::new_id());
    let images = app.store.images(scope);
    let restored = images.change(id, |image| Ok::<_, tola_store::Error>(image.restore(operation, origin))).await?;
    if let Outcome::Moved(image) = restored {
        app.launch_if_asked(scope, Subject::Image(id), &image.intents, operation).await;
        wake(app, scope, id, origin).await?;
    }
    Ok(())
}

/// Has the products that refer to an image look at it once more: a register workflow that looked while the image was
/// marked has passed it over.
async fn wake(app: &App, scope: TenantScope, id: ImageId, origin: &Origin) -> Result<(), tola_store::Error> {
    let products = app.store.products(scope);
    for product in products.showing(id, None, WOKEN).await? {
        let operation = OperationId::new(tola_step::new_id());
        let asked = products.change(product.id, |product| {
            Ok::<_, tola_store::Error>(product.request_registration(operation, None, origin))
        });
        if let Outcome::Moved(product) = asked.await? {
            app.launch_if_asked(scope, Subject::Product(product.id), &product.intents, operation).await;
        }
    }
    Ok(())
}
