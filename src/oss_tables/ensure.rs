//! OSS Tables: from a setting that is wanted to a setting that is there.

use super::{
    TableEncryption, get_table_bucket_encryption, put_table_bucket_encryption, put_table_bucket_encryption_request,
};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::ensure::{self, Ensured};
use crate::error::Result;
use crate::name::TableBucketArn;
use crate::protection::{Protection, Terms, given, is_kms};
use crate::transport;

/// Sees to it that a table bucket has at least the wanted default encryption, where [`put_table_bucket_encryption`] sets
/// exactly that one. Tables that exist keep theirs.
///
/// It reads the setting and writes only where that does not [satisfy](TableEncryption::satisfies) what is wanted; then
/// it reads again until the change is seen, for about three seconds. Where KMS is wanted
/// without a key and the table bucket has one, that key is kept. A setting that would take something away (KMS, a
/// customer's key, an algorithm that this library does not know) is refused, and nothing is changed.
///
/// This is not atomic: the service has no condition on a write. What somebody else sets between the read and the write
/// is overwritten, and what they set after it may be what is read back.
///
/// # Errors
/// - As for [`get_table_bucket_encryption`] and [`put_table_bucket_encryption`], whose rights it takes (the second where it
///   writes). After an error of the last read, the setting has been written.
/// - [`Error::Input`](crate::Error::Input) also where the wanted setting would take something away. Only a read was
///   sent.
/// - [`Error::NotSettled`](crate::Error::NotSettled) where the setting was written and another one is read back.
///
/// ```no_run
/// use bucket_encryption::oss_tables::{self, TableEncryption};
/// use bucket_encryption::{Credentials, Endpoint, Ensured, TableBucketArn};
///
/// # fn main() -> bucket_encryption::Result<()> {
/// let credentials = Credentials::new("LTAI5tExample", "the access key secret")?;
/// let endpoint = Endpoint::oss_tables("cn-hangzhou")?;
/// let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse()?;
/// match oss_tables::ensure_table_bucket_encryption(&credentials, &endpoint, &arn, &TableEncryption::aes256())? {
///     Ensured::Unchanged(setting) => println!("it had {setting}"),
///     Ensured::Changed { from: Some(before), to } => println!("it had {before} and has {to}"),
///     Ensured::Changed { from: None, to } => println!("it had nothing and has {to}"),
/// }
/// # Ok(())
/// # }
/// ```
pub fn ensure_table_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    arn: &TableBucketArn,
    wanted: &TableEncryption<'_>,
) -> Result<Ensured<TableEncryption<'static>>> {
    let plan = plan_table_bucket_encryption(credentials, endpoint, arn, wanted)?;
    let Ensured::Changed { to, .. } = &plan else { return Ok(plan) };
    let request = put_table_bucket_encryption_request(endpoint, arn, to)?;
    put_table_bucket_encryption(credentials, endpoint, arn, to)?;
    ensure::settle(plan, || get_table_bucket_encryption(credentials, endpoint, arn), transport::call_of(&request))
}

/// Says what [`ensure_table_bucket_encryption`] would do now, and changes nothing: `Changed { to, .. }` is what it would
/// write.
///
/// # Errors
/// As for [`get_table_bucket_encryption`], and [`Error::Input`](crate::Error::Input) where the wanted setting cannot be used
/// or would take something away.
pub fn plan_table_bucket_encryption(
    credentials: &Credentials,
    endpoint: &Endpoint,
    arn: &TableBucketArn,
    wanted: &TableEncryption<'_>,
) -> Result<Ensured<TableEncryption<'static>>> {
    // What cannot be set is refused before anything is sent.
    put_table_bucket_encryption_request(endpoint, arn, wanted)?;
    ensure::plan(get_table_bucket_encryption(credentials, endpoint, arn)?, wanted.clone().into_owned())
}

impl TableEncryption<'_> {
    /// Whether this setting, as read from a table or a table bucket, is enough where `wanted` is asked for. They are compared as the
    /// service understands them:
    ///
    /// - The algorithms are the same, in any letter case; `aws:kms` is KMS.
    /// - What `wanted` leaves open may be anything: no key asks for any key, the default one included.
    /// - An empty text is an absent one.
    /// - A key's id is the same key as `acs:kms:{region}:{account}:key/` with that id behind it.
    ///
    /// Whether KMS is good enough where AES256 is asked for is a question of policy, and not of this comparison: see
    /// [`Protection`] and [`audit::Policy`](Protection).
    ///
    /// ```
    /// use bucket_encryption::oss_tables::TableEncryption;
    ///
    /// let setting = TableEncryption::new("kms").with_kms_key_arn("acs:kms:cn-hangzhou:1234567890:key/0a1b");
    /// assert!(setting.satisfies(&TableEncryption::kms()));
    /// assert!(!setting.satisfies(&TableEncryption::kms().with_kms_key_arn("acs:kms:cn-hangzhou:1234567890:key/2c3d")));
    /// assert!(!setting.satisfies(&TableEncryption::aes256()));
    /// ```
    pub fn satisfies(&self, wanted: &TableEncryption<'_>) -> bool {
        self.terms().satisfy(&wanted.terms())
    }

    /// What this setting amounts to.
    pub fn protection(&self) -> Protection<'_> {
        self.terms().protection()
    }

    fn terms(&self) -> Terms<'_> {
        Terms { algorithm: &self.sse_algorithm, key: self.kms_key_arn.as_deref(), data: None }
    }
}

impl<'a> From<&'a TableEncryption<'_>> for Protection<'a> {
    fn from(setting: &'a TableEncryption<'_>) -> Self {
        setting.protection()
    }
}

impl ensure::Setting for TableEncryption<'static> {
    const PUT: &'static str = "put_table_bucket_encryption";

    fn satisfies(&self, wanted: &Self) -> bool {
        self.satisfies(wanted)
    }

    fn protection(&self) -> Protection<'_> {
        self.protection()
    }

    fn keep(self, current: &Self) -> Self {
        if !is_kms(&self.sse_algorithm) || given(self.kms_key_arn.as_deref()).is_some() {
            return self;
        }
        Self { kms_key_arn: current.protection().key().map(|key| key.to_owned().into()), ..self }
    }
}
