//! What the bucket makes of S3's answers.

use aws_sdk_s3::{
    config::retry::RetryConfig,
    operation::{
        delete_objects::DeleteObjectsOutput, get_object::GetObjectOutput,
        list_object_versions::ListObjectVersionsOutput, put_object::PutObjectOutput,
    },
    types::{DeleteMarkerEntry, ObjectVersion},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;

/// A bucket that answers by these rules, one after the other. What the client would try again is not tried again.
fn bucket(rules: &[&Rule]) -> ImageBucket {
    let client = mock_client!(aws_sdk_s3, RuleMode::Sequential, rules, |config| {
        config.retry_config(RetryConfig::disabled())
    });
    ImageBucket::new(client, "pictures")
}

fn http_error(status: u16, code: &str) -> aws_sdk_s3::config::http::HttpResponse {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    aws_sdk_s3::config::http::HttpResponse::new(status.try_into().unwrap(), body.into())
}

fn version(key: &str, id: &str) -> ObjectVersion {
    ObjectVersion::builder().key(key).version_id(id).build()
}

/// A deletion that takes exactly these versions, and answers with errors for some.
fn deletion(expected: &'static [(&str, &str)], errors: &'static [(&str, &str)]) -> Rule {
    mock!(Client::delete_objects)
        .match_requests(move |request| {
            let asked = request.delete().map(Delete::objects).unwrap_or_default();
            let asked: Vec<_> = asked.iter().map(|o| (o.key(), o.version_id().unwrap_or_default())).collect();
            request.bucket() == Some("pictures") && asked == expected
        })
        .then_output(move || {
            let errors =
                errors.iter().map(|(key, code)| aws_sdk_s3::types::Error::builder().key(*key).code(*code).build());
            DeleteObjectsOutput::builder().set_errors(Some(errors.collect())).build()
        })
}

fn listing(versions: &'static [(&str, &str)]) -> Rule {
    mock!(Client::list_object_versions).then_output(move || {
        let versions = versions.iter().map(|(key, id)| version(key, id)).collect();
        ListObjectVersionsOutput::builder().set_versions(Some(versions)).build()
    })
}

#[tokio::test]
async fn an_object_is_read_up_to_the_cap() {
    let object = |declared: Option<i64>| {
        mock!(Client::get_object)
            .match_requests(|r| {
                (r.bucket(), r.key(), r.version_id()) == (Some("pictures"), Some("uploads/a/b"), Some("v1"))
            })
            .then_output(move || {
                GetObjectOutput::builder().set_content_length(declared).body(ByteStream::from_static(b"12345")).build()
            })
    };
    for declared in [Some(5), None, Some(1)] {
        let (taken, refused) = (object(declared), object(declared));
        let bucket = bucket(&[&taken, &refused]);

        assert_eq!(bucket.get("uploads/a/b", Some("v1"), 5).await.unwrap(), b"12345");
        let error = bucket.get("uploads/a/b", Some("v1"), 4).await.unwrap_err();

        assert!(matches!(error, Error::TooLarge { max_bytes: 4, .. }), "{error}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn answers_are_told_apart() {
    for (status, code, missing, transient) in [
        (404, "NoSuchKey", true, false),
        (404, "NoSuchVersion", true, false),
        (404, "NoSuchBucket", false, false),
        (403, "AccessDenied", false, false),
        (400, "RequestTimeout", false, true),
        (400, "ExpiredToken", false, true),
        (429, "Other", false, true),
        (500, "InternalError", false, true),
        (503, "SlowDown", false, true),
    ] {
        let rule = mock!(Client::get_object).then_http_response(move || http_error(status, code));
        let bucket = bucket(&[&rule]);

        let error = bucket.get("uploads/a/b", Some("v1"), 5).await.unwrap_err();

        assert_eq!(matches!(error, Error::Missing { .. }), missing, "{code}: {error:?}");
        assert_eq!(error.is_transient(), transient, "{code}: {error:?}");
        assert_eq!(std::error::Error::source(&error).is_none(), missing, "{code}: a cause is kept");
    }
}

#[tokio::test]
async fn a_part_is_read_and_the_length_of_the_whole_is_told() {
    let part = |range: &'static str, told: Option<&'static str>| {
        mock!(Client::get_object).match_requests(move |r| r.range() == Some(range)).then_output(move || {
            let part = GetObjectOutput::builder().set_content_range(told.map(Into::into));
            part.body(ByteStream::from_static(b"12345")).build()
        })
    };
    let (first, second) = (part("bytes=0-4", Some("bytes 0-4/12")), part("bytes=5-11", Some("bytes 5-9/10")));
    let longer = part("bytes=0-3", Some("bytes 0-4/5"));
    let bucket = bucket(&[&first, &second, &longer]);

    let five = |length| Part { bytes: b"12345".to_vec(), length };
    assert_eq!(bucket.get_part("a", None, 0, 5).await.unwrap(), five(12));
    assert_eq!(bucket.get_part("a", None, 5, 12).await.unwrap(), five(10));
    assert!(matches!(bucket.get_part("a", None, 0, 4).await, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn a_part_is_taken_from_all_that_comes_where_ranges_are_not_known() {
    let whole = || {
        mock!(Client::get_object).then_output(|| {
            GetObjectOutput::builder().content_length(5).body(ByteStream::from_static(b"12345")).build()
        })
    };
    let rules = [whole(), whole(), whole()];
    let bucket = bucket(&rules.each_ref());

    for (from, to, bytes) in [(0, 3, &b"123"[..]), (2, 4, b"34"), (0, 9, b"12345")] {
        let part = bucket.get_part("a", None, from, to).await.unwrap();
        assert_eq!(part, Part { bytes: bytes.to_vec(), length: 5 });
    }
}

#[tokio::test]
async fn an_empty_object_has_an_empty_part() {
    let empty = || mock!(Client::get_object).then_http_response(|| http_error(416, "InvalidRange"));
    let (first, later) = (empty(), empty());
    let bucket = bucket(&[&first, &later]);

    assert_eq!(bucket.get_part("a", None, 0, 5).await.unwrap(), Part { bytes: vec![], length: 0 });
    assert!(matches!(bucket.get_part("a", None, 5, 9).await, Err(Error::BehindTheEnd { .. })));
}

#[tokio::test]
async fn an_object_exists_or_not_or_nobody_knows() {
    let head = |status: u16, version: &'static str| {
        mock!(Client::head_object).then_http_response(move || {
            let mut answer = aws_sdk_s3::config::http::HttpResponse::new(status.try_into().unwrap(), "".into());
            answer.headers_mut().insert("x-amz-version-id", version);
            answer
        })
    };
    let (there, gone, hidden) = (head(200, "v2"), head(404, ""), head(403, ""));
    let bucket = bucket(&[&there, &gone, &hidden]);

    assert_eq!(bucket.find("a").await.unwrap(), Some(Found { version: Some("v2".into()) }));
    assert_eq!(bucket.find("a").await.unwrap(), None);
    assert!(matches!(bucket.find("a").await, Err(Error::Refused { .. })));
}

#[tokio::test]
async fn a_rendition_may_be_kept_for_good() {
    let rule = mock!(Client::put_object)
        .match_requests(|r| {
            r.key() == Some("images/m/h/320.webp")
                && r.content_type() == Some("image/webp")
                && r.cache_control() == Some("public, max-age=31536000, immutable")
        })
        .then_output(|| PutObjectOutput::builder().build());

    bucket(&[&rule]).put_rendition("images/m/h/320.webp", "image/webp", vec![1]).await.unwrap();

    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn all_versions_of_an_object_go_and_its_neighbours_stay() {
    let first = mock!(Client::list_object_versions)
        .match_requests(|r| r.prefix() == Some("uploads/m/i1") && r.key_marker().is_none())
        .then_output(|| {
            ListObjectVersionsOutput::builder()
                .versions(version("uploads/m/i1", "v2"))
                .versions(version("uploads/m/i10", "x"))
                .delete_markers(DeleteMarkerEntry::builder().key("uploads/m/i1").version_id("d").build())
                .is_truncated(true)
                .next_key_marker("uploads/m/i1")
                .next_version_id_marker("v2")
                .build()
        });
    let first_batch = deletion(&[("uploads/m/i1", "v2"), ("uploads/m/i1", "d")], &[]);
    let second = mock!(Client::list_object_versions)
        .match_requests(|r| r.version_id_marker() == Some("v2"))
        .then_output(|| ListObjectVersionsOutput::builder().versions(version("uploads/m/i1", "v1")).build());
    let second_batch = deletion(&[("uploads/m/i1", "v1")], &[]);
    let bucket = bucket(&[&first, &first_batch, &second, &second_batch]);

    assert_eq!(bucket.delete_object("uploads/m/i1").await.unwrap(), 3);

    assert_eq!(second_batch.num_calls(), 1);
}

#[tokio::test]
async fn what_is_gone_already_counts_as_deleted() {
    let (nothing, something) = (listing(&[]), listing(&[("images/m/h/320.jpg", "v")]));
    let raced = deletion(&[("images/m/h/320.jpg", "v")], &[("images/m/h/320.jpg", "NoSuchVersion")]);
    let bucket = bucket(&[&nothing, &something, &raced]);

    assert_eq!(bucket.delete_folder("images/m/h/").await.unwrap(), 0);
    assert_eq!(bucket.delete_folder("images/m/h/").await.unwrap(), 1);
}

#[tokio::test]
async fn a_version_that_stays_is_an_error() {
    for (code, transient) in [("AccessDenied", false), ("InternalError", true)] {
        let found = listing(&[("a/b", "v")]);
        let errors: &[_] = if transient { &[("a/b", "InternalError")] } else { &[("a/b", "AccessDenied")] };
        let refused = deletion(&[("a/b", "v")], errors);

        let error = bucket(&[&found, &refused]).delete_folder("a/").await.unwrap_err();

        assert!(matches!(&error, Error::NotDeleted { code: said, .. } if said == code), "{error}");
        assert_eq!(error.is_transient(), transient);
    }
}

#[tokio::test]
async fn a_prefix_that_could_take_neighbours_along_is_refused() {
    for prefix in ["", "/", "images/merchant_1"] {
        let answer = bucket(&[]).delete_folder(prefix).await;

        assert!(matches!(answer, Err(Error::NotAFolder { .. })), "{prefix:?}");
    }
}
