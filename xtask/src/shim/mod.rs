//! The API as its clients see it, without the local cloud: its real program behind a server that plays the gateway, a
//! database with things in it that belong to two merchants, and a stand-in for the services that the API calls.
//!
//! What it is for: thousands of requests a minute. The local cloud takes a tenth of a second for each, and starts
//! workflows that then change what the next request finds. Here an operation that has begun stays so.

mod gateway;
mod pool;
mod routes;
mod seed;
mod services;
mod token;

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use axum::Router;
use axum::serve::ListenerExt as _;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tola_local::database::{self, process::Database};
use tola_local::functions::{self, Built};
use tola_local::{Progress, port};

use self::gateway::Gateway;
use self::pool::Pool;
use self::routes::Routes;
use self::services::Services;
use crate::lambda::{Program, environment};
use crate::signals::interrupted;
use crate::tenant::Tenant;

/// How many processes of the API there are: two requests at once are handled at once.
const PROCESSES: usize = 2;
/// The function that answers for channels; the API asks it when it connects one.
const ADAPTER: &str = "sandbox-adapter";

/// The API, served. [`Shim::stop`] ends it.
pub(crate) struct Shim {
    /// Where it is.
    pub(crate) url: String,
    /// Who has what there.
    pub(crate) tenants: [Tenant; 2],
    folder: TempDir,
    database: Database,
    servers: [JoinHandle<()>; 2],
}

impl Shim {
    /// Builds what is needed, and serves on this port of 127.0.0.1, or with 0 on a free one.
    ///
    /// # Errors
    /// When something does not build or start, or somebody interrupts it; then nothing is left running.
    pub(crate) async fn start(workspace: &Path, port: u16, progress: &dyn Progress) -> anyhow::Result<Self> {
        let began = Instant::now();
        progress.begin("build");
        let built = functions::build(workspace, progress).await?;
        progress.end("build", "the functions", began.elapsed());

        let began = Instant::now();
        progress.begin("API");
        let folder = TempDir::new().context("no temporary folder")?;
        let program = built.database.clone().context("the workspace has no database")?;
        let [database_port] = port::free()?;
        let database = Database { folder: folder.path().to_owned(), port: database_port, program };
        database.start().await?;
        let served = tokio::select! {
            served = Self::serve(workspace, port, &built, folder.path(), database_port) => served,
            served = interrupted() => served,
        };
        match served {
            Ok((url, tenants, servers)) => {
                progress.end("API", &url, began.elapsed());
                Ok(Self { url, tenants, folder, database, servers })
            }
            Err(error) => {
                database.stop().await;
                Err(error)
            }
        }
    }

    async fn serve(
        workspace: &Path,
        port: u16,
        built: &Built,
        folder: &Path,
        database_port: u16,
    ) -> anyhow::Result<(String, [Tenant; 2], [JoinHandle<()>; 2])> {
        let uri = database::uri(database_port);
        let mut tenants = seed::documents(&uri).await?;
        let bootstrap = |name: &str| built.bootstraps.get(name).cloned().with_context(|| format!("no function {name}"));
        let adapter = function(ADAPTER, bootstrap(ADAPTER)?, folder, environment::of(ADAPTER, &uri));
        let services = serve(Services::new(Pool::start(adapter, 1).await?).router(), 0).await?;
        let mut variables = environment::of_the_api(&uri);
        variables.insert("AUTH_MODE".into(), "cognito".into());
        variables.insert("AWS_ENDPOINT_URL".into(), format!("http://{}", services.0));
        let api = function("api", bootstrap("api")?, folder, variables);
        let routes = Routes::read(&fs::read_to_string(workspace.join("openapi.json"))?)?;
        let gateway = Arc::new(Gateway::new(routes, Pool::start(api, PROCESSES).await?));
        let served = serve(gateway.router(), port).await?;
        let url = format!("http://{}", served.0);
        seed::actions(&url, &mut tenants).await?;
        Ok((url, tenants, [services.1, served.1]))
    }

    /// Where the output of the functions goes, and what is kept of the run goes with it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends all of it.
    pub(crate) async fn stop(self) {
        for server in &self.servers {
            server.abort();
        }
        // The database is in a process group of its own, and would outlive this command.
        self.database.stop().await;
    }
}

fn function(name: &'static str, program: PathBuf, folder: &Path, environment: BTreeMap<String, String>) -> Program {
    let log = folder.join(format!("{name}.log"));
    Program { name, program, arguments: Vec::new(), folder: folder.to_owned(), environment, log, core: None }
}

async fn serve(router: Router, port: u16) -> anyhow::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("can't serve on the port")?;
    let address = listener.local_addr()?;
    // Waiting for more to send would cost 40 ms wherever the other side waits for more to acknowledge.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = tokio::spawn(async move {
        // It never ends by itself, and whoever asks it without it is told by the connection.
        let _ = axum::serve(listener, router).await;
    });
    Ok((address, server))
}
