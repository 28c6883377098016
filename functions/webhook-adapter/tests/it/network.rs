//! Where a delivery goes and where it never goes, whatever a name or a receiver says.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tola_catalog::{Channel, ChannelId, ChannelStatus, MerchantId, Problem, ProblemClass, Timestamp};
use tola_channel::{Adapter, Failure, Visit};
use tola_store::SystemScope;
use webhook_adapter::{Names, Poster, Reach, SystemNames};

use crate::contract::{SECRET, SECRET_NAME, Vault, adapter, poster};

fn channel(config: Value) -> Channel {
    let Value::Object(config) = config else { return channel(Value::Object(Map::new())) };
    let now = Timestamp::from_millis(0);
    Channel {
        id: ChannelId::parse("shop").unwrap(),
        merchant_id: MerchantId::new(ulid::Ulid::from_parts(1, 1)),
        channel_type: "webhook".into(),
        config,
        secret: None,
        paused: false,
        status: ChannelStatus::Active,
        problem: None,
        version: 1,
        reconcile_due_at: None,
        created_at: now,
        updated_at: now,
    }
}

async fn ping(poster: Poster, url: &str, timeout_seconds: u8) -> Result<(), Failure> {
    let vault = Vault::default();
    vault.put(SECRET_NAME, Ok(SECRET));
    let channel = channel(json!({ "url": url, "timeout_seconds": timeout_seconds }));
    let scope = SystemScope::named("test").acting_for(channel.merchant_id);
    let visit = Visit { channel: &channel, scope, now: Timestamp::from_millis(0) };
    adapter(&vault, poster).connect(&visit).await
}

fn refused(pinged: Result<(), Failure>) -> Problem {
    match pinged {
        Err(Failure::Refused(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

/// Names that lead to what the test says, one answer after the other.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<VecDeque<Vec<SocketAddr>>>>);

impl Script {
    fn of(answers: &[&[SocketAddr]]) -> Self {
        Self(Arc::new(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Names for Script {
    fn lookup(&self, _: String, _: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let answer = self.0.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("nobody knows that name")) })
    }
}

fn public(names: impl Names) -> Poster {
    Poster::with(Reach::Public, names, RootCertStore::empty()).unwrap()
}

/// A server that says these bytes to whoever connects, and keeps the connection; it counts who came.
async fn server(says: &'static [u8]) -> (SocketAddr, Arc<Mutex<usize>>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (count, mut tasks) = (Arc::new(Mutex::new(0)), JoinSet::new());
    let counter = Arc::clone(&count);
    tasks.spawn(async move {
        let mut open = JoinSet::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            *counter.lock().unwrap() += 1;
            open.spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(says).await;
                // Until the other side hangs up.
                while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
            });
        }
    });
    (address, count, tasks)
}

#[tokio::test]
async fn an_address_of_our_own_is_not_posted_to_however_it_is_written() {
    let (_, count, _server) = server(b"").await;
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "169.254.169.254",
        "10.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "100.64.0.1",
        "255.255.255.255",
        "224.0.0.1",
    ] {
        let problem = refused(ping(public(SystemNames), &format!("https://{host}/"), 1).await);

        assert_eq!(
            (problem.class, problem.code.as_str()),
            (ProblemClass::Validation, "CHANNEL_MISCONFIGURED"),
            "{host}"
        );
        assert_eq!(problem.pointer.as_deref(), Some("/config/url"));
        assert!(problem.message.contains("public internet"), "{host}: {problem:?}");
    }
    assert_eq!(*count.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_name_that_leads_to_us_is_not_posted_to() {
    let (local, count, _server) = server(b"").await;
    let elsewhere = SocketAddr::from(([93, 184, 215, 14], 443));
    for addresses in [vec![local], vec![elsewhere, local], vec!["[::1]:443".parse().unwrap(), elsewhere]] {
        let problem = refused(ping(public(Script::of(&[&addresses])), "https://shop.example/", 1).await);

        assert_eq!(problem.code, "CHANNEL_MISCONFIGURED", "{addresses:?}");
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST).to_string();
        assert!(!problem.message.contains(&address), "it tells nothing of our network: {problem:?}");
    }
    let problem = refused(ping(public(SystemNames), "https://localhost/", 1).await);
    assert_eq!(problem.code, "CHANNEL_MISCONFIGURED");
    assert_eq!(*count.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_name_is_looked_up_once() {
    let (local, count, _server) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    // The second answer is what an attacker's name server would say a moment later.
    let names = Script::of(&[&[local], &[SocketAddr::from(([10, 0, 0, 1], 80))]]);
    let poster = Poster::with(Reach::Anywhere, names.clone(), RootCertStore::empty()).unwrap();

    ping(poster, "http://shop.example/", 5).await.unwrap();

    assert_eq!((names.left(), *count.lock().unwrap()), (1, 1));
}

#[tokio::test]
async fn only_https_at_its_own_port_is_posted_to() {
    for url in ["http://shop.example/", "https://shop.example:8443/", "http://127.0.0.1/", "https://shop.example:22/"] {
        let problem = refused(ping(public(Script::default()), url, 1).await);
        assert_eq!(problem.code, "CHANNEL_MISCONFIGURED", "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (_, count, _second) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let (first, seen, _first) = server(
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/latest/meta-data\r\ncontent-length: 0\r\n\r\n",
    )
    .await;

    let problem = refused(ping(poster(), &format!("http://{first}/"), 5).await);

    assert_eq!(problem.code, "CHANNEL_MISCONFIGURED");
    assert!(problem.message.contains("redirects (307"), "{problem:?}");
    assert_eq!((*seen.lock().unwrap(), *count.lock().unwrap()), (1, 0));
}

#[tokio::test]
async fn a_receiver_that_takes_its_time_is_left() {
    let cases: [&[u8]; 3] = [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"];
    for says in cases {
        let (address, _, _server) = server(says).await;
        let began = Instant::now();

        let pinged = ping(poster(), &format!("http://{address}/"), 1).await;

        let Err(Failure::Transient(cause)) = pinged else { panic!("{pinged:?}") };
        assert!(cause.contains("did not answer within 1s"), "{cause}");
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn what_is_no_http_is_transient() {
    let (address, _, _server) = server(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    assert!(matches!(ping(poster(), &format!("http://{address}/"), 5).await, Err(Failure::Transient(_))));

    let endless: &'static [u8] = Box::leak([b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &[b'x'; 200_000]].concat().into());
    let (address, _, _server) = server(endless).await;
    assert!(matches!(ping(poster(), &format!("http://{address}/"), 5).await, Err(Failure::Transient(_))));
}

#[tokio::test]
async fn nobody_there_is_transient() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let pinged = ping(poster(), &format!("http://{gone}/hooks?key=hunter2"), 5).await;
    let Err(Failure::Transient(cause)) = pinged else { panic!("{pinged:?}") };
    assert!(!cause.contains("hunter2"), "{cause}");

    let pinged = ping(public(Script::default()), "https://nobody.example/", 5).await;
    assert!(matches!(pinged, Err(Failure::Transient(_))), "{pinged:?}");
}

/// A server behind TLS for `shop.example`, and the root that vouches for it.
async fn encrypted() -> (SocketAddr, RootCertStore, JoinSet<()>) {
    let issued = rcgen::generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    let certificate = issued.cert.der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, mut tasks) = (listener.local_addr().unwrap(), JoinSet::new());
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, roots, tasks)
}

#[tokio::test]
async fn a_receiver_proves_that_it_is_who_it_should_be() {
    let (address, roots, _server) = encrypted().await;
    let poster = |roots| Poster::with(Reach::Anywhere, Script::of(&[&[address]]), roots).unwrap();

    ping(poster(roots.clone()), "https://shop.example/", 5).await.unwrap();

    let stranger = refused(ping(poster(roots), "https://bank.example/", 5).await);
    let unknown = refused(ping(poster(RootCertStore::empty()), "https://shop.example/", 5).await);
    for problem in [stranger, unknown] {
        assert_eq!((problem.code.as_str(), problem.pointer.as_deref()), ("CHANNEL_MISCONFIGURED", Some("/config/url")));
        assert!(problem.message.contains("certificate"), "{problem:?}");
    }
}
