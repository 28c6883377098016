//! `cargo xtask up`: from a fresh clone to a running Tola.

use std::fs;
use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use console::style;
use tola_local::demo::User;
use tola_local::{Options, Stack, StackInfo, stack};

use crate::demo;
use crate::signals::asked_to_stop;
use crate::ui::{Ui, seconds};

const CLOUD_PORT: u16 = 4566;
const DATABASE_PORT: u16 = 27117;
/// All products of the demo catalog.
const MOST: u16 = 1_000;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Return when the stack serves; `cargo xtask down` stops it
    #[arg(long)]
    detach: bool,
    /// Forget products, images and everything else from earlier runs
    #[arg(long)]
    fresh: bool,
    /// Load the demo catalog: three merchants, five trades, a thousand products. What is there already stays
    #[arg(long)]
    demo: bool,
    /// How many products of the demo catalog
    #[arg(long, requires = "demo", default_value_t = MOST, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST)))]
    demo_products: u16,
    /// The port of the API and of every AWS service [default: that of the last run, or 4566]
    #[arg(long)]
    port: Option<u16>,
    /// The port of the embedded database [default: that of the last run, or 27117]
    #[arg(long)]
    database_port: Option<u16>,
    /// The stage to deploy; each has a stack of its own
    #[arg(long, default_value = "dev")]
    stage: String,
    /// A MongoDB to use instead of the embedded database
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    mongodb_uri: Option<String>,
    /// How the API learns who calls: by access tokens, or by headers that it believes
    #[arg(long, value_parser = ["cognito", "header"], default_value = "cognito")]
    auth_mode: String,
    /// Don't enforce roles and policies
    #[arg(long)]
    lenient: bool,
    /// Another workspace than this one
    #[arg(long, hide = true, default_value_os_t = stack::workspace())]
    workspace: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let began = Instant::now();
    let detach = arguments.detach;
    let ui = Ui::default();
    let stack = Stack::start(options(&arguments), &ui).await.inspect_err(|_| ui.failed())?;
    publish(&arguments.workspace, &stack)?;
    println!("\nTola is up after {}.\n", seconds(began.elapsed()));
    print!("{}", describe(&stack));
    let products = arguments.demo.then_some(arguments.demo_products);
    if detach {
        load_demo(&stack, products, &ui).await?;
        println!("\nIt goes on in the background; `cargo xtask down` stops it.");
        return Ok(());
    }
    let served = async {
        if let Err(error) = load_demo(&stack, products, &ui).await {
            eprintln!("{} {error:#}", style("error:").red().bold());
        }
        println!("\nPress Ctrl-C to stop it.");
        follow(&stack).await
    };
    let ended = tokio::select! {
        ended = served => ended,
        stopped = asked_to_stop() => stopped,
    };
    eprintln!("\nStopping …");
    stack.stop().await;
    ended
}

/// Loads so much of the demo catalog, and shows what there is then.
async fn load_demo(stack: &Stack, products: Option<u16>, ui: &Ui) -> anyhow::Result<()> {
    let Some(products) = products else { return Ok(()) };
    println!("\nThe demo catalog is loaded, which takes some minutes:");
    let (catalog, info) = (tola_demo::catalog(tola_demo::SEED)?.cut_to(products.into()), stack.info());
    let loaded = demo::load(&demo::keepers(info, &catalog)?, ui).await;
    let (_, summaries) = loaded.context("the demo catalog is not whole; the same command goes on with it")?;
    print!("\n{}\nWorth trying:\n{}", demo::Summary::table(&summaries), style(demo::hints(info)).cyan());
    Ok(())
}

fn options(arguments: &Arguments) -> Options {
    let last = Stack::named(&arguments.workspace, &arguments.stage).ok().map(|stack| stack.info().processes.clone());
    let last_cloud = last.as_ref().map(|processes| processes.cloud_port);
    let last_database = last.and_then(|processes| processes.database_port);
    Options {
        workspace: arguments.workspace.clone(),
        cloud_port: arguments.port.or(last_cloud).unwrap_or(CLOUD_PORT),
        database_port: arguments.database_port.or(last_database).unwrap_or(DATABASE_PORT),
        mongodb_uri: arguments.mongodb_uri.clone().filter(|uri| !uri.is_empty()),
        enforce_permissions: !arguments.lenient,
        stage: arguments.stage.clone(),
        fresh: arguments.fresh,
        parameters: [("AuthMode".to_owned(), arguments.auth_mode.clone())].into(),
        ..Options::new(&arguments.stage)
    }
}

/// The stack that was brought up last is what tools find at `.local/stack.json`.
fn publish(workspace: &std::path::Path, stack: &Stack) -> anyhow::Result<()> {
    let path = workspace.join(".local").join("stack.json");
    fs::copy(stack.description(), &path).with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

/// What a person needs to begin.
fn describe(stack: &Stack) -> String {
    let info = stack.info();
    let mut text = String::new();
    let rows = [
        ("API", format!("{}/v1", info.api_url)),
        ("Its contract", format!("{}/v1/docs, to read and to try out", info.api_url)),
        ("AWS services", format!("AWS_ENDPOINT_URL={} (keys test/test, {})", info.endpoint_url, info.region)),
        ("Database", format!("{}, database {}", without_password(&info.mongodb_uri), info.mongodb_database)),
        ("Logs", format!("cargo xtask logs api --follow; processes: {}", stack.folder().join("logs").display())),
    ];
    for (name, value) in rows {
        text.push_str(&format!("  {name:14}{value}\n"));
    }
    text.push_str("\nDemo users:\n");
    for user in &info.tokens.users {
        text.push_str(&format!("  {:24}{}\n", user.name, how_to_be(info, user)));
    }
    text.push_str("\nRegister a product with a photo of yours:\n");
    text.push_str(&style(first_product(info)).cyan().to_string());
    text
}

/// What makes a request a user's.
fn how_to_be(info: &StackInfo, user: &User) -> String {
    if info.tokens.password.is_empty() {
        return user.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ");
    }
    let besides = if user.role == "admin" { " and, for whom, X-Merchant-Id: merchant_…" } else { "" };
    format!("Authorization: Bearer $(cargo xtask token {}){besides}", user.name)
}

/// Shell commands that promise an image, upload `photo.jpg` and register a product that shows it.
fn first_product(info: &StackInfo) -> String {
    let user = info.tokens.users.first();
    let (token, flags) = demo::access(info, user);
    let api = &info.api_url;
    format!(
        r#"{token}  post() {{ curl -s "{api}/v1/$1" {flags} -H "Idempotency-Key: $RANDOM$RANDOM" -H "Content-Type: application/json" -d "$2"; }}
  pick() {{ python3 -c "import json,sys; print(json.load(sys.stdin)$1)"; }}
  image=$(post images '{{"content_type":"image/jpeg"}}')
  sh -c "$(echo "$image" | pick "['upload']['curl']")"        # uploads photo.jpg
  post products '{{"name":"Clay mug","description":"Thrown by hand.","price":{{"amount":1990,"currency":"USD"}},
    "images":[{{"image_id":"'$(echo "$image" | pick "['image']['id']")'","alt":"A mug"}}]}}'
"#
    )
}

/// A connection string as it may be shown.
fn without_password(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}"),
        None => uri.to_owned(),
    }
}

/// Waits until the user has had enough, or a process is gone.
async fn follow(stack: &Stack) -> anyhow::Result<()> {
    let mut stop = pin!(asked_to_stop());
    let mut pulse = tokio::time::interval(Duration::from_secs(2));
    loop {
        tokio::select! {
            stopped = &mut stop => return stopped,
            _ = pulse.tick() => if !stack.is_running() {
                bail!("a process of the stack has ended by itself; see {}", stack.folder().join("logs").display());
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_password("mongodb+srv://me:p@ss@db.example/?w=1"), "mongodb+srv://…@db.example/?w=1");
        assert_eq!(without_password("mongodb://127.0.0.1:1/"), "mongodb://127.0.0.1:1/");
    }
}
