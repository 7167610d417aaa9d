//! The guide: from the first call to testing a program of your own. Each page's code is compiled by the tests.

#[doc = include_str!("../docs/services.md")]
pub mod services {}

#[doc = include_str!("../docs/credentials.md")]
pub mod credentials {}

#[cfg(feature = "rustls")]
#[doc = include_str!("../docs/agents.md")]
pub mod agents {}

#[doc = include_str!("../docs/audit.md")]
pub mod ensure_and_audit {}

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/async.md")]
pub mod async_programs {}
