//! What a merchant has, counted by what the API lists.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Keeper;

/// What a merchant has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    merchant: String,
    products: usize,
    statuses: BTreeMap<String, usize>,
    levels: BTreeMap<String, usize>,
}

const STATUSES: [&str; 4] = ["ACTIVE", "READY", "DRAFT", "INACTIVE"];
const LEVELS: [(&str, &str); 4] = [("AMPLE", "in stock"), ("LOW", "few"), ("DEPLETED", "none"), ("", "not counted")];

impl Summary {
    /// Counts all products of a merchant, whoever has made them.
    pub(super) async fn of(keeper: &Keeper<'_>) -> anyhow::Result<Self> {
        let items = keeper.api.list("/v1/products").await?;
        Ok(Self::counted(keeper.shop.merchant, &items))
    }

    fn counted(merchant: &str, items: &[Value]) -> Self {
        let (mut statuses, mut levels) = (BTreeMap::new(), BTreeMap::new());
        for item in items {
            *statuses.entry(text(&item["status"])).or_default() += 1;
            *levels.entry(text(&item["stock"]["level"])).or_default() += 1;
        }
        Self { merchant: merchant.to_owned(), products: items.len(), statuses, levels }
    }

    /// How many products stand so.
    pub(super) fn standing(&self, status: &str) -> usize {
        self.statuses.get(status).copied().unwrap_or_default()
    }

    /// A line for each merchant, with a head.
    pub(crate) fn table(summaries: &[Self]) -> String {
        let head = ["Merchant", "products"].into_iter().chain(STATUSES).chain(LEVELS.map(|(_, name)| name));
        let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
        rows.extend(summaries.iter().map(Self::row));
        let columns = rows[0].len();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &rows {
            text.push_str(&format!("  {:<1$}", row[0], widths[0]));
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                text.push_str(&format!("  {cell:>width$}"));
            }
            text.push('\n');
        }
        text
    }

    fn row(&self) -> Vec<String> {
        let statuses = STATUSES.map(|status| self.standing(status));
        let levels = LEVELS.map(|(level, _)| self.levels.get(level).copied().unwrap_or_default());
        let numbers = [self.products].into_iter().chain(statuses).chain(levels);
        [self.merchant.clone()].into_iter().chain(numbers.map(|number| number.to_string())).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn products_are_counted_by_status_and_level() {
        let items = [
            json!({ "status": "ACTIVE", "stock": { "level": "LOW" } }),
            json!({ "status": "ACTIVE", "stock": { "level": "AMPLE" } }),
            json!({ "status": "DRAFT", "stock": { "level": null } }),
        ];

        let table = Summary::table(&[Summary::counted("Casa Lumbre", &items), Summary::counted("B", &[])]);

        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines,
            [
                "  Merchant     products  ACTIVE  READY  DRAFT  INACTIVE  in stock  few  none  not counted",
                "  Casa Lumbre         3       2      0      1         0         1    1     0            1",
                "  B                   0       0      0      0         0         0    0     0            0",
            ]
        );
    }
}
