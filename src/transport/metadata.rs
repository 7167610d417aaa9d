//! Requests to a machine's own metadata service: plain HTTP on its link, unsigned.

use std::io::Read as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use ureq::{Agent, http};
use zeroize::Zeroizing;

use super::{BUFFER_BYTES, Failure, MAX_HEADER_BYTES, USER_AGENT};
use crate::error::{Call, Error, TransportError};
use crate::request::MAX_BODY_BYTES;

/// The service is a hop away. Elsewhere nothing answers at its address, and a search has to go on.
const LIMIT: Duration = Duration::from_secs(1);

/// A proxy would answer for another machine, and a redirect lead away from this one.
static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(LIMIT))
        .timeout_recv_response(Some(LIMIT))
        .timeout_recv_body(Some(LIMIT))
        .timeout_global(Some(2 * LIMIT))
        .max_response_header_size(MAX_HEADER_BYTES)
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .build()
        .new_agent()
});

/// What is asked for, for errors.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) operation: &'static str,
    pub(crate) target: &'a str,
    pub(crate) base: &'a str,
    pub(crate) started: Instant,
}

impl Question<'_> {
    pub(crate) fn call(&self) -> Call {
        Call {
            operation: self.operation,
            target: self.target.to_owned(),
            host: super::host(self.base).to_owned(),
            attempts: 1,
            elapsed: self.started.elapsed(),
        }
    }
}

/// An answer of the metadata service. A key may be in it: it is wiped when it is dropped.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// At most 64 KiB; none if there was more, or it was not UTF-8.
    pub(crate) text: Option<Zeroizing<String>>,
}

/// Why there is no answer.
pub(crate) struct NoAnswer {
    pub(crate) error: Error,
    /// Whether nothing is there to answer.
    pub(crate) is_absent: bool,
}

/// One request, with one header, and its answer.
pub(crate) fn ask(
    question: &Question<'_>,
    method: &str,
    path: &str,
    header: Option<(&str, &str)>,
) -> Result<Answer, NoAnswer> {
    let build = http::Request::builder().method(method).uri(format!("{}{path}", question.base));
    let build = header.into_iter().fold(build, |build, (name, value)| build.header(name, value));
    let build = build.header("User-Agent", USER_AGENT).header("Accept-Encoding", "identity");
    let answered = if method == "PUT" {
        build.body("").map_err(ureq::Error::from).and_then(|request| AGENT.run(request))
    } else {
        build.body(()).map_err(ureq::Error::from).and_then(|request| AGENT.run(request))
    };
    let no_answer = |failure: Failure| NoAnswer {
        is_absent: failure.is_nobody_there(),
        error: failure.into_metadata_error(question),
    };
    let answer = answered.map_err(|error| no_answer(Failure::sending(error)))?;
    let status = answer.status().as_u16();
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BODY_BYTES + 1));
    let read = answer.into_body().into_reader().take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| no_answer(Failure::reading(error)))?;
    let text = str::from_utf8(&bytes).ok().filter(|_| bytes.len() <= MAX_BODY_BYTES);
    Ok(Answer { status, text: text.map(|text| Zeroizing::new(text.to_owned())) })
}

impl Failure {
    /// Whether no connection could be made. Silence on one that was made is something else.
    fn is_nobody_there(&self) -> bool {
        use std::io::ErrorKind::{
            AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable, TimedOut,
        };
        match &self.error {
            ureq::Error::Io(error) => matches!(
                error.kind(),
                AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkDown | NetworkUnreachable | TimedOut
            ),
            ureq::Error::Timeout(limit) => matches!(limit, ureq::Timeout::Connect | ureq::Timeout::Resolve),
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
            _ => false,
        }
    }

    fn into_metadata_error(self, question: &Question<'_>) -> Error {
        Error::Transport(Box::new(TransportError {
            call: Some(question.call()),
            problem: self.problem(),
            timeout: matches!(self.error, ureq::Error::Timeout(_)),
            source: Some(Box::new(self.error)),
            ..TransportError::default()
        }))
    }
}
