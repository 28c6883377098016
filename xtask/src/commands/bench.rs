//! `cargo xtask bench`: what Tola costs beside a stack that many would choose instead, doing the same in the same run.

mod agreement;
mod api;
mod build;
mod images;
mod machine;
mod measure;
mod report;
mod request;
mod sides;
mod statistics;

use clap::Subcommand;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    api: api::Arguments,
}

/// What is measured; without a word, the API.
#[derive(Subcommand)]
enum What {
    /// `GET /v1/products/{id}`, beside FastAPI + Mangum + PyMongo
    Api(api::Arguments),
    /// The renditions of uploads, beside sharp and Pillow
    Images(images::Arguments),
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.what {
        Some(What::Api(arguments)) => api::run(&arguments).await,
        Some(What::Images(arguments)) => images::run(&arguments).await,
        None => api::run(&arguments.api).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command};

    use super::*;

    #[test]
    fn without_a_word_the_api_is_measured() {
        let command = Arguments::augment_args(Command::new("bench"));
        command.clone().debug_assert();

        for line in [
            vec!["bench"],
            vec!["bench", "--rounds", "1"],
            vec!["bench", "api", "--rounds", "1"],
            vec!["bench", "images"],
        ] {
            assert!(command.clone().try_get_matches_from(&line).is_ok(), "{line:?}");
        }
        assert!(command.try_get_matches_from(["bench", "--rounds", "1", "api"]).is_err());
    }
}
