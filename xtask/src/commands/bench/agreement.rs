//! Before anything is measured: both sides answer alike, and right.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tola_catalog::{MerchantId, ProductId};

use super::request;
use crate::catalogue::Catalogue;
use crate::lambda::http_api::Answer;
use crate::lambda::{Program, Running};

/// How often the two may disagree before that counts: links change on the hour.
const ATTEMPTS: u32 = 2;

/// A request, and what is right.
struct Case {
    what: &'static str,
    event: Vec<u8>,
    status: u16,
    /// Whether the bodies have to be the same; of errors the words may differ, but not the code.
    exactly: bool,
}

/// Asks both sides the same things, and returns how many bytes the body of a product has.
///
/// # Errors
/// When an answer is wrong or the two differ, with the first place where they do.
pub(super) async fn check(contestants: &[Program; 2], catalogue: &Catalogue) -> anyhow::Result<usize> {
    let [mut left, mut right] = [contestants[0].start().await?, contestants[1].start().await?];
    let product = product(&mut left, catalogue).await?;
    let etag = product.headers.get("etag").context("a product has no ETag")?;
    for case in cases(catalogue, etag)? {
        let mut attempt = 1;
        while let Err(error) = compare(&case, &mut left, &mut right).await {
            if attempt == ATTEMPTS {
                let names = format!("{} and {}", contestants[0].name, contestants[1].name);
                return Err(error.context(format!("{names} do not answer alike: {}", case.what)));
            }
            attempt += 1;
        }
    }
    left.end().await;
    right.end().await;
    Ok(product.body.unwrap_or_default().len())
}

fn cases(catalogue: &Catalogue, etag: &str) -> anyhow::Result<Vec<Case>> {
    let (first, last) = ends(catalogue)?;
    let own = catalogue.merchant.to_string();
    let foreign = MerchantId::new(first.ulid()).to_string();
    let unknown = ProductId::new(catalogue.merchant.ulid());
    let path = |id: ProductId| format!("/v1/products/{id}");
    let by = |merchant: &str, id: ProductId, etag: &str| {
        let headers = [("x-merchant-id", merchant), ("x-role", "viewer"), ("if-none-match", etag)];
        request::get(&path(id), &headers, "check")
    };
    let case = |what, event, status| Case { what, event, status, exactly: status < 400 };
    Ok(vec![
        case("the first product", request::read(catalogue.merchant, first, "check"), 200),
        case("the last product", request::read(catalogue.merchant, last, "check"), 200),
        case("a version that the client knows", by(&own, first, etag), 304),
        case("an older version", by(&own, first, "\"1.0\""), 200),
        case("a product that is not there", by(&own, unknown, ""), 404),
        case("another merchant's product", by(&foreign, first, ""), 404),
        case("nobody", request::get(&path(first), &[], "check"), 401),
        case("a path that is not there", request::get("/v1/nothing", &[], "check"), 404),
    ])
}

fn ends(catalogue: &Catalogue) -> anyhow::Result<(ProductId, ProductId)> {
    catalogue.products.first().copied().zip(catalogue.products.last().copied()).context("there are no products")
}

async fn product(running: &mut Running, catalogue: &Catalogue) -> anyhow::Result<Answer> {
    let event = request::read(catalogue.merchant, ends(catalogue)?.0, "check");
    Answer::parse(&running.invoke(event).await?.body)
}

async fn compare(case: &Case, left: &mut Running, right: &mut Running) -> anyhow::Result<()> {
    let left = Answer::parse(&left.invoke(case.event.clone()).await?.body)?;
    let right = Answer::parse(&right.invoke(case.event.clone()).await?.body)?;
    judge(case, &left, &right)
}

fn judge(case: &Case, left: &Answer, right: &Answer) -> anyhow::Result<()> {
    for answer in [left, right] {
        ensure!(answer.status_code == case.status, "{} is right, and not {answer:?}", case.status);
    }
    // Mangum names a type even where there is no body.
    let of_a_body = (case.status != 304).then_some("content-type");
    for header in ["etag", "x-request-id", "x-correlation-id"].into_iter().chain(of_a_body) {
        let (left, right) = (left.headers.get(header), right.headers.get(header));
        ensure!(left == right, "the header {header} is {left:?}, and {right:?}");
    }
    let (left_body, right_body) = (left.json()?, right.json()?);
    if !case.exactly {
        let code = |body: &Value| body.pointer("/error/code").cloned();
        ensure!(code(&left_body) == code(&right_body), "the errors are {left_body}, and {right_body}");
        return Ok(());
    }
    if let Some((pointer, left, right)) = difference("", &left_body, &right_body) {
        bail!("at {pointer} the bodies have {left}, and {right}");
    }
    Ok(())
}

/// The first place where two values differ, as a JSON pointer, with what is there.
fn difference(pointer: &str, left: &Value, right: &Value) -> Option<(String, Value, Value)> {
    let absent = &Value::Null;
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names.into_iter().find_map(|name| {
                let pointer = format!("{pointer}/{name}");
                let (left, right) = (a.get(name), b.get(name));
                if left.is_none() != right.is_none() {
                    return Some((pointer, left.unwrap_or(absent).clone(), right.unwrap_or(absent).clone()));
                }
                difference(&pointer, left.unwrap_or(absent), right.unwrap_or(absent))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(position, (left, right))| difference(&format!("{pointer}/{position}"), left, right))
        }
        _ => (left != right).then(|| (pointer.to_owned(), left.clone(), right.clone())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status_code: u16, body: &str) -> Answer {
        Answer { status_code, headers: [].into(), body: Some(body.to_owned()), is_base64_encoded: false }
    }

    fn case(status: u16) -> Case {
        Case { what: "a test", event: Vec::new(), status, exactly: status < 400 }
    }

    #[test]
    fn the_first_difference_is_named() {
        let left = json!({ "a": [1, { "b": 2 }], "c": null });

        assert_eq!(difference("", &left, &left), None);
        let right = json!({ "a": [1, { "b": 3 }], "c": null });
        assert_eq!(difference("", &left, &right), Some(("/a/1/b".into(), json!(2), json!(3))));
        let right = json!({ "a": [1, { "b": 2 }] });
        assert_eq!(difference("", &left, &right).unwrap().0, "/c", "null is not the same as nothing");
    }

    #[test]
    fn good_answers_are_the_same_and_errors_have_the_same_code() {
        let (good, other) = (answer(200, r#"{"a":1}"#), answer(200, r#"{"a":2}"#));
        assert!(judge(&case(200), &good, &good).is_ok());
        assert!(judge(&case(200), &good, &other).is_err());
        assert!(judge(&case(304), &good, &good).is_err());

        let error = |code: &str, message: &str| {
            answer(404, &json!({ "error": { "code": code, "message": message } }).to_string())
        };
        assert!(judge(&case(404), &error("GONE", "one"), &error("GONE", "two")).is_ok());
        assert!(judge(&case(404), &error("GONE", "one"), &error("LOST", "one")).is_err());
    }
}
