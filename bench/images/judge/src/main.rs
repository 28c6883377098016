//! Makes the pictures that `cargo xtask bench images` hands out, and scores what the contestants made of them.
//!
//! A program of its own, so that `cargo xtask` is built without it, and pixels with optimisation.

mod bands;
mod exhibit;
mod logo;
mod noise;
mod picture;
mod reference;
mod scene;
mod score;

use std::io;
use std::path::PathBuf;

use clap::Parser;

use crate::exhibit::Exhibit;

#[derive(Parser)]
enum Arguments {
    /// Writes the pictures into a folder, and what they are to standard output
    Make { folder: PathBuf },
    /// Reads which renditions to score from standard input, and writes the scores to standard output
    Score,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments::Make { folder } => {
            let made = Exhibit::ALL.iter().map(|exhibit| exhibit.make(&folder)).collect::<Result<Vec<_>, _>>()?;
            serde_json::to_writer(io::stdout(), &made)?;
        }
        Arguments::Score => {
            let task = serde_json::from_reader(io::stdin())?;
            serde_json::to_writer(io::stdout(), &score::score(&task)?)?;
        }
    }
    Ok(())
}
