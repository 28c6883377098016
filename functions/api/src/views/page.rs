//! A page of a list.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ApiError;

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    items: Vec<T>,
    /// What continues the list; `null` on its last page.
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The first `limit` of what was found; if more was found, with the cursor that continues after them.
    pub(crate) fn cut(mut found: Vec<T>, limit: u32, cursor_after: impl FnOnce(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = if more { found.last().map(cursor_after) } else { None };
        Self { items: found, next_cursor }
    }

    /// The one page of a list that is shown whole.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// The page with each item as clients see it.
    pub(crate) fn map<V>(self, view: impl FnMut(T) -> V) -> Page<V> {
        Page { items: self.items.into_iter().map(view).collect(), next_cursor: self.next_cursor }
    }

    /// The same, for a view that can fail.
    pub(crate) fn try_map<V>(self, view: impl FnMut(T) -> Result<V, ApiError>) -> Result<Page<V>, ApiError> {
        let items = self.items.into_iter().map(view).collect::<Result<_, _>>()?;
        Ok(Page { items, next_cursor: self.next_cursor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_says_so() {
        let cut = |found: Vec<u32>| Page::cut(found, 2, ToString::to_string);

        assert_eq!(cut(vec![]).next_cursor, None);
        assert_eq!(cut(vec![9, 8]).next_cursor, None);
        let first = cut(vec![9, 8, 7]);
        assert_eq!((first.items, first.next_cursor), (vec![9, 8], Some("8".to_owned())));
    }
}
