//! Whatever goes wrong on the way ends in time, in the right error, and without a secret shown.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod clock;
mod redirects;
mod retries;
