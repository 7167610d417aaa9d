//! OSS: from a setting that is wanted to a setting that is there.

use super::{BucketEncryption, get_bucket_encryption, put_bucket_encryption, put_bucket_encryption_request};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::ensure::{self, Ensured};
use crate::error::Result;
use crate::protection::{Protection, Terms, given, is_kms};
use crate::transport;

/// Sees to it that a bucket has at least the wanted encryption, where [`put_bucket_encryption`] sets exactly that one.
///
/// It reads the setting and writes only where that does not [satisfy](BucketEncryption::satisfies) what is wanted; then
/// it reads again until the change is seen, for about three seconds. What the bucket has and `wanted` leaves open is
/// kept: under KMS the customer's key and the SM4 data encryption. A setting that would take something away (KMS, a
/// customer's key, SM4, an algorithm that this library does not know) is refused, and nothing is changed.
///
/// This is not atomic: the service has no condition on a write. What somebody else sets between the read and the write
/// is overwritten, and what they set after it may be what is read back.
///
/// # Errors
/// - As for [`get_bucket_encryption`] and [`put_bucket_encryption`], whose rights it takes (the second where it
///   writes). After an error of the last read, the setting has been written.
/// - [`Error::Input`](crate::Error::Input) also where the wanted setting would take something away. Only a read was
///   sent.
/// - [`Error::NotSettled`](crate::Error::NotSettled) where the setting was written and another one is read back.
///
/// ```no_run
/// use bucket_encryption::oss::{self, BucketEncryption};
/// use bucket_encryption::{Credentials, Endpoint, Ensured};
///
/// # fn main() -> bucket_encryption::Result<()> {
/// let credentials = Credentials::new("LTAI5tExample", "the access key secret")?;
/// let endpoint = Endpoint::oss("cn-hangzhou")?;
/// match oss::ensure_bucket_encryption(&credentials, &endpoint, "release-bucket", &BucketEncryption::kms())? {
///     Ensured::Unchanged(setting) => println!("it had {setting}"),
///     Ensured::Changed { from: Some(before), to } => println!("it had {before} and has {to}"),
///     Ensured::Changed { from: None, to } => println!("it had nothing and has {to}"),
/// }
/// # Ok(())
/// # }
/// ```
pub fn ensure_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    bucket: &str,
    wanted: &BucketEncryption<'_>,
) -> Result<Ensured<BucketEncryption<'static>>> {
    let plan = plan_bucket_encryption(credentials, endpoint, bucket, wanted)?;
    let Ensured::Changed { to, .. } = &plan else { return Ok(plan) };
    let request = put_bucket_encryption_request(endpoint, bucket, to)?;
    put_bucket_encryption(credentials, endpoint, bucket, to)?;
    ensure::settle(plan, || get_bucket_encryption(credentials, endpoint, bucket), transport::call_of(&request))
}

/// Says what [`ensure_bucket_encryption`] would do now, and changes nothing: `Changed { to, .. }` is what it would
/// write.
///
/// # Errors
/// As for [`get_bucket_encryption`], and [`Error::Input`](crate::Error::Input) where the wanted setting cannot be used
/// or would take something away.
pub fn plan_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    bucket: &str,
    wanted: &BucketEncryption<'_>,
) -> Result<Ensured<BucketEncryption<'static>>> {
    // What cannot be set is refused before anything is sent.
    put_bucket_encryption_request(endpoint, bucket, wanted)?;
    ensure::plan(get_bucket_encryption(credentials, endpoint, bucket)?, wanted.clone().into_owned())
}

impl BucketEncryption<'_> {
    /// Whether this setting, as read from a bucket, is enough where `wanted` is asked for. They are compared as OSS
    /// understands them:
    ///
    /// - The algorithms are the same, in any letter case; `aws:kms` is KMS.
    /// - What `wanted` leaves open may be anything: no key asks for any key, the default one included; no data
    ///   encryption asks for any cipher.
    /// - An empty text is an absent one.
    /// - The data encryption counts under KMS only, because OSS drops it elsewhere, and is AES256 where none is named.
    ///
    /// Whether KMS is good enough where AES256 is asked for is a question of policy, and not of this comparison: see
    /// [`Protection`] and [`audit::Policy`](Protection).
    ///
    /// ```
    /// use bucket_encryption::oss::BucketEncryption;
    ///
    /// let setting = BucketEncryption::new("aws:kms").with_kms_master_key_id("9468da86");
    /// assert!(setting.satisfies(&BucketEncryption::kms()));
    /// assert!(setting.satisfies(&BucketEncryption::kms().with_kms_data_encryption("AES256")));
    ///
    /// assert!(!setting.satisfies(&BucketEncryption::kms().with_kms_master_key_id("another-key")));
    /// assert!(!setting.satisfies(&BucketEncryption::kms().with_kms_data_encryption("SM4")));
    /// assert!(!setting.satisfies(&BucketEncryption::aes256()));
    /// ```
    pub fn satisfies(&self, wanted: &BucketEncryption<'_>) -> bool {
        self.terms().satisfy(&wanted.terms())
    }

    /// What this setting amounts to.
    pub fn protection(&self) -> Protection<'_> {
        self.terms().protection()
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            algorithm: &self.sse_algorithm,
            key: self.kms_master_key_id.as_deref(),
            data: self.kms_data_encryption.as_deref(),
        }
    }
}

impl<'a> From<&'a BucketEncryption<'_>> for Protection<'a> {
    fn from(setting: &'a BucketEncryption<'_>) -> Self {
        setting.protection()
    }
}

impl ensure::Setting for BucketEncryption<'static> {
    const PUT: &'static str = "put_bucket_encryption";

    fn satisfies(&self, wanted: &Self) -> bool {
        self.satisfies(wanted)
    }

    fn protection(&self) -> Protection<'_> {
        self.protection()
    }

    fn keep(self, current: &Self) -> Self {
        if !is_kms(&self.sse_algorithm) {
            return self;
        }
        let Self { sse_algorithm, mut kms_master_key_id, mut kms_data_encryption } = self;
        if given(kms_master_key_id.as_deref()).is_none() {
            kms_master_key_id = current.protection().key().map(|key| key.to_owned().into());
        }
        if given(kms_data_encryption.as_deref()).is_none() {
            kms_data_encryption = ensure::kept_data(&current.protection());
        }
        Self { sse_algorithm, kms_master_key_id, kms_data_encryption }
    }
}
