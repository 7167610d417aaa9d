//! What tests share: a server that does what its script says, and the log lines.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

pub(crate) mod logs;
mod server;

pub(crate) use self::server::*;
