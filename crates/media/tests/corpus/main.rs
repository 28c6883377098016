//! Files that nobody should send and somebody will: each ends READY and right, or REJECTED with its reason, within
//! five seconds and 512 MiB.
//!
//! Each file is rendered by a process of its own under limits that the kernel holds, so that one that breaks them breaks
//! nothing else. `cargo test -p tola-media --features pixels,testing --test corpus` runs all of them; behind `--`, a
//! part of a name runs those that have it, `--list` names them, and `--write <folder> <bytes>` writes those that are not
//! longer than that, for the fuzzer to begin with.

#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod bare;
mod case;
mod child;
mod families;
mod files;
mod run;
mod verdict;

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [child::ARGUMENT, name] => child::main(name),
        ["--write", folder, most] => write(Path::new(folder), most.parse().unwrap()),
        _ if arguments.iter().any(|argument| argument == "--list") => {
            families::all().iter().for_each(|case| println!("{}: test", case.name()));
            ExitCode::SUCCESS
        }
        // Options of the usual test programs mean nothing here.
        _ => run::all(arguments.iter().find(|argument| !argument.starts_with('-')).map(String::as_str)),
    }
}

fn write(folder: &Path, most: usize) -> ExitCode {
    std::fs::create_dir_all(folder).unwrap();
    for case in families::all() {
        let bytes = case.bytes();
        if bytes.len() <= most {
            std::fs::write(folder.join(case.name().replace('/', "-")), bytes).unwrap();
        }
    }
    ExitCode::SUCCESS
}
