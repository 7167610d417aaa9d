//! Signing, as pure functions by stage: canonical request, string to sign, signature, Authorization.
//!
//! The stages take any method, path, query and headers, because the emulator verifies what others sent.

pub(crate) mod time;
pub(crate) mod v1;
pub(crate) mod v4;

use std::borrow::Cow;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};

use self::time::Timestamp;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::request::{Request, Scheme, SignedRequest, encode_path};

impl Request {
    /// Signs the request, as it would be sent at that time. It is pure: the clock is the caller's.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) when the time is outside the years 1970 to 9999, or the key has run out by
    /// then ([`is_expired`](crate::Error::is_expired)).
    pub fn sign(&self, credentials: &Credentials, at: SystemTime) -> Result<SignedRequest> {
        let timestamp = Timestamp::new(at).ok_or_else(|| {
            Error::input("at", "the time is outside the years 1970 to 9999; is the machine's clock set?")
        })?;
        credentials.check_expiry(at)?;
        // In the order of their lower-case names, because that is how they are signed.
        let mut headers: Vec<(&'static str, Cow<'static, str>)> = Vec::with_capacity(7);
        if let Some(content) = &self.content {
            headers.push(("Content-MD5", content_md5(content.body.as_bytes()).into()));
            headers.push(("Content-Type", content.media_type.into()));
        }
        let token = credentials.security_token().map(str::to_owned);
        let (canonical_request, string_to_sign, authorization);
        match &self.scheme {
            Scheme::V4 { product, region } => {
                headers.push(("x-oss-content-sha256", v4::UNSIGNED_PAYLOAD.into()));
                headers.push(("x-oss-date", timestamp.basic().to_owned().into()));
                if let Some(token) = token {
                    headers.push(("x-oss-security-token", token.into()));
                }
                let scope = v4::Scope { date: timestamp.basic_date(), region, product };
                let path = encode_path(&self.resource);
                let request = v4::canonical_request(self.method, path, self.query, &headers, "");
                string_to_sign = v4::string_to_sign(timestamp.basic(), &scope, &request);
                let signature =
                    v4::signature(&v4::signing_key(credentials.access_key_secret(), &scope), &string_to_sign);
                authorization = v4::authorization(credentials.access_key_id(), &scope, "", &signature);
                canonical_request = Some(request);
            }
            Scheme::V1 | Scheme::Obs => {
                let dialect = if matches!(self.scheme, Scheme::V1) { v1::Dialect::Oss } else { v1::Dialect::Obs };
                if let Some(token) = token {
                    headers.push((dialect.token_header(), token.into()));
                }
                let resource = [&self.resource, "?", self.query].concat();
                let date = timestamp.http();
                string_to_sign = v1::string_to_sign(dialect, self.method, date, &headers, &resource);
                let signature = v1::signature(credentials.access_key_secret(), &string_to_sign);
                authorization = v1::authorization(dialect, credentials.access_key_id(), &signature);
                canonical_request = None;
            }
        }
        headers.push(("Date", timestamp.into_http().into()));
        headers.push(("Authorization", authorization.into()));
        Ok(SignedRequest {
            method: self.method,
            url: self.url.clone(),
            headers,
            body: self.body().to_vec(),
            string_to_sign,
            canonical_request,
            scheme: self.scheme.clone(),
            at,
        })
    }
}

/// The value of a Content-MD5 header: what ties a body to the signature, which does not cover it.
pub(crate) fn content_md5(body: &[u8]) -> String {
    BASE64.encode(Md5::digest(body))
}

#[cfg(test)]
mod tests;
