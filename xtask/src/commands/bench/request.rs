//! What is asked.

use tola_catalog::{MerchantId, ProductId};

use crate::lambda::http_api::Request;

/// A `GET` of a path below `/v1`, with these headers besides the ones that every client sends.
pub(super) fn get(path: &str, headers: &[(&str, &str)], request_id: &str) -> Vec<u8> {
    Request::get(path, headers, request_id).event()
}

/// A merchant who reads a product of the merchant's own.
pub(super) fn read(merchant: MerchantId, product: ProductId, request_id: &str) -> Vec<u8> {
    let identity = [("x-merchant-id", &*merchant.to_string()), ("x-role", "merchant")];
    get(&format!("/v1/products/{product}"), &identity, request_id)
}
