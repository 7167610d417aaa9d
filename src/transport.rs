//! The one room that makes requests: one attempt, the retry loop, the limits, the clock.

mod failure;
pub(crate) mod metadata;

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Read as _;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use ureq::{Agent, Proxy, ProxyProtocol, http};

use self::failure::Failure;
use crate::credentials::Credentials;
use crate::endpoint::{DEFAULT_TIMEOUT, Endpoint};
use crate::error::{Call, Error, OneLine, Result, ServiceError, TransportError};
use crate::request::{MAX_BODY_BYTES, Request, Response, SignedRequest};

/// How long a connection may take. The whole call has a limit of its own.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The wait before an attempt is drawn from 0 to this, doubled with each attempt.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(20);

/// A key that runs out so soon after a wait is not signed with again.
const EXPIRY_MARGIN: Duration = Duration::from_secs(1);

/// How large the headers of an answer may be.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// ureq's buffers: 128 KiB each unless set, and these answers are under 2 KiB. Twice what the headers may be: ureq takes
/// a buffer that is full before the headers are too large for a connection that was closed.
const BUFFER_BYTES: usize = 2 * MAX_HEADER_BYTES;

/// The target of our log lines.
const LOG_TARGET: &str = "bucket_encryption";

const USER_AGENT: &str = concat!("bucket-encryption/", env!("CARGO_PKG_VERSION"));

/// Sends a request until it is answered or there is no attempt or time left, and reads the answer. Whatever fails says
/// which call it was and holds none of its secrets.
pub(crate) fn call<T>(
    credentials: &Credentials,
    endpoint: &Endpoint,
    request: &Request,
    read: impl FnOnce(&Response) -> Result<T>,
) -> Result<T> {
    let mut call = Calling { credentials, endpoint, request, started: Instant::now(), attempts: 0, signed: None };
    // A hostile server may echo the request, also where the setting belongs.
    let hidden = |response: Response| response.map_texts(|text| credentials.hide_in(text));
    let result = call.answer().map(hidden).and_then(|response| read(&response));
    result.map_err(|error| call.explain(error))
}

/// The call that a request is for, for an error that tells of more than one.
pub(crate) fn call_of(request: &Request) -> Call {
    Call {
        operation: request.operation,
        target: request.target.clone(),
        host: host(&request.url).to_owned(),
        attempts: 0,
        elapsed: Duration::ZERO,
    }
}

/// A call on its way.
struct Calling<'a> {
    credentials: &'a Credentials,
    endpoint: &'a Endpoint,
    request: &'a Request,
    started: Instant,
    /// How many requests were sent, or tried to be sent.
    attempts: u32,
    /// The last of them.
    signed: Option<SignedRequest>,
}

impl Calling<'_> {
    /// The loop: attempts until one is answered with something final.
    fn answer(&mut self) -> Result<Response> {
        let Self { endpoint, request, .. } = *self;
        let route = Route::of(endpoint, request)?;
        let deadline = self.started + endpoint.timeout;
        let mut backoff = FIRST_BACKOFF;
        let mut may_have_changed = false;
        let mut clock_corrected = false;
        loop {
            let signed = self.signed.insert(request.sign(self.credentials, now(endpoint))?);
            self.attempts += 1;
            let is_last = self.attempts >= endpoint.max_attempts;
            let sent = Instant::now();
            let is_first = self.attempts == 1;
            let limit = if is_first && route.has_limit { None } else { Some(deadline.saturating_duration_since(sent)) };
            let outcome = attempt(&route, signed, limit, is_last);
            self.log_attempt(&outcome, sent.elapsed());
            may_have_changed |= request.method != "GET" && may_have_arrived(&outcome);
            match if is_last { Next::Return } else { Next::after(&outcome) } {
                Next::CorrectClock(server_time) if !clock_corrected => {
                    clock_corrected = true;
                    correct_clock(endpoint, request, server_time);
                    continue;
                }
                // The service's time was no better: it is not remembered.
                Next::CorrectClock(_) => endpoint.clock_offset.store(0, Ordering::Relaxed),
                Next::Wait(at_least) => {
                    let wait = backoff.mul_f64(random()).max(at_least);
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                    // No wait that would end after the limit or the key: what is known now is the answer.
                    let is_in_time = wait < deadline.saturating_duration_since(Instant::now());
                    if is_in_time && self.credentials.check_expiry(now(endpoint) + wait + EXPIRY_MARGIN).is_ok() {
                        std::thread::sleep(wait);
                        continue;
                    }
                }
                Next::Return => {}
            }
            return outcome.map_err(|failure| failure.into_error(route.proxy, may_have_changed));
        }
    }

    /// One line an attempt, with nothing secret in it.
    fn log_attempt(&self, outcome: &Result<Response, Failure>, took: Duration) {
        if !log::log_enabled!(target: LOG_TARGET, log::Level::Debug) {
            return;
        }
        let (operation, host) = (self.request.operation, host(&self.request.url));
        let (attempt, took) = (self.attempts, took.as_millis());
        match outcome {
            Ok(response) => {
                let status = response.status();
                let request_id = response.header("x-oss-request-id").or_else(|| response.header("x-obs-request-id"));
                let mut request_id = request_id.unwrap_or("none").to_owned();
                self.credentials.hide_in(&mut request_id);
                let request_id = OneLine(&request_id);
                log::debug!(target: LOG_TARGET, "{operation} at {host}: HTTP {status}, request id {request_id}, attempt {attempt}, {took} ms");
            }
            Err(failure) => {
                let problem = failure.problem();
                log::debug!(target: LOG_TARGET, "{operation} at {host}: {problem}, attempt {attempt}, {took} ms");
            }
        }
    }

    /// Says in an error which call it was, and takes the secrets out of it.
    fn explain(&self, error: Error) -> Error {
        let call = Call { attempts: self.attempts, elapsed: self.started.elapsed(), ..call_of(self.request) };
        error.of_call(call, self.request, self.signed.as_ref(), |text| self.credentials.hide_in(text))
    }
}

/// What follows an attempt.
enum Next {
    Return,
    /// Try again after the backoff, and not before this.
    Wait(Duration),
    /// Try again at once, with the service's time.
    CorrectClock(SystemTime),
}

impl Next {
    /// All ten operations may be repeated: what was done before is done again, to the same effect.
    fn after(outcome: &Result<Response, Failure>) -> Self {
        let response = match outcome {
            Ok(response) => response,
            Err(failure) if failure.is_lost_connection() => return Self::Wait(Duration::ZERO),
            Err(_) => return Self::Return,
        };
        match response.status() {
            408 | 429 | 500 | 502 | 503 | 504 => Self::Wait(retry_after(response).unwrap_or_default()),
            400..=499 => {
                let error = ServiceError::read(response);
                match error.server_time().filter(|_| error.is_skewed()) {
                    Some(time) => Self::CorrectClock(time),
                    None => Self::Return,
                }
            }
            _ => Self::Return,
        }
    }
}

/// Whether a request that has this outcome may have been carried out.
fn may_have_arrived(outcome: &Result<Response, Failure>) -> bool {
    match outcome {
        Ok(response) => response.status() >= 500,
        Err(failure) => !failure.is_before_sending(),
    }
}

/// The value of Retry-After: seconds, or a date, which is of the service's clock.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?;
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = |value| httpdate::parse_http_date(value).ok();
    let now = response.header("date").and_then(date).unwrap_or_else(SystemTime::now);
    date(value)?.duration_since(now).ok()
}

/// A number from 0 to 1. The standard library has no other source of randomness than the keys of its hash maps.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(bits >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

/// The time to sign with: ours, corrected by what the service told.
fn now(endpoint: &Endpoint) -> SystemTime {
    let offset = endpoint.clock_offset.load(Ordering::Relaxed);
    let seconds = Duration::from_secs(offset.unsigned_abs());
    let ours = SystemTime::now();
    if offset < 0 { ours.checked_sub(seconds) } else { ours.checked_add(seconds) }.unwrap_or(ours)
}

/// Remembers how far the service's clock is from ours. From our own clock, not from the corrected one: a second
/// correction replaces the first.
fn correct_clock(endpoint: &Endpoint, request: &Request, server_time: SystemTime) {
    let ours = SystemTime::now();
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or_default();
    let offset = match server_time.duration_since(ours) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    };
    endpoint.clock_offset.store(offset, Ordering::Relaxed);
    log::warn!(
        target: LOG_TARGET,
        "{} at {}: the clock differs from the service's by {offset} s; signing with the service's time",
        request.operation,
        host(&request.url),
    );
}

/// The agent that sends a call's requests, and through which proxy.
struct Route {
    agent: Agent,
    /// Whether the agent's own limit is that of the call.
    has_limit: bool,
    /// Whether the environment's proxy is passed by.
    direct: bool,
    /// Host and port of the proxy in use.
    proxy: Option<String>,
}

impl Route {
    fn of(endpoint: &Endpoint, request: &Request) -> Result<Self> {
        let direct = endpoint.agent.is_none() && endpoint.is_local();
        let agent = match &endpoint.agent {
            Some(agent) => agent,
            None if cfg!(not(feature = "rustls")) && request.url.starts_with("https:") => {
                let problem = "https needs TLS, which is not built in: \
                    enable the feature `rustls`, or pass an agent that has TLS with `Endpoint::with_agent`";
                return Err(Error::Transport(Box::new(TransportError { problem, ..TransportError::default() })));
            }
            None => {
                let shared = &*SHARED;
                if let Some((variable, problem)) = shared.proxy_problem.filter(|_| !direct) {
                    return Err(Error::input(variable, problem));
                }
                &shared.agent
            }
        };
        let proxy = agent.config().proxy().filter(|_| !direct);
        let is_passed_by = |proxy: &Proxy| request.url.parse().is_ok_and(|url| proxy.is_no_proxy(&url));
        let proxy =
            proxy.filter(|proxy| !is_passed_by(proxy)).map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        let has_limit = endpoint.agent.is_none() && endpoint.timeout == DEFAULT_TIMEOUT;
        let direct = direct && agent.config().proxy().is_some();
        Ok(Self { agent: agent.clone(), has_limit, direct, proxy })
    }
}

/// The agent behind all endpoints that have none of their own.
struct Shared {
    agent: Agent,
    /// The variable with a proxy that cannot be used, and why not.
    proxy_problem: Option<(&'static str, &'static str)>,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_response_header_size(MAX_HEADER_BYTES)
        // It bounds the name look-up too, for which ureq starts a thread with each request, also on a kept connection:
        // that takes 53 microseconds of a processor (68 in place of 15, on the loopback), and more on a busy machine.
        // Limits of the phases take no thread and leave the look-up without one.
        .timeout_global(Some(DEFAULT_TIMEOUT))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        // ureq keeps 10 in all and 3 to a host. Each bucket of a virtual-hosted service is a host of its own; in path
        // style all are one, and with 16 to a host 64 threads made a connection anew for every 14th call. 64 that are
        // kept take 4 MiB of buffers at most and as many files. ureq closes one that was idle for 15 seconds when it
        // next looks for one.
        .max_idle_connections(64)
        .max_idle_connections_per_host(64);
    #[cfg(feature = "platform-verifier")]
    let config =
        config.tls_config(ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build());
    let agent = config.build().new_agent();
    Shared { agent, proxy_problem: proxy_problem(|name| std::env::var_os(name)) }
});

/// Finds a proxy that is set and cannot be used, in the order in which ureq looks: it would go on without a word.
fn proxy_problem(variable: impl Fn(&str) -> Option<OsString>) -> Option<(&'static str, &'static str)> {
    const VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let (name, value) = VARIABLES.into_iter().find_map(|name| set(name).map(|value| (name, value)))?;
    match value.to_str().map(Proxy::new) {
        Some(Ok(proxy)) if !matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https) => {
            Some((name, "a SOCKS proxy; pass an agent that speaks it with `Endpoint::with_agent`"))
        }
        Some(Ok(_)) => None,
        _ => Some((name, "it is set and cannot be read as a proxy; the form is http://[user:password@]host[:port]")),
    }
}

/// One request and its answer, within the agent's limit if there is no other.
fn attempt(route: &Route, signed: &SignedRequest, limit: Option<Duration>, fresh: bool) -> Result<Response, Failure> {
    let build = http::Request::builder().method(signed.method()).uri(signed.url());
    let build = signed.headers().fold(build, |build, (name, value)| build.header(name, value));
    let build = build.header("User-Agent", USER_AGENT).header("Accept-Encoding", "identity");
    let answered = if signed.method() == "PUT" {
        run(route, build.body(signed.body()), limit, fresh)
    } else {
        run(route, build.body(()), limit, fresh)
    };
    let answer = answered.map_err(Failure::sending)?;
    let status = answer.status().as_u16();
    let (head, body) = answer.into_parts();
    let mut bytes = Vec::with_capacity(2048);
    // Counted after decoding, which ureq's own limit is not. One byte more tells that there is more.
    let read = body.into_reader().take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(Failure::reading)?;
    let headers: Vec<_> =
        head.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))).collect();
    Ok(Response::new(status, headers.iter().map(|(name, value)| (*name, value.as_ref())), bytes))
}

/// Sets on the request what a call rests on, so that a caller's agent cannot undo it.
fn run(
    route: &Route,
    request: http::Result<http::Request<impl ureq::AsSendBody>>,
    limit: Option<Duration>,
    fresh: bool,
) -> Result<http::Response<ureq::Body>, ureq::Error> {
    let request = request?;
    if limit.is_none() && !route.direct && !fresh {
        // The shared agent, as it is set up above. ureq keeps one TLS configuration, that of requests without a config
        // of their own; until there is one, the others make theirs for each connection: no session is resumed, and with
        // the system's roots it takes 86 KiB and 1.1 of the 1.6 ms of a new connection.
        return route.agent.run(request);
    }
    let mut config = route
        .agent
        .configure_request(request)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_response_header_size(MAX_HEADER_BYTES);
    if let Some(limit) = limit {
        config = config.timeout_global(Some(limit));
    }
    if route.direct {
        config = config.proxy(None);
    }
    if fresh {
        // A kept connection may be dead, and there is no attempt left to find out.
        config = config.max_idle_age(Duration::ZERO);
    }
    route.agent.run(config.build())
}

/// The host of a URL, with its port.
fn host(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(all(test, feature = "platform-verifier"))]
mod tests {
    #[test]
    fn the_shared_agent_believes_the_systems_roots() {
        let tls = super::SHARED.agent.config().tls_config();
        assert!(matches!(tls.root_certs(), ureq::tls::RootCerts::PlatformVerifier));
    }
}
