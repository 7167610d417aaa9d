//! Who asks, and what for: the Authorization header tells the service, and the signature is verified over what was
//! received.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::answers::{self, Refusal};
use super::message::{Received, is_ip};
use super::state::State;
use crate::credentials::Credentials;
use crate::endpoint::Service;
use crate::request::{encode_path, encode_segment};
use crate::sign::{content_md5, time, v1, v4};

/// How far a request's time may be from the service's.
pub(super) const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// The names in a query that V1 and OBS sign, of those that act on a bucket. The vendors' lists are longer and differ.
const SUBRESOURCES: [&str; 16] = [
    "acl",
    "cors",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "policy",
    "replication",
    "tagging",
    "uploads",
    "versioning",
    "versions",
    "website",
    "worm",
];

/// The parameters of a signature in the URL.
const URL_SIGNATURES: [&str; 4] = ["Signature", "x-oss-signature", "X-Amz-Signature", "x-obs-signature"];

/// A request that was verified.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) service: Service,
    /// On OSS and OBS: none where the request names none.
    pub(super) bucket: Option<String>,
    /// Whether it is about the bucket itself, and not about an object in it.
    pub(super) is_bucket_level: bool,
}

/// Tells the service, also of a request that will be refused: it decides how.
pub(super) fn service_of(request: &Received) -> Service {
    let authorization = request.header("authorization").unwrap_or_default();
    match authorization.split_once(' ').map_or(authorization, |(scheme, _)| scheme) {
        v4::ALGORITHM if authorization.contains("/osstables/") => Service::OssTables,
        v4::ALGORITHM | "OSS" | "OSS2" => Service::Oss,
        "OBS" => Service::Obs,
        _ if request.decoded_path().contains("/acs:osstables:") => Service::OssTables,
        scheme if scheme.starts_with("AWS") => Service::Obs,
        _ if request.asks_api_version() || request.headers().any(|(name, _)| name.starts_with("x-obs-")) => {
            Service::Obs
        }
        _ if request.host.split('.').any(|label| label == "obs") => Service::Obs,
        _ => Service::Oss,
    }
}

/// Verifies a request: its signature, time, key, token and digest.
pub(super) fn verify(
    request: &Received,
    credentials: &Credentials,
    state: &State,
    now: SystemTime,
) -> Result<Verified, Refusal> {
    let service = service_of(request);
    let verified = Authorization::of(request)
        .and_then(|authorization| authorization.verify(service, request, credentials, state, now))
        .and_then(|verified| check_digest(service, request).map(|()| verified));
    verified.map_err(|refusal| if service == Service::OssTables { refusal.of_tables() } else { refusal })
}

/// What the Authorization header says.
struct Authorization<'a> {
    access_key_id: &'a str,
    signature: &'a str,
    scheme: Scheme<'a>,
}

enum Scheme<'a> {
    V4 {
        scope: v4::Scope<'a>,
        /// Lower case and sorted.
        additional: Vec<String>,
    },
    V1(v1::Dialect),
}

/// The texts that were signed, if the signature is right.
struct Signed {
    canonical_request: Option<String>,
    string_to_sign: String,
    signature: String,
}

/// What the signature may cover, and what it then means.
struct Resource {
    bucket: Option<String>,
    is_bucket_level: bool,
    /// The path that is signed, decoded.
    path: String,
}

impl<'a> Authorization<'a> {
    fn of(request: &'a Received) -> Result<Self, Refusal> {
        let in_url = URL_SIGNATURES.iter().any(|name| request.has_query(name));
        let Some(authorization) = request.header("authorization") else {
            return Err(if in_url { answers::not_served("a signature in the URL") } else { answers::anonymous() });
        };
        if in_url {
            let message = "A request carries one signature: in the Authorization header or in the URL.";
            return Err(Refusal::new(400, "InvalidArgument", message));
        }
        let (scheme, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
        let dialect = match scheme {
            v4::ALGORITHM => return Self::of_v4(rest, request),
            "OSS" => v1::Dialect::Oss,
            "OBS" => v1::Dialect::Obs,
            _ => return Err(Refusal::new(400, "InvalidArgument", "Unsupported Authorization Type")),
        };
        match rest.trim().split_once(':') {
            Some((access_key_id, signature)) if !access_key_id.is_empty() && !signature.is_empty() => {
                Ok(Self { access_key_id, signature, scheme: Scheme::V1(dialect) })
            }
            _ => Err(malformed("it is not `{access key id}:{signature}`")),
        }
    }

    fn of_v4(rest: &'a str, request: &Received) -> Result<Self, Refusal> {
        let (mut credential, mut additional, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or_else(|| malformed("a part of it has no `=`"))?;
            let slot = match name {
                "Credential" => &mut credential,
                "AdditionalHeaders" => &mut additional,
                "Signature" => &mut signature,
                _ => return Err(malformed("a part of it is unknown")),
            };
            if slot.replace(value).is_some() {
                return Err(malformed("a part of it is there twice"));
            }
        }
        let (Some(credential), Some(signature)) = (credential, signature) else {
            return Err(malformed("it lacks Credential or Signature"));
        };
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, product @ ("oss" | "osstables"), v4::TERMINATOR] = parts[..] else {
            return Err(malformed("the scope is not `{date}/{region}/{oss or osstables}/aliyun_v4_request`"));
        };
        if request.header("x-oss-content-sha256") != Some(v4::UNSIGNED_PAYLOAD) {
            return Err(Refusal::new(400, "InvalidArgument", "x-oss-content-sha256 must be UNSIGNED-PAYLOAD."));
        }
        if request.header("x-oss-date").is_some_and(|time| !time.starts_with(date)) {
            return Err(malformed("the scope has another date than x-oss-date"));
        }
        let additional = match additional {
            None => Vec::new(),
            Some("") => return Err(malformed("AdditionalHeaders is empty").with_ec("0002-00000209")),
            Some(names) => {
                let mut names: Vec<String> = names.split(';').map(|name| name.trim().to_ascii_lowercase()).collect();
                names.sort_unstable();
                names.dedup();
                names
            }
        };
        let scheme = Scheme::V4 { scope: v4::Scope { date, region, product }, additional };
        Ok(Self { access_key_id, signature, scheme })
    }

    fn verify(
        &self,
        service: Service,
        request: &Received,
        credentials: &Credentials,
        state: &State,
        now: SystemTime,
    ) -> Result<Verified, Refusal> {
        self.check_time(request, now)?;
        if self.access_key_id != credentials.access_key_id() {
            return Err(answers::unknown_key(service, self.access_key_id));
        }
        self.check_token(service, request, credentials)?;
        let resources = match &self.scheme {
            Scheme::V4 { scope, .. } if service == Service::OssTables => vec![tables_resource(request, scope)],
            _ => resources(service, request, state),
        };
        let mut first = None;
        for resource in resources {
            let signed = self.sign(request, &resource, credentials.access_key_secret());
            if signed.signature == self.signature {
                let Resource { bucket, is_bucket_level, .. } = resource;
                return Ok(Verified { service, bucket, is_bucket_level });
            }
            first.get_or_insert(signed);
        }
        Err(self.mismatch(service, first))
    }

    /// The time that the signature covers must be near the service's.
    fn check_time(&self, request: &Received, now: SystemTime) -> Result<(), Refusal> {
        let (own, date) = match self.scheme {
            Scheme::V4 { .. } => (request.header("x-oss-date"), None),
            Scheme::V1(v1::Dialect::Oss) => (request.header("x-oss-date"), request.header("date")),
            Scheme::V1(v1::Dialect::Obs) => (request.header("x-obs-date"), request.header("date")),
        };
        let parse = |text: &str| {
            // Huawei's pages write it also with an offset.
            let http = text.strip_suffix("+0000").map_or(Cow::Borrowed(text), |text| format!("{text}GMT").into());
            time::parse(text).or_else(|| httpdate::parse_http_date(&http).ok())
        };
        let Some(requested) = own.or(date).and_then(parse) else { return Err(answers::no_date()) };
        let distance = now.duration_since(requested).unwrap_or_else(|ahead| ahead.duration());
        if distance > MAX_SKEW { Err(answers::skewed(requested, now)) } else { Ok(()) }
    }

    fn check_token(&self, service: Service, request: &Received, credentials: &Credentials) -> Result<(), Refusal> {
        let token = match self.scheme {
            Scheme::V4 { .. } => request.header("x-oss-security-token"),
            // Alibaba's second SDKs for Python and Java send it under this name, and unsigned.
            Scheme::V1(v1::Dialect::Oss) => {
                request.header("x-oss-security-token").or_else(|| request.header("security-token"))
            }
            Scheme::V1(v1::Dialect::Obs) => request.header("x-obs-security-token"),
        };
        match (token, credentials.security_token()) {
            (None, None) => Ok(()),
            (Some(theirs), Some(ours)) if theirs == ours => Ok(()),
            (Some(_), Some(_)) => Err(answers::wrong_token()),
            (None, Some(_)) => Err(answers::unknown_key(service, self.access_key_id).with_ec("0002-00000003")),
            (Some(_), None) => Err(answers::unknown_key(service, self.access_key_id).with_ec("0002-00000002")),
        }
    }

    /// Signs what was received, as its sender should have.
    fn sign(&self, request: &Received, resource: &Resource, secret: &str) -> Signed {
        match &self.scheme {
            Scheme::V4 { scope, additional } => {
                let is_signed = |name: &str| {
                    name.starts_with("x-oss-")
                        || matches!(name, "content-type" | "content-md5")
                        || additional.iter().any(|additional| additional == name)
                };
                let headers: Vec<_> = request.headers().filter(|(name, _)| is_signed(name)).collect();
                let query = canonical_query(&request.query);
                let path = encode_path(&resource.path);
                let canonical = v4::canonical_request(&request.method, path, &query, &headers, &additional.join(";"));
                let time = request.header("x-oss-date").unwrap_or_default();
                let string_to_sign = v4::string_to_sign(time, scope, &canonical);
                let signature = v4::signature(&v4::signing_key(secret, scope), &string_to_sign);
                Signed { canonical_request: Some(canonical), string_to_sign, signature }
            }
            Scheme::V1(dialect) => {
                let headers: Vec<_> = request.headers().collect();
                let path = format!("{}{}", resource.path, subresources(&request.query));
                let date = request.header("date").unwrap_or_default();
                let string_to_sign = v1::string_to_sign(*dialect, &request.method, date, &headers, &path);
                let signature = v1::signature(secret, &string_to_sign);
                Signed { canonical_request: None, string_to_sign, signature }
            }
        }
    }

    fn mismatch(&self, service: Service, signed: Option<Signed>) -> Refusal {
        let ec = match self.scheme {
            Scheme::V4 { .. } if service == Service::Oss => "0002-00000201",
            _ => "0002-00000040",
        };
        let refusal = answers::signature_mismatch(self.access_key_id, self.signature).with_ec(ec);
        match signed {
            Some(Signed { canonical_request, string_to_sign, .. }) => {
                refusal.with_signed(string_to_sign, canonical_request)
            }
            None => refusal,
        }
    }
}

fn malformed(problem: &str) -> Refusal {
    Refusal::new(400, "InvalidArgument", format!("The Authorization header is malformed: {problem}."))
}

/// The digest ties the body to the signature, which does not cover it.
fn check_digest(service: Service, request: &Received) -> Result<(), Refusal> {
    let Some(digest) = request.header("content-md5") else { return Ok(()) };
    if digest == content_md5(&request.body) {
        return Ok(());
    }
    let is_digest = BASE64.decode(digest).is_ok_and(|bytes| bytes.len() == 16);
    Err(match service {
        Service::Obs if is_digest => {
            Refusal::new(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        }
        _ => Refusal::new(400, "InvalidDigest", "The Content-MD5 you specified is not valid."),
    })
}

/// Decoded pairs as V4 signs them: encoded, sorted as they are then, and without `=` where there is no value.
fn canonical_query(query: &[(String, String)]) -> String {
    let encode = |(name, value): &(String, String)| {
        (encode_segment(name).to_string(), Some(encode_segment(value).to_string()).filter(|value| !value.is_empty()))
    };
    let mut pairs: Vec<_> = query.iter().map(encode).collect();
    pairs.sort_unstable();
    let join = |(name, value): (String, Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name,
    };
    pairs.into_iter().map(join).collect::<Vec<_>>().join("&")
}

/// What V1 and OBS sign of a query: the subresources and the vendor's own parameters, not encoded.
fn subresources(query: &[(String, String)]) -> String {
    let is_signed =
        |name: &str| SUBRESOURCES.contains(&name) || name.starts_with("x-oss-") || name.starts_with("x-obs-");
    let mut signed: Vec<_> = query.iter().filter(|(name, _)| is_signed(name)).collect();
    signed.sort_unstable();
    let join =
        |(name, value): &(String, String)| if value.is_empty() { name.clone() } else { format!("{name}={value}") };
    match signed.into_iter().map(join).collect::<Vec<_>>().join("&") {
        none if none.is_empty() => none,
        some => format!("?{some}"),
    }
}

/// What a request to OSS Tables signs: the ARN in its path, then the whole path, decoded.
fn tables_resource(request: &Received, scope: &v4::Scope<'_>) -> Resource {
    let path = request.decoded_path();
    let path = match request.segments().into_iter().nth(1).filter(|segment| segment.starts_with("acs:")) {
        Some(arn) => format!("/{arn}/{path}"),
        None => format!("/acs:osstables:{}::bucket//{path}", scope.region),
    };
    Resource { bucket: None, is_bucket_level: false, path }
}

/// What a request to OSS or OBS may sign, by host and path. The first one is the likeliest, and is what a refusal shows.
fn resources(service: Service, request: &Received, state: &State) -> Vec<Resource> {
    let resource = |bucket: Option<&str>, path: String, is_bucket_level| Resource {
        bucket: bucket.map(str::to_owned),
        is_bucket_level,
        path,
    };
    let path = request.decoded_path();
    let known = state.bucket_of_host(&request.host);
    let mut resources = Vec::new();
    if let Some(bucket) = known {
        resources.push(resource(known, format!("/{bucket}/{path}"), path.is_empty()));
    }
    if path.is_empty() {
        let bucket = known.or_else(|| first_label(&request.host));
        match bucket {
            Some(bucket) if known.is_none() => resources.push(resource(Some(bucket), format!("/{bucket}/"), true)),
            Some(_) => {}
            None => resources.push(resource(None, "/".to_owned(), false)),
        }
        if service == Service::Obs {
            // On a domain of the bucket's own, the domain is signed in the bucket's place.
            resources.push(resource(bucket, format!("/{}/", request.host), true));
        } else if known.is_none() {
            // A domain that names no bucket is taken to be bound to the one that was signed.
            resources.extend(state.buckets().map(|bucket| resource(Some(bucket), format!("/{bucket}/"), true)));
        }
    } else {
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        resources.push(resource(Some(bucket), format!("/{bucket}/{key}"), key.is_empty()));
        if service == Service::Obs && !path.contains('/') {
            // As Huawei's SDKs sign path style.
            resources.push(resource(Some(bucket), format!("/{bucket}"), true));
        }
    }
    resources
}

/// What stands for the bucket in a host that has one in front.
fn first_label(host: &str) -> Option<&str> {
    let (label, _) = host.split_once('.')?;
    (!is_ip(host) && !label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests;
