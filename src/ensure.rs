//! Read, write where it is needed, read back: what the three services' `ensure` functions share.

use std::borrow::Cow;
use std::fmt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{Call, Error, NotSettledError, Result};
use crate::protection::Protection;

/// The waits before a written setting is read back. The services settle in about a second, as the vendors' own tests
/// have it.
const WAITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(1500),
];

/// What became of a setting that was to be ensured.
///
/// ```
/// use bucket_encryption::{Ensured, oss};
///
/// let ensured = Ensured::Changed { from: None, to: oss::BucketEncryption::aes256() };
/// assert_eq!(ensured.to_string(), "changed from nothing to AES256");
/// assert!(ensured.is_changed());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensured<T> {
    /// Nothing was written: this is set, and it satisfies what was wanted.
    Unchanged(T),
    /// It was written and read back.
    Changed {
        /// What was set before; none where nothing was configured.
        from: Option<T>,
        /// What is set now: what was wanted, and what was kept of the old setting.
        to: T,
    },
}

impl<T> Ensured<T> {
    /// What is set now.
    pub fn setting(&self) -> &T {
        let (Self::Unchanged(setting) | Self::Changed { to: setting, .. }) = self;
        setting
    }

    /// What is set now.
    pub fn into_setting(self) -> T {
        let (Self::Unchanged(setting) | Self::Changed { to: setting, .. }) = self;
        setting
    }

    /// The same, with the settings as something else.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Ensured<U> {
        match self {
            Self::Unchanged(setting) => Ensured::Unchanged(f(setting)),
            Self::Changed { from, to } => Ensured::Changed { from: from.map(&mut f), to: f(to) },
        }
    }

    /// Whether something was written.
    pub fn is_changed(&self) -> bool {
        matches!(self, Self::Changed { .. })
    }
}

/// As in `changed from AES256 to KMS, key 9468da86`.
impl<T: fmt::Display> fmt::Display for Ensured<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged(setting) => write!(f, "unchanged: {setting}"),
            Self::Changed { from: Some(from), to } => write!(f, "changed from {from} to {to}"),
            Self::Changed { from: None, to } => write!(f, "changed from nothing to {to}"),
        }
    }
}

/// A setting of one of the three services.
pub(crate) trait Setting: fmt::Display {
    /// The function that sets it exactly, for the message that tells the fix.
    const PUT: &'static str;

    fn satisfies(&self, wanted: &Self) -> bool;

    fn protection(&self) -> Protection<'_>;

    /// This wanted setting, with what it leaves open as it is now.
    fn keep(self, current: &Self) -> Self;
}

/// What there is to do.
pub(crate) fn plan<T: Setting>(current: Option<T>, wanted: T) -> Result<Ensured<T>> {
    let Some(current) = current else { return Ok(Ensured::Changed { from: None, to: wanted }) };
    if current.satisfies(&wanted) {
        return Ok(Ensured::Unchanged(current));
    }
    let to = wanted.keep(&current);
    if current.protection().has_more_than(&to.protection()) {
        let problem = format!(
            "{to} would take away what is set, {current}, and ensuring never takes anything away; `{}` sets exactly",
            T::PUT
        );
        return Err(Error::input("wanted", problem));
    }
    Ok(Ensured::Changed { from: Some(current), to })
}

/// Reads back what was written until it is there. `call` is the put.
pub(crate) fn settle<T: Setting>(
    plan: Ensured<T>,
    read: impl FnMut() -> Result<Option<T>>,
    call: Call,
) -> Result<Ensured<T>> {
    settle_within(&WAITS, plan, read, call)
}

fn settle_within<T: Setting>(
    waits: &[Duration],
    plan: Ensured<T>,
    mut read: impl FnMut() -> Result<Option<T>>,
    call: Call,
) -> Result<Ensured<T>> {
    let Ensured::Changed { from, to: written } = plan else { return Ok(plan) };
    let started = Instant::now();
    let mut found = None;
    let mut attempts = 1;
    for wait in waits {
        sleep(*wait);
        found = read()?;
        attempts += 1;
        match found {
            Some(found) if found.satisfies(&written) => return Ok(Ensured::Changed { from, to: found }),
            _ => {}
        }
    }
    Err(Error::NotSettled(Box::new(NotSettledError {
        call: Call { attempts, elapsed: started.elapsed(), ..call },
        written: written.to_string(),
        found: found.map(|found| found.to_string()),
    })))
}

/// The data algorithm to write under KMS where none is wanted: another one than the default is kept.
pub(crate) fn kept_data(current: &Protection<'_>) -> Option<Cow<'static, str>> {
    current.data_algorithm().filter(|data| *data != "AES256").map(|data| data.to_owned().into())
}

#[cfg(test)]
mod tests;
