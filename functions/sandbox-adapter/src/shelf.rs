//! What the marketplace says it has, page by page, and the listings that nobody asked for.

use tola_catalog::ProductId;
use tola_catalog::listing::{Standing, Visibility};
use tola_channel::{Failure, Shelf};
use tola_contracts::channel::inquiry::ListedListing;
use ulid::Ulid;

use crate::counter::{Counter, failed};

/// How many listings a page has at most.
pub const PAGE: u32 = 100;

/// A page of a shop's listings, by product; the marketplace's own ghosts are the last.
pub(crate) async fn page(counter: &Counter<'_>, cursor: Option<&str>) -> Result<Shelf, Failure> {
    // A cursor that names no product was not made here: the list begins again.
    let after = cursor.and_then(|cursor| ProductId::parse(cursor).ok());
    let listings = counter.sandbox.list(counter.channel_id(), after, PAGE).await.map_err(failed)?;
    let full = listings.len() == PAGE as usize;
    let last = listings.last().map(|listing| listing.product_id);
    let mut entries = Vec::with_capacity(listings.len());
    for listing in listings {
        // Looked at one by one: what is on a list can be lost or changed as well.
        if let Some(found) = counter.seen(listing).await? {
            entries.push(ListedListing { key: found.product_id.to_string(), standing: counter.standing(&found) });
        }
    }
    if full {
        return Ok(Shelf { entries, next: last.map(|id| id.to_string()) });
    }
    let room = PAGE as usize - entries.len();
    let mut ghosts = ghosts(counter.config.switch.ghosts).filter(|(id, _)| after.is_none_or(|after| *id > after));
    entries.extend(ghosts.by_ref().take(room).map(|(id, standing)| ListedListing { key: id.to_string(), standing }));
    let next = ghosts.next().and(entries.last()).map(|entry| entry.key.clone());
    Ok(Shelf { entries, next })
}

/// Live listings of products that Tola does not know: their ids lie in the year 10889.
fn ghosts(count: u32) -> impl Iterator<Item = (ProductId, Standing)> {
    (1..=count).map(|number| {
        let id = ProductId::new(Ulid::from_parts((1 << 48) - 1, number.into()));
        let (external_id, mark) = (format!("sandbox_ghost_{number}"), Some("1".to_owned()));
        (id, Standing { external_id, revision: 1, visibility: Visibility::Live, mark })
    })
}

/// The ghost of that product, if there is one.
pub(crate) fn ghost(count: u32, product_id: ProductId) -> Option<Standing> {
    ghosts(count).find(|(id, _)| *id == product_id).map(|(_, standing)| standing)
}
