//! Which of them are encrypted as they should be? Many buckets and tables, read side by side.
//!
//! ```
//! # #[cfg(not(feature = "emulator"))]
//! # fn main() {}
//! # #[cfg(feature = "emulator")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use bucket_encryption::audit::{Options, Policy, Target, Verdict, audit};
//! use bucket_encryption::{Emulator, oss};
//!
//! let emulator = Emulator::start()?; // in a program: Endpoint::oss("cn-hangzhou")?
//! let credentials = emulator.credentials().clone();
//! emulator.create_bucket("encrypted");
//! emulator.create_bucket("open");
//! oss::put_bucket_encryption(&credentials, &emulator.oss(), "encrypted", &oss::BucketEncryption::kms())?;
//!
//! let targets = ["encrypted", "open", "missing"].map(|bucket| Target::oss_bucket(emulator.oss(), bucket));
//! let findings = audit(targets, move |_| Ok(credentials.clone()), &Options::new(Policy::Kms));
//! let lines: Vec<String> = findings
//!     .map(|finding| match finding.verdict {
//!         Verdict::Compliant(setting) => format!("{}: {setting}", finding.target),
//!         Verdict::NotCompliant { reason, .. } => format!("{}: {reason}", finding.target),
//!         Verdict::Unknown(error) => format!("{}: unknown, {}", finding.target, error.code().unwrap_or_default()),
//!     })
//!     .collect();
//! assert_eq!(lines, [
//!     "oss://cn-hangzhou/encrypted: KMS",
//!     "oss://cn-hangzhou/open: nothing is configured, and KMS is asked for",
//!     "oss://cn-hangzhou/missing: unknown, NoSuchBucket",
//! ]);
//! # Ok(())
//! # }
//! ```

mod policy;
mod pool;
mod target;

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use self::policy::{Policy, Verdict};
use self::pool::Pool;
pub use self::target::{Setting, Target};
use crate::credentials::Credentials;
use crate::error::{Error, Result};

/// Reads the encryption of every target and judges it, on threads of its own.
///
/// Every target gives exactly one [`Finding`]: that it is compliant, that it is not and why, or that it could not be
/// found out, with the error. By default the findings come in the order of the targets, each as soon as it and those
/// before it are there; see [`Options::with_order`].
///
/// The targets are taken one by one when a thread is free, and not far ahead of the findings that are taken out:
/// neither a long list of targets nor a slow consumer costs memory. When the findings are dropped, no further call is
/// made; those that are under way end on their own.
///
/// `keys` is asked for the credentials before each call, and where the service says that they have expired, once more:
/// see [`Ask`]. It is asked on several threads at once. Give a clone of a fixed key, or for a temporary one what
/// [`RenewingCredentials::get`](crate::RenewingCredentials::get) returns.
///
/// At most [so many calls](Options::with_calls_per_endpoint) are under way at once to a service in a region, however
/// many hosts its buckets have. When it answers that there are too many requests, all calls to it pause for
/// [some seconds](Options::with_throttle_pause), then that target is tried again; this comes after the endpoint's own
/// attempts.
///
/// # Panics
/// Not on its own. A panic of `keys` or of an endpoint's agent makes its target [`Verdict::Unknown`]. A panic of the
/// iterator of targets goes on where the findings are taken out, after those of all targets before it.
pub fn audit<I, K>(targets: I, keys: K, options: &Options) -> Findings
where
    I: IntoIterator<Item = Target>,
    I::IntoIter: Send + 'static,
    K: Fn(&Ask<'_>) -> Result<Credentials> + Send + Sync + 'static,
{
    let pool = Arc::new(Pool::new(Box::new(targets.into_iter()), Box::new(keys), options.clone()));
    let mut threads = 0;
    for number in 0..options.threads {
        let worker = Arc::clone(&pool);
        // Where the system gives no further thread, those that there are do the work; without any, the consumer does.
        match thread::Builder::new().name(format!("audit-{number}")).spawn(move || worker.work()) {
            Ok(_) => threads += 1,
            Err(_) => break,
        }
    }
    Findings { pool, threads }
}

/// What the function that gives the keys is asked.
#[derive(Debug)]
pub struct Ask<'a> {
    target: &'a Target,
    expired: Option<&'a Error>,
}

impl<'a> Ask<'a> {
    /// What is to be read. [`Target::cloud`] tells whose keys that takes.
    pub fn target(&self) -> &'a Target {
        self.target
    }

    /// The service's answer that the credentials given before have expired: give new ones. It is asked so once for a
    /// call.
    pub fn expired(&self) -> Option<&'a Error> {
        self.expired
    }
}

/// What became of a target.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The place of the target in the iterator, counted from 0.
    pub index: usize,
    /// What was read.
    pub target: Target,
    /// What was found out.
    pub verdict: Verdict,
}

/// In which order findings come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// That of the targets. A target that takes long holds up the findings behind it.
    Targets,
    /// Whichever is there first. [`Finding::index`] tells the place of its target.
    Arrival,
}

/// How an [`audit`] is done.
#[derive(Clone, Debug)]
pub struct Options {
    policy: Policy,
    order: Order,
    threads: usize,
    calls_per_endpoint: usize,
    throttle_pause: Duration,
    throttle_retries: u32,
}

impl Options {
    /// Asks for this policy, with the other options as their functions say.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            order: Order::Targets,
            threads: 16,
            calls_per_endpoint: 8,
            throttle_pause: Duration::from_secs(5),
            throttle_retries: 3,
        }
    }

    /// In which order the findings come. That of the targets by default.
    #[must_use]
    pub fn with_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// How many threads there are. 16 by default, 1 to 256.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads: threads.clamp(1, 256), ..self }
    }

    /// How many calls are under way at once to one service in one region. 8 by default, at least 1. The vendors limit
    /// requests by region and account, and not by bucket.
    #[must_use]
    pub fn with_calls_per_endpoint(self, calls: usize) -> Self {
        Self { calls_per_endpoint: calls.max(1), ..self }
    }

    /// How long the calls to a service in a region pause when it answers that there are too many. 5 seconds by default,
    /// at most an hour.
    #[must_use]
    pub fn with_throttle_pause(self, pause: Duration) -> Self {
        Self { throttle_pause: pause.min(Duration::from_secs(60 * 60)), ..self }
    }

    /// How often a target is tried again after such an answer, before it is unknown. 3 times by default.
    #[must_use]
    pub fn with_throttle_retries(self, retries: u32) -> Self {
        Self { throttle_retries: retries, ..self }
    }
}

/// The findings of an [`audit`], one for each target. [`next`](Iterator::next) waits for one.
pub struct Findings {
    pool: Arc<Pool>,
    threads: usize,
}

impl Iterator for Findings {
    type Item = Finding;

    fn next(&mut self) -> Option<Finding> {
        self.pool.next_finding(self.threads == 0)
    }
}

impl std::iter::FusedIterator for Findings {}

impl Drop for Findings {
    fn drop(&mut self) {
        self.pool.stop();
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings").field("threads", &self.threads).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
