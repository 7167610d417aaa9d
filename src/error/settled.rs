//! A setting that was written and is not there.

use std::fmt;

use super::{Call, OneLine};

/// A setting was written, and another one is read back some seconds later.
pub struct NotSettledError {
    /// The put; its attempts are the put and the reads after it, and its time is what these reads took.
    pub(crate) call: Call,
    pub(crate) written: String,
    pub(crate) found: Option<String>,
}

impl NotSettledError {
    /// The setting that was written, as it prints.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The setting that was read back last, as it prints. None where nothing is configured.
    pub fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }
}

impl fmt::Display for NotSettledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, written, found } = self;
        let found = found.as_deref().unwrap_or("nothing");
        let (written, found) = (OneLine(written), OneLine(found));
        write!(f, "{call}: wrote {written}, and {found} is read back after {:.1?}", call.elapsed)?;
        if f.alternate() {
            f.write_str("\n  advice: read it again in some seconds; if it stays, somebody else sets it")?;
        }
        Ok(())
    }
}

impl fmt::Debug for NotSettledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
