//! What goes to a service and what comes back: plain data.

use std::borrow::Cow;
use std::fmt;
use std::string::FromUtf8Error;
use std::sync::Arc;
use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use zeroize::Zeroize as _;

/// The most that is read of an answer. Real ones are under 2 KiB. The worst that so much can make a parser allocate is
/// 1.7 MiB (`tests/memory.rs`).
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// All but the unreserved characters of RFC 3986, as all vendors' signers do.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same, but a slash stays a slash.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Percent-encodes one segment of a path, or a name or value of a query. The one encoder: what goes over the wire and
/// what is signed are written by it.
pub(crate) fn encode_segment(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, SEGMENT)
}

/// Percent-encodes a path, leaving its slashes.
pub(crate) fn encode_path(path: &str) -> PercentEncode<'_> {
    utf8_percent_encode(path, PATH)
}

/// A request that is laid out but not signed: what the `..._request` functions make.
///
/// It says what is asked, without credentials and time. [`sign`](Self::sign) adds them.
#[derive(Clone)]
pub struct Request {
    /// The vendor's name of the operation, for errors.
    pub(crate) operation: &'static str,
    /// What it acts on, for errors.
    pub(crate) target: String,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    /// The path that is signed, decoded. It is the same for every addressing style.
    pub(crate) resource: String,
    /// The query, in the URL and signed: one bare word, or none.
    pub(crate) query: &'static str,
    pub(crate) content: Option<Content>,
    pub(crate) scheme: Scheme,
}

/// What a put sends.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) media_type: &'static str,
    pub(crate) body: String,
}

/// How a request is signed.
#[derive(Clone, Debug)]
pub(crate) enum Scheme {
    /// OSS and OSS Tables, V4: the scope names the product and the region.
    V4 { product: &'static str, region: Arc<str> },
    /// OSS, V1.
    V1,
    /// OBS.
    Obs,
}

impl Request {
    /// The HTTP method.
    pub fn method(&self) -> &str {
        self.method
    }

    /// The whole URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The body: empty but for a put.
    pub fn body(&self) -> &[u8] {
        self.content.as_ref().map_or(&[], |content| content.body.as_bytes())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body", &String::from_utf8_lossy(self.body()))
            .finish_non_exhaustive()
    }
}

/// A signed request: send it as it is, with any HTTP client, within 15 minutes of its time.
///
/// `Debug` hides the signature and the security token; the accessors return everything.
#[derive(Clone)]
pub struct SignedRequest {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, Cow<'static, str>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) string_to_sign: String,
    pub(crate) canonical_request: Option<String>,
    pub(crate) scheme: Scheme,
    pub(crate) at: SystemTime,
}

impl SignedRequest {
    /// The HTTP method.
    pub fn method(&self) -> &str {
        self.method
    }

    /// The whole URL. Nothing in it may be re-encoded or normalized: the signature covers it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers to send, all but `Host`, which HTTP clients add from the URL.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_ref()))
    }

    /// The body: empty but for a put. A GET or DELETE is sent without one.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The text that was signed. With V1 and OBS it holds the security token.
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    pub(crate) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The time it was signed for.
    pub(crate) fn time(&self) -> SystemTime {
        self.at
    }

    /// The canonical request of V4, whose hash is in the string to sign. It holds the security token. None for V1 and
    /// OBS, which have none.
    pub fn canonical_request(&self) -> Option<&str> {
        self.canonical_request.as_deref()
    }
}

impl Drop for SignedRequest {
    /// Wipes the copies of the security token.
    fn drop(&mut self) {
        let mut token = self.headers.iter_mut().filter(|(name, _)| name.ends_with(TOKEN_SUFFIX)).peekable();
        if token.peek().is_some() {
            token.for_each(|(_, value)| value.to_mut().zeroize());
            self.string_to_sign.zeroize();
            self.canonical_request.zeroize();
        }
    }
}

/// How the name of the header with the security token ends, on all three services.
const TOKEN_SUFFIX: &str = "-security-token";

/// The headers whose values `Debug` shows.
const SHOWN_HEADERS: [&str; 5] = ["content-type", "content-md5", "date", "x-oss-date", "x-oss-content-sha256"];

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Headers<'a>(&'a SignedRequest);
        impl fmt::Debug for Headers<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shown = |name: &str| SHOWN_HEADERS.iter().any(|shown| shown.eq_ignore_ascii_case(name));
                let hide = |(name, value)| (name, if shown(name) { value } else { "[hidden]" });
                f.debug_map().entries(self.0.headers().map(hide)).finish()
            }
        }
        f.debug_struct("SignedRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &Headers(self))
            .field("body", &String::from_utf8_lossy(&self.body))
            .field("string_to_sign", &hide_token(&self.string_to_sign))
            .field("canonical_request", &self.canonical_request().map(hide_token))
            .finish_non_exhaustive()
    }
}

/// Hides the value of the security token's line in a canonical request or a string to sign.
pub(crate) fn hide_token(text: &str) -> String {
    let hide = |line: &str| match line.split_once(':') {
        Some((name, _)) if name.ends_with(TOKEN_SUFFIX) => format!("{name}:[hidden]"),
        _ => line.to_owned(),
    };
    text.split('\n').map(hide).collect::<Vec<_>>().join("\n")
}

/// The headers of an answer that are read; no others are kept.
const READ_HEADERS: [&str; 11] = [
    "date",
    "location",
    "retry-after",
    "x-oss-request-id",
    "x-oss-ec",
    "x-oss-err",
    "x-oss-error-type",
    "x-obs-request-id",
    "x-obs-id-2",
    "x-obs-error-code",
    "x-obs-error-message",
];

/// An answer, as any HTTP client got it.
#[derive(Clone)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// Holds an answer. The body must be decoded (no `Content-Encoding` left), and at most 64 KiB of it are read:
    /// what is longer is an error.
    pub fn new<'h>(status: u16, headers: impl IntoIterator<Item = (&'h str, &'h str)>, body: Vec<u8>) -> Self {
        let is_read = |name: &str| READ_HEADERS.iter().any(|read| read.eq_ignore_ascii_case(name));
        let read = headers.into_iter().filter(|(name, _)| is_read(name));
        Self { status, headers: read.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Changes every text in it, as far as it is text.
    pub(crate) fn map_texts(self, change: impl Fn(&mut String)) -> Self {
        let body = String::from_utf8(self.body).map_or_else(FromUtf8Error::into_bytes, |mut text| {
            change(&mut text);
            text.into_bytes()
        });
        let mut headers = self.headers;
        for (_, value) in &mut headers {
            change(value);
        }
        Self { status: self.status, headers, body }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of that name, in any letter case, trimmed; none if it is empty.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for Response {
    /// Without values: an answer may echo the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
