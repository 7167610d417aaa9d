//! A process that makes one call and ends: its time and its peak memory. The programs are those that programs/build
//! makes.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::support::server::{OSS_BODY, Server};

const ROUNDS: usize = 300;
const PROGRAMS: [&str; 6] = ["ureq", "ureq-limited", "ours", "ours-without-tls", "reqwest", "curl"];

pub fn run() {
    let server = Server::start(OSS_BODY);
    let url = format!("http://{}", server.address);
    // Beside this program, in the target directory that both share.
    let myself = std::env::current_exe().expect("a path");
    let target = myself.ancestors().nth(2).expect("a target directory");
    let path = |name: &str| target.join("programs").join(name).join("target/release/program");
    let mut programs: Vec<(&str, PathBuf, Vec<f64>, u64)> = PROGRAMS
        .iter()
        .map(|name| (*name, path(name), Vec::with_capacity(ROUNDS), 0))
        .filter(|(_, program, ..)| program.exists())
        .collect();
    if programs.is_empty() {
        println!("\nThere are no programs: run programs/build to measure processes.");
        return;
    }
    for _ in 0..ROUNDS {
        for (name, program, times, peak_kib) in &mut programs {
            let started = Instant::now();
            let output = Command::new(program).arg(&url).output().expect("an end");
            times.push(started.elapsed().as_secs_f64() * 1e3);
            let output = String::from_utf8_lossy(&output.stdout);
            assert!(output.contains("KMS"), "{name} says {output}");
            let peak = output.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            *peak_kib = (*peak_kib).max(peak.and_then(|kib| kib.parse().ok()).expect("its peak memory"));
        }
    }
    println!("\n## A process that makes one call\n");
    println!("| program | lowest tenth, ms | median, ms | peak memory, KiB |\n|---|--:|--:|--:|");
    for (name, _, times, peak_kib) in &mut programs {
        times.sort_by(f64::total_cmp);
        println!("| {name} | {:.2} | {:.2} | {peak_kib} |", times[ROUNDS / 10], times[ROUNDS / 2]);
    }
}
