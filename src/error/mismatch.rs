//! Why a signature does not match: what we signed, held against what the service signed.

use std::fmt;

use crate::request::{Scheme, hide_token};

/// What became of comparing the texts that both sides signed: the answer to `SignatureDoesNotMatch`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureMismatch {
    /// The service signed the same text, so the access key secret is not the one that belongs to the access key id, or
    /// has a stray character.
    WrongSecret,
    /// The service signed another text, so the request was not the same when it arrived, or it was meant for another
    /// place.
    Differs {
        /// Which text: `canonical request` or `string to sign`.
        text: &'static str,
        /// The first line that differs, counted from 1.
        line: usize,
        /// Our line; none where our text has ended.
        ours: Option<String>,
        /// The service's line; none where its text has ended.
        theirs: Option<String>,
        /// What is likely to have made the difference, where the line tells.
        likely: Option<&'static str>,
    },
}

impl SignatureMismatch {
    /// Compares ours with the service's, with the earliest text that it shows: a canonical request tells more than its
    /// hash.
    pub(super) fn find(
        scheme: &Scheme,
        strings: Option<(String, &str)>,
        requests: Option<(String, &str)>,
    ) -> Option<Self> {
        let requests =
            requests.map(|(ours, theirs)| first_difference("canonical request", &ours, theirs, likely_in_request));
        let strings = strings.map(|(ours, theirs)| {
            let likely = |line: usize, text: &str| match scheme {
                Scheme::V4 { .. } => likely_in_v4_string(line),
                Scheme::V1 | Scheme::Obs => likely_in_v1_string(line, text),
            };
            first_difference("string to sign", &ours, theirs, likely)
        });
        match (requests, strings) {
            (Some(Some(difference)), _) | (_, Some(Some(difference))) => Some(difference),
            (_, Some(None)) => Some(Self::WrongSecret),
            // Equal canonical requests alone leave date and scope open.
            (_, None) => None,
        }
    }
}

fn first_difference(
    text: &'static str,
    ours: &str,
    theirs: &str,
    likely: impl Fn(usize, &str) -> Option<&'static str>,
) -> Option<SignatureMismatch> {
    let (mut our_lines, mut their_lines) = (ours.trim().lines(), theirs.trim().lines());
    let mut line = 0;
    loop {
        line += 1;
        let (ours, theirs) = (our_lines.next(), their_lines.next());
        if ours.is_none() && theirs.is_none() {
            return None;
        }
        if ours.map(str::trim_end) != theirs.map(str::trim_end) {
            return Some(SignatureMismatch::Differs {
                text,
                line,
                likely: likely(line, theirs.filter(|line| !line.is_empty()).or(ours).unwrap_or_default()),
                ours: ours.map(hide_token),
                theirs: theirs.map(hide_token),
            });
        }
    }
}

/// The canonical request of V4: method, path, query, headers, additional headers, payload.
fn likely_in_request(line: usize, text: &str) -> Option<&'static str> {
    match line {
        1 => Some("something on the way changed the method"),
        2 => Some("the endpoint leads to another bucket, or something on the way changed the path"),
        3 => Some("something on the way changed the query"),
        _ => likely_in_header(text),
    }
}

/// The string to sign of V4: algorithm, time, scope, hash of the canonical request.
fn likely_in_v4_string(line: usize) -> Option<&'static str> {
    match line {
        2 => Some("something on the way changed x-oss-date"),
        3 => Some("the endpoint is of another region or another product than the request was signed for"),
        4 => Some("the canonical requests differ: something on the way changed the path, the query or a header"),
        _ => None,
    }
}

/// The string to sign of V1 and OBS: method, Content-MD5, Content-Type, date, headers, resource.
fn likely_in_v1_string(line: usize, text: &str) -> Option<&'static str> {
    match line {
        1 => Some("something on the way changed the method"),
        2 => Some("something on the way changed Content-MD5"),
        3 => Some("something on the way changed Content-Type"),
        4 => Some("something on the way changed Date"),
        _ if text.starts_with('/') => {
            Some("the endpoint leads to another bucket, or something on the way changed the path or the query")
        }
        _ => likely_in_header(text),
    }
}

fn likely_in_header(line: &str) -> Option<&'static str> {
    match line.split_once(':')?.0 {
        "content-type" => Some("a proxy or the agent's middleware changed Content-Type"),
        "content-md5" => Some("a proxy or the agent's middleware changed Content-MD5"),
        _ => Some("a proxy or the agent's middleware changed, added or dropped this header"),
    }
}

impl fmt::Display for SignatureMismatch {
    /// One line; `{:#}` has the two lines below each other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, line, ours, theirs, likely) = match self {
            Self::WrongSecret => {
                return f.write_str(
                    "the service signed the same text, so the access key secret is wrong or has a stray character",
                );
            }
            Self::Differs { text, line, ours, theirs, likely } => (text, line, ours, theirs, likely),
        };
        write!(f, "the service signed another {text}, from line {line} on")?;
        let quote =
            |line: &Option<String>| line.as_ref().map_or_else(|| "(no line)".to_owned(), |line| format!("{line:?}"));
        if f.alternate() {
            write!(f, "\n    ours:    {}\n    service: {}", quote(ours), quote(theirs))?;
            return likely.map_or(Ok(()), |likely| write!(f, "\n    likely:  {likely}"));
        }
        write!(f, ": ours {}, the service's {}", quote(ours), quote(theirs))?;
        likely.map_or(Ok(()), |likely| write!(f, "; {likely}"))
    }
}
