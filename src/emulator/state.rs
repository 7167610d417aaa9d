//! What the emulator keeps, and the ten operations on it.

use std::collections::{BTreeMap, HashMap};

use super::answers::{self, Refusal};
use super::message::{Received, is_ip};
use super::verify::Verified;
use crate::algorithm::SseAlgorithm;
use crate::endpoint::Service;
use crate::name::{Dots, TableBucketArn, check_bucket};
use crate::oss_tables::TableEncryption;
use crate::{obs, oss};

/// The largest configuration of a bucket that OBS takes.
const MAX_OBS_BODY_BYTES: usize = 20 * 1024;

/// What the front of a host must not end in for it to name a table bucket: it is a region.
const TABLES_DOMAIN: &str = "oss-tables.";

#[derive(Default)]
pub(super) struct State {
    buckets: BTreeMap<String, Bucket>,
    table_buckets: HashMap<TableBucketArn, TableBucket>,
}

#[derive(Default)]
struct Bucket {
    oss: Option<oss::BucketEncryption<'static>>,
    obs: Option<obs::BucketEncryption<'static>>,
}

#[derive(Default)]
struct TableBucket {
    setting: Option<TableEncryption<'static>>,
    /// By namespace, then by table.
    tables: HashMap<String, HashMap<String, TableEncryption<'static>>>,
}

/// An operation that was done.
pub(super) struct Done {
    pub(super) status: u16,
    pub(super) body: Option<String>,
}

impl Done {
    const OK: Self = Self { status: 200, body: None };
    const NO_CONTENT: Self = Self { status: 204, body: None };

    fn with(body: String) -> Self {
        Self { status: 200, body: Some(body) }
    }
}

impl State {
    pub(super) fn create_bucket(&mut self, name: &str) {
        self.buckets.entry(name.to_owned()).or_default();
    }

    pub(super) fn create_table_bucket(&mut self, arn: &TableBucketArn) {
        self.table_buckets.entry(arn.clone()).or_default();
    }

    pub(super) fn create_table(&mut self, arn: &TableBucketArn, namespace: &str, table: &str) {
        let bucket = self.table_buckets.entry(arn.clone()).or_default();
        let inherited = bucket.setting.clone().unwrap_or_else(TableEncryption::aes256);
        let tables = bucket.tables.entry(namespace.to_owned()).or_default();
        tables.entry(table.to_owned()).or_insert(inherited);
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = &str> {
        self.buckets.keys().map(String::as_str)
    }

    /// The bucket that a host names: itself, or in front. The longest, because names may hold dots.
    pub(super) fn bucket_of_host(&self, host: &str) -> Option<&str> {
        let is_named =
            |bucket: &&str| host.strip_prefix(bucket).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.buckets().filter(|bucket| !is_ip(host) && is_named(bucket)).max_by_key(|bucket| bucket.len())
    }

    /// Does what a verified request asks for.
    pub(super) fn perform(&mut self, verified: &Verified, request: &Received) -> Result<Done, Refusal> {
        let name = match verified.service {
            Service::OssTables => return self.perform_on_tables(request),
            Service::Oss | Service::Obs => verified.bucket.as_deref(),
        };
        let Some(name) = name.filter(|_| verified.is_bucket_level && request.has_query("encryption")) else {
            return Err(answers::not_served("this operation"));
        };
        if request.misses_length {
            let message = "You must provide the Content-Length HTTP header.";
            return Err(Refusal::new(411, "MissingContentLength", message));
        }
        let dots = if verified.service == Service::Oss { Dots::Refused } else { Dots::Single };
        let Some(bucket) = self.buckets.get_mut(name) else {
            let is_name = check_bucket(name, dots).is_ok();
            return Err(if is_name { answers::no_such_bucket(name) } else { answers::invalid_bucket_name(name) });
        };
        match (verified.service, request.method.as_str()) {
            (Service::Oss, "GET" | "HEAD") => bucket.get_oss(name),
            (Service::Oss, "PUT") => bucket.put_oss(&request.body),
            (Service::Oss, "DELETE") => {
                bucket.oss = None;
                Ok(Done::NO_CONTENT)
            }
            (_, "GET" | "HEAD") => bucket.get_obs(name),
            (_, "PUT") => bucket.put_obs(&request.body),
            (_, "DELETE") => {
                bucket.obs = None;
                Ok(Done::NO_CONTENT)
            }
            (_, method) => Err(answers::method_not_allowed(method)),
        }
    }

    fn perform_on_tables(&mut self, request: &Received) -> Result<Done, Refusal> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (arn, names) = match segments[..] {
            ["buckets", arn, "encryption"] => (arn, None),
            ["tables", arn, namespace, table, "encryption"] => (arn, Some((namespace, table))),
            _ => return Err(answers::not_served("this operation").of_tables()),
        };
        let Ok(arn) = arn.parse::<TableBucketArn>() else {
            return Err(bad_request("The specified TableBucketArn is not valid."));
        };
        if names_another(&request.host, &arn) {
            return Err(bad_request("TableBucketArn from uri and from host not match."));
        }
        let Some(bucket) = self.table_buckets.get_mut(&arn) else { return Err(not_found("table bucket")) };
        match (request.method.as_str(), names) {
            ("GET", Some((namespace, table))) => {
                let Some(tables) = bucket.tables.get(namespace) else { return Err(not_found("namespace")) };
                let Some(setting) = tables.get(table) else { return Err(not_found("table")) };
                Ok(Done::with(answers::tables_body(Some(setting))))
            }
            ("GET", None) => Ok(Done::with(answers::tables_body(bucket.setting.as_ref()))),
            ("PUT", None) => bucket.put(&request.body),
            ("DELETE", None) => {
                bucket.setting = None;
                Ok(Done::NO_CONTENT)
            }
            _ => {
                let message = "The specified method is not allowed against this resource.";
                Err(Refusal::new(405, "MethodNotAllowedException", message).with_ec("0016-00000502"))
            }
        }
    }
}

impl Bucket {
    fn get_oss(&self, name: &str) -> Result<Done, Refusal> {
        let body = self.oss.as_ref().map(answers::oss_body);
        body.map(Done::with).ok_or_else(|| {
            let message = "The server side encryption rule does not exist.";
            Refusal::new(404, "NoSuchServerSideEncryptionRule", message).with("BucketName", name)
        })
    }

    fn put_oss(&mut self, body: &[u8]) -> Result<Done, Refusal> {
        let mut setting = parse(body, |text| oss::BucketEncryption::from_xml(text).map_err(drop))?;
        let is_kms = setting.sse_algorithm == SseAlgorithm::Kms;
        if matches!(setting.sse_algorithm, SseAlgorithm::Other(_)) {
            return Err(unknown_algorithm("AES256/KMS"));
        }
        if !is_kms && setting.kms_master_key_id.is_some() {
            let message = "KMSMasterKeyID is not applicable if the default sse algorithm is not KMS.";
            return Err(Refusal::new(400, "InvalidArgument", message).with("ArgumentName", "KMSMasterKeyID"));
        }
        if setting.kms_data_encryption.as_ref().is_some_and(|cipher| is_kms && cipher != "SM4") {
            let message = "KMSDataEncryption must be SM4.";
            return Err(Refusal::new(400, "InvalidArgument", message).with("ArgumentName", "KMSDataEncryption"));
        }
        // Without KMS the service takes it and forgets it.
        setting.kms_data_encryption = setting.kms_data_encryption.filter(|_| is_kms);
        self.oss = Some(setting.into_owned());
        Ok(Done::OK)
    }

    fn get_obs(&self, name: &str) -> Result<Done, Refusal> {
        let body = self.obs.as_ref().map(answers::obs_body);
        body.map(Done::with).ok_or_else(|| {
            let message = "The bucket encryption configuration does not exist.";
            Refusal::new(404, "NoSuchEncryptionConfiguration", message).with("BucketName", name)
        })
    }

    fn put_obs(&mut self, body: &[u8]) -> Result<Done, Refusal> {
        if body.is_empty() {
            return Err(Refusal::new(400, "MissingRequestBodyError", "Request body is empty."));
        }
        if body.len() > MAX_OBS_BODY_BYTES {
            let message = "The bucket configuration is larger than 20 KB.";
            return Err(Refusal::new(400, "EntityTooLarge", message));
        }
        let setting = parse(body, |text| obs::BucketEncryption::from_xml(text).map_err(drop))?;
        if !matches!(setting.sse_algorithm, SseAlgorithm::Aes256 | SseAlgorithm::Kms) {
            return Err(unknown_algorithm("AES256/kms"));
        }
        if setting.project_id.is_some() && setting.kms_master_key_id.is_none() {
            let message = "ProjectID is not allowed without KMSMasterKeyID.";
            return Err(Refusal::new(400, "InvalidArgument", message));
        }
        self.obs = Some(setting.into_owned());
        Ok(Done::OK)
    }
}

impl TableBucket {
    fn put(&mut self, body: &[u8]) -> Result<Done, Refusal> {
        let setting = str::from_utf8(body).ok().and_then(|text| TableEncryption::from_json(text).ok().flatten());
        let Some(setting) = setting else {
            return Err(bad_request("The request body is not a valid encryption configuration."));
        };
        if setting.sse_algorithm != SseAlgorithm::Aes256 {
            return Err(bad_request("The specified sseAlgorithm is not supported: only AES256 is."));
        }
        if setting.kms_key_arn.is_some() {
            return Err(bad_request("The specified kmsKeyArn is not supported: it must be empty."));
        }
        self.setting = Some(setting.into_owned());
        Ok(Done::OK)
    }
}

/// Reads the body of a put to OSS or OBS.
fn parse<'b, T>(body: &'b [u8], from_xml: impl FnOnce(&'b str) -> Result<Option<T>, ()>) -> Result<T, Refusal> {
    let malformed =
        || Refusal::new(400, "MalformedXML", "The XML you provided was not well-formed or did not validate.");
    let text = str::from_utf8(body).map_err(|_| malformed())?;
    match from_xml(text).map_err(|()| malformed())? {
        Some(setting) => Ok(setting),
        // Read as "no setting": in an answer the word `None` means that, in a put it is an unknown algorithm.
        None if text.contains("SSEAlgorithm>") => Err(unknown_algorithm("AES256/KMS")),
        None => Err(malformed()),
    }
}

fn unknown_algorithm(known: &str) -> Refusal {
    let message = format!("The Encryption request you specified is not valid. Supported value: {known}.");
    Refusal::new(400, "InvalidEncryptionAlgorithmError", message).with_ec("0005-00000003")
}

fn bad_request(message: &'static str) -> Refusal {
    Refusal::new(400, "BadRequestException", message).with_ec("0016-00000502")
}

fn not_found(what: &str) -> Refusal {
    let message = format!("The specified {what} does not exist.");
    Refusal::new(404, "NotFoundException", message).with_ec("0015-00000101")
}

/// Whether a host names another table bucket than the path. It names one as `{bucket}-{account}.`; regions may look
/// alike, as `ap-southeast-1.` does.
fn names_another(host: &str, arn: &TableBucketArn) -> bool {
    let Some((label, rest)) = host.split_once('.') else { return false };
    if rest.starts_with(TABLES_DOMAIN) || label.strip_suffix("-internal").unwrap_or(label) == arn.region() {
        return false;
    }
    let is_account = |account: &str| !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    let names_one = label.rsplit_once('-').is_some_and(|(_, account)| is_account(account));
    names_one && label != format!("{}-{}", arn.bucket(), arn.account_id())
}
