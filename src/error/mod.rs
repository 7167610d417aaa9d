//! What can go wrong, and what to do about it.

mod advice;
mod mismatch;
mod service;
mod settled;

use std::fmt;
use std::time::Duration;

pub use self::mismatch::SignatureMismatch;
pub use self::service::ServiceError;
pub use self::settled::NotSettledError;
use crate::request::{Request, SignedRequest};

/// A result of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. Each variant tells what is known about the service's state.
///
/// `Display` is one line. `Debug` is the same line with the causes behind it, because `main` and `unwrap` print
/// `Debug`. `{:#}` is a block to read.
#[non_exhaustive]
pub enum Error {
    /// Refused before anything was sent: an argument is wrong.
    Input(InputError),
    /// The service answered with an error.
    Service(Box<ServiceError>),
    /// No whole answer came. A put or delete may or may not have taken effect; it is safe to do it again.
    Transport(Box<TransportError>),
    /// The service answered with success, but the body is not what its API promises.
    Decode(Box<DecodeError>),
    /// A setting was written, and another one is read back: it takes longer than usual to be seen, or somebody else
    /// changed it.
    NotSettled(Box<NotSettledError>),
}

impl Error {
    pub(crate) fn input(argument: &'static str, problem: impl Into<String>) -> Self {
        Self::Input(InputError(Box::new(InputProblem { argument, problem: problem.into(), expired: false })))
    }

    /// A key that has run out, which we refuse to sign with.
    pub(crate) fn expired(argument: &'static str, problem: impl Into<String>) -> Self {
        Self::Input(InputError(Box::new(InputProblem { argument, problem: problem.into(), expired: true })))
    }

    pub(crate) fn decode(problem: impl Into<String>, body: &[u8]) -> Self {
        Self::Decode(Box::new(DecodeError { call: None, problem: problem.into(), snippet: snippet(body) }))
    }

    /// An answer of which nothing may be shown: a key may be in it.
    pub(crate) fn decode_of(call: Call, problem: impl Into<String>) -> Self {
        Self::Decode(Box::new(DecodeError { call: Some(call), problem: problem.into(), snippet: String::new() }))
    }

    /// The service's own error, where it answered with one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }

    /// The service's error code, as in `NoSuchBucket`. None where it did not answer with an error or named no code.
    pub fn code(&self) -> Option<&str> {
        self.service().map(ServiceError::code).filter(|code| !code.is_empty())
    }

    /// The caller is known, and may not do this: 401 or 403, but not a wrong key, signature, token, clock or endpoint.
    pub fn is_denied(&self) -> bool {
        self.service().is_some_and(ServiceError::is_denied)
    }

    /// The bucket, table bucket, namespace or table does not exist. Never "no encryption is configured".
    pub fn is_not_found(&self) -> bool {
        self.service().is_some_and(ServiceError::is_not_found)
    }

    /// The security token or the key ran out: the service says so, or signing with it was refused.
    pub fn is_expired(&self) -> bool {
        match self {
            Self::Input(error) => error.0.expired,
            _ => self.service().is_some_and(ServiceError::is_expired),
        }
    }

    /// The service asks for fewer requests: try again in some seconds.
    pub fn is_throttled(&self) -> bool {
        self.service().is_some_and(ServiceError::is_throttled)
    }

    /// The bucket is served at another address, or this address wants another addressing style.
    /// [`ServiceError::endpoint`] has the address where the service names it.
    pub fn is_wrong_endpoint(&self) -> bool {
        self.service().is_some_and(ServiceError::is_wrong_endpoint)
    }

    /// A time limit of ours ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Transport(error) if error.timeout)
    }

    /// How many requests were sent, or tried to be sent. 0 where an argument was refused.
    pub fn attempts(&self) -> u32 {
        self.call().map_or(0, |call| call.attempts)
    }

    /// How long the call took, waits between attempts included. 0 where an argument was refused.
    pub fn elapsed(&self) -> Duration {
        self.call().map_or(Duration::ZERO, |call| call.elapsed)
    }

    fn call(&self) -> Option<&Call> {
        match self {
            Self::Input(_) => None,
            Self::Service(error) => error.call.as_ref(),
            Self::Transport(error) => error.call.as_ref(),
            Self::Decode(error) => error.call.as_ref(),
            Self::NotSettled(error) => Some(&error.call),
        }
    }

    /// Says which call failed and what is known about it, and takes this call's secrets out of every text that came
    /// from outside.
    pub(crate) fn of_call(
        mut self,
        call: Call,
        request: &Request,
        signed: Option<&SignedRequest>,
        hide: impl Fn(&mut String),
    ) -> Self {
        match &mut self {
            Self::Input(_) | Self::NotSettled(_) => {}
            Self::Transport(error) => {
                error.call = Some(call);
                error.hide(hide);
            }
            Self::Service(error) => {
                error.call = Some(call);
                error.texts().for_each(&hide);
                error.explain(request, signed, &hide);
                error.texts().for_each(hide);
            }
            Self::Decode(error) => {
                error.call = Some(call);
                hide(&mut error.problem);
                hide(&mut error.snippet);
            }
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => error.fmt(f),
            Self::Service(error) => error.fmt(f),
            Self::Transport(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
            Self::NotSettled(error) => error.fmt(f),
        }?;
        if f.alternate() {
            for cause in causes(self) {
                write!(f, "\n  cause: {}", OneLine(&cause.to_string()))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        for cause in causes(self) {
            write!(f, ": {}", OneLine(&cause.to_string()))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => {
                error.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
            }
            Self::Input(_) | Self::Service(_) | Self::Decode(_) | Self::NotSettled(_) => None,
        }
    }
}

fn causes<'e>(error: &'e Error) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |cause| cause.source())
}

/// The call that failed: `{operation} {target} at {host}`.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) target: String,
    pub(crate) host: String,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.operation, self.target, self.host)
    }
}

/// An argument that was refused before anything was sent.
pub struct InputError(Box<InputProblem>);

struct InputProblem {
    argument: &'static str,
    problem: String,
    expired: bool,
}

impl InputError {
    /// The name of the argument.
    pub fn argument(&self) -> &str {
        self.0.argument
    }

    /// What is wrong with it, and what is allowed.
    pub fn problem(&self) -> &str {
        &self.0.problem
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {}: {}", self.0.argument, OneLine(&self.0.problem))
    }
}

impl fmt::Debug for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// No whole answer came: the connection failed, was lost, or a time limit ran out.
#[derive(Default)]
pub struct TransportError {
    pub(crate) call: Option<Call>,
    /// What happened, in this layer's words; the cause is in `source`.
    pub(crate) problem: &'static str,
    /// Through which proxy: its host and port.
    pub(crate) proxy: Option<String>,
    pub(crate) timeout: bool,
    /// Whether a request that changes the setting may have reached the service.
    pub(crate) may_have_changed: bool,
    pub(crate) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// A cause may quote what a server or proxy sent. One that shows a secret, in any form that it prints, is replaced
    /// by its text without.
    fn hide(&mut self, hide: impl Fn(&mut String)) {
        let Some(source) = &self.source else { return };
        let hidden = |mut text: String| {
            let before = text.clone();
            hide(&mut text);
            (text != before).then_some(text)
        };
        let shown = hidden(source.to_string());
        if shown.is_some() || hidden(format!("{source:?} {source:#?}")).is_some() {
            self.source = Some(shown.unwrap_or_else(|| source.to_string()).into());
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(call) = &self.call {
            write!(f, "{call}: ")?;
        }
        f.write_str(self.problem)?;
        if let Some(proxy) = &self.proxy {
            write!(f, ", through the proxy {proxy}")?;
        }
        match &self.call {
            Some(Call { attempts: 1, elapsed, .. }) => write!(f, " (1 attempt, {elapsed:.1?})")?,
            Some(Call { attempts, elapsed, .. }) if *attempts > 1 => {
                write!(f, " ({attempts} attempts, {elapsed:.1?})")?;
            }
            _ => {}
        }
        if self.may_have_changed {
            f.write_str("; the change may have taken effect, and it is safe to repeat")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An answer with success whose body is not what the API promises.
pub struct DecodeError {
    call: Option<Call>,
    problem: String,
    snippet: String,
}

impl DecodeError {
    /// What is wrong with the body.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The beginning of the body, on one line.
    pub fn snippet(&self) -> &str {
        &self.snippet
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(call) = &self.call {
            write!(f, "{call}: ")?;
        }
        write!(f, "the answer cannot be understood: {}", OneLine(&self.problem))?;
        if !self.snippet.is_empty() {
            write!(f, "; it begins {:?}", self.snippet)?;
        }
        Ok(())
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prints a text on one line: runs of blanks, line breaks and control characters become one blank.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        for (position, word) in words.enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

/// How much of a body that cannot be understood an error keeps, as the vendors' clients do.
const SNIPPET_CHARS: usize = 256;

/// How many bytes of a body are looked at for that.
const SNIPPET_BYTES: usize = 4 * SNIPPET_CHARS;

/// The beginning of a body, on one line.
fn snippet(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(SNIPPET_BYTES)]);
    OneLine(&head).to_string().chars().take(SNIPPET_CHARS).collect()
}
