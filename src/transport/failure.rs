//! Why no answer came, as far as ureq tells.

use std::io::{self, ErrorKind};

use ureq::Timeout;

use crate::error::{Error, TransportError};

/// Why there is no answer.
pub(super) struct Failure {
    pub(super) error: ureq::Error,
    /// Whether the head of the answer was there.
    reading: bool,
}

impl Failure {
    /// No head of an answer came.
    pub(super) fn sending(error: ureq::Error) -> Self {
        Self { error, reading: false }
    }

    /// The body did not come to its end.
    pub(super) fn reading(error: io::Error) -> Self {
        Self { error: error.into(), reading: true }
    }

    /// Whether the connection was lost or could not be made, and the next may last.
    pub(super) fn is_lost_connection(&self) -> bool {
        match &self.error {
            // TLS that was refused is InvalidData: it will be refused again.
            ureq::Error::Io(error) => !matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput),
            ureq::Error::Timeout(limit) => matches!(limit, Timeout::Connect | Timeout::Resolve),
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
            _ => false,
        }
    }

    /// Whether it is certain that no request reached the service.
    pub(super) fn is_before_sending(&self) -> bool {
        use ureq::Error::{
            BadUri, ConnectProxyFailed, ConnectionFailed, HostNotFound, Http, RequireHttpsOnly, Tls, TlsRequired,
        };
        match &self.error {
            ureq::Error::Io(error) => {
                error.kind() == ErrorKind::ConnectionRefused || is_look_up(error) || self.is_certificate_refused()
            }
            ureq::Error::Timeout(limit) => matches!(limit, Timeout::Connect | Timeout::Resolve),
            BadUri(_)
            | ConnectProxyFailed(_)
            | ConnectionFailed
            | HostNotFound
            | Http(_)
            | RequireHttpsOnly(_)
            | Tls(_)
            | TlsRequired => true,
            _ => false,
        }
    }

    /// Whether TLS refused the server's certificate. Only the text tells: rustls is no dependency of ours, and ureq's
    /// error hides it.
    fn is_certificate_refused(&self) -> bool {
        let in_text = |error: &dyn std::fmt::Display| error.to_string().contains("invalid peer certificate");
        match &self.error {
            ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => in_text(error),
            _ => false,
        }
    }

    /// What happened, where the error tells; never guessed.
    pub(super) fn problem(&self) -> &'static str {
        match &self.error {
            ureq::Error::Timeout(Timeout::Connect) => "the connection took too long",
            ureq::Error::Timeout(Timeout::Resolve) => "the name look-up took too long",
            ureq::Error::Timeout(_) if self.reading => "the time limit ran out while the answer was read",
            ureq::Error::Timeout(_) => "the time limit ran out",
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => "the answer is not HTTP as it should be",
            _ if self.is_certificate_refused() => "the server's certificate was refused",
            ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => "TLS failed",
            ureq::Error::Io(_) if self.reading => "the connection was lost while the answer was read",
            ureq::Error::Io(error) => match error.kind() {
                ErrorKind::ConnectionRefused => "the connection was refused",
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                    "the connection was closed before an answer came"
                }
                _ if is_look_up(error) => "the name look-up failed",
                _ => "no answer came",
            },
            _ if self.reading => "the answer cannot be read",
            ureq::Error::HostNotFound => "the host was not found",
            ureq::Error::ConnectProxyFailed(_) => "the proxy refused the connection",
            ureq::Error::TlsRequired => "https needs TLS, and the agent has none",
            ureq::Error::RequireHttpsOnly(_) => "the agent sends over https only, and the address is http",
            _ => "no answer came",
        }
    }

    pub(super) fn into_error(self, proxy: Option<String>, may_have_changed: bool) -> Error {
        Error::Transport(Box::new(TransportError {
            call: None,
            problem: self.problem(),
            proxy,
            timeout: matches!(self.error, ureq::Error::Timeout(_)),
            may_have_changed,
            source: Some(Box::new(self.error)),
        }))
    }
}

/// Whether a name could not be looked up. On Unix, the standard library says so in nothing but its text.
fn is_look_up(error: &io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address information")
}
