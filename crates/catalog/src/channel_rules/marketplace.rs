//! What the marketplaces ask whose rules are known: figures, each with its source. What they take of photos is told by
//! [`Marketplace::images`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::requirements::Requirements;
use crate::image_profile::Marketplace;
use crate::money::Currency;

/// A site of Mercado Libre: each country has its own, with its currency.
///
/// Source: [Locations and currencies](https://developers.mercadolibre.com.ar/en_us/locations-and-currencies), the
/// `default_currency_id` of `GET /sites/{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Site {
    /// Argentina.
    Mla,
    /// Brazil.
    Mlb,
    /// Chile.
    Mlc,
    /// Colombia.
    Mco,
    /// Ecuador.
    Mec,
    /// Mexico.
    Mlm,
    /// Peru.
    Mpe,
    /// Uruguay.
    Mlu,
}

impl Site {
    /// All of them.
    pub const ALL: [Self; 8] = [Self::Mla, Self::Mlb, Self::Mlc, Self::Mco, Self::Mec, Self::Mlm, Self::Mpe, Self::Mlu];

    fn currency_code(self) -> &'static str {
        match self {
            Self::Mla => "ARS",
            Self::Mlb => "BRL",
            Self::Mlc => "CLP",
            Self::Mco => "COP",
            Self::Mec => "USD",
            Self::Mlm => "MXN",
            Self::Mpe => "PEN",
            Self::Mlu => "UYU",
        }
    }
}

impl Marketplace {
    /// What it asks of products. Without a site of Mercado Libre, a price in the currency of any of them will do.
    pub fn requirements(self, site: Option<Site>) -> Requirements {
        let images = Requirements { images_like: Some(self), images_min: Some(1), ..Requirements::default() };
        match self {
            Self::Instagram => instagram(images),
            Self::Facebook => facebook(images),
            Self::MercadoLibre => mercado_libre(images, site),
        }
    }
}

/// A post: photos and a caption, in which the description stands. Source:
/// [IG User Media](https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media),
/// `caption`: 2,200 characters and 30 hashtags at most.
fn instagram(images: Requirements) -> Requirements {
    Requirements { description_max: Some(2_200), hashtags_max: Some(30), ..images }
}

/// An item of a catalog. Source: [Catalog fields](https://www.facebook.com/business/help/120325381656392), `title`: 200
/// characters at most; `description`: 9,999 at most, plain text; `brand`: a brand, an MPN or a GTIN.
fn facebook(images: Requirements) -> Requirements {
    Requirements {
        title_max: Some(200),
        description_max: Some(9_999),
        plain_description: true,
        identifier: true,
        ..images
    }
}

/// A listing. Sources: [Categories](https://developers.mercadolibre.com.ar/en_us/categories-attributes), the `settings` of
/// nearly every category: `max_title_length` 60, `max_description_length` 50,000, and the attribute `BRAND`, which they
/// require; [Description](https://developers.mercadolibre.com.ar/en_us/item-description-2): plain text;
/// [List products](https://developers.mercadolibre.com.ar/en_us/list-products): `category_id` is required, and
/// `currency_id` is the site's.
fn mercado_libre(images: Requirements, site: Option<Site>) -> Requirements {
    let sites = site.map_or(Site::ALL.to_vec(), |site| vec![site]);
    let currencies = sites.into_iter().filter_map(|site| Currency::parse(site.currency_code()).ok());
    Requirements {
        title_max: Some(60),
        description_max: Some(50_000),
        plain_description: true,
        currencies: currencies.collect(),
        category: true,
        brand: true,
        ..images
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_has_a_currency_of_its_own() {
        for site in Site::ALL {
            let asked = Marketplace::MercadoLibre.requirements(Some(site)).currencies;
            assert_eq!(asked.iter().map(|currency| currency.code()).collect::<Vec<_>>(), [site.currency_code()]);
        }
        assert_eq!(Marketplace::MercadoLibre.requirements(None).currencies.len(), Site::ALL.len());
    }
}
