//! HMAC-SHA1 over a few lines: OSS V1, and OBS, which is the same but for its prefixes.
//!
//! <https://www.alibabacloud.com/help/en/oss/developer-reference/include-signatures-in-the-authorization-header>
//! and <https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0010.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Whose headers are signed, and how a date header of the vendor's own counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Oss,
    Obs,
}

impl Dialect {
    /// What the vendor's own headers begin with. All of them are signed.
    pub(crate) fn header_prefix(self) -> &'static str {
        match self {
            Self::Oss => "x-oss-",
            Self::Obs => "x-obs-",
        }
    }

    pub(crate) fn token_header(self) -> &'static str {
        match self {
            Self::Oss => "x-oss-security-token",
            Self::Obs => "x-obs-security-token",
        }
    }

    /// The first word of the Authorization header.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Oss => "OSS",
            Self::Obs => "OBS",
        }
    }
}

/// The first stage. The headers are those of the request that count (`content-md5`, `content-type` and the vendor's
/// own), sorted by their lower-case names. The date is the value of `Date`; a date header of the vendor's own takes its
/// place on OSS, and empties it on OBS. The resource is not percent-encoded.
pub(crate) fn string_to_sign(
    dialect: Dialect,
    method: &str,
    date: &str,
    headers: &[(impl AsRef<str>, impl AsRef<str>)],
    resource: &str,
) -> String {
    let headers = headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref().trim()));
    let find = |wanted| headers.clone().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let date = match dialect {
        Dialect::Oss => find("x-oss-date").unwrap_or(date),
        Dialect::Obs => find("x-obs-date").map_or(date, |_| ""),
    };
    let own = headers.clone().filter(|(name, _)| name.starts_with(dialect.header_prefix()));
    let own_bytes: usize = own.clone().map(|(name, value)| name.len() + value.len() + 2).sum();
    let mut text = String::with_capacity(method.len() + 64 + date.len() + own_bytes + resource.len());
    for line in [method, find("content-md5").unwrap_or(""), find("content-type").unwrap_or(""), date] {
        text.push_str(line);
        text.push('\n');
    }
    for (name, value) in own {
        for part in [name, ":", value, "\n"] {
            text.push_str(part);
        }
    }
    text.push_str(resource);
    text
}

/// The second stage: base64.
pub(crate) fn signature(secret: &str, string_to_sign: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(string_to_sign.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

/// The value of the Authorization header.
pub(crate) fn authorization(dialect: Dialect, access_key_id: &str, signature: &str) -> String {
    [dialect.name(), " ", access_key_id, ":", signature].concat()
}
