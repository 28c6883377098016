//! A merchant's categories: a tree in one document, so that no two writes can make a circle of it together.
//!
//! A category says who its parent is; the path from the root to it is derived in every write, for whoever reads.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{CategoryKey, ChannelId, MerchantId};
use crate::image::Changed;
use crate::product::MAX_ATTRIBUTES;
use crate::text::{
    AltText, AttributeKey, CategoryId, ChannelCategory, Description, Name, SeoDescription, SeoTitle, Slug,
};
use crate::time::Timestamp;

mod image;
pub mod schema;
pub use self::image::{CategoryImage, ImageUnfit};
pub use self::schema::{AttributeRule, AttributeType, CategoryVerdict};
use self::schema::{MAX_ALL_ATTRIBUTES, MAX_ALL_CHOICES, MAX_ALL_TEXT};

/// The most categories of a merchant. All of them are one document; see [`schema::MAX_ALL_TEXT`].
pub const MAX_CATEGORIES: usize = 1_000;
/// The most channels and types of channels of which a category says what it is there.
pub const MAX_CHANNEL_CATEGORIES: usize = 20;
/// How deep the tree is at most: a category without a parent is at level 1.
pub const MAX_DEPTH: usize = 8;

/// What search engines are told of a category, where it differs from what people see.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with title and description")]
pub struct Seo {
    /// The title of its page; without one, its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<SeoTitle>,
    /// The description of its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<SeoDescription>,
}

impl Seo {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a merchant says of a category, all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryDraft {
    /// What it is called.
    pub name: Name,
    /// A slug of the merchant's choice. Without one a category keeps the one that it has, and a new one gets the one that
    /// its name suggests.
    pub slug: Option<Slug>,
    /// The category that it is part of; none for one at the top.
    pub parent_id: Option<CategoryKey>,
    /// What belongs into it.
    pub description: Option<Description>,
    /// Where it stands among its siblings: the smallest first, and by name where it is the same.
    pub position: u32,
    /// Whether shoppers see it. They see nothing below one that they don't.
    pub active: bool,
    /// What search engines are told.
    pub seo: Seo,
    /// Which category of a channel's own it is, by the channel, or by its type for all of them.
    pub channel_categories: BTreeMap<ChannelId, ChannelCategory>,
    /// What shoppers see of it.
    pub image: Option<CategoryImage>,
}

impl CategoryDraft {
    /// A category at the top that shoppers see, and of which nothing is said but its name.
    pub fn named(name: Name) -> Self {
        Self {
            name,
            slug: None,
            parent_id: None,
            description: None,
            position: 0,
            active: true,
            seo: Seo::default(),
            channel_categories: BTreeMap::new(),
            image: None,
        }
    }
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// What it is called.
    pub name: Name,
    /// Its name in URLs, unique among the merchant's categories.
    pub slug: Slug,
    /// The categories that it is part of, from the top down: derived from the parents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<CategoryKey>,
    /// What belongs into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Where it stands among its siblings.
    pub position: u32,
    /// Whether shoppers see it, if they see what it is part of.
    pub active: bool,
    /// What search engines are told.
    #[serde(default, skip_serializing_if = "Seo::is_empty")]
    pub seo: Seo,
    /// Which category of a channel's own it is, by the channel, or by its type for all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channel_categories: BTreeMap<ChannelId, ChannelCategory>,
    /// What shoppers see of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<CategoryImage>,
    /// What it asks itself of the attributes of its products.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeKey, AttributeRule>,
    /// Rises with every change of that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub schema_version: u64,
    /// The version of the tree that last changed what is asked of its products, by it or by what it is part of.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rules_version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a merchant last changed it.
    pub updated_at: Timestamp,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Category {
    /// The category that it is part of.
    pub fn parent_id(&self) -> Option<&CategoryKey> {
        self.path.last()
    }

    /// Which category of a channel's own it says that it is.
    fn on_channel<'a>(&'a self, channel: &str, channel_type: &str) -> Option<&'a str> {
        let said = |name: &str| self.channel_categories.iter().find(|(known, _)| known.as_str() == name);
        said(channel).or_else(|| said(channel_type)).map(|(_, category)| category.as_str())
    }

    /// How many bytes its texts have.
    fn text_bytes(&self) -> usize {
        let length = |text: Option<&str>| text.map_or(0, str::len);
        let own = [
            Some(self.name.as_str()),
            Some(self.slug.as_str()),
            self.description.as_ref().map(Description::as_str),
            self.seo.title.as_ref().map(SeoTitle::as_str),
            self.seo.description.as_ref().map(SeoDescription::as_str),
            self.image.as_ref().and_then(|image| image.alt.as_ref()).map(AltText::as_str),
        ];
        let path = self.path.iter().map(|id| id.as_str().len());
        let asked = self.attributes.iter().map(|(key, rule)| key.as_str().len() + rule.text_bytes());
        let mapped = self.channel_categories.iter().map(|(channel, id)| channel.as_str().len() + id.as_str().len());
        own.into_iter().map(length).chain(path).chain(asked).chain(mapped).sum()
    }
}

/// Why a merchant can't have a tree as it would be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CategoryRefused {
    /// The parent is not there.
    #[error("there is no category {0}; make it first")]
    UnknownParent(CategoryKey),
    /// The parent is the category itself, or part of it.
    #[error("{parent} is {id} itself or part of it, so that {id} can't be part of {parent}")]
    Circle {
        /// The category.
        id: CategoryKey,
        /// What was to be its parent.
        parent: CategoryKey,
    },
    /// The category, or what is part of it, would be too far down.
    #[error("the tree has at most {MAX_DEPTH} levels, and {0} would be below them")]
    TooDeep(CategoryKey),
    /// There are too many.
    #[error("a merchant has at most {MAX_CATEGORIES} categories")]
    TooMany,
    /// The category is not there.
    #[error("there is no category {0}")]
    Unknown(CategoryKey),
    /// What is asked of an attribute contradicts itself.
    #[error("{message}")]
    Contradiction {
        /// JSON pointer to it, from what the category asks.
        pointer: String,
        /// What is wrong.
        message: String,
    },
    /// More is asked of the products of a category than they can have.
    #[error("a product has at most {MAX_ATTRIBUTES} attributes, and {0} would ask for more, with what it is part of")]
    TooManyAttributes(CategoryKey),
    /// All categories together ask for too much.
    #[error(
        "all categories together ask for at most {MAX_ALL_ATTRIBUTES} attributes, with at most {MAX_ALL_CHOICES} choices, and \
         have at most {MAX_ALL_TEXT} bytes of text"
    )]
    TooManyInAll,
    /// Another one has the slug.
    #[error("{0} has this slug already")]
    SlugTaken(CategoryKey),
    /// It says of too many channels what it is there.
    #[error("a category says of at most {MAX_CHANNEL_CATEGORIES} channels and types of channels what it is there")]
    TooManyChannels,
    /// Others are part of it.
    #[error("other categories are part of it, such as {0}: move or delete them first")]
    HasChildren(CategoryKey),
}

/// All of a merchant's categories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryTree {
    /// Whose they are.
    pub merchant_id: MerchantId,
    /// Rises with every write.
    pub version: u64,
    /// The categories by their ids.
    pub categories: BTreeMap<CategoryKey, Category>,
    /// Whether one is gone that something was asked in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forgot_rules: bool,
}

impl CategoryTree {
    /// The tree of a merchant who has no categories yet.
    pub fn new(merchant_id: MerchantId) -> Self {
        Self { merchant_id, version: 0, categories: BTreeMap::new(), forgot_rules: false }
    }

    /// Makes a category what the draft says, whether it was there before or not. What is part of it moves with it.
    ///
    /// # Errors
    /// When the tree would not be one, or would be too large; nothing has changed then.
    pub fn put(&mut self, id: &CategoryKey, draft: &CategoryDraft, now: Timestamp) -> Result<Changed, CategoryRefused> {
        let before = self.categories.get(id);
        if before.is_none() && self.categories.len() >= MAX_CATEGORIES {
            return Err(CategoryRefused::TooMany);
        }
        if draft.channel_categories.len() > MAX_CHANNEL_CATEGORIES {
            return Err(CategoryRefused::TooManyChannels);
        }
        let path = self.path_below(id, draft.parent_id.as_ref())?;
        self.refuse_too_deep(id, path.len())?;
        let slug = match (&draft.slug, before) {
            (Some(slug), _) => self.free(slug, id)?,
            (None, Some(before)) => before.slug.clone(),
            (None, None) => self.derived(id, &draft.name),
        };
        let after = Category {
            name: draft.name.clone(),
            slug,
            path,
            description: draft.description.clone(),
            position: draft.position,
            active: draft.active,
            seo: draft.seo.clone(),
            channel_categories: draft.channel_categories.clone(),
            image: draft.image.clone(),
            attributes: before.map(|before| before.attributes.clone()).unwrap_or_default(),
            schema_version: before.map_or(0, |before| before.schema_version),
            rules_version: before.map_or(0, |before| before.rules_version),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: before.map_or(now, |before| before.updated_at),
        };
        if before == Some(&after) {
            return Ok(Changed::No);
        }
        let old_depth = before.map_or(0, |before| before.path.len());
        let prefix = after.path.clone();
        let mut tree = self.clone();
        tree.categories.insert(id.clone(), Category { updated_at: now, ..after });
        for category in tree.categories.values_mut().filter(|category| category.path.contains(id)) {
            category.path.splice(..old_depth, prefix.iter().cloned());
        }
        tree.version += 1;
        tree.refuse_too_much(id)?;
        tree.note_rules(self, id);
        *self = tree;
        Ok(Changed::Yes)
    }

    /// Takes a category away that nothing is part of. One that is not there is gone already.
    ///
    /// # Errors
    /// [`CategoryRefused::HasChildren`].
    pub fn remove(&mut self, id: &CategoryKey) -> Result<Changed, CategoryRefused> {
        if let Some((child, _)) = self.children(Some(id)).first() {
            return Err(CategoryRefused::HasChildren((*child).clone()));
        }
        let Some(gone) = self.categories.remove(id) else { return Ok(Changed::No) };
        self.forgot_rules |= gone.rules_version > 0;
        self.version += 1;
        Ok(Changed::Yes)
    }

    /// What is part of a category, or at the top: in the order in which shoppers see them.
    pub fn children(&self, parent: Option<&CategoryKey>) -> Vec<(&CategoryKey, &Category)> {
        let mut children: Vec<_> =
            self.categories.iter().filter(|(_, category)| category.parent_id() == parent).collect();
        children.sort_by_key(|(id, category)| (category.position, &category.name, *id));
        children
    }

    /// A category and all that is part of it, however deep; nothing if there is no such category.
    pub fn subtree(&self, id: &CategoryKey) -> BTreeSet<&CategoryKey> {
        let is_in = |(key, category): &(&CategoryKey, &Category)| *key == id || category.path.contains(id);
        self.categories.iter().filter(is_in).map(|(key, _)| key).collect()
    }

    /// How much there is of something in each category and all that is part of it, if there is `own` in each alone.
    pub fn rolled_up(&self, own: &BTreeMap<CategoryKey, u64>) -> BTreeMap<&CategoryKey, u64> {
        let mut sums: BTreeMap<&CategoryKey, u64> = self.categories.keys().map(|id| (id, 0)).collect();
        for (id, category) in &self.categories {
            let count = own.get(id).copied().unwrap_or_default();
            for above in category.path.iter().chain([id]) {
                if let Some(sum) = sums.get_mut(above) {
                    *sum += count;
                }
            }
        }
        sums
    }

    /// Whether shoppers see it: it and all that it is part of is active.
    pub fn is_shown(&self, id: &CategoryKey) -> bool {
        let is_active = |id: &CategoryKey| self.categories.get(id).is_some_and(|category| category.active);
        self.categories.get(id).is_some_and(|category| category.active && category.path.iter().all(is_active))
    }

    /// Which category of a channel's own one is: what it says itself, or else the nearest above it that says anything; of
    /// the channel by its name, or else by its type. Nothing if none says so.
    pub fn channel_category(&self, id: &CategoryId, channel: &str, channel_type: &str) -> Option<&str> {
        let category = self.categories.get(&CategoryKey::parse(id.as_str()).ok()?)?;
        let above = category.path.iter().rev().filter_map(|id| self.categories.get(id));
        std::iter::once(category).chain(above).find_map(|category| category.on_channel(channel, channel_type))
    }

    /// The path of a category below this parent.
    fn path_below(&self, id: &CategoryKey, parent: Option<&CategoryKey>) -> Result<Vec<CategoryKey>, CategoryRefused> {
        let Some(parent) = parent else { return Ok(Vec::new()) };
        let circle = || CategoryRefused::Circle { id: id.clone(), parent: parent.clone() };
        if parent == id {
            return Err(circle());
        }
        let above = self.categories.get(parent).ok_or_else(|| CategoryRefused::UnknownParent(parent.clone()))?;
        if above.path.contains(id) {
            return Err(circle());
        }
        Ok(above.path.iter().chain([parent]).cloned().collect())
    }

    /// Refuses a place for a category with so many above it, if it or what is part of it would be too far down.
    fn refuse_too_deep(&self, id: &CategoryKey, above: usize) -> Result<(), CategoryRefused> {
        let old = self.categories.get(id).map_or(0, |category| category.path.len());
        let levels = |category: &Category| category.path.len() - old + above + 1;
        let below = self.categories.iter().filter(|(_, category)| category.path.contains(id));
        let too_deep = below.filter(|(_, category)| levels(category) > MAX_DEPTH).map(|(below, _)| below).next();
        match too_deep.or_else(|| (above + 1 > MAX_DEPTH).then_some(id)) {
            Some(too_deep) => Err(CategoryRefused::TooDeep(too_deep.clone())),
            None => Ok(()),
        }
    }

    fn free(&self, slug: &Slug, id: &CategoryKey) -> Result<Slug, CategoryRefused> {
        match self.categories.iter().find(|(other, category)| *other != id && category.slug == *slug) {
            Some((other, _)) => Err(CategoryRefused::SlugTaken(other.clone())),
            None => Ok(slug.clone()),
        }
    }

    /// The slug that a name suggests, else the id, with a number where another category has it.
    fn derived(&self, id: &CategoryKey, name: &Name) -> Slug {
        let base = Slug::suggested(name.as_str()).or_else(|| Slug::suggested(id.as_str()));
        let base = base.unwrap_or_else(|| Slug::derive(name));
        let taken: BTreeSet<&Slug> = self.categories.values().map(|category| &category.slug).collect();
        let numbered = (2..).map(|number: u32| base.numbered(number));
        std::iter::once(base.clone()).chain(numbered).find(|slug| !taken.contains(slug)).unwrap_or(base)
    }
}

#[cfg(test)]
pub(crate) mod tests;
