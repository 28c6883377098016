//! `cargo xtask bench images`: the renditions of uploads, beside sharp and Pillow.

mod goals;
mod judge;
mod measure;
mod peers;
mod report;
mod sides;
mod storage;
mod uploads;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;
use tola_local::database::{self, process::Database};
use tola_local::{Progress as _, port, stack};

use self::judge::Judge;
use self::measure::{Contest, Job, Made, Round, jobs};
use self::peers::Peers;
use self::report::{Report, Shown, costs, details, results, widest_spread};
use self::sides::{NAMES, Rendition, Set, Stage};
use self::storage::Storage;
use super::machine::{Cores, Machine};
use super::{api, build};
use crate::signals::interrupted;
use crate::ui::Ui;

#[derive(Debug, clap::Args)]
#[group(id = "images-arguments")]
pub(super) struct Arguments {
    /// Rounds of each contestant and picture, each in a new process
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The profile that Tola is built with; what counts is `release`
    #[arg(long, default_value = "release")]
    profile: String,
    /// Write everything that was measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Keep the pictures and all renditions in this folder, to look at them
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Fail unless every goal is met
    #[arg(long)]
    check: bool,
    /// A bootstrap that is built already, instead of this workspace's
    #[arg(long, hide = true)]
    bootstrap: Option<PathBuf>,
    /// Another workspace than this one
    #[arg(long, hide = true, default_value_os_t = stack::workspace())]
    workspace: PathBuf,
}

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(cfg!(target_os = "linux"), "the bench reads /proc: it runs on Linux only, as Lambda does");
    ensure!(arguments.rounds > 0, "there is nothing to measure");
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
    let bootstrap = match &arguments.bootstrap {
        Some(bootstrap) => bootstrap.clone(),
        None => build::build(workspace, &["render-renditions"], "render-renditions", &arguments.profile, ui).await?,
    };
    // With this command's own package, so that the libraries are the ones that are built already.
    let program = build::build(workspace, &[], "tola-database", "dev", ui).await?;
    let judge = Judge { program: build::build(workspace, &["image-judge"], "image-judge", "dev", ui).await? };
    let peers = peers::install(workspace, ui).await?;

    let folder = TempDir::new().context("no temporary folder")?;
    // A copy, as in a deployment package: who builds meanwhile does not change what is measured.
    let placed = folder.path().join("bootstrap");
    fs::copy(&bootstrap, &placed).with_context(|| format!("can't copy {}", bootstrap.display()))?;
    let [port] = port::free()?;
    let database = Database { folder: folder.path().to_owned(), port, program };
    database.start().await?;
    let report = tokio::select! {
        report = contest(arguments, &placed, &peers, &judge, &database, ui) => report,
        report = interrupted() => report,
    };
    // The database is in a process group of its own, and would outlive this command.
    database.stop().await;
    report
}

async fn contest(
    arguments: &Arguments,
    bootstrap: &Path,
    peers: &Peers,
    judge: &Judge,
    database: &Database,
    ui: &Ui,
) -> anyhow::Result<Report> {
    let pictures = arguments.keep.clone().unwrap_or_else(|| database.folder.join("pictures"));
    fs::create_dir_all(&pictures).with_context(|| format!("can't write {}", pictures.display()))?;
    let began = Instant::now();
    ui.begin("pictures");
    let exhibits = judge.make(&pictures).await?;
    ui.end("pictures", &format!("{} of them", exhibits.len()), began.elapsed());

    let machine = Machine::look();
    let cores = Cores::divide().await;
    let storage = Storage::start().await?;
    let (uri, bucket) = (database::uri(database.port), storage.url());
    uploads::seed(&uri, &exhibits).await?;
    let core = cores.as_ref().map(Cores::measured);
    let stage = Stage { bootstrap, peers, folder: &database.folder, mongodb_uri: &uri, bucket: &bucket, core };
    let contest = Contest { stage, storage: &storage, judge, exhibits: &exhibits };
    let (wanted, made) = judged(&contest, &pictures, ui).await?;
    let sets = one_format_at_a_time(&contest).await?;

    // From here on, since the judge uses all cores.
    let placement = api::place(cores.as_ref(), database).await;
    let jobs = jobs(&exhibits, sets);
    let measured = contest.measured(&jobs, &wanted, arguments.rounds, ui).await?;
    let exhibits = shown(&contest, &wanted, &made, &jobs, &measured);
    let goals = goals::goals(&exhibits);
    let mut conditions = conditions(arguments, peers, &placement, sets);
    let spread = 100.0 * widest_spread(&exhibits);
    conditions.push(format!("figures are medians; no round's CPU is further than {spread:.0} % from its median"));
    Ok(Report { conditions, machine, contestants: NAMES, exhibits, goals })
}

/// What is made of each picture, and by whom how well.
async fn judged(
    contest: &Contest<'_>,
    folder: &Path,
    ui: &Ui,
) -> anyhow::Result<(Vec<Vec<Rendition>>, Vec<Vec<Made>>)> {
    let began = Instant::now();
    ui.begin("quality");
    let (mut wanted, mut made) = (Vec::new(), Vec::new());
    for exhibit in contest.exhibits {
        ui.detail(&exhibit.name);
        let renditions = contest.wanted(exhibit, Set::All).await?;
        made.push(contest.judged(exhibit, &renditions, folder).await?);
        wanted.push(renditions);
    }
    ui.end("quality", "every rendition is what it should be", began.elapsed());
    Ok((wanted, made))
}

/// Whether our function makes one format only when it is told to.
async fn one_format_at_a_time(contest: &Contest<'_>) -> anyhow::Result<bool> {
    let Some(exhibit) = contest.exhibits.last() else { return Ok(false) };
    let renditions = contest.wanted(exhibit, Set::Jpeg).await?;
    Ok(renditions.iter().all(|rendition| Set::Jpeg.takes(rendition.format)))
}

/// Everything about each picture, side by side.
fn shown(
    contest: &Contest<'_>,
    wanted: &[Vec<Rendition>],
    made: &[Vec<Made>],
    jobs: &[Job],
    measured: &[[Vec<Round>; 4]],
) -> Vec<Shown> {
    let pictures = contest.exhibits.iter().zip(wanted).zip(made).enumerate();
    let shown = pictures.map(|(number, ((exhibit, renditions), made))| {
        let of_it = jobs.iter().zip(measured).filter(|(job, _)| job.exhibit == number);
        let costs = of_it.flat_map(|(job, rounds)| costs(job.set, rounds));
        Shown {
            exhibit: exhibit.clone(),
            renditions: renditions.clone(),
            figures: costs.chain(results(renditions, made)).collect(),
            details: details(renditions, made),
        }
    });
    shown.collect()
}

fn conditions(arguments: &Arguments, peers: &Peers, placement: &str, sets: bool) -> Vec<String> {
    let mut conditions = vec![
        format!("Tola: profile {}; {}", arguments.profile, peers.versions),
        format!(
            "{} rounds, each in a new process and after one invocation to warm up; the contestants take turns",
            arguments.rounds
        ),
        format!("uploads are read from and renditions put to a bucket on this machine, over HTTP; {placement}"),
        "sharp: a pipeline per rendition, as documented; by hand: decoded once, each size from the next larger"
            .to_owned(),
        "quality: SSIMULACRA2 against Lanczos of the picture before it was encoded, in sRGB, never rounded".to_owned(),
    ];
    if !sets {
        conditions.push("this bootstrap makes all formats at once, so none is measured by itself".to_owned());
    }
    conditions
}
