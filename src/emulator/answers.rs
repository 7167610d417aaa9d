//! What the services say, in their formats.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::message::{Answer, Received};
use super::random;
use super::state::Done;
use super::verify::MAX_SKEW;
use crate::endpoint::Service;
use crate::oss_tables::TableEncryption;
use crate::sign::time::Timestamp;
use crate::{obs, oss, xml};

/// The region of the emulator's OBS. It is part of the namespace of its XML.
pub(super) const OBS_REGION: &str = "cn-north-4";

/// A service's error.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: Cow<'static, str>,
    message: Cow<'static, str>,
    /// Alibaba Cloud's finer code.
    ec: Option<&'static str>,
    /// What else the XML says.
    details: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code: code.into(), message: message.into(), ec: None, details: Vec::new() }
    }

    pub(super) fn with_ec(self, ec: &'static str) -> Self {
        Self { ec: Some(ec), ..self }
    }

    pub(super) fn with(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.details.push((name, text.into()));
        self
    }

    /// Shows what should have been signed.
    pub(super) fn with_signed(self, string_to_sign: String, canonical_request: Option<String>) -> Self {
        let bytes: Vec<String> = string_to_sign.bytes().map(|byte| format!("{byte:02X}")).collect();
        let refusal = self.with("StringToSign", string_to_sign).with("StringToSignBytes", bytes.join(" "));
        match canonical_request {
            Some(canonical_request) => refusal.with("CanonicalRequest", canonical_request),
            None => refusal,
        }
    }

    /// OSS Tables has one code a status; the EC and the message tell the rest.
    pub(super) fn of_tables(self) -> Self {
        Self { code: code_of_status(Service::OssTables, self.status).into(), ..self }
    }

    /// An error of which the status is known, with the code that the service has for it unless one is given.
    pub(super) fn of_status(service: Service, status: u16, code: Option<&str>, message: &str) -> Self {
        let code = code.unwrap_or_else(|| code_of_status(service, status));
        Self::new(status, code.to_owned(), message.to_owned())
    }
}

fn code_of_status(service: Service, status: u16) -> &'static str {
    match (service, status) {
        (Service::OssTables, 400) => "BadRequestException",
        (Service::OssTables, 403) => "ForbiddenException",
        (Service::OssTables, 404) => "NotFoundException",
        (Service::OssTables, 405) => "MethodNotAllowedException",
        (Service::OssTables, 409) => "ConflictException",
        (Service::OssTables, 429) => "TooManyRequestsException",
        (Service::OssTables, 501) => "NotImplementedException",
        (Service::OssTables, 500..) => "InternalServerErrorException",
        (_, 301 | 308) => "PermanentRedirect",
        (_, 300..=399) => "TemporaryRedirect",
        (_, 400) => "InvalidArgument",
        (_, 403) => "AccessDenied",
        (_, 404) => "NoSuchBucket",
        (_, 405) => "MethodNotAllowed",
        (_, 408) => "RequestTimeout",
        (_, 411) => "MissingContentLength",
        (_, 429) => "TooManyRequests",
        (_, 500) => "InternalError",
        (_, 501) => "NotImplemented",
        (_, 503) => "ServiceUnavailable",
        _ => "",
    }
}

pub(super) fn anonymous() -> Refusal {
    let message = "Anonymous access is forbidden for this operation.";
    Refusal::new(403, "AccessDenied", message).with_ec("0003-00000801")
}

pub(super) fn no_date() -> Refusal {
    Refusal::new(403, "AccessDenied", "Authentication requires a valid Date or x-oss-date header.")
}

pub(super) fn unknown_key(service: Service, access_key_id: &str) -> Refusal {
    let message = match service {
        Service::Obs => "The Access Key Id you provided does not exist in our records.",
        Service::Oss | Service::OssTables => "The OSS Access Key Id you provided does not exist in our records.",
    };
    Refusal::new(403, "InvalidAccessKeyId", message).with_ec("0002-00000902").with("OSSAccessKeyId", access_key_id)
}

pub(super) fn wrong_token() -> Refusal {
    Refusal::new(403, "InvalidSecurityToken", "The security token you provided is invalid.").with_ec("0002-00000006")
}

pub(super) fn skewed(requested: SystemTime, now: SystemTime) -> Refusal {
    let message = "The difference between the request time and the current time is too large.";
    Refusal::new(403, "RequestTimeTooSkewed", message)
        .with_ec("0002-00000504")
        .with("RequestTime", iso(requested))
        .with("ServerTime", iso(now))
        .with("MaxAllowedSkewMilliseconds", MAX_SKEW.as_millis().to_string())
}

pub(super) fn signature_mismatch(access_key_id: &str, signature: &str) -> Refusal {
    let message = "The request signature we calculated does not match the signature you provided. \
        Check your key and signing method.";
    Refusal::new(403, "SignatureDoesNotMatch", message)
        .with("OSSAccessKeyId", access_key_id)
        .with("SignatureProvided", signature)
}

pub(super) fn no_such_bucket(name: &str) -> Refusal {
    Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist.")
        .with_ec("0015-00000101")
        .with("BucketName", name)
}

pub(super) fn invalid_bucket_name(name: &str) -> Refusal {
    Refusal::new(400, "InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name)
}

pub(super) fn method_not_allowed(method: &str) -> Refusal {
    Refusal::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        .with("Method", method)
        .with("ResourceType", "encryption")
}

/// For what the services have and the emulator has not.
pub(super) fn not_served(what: &str) -> Refusal {
    let message = format!("The emulator serves the ten encryption operations, and not {what}.");
    Refusal::new(501, "NotImplemented", message)
}

/// The answer to an operation that was done.
pub(super) fn done(service: Service, done: Done, now: SystemTime) -> Answer {
    let mut headers = headers(service, now);
    if done.body.is_some() {
        let media_type = if service == Service::OssTables { "application/json" } else { "application/xml" };
        headers.push(("content-type", media_type.to_owned()));
    }
    Answer { status: done.status, headers, body: done.body.unwrap_or_default() }
}

/// The answer to a request that was refused.
pub(super) fn refused(request: &Received, service: Service, refusal: &Refusal, now: SystemTime) -> Answer {
    let mut headers = headers(service, now);
    let body = match service {
        Service::OssTables => {
            headers.push(("content-type", "application/json".to_owned()));
            if !refusal.code.is_empty() {
                headers.push(("x-oss-error-type", refusal.code.clone().into_owned()));
            }
            format!("{{\"message\":{}}}", serde_json::Value::from(&*refusal.message))
        }
        Service::Oss | Service::Obs => {
            headers.push(("content-type", "application/xml".to_owned()));
            error_body(request, service, refusal, &headers)
        }
    };
    if let Some(ec) = refusal.ec.filter(|_| service != Service::Obs) {
        headers.push(("x-oss-ec", ec.to_owned()));
    }
    // A HEAD is answered without a body: headers say what it would have said.
    match service {
        _ if request.method != "HEAD" => {}
        Service::Oss => headers.push(("x-oss-err", BASE64.encode(&body))),
        Service::OssTables => {}
        Service::Obs => {
            headers.push(("x-obs-error-code", refusal.code.clone().into_owned()));
            headers.push(("x-obs-error-message", refusal.message.clone().into_owned()));
        }
    }
    Answer { status: refusal.status, headers, body }
}

/// The answer to the question by which OBS clients choose a signature.
pub(super) fn api_version(now: SystemTime) -> Answer {
    let answer = Answer { status: 200, headers: headers(Service::Obs, now), body: String::new() };
    answer.with_header("x-obs-api", "3.0".to_owned())
}

fn headers(service: Service, now: SystemTime) -> Vec<(&'static str, String)> {
    let date = ("date", http_date(now));
    if service == Service::Obs {
        let id = format!("{:016X}{:016X}", random(), random());
        let id_2 = BASE64.encode(std::array::from_fn::<_, 6, _>(|_| random().to_be_bytes()).concat());
        return vec![("server", "OBS".to_owned()), date, ("x-obs-request-id", id), ("x-obs-id-2", id_2)];
    }
    // As the service's: the first eight digits are the time.
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() & 0xFFFF_FFFF;
    let id = format!("{seconds:08X}{:016X}", random());
    vec![
        ("server", "AliyunOSS".to_owned()),
        date,
        ("x-oss-request-id", id),
        ("x-oss-server-time", (1 + random() % 20).to_string()),
    ]
}

/// `<Error>`, as OSS and OBS write it.
fn error_body(request: &Received, service: Service, refusal: &Refusal, headers: &[(&'static str, String)]) -> String {
    let header = |wanted: &str| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
    let mut body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n".to_owned();
    let mut line = |name: &str, text: Option<&str>| {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return };
        body.push_str("  ");
        xml::push_element(&mut body, name, Some(&carriable(text)));
        body.push('\n');
    };
    line("Code", Some(&refusal.code));
    line("Message", Some(&refusal.message));
    if service == Service::Obs {
        line("Resource", Some(&request.path));
    }
    line("RequestId", header("x-oss-request-id").or_else(|| header("x-obs-request-id")));
    line("HostId", header("x-obs-id-2").or(Some(&request.host)));
    for (name, text) in &refusal.details {
        match (service, *name) {
            (Service::Obs, "OSSAccessKeyId") => line("AccessKeyId", Some(text)),
            // What OBS says of the times is in its message and its Date.
            (Service::Obs, "RequestTime" | "ServerTime" | "MaxAllowedSkewMilliseconds") => {}
            (_, name) => line(name, Some(text)),
        }
    }
    if let Some(ec) = refusal.ec.filter(|_| service == Service::Oss) {
        line("EC", Some(ec));
        line("RecommendDoc", Some(&format!("https://api.aliyun.com/troubleshoot?q={ec}")));
    }
    body.push_str("</Error>\n");
    body
}

/// What XML cannot carry is replaced: paths may hold anything.
fn carriable(text: &str) -> String {
    let replace = |c: char| match c {
        '\t' | '\n' | '\r' => c,
        c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
        c => c,
    };
    text.chars().map(replace).collect()
}

pub(super) fn oss_body(setting: &oss::BucketEncryption<'_>) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", setting.to_xml())
}

/// As a put writes it, with the declaration and the namespace.
pub(super) fn obs_body(setting: &obs::BucketEncryption<'_>) -> String {
    let root = "<ServerSideEncryptionConfiguration";
    let namespaced = format!("{root} xmlns=\"http://obs.{OBS_REGION}.myhuaweicloud.com/doc/2015-06-30/\"");
    let document = setting.to_xml().replacen(root, &namespaced, 1);
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{document}")
}

pub(super) fn tables_body(setting: Option<&TableEncryption<'_>>) -> String {
    let mut body = r#"{"encryptionConfiguration":{"#.to_owned();
    if let Some(TableEncryption { sse_algorithm, kms_key_arn }) = setting {
        let text = |text: &str| serde_json::Value::from(text);
        let (arn, algorithm) = (text(kms_key_arn.as_deref().unwrap_or_default()), text(sse_algorithm.as_str()));
        // Writing to a String cannot fail.
        let _ = write!(body, r#""kmsKeyArn":{arn},"sseAlgorithm":{algorithm}"#);
    }
    body.push_str("}}");
    body
}

fn http_date(time: SystemTime) -> String {
    Timestamp::new(time).map(Timestamp::into_http).unwrap_or_default()
}

/// `2025-04-10T08:00:00.000Z`
fn iso(time: SystemTime) -> String {
    let Some(time) = Timestamp::new(time) else { return String::new() };
    let part = |range| time.basic().get(range).unwrap_or_default();
    let (date, clock) = ((part(0..4), part(4..6), part(6..8)), (part(9..11), part(11..13), part(13..15)));
    format!("{}-{}-{}T{}:{}:{}.000Z", date.0, date.1, date.2, clock.0, clock.1, clock.2)
}
