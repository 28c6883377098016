//! A proxy before the database, which passes bytes on or does to them what networks do.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is read at once; a reply of the database fits, unless it lists many products.
const CHUNK: usize = 64 * 1024;

/// What happens to what goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It passes.
    Pass,
    /// One in so many replies is lost, with its connection: what was asked for is done, and nobody hears of it.
    LoseReplies(u64),
    /// Requests pass, and no reply comes; connections stay open.
    Silent,
    /// Each reply is late.
    Slow(Duration),
    /// Nobody is let in, and who was in is thrown out.
    Refuse,
}

/// A proxy on a port of its own, for as long as this value lives.
pub(crate) struct Proxy {
    mode: watch::Sender<Mode>,
    /// Rises when every connection is to be cut.
    cuts: watch::Sender<u64>,
    harmed: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

/// What each connection needs to know.
#[derive(Clone)]
struct Line {
    mode: watch::Receiver<Mode>,
    cuts: watch::Receiver<u64>,
    /// Replies that were lost, and connections that were refused or cut.
    harmed: Arc<AtomicU64>,
    replies: Arc<AtomicU64>,
}

impl Proxy {
    /// Listens on `port`, and connects to `upstream` for each connection that comes.
    pub(crate) async fn listen(port: u16, upstream: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("the proxy's port")?;
        let (mode, modes) = watch::channel(Mode::Pass);
        let (cuts, cut) = watch::channel(0);
        let harmed = Arc::new(AtomicU64::new(0));
        let line = Line { mode: modes, cuts: cut, harmed: Arc::clone(&harmed), replies: Arc::default() };
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((client, _)) => drop(tokio::spawn(line.clone().serve(client, upstream))),
                    // No file descriptors left, for a moment.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        Ok(Self { mode, cuts, harmed, task })
    }

    /// Changes what happens from now on.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
        if mode == Mode::Refuse {
            self.cut();
        }
    }

    /// Cuts every connection; new ones are let in, or not, as the mode says.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// How many replies were lost and connections refused or cut.
    pub(crate) fn harmed(&self) -> u64 {
        self.harmed.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Line {
    async fn serve(mut self, client: TcpStream, upstream: u16) {
        if *self.mode.borrow() == Mode::Refuse {
            self.harm();
            return;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)).await else { return };
        // Replies are small, and the database's driver waits for each.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        self.cuts.mark_unchanged();
        let mut cuts = self.cuts.clone();
        tokio::select! {
            () = pass(from_client, to_server) => {}
            () = self.reply(from_server, to_client) => {}
            _ = cuts.changed() => self.harm(),
        }
    }

    /// Passes replies on, as the mode has it; returns when the connection is to end.
    async fn reply(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut chunk = vec![0; CHUNK];
        loop {
            let Ok(read @ 1..) = from.read(&mut chunk).await else { return };
            let mode = *self.mode.borrow();
            match mode {
                Mode::Pass => {}
                Mode::LoseReplies(one_in) => {
                    // Counted over all connections: each is short, once some are cut.
                    if self.replies.fetch_add(1, Ordering::SeqCst).is_multiple_of(one_in) {
                        self.harm();
                        return;
                    }
                }
                Mode::Silent => {
                    self.harm();
                    continue;
                }
                Mode::Slow(by) => {
                    self.harm();
                    tokio::time::sleep(by).await;
                }
                Mode::Refuse => return,
            }
            if to.write_all(&chunk[..read]).await.is_err() {
                return;
            }
        }
    }

    fn harm(&self) {
        self.harmed.fetch_add(1, Ordering::SeqCst);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that answers `done` to whatever comes, and counts it.
    async fn upstream() -> (u16, Arc<AtomicU64>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU64::new(0)));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    let mut chunk = [0; 16];
                    while let Ok(1..) = client.read(&mut chunk).await {
                        count.fetch_add(1, Ordering::SeqCst);
                        if client.write_all(b"done").await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        (port, asked)
    }

    async fn proxied() -> (Proxy, u16, Arc<AtomicU64>) {
        let (upstream, asked) = upstream().await;
        let [port] = tola_local::port::free().unwrap();
        (Proxy::listen(port, upstream).await.unwrap(), port, asked)
    }

    /// For how long an answer is waited for that is to come, and for how long one that is not.
    const SOON: Duration = Duration::from_secs(10);
    const NEVER: Duration = Duration::from_millis(300);

    async fn asks(port: u16, patience: Duration) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
        stream.write_all(b"do it").await.ok()?;
        let mut answer = [0; 4];
        let read = stream.read_exact(&mut answer);
        tokio::time::timeout(patience, read).await.ok()?.ok()?;
        String::from_utf8(answer.to_vec()).ok()
    }

    #[tokio::test]
    async fn what_passes_is_answered() {
        let (_proxy, port, asked) = proxied().await;

        assert_eq!(asks(port, SOON).await.as_deref(), Some("done"));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_reply_is_lost_after_the_work_was_done() {
        let (proxy, port, asked) = proxied().await;
        for (mode, count) in [(Mode::LoseReplies(1), 1), (Mode::Silent, 2)] {
            proxy.set(mode);

            assert_eq!(asks(port, NEVER).await, None, "{mode:?}");
            let harmed = async {
                while (asked.load(Ordering::SeqCst), proxy.harmed()) != (count, count) {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(SOON, harmed).await.unwrap_or_else(|_| panic!("{mode:?}"));
        }

        proxy.set(Mode::Pass);
        assert_eq!(asks(port, SOON).await.as_deref(), Some("done"));
    }

    #[tokio::test]
    async fn who_is_refused_or_cut_comes_to_nothing() {
        let (proxy, port, asked) = proxied().await;
        let mut inside = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        inside.write_all(b"do it").await.unwrap();
        inside.read_exact(&mut [0; 4]).await.unwrap();

        proxy.set(Mode::Refuse);

        assert_eq!(asks(port, NEVER).await, None);
        assert_eq!(inside.read(&mut [0; 4]).await.unwrap_or(0), 0, "it is thrown out");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn slow_replies_come() {
        let (proxy, port, _) = proxied().await;
        proxy.set(Mode::Slow(Duration::from_millis(30)));

        assert_eq!(asks(port, SOON).await.as_deref(), Some("done"));
    }
}
