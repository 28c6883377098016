//! What a category asks of the attributes of its products, and what a product lacks of that.
//!
//! A category has what the categories above it ask, too: of two that speak of one attribute, the nearer one holds. What is
//! asked is no condition of writing a product: it would lock merchants out of their own data whenever they ask for more. It
//! is a condition of offering one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CategoryRefused, CategoryTree};
use crate::completeness::Missing;
use crate::id::CategoryKey;
use crate::image::Changed;
use crate::product::{AttributeValue, Canonical, MAX_ATTRIBUTES};
use crate::text::{AttributeKey, Choice, Label, Unit};
use crate::time::Timestamp;

/// The most choices of one attribute.
pub const MAX_CHOICES: usize = 200;
/// The most attributes that all categories of a merchant ask for, each as often as it is asked for.
pub const MAX_ALL_ATTRIBUTES: usize = 5_000;
/// The most choices of all of them together.
pub const MAX_ALL_CHOICES: usize = 10_000;
/// The most bytes of all texts of all categories: with what else is stored of them, their document stays far below the
/// sixteen megabytes that a database takes.
pub const MAX_ALL_TEXT: usize = 6_000_000;

/// What kind of value an attribute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    /// One text.
    Text,
    /// Texts.
    Texts,
    /// A whole number.
    Integer,
    /// A number, whole or not.
    Decimal,
    /// True or false.
    Flag,
}

/// What a category asks of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object with type, required, unit, choices and label")]
pub struct AttributeRule {
    /// The kind of its value.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// Whether a product can't be offered without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// In what a number is measured, such as `cm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The texts that there are, if there are no others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_CHOICES), extend("uniqueItems" = true))]
    pub choices: Vec<Choice>,
    /// What people call it; without one, its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
}

/// What is asked of an attribute somewhere, and by which category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce<'a> {
    /// What is asked.
    pub rule: &'a AttributeRule,
    /// Who asks: the category itself, or one above it.
    pub from: &'a CategoryKey,
}

/// How a product stands by what its category asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryVerdict {
    /// The version of the tree that brought what was asked when this was found.
    pub version: u64,
    /// How much is asked: gaps are counted against it.
    pub rules: u32,
    /// What is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
}

impl AttributeType {
    fn takes(self, value: &AttributeValue) -> bool {
        matches!(
            (self, value),
            (Self::Text, AttributeValue::Text(_))
                | (Self::Texts, AttributeValue::Text(_) | AttributeValue::Texts(_))
                | (Self::Integer, AttributeValue::Integer(_))
                | (Self::Decimal, AttributeValue::Integer(_) | AttributeValue::Decimal(_))
                | (Self::Flag, AttributeValue::Flag(_))
        )
    }

    fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Texts)
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Texts => "a text, or a list of texts",
            Self::Integer => "a whole number",
            Self::Decimal => "a number",
            Self::Flag => "true or false",
        }
    }
}

impl AttributeRule {
    /// Why nothing can be held against it, and where in it: choices are for texts, each once, and units for numbers.
    fn check(&self) -> Result<(), (String, String)> {
        let twice =
            (1..self.choices.len()).find(|&position| self.choices[..position].contains(&self.choices[position]));
        if let Some(position) = twice {
            return Err((format!("/choices/{position}"), "this choice is there twice".to_owned()));
        }
        if self.choices.len() > MAX_CHOICES {
            return Err(("/choices".to_owned(), format!("an attribute has at most {MAX_CHOICES} choices")));
        }
        if !self.choices.is_empty() && !self.kind.is_text() {
            return Err(("/choices".to_owned(), "only text and texts have choices".to_owned()));
        }
        if self.unit.is_some() && !self.kind.is_number() {
            return Err(("/unit".to_owned(), "only integer and decimal have a unit".to_owned()));
        }
        Ok(())
    }

    /// How many bytes its texts have.
    pub(super) fn text_bytes(&self) -> usize {
        let unit = self.unit.as_ref().map_or(0, |unit| unit.as_str().len());
        let label = self.label.as_ref().map_or(0, |label| label.as_str().len());
        unit + label + self.choices.iter().map(|choice| choice.as_str().len()).sum::<usize>()
    }

    /// What is wrong with a value, or with there being none: the rule's name and what to do.
    fn gap(&self, key: &AttributeKey, value: Option<&AttributeValue>) -> Option<(&'static str, String)> {
        let name = self.label.as_ref().map_or(key.as_str(), Label::as_str);
        let unit = self.unit.as_ref().map(|unit| format!(" in {unit}")).unwrap_or_default();
        let Some(value) = value else {
            let gap = || ("ATTRIBUTE_REQUIRED", format!("Give {name}{unit}: {}.", self.kind.in_words()));
            return self.required.then(gap);
        };
        if !self.kind.takes(value) {
            return Some(("ATTRIBUTE_TYPE", format!("{name} is {}{unit}.", self.kind.in_words())));
        }
        let texts: &[String] = match value {
            AttributeValue::Text(text) => std::slice::from_ref(text),
            AttributeValue::Texts(texts) => texts,
            AttributeValue::Flag(_) | AttributeValue::Integer(_) | AttributeValue::Decimal(_) => &[],
        };
        let other = |text: &&String| self.choices.iter().all(|choice| choice.as_str() != text.as_str());
        let stranger = texts.iter().find(other).filter(|_| !self.choices.is_empty())?;
        Some(("ATTRIBUTE_CHOICE", self.offer(name, stranger)))
    }

    /// Names what there is to choose from, as far as a sentence goes.
    fn offer(&self, name: &str, stranger: &str) -> String {
        const NAMED: usize = 10;
        let named: Vec<_> = self.choices.iter().take(NAMED).map(Choice::as_str).collect();
        let stranger: String = stranger.chars().take(40).collect();
        match self.choices.len().saturating_sub(NAMED) {
            0 => format!("{name} is not `{stranger}`, but one of: {}.", named.join(", ")),
            more => format!("{name} is not `{stranger}`, but one of: {} and {more} more.", named.join(", ")),
        }
    }
}

impl CategoryTree {
    /// Has a category ask this of the attributes of its products, and of those of all that is part of it; no more and no
    /// less.
    ///
    /// # Errors
    /// [`CategoryRefused`] when there is no such category, a rule contradicts itself, or there are too many; nothing has
    /// changed then.
    pub fn ask_of(
        &mut self,
        id: &CategoryKey,
        attributes: &BTreeMap<AttributeKey, AttributeRule>,
        now: Timestamp,
    ) -> Result<Changed, CategoryRefused> {
        let category = self.categories.get(id).ok_or_else(|| CategoryRefused::Unknown(id.clone()))?;
        for (key, rule) in attributes {
            rule.check().map_err(|(place, message)| CategoryRefused::Contradiction {
                pointer: format!("/attributes/{key}{place}"),
                message,
            })?;
        }
        if category.attributes == *attributes {
            return Ok(Changed::No);
        }
        let mut after = self.clone();
        if let Some(category) = after.categories.get_mut(id) {
            category.attributes.clone_from(attributes);
            category.schema_version += 1;
            category.updated_at = now;
        }
        after.version += 1;
        after.refuse_too_much(id)?;
        after.note_rules(self, id);
        *self = after;
        Ok(Changed::Yes)
    }

    /// What a category asks of attributes, itself and by what it is part of; nothing if there is no such category.
    pub fn in_force(&self, id: &CategoryKey) -> BTreeMap<&AttributeKey, InForce<'_>> {
        let mut rules = BTreeMap::new();
        let Some((id, category)) = self.categories.get_key_value(id) else { return rules };
        for from in category.path.iter().chain([id]) {
            let own = self.categories.get(from).into_iter().flat_map(|category| &category.attributes);
            rules.extend(own.map(|(key, rule)| (key, InForce { rule, from })));
        }
        rules
    }

    /// How a product stands by what its category asks; nothing where it asks nothing, and for a product that is in none of
    /// the tree.
    pub fn judge(&self, product: &Canonical) -> Option<CategoryVerdict> {
        let (id, category) = self.category_of(product)?;
        let rules = self.in_force(id);
        // Where nothing is asked any more, that is what is noted, and when.
        if category.rules_version == 0 {
            return None;
        }
        let missing = rules.iter().filter_map(|(key, asked)| {
            let (rule, message) = asked.rule.gap(key, product.attributes.get(*key))?;
            let pointer = format!("/attributes/{key}");
            Some(Missing { pointer, rule: rule.to_owned(), message, remedy: None, channel: None })
        });
        let count = u32::try_from(rules.len()).unwrap_or(u32::MAX);
        Some(CategoryVerdict { version: category.rules_version, rules: count, missing: missing.collect() })
    }

    /// The category that a product is in, if the tree has it.
    pub fn category_of(&self, product: &Canonical) -> Option<(&CategoryKey, &super::Category)> {
        let id = CategoryKey::parse(product.category_id.as_ref()?.as_str()).ok()?;
        self.categories.get_key_value(&id)
    }

    /// Whether the last write changed what is asked of any product.
    pub fn asks_anew(&self) -> bool {
        self.version > 0 && self.categories.values().any(|category| category.rules_version == self.version)
    }

    /// Refuses more than a product can have, or than one document can hold.
    pub(super) fn refuse_too_much(&self, changed: &CategoryKey) -> Result<(), CategoryRefused> {
        let too_many = |id: &&CategoryKey| self.in_force(id).len() > MAX_ATTRIBUTES;
        if let Some(id) = self.subtree(changed).into_iter().find(too_many) {
            return Err(CategoryRefused::TooManyAttributes(id.clone()));
        }
        let all = || self.categories.values().flat_map(|category| category.attributes.values());
        let choices: usize = all().map(|rule| rule.choices.len()).sum();
        let text: usize = self.categories.values().map(super::Category::text_bytes).sum();
        if all().count() > MAX_ALL_ATTRIBUTES || choices > MAX_ALL_CHOICES || text > MAX_ALL_TEXT {
            return Err(CategoryRefused::TooManyInAll);
        }
        Ok(())
    }

    /// Notes in which categories products are to be judged anew: where something else is asked than `before`, and where
    /// something may have been asked by what they are not part of any more, whose review does not come to them then. A new
    /// one may have the id of one that is gone, and so its products.
    pub(super) fn note_rules(&mut self, before: &Self, changed: &CategoryKey) {
        let differs = |id: &&CategoryKey| {
            let asked_before = before.in_force(id).into_iter().map(|(key, asked)| (key, asked.rule));
            let asks_otherwise = !asked_before.eq(self.in_force(id).into_iter().map(|(key, asked)| (key, asked.rule)));
            let (was, is) = (before.categories.get(*id), self.categories.get(*id));
            let moves = was.is_some_and(|was| was.rules_version > 0 && is.is_none_or(|is| is.path != was.path));
            asks_otherwise || moves || (was.is_none() && self.forgot_rules)
        };
        let others: Vec<CategoryKey> = self.subtree(changed).into_iter().filter(differs).cloned().collect();
        for id in others {
            if let Some(category) = self.categories.get_mut(&id) {
                category.rules_version = self.version;
            }
        }
    }
}

#[cfg(test)]
mod tests;
