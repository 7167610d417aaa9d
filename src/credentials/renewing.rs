//! A value that renews a temporary key.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, SystemTime};

use super::Credentials;
use crate::error::Result;

/// How long before its end a key is renewed. Metadata services have the next key some minutes before, and a call of ten
/// attempts is over within them.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// How long a key that is still good is kept on after a renewal failed, before the next is tried.
const PAUSE: Duration = Duration::from_secs(10);

/// Keeps a temporary key fresh: ask it for the key before each call.
///
/// It takes the key from a function, [`Credentials::from_role`] or one of the caller's own (a call of STS), when it is
/// first asked, and again five minutes before the key runs out; for a key that lasts less than ten minutes, when half
/// of its time is over. A key without an expiry is kept for good.
///
/// Clones share the key, and threads may: while one of them renews, the others go on with the old key, or wait where
/// that has run out. If a renewal fails while the old key is good, the old key is returned, a warning is logged, and
/// the next renewal is tried in ten seconds; once the old key has run out, the error is returned.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use bucket_encryption::{Credentials, RenewingCredentials};
///
/// # fn main() -> bucket_encryption::Result<()> {
/// let renewing = RenewingCredentials::new(|| {
///     // Here the program calls STS.
///     let expiry = SystemTime::now() + Duration::from_secs(3600);
///     Ok(Credentials::new("STS.NUExample", "the secret")?.with_security_token("CAIS...")?.with_expiry(expiry))
/// });
/// let credentials = renewing.get()?; // for oss::get_bucket_encryption(&credentials, ...)
/// assert_eq!(credentials.access_key_id(), "STS.NUExample");
///
/// // Without a key to go on with, a failure of the function is the caller's.
/// let failing = RenewingCredentials::new(|| Credentials::new("", ""));
/// assert!(failing.get().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RenewingCredentials {
    shared: Arc<Shared>,
}

struct Shared {
    source: Box<dyn Fn() -> Result<Credentials> + Send + Sync>,
    held: Mutex<Option<Held>>,
    /// Held while the source is asked.
    turn: Mutex<()>,
}

struct Held {
    credentials: Credentials,
    /// From when on it is to be renewed.
    due: Option<SystemTime>,
}

impl Held {
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let due = credentials.expires_at().map(|expiry| {
            let remaining = expiry.duration_since(now).unwrap_or_default();
            expiry.checked_sub(MARGIN.min(remaining / 2)).unwrap_or(expiry)
        });
        Self { credentials, due }
    }

    fn is_due(&self, now: SystemTime) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

impl RenewingCredentials {
    /// Renews with that function. It is not asked before the first [`get`](Self::get), and by one thread at a time. It
    /// must not ask the value that it renews.
    pub fn new(source: impl Fn() -> Result<Credentials> + Send + Sync + 'static) -> Self {
        let shared = Shared { source: Box::new(source), held: Mutex::default(), turn: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The key to use now. It is renewed first where its time has come.
    ///
    /// # Errors
    /// The function's own, where there is no key that is still good.
    pub fn get(&self) -> Result<Credentials> {
        self.get_at(&SystemTime::now)
    }

    fn get_at(&self, now: &dyn Fn() -> SystemTime) -> Result<Credentials> {
        let shared = &*self.shared;
        let old = match shared.fresh_or_old(now()) {
            Ok(credentials) => return Ok(credentials),
            Err(old) => old,
        };
        let _turn = match (shared.turn.try_lock(), old) {
            (Ok(turn), _) => turn,
            (Err(TryLockError::Poisoned(poisoned)), _) => poisoned.into_inner(),
            // Another thread renews.
            (Err(TryLockError::WouldBlock), Some(old)) => return Ok(old),
            (Err(TryLockError::WouldBlock), None) => lock(&shared.turn),
        };
        // Another thread may have renewed before it was this one's turn.
        let old = match shared.fresh_or_old(now()) {
            Ok(credentials) => return Ok(credentials),
            Err(old) => old,
        };
        match ((shared.source)(), old) {
            (Ok(credentials), _) => {
                *lock(&shared.held) = Some(Held::new(credentials.clone(), now()));
                Ok(credentials)
            }
            (Err(error), Some(old)) if old.check_expiry(now()).is_ok() => {
                log::warn!(
                    target: "bucket_encryption",
                    "the key {:?} could not be renewed and is used on until it runs out: {error:?}",
                    old.access_key_id(),
                );
                if let Some(held) = &mut *lock(&shared.held) {
                    held.due = now().checked_add(PAUSE);
                }
                Ok(old)
            }
            (Err(error), _) => Err(error),
        }
    }
}

impl Shared {
    /// The key that needs no renewal; else the old one, if it is still good.
    fn fresh_or_old(&self, now: SystemTime) -> Result<Credentials, Option<Credentials>> {
        match &*lock(&self.held) {
            Some(held) if !held.is_due(now) && held.credentials.check_expiry(now).is_ok() => {
                Ok(held.credentials.clone())
            }
            Some(held) => Err(Some(held.credentials.clone()).filter(|old| old.check_expiry(now).is_ok())),
            None => Err(None),
        }
    }
}

/// A source that panicked left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for RenewingCredentials {
    /// Shows the access key id of the key that it holds, and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = lock(&self.shared.held).as_ref().map(|held| held.credentials.access_key_id().to_owned());
        f.debug_struct("RenewingCredentials").field("access_key_id", &id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
