//! Runs each case in a child, and tells how it went.

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, ExitCode, Output, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    case::{Case, End, Planted},
    child, families,
};

/// What rendering a file took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    time: Duration,
    /// In bytes.
    memory: u64,
}

/// Runs all cases, or those whose name contains `filter`.
pub(crate) fn all(filter: Option<&str>) -> ExitCode {
    let cases: Vec<_> = families::all().into_iter().filter(|case| case.name().contains(filter.unwrap_or(""))).collect();
    let results = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    // Each may take its seconds for itself: no more at once than there are cores.
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((at, case)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| cases.get(at).map(|case| (at, case)))
                {
                    let result = run(case);
                    results.lock().unwrap().insert(at, result);
                }
            });
        }
    });
    report(&cases, &results.into_inner().unwrap())
}

fn run(case: &Case) -> Result<Option<Cost>, String> {
    let output = in_child(case);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    let failure = match output.status.code() {
        Some(0) => None,
        Some(child::TOO_LONG) => Some((Planted::Waiting, format!("was not done after {:?}", child::MAX_WAIT))),
        None if child::was_too_busy(output.status) => {
            Some((Planted::Work, format!("took more than {} s of a core", child::MAX_SECONDS)))
        }
        None if complaint.contains("memory allocation") => Some((Planted::Memory, format!("no memory: {complaint}"))),
        _ if complaint.contains("planted") => Some((Planted::Panic, complaint.into_owned())),
        _ => Some((Planted::Answer, format!("{}: {complaint}", output.status))),
    };
    match (&case.end, failure) {
        (End::Noticed(planted), Some((noticed, _))) if *planted == noticed => Ok(None),
        (End::Noticed(planted), noticed) => Err(format!("{planted:?} was noticed as {noticed:?}")),
        (_, Some((_, complaint))) => Err(complaint),
        (_, None) => cost(&told).map(Some).ok_or_else(|| format!("said nothing of its cost: {told}")),
    }
}

fn in_child(case: &Case) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([child::ARGUMENT, &case.name()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A child that ended before it read everything says why itself.
    let _ = child.stdin.take().unwrap().write_all(&case.bytes());
    child.wait_with_output().unwrap()
}

fn cost(told: &str) -> Option<Cost> {
    let (time, memory) = told.trim().split_once(' ')?;
    let cost = Cost { time: Duration::from_millis(time.parse().ok()?), memory: memory.parse().ok()? };
    (cost.memory <= child::MAX_MEMORY).then_some(cost)
}

fn report(cases: &[Case], results: &BTreeMap<usize, Result<Option<Cost>, String>>) -> ExitCode {
    let mut failed = 0;
    let mut families: BTreeMap<&str, Vec<(&Case, Cost)>> = BTreeMap::new();
    for (case, result) in cases.iter().zip(results.values()) {
        match result {
            Ok(Some(cost)) => families.entry(case.family).or_default().push((case, *cost)),
            Ok(None) => {}
            Err(complaint) => {
                failed += 1;
                println!("✗ {}\n  {}\n", case.name(), complaint.trim().replace('\n', "\n  "));
            }
        }
    }
    for (family, costs) in &families {
        let slowest = costs.iter().max_by_key(|(_, cost)| cost.time);
        let largest = costs.iter().max_by_key(|(_, cost)| cost.memory);
        if let (Some((slow, time)), Some((large, memory))) = (slowest, largest) {
            let short = |case: &Case| case.name().split_once('/').map(|(_, what)| what.to_owned()).unwrap_or_default();
            println!(
                "✓ {family:12} {:3} files, at most {:4} ms ({}) and {:3} MiB ({})",
                costs.len(),
                time.time.as_millis(),
                short(slow),
                memory.memory >> 20,
                short(large),
            );
        }
    }
    println!("{} of {} went as they should", cases.len() - failed, cases.len());
    if failed == 0 && !cases.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
