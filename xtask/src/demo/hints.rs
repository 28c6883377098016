//! What is worth trying once there is something to look at.

use tola_local::StackInfo;
use tola_local::demo::User;

/// What a shell needs to be a user: a line before everything else, if there is one, and arguments of `curl`.
pub(crate) fn access(info: &StackInfo, user: Option<&User>) -> (String, String) {
    let Some(user) = user else { return Default::default() };
    if info.tokens.password.is_empty() {
        let headers: Vec<_> = user.headers.iter().map(|(name, value)| format!("-H '{name}: {value}'")).collect();
        return (String::new(), headers.join(" "));
    }
    (format!("  TOKEN=$(cargo xtask token {})\n", user.name), r#"-H "Authorization: Bearer $TOKEN""#.to_owned())
}

/// Questions to the first merchant's catalog, what they show, and what the shell asks.
pub(super) const QUESTIONS: [(&str, &str); 6] = [
    ("the category tree, with how many are in each", "categories/tree"),
    (
        "linen in the colour of sand, the dearest first",
        "products?q=linen&attribute=colour:sand&currency=MXN&sort=-price",
    ),
    ("what has no price yet", "products?missing=PRICE_REQUIRED"),
    ("what is ready, and not on the channel", "products?status=READY&channel=sandbox&listing=ABSENT&limit=5"),
    ("a product by its SKU: attributes, pictures, listings", "products/by-sku/FUR-0001"),
    ("how many there are of it", "products/$id/inventory"),
];

/// Shell commands that show what there is.
pub(crate) fn hints(info: &StackInfo) -> String {
    let merchant = info.merchants.first();
    let user = info.tokens.users.iter().find(|user| merchant.is_some_and(|merchant| user.merchant_id == merchant.id));
    let ((token, flags), api) = (access(info, user), &info.api_url);
    let mut text =
        format!("{token}  get() {{ curl -sg {flags} \"{api}/v1/$1\" | python3 -m json.tool --no-ensure-ascii; }}\n");
    for (what, path) in QUESTIONS {
        if path.contains("$id") {
            text.push_str("  id=$(get products/by-sku/FUR-0001 | grep -o 'product_[0-9A-Z]*' | head -1)\n");
        }
        text.push_str(&format!("  get \"{path}\"   # {what}\n"));
    }
    if let Some(merchant) = merchant {
        let path = format!("{api}/v1/public/merchants/{}/products?category=seating&limit=5", merchant.id);
        text.push_str(&format!("  curl -sg \"{path}\"   # what shoppers see, without a token\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tola_demo::{Fate, Gap, Item};

    use super::*;

    #[test]
    fn every_question_has_an_answer() {
        let catalog = tola_demo::catalog(tola_demo::SEED).unwrap();
        let asks = |what: &str| QUESTIONS.iter().any(|(_, path)| path.contains(what));
        let any = |is_it: &dyn Fn(&Item) -> bool| catalog.shops[0].items.iter().any(is_it);

        assert!(asks("q=linen&attribute=colour:sand&currency=MXN"));
        assert!(any(&|item| {
            item.canonical.name.as_str().contains("linen")
                && json!(item.canonical.attributes)["colour"] == "sand"
                && item.canonical.price.is_some_and(|price| price.currency().code() == "MXN")
        }));
        assert!(asks("missing=PRICE_REQUIRED"));
        assert!(any(&|item| item.gap == Some(Gap::Price)));
        assert!(asks("status=READY&channel=sandbox&listing=ABSENT"));
        assert!(any(&|item| item.fate == Fate::Kept && item.gap.is_none()));
        assert!(asks("by-sku/FUR-0001") && asks("$id/inventory"));
        assert!(any(&|item| item.sku.as_str() == "FUR-0001" && item.stock.on_hand().is_some()));
        let seating = ["chairs", "sofas"];
        assert!(any(&|item| {
            let category = item.canonical.category_id.as_ref();
            item.fate == Fate::Published && category.is_some_and(|id| seating.contains(&id.as_str()))
        }));
    }
}
