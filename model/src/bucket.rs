//! What S3 does with the bucket for images.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use url::Url;

/// Every version of every object, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    objects: BTreeMap<String, Vec<(String, Vec<u8>)>>,
    count: u64,
}

impl Bucket {
    /// Puts an object in, and returns its version.
    pub(crate) fn put(&mut self, key: &str, bytes: Vec<u8>) -> String {
        self.count += 1;
        let version = format!("v{}", self.count);
        self.objects.entry(key.to_owned()).or_default().push((version.clone(), bytes));
        version
    }

    /// Whether anything lies there or below.
    pub(crate) fn keeps(&self, prefix: &str) -> bool {
        self.objects.iter().any(|(key, versions)| key.starts_with(prefix) && !versions.is_empty())
    }

    /// The answer to a request as the client of S3 sends it.
    pub(crate) fn answer(&mut self, request: &HttpRequest) -> HttpResponse {
        let url = Url::parse(request.uri()).expect("a URL");
        let asked: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let key = url.path().trim_start_matches('/');
        let body = request.body().bytes().unwrap_or_default();
        let version = asked.get("versionId").map(String::as_str);
        match request.method() {
            "GET" if asked.contains_key("versions") => {
                of(200, self.versions(asked.get("prefix").map_or("", String::as_str)))
            }
            "GET" => self.get(key, version, request.headers().get("range")),
            "HEAD" => match self.object(key, version) {
                Some((version, _)) => with(of(200, ""), "x-amz-version-id", version),
                None => of(404, ""),
            },
            "PUT" => {
                self.put(key, body.to_vec());
                of(200, "")
            }
            "DELETE" if asked.contains_key("tagging") => match self.object(key, version) {
                Some(_) => of(204, ""),
                None => of(404, error("NoSuchKey")),
            },
            "DELETE" => {
                self.delete(key, version);
                of(204, "")
            }
            "POST" if asked.contains_key("delete") => {
                let text = String::from_utf8_lossy(body).into_owned();
                for object in text.split("<Object>").skip(1) {
                    self.delete(&between(object, "Key"), Some(&between(object, "VersionId")));
                }
                of(200, "<DeleteResult></DeleteResult>")
            }
            other => panic!("nobody plays {other} {url}"),
        }
    }

    fn object(&self, key: &str, version: Option<&str>) -> Option<&(String, Vec<u8>)> {
        let versions = self.objects.get(key)?;
        match version {
            None => versions.last(),
            Some(version) => versions.iter().find(|(own, _)| own == version),
        }
    }

    fn get(&self, key: &str, version: Option<&str>, range: Option<&str>) -> HttpResponse {
        let Some((_, bytes)) = self.object(key, version) else { return of(404, error("NoSuchKey")) };
        let Some((from, to)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
            return of(200, bytes.clone());
        };
        let number = |text: &str| text.parse::<usize>().expect("a number");
        let (from, end) = (number(from), (number(to) + 1).min(bytes.len()));
        if from >= end {
            return of(416, error("InvalidRange"));
        }
        let part = of(206, bytes[from..end].to_vec());
        with(part, "content-range", &format!("bytes {from}-{}/{}", end - 1, bytes.len()))
    }

    fn versions(&self, prefix: &str) -> String {
        let mut list = String::from("<ListVersionsResult><IsTruncated>false</IsTruncated>");
        for (key, versions) in self.objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
            for (version, _) in versions {
                let _ = write!(list, "<Version><Key>{key}</Key><VersionId>{version}</VersionId></Version>");
            }
        }
        list + "</ListVersionsResult>"
    }

    /// Deletes a version; where none is named, all of them, since nobody here looks at what was deleted.
    fn delete(&mut self, key: &str, version: Option<&str>) {
        let Some(versions) = self.objects.get_mut(key) else { return };
        versions.retain(|(own, _)| version.is_some_and(|version| own != version));
        if versions.is_empty() {
            self.objects.remove(key);
        }
    }
}

fn of(status: u16, body: impl Into<Vec<u8>>) -> HttpResponse {
    let body: Vec<u8> = body.into();
    let length = body.len().to_string();
    let answer = HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body));
    with(answer, "content-length", &length)
}

fn with(mut answer: HttpResponse, header: &'static str, value: &str) -> HttpResponse {
    answer.headers_mut().insert(header, value.to_owned());
    answer
}

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>")
}

fn between(text: &str, tag: &str) -> String {
    let after = text.split_once(&format!("<{tag}>")).map_or("", |(_, after)| after);
    after.split_once("</").map_or("", |(inner, _)| inner).to_owned()
}
