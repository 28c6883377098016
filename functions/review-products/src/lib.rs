//! Judges a page of products by what their categories ask now: those of one category and of all that is part of it.
//! Repeating it finds the rest.

use tola_catalog::{CategoryKey, CategoryTree, Product};
use tola_contracts::StepError;
use tola_contracts::review_category::{MAX_REVIEWED, Place, ReviewInput, ReviewProducts as Contract, Reviewed};
use tola_step::{Context, Step, store_failed};
use tola_store::Store;

/// How many categories are looked through for a page: many may have no products.
const MAX_CATEGORIES: usize = 100;

/// The step.
pub struct ReviewProducts {
    store: Store,
}

impl ReviewProducts {
    /// The step on products in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The next products, and where they end; no place after the last of them.
    async fn page(
        &self,
        categories: &[&CategoryKey],
        after: Option<Place>,
        context: &Context,
    ) -> Result<(Vec<Product>, Option<Place>), StepError> {
        let products = self.store.products(context.scope());
        let mut page: Vec<Product> = Vec::new();
        let mut after = after;
        for (looked_through, category) in categories.iter().enumerate() {
            let begun = after.take().filter(|place| place.category_id == **category);
            let last = begun.and_then(|place| place.product_id);
            let room = usize::try_from(MAX_REVIEWED).unwrap_or(usize::MAX) - page.len();
            let limit = u32::try_from(room).unwrap_or(MAX_REVIEWED);
            let found = products.filed_under(category, last, limit).await.map_err(store_failed)?;
            let (count, last) = (found.len(), found.last().map(|product| product.id).or(last));
            page.extend(found);
            let place = |product_id| Place { category_id: (*category).clone(), product_id };
            if count == room {
                return Ok((page, Some(place(last))));
            }
            if let (true, Some(next)) = (looked_through + 1 == MAX_CATEGORIES, categories.get(looked_through + 1)) {
                return Ok((page, Some(Place { category_id: (*next).clone(), product_id: None })));
            }
        }
        Ok((page, None))
    }

    /// Judges a product, and says whether something is missing of what its category asks, and whether it was told.
    async fn judge(
        &self,
        product: &Product,
        tree: &CategoryTree,
        context: &Context,
    ) -> Result<(bool, bool), StepError> {
        let products = self.store.products(context.scope());
        let outcome = products.change(product.id, |product| Ok(product.judge_by(tree, &context.origin())));
        let outcome = outcome.await.map_err(store_failed)?;
        let moved = outcome.moved();
        let verdict = outcome.document().and_then(|product| product.category_verdict);
        Ok((verdict.is_some_and(|verdict| !verdict.missing.is_empty()), moved))
    }
}

impl Step for ReviewProducts {
    type Contract = Contract;

    async fn run(&self, input: ReviewInput, context: &Context) -> Result<Reviewed, StepError> {
        let tree = self.store.categories(context.scope()).get().await.map_err(store_failed)?;
        let begin = input.after.as_ref().map(|place| &place.category_id);
        let categories = tree.subtree(&input.category_id).into_iter();
        let categories: Vec<_> = categories.filter(|id| begin.is_none_or(|begin| *id >= begin)).collect();
        let (page, after) = self.page(&categories, input.after, context).await?;
        let (mut totals, mut product_ids) = (input.totals, Vec::new());
        for product in &page {
            let (lacks, moved) = self.judge(product, &tree, context).await?;
            totals.reviewed += 1;
            totals.incomplete += u64::from(lacks);
            product_ids.extend(moved.then_some(product.id));
        }
        Ok(Reviewed {
            told: totals.told(),
            totals,
            more: after.is_some(),
            after,
            any: !product_ids.is_empty(),
            product_ids,
        })
    }
}
