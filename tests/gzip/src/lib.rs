//! Nothing: see `gzip.rs`.
