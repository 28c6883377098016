//! `cargo xtask bench api`: reading a product, beside FastAPI + Mangum + PyMongo.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;
use tokio::process::Command;
use tola_local::database::{self, process::Database};
use tola_local::process::Record;
use tola_local::python::Environment;
use tola_local::{Progress as _, cloud, port, stack};

use super::machine::{Cores, Machine};
use super::measure::{Plan, measure};
use super::report::{Report, figures, rounds};
use super::{agreement, build, sides};
use crate::catalogue;
use crate::signals::interrupted;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
#[group(id = "api-arguments")]
pub(super) struct Arguments {
    /// Rounds of requests to each side, each to a new process
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Requests in a round
    #[arg(long, default_value_t = 2_000)]
    requests: usize,
    /// Requests that come before those of a round
    #[arg(long, default_value_t = 300)]
    warm_up: usize,
    /// Cold starts of each side
    #[arg(long, default_value_t = 15)]
    cold_starts: usize,
    /// The profile that Tola is built with; what counts is `release`
    #[arg(long, default_value = "release")]
    profile: String,
    /// Write everything that was measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Fail unless every goal is met
    #[arg(long)]
    check: bool,
    /// Another workspace than this one
    #[arg(long, hide = true, default_value_os_t = stack::workspace())]
    workspace: PathBuf,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(cfg!(target_os = "linux"), "the bench reads /proc: it runs on Linux only, as Lambda does");
    ensure!(arguments.rounds > 0 && arguments.requests > 0 && arguments.cold_starts > 0, "there is nothing to measure");
    let ui = Ui::default();
    let report = compare(arguments, &ui).await.inspect_err(|_| ui.failed())?;
    println!("\n{}", report.table());
    if let Some(path) = &arguments.json {
        let json = serde_json::to_vec_pretty(&report)?;
        fs::write(path, json).with_context(|| format!("can't write {}", path.display()))?;
    }
    let missed = report.missed();
    if arguments.check && !missed.is_empty() {
        bail!("goals are missed: {}", missed.join(", "));
    }
    Ok(())
}

/// Builds and installs what is needed, and compares within a folder that goes again.
async fn compare(arguments: &Arguments, ui: &Ui) -> anyhow::Result<Report> {
    let workspace = &arguments.workspace;
    let bootstrap = build::build(workspace, &["api"], "api", &arguments.profile, ui).await?;
    // With the libraries that are built already.
    let program = build::build(workspace, &[], "tola-database", "dev", ui).await?;
    let python = install(workspace, ui).await?;

    let folder = TempDir::new().context("no temporary folder")?;
    // A copy, as in a deployment package: who builds meanwhile does not change what is measured.
    let placed = folder.path().join("bootstrap");
    fs::copy(&bootstrap, &placed).with_context(|| format!("can't copy {}", bootstrap.display()))?;
    let [port] = port::free()?;
    let database = Database { folder: folder.path().to_owned(), port, program };
    database.start().await?;
    let report = tokio::select! {
        report = contest(arguments, &placed, &python, &database, ui) => report,
        report = interrupted() => report,
    };
    // The database is in a process group of its own, and would outlive this command.
    database.stop().await;
    report
}

async fn install(workspace: &Path, ui: &Ui) -> anyhow::Result<Environment> {
    let began = Instant::now();
    ui.begin("install the peer");
    let folder = workspace.join(".local/venv-bench");
    let python = Environment::ensure(&folder, &peer_folder(workspace).join("requirements.txt"), ui).await?;
    ui.end("install the peer", "FastAPI, Mangum, PyMongo", began.elapsed());
    Ok(python)
}

async fn contest(
    arguments: &Arguments,
    bootstrap: &Path,
    python: &Environment,
    database: &Database,
    ui: &Ui,
) -> anyhow::Result<Report> {
    let folder = &database.folder;
    let machine = Machine::look();
    let cores = Cores::divide().await;
    let placement = place(cores.as_ref(), database).await;
    let uri = database::uri(database.port);

    let began = Instant::now();
    ui.begin("catalog");
    let catalogue = catalogue::seed(&uri).await?;
    ui.end("catalog", &format!("{} products", catalogue.products.len()), began.elapsed());

    let core = cores.as_ref().map(Cores::measured);
    let source = peer_folder(&arguments.workspace);
    let contestants = [sides::tola(bootstrap, folder, &uri, core), sides::peer(python, &source, folder, &uri, core)];
    let began = Instant::now();
    ui.begin("agreement");
    let body = agreement::check(&contestants, &catalogue).await?;
    ui.end("agreement", "both sides answer alike", began.elapsed());

    let plan = Plan {
        cold_starts: arguments.cold_starts,
        rounds: arguments.rounds,
        requests: arguments.requests,
        warm_up: arguments.warm_up,
    };
    let measured = measure(&contestants, &catalogue, plan, ui).await?;
    let links = usize::from(catalogue::PHOTOS) * catalogue::RENDITIONS;
    let conditions = vec![
        format!("Tola: profile {}; the peer: {}", arguments.profile, versions(python, &source).await?),
        plan.in_words(),
        format!("an answer has {body} bytes with {links} signed links, the same on both sides; {placement}"),
    ];
    Ok(Report { conditions, machine, figures: figures(&measured)?, rounds: rounds(&measured) })
}

/// Keeps the database and this process off the core on which processes are measured, and says so.
pub(super) async fn place(cores: Option<&Cores>, database: &Database) -> String {
    let Some(cores) = cores else { return "cores are not divided".to_owned() };
    let record = Record::running(&cloud::records(&database.folder), "database");
    let served = record.and_then(|record| u32::try_from(record.pid()).ok());
    let mut apart = cores.keep_off(std::process::id()).await;
    if let Some(pid) = served {
        apart &= cores.keep_off(pid).await;
    }
    let rest = if apart { "the rest elsewhere" } else { "the rest anywhere" };
    format!("measured on core {}, {rest}", cores.measured())
}

/// What the peer is made of.
async fn versions(python: &Environment, source: &Path) -> anyhow::Result<String> {
    let output = Command::new(python.program("python")).arg("--version").output().await?;
    let mut parts = vec![String::from_utf8_lossy(&output.stdout).trim().to_owned()];
    let requirements = fs::read_to_string(source.join("requirements.txt"))?;
    for package in ["fastapi", "mangum", "pymongo", "orjson", "awslambdaric"] {
        let version = requirements.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
        parts.push(format!("{package} {}", version.unwrap_or("of an unknown version")));
    }
    Ok(parts.join(", "))
}

fn peer_folder(workspace: &Path) -> PathBuf {
    workspace.join("bench/peer")
}
