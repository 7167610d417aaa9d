//! Ours beside its peers, in one run: `cargo run --release -- [sign] [parse] [call] [connect] [process]`, all of them unless some
//! are named. benches/README.md says how to read it.

mod calling;
mod connecting;
mod parsing;
mod process;
mod signing;
#[path = "../../support/mod.rs"]
mod support;

use support::allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PARTS: [(&str, fn()); 5] = [
    ("sign", signing::run),
    ("parse", parsing::run),
    ("call", calling::run),
    ("connect", connecting::run),
    ("process", process::run),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|word| PARTS.iter().all(|(name, _)| name != word)) {
        eprintln!("{unknown:?} is none of sign, parse, call, connect and process");
        std::process::exit(2);
    }
    for (name, run) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            run();
        }
    }
}
