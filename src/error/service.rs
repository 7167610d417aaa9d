//! A service's own error, read out of its answer.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::mismatch::SignatureMismatch;
use super::{Call, Error, OneLine, Result, advice, snippet};
use crate::request::{MAX_BODY_BYTES, Request, Response, SignedRequest};
use crate::sign::time;
use crate::xml;

/// What OSS and OBS answer to a get when nothing is configured. With which status, their sources disagree.
const NOT_CONFIGURED: [&str; 2] = ["NoSuchServerSideEncryptionRule", "NoSuchEncryptionConfiguration"];

impl Response {
    /// Passes an answer with a success status, whatever its body.
    ///
    /// # Errors
    /// [`Error::Service`] with the service's own error for any other status.
    pub fn check(&self) -> Result<()> {
        if self.is_success() { Ok(()) } else { Err(Error::Service(Box::new(ServiceError::read(self)))) }
    }

    /// Reads the setting out of an answer to a get. `None` only on a clear sign that nothing is configured.
    pub(crate) fn setting<'a, T>(&'a self, parse: impl FnOnce(&'a str) -> Result<Option<T>>) -> Result<Option<T>> {
        let decoded = if self.is_success() { Some(self.success_body().and_then(parse)) } else { None };
        match decoded {
            Some(Ok(setting)) => Ok(setting),
            failed => {
                let error = ServiceError::read(self);
                if NOT_CONFIGURED.contains(&error.code()) && !error.contradicts_itself {
                    return Ok(None);
                }
                match failed {
                    Some(Err(_)) if !error.code.is_empty() => {
                        let problem = format!("an error with the success status {}: {}", self.status(), error.code);
                        Err(Error::decode(problem, self.body()))
                    }
                    Some(failed) => failed,
                    None => Err(Error::Service(Box::new(error))),
                }
            }
        }
    }

    fn success_body(&self) -> Result<&str> {
        let wrong = |problem: &str| Err(Error::decode(problem, self.body()));
        if self.status() == 204 || self.body().is_empty() {
            return wrong(&format!("status {} without a body", self.status()));
        }
        if self.body().len() > MAX_BODY_BYTES {
            return wrong("its body is longer than 64 KiB");
        }
        match str::from_utf8(self.body()) {
            Ok(text) => Ok(text),
            Err(_) => wrong("its body is not UTF-8"),
        }
    }
}

/// What a service answered when it refused, in its own words.
#[derive(Default)]
pub struct ServiceError {
    pub(super) call: Option<Call>,
    status: u16,
    code: String,
    /// Whether the answer names two codes: then it is no clear sign of anything.
    contradicts_itself: bool,
    message: String,
    request_id: Option<String>,
    ec: Option<String>,
    host_id: Option<String>,
    endpoint: Option<String>,
    location: Option<String>,
    server_time: Option<SystemTime>,
    request_time: Option<SystemTime>,
    /// What the service signed, where it says so. With V1 and OBS it may hold the security token.
    string_to_sign: Option<String>,
    canonical_request: Option<String>,
    mismatch: Option<SignatureMismatch>,
    advice: Option<String>,
}

impl ServiceError {
    /// Reads an answer: the body before the headers, and of the headers whatever the body leaves open.
    pub(crate) fn read(response: &Response) -> Self {
        let mut error = Self { status: response.status(), ..Self::default() };
        if response.body().len() <= MAX_BODY_BYTES {
            error.read_body(response.body());
        }
        // Where there is no body, OSS sends the document it would have held, in base64.
        if error.code.is_empty()
            && let Some(document) = response.header("x-oss-err").and_then(|value| BASE64.decode(value).ok())
        {
            error.read_body(&document);
        }
        let header = |names: &[&str]| names.iter().find_map(|name| response.header(name)).map(str::to_owned);
        if error.code.is_empty() {
            error.code = header(&["x-oss-error-type", "x-obs-error-code"]).unwrap_or_default();
        }
        if error.message.is_empty() {
            error.message = header(&["x-obs-error-message"]).unwrap_or_else(|| snippet(response.body()));
        }
        error.request_id = error.request_id.or_else(|| header(&["x-oss-request-id", "x-obs-request-id"]));
        error.ec = error.ec.or_else(|| header(&["x-oss-ec"]));
        error.host_id = error.host_id.or_else(|| header(&["x-obs-id-2"]));
        error.location = header(&["location"]).filter(|_| (300..400).contains(&error.status));
        error.endpoint = error.endpoint.or_else(|| host_of(error.location.as_deref()?).map(str::to_owned));
        // A `Date` of 1970 has been seen.
        error.server_time = (error.server_time.filter(|time| time::is_plausible(*time)))
            .or_else(|| httpdate::parse_http_date(response.header("date")?).ok())
            .filter(|time| time::is_plausible(*time));
        error.advice = advice::find(&error, None);
        error
    }

    /// Adds what only the call knows: the advice for its operation, and why its signature does not match. The texts of
    /// the answer are without secrets by now, so ours are compared without them, too.
    pub(super) fn explain(&mut self, request: &Request, signed: Option<&SignedRequest>, hide: impl Fn(&mut String)) {
        self.request_time = self.request_time.or(signed.map(SignedRequest::time));
        self.mismatch = signed.and_then(|signed| self.compare(signed, hide));
        self.advice = advice::find(self, Some(request));
    }

    /// Holds what a request signed against what the service says it signed, for answers that another HTTP client got:
    /// the blocking functions have done it, see [`signature_mismatch`](Self::signature_mismatch). None where the
    /// service does not say.
    pub fn compare_signature(&self, signed: &SignedRequest) -> Option<SignatureMismatch> {
        self.compare(signed, |_| {})
    }

    fn compare(&self, signed: &SignedRequest, hide: impl Fn(&mut String)) -> Option<SignatureMismatch> {
        let ours = |text: &str| {
            let mut text = text.to_owned();
            hide(&mut text);
            text
        };
        let requests = signed.canonical_request().map(ours).zip(self.canonical_request.as_deref());
        let strings = self.string_to_sign.as_deref().map(|theirs| (ours(signed.string_to_sign()), theirs));
        SignatureMismatch::find(signed.scheme(), strings, requests)
    }

    fn read_body(&mut self, body: &[u8]) {
        let Ok(text) = str::from_utf8(body) else { return };
        let text = text.trim_start_matches('\u{feff}').trim_start();
        // By its first character: every spelling of a media type is seen, and none at all.
        if text.starts_with('<') {
            self.read_xml(text);
        } else if text.starts_with('{') {
            self.read_json(text);
        }
    }

    /// `<Error><Code>...`, of OSS and OBS.
    fn read_xml(&mut self, text: &str) {
        let Ok(document) = xml::parse(text) else { return };
        let root = document.root_element();
        if root.tag_name().name() != "Error" {
            return;
        }
        for element in xml::elements(root) {
            if let Ok(text) = xml::text(element) {
                self.set(element.tag_name().name(), &text);
            }
        }
    }

    /// `{"message": ...}` and `{"Error": {"Code": ...}}` of OSS Tables, and `{"code": ..., "request_id": ...}` of OBS.
    fn read_json(&mut self, text: &str) {
        let Ok(Value::Object(outer)) = serde_json::from_str(text) else { return };
        let fields = match outer.get("Error") {
            Some(Value::Object(inner)) => inner,
            _ => &outer,
        };
        for (name, value) in fields {
            if let Value::String(text) = value {
                self.set(name, text.trim());
            }
        }
    }

    /// Takes a field under any of its names. The first one counts.
    fn set(&mut self, name: &str, text: &str) {
        let field = match name {
            "Code" | "code" if self.code.is_empty() => return text.clone_into(&mut self.code),
            "Code" | "code" => return self.contradicts_itself |= self.code != text,
            "Message" | "message" if self.message.is_empty() => return text.clone_into(&mut self.message),
            "ServerTime" => return self.server_time = self.server_time.or_else(|| time::parse(text)),
            "RequestTime" => return self.request_time = self.request_time.or_else(|| time::parse(text)),
            "StringToSign" => &mut self.string_to_sign,
            "CanonicalRequest" => &mut self.canonical_request,
            "RequestId" | "request_id" => &mut self.request_id,
            "EC" => &mut self.ec,
            "HostId" => &mut self.host_id,
            "Endpoint" => &mut self.endpoint,
            _ => return,
        };
        if field.is_none() && !text.is_empty() {
            *field = Some(text.to_owned());
        }
    }

    /// Every text that came from outside.
    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let Self { code, message, request_id, ec, host_id, endpoint, location, .. } = self;
        let Self { string_to_sign, canonical_request, mismatch, advice, .. } = self;
        let (ours, theirs) = match mismatch {
            Some(SignatureMismatch::Differs { ours, theirs, .. }) => (ours.as_mut(), theirs.as_mut()),
            _ => (None, None),
        };
        let optional = [request_id, ec, host_id, endpoint, location, string_to_sign, canonical_request, advice];
        [code, message].into_iter().chain(optional.into_iter().flatten()).chain(ours).chain(theirs)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The service's error code, as in `NoSuchBucket`. Empty where the answer names none.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The service's message. Where it gives none, the beginning of the body.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The id by which the vendor's support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Alibaba Cloud's finer error code, as in `0002-00000040`:
    /// <https://api.alibabacloud.com/troubleshoot>.
    pub fn ec(&self) -> Option<&str> {
        self.ec.as_deref()
    }

    /// The host that answered, in the service's words.
    pub fn host_id(&self) -> Option<&str> {
        self.host_id.as_deref()
    }

    /// The endpoint that the service suggests instead: its `<Endpoint>`, else the host of a redirect.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// The region of the endpoint that the service suggests, where its name tells.
    pub fn region(&self) -> Option<&str> {
        let host = self.endpoint()?.split(':').next()?;
        let labels: Vec<_> =
            host.strip_suffix(".aliyuncs.com").or(host.strip_suffix(".myhuaweicloud.com"))?.split('.').collect();
        let region = match *labels.as_slice() {
            [.., region, "oss"] | [.., "obs", region] => region,
            [.., label] => label.strip_prefix("oss-")?,
            [] => return None,
        };
        let region = region.strip_suffix("-internal").unwrap_or(region);
        Some(region).filter(|region| !region.starts_with("accelerate"))
    }

    /// What to do about it, where the error has a known fix. These are this library's words, not the vendor's.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// Why the signature does not match, when the service answered `SignatureDoesNotMatch` with what it signed.
    /// Without secrets and tokens.
    pub fn signature_mismatch(&self) -> Option<&SignatureMismatch> {
        self.mismatch.as_ref()
    }

    /// Whether our clock is ahead of the service's, and by how much.
    pub(super) fn skew(&self) -> Option<(bool, Duration)> {
        Some(advice::apart(self.request_time?, self.server_time?))
    }

    /// The service's time when it answered.
    pub(crate) fn server_time(&self) -> Option<SystemTime> {
        self.server_time
    }

    /// Whether the service refused because of the request's time.
    pub(crate) fn is_skewed(&self) -> bool {
        self.kind() == Kind::Skewed
    }

    pub(super) fn is_denied(&self) -> bool {
        self.kind() == Kind::Denied
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.kind() == Kind::NotFound
    }

    pub(super) fn is_expired(&self) -> bool {
        self.kind() == Kind::Expired
    }

    pub(super) fn is_throttled(&self) -> bool {
        self.kind() == Kind::Throttled
    }

    pub(super) fn is_wrong_endpoint(&self) -> bool {
        self.kind() == Kind::WrongEndpoint
    }

    /// Sorts the error. The code tells; on OSS Tables, which has one code a status, EC and message do.
    pub(super) fn kind(&self) -> Kind {
        let says = |words: &str| self.message.to_ascii_lowercase().contains(words);
        match self.code.as_str() {
            code if NOT_CONFIGURED.contains(&code) => Kind::Other,
            "RequestTimeTooSkewed" => Kind::Skewed,
            "SecurityTokenExpired" | "ExpiredToken" => Kind::Expired,
            "InvalidAccessKeyId" | "InvalidSecurityToken" if says("expired") => Kind::Expired,
            "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidSecurityToken" | "SecurityTokenNotSupported" => {
                Kind::Unknown
            }
            "VirtualHostDomainRequired"
            | "SecondLevelDomainForbidden"
            | "PublicEndpointForbidden"
            | "PermanentRedirect"
            | "TemporaryRedirect" => Kind::WrongEndpoint,
            "TooManyRequests" | "TooManyRequestsException" | "SlowDown" => Kind::Throttled,
            code if code.ends_with("LimitExceeded") => Kind::Throttled,
            code if code.starts_with("NoSuch") => Kind::NotFound,
            _ => match self.ec() {
                Some("0002-00000504") => Kind::Skewed,
                Some("0002-00000007") => Kind::Expired,
                // Of authentication: of the signature, the token or the key.
                Some(ec) if ec.starts_with("0002-") => Kind::Unknown,
                _ if says("request time") && says("current time") || says("too skewed") => Kind::Skewed,
                _ if says("token") && says("expired") => Kind::Expired,
                _ if says("security token")
                    || says("access key id you provided")
                    || says("signature")
                    || says("valid date") =>
                {
                    Kind::Unknown
                }
                _ if says("from uri and from host not match") => Kind::WrongEndpoint,
                _ => match self.status {
                    429 => Kind::Throttled,
                    404 => Kind::NotFound,
                    300..=399 => Kind::WrongEndpoint,
                    401 | 403 if self.endpoint.is_some() => Kind::WrongEndpoint,
                    401 | 403 => Kind::Denied,
                    _ => Kind::Other,
                },
            },
        }
    }
}

/// What the predicates tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The caller is known and may not.
    Denied,
    /// The caller is not known: key, signature or token are wrong.
    Unknown,
    Expired,
    Skewed,
    NotFound,
    Throttled,
    WrongEndpoint,
    Other,
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(call) = &self.call {
            write!(f, "{call}: ")?;
        }
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") if self.location.is_some() => f.write_str("a redirect, which is not followed")?,
            ("", "") => f.write_str("an error without a message")?,
            (text, "") | ("", text) => write!(f, "{}", OneLine(text))?,
            (code, message) => write!(f, "{}: {}", OneLine(code), OneLine(message))?,
        }
        write!(f, " (HTTP {}", self.status)?;
        if let Some(location) = &self.location {
            write!(f, ", redirected to {}", OneLine(location))?;
        } else if let Some(endpoint) = &self.endpoint {
            write!(f, ", endpoint {}", OneLine(endpoint))?;
        }
        for (what, text) in [("request id", &self.request_id), ("EC", &self.ec)] {
            if let Some(text) = text {
                write!(f, ", {what} {}", OneLine(text))?;
            }
        }
        f.write_str(")")?;
        if f.alternate() {
            if let Some(advice) = &self.advice {
                write!(f, "\n  advice: {}", OneLine(advice))?;
            }
            if let Some(mismatch) = &self.mismatch {
                write!(f, "\n  signature: {mismatch:#}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The host of a URL, with its port if it has one, without a user name.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next().filter(|host| !host.is_empty())
}
