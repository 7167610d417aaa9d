//! Whatever goes wrong on the way ends in time, in the right error, and without a secret shown.

#[path = "../common/mod.rs"]
mod common;

mod agents;
mod answers;
mod clock;
mod limits;
mod redirects;
mod retries;
mod secrets;
#[cfg(feature = "rustls")]
mod tls;
