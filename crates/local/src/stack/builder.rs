//! Brings a stack up, phase by phase, skipping what is done already.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use super::{DESCRIPTION, Options, Processes, Stack, StackInfo, folder, python_folder};
use crate::aws::{self, Aws};
use crate::cloud::Cloud;
use crate::database::{self, process::Database};
use crate::demo::{self, Tokens};
use crate::deploy::Deployment;
use crate::error::At as _;
use crate::functions::{self, Built};
use crate::package;
use crate::python::Environment;
use crate::users::UserPool;
use crate::{Error, Progress, Result, port};

/// For how long tokens are handed out again: they last for a day.
const TOKENS_ARE_GOOD_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);

/// Brings a stack up.
pub(super) async fn start(options: Options, progress: &dyn Progress) -> Result<Stack> {
    let folder = folder(&options.workspace, &options.name);
    fs::create_dir_all(&folder).at(&folder)?;
    let _lock = lock(&folder, &options.name)?;
    let python = phase(progress, "Python packages", async {
        let packages = options.workspace.join("sam/requirements.txt");
        let python = Environment::ensure(&python_folder(&options.workspace), &packages, progress).await?;
        Ok((python, "ready".to_owned()))
    })
    .await?;
    let built = phase(progress, "Functions", async {
        let built = functions::build(&options.workspace, progress).await?;
        let note = format!("{} built, {} changed", built.bootstraps.len(), built.changed.len());
        Ok((built, note))
    })
    .await?;
    let processes = settle(&options, &folder, built.database.clone()).await?;
    let run = Run { options, folder, processes, python, built };
    let before = Stack::attach(&run.folder.join(DESCRIPTION)).ok().map(|stack| stack.info);
    // Before anything runs, so that `down` finds it even if this fails.
    run.describe(BTreeMap::new())?;
    phase(progress, "Database", run.start_database()).await?;
    phase(progress, "Local cloud", run.start_cloud()).await?;
    let outputs = phase(progress, "Deployment", run.deploy(progress)).await?;
    let mut stack = run.describe(outputs)?;
    phase(progress, "Demo data", async {
        demo::seed(&stack.info.mongodb_uri, &stack.info.mongodb_database).await?;
        if let Some(pool) = UserPool::of(&stack.info) {
            stack.info.tokens = signed_in(&pool, before.as_ref()).await?;
            stack.save()?;
        }
        Ok(((), format!("{} merchants, {} users", stack.info.merchants.len(), stack.info.tokens.users.len())))
    })
    .await?;
    Ok(stack)
}

/// The demo users' tokens: those of the last time, as long as they are good, or new ones.
async fn signed_in(pool: &UserPool, before: Option<&StackInfo>) -> Result<Tokens> {
    let before = before.filter(|info| UserPool::of(info).is_some_and(|other| other.id() == pool.id()));
    let Some(StackInfo { tokens, .. }) = before.filter(|info| !info.tokens.password.is_empty()) else {
        return demo::sign_in(pool, &demo::password()?).await;
    };
    let age = tokens.issued_at.map(|issued| jiff::Timestamp::now().duration_since(issued));
    if age.is_some_and(|age| age < TOKENS_ARE_GOOD_FOR) && demo::is_everybody(tokens) {
        return Ok(tokens.clone());
    }
    demo::sign_in(pool, &tokens.password).await
}

/// Keeps a second command from working on the same stack for as long as the file is held.
fn lock(folder: &Path, name: &str) -> Result<File> {
    let path = folder.with_extension("lock");
    let file = File::create(&path).at(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy { name: name.to_owned() }),
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// Decides how the processes shall run, and stops those that run differently.
async fn settle(options: &Options, folder: &Path, database_program: Option<PathBuf>) -> Result<Processes> {
    let [cloud_port, database_port] = port::free()?;
    let choose = |asked: u16, free: u16| if asked == 0 { free } else { asked };
    let wanted = Processes {
        workspace: options.workspace.clone(),
        cloud_port: choose(options.cloud_port, cloud_port),
        database_port: options.mongodb_uri.is_none().then(|| choose(options.database_port, database_port)),
        database_program,
        enforce_permissions: options.enforce_permissions,
    };
    let before = Stack::attach(&folder.join(DESCRIPTION)).ok();
    let same = before.as_ref().is_some_and(|stack| stack.info.processes == wanted);
    if !same || options.fresh {
        stop_all(folder).await;
    }
    if options.fresh {
        fs::remove_dir_all(folder).at(folder)?;
        fs::create_dir_all(folder).at(folder)?;
    }
    Ok(wanted)
}

/// Stops what runs in a stack's folder, even when nobody remembers how it was started.
async fn stop_all(folder: &Path) {
    Cloud { folder: folder.to_owned(), port: 0, enforce_permissions: false }.stop().await;
    Database { folder: folder.to_owned(), port: 0, program: PathBuf::new() }.stop().await;
}

/// Everything that the later phases need.
struct Run {
    options: Options,
    folder: PathBuf,
    processes: Processes,
    python: Environment,
    built: Built,
}

impl Run {
    async fn start_database(&self) -> Result<((), String)> {
        let (Some(port), Some(program)) = (self.processes.database_port, &self.processes.database_program) else {
            return Ok(((), "MONGODB_URI".into()));
        };
        let database = Database { folder: self.folder.clone(), port, program: program.clone() };
        database.start().await?;
        Ok(((), format!("port {port}")))
    }

    async fn start_cloud(&self) -> Result<((), String)> {
        self.cloud().start(&self.python).await?;
        Ok(((), self.endpoint()))
    }

    fn cloud(&self) -> Cloud {
        Cloud {
            folder: self.folder.clone(),
            port: self.processes.cloud_port,
            enforce_permissions: self.processes.enforce_permissions,
        }
    }

    /// Deploys unless exactly this was deployed and is still there; returns the outputs.
    async fn deploy(&self, progress: &dyn Progress) -> Result<(BTreeMap<String, String>, String)> {
        let stack = self.stack_name();
        let aws = Aws::new(&self.python, &self.endpoint());
        let deployment = Deployment { aws: &aws, stack: &stack };
        progress.detail("packaging");
        let package = package::lay_out(&self.options.workspace, &self.built.bootstraps, &self.folder.join("deploy"))?;
        let parameters = self.parameters();
        let fingerprint = fingerprint(&package.fingerprint, &parameters);
        let note = self.cloud().deployed();
        if fs::read_to_string(&note).is_ok_and(|deployed| deployed == fingerprint)
            && let Some(outputs) = deployment.outputs(&package.folder).await?
        {
            return Ok((outputs, "nothing to change".into()));
        }
        // Until this deployment has ended well, nobody knows what is deployed.
        let _ = fs::remove_file(&note);
        deployment.deploy(&package, &parameters, progress).await?;
        let outputs = deployment.outputs(&package.folder).await?.unwrap_or_default();
        fs::write(&note, fingerprint).at(&note)?;
        let count = outputs.len();
        Ok((outputs, format!("{stack}, {count} outputs")))
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let own = [
            ("Stage", self.options.stage.clone()),
            ("MongoDbUri", self.mongodb_uri()),
            ("Architecture", architecture.into()),
            ("PublicS3Endpoint", self.endpoint()),
        ];
        let mut parameters: BTreeMap<String, String> =
            own.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        parameters.extend(self.options.parameters.clone());
        parameters
    }

    /// Writes `stack.json`.
    fn describe(&self, outputs: BTreeMap<String, String>) -> Result<Stack> {
        // Without a stage: with `$default` the local cloud passes the rest of the path on as it is.
        let api = outputs.get("ApiId").map(String::as_str).unwrap_or_default();
        let info = StackInfo {
            name: self.options.name.clone(),
            api_url: format!("{}/_aws/execute-api/{api}", self.endpoint()),
            endpoint_url: self.endpoint(),
            mongodb_uri: self.mongodb_uri(),
            mongodb_database: database::DATABASE.into(),
            region: aws::REGION.into(),
            stack_name: self.stack_name(),
            outputs,
            merchants: demo::merchants(),
            tokens: demo::tokens(),
            processes: self.processes.clone(),
        };
        let stack = Stack { folder: self.folder.clone(), info };
        stack.save()?;
        Ok(stack)
    }

    fn stack_name(&self) -> String {
        format!("tola-{}", self.options.stage)
    }

    fn endpoint(&self) -> String {
        self.cloud().endpoint()
    }

    fn mongodb_uri(&self) -> String {
        let embedded = || database::uri(self.processes.database_port.unwrap_or_default());
        self.options.mongodb_uri.clone().unwrap_or_else(embedded)
    }
}

fn fingerprint(package: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new_with_prefix(package);
    for (name, value) in parameters {
        hash.update(format!("{name}={value}\n"));
    }
    hex::encode(hash.finalize())
}

/// Runs one phase between its beginning and its end, with the time that it took.
async fn phase<T>(progress: &dyn Progress, name: &str, work: impl Future<Output = Result<(T, String)>>) -> Result<T> {
    progress.begin(name);
    let began = Instant::now();
    let (result, note) = work.await?;
    progress.end(name, &note, began.elapsed());
    Ok(result)
}
