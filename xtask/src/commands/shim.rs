//! `cargo xtask shim`: the API by itself, for tools that send thousands of requests.

use tola_local::stack;

use crate::shim::Shim;
use crate::signals::asked_to_stop;
use crate::ui::Ui;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4680)]
    port: u16,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (ui, workspace) = (Ui::default(), stack::workspace());
    let shim = Shim::start(&workspace, arguments.port, &ui).await.inspect_err(|_| ui.failed())?;
    println!("{}/v1/openapi.json", shim.url);
    for tenant in &shim.tenants {
        println!("{}", serde_json::to_string(tenant)?);
    }
    eprintln!("logs: {}; Ctrl-C ends it", shim.folder().display());
    let asked = asked_to_stop().await;
    shim.stop().await;
    asked
}
