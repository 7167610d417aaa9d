//! Endpoint: which service, where it is, and how to speak to it.

mod find;
mod network;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

pub use self::network::Network;
use self::network::public_host;
use crate::error::{Error, Result};
use crate::name::{self, LABEL_BYTES, TableBucketArn};

/// The limit of a whole call where none is set.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest time limit: a longer one is cut to this.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// A host name is at most 253 bytes long (RFC 1035).
const HOST_BYTES: usize = 253;

/// As long as most URLs at most.
const URL_BYTES: usize = 128;

/// Which service, where it is, and how to speak to it.
///
/// Cheap to clone. `Display` is the address.
///
/// ```
/// use std::time::Duration;
/// use bucket_encryption::{Addressing, Endpoint};
///
/// # fn main() -> bucket_encryption::Result<()> {
/// let endpoint = Endpoint::oss("cn-hangzhou")?;
/// assert_eq!(endpoint.to_string(), "https://oss-cn-hangzhou.aliyuncs.com");
///
/// // Another address of the same service, and other limits.
/// let fast = endpoint.with_url("https://oss-accelerate.aliyuncs.com")?.with_timeout(Duration::from_secs(10));
/// assert_eq!(fast.region(), "cn-hangzhou");
///
/// // What is no address is refused, and the message shows the corrected text.
/// let error = fast.with_url("oss-cn-hangzhou.aliyuncs.com").unwrap_err();
/// assert!(error.to_string().contains("https://oss-cn-hangzhou.aliyuncs.com"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Endpoint {
    pub(crate) service: Service,
    region: Arc<str>,
    address: Arc<Address>,
    custom_url: bool,
    addressing: Addressing,
    signature_version: Option<SignatureVersion>,
    pub(crate) agent: Option<ureq::Agent>,
    pub(crate) timeout: Duration,
    pub(crate) max_attempts: u32,
    /// How many seconds the service's clock is ahead of ours, learnt from the service. Clones share it.
    pub(crate) clock_offset: Arc<AtomicI64>,
}

/// How a request names its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Addressing {
    /// In the host: `https://bucket.host/`. What the services want by default.
    VirtualHosted,
    /// In the path: `https://host/bucket/`. For IP addresses, private clouds and emulators.
    Path,
    /// Not at all: the host is a domain that is bound to the bucket. Needs [`Endpoint::with_url`].
    Cname,
}

/// Which of its signatures OSS is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureVersion {
    /// `OSS4-HMAC-SHA256`, the default.
    V4,
    /// The older `OSS`, with HMAC-SHA1, for private clouds. Alibaba Cloud is closing it to new accounts and buckets.
    V1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Oss,
    OssTables,
    Obs,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Oss => "OSS",
            Self::OssTables => "OSS Tables",
            Self::Obs => "OBS",
        }
    }

    /// The constructor's name, for messages that tell the fix.
    fn constructor(self) -> &'static str {
        match self {
            Self::Oss => "Endpoint::oss",
            Self::OssTables => "Endpoint::oss_tables",
            Self::Obs => "Endpoint::obs",
        }
    }
}

/// `scheme://host[:port]`
struct Address {
    scheme: &'static str,
    host: String,
    /// `:port`, as written, or nothing.
    port: String,
    is_ip: bool,
    is_local: bool,
}

impl Endpoint {
    /// OSS in a region: `https://oss-{region}.aliyuncs.com`, virtual-hosted, signed with V4.
    ///
    /// # Errors
    /// [`Error::Input`] when the region is not of `a-z 0-9 -` or is part of a host, as in `oss-cn-hangzhou`.
    pub fn oss(region: &str) -> Result<Self> {
        Self::new(Service::Oss, region)
    }

    /// OSS Tables in a region: `https://{region}.oss-tables.aliyuncs.com`, virtual-hosted, signed with V4.
    ///
    /// # Errors
    /// [`Error::Input`] as for [`oss`](Self::oss).
    pub fn oss_tables(region: &str) -> Result<Self> {
        Self::new(Service::OssTables, region)
    }

    /// OBS in a region: `https://obs.{region}.myhuaweicloud.com`, virtual-hosted.
    ///
    /// # Errors
    /// [`Error::Input`] as for [`oss`](Self::oss).
    pub fn obs(region: &str) -> Result<Self> {
        Self::new(Service::Obs, region)
    }

    /// OSS Tables in the region of a table bucket.
    ///
    /// ```
    /// use bucket_encryption::{Endpoint, TableBucketArn};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let arn: TableBucketArn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse()?;
    /// assert_eq!(Endpoint::for_table_bucket(&arn).to_string(), "https://cn-hangzhou.oss-tables.aliyuncs.com");
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_table_bucket(arn: &TableBucketArn) -> Self {
        Self::of_region(Service::OssTables, arn.region())
    }

    fn new(service: Service, region: &str) -> Result<Self> {
        name::check_region(region)?;
        Ok(Self::of_region(service, region))
    }

    /// In a region whose name was checked.
    fn of_region(service: Service, region: &str) -> Self {
        Self {
            service,
            region: region.into(),
            address: Arc::new(Address::of_vendor(public_host(service, region))),
            custom_url: false,
            addressing: Addressing::VirtualHosted,
            signature_version: None,
            agent: None,
            timeout: DEFAULT_TIMEOUT,
            max_attempts: 3,
            clock_offset: Arc::default(),
        }
    }

    /// Another address of the same service: `http://` or `https://`, a host name, IPv4 address or `[IPv6]` address, and
    /// a port if there is one; nothing else. The region stays what it is: V4 signs it. For the internal and dual-stack
    /// hosts of a region there is [`with_network`](Self::with_network).
    ///
    /// ```
    /// use bucket_encryption::Endpoint;
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// // Finance regions: the host does not follow from the region, as the government region's does.
    /// Endpoint::oss("cn-hangzhou-finance")?.with_url("https://oss-cn-hzfinance.aliyuncs.com")?;
    /// Endpoint::oss("cn-shanghai-finance-1")?.with_url("https://oss-cn-shanghai-finance-1-pub.aliyuncs.com")?;
    /// // Accelerated: one host for the buckets of all regions, signed with the bucket's own.
    /// Endpoint::oss("cn-hangzhou")?.with_url("https://oss-accelerate.aliyuncs.com")?;
    /// // Huawei's European site and its partners' clouds.
    /// Endpoint::obs("eu-west-101")?.with_url("https://obs.eu-west-101.myhuaweicloud.eu")?;
    /// Endpoint::obs("eu-de")?.with_url("https://obs.eu-de.otc.t-systems.com")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] when the text is anything else. Where it can be mended, the message shows how.
    pub fn with_url(self, url: &str) -> Result<Self> {
        let address = Arc::new(Address::parse(url)?);
        // Another address is another clock.
        Ok(Self { address, custom_url: true, clock_offset: Arc::default(), ..self })
    }

    /// How requests name their bucket. [`Addressing::VirtualHosted`] by default.
    #[must_use]
    pub fn with_addressing(self, addressing: Addressing) -> Self {
        Self { addressing, ..self }
    }

    /// Which signature OSS is sent. [`SignatureVersion::V4`] by default. OSS Tables has only V4, OBS only its own.
    #[must_use]
    pub fn with_signature_version(self, version: SignatureVersion) -> Self {
        Self { signature_version: Some(version), ..self }
    }

    /// The agent that sends the requests: for a proxy, TLS roots, a resolver or middleware of the caller's own, which
    /// stay as they are. What a call rests on is set on every request, whatever the agent says: answers with an error
    /// status are read, redirects are not followed, the time limit and the size of headers are ours.
    #[must_use]
    pub fn with_agent(self, agent: ureq::Agent) -> Self {
        Self { agent: Some(agent), ..self }
    }

    /// The limit of a whole call, with its name look-up, connection, attempts and the waits between them. 60 seconds by
    /// default, at most 24 hours.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: timeout.min(MAX_TIMEOUT), ..self }
    }

    /// The most requests that a call sends: 1 never tries again; 0 counts as 1. 3 by default.
    #[must_use]
    pub fn with_max_attempts(self, attempts: u32) -> Self {
        Self { max_attempts: attempts.max(1), ..self }
    }

    /// The region, as in `cn-hangzhou`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The region, for a request to keep without a copy.
    pub(crate) fn shared_region(&self) -> &Arc<str> {
        &self.region
    }

    /// Whether the address is in the machine itself or its link: such a request never goes through a proxy.
    pub(crate) fn is_local(&self) -> bool {
        self.address.is_local
    }

    /// Refuses another service's endpoint.
    pub(crate) fn expect_service(&self, wanted: Service) -> Result<()> {
        if self.service == wanted {
            return Ok(());
        }
        let (is, wants, constructor) = (self.service.name(), wanted.name(), wanted.constructor());
        Err(Error::input(
            "endpoint",
            format!("it is one of {is} and the function is one of {wants}; use `{constructor}`"),
        ))
    }

    /// The version to sign OSS requests with.
    pub(crate) fn oss_signature_version(&self) -> SignatureVersion {
        self.signature_version.unwrap_or(SignatureVersion::V4)
    }

    /// Refuses a signature version that the service does not have.
    pub(crate) fn check_signature_version(&self) -> Result<()> {
        let problem = match (self.service, self.signature_version) {
            (Service::OssTables, Some(SignatureVersion::V1)) => "OSS Tables has no V1 signature",
            (Service::Obs, Some(_)) => "OBS has a signature of its own and no versions of it",
            _ => return Ok(()),
        };
        Err(Error::input("signature_version", format!("{problem}; drop `with_signature_version`")))
    }

    /// Refuses a region that is not the endpoint's, unless the address is the caller's own.
    pub(crate) fn check_region_of(&self, arn: &TableBucketArn) -> Result<()> {
        if self.custom_url || arn.region() == self.region() {
            return Ok(());
        }
        let (theirs, ours) = (arn.region(), self.region());
        let problem =
            format!("its region is {theirs:?} and the endpoint's is {ours:?}; use `Endpoint::oss_tables({theirs:?})`");
        Err(Error::input("arn", problem))
    }

    /// The URL of a bucket's subresource.
    ///
    /// # Errors
    /// `Error::Input` for the combinations that cannot be addressed.
    pub(crate) fn bucket_url(&self, bucket: &str, subresource: &str) -> Result<String> {
        let mut url = self.base_url(bucket)?;
        if self.addressing == Addressing::Path {
            url.push('/');
            url.push_str(bucket);
        }
        url.push_str("/?");
        url.push_str(subresource);
        Ok(url)
    }

    /// The domain, without its port, that stands for the bucket; none but under [`Addressing::Cname`].
    pub(crate) fn domain(&self) -> Option<&str> {
        (self.addressing == Addressing::Cname).then_some(&self.address.host)
    }

    /// The URL up to the path. `label` is what stands for the bucket in a host.
    ///
    /// # Errors
    /// `Error::Input` for the combinations that cannot be addressed.
    pub(crate) fn base_url(&self, label: &str) -> Result<String> {
        let Address { scheme, host, port, is_ip, .. } = &*self.address;
        let wrong = |problem: String| Err(Error::input("endpoint", problem));
        if self.addressing == Addressing::Cname {
            if !self.custom_url {
                return wrong(
                    "`Addressing::Cname` needs the domain that is bound to the bucket; pass it with `with_url`".into(),
                );
            }
        } else if let Some(rest) = host.strip_prefix(label).and_then(|rest| rest.strip_prefix('.'))
            && is_vendor_host(rest)
        {
            return wrong(format!(
                "its host {host:?} begins with the bucket; pass {scheme}://{rest}{port} to `with_url`"
            ));
        }
        // Room for the path as well.
        let mut url = String::with_capacity(URL_BYTES);
        url.push_str(scheme);
        url.push_str("://");
        if self.addressing != Addressing::VirtualHosted {
            url.push_str(host);
            url.push_str(port);
            return Ok(url);
        }
        if *is_ip {
            return wrong(format!("a bucket cannot stand before the IP address {host}; use `Addressing::Path`"));
        }
        if label.len() > LABEL_BYTES {
            let problem =
                format!("{label:?} has {} characters, and a part of a host at most {LABEL_BYTES}", label.len());
            return wrong(format!("{problem}; use `Addressing::Path`"));
        }
        if label.len() + 1 + host.len() > HOST_BYTES {
            return wrong(format!("a host has at most {HOST_BYTES} characters, and {label}.{host} has more"));
        }
        for part in [label, ".", host, port] {
            url.push_str(part);
        }
        Ok(url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("service", &self.service.name())
            .field("url", &format_args!("{self}"))
            .field("region", &self.region)
            .field("addressing", &self.addressing)
            .finish_non_exhaustive()
    }
}

impl Address {
    fn of_vendor(host: String) -> Self {
        Self { scheme: "https", host, port: String::new(), is_ip: false, is_local: false }
    }

    fn parse(url: &str) -> Result<Self> {
        let wrong = |problem: &str| Error::input("url", format!("{url:?} {problem}"));
        let form = "scheme://host[:port]";
        if url.contains('@') {
            // Before all else, and not shown: what stands before the @ may be a password.
            return Err(Error::input("url", format!("it holds a user name; the form is {form}")));
        }
        if let Some(bad) = url.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(wrong(&format!("holds {bad:?}; the form is {form}, and other scripts are written as xn--")));
        }
        let Some((scheme, rest)) = url.split_once("://") else {
            let fixed = format!("https://{url}");
            return Err(match Self::parse(&fixed) {
                Ok(_) => wrong(&format!("has no scheme; pass {fixed:?}")),
                Err(_) => wrong(&format!("is no address; the form is {form}")),
            });
        };
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => "https",
            _ if scheme.eq_ignore_ascii_case("http") => "http",
            _ => return Err(wrong("has another scheme than http and https")),
        };
        if let Some((authority, _)) = rest.split_once(['/', '?', '#', '\\']) {
            let fixed = format!("{scheme}://{authority}");
            return Err(wrong(&match Self::parse(&fixed) {
                Ok(_) => format!("has something behind the host; pass {fixed:?}"),
                Err(_) => format!("is no address; the form is {form}"),
            }));
        }
        let host_end = rest.find(']').map_or_else(|| rest.find(':').unwrap_or(rest.len()), |bracket| bracket + 1);
        let (host, port) = rest.split_at(host_end);
        if let Some(digits) = port.strip_prefix(':') {
            let is_port = digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if !is_port || !digits.parse::<u16>().is_ok_and(|port| port != 0) {
                return Err(wrong(&format!("has the port {digits:?}; a port is a number from 1 to 65535")));
            }
        } else if !port.is_empty() {
            return Err(wrong(&format!("is no address; the form is {form}")));
        }
        let host = host.to_ascii_lowercase();
        let ip = if let Some(inside) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            let ip = inside.parse::<Ipv6Addr>().map_err(|_| wrong("has no IPv6 address between its brackets"))?;
            Some(ip.to_canonical())
        } else if ends_in_number(&host) {
            Some(host.parse::<Ipv4Addr>().map_err(|_| wrong("has a host of numbers that is no IPv4 address"))?.into())
        } else {
            check_host_name(&host).map_err(|problem| wrong(&problem))?;
            None
        };
        let is_local = match ip {
            Some(IpAddr::V4(ip)) => is_local_v4(ip),
            Some(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unspecified(),
            None => host == "localhost" || host.ends_with(".localhost"),
        };
        Ok(Self { scheme, host, port: port.to_owned(), is_ip: ip.is_some(), is_local })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.host, self.port)
    }
}

/// Loopback, and the link-local and Alibaba's own address that answer with a machine's metadata.
fn is_local_v4(ip: Ipv4Addr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || ip.is_link_local() || ip == Ipv4Addr::new(100, 100, 100, 200)
}

/// Whether a resolver may take the host for an IPv4 address: its last part is a number, decimal or hexadecimal.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    hexadecimal || !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
}

fn check_host_name(host: &str) -> Result<(), String> {
    if let Some(bad) = host.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        return Err(format!("holds {bad:?}; a host's name is of letters, digits, hyphens and dots"));
    }
    let is_label =
        |label: &str| (1..=LABEL_BYTES).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    if host.len() > HOST_BYTES || !host.split('.').all(is_label) {
        return Err(
            "has no host's name: parts of 1 to 63 characters between single dots, without hyphens at their ends".into(),
        );
    }
    Ok(())
}

/// `oss-*.aliyuncs.com`, `*.oss.aliyuncs.com`, `*.oss-tables.aliyuncs.com` and `obs.*.myhuaweicloud.com`.
fn is_vendor_host(host: &str) -> bool {
    let is_region = |part: &str| !part.is_empty() && !part.contains('.');
    let between =
        |prefix, suffix| host.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)).is_some_and(is_region);
    between("oss-", ".aliyuncs.com")
        || between("", ".oss.aliyuncs.com")
        || between("", ".oss-tables.aliyuncs.com")
        || between("obs.", ".myhuaweicloud.com")
}
