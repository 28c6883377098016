//! A merchant's categories: reading them, making and moving them, and taking them away.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use tola_catalog::category::{CategoryImage, ImageUnfit, MAX_CHANNEL_CATEGORIES};
use tola_catalog::text::{AltText, ChannelCategory, Description, Name, Slug};
use tola_catalog::{
    CategoryDraft, CategoryKey, CategoryRefused, CategoryTree, ChannelId, ImageId, Operation, Seo, code,
};
use tola_step::now;
use tola_store::{Outcome, TenantScope};

use super::category_schema::{Revised, revise};
use super::images::rescue;
use super::located;
use crate::app::App;
use crate::body::JsonBody;
use crate::error::ApiError;
use crate::idempotency::Ids;
use crate::identity::Caller;
use crate::json::Json;
use crate::openapi::{Contract, Header, Tag, examples};
use crate::params::InPath;
use crate::signing::{Links, Signer};
use crate::views::{CategoryBranch, CategoryView, Page, Pictures, PutCategory};

/// The most products that a refusal names.
const NAMED: u32 = 10;

/// What a category is to be, whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a category")]
#[schemars(rename = "CategoryDraft")]
pub(super) struct CategoryBody {
    /// What it is called.
    name: Name,
    /// Its name in URLs. Without one it keeps the one that it has; a new category gets one that its name suggests.
    #[serde(default)]
    slug: Option<Slug>,
    /// The category that it is part of; none for one at the top. What is part of it moves with it.
    #[serde(default)]
    parent_id: Option<CategoryKey>,
    /// What belongs into it.
    #[serde(default)]
    description: Option<Description>,
    /// Where it stands among its siblings: the smallest first, and by name where it is the same.
    #[serde(default)]
    #[schemars(range(max = u32::MAX))]
    position: u32,
    /// Whether shoppers see it. They see nothing below one that they don't.
    #[serde(default = "yes")]
    active: bool,
    /// What search engines are told, where it differs.
    #[serde(default)]
    seo: Seo,
    /// Which category of a channel's own it is, and all that is part of it that says nothing else: by the channel, or by
    /// its type for all channels of that type. `CATEGORY_UNMAPPED` looks at it.
    #[serde(default)]
    #[schemars(extend("maxProperties" = MAX_CHANNEL_CATEGORIES))]
    channel_categories: BTreeMap<ChannelId, ChannelCategory>,
    /// An image of the merchant's, as shoppers see it. It may still be on its way, and is shown once it is READY.
    #[serde(default)]
    image_id: Option<ImageId>,
    /// What the image shows.
    #[serde(default)]
    image_alt: Option<AltText>,
}

fn yes() -> bool {
    true
}

impl TryFrom<CategoryBody> for CategoryDraft {
    type Error = ApiError;

    fn try_from(body: CategoryBody) -> Result<Self, ApiError> {
        let CategoryBody { image_id, image_alt, .. } = body;
        let image = match (image_id, image_alt) {
            (Some(image_id), alt) => Some(CategoryImage { image_id, alt }),
            (None, None) => None,
            (None, Some(_)) => {
                return Err(ApiError::invalid_body("/image_alt", "there is no image_id of an image that it tells of"));
            }
        };
        let CategoryBody { name, slug, parent_id, description, position, active, seo, channel_categories, .. } = body;
        Ok(Self { name, slug, parent_id, description, position, active, seo, channel_categories, image })
    }
}

pub(super) fn list_contract() -> Contract {
    Contract::new(Tag::Categories, "listCategories", "Lists all categories, by their ids")
        .for_merchant()
        .answers::<Page<CategoryView>>(StatusCode::OK, "All of them: there is one page.", examples::categories())
}

pub(super) fn tree_contract() -> Contract {
    Contract::new(Tag::Categories, "readCategoryTree", "Reads the tree of all categories")
        .saying("Siblings stand in the order in which shoppers see them.")
        .for_merchant()
        .answers::<Page<CategoryBranch>>(StatusCode::OK, "The categories at the top.", examples::category_tree())
}

pub(super) fn contract() -> Contract {
    Contract::new(Tag::Categories, "readCategory", "Reads a category")
        .path::<CategoryKey>("id", "The category.", examples::CATEGORY)
        .answers::<CategoryView>(StatusCode::OK, "The category.", examples::category())
}

pub(super) fn put_contract() -> Contract {
    Contract::new(Tag::Categories, "putCategory", "Makes a category, or makes it anew")
        .saying(
            "The category is what the body says afterwards, whether it was there before or not: a category that gets \
             another parent moves, with all that is part of it.",
        )
        .path::<CategoryKey>("id", "The merchant's own id of it.", examples::CATEGORY)
        .takes::<CategoryBody>(examples::category_drafts())
        .answers::<PutCategory<'_>>(StatusCode::OK, "It was there, and is so now.", examples::category())
        .answers::<PutCategory<'_>>(StatusCode::CREATED, "It is made.", examples::category())
        .with(&[Header::Location])
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE, code::SLUG_TAKEN])
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &[code::UNKNOWN_IMAGE, code::IMAGE_REJECTED])
}

pub(super) fn delete_contract() -> Contract {
    Contract::new(Tag::Categories, "deleteCategory", "Deletes a category")
        .saying("Not while other categories are part of it, or products are in it.")
        .path::<CategoryKey>("id", "The category.", examples::CATEGORY)
        .answers_without_body(StatusCode::NO_CONTENT, "It is gone.")
        .refuses(StatusCode::CONFLICT, &[code::ACTION_NOT_POSSIBLE])
}

/// A merchant's categories, and how many products are in each alone.
async fn counted(app: &App, scope: TenantScope) -> Result<(CategoryTree, BTreeMap<CategoryKey, u64>), ApiError> {
    let tree = app.store.categories(scope).get().await?;
    let own = app.store.products(scope).counted_in(tree.categories.keys()).await?;
    Ok((tree, own))
}

/// What categories show that refer to these images.
pub(super) async fn pictures<'a>(
    app: &App,
    scope: TenantScope,
    images: BTreeSet<ImageId>,
    signer: &'a Signer,
) -> Result<Pictures<'a>, ApiError> {
    let images: Vec<ImageId> = images.into_iter().collect();
    Ok(Pictures::new(app.store.images(scope).get_many(&images).await?, Links::Signed(signer)))
}

/// A category of this tree as clients see it, if it is there.
async fn shown(app: &App, scope: TenantScope, tree: &CategoryTree, id: &CategoryKey) -> Result<CategoryView, ApiError> {
    let category = tree.categories.get(id).ok_or_else(ApiError::not_found)?;
    let own = app.store.products(scope).counted_in(tree.subtree(id).into_iter()).await?;
    let signer = app.signing.signer(now()).await?;
    let pictures = pictures(app, scope, CategoryTree::images_of([category].into_iter()), &signer).await?;
    Ok(CategoryView::new(tree, id, category, own.values().sum(), &pictures))
}

/// `GET /v1/categories`: all of them, by their ids.
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<CategoryView>>, ApiError> {
    let (tree, own) = counted(&app, caller.scope()).await?;
    let signer = app.signing.signer(now()).await?;
    let images = CategoryTree::images_of(tree.categories.values());
    let pictures = pictures(&app, caller.scope(), images, &signer).await?;
    Ok(Json(Page::whole(CategoryView::all(&tree, &own, &pictures).collect())))
}

/// `GET /v1/categories/tree`
pub(super) async fn tree(State(app): State<App>, caller: Caller) -> Result<Json<Page<CategoryBranch>>, ApiError> {
    let (tree, own) = counted(&app, caller.scope()).await?;
    let signer = app.signing.signer(now()).await?;
    let images = CategoryTree::images_of(tree.categories.values());
    let pictures = pictures(&app, caller.scope(), images, &signer).await?;
    Ok(Json(Page::whole(CategoryBranch::of(&tree, &own, &pictures))))
}

/// `GET /v1/categories/{id}`
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CategoryKey>,
) -> Result<Json<CategoryView>, ApiError> {
    let scope = caller.scope();
    let tree = app.store.categories(scope).get().await?;
    shown(&app, scope, &tree, &id).await.map(Json)
}

/// `PUT /v1/categories/{id}`
pub(super) async fn put(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<CategoryKey>,
    JsonBody(body): JsonBody<CategoryBody>,
) -> Result<Response, ApiError> {
    let (scope, draft) = (caller.scope(), CategoryDraft::try_from(body)?);
    let wanted = draft.image.as_ref().map(|image| image.image_id);
    let found = match wanted {
        Some(image) => app.store.images(scope).get(image).await?,
        None => None,
    };
    let mut is_new = false;
    let Revised { tree, review } = revise(&app, &caller, ids, &id, |tree| {
        is_new = !tree.categories.contains_key(&id);
        tree.permit_image(&id, &draft, found.as_ref())?;
        Ok(tree.put(&id, &draft, now())?)
    })
    .await?;
    // Also when nothing has changed: whoever wrote it may have died before.
    if let Some(image) = wanted {
        rescue(&app, scope, &[image], &caller.origin(now())).await;
    }
    let category = shown(&app, scope, &tree, &id).await?;
    let answer = Json(PutCategory::new(category, review.as_ref()));
    Ok(if is_new {
        located((StatusCode::CREATED, answer).into_response(), &format!("/v1/categories/{id}"))
    } else {
        answer.into_response()
    })
}

/// `DELETE /v1/categories/{id}`: not while a product is in it. One that gets into it at this very moment names a category
/// that is gone, which is no more than a category that was never made.
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    ids: Ids,
    InPath(id): InPath<CategoryKey>,
) -> Result<StatusCode, ApiError> {
    let scope = caller.scope();
    let categories = app.store.categories(scope);
    if !categories.get().await?.categories.contains_key(&id) {
        return Err(ApiError::not_found());
    }
    let products = app.store.products(scope).in_category(&id, NAMED).await?;
    if !products.is_empty() {
        let message = format!("products are in {id}: put them elsewhere first");
        return Err(ApiError::not_possible(message).held_by(&products, "is in it"));
    }
    // Nothing else is asked of any product: what is asked in a category is gone with it.
    let review = Operation::reviewing(id.clone(), ids.operation(), caller.merchant_id(), &caller.origin(now()));
    match categories.change(&review, |tree| tree.remove(&id).map_err(ApiError::from)).await? {
        Outcome::Moved(_) => Ok(StatusCode::NO_CONTENT),
        // Somebody else was quicker.
        Outcome::AlreadyThere(_) | Outcome::Absent => Err(ApiError::not_found()),
    }
}

impl From<ImageUnfit> for ApiError {
    fn from(unfit: ImageUnfit) -> Self {
        let code = match unfit {
            ImageUnfit::Unknown(_) => code::UNKNOWN_IMAGE,
            ImageUnfit::Rejected { .. } => code::IMAGE_REJECTED,
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code).at("/image_id", code, unfit.to_string())
    }
}

impl From<CategoryRefused> for ApiError {
    fn from(refused: CategoryRefused) -> Self {
        let message = refused.to_string();
        match refused {
            CategoryRefused::UnknownParent(_) | CategoryRefused::Circle { .. } | CategoryRefused::TooDeep(_) => {
                Self::invalid_body("/parent_id", message)
            }
            CategoryRefused::SlugTaken(_) => {
                let taken = Self::new(StatusCode::CONFLICT, code::SLUG_TAKEN).saying(message.clone());
                taken.at("/slug", code::SLUG_TAKEN, message)
            }
            CategoryRefused::TooManyChannels => Self::invalid_body("/channel_categories", message),
            CategoryRefused::Contradiction { pointer, message } => Self::invalid_body(pointer, message),
            CategoryRefused::Unknown(_) => Self::not_found(),
            CategoryRefused::TooMany
            | CategoryRefused::TooManyAttributes(_)
            | CategoryRefused::TooManyInAll
            | CategoryRefused::HasChildren(_) => Self::not_possible(message),
        }
    }
}
