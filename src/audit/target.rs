//! What is audited, and what is read of it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::Ask;
use crate::credentials::{Cloud, Credentials};
use crate::endpoint::{Endpoint, Service};
use crate::error::{Error, Result};
use crate::name::{Dots, TableBucketArn, check_bucket, check_segment};
use crate::protection::Protection;
use crate::{obs, oss, oss_tables};

/// Something that has an encryption: a bucket, a table bucket or a table, with the endpoint that serves it.
///
/// It is made by its function, or read from the text that it prints as, for the public endpoint of its region:
///
/// | Text | Target |
/// | --- | --- |
/// | `oss://{region}/{bucket}` | a bucket on OSS |
/// | `obs://{region}/{bucket}` | a bucket on OBS |
/// | `acs:osstables:{region}:{account}:bucket/{bucket}` | a table bucket, by its ARN |
/// | `acs:osstables:{region}:{account}:bucket/{bucket}/table/{namespace}/{table}` | a table in it, by its names |
///
/// ```
/// use bucket_encryption::audit::Target;
///
/// # fn main() -> bucket_encryption::Result<()> {
/// let target: Target = "oss://cn-hangzhou/release-bucket".parse()?;
/// assert_eq!(target.to_string(), "oss://cn-hangzhou/release-bucket");
/// assert_eq!(target.endpoint().to_string(), "https://oss-cn-hangzhou.aliyuncs.com");
///
/// let error = "oss://release-bucket".parse::<Target>().unwrap_err();
/// assert!(error.to_string().contains("oss://{region}/{bucket}"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Target {
    /// A bucket on OSS.
    #[non_exhaustive]
    OssBucket {
        /// Where it is.
        endpoint: Endpoint,
        /// Its name.
        bucket: String,
    },
    /// A bucket on OBS.
    #[non_exhaustive]
    ObsBucket {
        /// Where it is.
        endpoint: Endpoint,
        /// Its name.
        bucket: String,
    },
    /// A table bucket on OSS Tables: what its tables get that are made from now on.
    #[non_exhaustive]
    TableBucket {
        /// Where it is.
        endpoint: Endpoint,
        /// Its name.
        arn: TableBucketArn,
    },
    /// A table on OSS Tables.
    #[non_exhaustive]
    Table {
        /// Where it is.
        endpoint: Endpoint,
        /// Its table bucket.
        arn: TableBucketArn,
        /// Its namespace.
        namespace: String,
        /// Its name.
        table: String,
    },
}

/// Where the vendors count requests: all buckets of a service in a region, whatever their hosts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place(Service, String);

impl Target {
    /// A bucket on OSS.
    pub fn oss_bucket(endpoint: Endpoint, bucket: impl Into<String>) -> Self {
        Self::OssBucket { endpoint, bucket: bucket.into() }
    }

    /// A bucket on OBS.
    pub fn obs_bucket(endpoint: Endpoint, bucket: impl Into<String>) -> Self {
        Self::ObsBucket { endpoint, bucket: bucket.into() }
    }

    /// A table bucket on OSS Tables.
    pub fn table_bucket(endpoint: Endpoint, arn: TableBucketArn) -> Self {
        Self::TableBucket { endpoint, arn }
    }

    /// A table on OSS Tables.
    pub fn table(
        endpoint: Endpoint,
        arn: TableBucketArn,
        namespace: impl Into<String>,
        table: impl Into<String>,
    ) -> Self {
        Self::Table { endpoint, arn, namespace: namespace.into(), table: table.into() }
    }

    /// The same target, served elsewhere: over an internal address, with other limits, by an emulator.
    #[must_use]
    pub fn with_endpoint(mut self, other: Endpoint) -> Self {
        let (Self::OssBucket { endpoint, .. }
        | Self::ObsBucket { endpoint, .. }
        | Self::TableBucket { endpoint, .. }
        | Self::Table { endpoint, .. }) = &mut self;
        *endpoint = other;
        self
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        let (Self::OssBucket { endpoint, .. }
        | Self::ObsBucket { endpoint, .. }
        | Self::TableBucket { endpoint, .. }
        | Self::Table { endpoint, .. }) = self;
        endpoint
    }

    /// Whose keys it takes.
    pub fn cloud(&self) -> Cloud {
        match self {
            Self::OssBucket { .. } | Self::TableBucket { .. } | Self::Table { .. } => Cloud::Alibaba,
            Self::ObsBucket { .. } => Cloud::Huawei,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place(self.endpoint().service, self.endpoint().region().to_owned())
    }

    /// Reads its setting, with the keys that it asks for: before the call, and again where they have expired.
    pub(super) fn read(&self, keys: &dyn Fn(&Ask<'_>) -> Result<Credentials>) -> Result<Option<Setting>> {
        match self.read_with(&keys(&Ask { target: self, expired: None })?) {
            Err(error) if error.is_expired() => self.read_with(&keys(&Ask { target: self, expired: Some(&error) })?),
            read => read,
        }
    }

    fn read_with(&self, credentials: &Credentials) -> Result<Option<Setting>> {
        match self {
            Self::OssBucket { endpoint, bucket } => {
                Ok(oss::get_bucket_encryption(credentials, endpoint, bucket)?.map(Setting::Oss))
            }
            Self::ObsBucket { endpoint, bucket } => {
                Ok(obs::get_bucket_encryption(credentials, endpoint, bucket)?.map(Setting::Obs))
            }
            Self::TableBucket { endpoint, arn } => {
                Ok(oss_tables::get_table_bucket_encryption(credentials, endpoint, arn)?.map(Setting::OssTables))
            }
            Self::Table { endpoint, arn, namespace, table } => {
                let read = oss_tables::get_table_encryption(credentials, endpoint, arn, namespace, table)?;
                Ok(read.map(Setting::OssTables))
            }
        }
    }
}

/// As it is read: see [`Target`]. The address of an endpoint of the caller's own is not in it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OssBucket { endpoint, bucket } => write!(f, "oss://{}/{bucket}", endpoint.region()),
            Self::ObsBucket { endpoint, bucket } => write!(f, "obs://{}/{bucket}", endpoint.region()),
            Self::TableBucket { arn, .. } => arn.fmt(f),
            Self::Table { arn, namespace, table, .. } => write!(f, "{arn}/table/{namespace}/{table}"),
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |problem: &str| Error::input("target", format!("{text:?} {problem}"));
        let in_region = |rest: &str, form: &str| {
            let (region, bucket) = rest.split_once('/').ok_or_else(|| wrong(form))?;
            Ok::<_, Error>((region.to_owned(), bucket.strip_suffix('/').unwrap_or(bucket).to_owned()))
        };
        if let Some(rest) = text.strip_prefix("oss://") {
            let (region, bucket) = in_region(rest, "has no region; the form is oss://{region}/{bucket}")?;
            check_bucket(&bucket, Dots::Refused)?;
            return Ok(Self::oss_bucket(Endpoint::oss(&region)?, bucket));
        }
        if let Some(rest) = text.strip_prefix("obs://") {
            let (region, bucket) = in_region(rest, "has no region; the form is obs://{region}/{bucket}")?;
            check_bucket(&bucket, Dots::Single)?;
            return Ok(Self::obs_bucket(Endpoint::obs(&region)?, bucket));
        }
        if !text.starts_with("acs:") {
            let forms = "is no target; the forms are oss://{region}/{bucket}, obs://{region}/{bucket}, \
                acs:osstables:{region}:{account}:bucket/{bucket} and that with /table/{namespace}/{table}";
            return Err(wrong(forms));
        }
        let Some((arn, names)) = text.split_once("/table/") else {
            let arn: TableBucketArn = text.parse()?;
            return Ok(Self::table_bucket(Endpoint::for_table_bucket(&arn), arn));
        };
        let Some((namespace, table)) = names.split_once('/') else {
            return Err(wrong("names a table by its id; name its namespace and it: .../table/{namespace}/{table}"));
        };
        check_segment("namespace", namespace)?;
        check_segment("table", table)?;
        let arn: TableBucketArn = arn.parse()?;
        Ok(Self::table(Endpoint::for_table_bucket(&arn), arn, namespace, table))
    }
}

/// What was read of a target: the setting of its service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// Of a bucket on OSS.
    Oss(oss::BucketEncryption<'static>),
    /// Of a table bucket or a table on OSS Tables.
    OssTables(oss_tables::TableEncryption<'static>),
    /// Of a bucket on OBS.
    Obs(obs::BucketEncryption<'static>),
}

impl Setting {
    /// What it amounts to.
    pub fn protection(&self) -> Protection<'_> {
        match self {
            Self::Oss(setting) => setting.protection(),
            Self::OssTables(setting) => setting.protection(),
            Self::Obs(setting) => setting.protection(),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oss(setting) => setting.fmt(f),
            Self::OssTables(setting) => setting.fmt(f),
            Self::Obs(setting) => setting.fmt(f),
        }
    }
}

/// The fields of its service.
impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Oss(setting) => setting.serialize(serializer),
            Self::OssTables(setting) => setting.serialize(serializer),
            Self::Obs(setting) => setting.serialize(serializer),
        }
    }
}
