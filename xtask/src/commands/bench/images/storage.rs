//! A bucket of one upload: whoever asks gets it, and what is put is kept until it is taken. It speaks as much of S3 as a
//! client needs that reads objects, whole or in part, puts objects, and takes an upload's tags away.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it calls every version of its upload.
const ETAG: &str = "\"bench\"";
const NO_SUCH_KEY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code></Error>";
/// Where the upload lies, in any bucket; whatever else is asked for is not there.
const UPLOADS: &str = "uploads/";
const LARGEST_OBJECT: usize = 64 << 20;

/// The bucket. It stops with this value.
pub(super) struct Storage {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    upload: Mutex<Bytes>,
    objects: Mutex<BTreeMap<String, Bytes>>,
}

impl Storage {
    /// Serves on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for the bucket")?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/{bucket}/{*key}", get(read).put(write).delete(untag))
            .layer(DefaultBodyLimit::max(LARGEST_OBJECT))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It never ends by itself, and without it every request fails.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, server })
    }

    /// Where it is, without a slash at the end.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes `bytes` the upload.
    pub(super) fn offer(&self, bytes: Vec<u8>) {
        *self.shared.upload.lock().unwrap_or_else(PoisonError::into_inner) = bytes.into();
    }

    /// What was put since the last time, by the last part of its key. Then it is gone, as if nobody had put it.
    pub(super) fn take(&self) -> BTreeMap<String, Bytes> {
        std::mem::take(&mut *self.shared.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn read(State(shared): State<Arc<Shared>>, Path((_, key)): Path<(String, String)>, asked: HeaderMap) -> Response {
    if !key.starts_with(UPLOADS) {
        return (StatusCode::NOT_FOUND, NO_SUCH_KEY).into_response();
    }
    let upload = shared.upload.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let range =
        asked.get(header::RANGE).and_then(|range| range.to_str().ok()).and_then(|text| range_of(text, upload.len()));
    let Some((first, last)) = range else { return ([(header::ETAG, ETAG)], upload).into_response() };
    let part = upload.slice(first..=last);
    let place = format!("bytes {first}-{last}/{}", upload.len());
    (StatusCode::PARTIAL_CONTENT, [(header::ETAG, ETAG), (header::CONTENT_RANGE, &place)], part).into_response()
}

async fn write(
    State(shared): State<Arc<Shared>>,
    Path((_, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let object = if headers.contains_key("x-amz-decoded-content-length") { unchunked(&body) } else { Ok(body) };
    let Ok(object) = object else { return StatusCode::BAD_REQUEST.into_response() };
    let name = key.rsplit('/').next().unwrap_or_default().to_owned();
    shared.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(name, object);
    [(header::ETAG, ETAG)].into_response()
}

/// Nothing but tags is deleted here, and the upload stays offered with or without them.
async fn untag(RawQuery(query): RawQuery) -> StatusCode {
    let tags = query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("tagging")));
    if tags { StatusCode::NO_CONTENT } else { StatusCode::METHOD_NOT_ALLOWED }
}

/// The first and the last byte that `bytes=first-last` asks for, of so many; `None` where it asks for nothing that is there.
fn range_of(text: &str, length: usize) -> Option<(usize, usize)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    let last = last.parse().map_or(end, |last: usize| last.min(end));
    let first = first.parse().ok()?;
    (first <= last).then_some((first, last))
}

/// What lies in a body that was sent in chunks with signatures or with a checksum behind it (`aws-chunked`).
fn unchunked(body: &[u8]) -> anyhow::Result<Bytes> {
    let mut object = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").context("a chunk does not say how long it is")?;
        let line = std::str::from_utf8(&rest[..end])?;
        let length = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16)?;
        if length == 0 {
            return Ok(object.into());
        }
        let Some((chunk, behind)) = rest[end + 2..].split_at_checked(length) else { bail!("a chunk is cut off") };
        object.extend_from_slice(chunk);
        rest = behind.strip_prefix(b"\r\n").context("a chunk is longer than it says")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_with_the_upload() {
        assert_eq!(range_of("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(range_of("bytes=4-", 10), Some((4, 9)));
        assert_eq!(range_of("bytes=4-99", 10), Some((4, 9)));
        assert_eq!(range_of("bytes=10-11", 10), None);
        assert_eq!(range_of("bytes=0-", 0), None);
        assert_eq!(range_of("lines=0-3", 10), None);
    }

    #[test]
    fn chunks_are_put_together() {
        let sent = b"4;chunk-signature=abc\r\nTola\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";

        assert_eq!(unchunked(sent).unwrap().as_ref(), b"Tola!");
        assert!(unchunked(b"9\r\nTola\r\n").is_err());
    }

    #[tokio::test]
    async fn the_upload_is_read_and_what_is_put_is_taken_once() {
        let storage = Storage::start().await.unwrap();
        storage.offer(b"upload".to_vec());
        let client = reqwest::Client::new();
        let url = |key: &str| format!("{}/bucket/{key}", storage.url());

        let whole = client.get(url("uploads/a/b")).send().await.unwrap().bytes().await.unwrap();
        let part = client.get(url("uploads/a/b")).header("range", "bytes=0-1").send().await.unwrap();
        let missing = client.get(url("images/a/b")).send().await.unwrap();
        client.put(url("images/a/hash/160.jpg")).body("made").send().await.unwrap();

        assert_eq!(whole.as_ref(), b"upload");
        assert_eq!((part.status().as_u16(), part.bytes().await.unwrap().as_ref()), (206, &b"up"[..]));
        assert_eq!(missing.status().as_u16(), 404);
        assert_eq!(storage.take(), [("160.jpg".to_owned(), Bytes::from("made"))].into());
        assert!(storage.take().is_empty());
    }

    #[tokio::test]
    async fn tags_can_be_taken_away_and_nothing_else() {
        let storage = Storage::start().await.unwrap();
        let status = async |query: &str| {
            let url = format!("{}/bucket/uploads/a/b{query}", storage.url());
            reqwest::Client::new().delete(url).send().await.unwrap().status().as_u16()
        };

        assert_eq!(status("?tagging").await, 204);
        assert_eq!(status("?x-id=DeleteObjectTagging&tagging=").await, 204);
        assert_eq!(status("").await, 405);
    }
}
