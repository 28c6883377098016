//! One file per command: its arguments, and a `run`.

mod bench;
mod dlq;
mod down;
mod fault;
mod fuzz;
mod logs;
mod model;
mod mutants;
mod openapi;
mod permissions;
mod shim;
mod status;
mod test;
mod token;
mod up;
mod watch;

use clap::Subcommand;

/// The commands. To add one: a file with `Arguments` and `run`, a variant, and an arm.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build everything, start the local stack and deploy to it
    Up(up::Arguments),
    /// Stop the local stack; its state is kept
    Down(down::Arguments),
    /// Run everything that CI runs, on a stack of its own
    Test(test::Arguments),
    /// Sign a demo user in, and print an access token
    Token(token::Arguments),
    /// Show what a function has written
    Logs(logs::Arguments),
    /// Look at the messages that nobody could handle, and try them again
    Dlq(dlq::Arguments),
    /// Draw a running workflow in the terminal
    Watch(watch::Arguments),
    /// Measure Tola beside a common stack doing the same
    Bench(bench::Arguments),
    /// Break a stack while merchants are at work, and look for promises that do not hold
    Fault(fault::Arguments),
    /// Look for files that break what Tola does with images
    Fuzz(fuzz::Arguments),
    /// Break things at random in process, and hold what comes of it against what was promised
    Model(model::Arguments),
    /// Take away what keeps the promises, one thing after the other, and see it noticed
    Mutants(mutants::Arguments),
    /// Write down the API's contract, and refuse a change that breaks clients
    Openapi(openapi::Arguments),
    /// Take one permission after the other away, and see a test fail
    Permissions(permissions::Arguments),
    /// Serve the API by itself, for tools that send thousands of requests
    Shim(shim::Arguments),
    /// Show what runs, and where
    Status(status::Arguments),
}

impl Command {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Up(arguments) => up::run(arguments).await,
            Self::Down(arguments) => down::run(arguments).await,
            Self::Test(arguments) => test::run(arguments).await,
            Self::Token(arguments) => token::run(arguments).await,
            Self::Logs(arguments) => logs::run(arguments).await,
            Self::Dlq(arguments) => dlq::run(arguments).await,
            Self::Watch(arguments) => watch::run(arguments).await,
            Self::Bench(arguments) => bench::run(arguments).await,
            Self::Fault(arguments) => fault::run(arguments).await,
            Self::Fuzz(arguments) => fuzz::run(arguments).await,
            Self::Model(arguments) => model::run(arguments).await,
            Self::Mutants(arguments) => mutants::run(arguments).await,
            Self::Openapi(arguments) => openapi::run(arguments).await,
            Self::Permissions(arguments) => permissions::run(arguments).await,
            Self::Shim(arguments) => shim::run(&arguments).await,
            Self::Status(arguments) => status::run(&arguments),
        }
    }
}
