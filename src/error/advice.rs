//! What to do about an error that has a known fix: one table, kept apart from the vendor's own words.

use std::time::Duration;

use super::ServiceError;
use super::mismatch::SignatureMismatch;
use super::service::Kind;
use crate::request::{Request, Scheme};

/// What a row may look at: the answer and, when it is one of our calls', the request.
struct Facts<'a> {
    error: &'a ServiceError,
    request: Option<&'a Request>,
}

impl Facts<'_> {
    fn has_code(&self, codes: &[&str]) -> bool {
        codes.contains(&self.error.code())
    }

    fn says(&self, words: &str) -> bool {
        self.error.message().to_ascii_lowercase().contains(words)
    }

    fn has_ec(&self, ecs: &[&str]) -> bool {
        self.error.ec().is_some_and(|ec| ecs.contains(&ec))
    }

    fn is(&self, kind: Kind) -> bool {
        self.error.kind() == kind
    }

    fn is_signed_with(&self, signed: impl Fn(&Scheme) -> bool) -> bool {
        self.request.is_some_and(|request| signed(&request.scheme))
    }

    /// Whether the body that was put has the first element and not the second.
    fn put_has(&self, element: &str, but_not: &str) -> bool {
        let body = self.request.and_then(|request| request.content.as_ref()).map_or("", |content| &content.body);
        body.contains(element) && !body.contains(but_not)
    }
}

/// Whether a row is for an error, and its text.
type Row = (fn(&Facts<'_>) -> bool, fn(&Facts<'_>) -> String);

/// The first row that fits counts, so the particular ones come first.
const TABLE: [Row; 20] = [
    // The address.
    (
        |f| f.has_code(&["SecondLevelDomainForbidden", "VirtualHostDomainRequired"]),
        |_| "this address takes the bucket in the host only: use `Addressing::VirtualHosted`".into(),
    ),
    (
        |f| f.has_code(&["PublicEndpointForbidden"]),
        |_| {
            "the public address is closed to this bucket: pass the domain that is bound to it with `with_url`, and \
             `Addressing::Cname`"
                .into()
        },
    ),
    (
        |f| f.says("from uri and from host not match"),
        |_| "the address is another table bucket's: pass the region's address, or none, to `with_url`".into(),
    ),
    (
        |f| f.is(Kind::WrongEndpoint) && f.error.endpoint().is_some(),
        |f| {
            let endpoint = f.error.endpoint().unwrap_or_default();
            // The host of a redirect begins with the bucket, which an endpoint leaves out.
            let bucket = f.request.map_or("", |request| &request.target);
            let endpoint = endpoint.strip_prefix(bucket).and_then(|rest| rest.strip_prefix('.')).unwrap_or(endpoint);
            match f.error.region() {
                Some(region) => {
                    format!("the bucket is served at {endpoint}: make the endpoint with the region {region:?}")
                }
                None => format!("the bucket is served at {endpoint}: pass that address to `Endpoint::with_url`"),
            }
        },
    ),
    // The signature.
    (
        // Where the texts differ, the comparison says more than any advice.
        |f| {
            (f.has_code(&["SignatureDoesNotMatch"]) || f.has_ec(&["0002-00000040", "0002-00000201"]))
                && !matches!(f.error.signature_mismatch(), Some(SignatureMismatch::Differs { .. }))
        },
        |_| "check that the access key secret is the one of this access key id, whole and without blanks".into(),
    ),
    (
        |f| f.error.status() == 400 && f.says("authorization") && f.is_signed_with(|s| matches!(s, Scheme::V4 { .. })),
        |_| {
            "the service may not know the V4 signature, as some private clouds do not: try \
             `with_signature_version(SignatureVersion::V1)`"
                .into()
        },
    ),
    (
        |f| {
            f.is_signed_with(|scheme| matches!(scheme, Scheme::V1))
                && f.says("signature")
                && (f.says("version") || f.says("v1") || f.says("v4"))
        },
        |_| "the service no longer takes the V1 signature here: drop `with_signature_version`".into(),
    ),
    (
        |f| f.is(Kind::Skewed),
        |f| match f.error.skew() {
            Some((ahead, by)) => {
                let (by, way) = (by.as_secs(), if ahead { "ahead of" } else { "behind" });
                format!("this machine's clock is {by} s {way} the service's, and 900 s are allowed: set the clock")
            }
            None => "this machine's clock is more than 900 s off the service's: set the clock".into(),
        },
    ),
    // The key and the token.
    (
        |f| f.is(Kind::Expired),
        |_| "the temporary key has expired: get a new one, with its secret and security token".into(),
    ),
    (
        |f| f.has_ec(&["0002-00000003"]) || f.says("security token") && f.says("missing"),
        |_| "this is a temporary key: add its security token with `Credentials::with_security_token`".into(),
    ),
    (
        |f| {
            f.has_code(&["InvalidSecurityToken", "SecurityTokenNotSupported"])
                || f.has_ec(&["0002-00000004", "0002-00000006", "0002-00000008"])
        },
        |_| {
            "the security token does not belong to this access key: id, secret and token must come from one answer of \
             STS, and a permanent key has no token"
                .into()
        },
    ),
    (
        |f| f.has_code(&["InvalidAccessKeyId"]) || f.has_ec(&["0002-00000902"]) || f.says("access key id you provided"),
        |_| {
            "the service does not know this access key id: check that it is whole, enabled and of this cloud, and that \
             a temporary key comes with its security token"
                .into()
        },
    ),
    // The rights.
    (
        |f| f.is(Kind::Denied) && f.says("kms") && f.is_signed_with(|scheme| matches!(scheme, Scheme::Obs)),
        |_| {
            "the caller may not use the key: grant kms:cmk:get, kms:cmk:list, kms:cmk:create, kms:dek:create and \
             kms:dek:crypto in the project that owns it, and name that project with `with_project_id`"
                .into()
        },
    ),
    (
        |f| f.is(Kind::Denied) && f.says("kms"),
        |_| "the caller may not use the key: grant kms:DescribeKey, kms:GenerateDataKey and kms:Decrypt on it".into(),
    ),
    (
        |f| f.is(Kind::Denied) && f.request.is_some(),
        |f| {
            let action = f.request.map(action).unwrap_or_default();
            format!("the caller may not do this: grant {action} on {}", f.request.map_or("it", |r| &r.target))
        },
    ),
    // The setting.
    (
        |f| f.error.status() == 400 && f.put_has("<ProjectID>", "<KMSMasterKeyID>"),
        |_| "a project needs a key of its own: add `with_kms_master_key_id`, or drop `with_project_id`".into(),
    ),
    (
        |f| f.has_code(&["InvalidArgument"]) && f.put_has("<KMSMasterKeyID>", "<SSEAlgorithm>KMS<"),
        |_| "only KMS takes a key: use `BucketEncryption::kms()`, or drop `with_kms_master_key_id`".into(),
    ),
    (
        |f| f.has_code(&["InvalidEncryptionAlgorithmError"]),
        |_| "the service does not know the algorithm: use AES256 or KMS".into(),
    ),
    (
        |f| f.error.status() == 400 && f.put_has("\"encryptionConfiguration\"", "\"AES256\""),
        |_| "OSS Tables takes AES256 only today: use `TableEncryption::aes256()`".into(),
    ),
    // The rate.
    (|f| f.is(Kind::Throttled), |_| "too many requests at once: send fewer, and try again in some seconds".into()),
];

/// The advice for an error, where there is any.
pub(super) fn find(error: &ServiceError, request: Option<&Request>) -> Option<String> {
    let facts = Facts { error, request };
    TABLE.iter().find(|(applies, _)| applies(&facts)).map(|(_, text)| text(&facts))
}

/// The right that an operation takes: a RAM action of Alibaba Cloud, or an IAM action of Huawei Cloud.
fn action(request: &Request) -> String {
    match request.scheme {
        Scheme::Obs if request.method == "GET" => "obs:bucket:GetEncryptionConfiguration".to_owned(),
        Scheme::Obs => "obs:bucket:PutEncryptionConfiguration".to_owned(),
        Scheme::V4 { .. } | Scheme::V1 => format!("oss:{}", request.operation),
    }
}

/// How far two times are apart, and whether the first is ahead.
pub(super) fn apart(ours: std::time::SystemTime, theirs: std::time::SystemTime) -> (bool, Duration) {
    match ours.duration_since(theirs) {
        Ok(ahead) => (true, ahead),
        Err(behind) => (false, behind.duration()),
    }
}
