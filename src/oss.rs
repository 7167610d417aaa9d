//! Alibaba Cloud OSS: the default encryption of a bucket.
//!
//! ```no_run
//! use bucket_encryption::{Credentials, Endpoint, oss};
//!
//! # fn main() -> bucket_encryption::Result<()> {
//! let credentials = Credentials::new("LTAI5tExample", "secret")?;
//! let endpoint = Endpoint::oss("cn-hangzhou")?;
//! match oss::get_bucket_encryption(&credentials, &endpoint, "examplebucket")? {
//!     Some(encryption) => println!("encrypted with {encryption}"),
//!     None => println!("no rule is configured"),
//! }
//! # Ok(())
//! # }
//! ```

mod ensure;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use roxmltree::Node;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

pub use self::ensure::{ensure_bucket_encryption, plan_bucket_encryption};
use crate::algorithm::SseAlgorithm;
use crate::credentials::Credentials;
use crate::endpoint::{Endpoint, Service, SignatureVersion};
use crate::error::{Error, Result};
use crate::name::{Dots, check_bucket};
use crate::request::{Content, Request, Response, Scheme};
use crate::{transport, xml};

/// Reads a bucket's default encryption. `None` means that no rule is configured; it does not prove that no object in
/// the bucket is encrypted, because an upload may name an encryption of its own.
///
/// # Errors
/// - [`Error::Input`] when the bucket's name or the endpoint cannot be used; nothing was sent.
/// - [`Error::Service`] when the service refuses: see [`Error::is_denied`] (it takes `oss:GetBucketEncryption`),
///   [`Error::is_not_found`], [`Error::is_wrong_endpoint`].
/// - [`Error::Transport`] when no whole answer came in time.
/// - [`Error::Decode`] when the answer is not what the service promises. Never taken for "no rule".
///
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketencryption>
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
/// re-encrypts nothing. It takes about a second to be seen everywhere.
///
/// # Errors
/// - [`Error::Input`] when the bucket's name, the endpoint or the setting cannot be used; nothing was sent.
/// - [`Error::Service`] when the service refuses: see [`Error::is_denied`] (it takes `oss:PutBucketEncryption`). It
///   does not check that a KMS key exists: a wrong one shows when objects are uploaded.
/// - [`Error::Transport`] when no whole answer came in time. The setting may or may not have been changed; it is safe
///   to set it again.
///
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketencryption>
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
/// As for [`put_bucket_encryption`]; it takes `oss:DeleteBucketEncryption`.
///
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketencryption>
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
    endpoint.expect_service(Service::Oss)?;
    check_bucket(bucket, Dots::Refused)?;
    Ok(Request {
        operation,
        target: bucket.to_owned(),
        method,
        url: endpoint.bucket_url(bucket, "encryption")?,
        resource: ["/", bucket, "/"].concat(),
        query: "encryption",
        content: body.map(|body| Content { media_type: "application/xml", body }),
        scheme: match endpoint.oss_signature_version() {
            SignatureVersion::V4 => Scheme::V4 { product: "oss", region: Arc::clone(endpoint.shared_region()) },
            SignatureVersion::V1 => Scheme::V1,
        },
    })
}

/// A bucket's default encryption on OSS.
///
/// ```
/// use bucket_encryption::oss::BucketEncryption;
///
/// let encryption = BucketEncryption::kms().with_kms_master_key_id("9468da86").with_kms_data_encryption("SM4");
/// assert_eq!(encryption.to_string(), "KMS, key 9468da86, data SM4");
/// assert_eq!(BucketEncryption::from_xml(&encryption.to_xml()).unwrap(), Some(encryption));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BucketEncryption<'a> {
    /// The algorithm: `AES256`, `KMS` or `SM4`.
    pub sse_algorithm: SseAlgorithm<'a>,
    /// The KMS key. Only with `KMS`; none stands for the key that OSS makes in KMS.
    pub kms_master_key_id: Option<Cow<'a, str>>,
    /// The cipher of the data: `SM4`. Only with `KMS`; none stands for AES256.
    pub kms_data_encryption: Option<Cow<'a, str>>,
}

impl<'a> BucketEncryption<'a> {
    /// A setting with this algorithm and nothing else.
    pub fn new(sse_algorithm: impl Into<SseAlgorithm<'a>>) -> Self {
        Self { sse_algorithm: sse_algorithm.into(), kms_master_key_id: None, kms_data_encryption: None }
    }

    /// AES256 with a key that OSS manages.
    pub fn aes256() -> Self {
        Self::new(SseAlgorithm::Aes256)
    }

    /// KMS, with the key that OSS makes there unless one is named.
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

    /// Reads the body of GetBucketEncryption, borrowing from it. `None` where it holds no rule.
    ///
    /// # Errors
    /// [`Error::Decode`] when it is not well-formed, has a DTD, is another document, or says something without an
    /// algorithm or twice.
    pub fn from_xml(body: &'a str) -> Result<Option<Self>> {
        xml::parse(body)
            .and_then(|document| Self::from_root(document.root_element()))
            .map_err(|problem| Error::decode(problem, body.as_bytes()))
    }

    fn from_root(root: Node<'_, 'a>) -> Result<Option<Self>, String> {
        xml::expect_root(root, "ServerSideEncryptionRule")?;
        let Some(default) = xml::container(root, "ApplyServerSideEncryptionByDefault")? else { return Ok(None) };
        let [algorithm, key_id, cipher] =
            xml::children(default, ["SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption"])?;
        let Some(sse_algorithm) = xml::algorithm(default, algorithm)? else { return Ok(None) };
        Ok(Some(Self {
            sse_algorithm: sse_algorithm.into(),
            kms_master_key_id: xml::optional_text(key_id)?,
            kms_data_encryption: xml::optional_text(cipher)?,
        }))
    }

    /// Reads the answer to GetBucketEncryption, borrowing from its body. `None` where no rule is configured.
    ///
    /// # Errors
    /// [`Error::Service`] when the service answered with an error, [`Error::Decode`] when its success cannot be
    /// understood: see [`get_bucket_encryption`].
    pub fn from_response(response: &'a Response) -> Result<Option<Self>> {
        response.setting(Self::from_xml)
    }

    /// Writes the body of PutBucketEncryption. A text that is `Some("")` is left out, as if it were `None`.
    pub fn to_xml(&self) -> String {
        let mut body = String::with_capacity(384);
        body.push_str("<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>");
        xml::push_element(&mut body, "SSEAlgorithm", Some(self.sse_algorithm.as_str()));
        xml::push_element(&mut body, "KMSMasterKeyID", self.kms_master_key_id.as_deref());
        xml::push_element(&mut body, "KMSDataEncryption", self.kms_data_encryption.as_deref());
        body.push_str("</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>");
        body
    }

    /// The same setting, owning its texts.
    pub fn into_owned(self) -> BucketEncryption<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        let Self { sse_algorithm, kms_master_key_id, kms_data_encryption } = self;
        BucketEncryption {
            sse_algorithm: sse_algorithm.into_owned(),
            kms_master_key_id: own(kms_master_key_id),
            kms_data_encryption: own(kms_data_encryption),
        }
    }

    /// Refuses what a put cannot carry.
    fn check(&self) -> Result<()> {
        self.sse_algorithm.check()?;
        let texts = [
            ("sse_algorithm", Some(self.sse_algorithm.as_str())),
            ("kms_master_key_id", self.kms_master_key_id.as_deref()),
            ("kms_data_encryption", self.kms_data_encryption.as_deref()),
        ];
        for (argument, text) in texts {
            xml::check_text(text.unwrap_or_default()).map_err(|problem| Error::input(argument, problem))?;
        }
        Ok(())
    }
}

/// As in `KMS, key 9468da86, data SM4`.
impl fmt::Display for BucketEncryption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sse_algorithm.fmt(f)?;
        for (what, text) in [("key", &self.kms_master_key_id), ("data", &self.kms_data_encryption)] {
            if let Some(text) = text {
                write!(f, ", {what} {text}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for BucketEncryption<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("BucketEncryption", 3)?;
        fields.serialize_field("sse_algorithm", &self.sse_algorithm)?;
        fields.serialize_field("kms_master_key_id", &self.kms_master_key_id)?;
        fields.serialize_field("kms_data_encryption", &self.kms_data_encryption)?;
        fields.end()
    }
}
