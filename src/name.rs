//! The names: table bucket ARNs, and the rules for bucket, namespace, table and region names.
//!
//! Lenient where the service decides, strict where a name could change the host or the path of a signed request.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// DNS labels are at most 63 bytes long (RFC 1035), and bucket names are labels.
pub(crate) const LABEL_BYTES: usize = 63;

/// The name of a table bucket: `acs:osstables:{region}:{account}:bucket/{bucket}`.
///
/// ```
/// use bucket_encryption::TableBucketArn;
///
/// # fn main() -> bucket_encryption::Result<()> {
/// let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse()?;
/// assert_eq!((arn.region(), arn.account_id(), arn.bucket()), ("cn-hangzhou", "1234567890", "my-table-bucket"));
///
/// // The ARN of a table is refused, and the message says what to drop.
/// let error = format!("{arn}/table/0a1b2c").parse::<TableBucketArn>().unwrap_err();
/// assert!(error.to_string().contains("drop `/table/0a1b2c`"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableBucketArn {
    region: String,
    account_id: String,
    bucket: String,
}

impl TableBucketArn {
    /// Puts the name together.
    ///
    /// # Errors
    /// [`Error::Input`] when the region is not of `a-z 0-9 -`, the account id not of ASCII digits, or the bucket not 3
    /// to 63 of `a-z 0-9 -` with a letter or digit at both ends.
    pub fn new(region: &str, account_id: &str, bucket: &str) -> Result<Self> {
        check_region(region)?;
        if account_id.is_empty() || account_id.len() > LABEL_BYTES || !account_id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::input("account_id", format!("{account_id:?} is not an account id: digits only")));
        }
        check_bucket(bucket, Dots::Refused)?;
        Ok(Self { region: region.to_owned(), account_id: account_id.to_owned(), bucket: bucket.to_owned() })
    }

    /// The region, as in `cn-hangzhou`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The id of the account that owns the table bucket.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The table bucket's own name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }
}

impl FromStr for TableBucketArn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |problem: String| Error::input("arn", format!("{text:?} {problem}"));
        let form = "is not a table bucket's ARN: acs:osstables:{region}:{account}:bucket/{bucket}";
        let Some(("acs", rest)) = text.split_once(':') else {
            return Err(wrong(form.to_owned()));
        };
        let mut parts = rest.splitn(4, ':');
        let (Some(service), Some(region), Some(account_id), Some(resource)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong(form.to_owned()));
        };
        if service != "osstables" {
            return Err(wrong(format!("names the service {service:?}; a table bucket's is `osstables`")));
        }
        let Some(bucket) = resource.strip_prefix("bucket/") else {
            return Err(wrong(form.to_owned()));
        };
        if let Some((bucket, table)) = bucket.split_once('/')
            && check_bucket(bucket, Dots::Refused).is_ok()
        {
            return Err(wrong(format!("names more than a table bucket; drop `/{table}`")));
        }
        Self::new(region, account_id, bucket)
    }
}

impl fmt::Display for TableBucketArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acs:osstables:{}:{}:bucket/{}", self.region, self.account_id, self.bucket)
    }
}

impl Serialize for TableBucketArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a bucket's name may hold dots: on OBS it may.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dots {
    Refused,
    Single,
}

/// 3 to 63 of `a-z 0-9 -`, on OBS also single dots; no hyphen or dot at an end.
pub(crate) fn check_bucket(bucket: &str, dots: Dots) -> Result<()> {
    let allowed = match dots {
        Dots::Refused => "`a-z 0-9 -`",
        Dots::Single => "`a-z 0-9 - .`",
    };
    let wrong = |problem: String| Error::input("bucket", format!("{bucket:?} {problem}"));
    if let Some(bad) = bucket
        .chars()
        .find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-' || *c == '.' && dots == Dots::Single))
    {
        return Err(wrong(format!("holds {bad:?}; a bucket's name is of {allowed}")));
    }
    if !(3..=LABEL_BYTES).contains(&bucket.len()) {
        return Err(wrong(format!("has {} characters; a bucket's name has 3 to {LABEL_BYTES}", bucket.len())));
    }
    if bucket.starts_with(['-', '.']) || bucket.ends_with(['-', '.']) {
        return Err(wrong("begins or ends with a hyphen or dot; a bucket's name has a letter or digit there".into()));
    }
    if bucket.contains("..") {
        return Err(wrong("has two dots in a row; a bucket's name has single ones".into()));
    }
    Ok(())
}

/// `[a-z0-9-]+`, and none of the vendors' spellings of a host in its place.
pub(crate) fn check_region(region: &str) -> Result<()> {
    let wrong = |problem: String| Error::input("region", format!("{region:?} {problem}"));
    if region.is_empty() {
        return Err(wrong("is empty; pass the region's id, as in \"cn-hangzhou\"".into()));
    }
    if let Some(bad) = region.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')) {
        return Err(wrong(format!("holds {bad:?}; a region's id is of `a-z 0-9 -`, as in \"cn-hangzhou\"")));
    }
    if let Some(id) = region.strip_prefix("oss-") {
        let id = id.strip_suffix("-internal").unwrap_or(id);
        return Err(wrong(format!("is part of a host; pass the region's id, {id:?}")));
    }
    if let Some(id) = region.strip_suffix("-internal") {
        return Err(wrong(format!(
            "is part of an internal host; pass the region's id, {id:?}, and `Network::Internal` to `with_network` (or another host to `with_url`)"
        )));
    }
    if region.len() > LABEL_BYTES || region.starts_with('-') || region.ends_with('-') {
        return Err(wrong("is not a region's id, as in \"cn-hangzhou\"".into()));
    }
    Ok(())
}

/// A namespace or a table: one segment of a path, percent-encoded there, so almost everything is the service's to
/// refuse.
pub(crate) fn check_segment(argument: &'static str, segment: &str) -> Result<()> {
    let wrong = |problem: &str| Error::input(argument, format!("{segment:?} {problem}"));
    match segment {
        "" => Err(wrong("is empty")),
        "." | ".." => Err(wrong("means another place in a path; pass a name")),
        _ if segment.chars().any(char::is_control) => Err(wrong("holds a control character")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket";

    #[test]
    fn an_arn_is_read_and_printed() {
        let arn: TableBucketArn = ARN.parse().unwrap();
        assert_eq!(arn, TableBucketArn::new("cn-hangzhou", "1234567890", "my-table-bucket").unwrap());
        assert_eq!(arn.to_string(), ARN);
        assert_eq!(serde_json::to_string(&arn).unwrap(), format!("{ARN:?}"));
    }

    #[test]
    fn bad_arns_are_refused_with_the_reason() {
        for (text, reason) in [
            ("", "acs:osstables:{region}"),
            ("my-table-bucket", "acs:osstables:{region}"),
            ("acs:osstables:cn-hangzhou:1234567890", "acs:osstables:{region}"),
            ("acs:oss:cn-hangzhou:1234567890:bucket/my-table-bucket", "`osstables`"),
            ("arn:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket", "acs:osstables:{region}"),
            ("acs:osstables:cn-hangzhou:1234567890:my-table-bucket", "acs:osstables:{region}"),
            ("acs:osstables:cn-hangzhou:1234567890:table/my-table-bucket", "acs:osstables:{region}"),
            ("acs:osstables::1234567890:bucket/my-table-bucket", "region"),
            ("acs:osstables:cn_hangzhou:1234567890:bucket/my-table-bucket", "region"),
            ("acs:osstables:oss-cn-hangzhou:1234567890:bucket/my-table-bucket", "\"cn-hangzhou\""),
            ("acs:osstables:cn-hangzhou::bucket/my-table-bucket", "digits"),
            ("acs:osstables:cn-hangzhou:12a:bucket/my-table-bucket", "digits"),
            ("acs:osstables:cn-hangzhou:evil.com/:bucket/my-table-bucket", "digits"),
            ("acs:osstables:cn-hangzhou:１２３:bucket/my-table-bucket", "digits"),
            ("acs:osstables:cn-hangzhou:1234567890:bucket/", "3 to 63"),
            ("acs:osstables:cn-hangzhou:1234567890:bucket/My-Bucket", "holds 'M'"),
            ("acs:osstables:cn-hangzhou:1234567890:bucket/a.b.c", "holds '.'"),
            ("acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket/table/t1", "drop `/table/t1`"),
            ("acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket/", "drop `/`"),
            (" acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket", "acs:osstables:{region}"),
        ] {
            let error = text.parse::<TableBucketArn>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }

    #[test]
    fn bucket_names_follow_the_service() {
        let long = "b".repeat(63);
        let too_long = "b".repeat(64);
        for (bucket, oss, obs) in [
            ("abc", true, true),
            ("0-9", true, true),
            (long.as_str(), true, true),
            ("a.b", false, true),
            ("my.bucket.name", false, true),
            ("ab", false, false),
            ("", false, false),
            (too_long.as_str(), false, false),
            ("-ab", false, false),
            ("ab-", false, false),
            (".ab", false, false),
            ("ab.", false, false),
            ("a..b", false, false),
            ("a_b", false, false),
            ("ABC", false, false),
            ("a/b", false, false),
            ("a%2fb", false, false),
            ("a b", false, false),
            ("a\nb", false, false),
            ("bücket", false, false),
            ("evil.com#", false, false),
            ("x@evil", false, false),
        ] {
            assert_eq!(check_bucket(bucket, Dots::Refused).is_ok(), oss, "OSS {bucket:?}");
            assert_eq!(check_bucket(bucket, Dots::Single).is_ok(), obs, "OBS {bucket:?}");
        }
    }

    #[test]
    fn regions_are_ids_and_not_hosts() {
        for region in ["cn-hangzhou", "ap-southeast-1", "rg-china-mainland", "x"] {
            assert!(check_region(region).is_ok(), "{region:?}");
        }
        for (region, reason) in [
            ("", "empty"),
            ("oss-cn-hangzhou", "\"cn-hangzhou\""),
            ("oss-cn-hangzhou-internal", "\"cn-hangzhou\""),
            ("cn-hangzhou-internal", "with_network"),
            ("CN-hangzhou", "holds 'C'"),
            ("cn.hangzhou", "holds '.'"),
            ("cn/hangzhou", "holds '/'"),
            ("-cn", "not a region"),
            ("cn-", "not a region"),
        ] {
            let error = check_region(region).unwrap_err().to_string();
            assert!(error.contains(reason), "{region:?}: {error}");
        }
    }

    #[test]
    fn segments_are_refused_only_where_they_change_the_path() {
        for segment in ["ns", "my table", "a/b", "%2e%2e", "ä", "...", "+"] {
            assert!(check_segment("table", segment).is_ok(), "{segment:?}");
        }
        for segment in ["", ".", "..", "a\0b", "a\nb", "a\u{85}b"] {
            let error = check_segment("table", segment).unwrap_err().to_string();
            assert!(error.contains("table"), "{segment:?}: {error}");
        }
    }
}
