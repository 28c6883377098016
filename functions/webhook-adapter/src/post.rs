//! One bounded POST to a receiver, over a connection of its own.
//!
//! The name is looked up once; the addresses that come back are looked at, and the connection goes to one of them and to
//! nothing else: a name that points elsewhere a moment later (DNS rebinding) changes nothing. There is no proxy, no
//! redirect is followed, and nothing is kept for the next delivery.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::Host;

use crate::address::is_public;
use crate::target::{Reach, Target};

/// How much of an answer is read.
pub const MAX_ANSWER: usize = 64 * 1024;

/// The longest head of an answer.
const MAX_HEAD: usize = 64 * 1024;

/// How long one address has to take the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How many addresses of a name are tried.
const MAX_ADDRESSES: usize = 4;

/// Where names become addresses.
pub trait Names: Send + Sync + 'static {
    /// All addresses of a name.
    fn lookup(&self, name: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// The names that the system knows.
#[derive(Debug, Clone, Copy)]
pub struct SystemNames;

impl Names for SystemNames {
    fn lookup(&self, name: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.collect()) })
    }
}

/// Posts to receivers.
#[derive(Clone)]
pub struct Poster {
    reach: Reach,
    names: Arc<dyn Names>,
    tls: TlsConnector,
}

/// What is posted.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The header `webhook-id`.
    pub id: String,
    /// The header `webhook-timestamp`.
    pub timestamp: String,
    /// The header `webhook-signature`.
    pub signature: String,
    /// The body, as it was signed.
    pub body: Bytes,
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// Its body; empty if it has more than [`MAX_ANSWER`] bytes.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The host is, or may be, one of our own.
    #[error("the host has an address that is not of the public internet")]
    Private,
    /// The receiver does not prove that it is who it should be.
    #[error("the receiver's certificate is not valid")]
    Certificate(#[source] io::Error),
    /// The name could not be looked up.
    #[error("the receiver's name could not be looked up")]
    Lookup(#[source] io::Error),
    /// No address takes connections.
    #[error("the receiver takes no connection")]
    Connect(#[source] io::Error),
    /// There is a connection, and no agreement on how to encrypt it.
    #[error("no encrypted connection to the receiver")]
    Tls(#[source] io::Error),
    /// The connection broke, or what came is not HTTP.
    #[error("the receiver broke off")]
    Http(#[source] hyper::Error),
    /// The request could not be written.
    #[error("the request can't be written")]
    Request(#[source] http::Error),
    /// Time is up.
    #[error("the receiver did not answer within {0:?}")]
    Timeout(Duration),
}

impl Poster {
    /// Posts to whoever may be reached, and trusts the certificates that Mozilla trusts: the same ones on a laptop and on
    /// AWS, with no file to read at a cold start.
    pub fn new(reach: Reach) -> Result<Self, rustls::Error> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::with(reach, SystemNames, roots)
    }

    /// The same, with other names and roots.
    pub fn with(reach: Reach, names: impl Names, roots: RootCertStore) -> Result<Self, rustls::Error> {
        // Named, because both of rustls' providers are linked: the AWS SDK brings this one, the database's driver the other.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { reach, names: Arc::new(names), tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Who may be reached.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Posts a letter once.
    ///
    /// # Errors
    /// [`PostError`] when there is no answer; what was posted may have arrived all the same.
    pub async fn post(&self, target: &Target, letter: &Letter) -> Result<Answer, PostError> {
        let exchange = self.exchange(target, letter);
        tokio::time::timeout(target.timeout, exchange).await.map_err(|_| PostError::Timeout(target.timeout))?
    }

    async fn exchange(&self, target: &Target, letter: &Letter) -> Result<Answer, PostError> {
        let stream = connect(&self.addresses(target).await?).await?;
        if !target.secure {
            return talk(stream, target, letter).await;
        }
        let name = match &target.host {
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|error| PostError::Tls(io::Error::new(io::ErrorKind::InvalidInput, error)))?,
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
        };
        talk(self.tls.connect(name, stream).await.map_err(unencrypted)?, target, letter).await
    }

    /// The addresses of a host. One that is not public spoils them all: a name with both has no honest use.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, PostError> {
        let mut addresses = match &target.host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, target.port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, target.port))],
            Host::Domain(name) => self.names.lookup(name.clone(), target.port).await.map_err(PostError::Lookup)?,
        };
        if self.reach == Reach::Public && !addresses.iter().all(|address| is_public(address.ip())) {
            return Err(PostError::Private);
        }
        // A function outside of a network with IPv6 has none, and would wait for it first.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, PostError> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses.iter().take(MAX_ADDRESSES) {
        match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(PostError::Connect(last))
}

fn unencrypted(error: io::Error) -> PostError {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if matches!(cause, Some(rustls::Error::InvalidCertificate(_))) {
        PostError::Certificate(error)
    } else {
        PostError::Tls(error)
    }
}

async fn talk<S>(stream: S, target: &Target, letter: &Letter) -> Result<Answer, PostError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(PostError::Http)?;
    // Ends with this function: nothing is left behind when time is up.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = request(target, letter).map_err(PostError::Request)?;
    let response = sender.send_request(request).await.map_err(PostError::Http)?;
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let (status, retry_after) = (response.status(), retry_after.map(ToOwned::to_owned));
    Ok(Answer { status, retry_after, body: bounded(response.into_body()).await? })
}

fn request(target: &Target, letter: &Letter) -> http::Result<Request<Full<Bytes>>> {
    Request::post(&target.path)
        .header(header::HOST, &target.authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, concat!("Tola-Webhook/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", &letter.timestamp)
        .header("webhook-signature", &letter.signature)
        .body(Full::new(letter.body.clone()))
}

async fn bounded(body: Incoming) -> Result<Bytes, PostError> {
    match Limited::new(body, MAX_ANSWER).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Ok(Bytes::new()),
        Err(error) => match error.downcast::<hyper::Error>() {
            Ok(error) => Err(PostError::Http(*error)),
            // Limited hands on what its body fails with, and nothing else.
            Err(_) => Ok(Bytes::new()),
        },
    }
}
