//! Serves the embedded database: `tola-database <port> <file>`, until SIGTERM or SIGINT.

use std::path::PathBuf;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tola_local::database::Server;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tola-database: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(port), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: tola-database <port> <file>".into());
    };
    // Before the socket opens: a signal that comes in between must not kill a half-open database.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);

    let server = Server::open(&PathBuf::from(file), port.parse()?)?;
    println!("tola-database: serving {}", server.uri());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.close()?;
    println!("tola-database: closed");
    Ok(())
}
