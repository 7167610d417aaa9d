//! Huawei Cloud OBS: the default encryption of a bucket.
//!
//! ```no_run
//! use bucket_encryption::{Credentials, Endpoint, obs};
//!
//! # fn main() -> bucket_encryption::Result<()> {
//! let credentials = Credentials::new("EXAMPLEKEYID", "secret")?;
//! let endpoint = Endpoint::obs("cn-north-4")?;
//! match obs::get_bucket_encryption(&credentials, &endpoint, "examplebucket")? {
//!     Some(encryption) => println!("encrypted with {encryption}"),
//!     None => println!("nothing is configured"),
//! }
//! # Ok(())
//! # }
//! ```

mod ensure;

use std::borrow::Cow;
use std::fmt;

use roxmltree::Node;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

pub use self::ensure::{ensure_bucket_encryption, plan_bucket_encryption};
use crate::algorithm::SseAlgorithm;
use crate::credentials::Credentials;
use crate::endpoint::{Endpoint, Service};
use crate::error::{Error, Result};
use crate::name::{Dots, check_bucket};
use crate::request::{Content, Request, Response, Scheme};
use crate::{transport, xml};

/// Reads a bucket's default encryption. `None` means that nothing is configured; it does not prove that no object in
/// the bucket is encrypted, because an upload may name an encryption of its own.
///
/// # Errors
/// - [`Error::Input`] when the bucket's name or the endpoint cannot be used; nothing was sent.
/// - [`Error::Service`] when the service refuses: see [`Error::is_denied`] (it takes `obs:bucket:GetEncryptionConfiguration`),
///   [`Error::is_not_found`], [`Error::is_wrong_endpoint`].
/// - [`Error::Transport`] when no whole answer came in time.
/// - [`Error::Decode`] when the answer is not what the service promises. Never taken for "nothing".
///
/// <https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0064.html>
pub fn get_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    bucket: &str,
) -> Result<Option<BucketEncryption<'static>>> {
    let request = get_bucket_encryption_request(endpoint, bucket)?;
    transport::call(credentials, endpoint, &request, |response| {
        Ok(BucketEncryption::from_response(response)?.map(BucketEncryption::into_owned))
    })
}

/// Sets a bucket's default encryption, in place of what was set before. It holds for objects uploaded from now on and
/// re-encrypts nothing.
///
/// # Errors
/// - [`Error::Input`] when the bucket's name, the endpoint or the setting cannot be used; nothing was sent.
/// - [`Error::Service`] when the service refuses: see [`Error::is_denied`] (it takes `obs:bucket:PutEncryptionConfiguration`).
/// - [`Error::Transport`] when no whole answer came in time. The setting may or may not have been changed; it is safe
///   to set it again.
///
/// <https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0062.html>
pub fn put_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    bucket: &str,
    encryption: &BucketEncryption<'_>,
) -> Result<()> {
    let request = put_bucket_encryption_request(endpoint, bucket, encryption)?;
    transport::call(credentials, endpoint, &request, Response::check)
}

/// Removes a bucket's default encryption. Objects that are encrypted stay so.
///
/// # Errors
/// As for [`put_bucket_encryption`]; it takes `obs:bucket:PutEncryptionConfiguration`.
///
/// <https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0065.html>
pub fn delete_bucket_encryption(credentials: &Credentials, endpoint: &Endpoint, bucket: &str) -> Result<()> {
    let request = delete_bucket_encryption_request(endpoint, bucket)?;
    transport::call(credentials, endpoint, &request, Response::check)
}

/// Lays out the request of [`get_bucket_encryption`]: the pure half, for any HTTP client.
///
/// # Errors
/// [`Error::Input`] when the bucket's name or the endpoint cannot be used.
pub fn get_bucket_encryption_request(endpoint: &Endpoint, bucket: &str) -> Result<Request> {
    request(endpoint, bucket, "GetBucketEncryption", "GET", None)
}

/// Lays out the request of [`put_bucket_encryption`]: the pure half, for any HTTP client.
///
/// # Errors
/// [`Error::Input`] when the bucket's name, the endpoint or the setting cannot be used.
pub fn put_bucket_encryption_request(
    endpoint: &Endpoint,
    bucket: &str,
    encryption: &BucketEncryption<'_>,
) -> Result<Request> {
    encryption.check()?;
    request(endpoint, bucket, "PutBucketEncryption", "PUT", Some(encryption.to_xml()))
}

/// Lays out the request of [`delete_bucket_encryption`]: the pure half, for any HTTP client.
///
/// # Errors
/// [`Error::Input`] when the bucket's name or the endpoint cannot be used.
pub fn delete_bucket_encryption_request(endpoint: &Endpoint, bucket: &str) -> Result<Request> {
    request(endpoint, bucket, "DeleteBucketEncryption", "DELETE", None)
}

fn request(
    endpoint: &Endpoint,
    bucket: &str,
    operation: &'static str,
    method: &'static str,
    body: Option<String>,
) -> Result<Request> {
    endpoint.expect_service(Service::Obs)?;
    endpoint.check_signature_version()?;
    check_bucket(bucket, Dots::Single)?;
    Ok(Request {
        operation,
        target: bucket.to_owned(),
        method,
        url: endpoint.bucket_url(bucket, "encryption")?,
        // On a domain of the caller's own, the domain is signed in the bucket's place.
        resource: ["/", endpoint.domain().unwrap_or(bucket), "/"].concat(),
        query: "encryption",
        content: body.map(|body| Content { media_type: "application/xml", body }),
        scheme: Scheme::Obs,
    })
}

/// A bucket's default encryption on OBS.
///
/// ```
/// use bucket_encryption::obs::BucketEncryption;
///
/// let encryption = BucketEncryption::kms().with_kms_master_key_id("4f1cd4de").with_bucket_key_enabled(true);
/// assert_eq!(encryption.to_string(), "KMS, key 4f1cd4de, bucket key on");
/// assert_eq!(BucketEncryption::from_xml(&encryption.to_xml()).unwrap(), Some(encryption));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BucketEncryption<'a> {
    /// The algorithm: `KMS` (written `kms`) or `AES256`.
    pub sse_algorithm: SseAlgorithm<'a>,
    /// The KMS key: its id, or `regionID:domainID:key/key_id`. None stands for the default key.
    pub kms_master_key_id: Option<Cow<'a, str>>,
    /// The cipher of the data: `SM4`, on the Chinese site. None stands for AES256.
    pub kms_data_encryption: Option<Cow<'a, str>>,
    /// The project that owns the KMS key. Only with a key.
    pub project_id: Option<Cow<'a, str>>,
    /// Whether one bucket key stands between the KMS key and the objects, which saves requests to KMS.
    pub bucket_key_enabled: Option<bool>,
}

impl<'a> BucketEncryption<'a> {
    /// A setting with this algorithm and nothing else.
    pub fn new(sse_algorithm: impl Into<SseAlgorithm<'a>>) -> Self {
        Self {
            sse_algorithm: sse_algorithm.into(),
            kms_master_key_id: None,
            kms_data_encryption: None,
            project_id: None,
            bucket_key_enabled: None,
        }
    }

    /// AES256 with a key that OBS manages.
    pub fn aes256() -> Self {
        Self::new(SseAlgorithm::Aes256)
    }

    /// KMS, with the default key unless one is named.
    pub fn kms() -> Self {
        Self::new(SseAlgorithm::Kms)
    }

    /// Names the KMS key.
    #[must_use]
    pub fn with_kms_master_key_id(self, id: impl Into<Cow<'a, str>>) -> Self {
        Self { kms_master_key_id: Some(id.into()), ..self }
    }

    /// Names the cipher of the data under KMS: `SM4`.
    #[must_use]
    pub fn with_kms_data_encryption(self, cipher: impl Into<Cow<'a, str>>) -> Self {
        Self { kms_data_encryption: Some(cipher.into()), ..self }
    }

    /// Names the project that owns the KMS key.
    #[must_use]
    pub fn with_project_id(self, id: impl Into<Cow<'a, str>>) -> Self {
        Self { project_id: Some(id.into()), ..self }
    }

    /// Switches the bucket key on or off.
    #[must_use]
    pub fn with_bucket_key_enabled(self, enabled: bool) -> Self {
        Self { bucket_key_enabled: Some(enabled), ..self }
    }

    /// Reads the body that OBS answers, borrowing from it. `None` where it holds no setting.
    ///
    /// # Errors
    /// [`Error::Decode`] when it is not well-formed, has a DTD, is another document, says something without an
    /// algorithm or twice, or has a `BucketKeyEnabled` that is neither true nor false.
    pub fn from_xml(body: &'a str) -> Result<Option<Self>> {
        xml::parse(body)
            .and_then(|document| Self::from_root(document.root_element()))
            .map_err(|problem| Error::decode(problem, body.as_bytes()))
    }

    fn from_root(root: Node<'_, 'a>) -> Result<Option<Self>, String> {
        xml::expect_root(root, "ServerSideEncryptionConfiguration")?;
        let Some(rule) = xml::container(root, "Rule")? else { return Ok(None) };
        let Some(default) = xml::container(rule, "ApplyServerSideEncryptionByDefault")? else { return Ok(None) };
        let [algorithm, key_id, cipher, project_id] =
            xml::children(default, ["SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption", "ProjectID"])?;
        let Some(sse_algorithm) = xml::algorithm(default, algorithm)? else { return Ok(None) };
        let bucket_key_enabled = match xml::child(rule, "BucketKeyEnabled")?.map(xml::text).transpose()? {
            None => None,
            Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Some(text) => return Err(format!("BucketKeyEnabled is {text:?}, neither true nor false")),
        };
        Ok(Some(Self {
            sse_algorithm: sse_algorithm.into(),
            kms_master_key_id: xml::optional_text(key_id)?,
            kms_data_encryption: xml::optional_text(cipher)?,
            project_id: xml::optional_text(project_id)?,
            bucket_key_enabled,
        }))
    }

    /// Reads the answer to a get, borrowing from its body. `None` where nothing is configured.
    ///
    /// # Errors
    /// [`Error::Service`] when the service answered with an error, [`Error::Decode`] when its success cannot be
    /// understood: see [`get_bucket_encryption`].
    pub fn from_response(response: &'a Response) -> Result<Option<Self>> {
        response.setting(Self::from_xml)
    }

    /// Writes the body of a put. A text that is `Some("")` is left out, as if it were `None`.
    pub fn to_xml(&self) -> String {
        let algorithm = match &self.sse_algorithm {
            SseAlgorithm::Kms => "kms",
            other => other.as_str(),
        };
        let mut body = String::with_capacity(512);
        body.push_str("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>");
        xml::push_element(&mut body, "SSEAlgorithm", Some(algorithm));
        xml::push_element(&mut body, "KMSDataEncryption", self.kms_data_encryption.as_deref());
        xml::push_element(&mut body, "KMSMasterKeyID", self.kms_master_key_id.as_deref());
        xml::push_element(&mut body, "ProjectID", self.project_id.as_deref());
        body.push_str("</ApplyServerSideEncryptionByDefault>");
        let enabled = self.bucket_key_enabled.map(|enabled| if enabled { "true" } else { "false" });
        xml::push_element(&mut body, "BucketKeyEnabled", enabled);
        body.push_str("</Rule></ServerSideEncryptionConfiguration>");
        body
    }

    /// The same setting, owning its texts.
    pub fn into_owned(self) -> BucketEncryption<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        let Self { sse_algorithm, kms_master_key_id, kms_data_encryption, project_id, bucket_key_enabled } = self;
        BucketEncryption {
            sse_algorithm: sse_algorithm.into_owned(),
            kms_master_key_id: own(kms_master_key_id),
            kms_data_encryption: own(kms_data_encryption),
            project_id: own(project_id),
            bucket_key_enabled,
        }
    }

    /// Refuses what a put cannot carry.
    fn check(&self) -> Result<()> {
        self.sse_algorithm.check()?;
        let texts = [
            ("sse_algorithm", Some(self.sse_algorithm.as_str())),
            ("kms_master_key_id", self.kms_master_key_id.as_deref()),
            ("kms_data_encryption", self.kms_data_encryption.as_deref()),
            ("project_id", self.project_id.as_deref()),
        ];
        for (argument, text) in texts {
            xml::check_text(text.unwrap_or_default()).map_err(|problem| Error::input(argument, problem))?;
        }
        Ok(())
    }
}

/// As in `KMS, key 4f1cd4de, data SM4, project 0a1b, bucket key on`.
impl fmt::Display for BucketEncryption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sse_algorithm.fmt(f)?;
        let texts =
            [("key", &self.kms_master_key_id), ("data", &self.kms_data_encryption), ("project", &self.project_id)];
        for (what, text) in texts {
            if let Some(text) = text {
                write!(f, ", {what} {text}")?;
            }
        }
        match self.bucket_key_enabled {
            Some(true) => f.write_str(", bucket key on"),
            Some(false) => f.write_str(", bucket key off"),
            None => Ok(()),
        }
    }
}

impl Serialize for BucketEncryption<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("BucketEncryption", 5)?;
        fields.serialize_field("sse_algorithm", &self.sse_algorithm)?;
        fields.serialize_field("kms_master_key_id", &self.kms_master_key_id)?;
        fields.serialize_field("kms_data_encryption", &self.kms_data_encryption)?;
        fields.serialize_field("project_id", &self.project_id)?;
        fields.serialize_field("bucket_key_enabled", &self.bucket_key_enabled)?;
        fields.end()
    }
}
