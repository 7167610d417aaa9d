//! OSS V4 (`OSS4-HMAC-SHA256`), for OSS and OSS Tables.
//!
//! <https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4>

use std::fmt::{Display, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub(crate) const ALGORITHM: &str = "OSS4-HMAC-SHA256";

/// The end of every scope.
pub(crate) const TERMINATOR: &str = "aliyun_v4_request";

/// The only value of `x-oss-content-sha256` that the documentation allows.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// What a signature is good for: a day, a region and a product.
pub(crate) struct Scope<'a> {
    /// `YYYYMMDD`
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    /// `oss` or `osstables`
    pub(crate) product: &'a str,
}

impl Scope<'_> {
    fn push_to(&self, text: &mut String) {
        let Self { date, region, product } = self;
        push_all(text, &[date, "/", region, "/", product, "/", TERMINATOR]);
    }
}

/// The first stage. Path and query are percent-encoded, the query sorted; the headers are those to sign, sorted by
/// their lower-case names; `additional` names those of them that are not signed by default, joined by `;`.
pub(crate) fn canonical_request(
    method: &str,
    path: impl Display,
    query: &str,
    headers: &[(impl AsRef<str>, impl AsRef<str>)],
    additional: &str,
) -> String {
    let header_bytes: usize = headers.iter().map(|(name, value)| name.as_ref().len() + value.as_ref().len() + 2).sum();
    let mut text = String::with_capacity(256 + header_bytes);
    // Writing to a String cannot fail.
    let _ = write!(text, "{method}\n{path}\n{query}\n");
    for (name, value) in headers {
        let line = text.len();
        text.push_str(name.as_ref());
        // Byte by byte it is a tenth of the whole work of signing that is not hashing.
        text.get_mut(line..).map(str::make_ascii_lowercase);
        push_all(&mut text, &[":", value.as_ref().trim(), "\n"]);
    }
    push_all(&mut text, &["\n", additional, "\n", UNSIGNED_PAYLOAD]);
    text
}

/// The second stage. The time is the value of `x-oss-date`.
pub(crate) fn string_to_sign(time: &str, scope: &Scope<'_>, canonical_request: &str) -> String {
    let mut text = String::with_capacity(180);
    push_all(&mut text, &[ALGORITHM, "\n", time, "\n"]);
    scope.push_to(&mut text);
    text.push('\n');
    push_hex(&mut text, &Sha256::digest(canonical_request).into());
    text
}

/// The key of the third stage:
/// HMAC(HMAC(HMAC(HMAC("aliyun_v4" + secret, date), region), product), "aliyun_v4_request").
pub(crate) fn signing_key(secret: &str, scope: &Scope<'_>) -> Zeroizing<[u8; 32]> {
    let mut seed = Zeroizing::new(Vec::with_capacity("aliyun_v4".len() + secret.len()));
    seed.extend_from_slice(b"aliyun_v4");
    seed.extend_from_slice(secret.as_bytes());
    let mut key = Zeroizing::new(hmac_sha256(&seed, scope.date));
    for part in [scope.region, scope.product, TERMINATOR] {
        key = Zeroizing::new(hmac_sha256(&*key, part));
    }
    key
}

/// The third stage: 64 hexadecimal digits.
pub(crate) fn signature(key: &[u8; 32], string_to_sign: &str) -> String {
    let mut text = String::with_capacity(64);
    push_hex(&mut text, &hmac_sha256(key, string_to_sign));
    text
}

/// The value of the Authorization header. No blank behind the commas, as the vendor's clients write it.
pub(crate) fn authorization(access_key_id: &str, scope: &Scope<'_>, additional: &str, signature: &str) -> String {
    let mut text = String::with_capacity(160 + access_key_id.len() + additional.len());
    push_all(&mut text, &[ALGORITHM, " Credential=", access_key_id, "/"]);
    scope.push_to(&mut text);
    if !additional.is_empty() {
        push_all(&mut text, &[",AdditionalHeaders=", additional]);
    }
    push_all(&mut text, &[",Signature=", signature]);
    text
}

fn hmac_sha256(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// In place of `write!`, whose machinery took as long as all of the allocations.
fn push_all(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

fn push_hex(text: &mut String, bytes: &[u8; 32]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    text.push_str(str::from_utf8(&digits).unwrap_or_default());
}
