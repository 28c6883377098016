//! What boto3 signs (`tests/golden/make_presigned.py` makes the file) is what we sign.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{sigv4::Scope, *};

#[derive(Deserialize)]
struct Golden {
    access_key_id: String,
    secret_access_key: String,
    bucket: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    region: String,
    endpoint: Option<String>,
    token: Option<String>,
    now: Timestamp,
    post: Post,
    gets: Vec<Get>,
}

#[derive(Deserialize)]
struct Post {
    key: String,
    content_type: String,
    max_bytes: u64,
    seconds: u64,
    url: String,
    fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Get {
    key: String,
    seconds: u64,
    url: String,
}

fn each_case(check: impl Fn(&Case, &Credentials, &BucketAddress)) {
    let golden: Golden = serde_json::from_str(include_str!("../../tests/golden/presigned.json")).unwrap();
    assert_eq!(golden.cases.len(), 4);
    for case in &golden.cases {
        let credentials = Credentials {
            access_key_id: golden.access_key_id.clone(),
            secret_access_key: golden.secret_access_key.clone(),
            session_token: case.token.clone(),
        };
        let address = BucketAddress::new(&case.region, &golden.bucket, case.endpoint.as_deref()).unwrap();
        check(case, &credentials, &address);
    }
}

fn sign(case: &Case, credentials: &Credentials, address: &BucketAddress) -> PresignedPost {
    let upload = Upload {
        key: &case.post.key,
        content_type: &case.post.content_type,
        max_bytes: case.post.max_bytes,
        lifetime: Duration::from_secs(case.post.seconds),
    };
    presign_post(credentials, address, &upload, case.now).unwrap()
}

/// A policy's end and its conditions, whose order means nothing.
fn read_policy(policy: &str) -> (String, BTreeSet<String>) {
    let policy: Value = serde_json::from_slice(&STANDARD.decode(policy).unwrap()).unwrap();
    let conditions = policy["conditions"].as_array().unwrap();
    (policy["expiration"].as_str().unwrap().to_owned(), conditions.iter().map(Value::to_string).collect())
}

#[test]
fn a_policy_of_boto3_gets_the_signature_of_boto3() {
    each_case(|case, credentials, _| {
        let scope = Scope::new(credentials, &case.region, case.now).unwrap();

        let signature = scope.sign(&[&case.post.fields["policy"]]);

        assert_eq!(signature, case.post.fields["x-amz-signature"], "{}", case.name);
    });
}

#[test]
fn our_form_is_the_form_of_boto3() {
    each_case(|case, credentials, address| {
        let ours = sign(case, credentials, address);

        let ours_plain = without_policy(&ours.fields);
        assert_eq!(ours_plain, without_policy(&case.post.fields), "{}", case.name);
        assert_eq!(ours.url, case.post.url, "{}", case.name);
        assert_eq!(read_policy(&ours.fields["policy"]), read_policy(&case.post.fields["policy"]), "{}", case.name);
    });
}

#[test]
fn our_form_is_signed_over_our_policy() {
    each_case(|case, credentials, address| {
        let ours = sign(case, credentials, address);

        let scope = Scope::new(credentials, &case.region, case.now).unwrap();
        let signature = scope.sign(&[&ours.fields["policy"]]);

        assert_eq!(ours.fields["x-amz-signature"], signature, "{}", case.name);
    });
}

#[test]
fn a_policy_pins_key_type_size_and_end() {
    each_case(|case, credentials, address| {
        let ours = sign(case, credentials, address);

        let (expiration, conditions) = read_policy(&ours.fields["policy"]);

        assert_eq!(expiration.parse::<Timestamp>().unwrap(), ours.expires_at);
        for condition in [
            r#"{"bucket":"tola-images"}"#,
            r#"{"key":"uploads/merchant_01J0/image_01J1"}"#,
            r#"{"Content-Type":"image/jpeg"}"#,
            r#"["content-length-range",1,20971520]"#,
            &format!(r#"{{"tagging":"{}"}}"#, crate::UNUSED_UPLOAD),
        ] {
            assert!(conditions.contains(condition), "{condition} is not in {conditions:?}");
        }
    });
}

#[test]
fn an_upload_that_asks_for_too_much_is_not_signed() {
    each_case(|case, credentials, address| {
        let upload =
            Upload { key: "uploads/a/b", content_type: "image/png", max_bytes: 1, lifetime: Duration::from_secs(1) };
        let sign = |upload: Upload<'_>| presign_post(credentials, address, &upload, case.now);

        assert!(sign(upload).is_ok());
        for max_bytes in [0, crate::MAX_UPLOAD_BYTES + 1] {
            let answer = sign(Upload { max_bytes, ..upload });
            assert_eq!(answer, Err(Error::Size { asked: max_bytes }));
        }
        for seconds in [0, 301] {
            let answer = sign(Upload { lifetime: Duration::from_secs(seconds), ..upload });
            assert!(matches!(answer, Err(Error::Lifetime { .. })), "{seconds} s");
        }
    });
}

#[test]
fn a_link_is_the_link_of_boto3() {
    each_case(|case, credentials, address| {
        for get in &case.gets {
            let lifetime = Duration::from_secs(get.seconds);

            let links = LinkSigner::new(credentials.clone(), address.clone(), lifetime, case.now).unwrap();

            assert_eq!(url_parts(&links.link(&get.key)), url_parts(&get.url), "{}", case.name);
            assert_eq!(links.expires_at, case.now + lifetime);
        }
    });
}

#[test]
fn a_link_lives_for_a_week_at_most() {
    each_case(|case, credentials, address| {
        for seconds in [0, 7 * 24 * 60 * 60 + 1] {
            let lifetime = Duration::from_secs(seconds);

            let answer = LinkSigner::new(credentials.clone(), address.clone(), lifetime, case.now);

            assert!(matches!(answer, Err(Error::Lifetime { .. })), "{seconds} s");
        }
    });
}

fn without_policy(fields: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !matches!(*name, "policy" | "x-amz-signature"))
        .collect()
}

/// What comes before the query, and the parameters, whose order means nothing.
fn url_parts(url: &str) -> (&str, BTreeSet<&str>) {
    let (before, query) = url.split_once('?').unwrap();
    (before, query.split('&').collect())
}
