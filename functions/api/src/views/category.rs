//! Categories, one by one and as a tree.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::category::schema::InForce;
use tola_catalog::text::{AttributeKey, ChannelCategory, Description, Name, Slug};
use tola_catalog::{AttributeRule, Category, CategoryKey, CategoryTree, ChannelId, Operation, Seo, Timestamp};

use super::OperationView;
use super::picture::{CategoryImageView, Picture, Pictures};

/// A category.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Category")]
pub struct CategoryView {
    id: CategoryKey,
    name: Name,
    slug: Slug,
    parent_id: Option<CategoryKey>,
    /// The categories that it is part of, from the top down.
    path: Vec<CategoryKey>,
    description: Option<Description>,
    position: u32,
    active: bool,
    /// Whether shoppers see it: it and all that it is part of is active.
    shown: bool,
    seo: Seo,
    /// Which category of a channel's own it says that it is, by the channel or its type.
    channel_categories: BTreeMap<ChannelId, ChannelCategory>,
    /// What shoppers see of it.
    image: Option<CategoryImageView>,
    /// How many products are in it and in all that is part of it.
    products: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl CategoryView {
    /// All categories of a merchant, of whose products there are so many in each alone.
    pub(crate) fn all(
        tree: &CategoryTree,
        own: &BTreeMap<CategoryKey, u64>,
        pictures: &Pictures<'_>,
    ) -> impl Iterator<Item = Self> {
        let sums = tree.rolled_up(own);
        let products = move |id: &CategoryKey| sums.get(id).copied().unwrap_or_default();
        tree.categories.iter().map(move |(id, category)| Self::new(tree, id, category, products(id), pictures))
    }

    /// A category of a merchant's, in which and below which there are so many products.
    pub(crate) fn new(
        tree: &CategoryTree,
        id: &CategoryKey,
        category: &Category,
        products: u64,
        pictures: &Pictures<'_>,
    ) -> Self {
        Self {
            id: id.clone(),
            name: category.name.clone(),
            slug: category.slug.clone(),
            parent_id: category.parent_id().cloned(),
            path: category.path.clone(),
            description: category.description.clone(),
            position: category.position,
            active: category.active,
            shown: tree.is_shown(id),
            seo: category.seo.clone(),
            channel_categories: category.channel_categories.clone(),
            image: pictures.standing(category.image.as_ref()),
            products,
            created_at: category.created_at,
            updated_at: category.updated_at,
        }
    }
}

/// A category that was made, and what that has begun.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PutCategory")]
pub struct PutCategory<'a> {
    #[serde(flatten)]
    category: CategoryView,
    /// Judges its products by what is asked of them now, if that is something else and there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<OperationView<'a>>,
}

impl<'a> PutCategory<'a> {
    pub(crate) fn new(category: CategoryView, operation: Option<&'a Operation>) -> Self {
        Self { category, operation: operation.map(OperationView::whole) }
    }
}

/// What a category asks of the attributes of its products.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategorySchema")]
pub struct CategorySchema<'a> {
    category_id: &'a CategoryKey,
    /// Rises with every change of what the category asks itself; 0 as long as it never asked anything.
    version: u64,
    /// What it asks itself, by the attributes' keys.
    attributes: &'a BTreeMap<AttributeKey, AttributeRule>,
    /// What is asked in it, by it and by what it is part of: by the attributes' keys, too.
    in_force: BTreeMap<&'a AttributeKey, AttributeInForce<'a>>,
    /// Judges its products by what is asked of them now, if that is something else and there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<OperationView<'a>>,
}

/// What is asked of an attribute, and where.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AttributeInForce")]
struct AttributeInForce<'a> {
    #[serde(flatten)]
    rule: &'a AttributeRule,
    /// The category that asks it.
    from: &'a CategoryKey,
}

impl<'a> CategorySchema<'a> {
    /// What is asked in a category, if it is there.
    pub(crate) fn of(tree: &'a CategoryTree, id: &CategoryKey, operation: Option<&'a Operation>) -> Option<Self> {
        let (category_id, category) = tree.categories.get_key_value(id)?;
        let in_force = tree.in_force(id).into_iter();
        Some(Self {
            category_id,
            version: category.schema_version,
            attributes: &category.attributes,
            in_force: in_force.map(|(key, InForce { rule, from })| (key, AttributeInForce { rule, from })).collect(),
            operation: operation.map(OperationView::whole),
        })
    }
}

/// A category with all that is part of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategoryBranch")]
pub struct CategoryBranch {
    id: CategoryKey,
    name: Name,
    slug: Slug,
    active: bool,
    /// What shoppers see of it, once there is something.
    image: Option<Picture>,
    /// How many products are in it and in all that is part of it.
    products: u64,
    /// What is part of it, in the order in which shoppers see it.
    children: Vec<CategoryBranch>,
}

impl CategoryBranch {
    /// The categories at the top.
    pub(crate) fn of(tree: &CategoryTree, own: &BTreeMap<CategoryKey, u64>, pictures: &Pictures<'_>) -> Vec<Self> {
        Self::below(tree, None, &tree.rolled_up(own), pictures)
    }

    /// A tree has some levels only: see [`tola_catalog::category::MAX_DEPTH`].
    fn below(
        tree: &CategoryTree,
        parent: Option<&CategoryKey>,
        sums: &BTreeMap<&CategoryKey, u64>,
        pictures: &Pictures<'_>,
    ) -> Vec<Self> {
        let branch = |(id, category): (&CategoryKey, &Category)| Self {
            id: id.clone(),
            name: category.name.clone(),
            slug: category.slug.clone(),
            active: category.active,
            image: pictures.of(category.image.as_ref()),
            products: sums.get(id).copied().unwrap_or_default(),
            children: Self::below(tree, Some(id), sums, pictures),
        };
        tree.children(parent).into_iter().map(branch).collect()
    }
}

/// A category as shoppers see it, with all that is part of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PublicCategory")]
pub struct PublicCategory {
    id: CategoryKey,
    name: Name,
    slug: Slug,
    description: Option<Description>,
    seo: Seo,
    image: Option<Picture>,
    /// What is part of it, in its order.
    children: Vec<PublicCategory>,
}

impl PublicCategory {
    /// The categories at the top; nothing that is not active, and nothing below it.
    pub(crate) fn of(tree: &CategoryTree, pictures: &Pictures<'_>) -> Vec<Self> {
        Self::below(tree, None, pictures)
    }

    fn below(tree: &CategoryTree, parent: Option<&CategoryKey>, pictures: &Pictures<'_>) -> Vec<Self> {
        let shown = tree.children(parent).into_iter().filter(|(_, category)| category.active);
        let branch = |(id, category): (&CategoryKey, &Category)| Self {
            id: id.clone(),
            name: category.name.clone(),
            slug: category.slug.clone(),
            description: category.description.clone(),
            seo: category.seo.clone(),
            image: pictures.of(category.image.as_ref()),
            children: Self::below(tree, Some(id), pictures),
        };
        shown.map(branch).collect()
    }
}
