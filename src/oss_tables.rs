//! Alibaba Cloud OSS Tables: the encryption of a table, and the default encryption of a table bucket.
//!
//! ```no_run
//! use bucket_encryption::{Credentials, Endpoint, TableBucketArn, oss_tables};
//!
//! # fn main() -> bucket_encryption::Result<()> {
//! let credentials = Credentials::new("LTAI5tExample", "secret")?;
//! let endpoint = Endpoint::oss_tables("cn-hangzhou")?;
//! let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse()?;
//! if let Some(encryption) = oss_tables::get_table_encryption(&credentials, &endpoint, &arn, "my_namespace", "my_table")? {
//!     println!("encrypted with {encryption}");
//! }
//! # Ok(())
//! # }
//! ```

mod ensure;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::ensure::{ensure_table_bucket_encryption, plan_table_bucket_encryption};
use crate::algorithm::SseAlgorithm;
use crate::credentials::Credentials;
use crate::endpoint::{Endpoint, Service};
use crate::error::{Error, Result};
use crate::name::{TableBucketArn, check_segment};
use crate::request::{Content, Request, Response, Scheme, encode_segment};
use crate::transport;

/// Reads the encryption of a table. A table takes its bucket's setting when it is made and keeps it: no operation
/// changes it later.
///
/// # Errors
/// - [`Error::Input`] when a name or the endpoint cannot be used; nothing was sent.
/// - [`Error::Service`] when the service refuses: see [`Error::is_denied`] (it takes `oss:GetTableEncryption`),
///   [`Error::is_not_found`] (the table bucket, the namespace or the table).
/// - [`Error::Transport`] when no whole answer came in time.
/// - [`Error::Decode`] when the answer is not what the service promises. Never taken for "nothing".
///
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/gettableencryption>
pub fn get_table_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    arn: &TableBucketArn,
    namespace: &str,
    table: &str,
) -> Result<Option<TableEncryption<'static>>> {
    let request = get_table_encryption_request(endpoint, arn, namespace, table)?;
    transport::call(credentials, endpoint, &request, |response| {
        Ok(TableEncryption::from_response(response)?.map(TableEncryption::into_owned))
    })
}

/// Reads the default encryption of a table bucket: what tables get that are made from now on.
///
/// # Errors
/// As for [`get_table_encryption`]; it takes `oss:GetTableBucketEncryption`.
///
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/gettablebucketencryption>
pub fn get_table_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    arn: &TableBucketArn,
) -> Result<Option<TableEncryption<'static>>> {
    let request = get_table_bucket_encryption_request(endpoint, arn)?;
    transport::call(credentials, endpoint, &request, |response| {
        Ok(TableEncryption::from_response(response)?.map(TableEncryption::into_owned))
    })
}

/// Sets the default encryption of a table bucket, in place of what was set before. Tables that exist keep theirs. Today
/// the service takes AES256 only.
///
/// # Errors
/// - [`Error::Input`] when the endpoint or the setting cannot be used; nothing was sent.
/// - [`Error::Service`] when the service refuses: see [`Error::is_denied`] (it takes `oss:PutTableBucketEncryption`).
/// - [`Error::Transport`] when no whole answer came in time. The setting may or may not have been changed; it is safe
///   to set it again.
///
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/puttablebucketencryption>
pub fn put_table_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    arn: &TableBucketArn,
    encryption: &TableEncryption<'_>,
) -> Result<()> {
    let request = put_table_bucket_encryption_request(endpoint, arn, encryption)?;
    transport::call(credentials, endpoint, &request, Response::check)
}

/// Removes the default encryption of a table bucket. Tables that exist keep theirs.
///
/// # Errors
/// As for [`put_table_bucket_encryption`]; it takes `oss:DeleteTableBucketEncryption`.
///
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/deletetablebucketencryption>
pub fn delete_table_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    arn: &TableBucketArn,
) -> Result<()> {
    let request = delete_table_bucket_encryption_request(endpoint, arn)?;
    transport::call(credentials, endpoint, &request, Response::check)
}

/// Lays out the request of [`get_table_encryption`]: the pure half, for any HTTP client.
///
/// # Errors
/// [`Error::Input`] when a name or the endpoint cannot be used.
pub fn get_table_encryption_request(
    endpoint: &Endpoint,
    arn: &TableBucketArn,
    namespace: &str,
    table: &str,
) -> Result<Request> {
    check_segment("namespace", namespace)?;
    check_segment("table", table)?;
    let mut request = request(endpoint, arn, "GetTableEncryption", "GET", &[namespace, table], None)?;
    request.target = format!("{namespace}.{table} in {arn}");
    Ok(request)
}

/// Lays out the request of [`get_table_bucket_encryption`]: the pure half, for any HTTP client.
///
/// # Errors
/// [`Error::Input`] when the endpoint cannot be used.
pub fn get_table_bucket_encryption_request(endpoint: &Endpoint, arn: &TableBucketArn) -> Result<Request> {
    request(endpoint, arn, "GetTableBucketEncryption", "GET", &[], None)
}

/// Lays out the request of [`put_table_bucket_encryption`]: the pure half, for any HTTP client.
///
/// # Errors
/// [`Error::Input`] when the endpoint or the setting cannot be used.
pub fn put_table_bucket_encryption_request(
    endpoint: &Endpoint,
    arn: &TableBucketArn,
    encryption: &TableEncryption<'_>,
) -> Result<Request> {
    encryption.check()?;
    request(endpoint, arn, "PutTableBucketEncryption", "PUT", &[], Some(encryption.to_json()))
}

/// Lays out the request of [`delete_table_bucket_encryption`]: the pure half, for any HTTP client.
///
/// # Errors
/// [`Error::Input`] when the endpoint cannot be used.
pub fn delete_table_bucket_encryption_request(endpoint: &Endpoint, arn: &TableBucketArn) -> Result<Request> {
    request(endpoint, arn, "DeleteTableBucketEncryption", "DELETE", &[], None)
}

/// `names` are the namespace and the table, or none for the table bucket itself.
fn request(
    endpoint: &Endpoint,
    arn: &TableBucketArn,
    operation: &'static str,
    method: &'static str,
    names: &[&str],
    body: Option<String>,
) -> Result<Request> {
    endpoint.expect_service(Service::OssTables)?;
    endpoint.check_signature_version()?;
    endpoint.check_region_of(arn)?;
    let arn_text = arn.to_string();
    let collection = if names.is_empty() { "buckets" } else { "tables" };
    // The host begins with the bucket and its account, and the path has the whole ARN all the same.
    let mut url = endpoint.base_url(&format!("{}-{}", arn.bucket(), arn.account_id()))?;
    // What is signed: the ARN, then the path, decoded.
    let mut resource = format!("/{arn_text}");
    for segment in [collection, &arn_text].into_iter().chain(names.iter().copied()).chain(["encryption"]) {
        url.push('/');
        url.extend(encode_segment(segment));
        resource.push('/');
        resource.push_str(segment);
    }
    Ok(Request {
        operation,
        target: arn_text,
        method,
        url,
        resource,
        query: "",
        content: body.map(|body| Content { media_type: "application/json", body }),
        scheme: Scheme::V4 { product: "osstables", region: Arc::clone(endpoint.shared_region()) },
    })
}

/// The encryption of a table, or the default one of a table bucket.
///
/// ```
/// use bucket_encryption::oss_tables::TableEncryption;
///
/// let body = r#"{"encryptionConfiguration": {"kmsKeyArn": "", "sseAlgorithm": "AES256"}}"#;
/// assert_eq!(TableEncryption::from_json(body).unwrap(), Some(TableEncryption::aes256()));
/// assert_eq!(TableEncryption::from_json("{}").unwrap(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TableEncryption<'a> {
    /// The algorithm: `AES256`. `KMS` is documented, and refused today.
    pub sse_algorithm: SseAlgorithm<'a>,
    /// The KMS key: `acs:kms:{region}:{account}:key/{id}`. Only with `KMS`.
    pub kms_key_arn: Option<Cow<'a, str>>,
}

impl<'a> TableEncryption<'a> {
    /// A setting with this algorithm and nothing else.
    pub fn new(sse_algorithm: impl Into<SseAlgorithm<'a>>) -> Self {
        Self { sse_algorithm: sse_algorithm.into(), kms_key_arn: None }
    }

    /// AES256 with a key that the service manages.
    pub fn aes256() -> Self {
        Self::new(SseAlgorithm::Aes256)
    }

    /// KMS.
    pub fn kms() -> Self {
        Self::new(SseAlgorithm::Kms)
    }

    /// Names the KMS key.
    #[must_use]
    pub fn with_kms_key_arn(self, arn: impl Into<Cow<'a, str>>) -> Self {
        Self { kms_key_arn: Some(arn.into()), ..self }
    }

    /// Reads the body of GetTableEncryption or GetTableBucketEncryption, borrowing from it. `None` where it holds no
    /// setting: `{}`, or an `encryptionConfiguration` that is null or empty.
    ///
    /// # Errors
    /// [`Error::Decode`] when it is no JSON, has another shape, or says something without an algorithm or twice.
    pub fn from_json(body: &'a str) -> Result<Option<Self>> {
        // RFC 8259 lets a parser ignore a byte order mark.
        let json = body.strip_prefix('\u{feff}').unwrap_or(body);
        let wrong = |problem: String| Error::decode(problem, body.as_bytes());
        let Body { configuration, is_empty } =
            serde_json::from_str(json).map_err(|error| wrong(format!("not the JSON it should be: {error}")))?;
        let Some(Configuration { sse_algorithm, kms_key_arn, has_unknown }) = configuration else {
            return if is_empty { Ok(None) } else { Err(wrong("it has no encryptionConfiguration".to_owned())) };
        };
        match sse_algorithm {
            Some(word) if word.eq_ignore_ascii_case("None") => Ok(None),
            Some(word) => Ok(Some(Self { sse_algorithm: word.into(), kms_key_arn })),
            None if kms_key_arn.is_none() && !has_unknown => Ok(None),
            None => Err(wrong("the encryptionConfiguration has no sseAlgorithm".to_owned())),
        }
    }

    /// Reads the answer to GetTableEncryption or GetTableBucketEncryption, borrowing from its body.
    ///
    /// # Errors
    /// [`Error::Service`] when the service answered with an error, [`Error::Decode`] when its success cannot be
    /// understood: see [`get_table_encryption`].
    pub fn from_response(response: &'a Response) -> Result<Option<Self>> {
        response.setting(Self::from_json)
    }

    /// Writes the body of PutTableBucketEncryption. A key that is `Some("")` is left out, as if it were `None`.
    pub fn to_json(&self) -> String {
        let quote = |text: &str| serde_json::Value::from(text).to_string();
        let mut body = String::with_capacity(192);
        body.push_str(r#"{"encryptionConfiguration":{"#);
        if let Some(arn) = self.kms_key_arn.as_deref().filter(|arn| !arn.is_empty()) {
            body.push_str(r#""kmsKeyArn":"#);
            body.push_str(&quote(arn));
            body.push(',');
        }
        body.push_str(r#""sseAlgorithm":"#);
        body.push_str(&quote(self.sse_algorithm.as_str()));
        body.push_str("}}");
        body
    }

    /// Refuses what a put cannot set.
    fn check(&self) -> Result<()> {
        self.sse_algorithm.check()?;
        match self.kms_key_arn.as_deref() {
            Some(arn) if !arn.is_empty() && arn.trim().is_empty() => {
                Err(Error::input("kms_key_arn", "it is blank; leave it out to set none"))
            }
            _ => Ok(()),
        }
    }

    /// The same setting, owning its texts.
    pub fn into_owned(self) -> TableEncryption<'static> {
        let Self { sse_algorithm, kms_key_arn } = self;
        TableEncryption {
            sse_algorithm: sse_algorithm.into_owned(),
            kms_key_arn: kms_key_arn.map(|arn| Cow::Owned(arn.into_owned())),
        }
    }
}

/// As in `KMS, key acs:kms:cn-hangzhou:1234567890:key/key-id`.
impl fmt::Display for TableEncryption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sse_algorithm.fmt(f)?;
        match &self.kms_key_arn {
            Some(arn) => write!(f, ", key {arn}"),
            None => Ok(()),
        }
    }
}

impl Serialize for TableEncryption<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("TableEncryption", 2)?;
        fields.serialize_field("sse_algorithm", &self.sse_algorithm)?;
        fields.serialize_field("kms_key_arn", &self.kms_key_arn)?;
        fields.end()
    }
}

/// `{"encryptionConfiguration": {...}}`, with unknown keys ignored. Written by hand: serde's derive would bring five
/// crates for these two shapes.
struct Body<'a> {
    /// None where the key is absent. A null is an empty configuration.
    configuration: Option<Configuration<'a>>,
    /// `{}`
    is_empty: bool,
}

/// `{"kmsKeyArn": "", "sseAlgorithm": "AES256"}`, where null, `""` and blanks stand for absent.
#[derive(Default)]
struct Configuration<'a> {
    sse_algorithm: Option<Cow<'a, str>>,
    kms_key_arn: Option<Cow<'a, str>>,
    has_unknown: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BodyVisitor;
        impl<'de> Visitor<'de> for BodyVisitor {
            type Value = Body<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with encryptionConfiguration")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut body = Body { configuration: None, is_empty: true };
                while let Some(key) = map.next_key::<Key>()? {
                    body.is_empty = false;
                    if key != Key::Configuration {
                        map.next_value::<IgnoredAny>()?;
                    } else if body.configuration.is_some() {
                        return Err(A::Error::duplicate_field("encryptionConfiguration"));
                    } else {
                        body.configuration = Some(map.next_value::<Option<_>>()?.unwrap_or_default());
                    }
                }
                Ok(body)
            }
        }
        deserializer.deserialize_map(BodyVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Configuration<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ConfigurationVisitor;
        impl<'de> Visitor<'de> for ConfigurationVisitor {
            type Value = Configuration<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with sseAlgorithm and kmsKeyArn")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut configuration = Configuration::default();
                let (mut seen_algorithm, mut seen_arn) = (false, false);
                while let Some(key) = map.next_key::<Key>()? {
                    let (seen, field, name) = match key {
                        Key::SseAlgorithm => (&mut seen_algorithm, &mut configuration.sse_algorithm, "sseAlgorithm"),
                        Key::KmsKeyArn => (&mut seen_arn, &mut configuration.kms_key_arn, "kmsKeyArn"),
                        Key::Configuration | Key::Unknown => {
                            configuration.has_unknown = true;
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if std::mem::replace(seen, true) {
                        return Err(A::Error::duplicate_field(name));
                    }
                    *field = map.next_value::<Text<'_>>()?.0;
                }
                Ok(configuration)
            }
        }
        deserializer.deserialize_map(ConfigurationVisitor)
    }
}

/// The keys of both objects.
#[derive(PartialEq, Eq)]
enum Key {
    Configuration,
    SseAlgorithm,
    KmsKeyArn,
    Unknown,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    "encryptionConfiguration" => Key::Configuration,
                    "sseAlgorithm" => Key::SseAlgorithm,
                    "kmsKeyArn" => Key::KmsKeyArn,
                    _ => Key::Unknown,
                })
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

/// A string, trimmed, and borrowed where it holds no escapes; none where it is null or nothing is left.
struct Text<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                let text = text.trim();
                Ok(Text(if text.is_empty() { None } else { Some(Cow::Borrowed(text)) }))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                let text = text.trim();
                Ok(Text(if text.is_empty() { None } else { Some(Cow::Owned(text.to_owned())) }))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
        }
        // JSON tells what it holds; anything but a string and null is refused.
        deserializer.deserialize_any(TextVisitor)
    }
}
