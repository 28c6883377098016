//! Categories, one by one and as a tree.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tola_catalog::text::{Description, Name, Slug};
use tola_catalog::{Category, CategoryKey, CategoryTree, Seo, Timestamp};

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
    /// How many products are in it and in all that is part of it.
    products: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl CategoryView {
    /// All categories of a merchant, of whose products there are so many in each alone.
    pub(crate) fn all(tree: &CategoryTree, own: &BTreeMap<CategoryKey, u64>) -> impl Iterator<Item = Self> {
        let sums = tree.rolled_up(own);
        tree.categories
            .iter()
            .map(move |(id, category)| Self::new(tree, id, category, sums.get(id).copied().unwrap_or_default()))
    }

    /// A category of a merchant's, in which and below which there are so many products.
    pub(crate) fn new(tree: &CategoryTree, id: &CategoryKey, category: &Category, products: u64) -> Self {
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
            products,
            created_at: category.created_at,
            updated_at: category.updated_at,
        }
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
    /// How many products are in it and in all that is part of it.
    products: u64,
    /// What is part of it, in the order in which shoppers see it.
    children: Vec<CategoryBranch>,
}

impl CategoryBranch {
    /// The categories at the top.
    pub(crate) fn of(tree: &CategoryTree, own: &BTreeMap<CategoryKey, u64>) -> Vec<Self> {
        Self::below(tree, None, &tree.rolled_up(own))
    }

    /// A tree has some levels only: see [`tola_catalog::category::MAX_DEPTH`].
    fn below(tree: &CategoryTree, parent: Option<&CategoryKey>, sums: &BTreeMap<&CategoryKey, u64>) -> Vec<Self> {
        let branch = |(id, category): (&CategoryKey, &Category)| Self {
            id: id.clone(),
            name: category.name.clone(),
            slug: category.slug.clone(),
            active: category.active,
            products: sums.get(id).copied().unwrap_or_default(),
            children: Self::below(tree, Some(id), sums),
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
    /// What is part of it, in its order.
    children: Vec<PublicCategory>,
}

impl PublicCategory {
    /// The categories at the top; nothing that is not active, and nothing below it.
    pub(crate) fn of(tree: &CategoryTree) -> Vec<Self> {
        Self::below(tree, None)
    }

    fn below(tree: &CategoryTree, parent: Option<&CategoryKey>) -> Vec<Self> {
        let shown = tree.children(parent).into_iter().filter(|(_, category)| category.active);
        let branch = |(id, category): (&CategoryKey, &Category)| Self {
            id: id.clone(),
            name: category.name.clone(),
            slug: category.slug.clone(),
            description: category.description.clone(),
            seo: category.seo.clone(),
            children: Self::below(tree, Some(id)),
        };
        shown.map(branch).collect()
    }
}
