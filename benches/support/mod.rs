//! What the benchmarks share: a stopwatch that compares, an allocator that counts, a server on the loopback.
#![allow(dead_code, unreachable_pub, reason = "two crates share it, and each benchmark uses a part")]

pub mod allocations;
pub mod server;
pub mod stopwatch;
