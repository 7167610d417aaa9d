//! Requests and answers as plain data.

use std::collections::BTreeMap;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use ureq_proto::http::request::Parts;
use ureq_proto::http::uri::Authority;

/// A request as it was received.
pub(super) struct Received {
    pub(super) method: String,
    /// As it was sent: percent-encoded.
    pub(super) path: String,
    /// Decoded, in the order in which they were sent. A name without `=` has an empty value.
    pub(super) query: Vec<(String, String)>,
    /// The host, without its port, in lower case.
    pub(super) host: String,
    /// By lower-case names. Repeated ones are joined with commas, as the services do before they verify.
    headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    /// Whether a request that should tell the length of its body does not.
    pub(super) misses_length: bool,
}

impl Received {
    pub(super) fn new(parts: &Parts, body: Vec<u8>, misses_length: bool) -> Self {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            match headers.get_mut(name.as_str()) {
                Some(joined) => {
                    joined.push(',');
                    joined.push_str(value.trim());
                }
                None => {
                    headers.insert(name.as_str().to_owned(), value.trim().to_owned());
                }
            }
        }
        let authority = parts.uri.authority().map(Authority::as_str);
        let authority = authority.or_else(|| headers.get("host").map(String::as_str)).unwrap_or_default();
        Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(pairs).unwrap_or_default(),
            host: without_port(authority).to_ascii_lowercase(),
            headers,
            body,
            misses_length,
        }
    }

    /// A header by its lower-case name, trimmed; none if it is empty.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All headers, sorted by their lower-case names.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn has_query(&self, name: &str) -> bool {
        self.query.iter().any(|(found, _)| found == name)
    }

    /// The path, decoded, without its first slash.
    pub(super) fn decoded_path(&self) -> String {
        decode(self.path.strip_prefix('/').unwrap_or(&self.path))
    }

    /// The segments of the path, decoded one by one: a slash may be part of one.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path.strip_prefix('/').unwrap_or(&self.path).split('/').map(decode).collect()
    }

    /// Whether it is the unsigned question by which OBS clients choose a signature.
    pub(super) fn asks_api_version(&self) -> bool {
        self.method == "HEAD" && self.has_query("apiversion")
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (decode(name), decode(value))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn without_port(authority: &str) -> &str {
    let end = authority.find(']').map_or_else(|| authority.find(':'), |bracket| Some(bracket + 1));
    end.and_then(|end| authority.get(..end)).unwrap_or(authority)
}

/// Whether a host is an address, which names no bucket.
pub(super) fn is_ip(host: &str) -> bool {
    host.starts_with('[') || host.parse::<IpAddr>().is_ok()
}

/// An answer, ready to be sent.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}
