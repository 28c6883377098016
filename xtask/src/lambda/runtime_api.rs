//! The Lambda Runtime API, served to one process at a time: it takes one event after the other, and gives its answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The function's ARN, as far as runtimes want to see one.
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:000000000000:function:bench";
/// How long an invocation may take, for the process to know.
const DEADLINE: Duration = Duration::from_secs(10);

/// A runtime API. It stops with this value.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::Sender<Vec<u8>>,
    signals: mpsc::UnboundedReceiver<Signal>,
    server: JoinHandle<()>,
}

/// An answer to an event.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    /// From the event's way out to the whole answer.
    pub(crate) latency: Duration,
    /// The answer.
    pub(crate) body: Bytes,
}

/// What the process did.
enum Signal {
    Polled(Instant),
    Answered(Answered),
    Failed(String),
}

struct Served {
    signals: mpsc::UnboundedSender<Signal>,
    events: tokio::sync::Mutex<mpsc::Receiver<Vec<u8>>>,
    handed_over: Mutex<Instant>,
    count: AtomicU64,
}

impl RuntimeApi {
    /// Serves on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for the runtime API")?;
        let address = listener.local_addr()?;
        // Waiting for more to send would cost 40 ms wherever the other side waits for more to acknowledge.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let (events, waiting) = mpsc::channel(1);
        let (told, signals) = mpsc::unbounded_channel();
        let served = Served {
            signals: told,
            events: tokio::sync::Mutex::new(waiting),
            handed_over: Mutex::new(Instant::now()),
            count: AtomicU64::new(0),
        };
        let router = router(Arc::new(served));
        let server = tokio::spawn(async move {
            // It never ends by itself, and without it the wait for the process runs out.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, events, signals, server })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` has to say.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits until the process asks for an event, and returns when it did.
    ///
    /// # Errors
    /// When it gives up instead.
    pub(crate) async fn polled(&mut self) -> anyhow::Result<Instant> {
        match self.signal().await? {
            Signal::Polled(at) => Ok(at),
            Signal::Answered(_) => bail!("the process answered without having been asked"),
            Signal::Failed(why) => bail!("the process could not start: {why}"),
        }
    }

    /// Hands an event to the process, which has asked for one, and waits for the answer and until it asks for the next.
    ///
    /// # Errors
    /// When the process answers with an error.
    pub(crate) async fn invoke(&mut self, event: Vec<u8>) -> anyhow::Result<Answered> {
        self.events.send(event).await.map_err(|_| anyhow!("the runtime API has stopped"))?;
        let answered = match self.signal().await? {
            Signal::Answered(answered) => answered,
            Signal::Polled(_) => bail!("the process asked for another event instead of answering"),
            Signal::Failed(why) => bail!("the process failed: {why}"),
        };
        self.polled().await?;
        Ok(answered)
    }

    async fn signal(&mut self) -> anyhow::Result<Signal> {
        self.signals.recv().await.context("the runtime API has stopped")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(error))
        // What a function may answer on AWS.
        .layer(DefaultBodyLimit::max(6 * 1024 * 1024))
        .with_state(served)
}

async fn next(State(served): State<Arc<Served>>) -> Response {
    served.tell(Signal::Polled(Instant::now()));
    let Some(event) = served.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let count = served.count.fetch_add(1, Ordering::Relaxed);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", format!("8476a536-e9f4-11e8-9739-{count:012}")),
        ("lambda-runtime-deadline-ms", deadline().to_string()),
        ("lambda-runtime-invoked-function-arn", FUNCTION_ARN.to_owned()),
        ("lambda-runtime-trace-id", "Root=1-6740a2b2-0123456789abcdef01234567;Sampled=0".to_owned()),
    ];
    *served.handed_over.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    (headers, event).into_response()
}

async fn response(State(served): State<Arc<Served>>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    let now = Instant::now();
    let latency = now - *served.handed_over.lock().unwrap_or_else(PoisonError::into_inner);
    served.tell(Signal::Answered(Answered { latency, body }));
    StatusCode::ACCEPTED
}

async fn error(State(served): State<Arc<Served>>, body: Bytes) -> StatusCode {
    served.tell(Signal::Failed(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}

impl Served {
    fn tell(&self, signal: Signal) {
        // Nobody listens any more when the run is over.
        let _ = self.signals.send(signal);
    }
}

/// In milliseconds since the Unix epoch.
fn deadline() -> i64 {
    let most = i64::try_from(DEADLINE.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::now().as_millisecond().saturating_add(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function that answers with what it was given.
    async fn echo(api: String, times: usize) {
        let client = reqwest::Client::new();
        let base = format!("http://{api}/2018-06-01/runtime/invocation");
        for _ in 0..times {
            let next = client.get(format!("{base}/next")).send().await.unwrap();
            let id = next.headers()["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
            let event = next.bytes().await.unwrap();
            client.post(format!("{base}/{id}/response")).body(event).send().await.unwrap();
        }
        client.post(format!("http://{api}/2018-06-01/runtime/init/error")).body("tired").send().await.unwrap();
    }

    #[tokio::test]
    async fn events_go_out_and_answers_come_back_one_by_one() {
        let mut api = RuntimeApi::start().await.unwrap();
        let function = tokio::spawn(echo(api.address(), 2));

        api.polled().await.unwrap();
        let first = api.invoke(b"one".to_vec()).await.unwrap();
        let failure = api.invoke(b"two".to_vec()).await.unwrap_err().to_string();

        assert_eq!(first.body.as_ref(), b"one");
        assert_eq!(failure, "the process could not start: tired");
        function.await.unwrap();
    }
}
