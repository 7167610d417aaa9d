//! The vendors' other hosts for the same service.

use std::sync::Arc;

use super::{Address, Endpoint, Service};
use crate::error::{Error, Result};

/// From which network a service is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Network {
    /// From everywhere, over IPv4. The default.
    Public,
    /// From machines of the same cloud and region: free of charge for traffic, and without a way to the Internet.
    Internal,
    /// From everywhere, over IPv4 and IPv6. In some regions of OSS.
    DualStack,
}

impl Endpoint {
    /// The host for another network, made from the region:
    ///
    /// | | OSS | OSS Tables | OBS |
    /// |---|---|---|---|
    /// | `Public` | `oss-{region}.aliyuncs.com` | `{region}.oss-tables.aliyuncs.com` | `obs.{region}.myhuaweicloud.com` |
    /// | `Internal` | `oss-{region}-internal.aliyuncs.com` | `{region}-internal.oss-tables.aliyuncs.com` | refused |
    /// | `DualStack` | `{region}.oss.aliyuncs.com` | refused | refused |
    ///
    /// Whether a region has the host is the service's to say; finance regions have hosts of other forms, which
    /// [`with_url`](Self::with_url) takes.
    ///
    /// ```
    /// use bucket_encryption::{Endpoint, Network};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let internal = Endpoint::oss("cn-hangzhou")?.with_network(Network::Internal)?;
    /// assert_eq!(internal.to_string(), "https://oss-cn-hangzhou-internal.aliyuncs.com");
    ///
    /// let error = Endpoint::obs("cn-north-4")?.with_network(Network::Internal).unwrap_err();
    /// assert!(error.to_string().contains("with_url"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] when the service has no such host, and when the address is already one of
    /// [`with_url`](Self::with_url).
    ///
    /// <https://www.alibabacloud.com/help/en/oss/user-guide/regions-and-endpoints>
    pub fn with_network(self, network: Network) -> Result<Self> {
        let wrong = |problem: &str| Err(Error::input("network", problem));
        let region = &*self.region;
        if self.custom_url {
            return wrong("the address was given with `with_url`; drop that, or `with_network`");
        }
        let host = match (self.service, network) {
            (_, Network::Public) => public_host(self.service, region),
            (Service::Oss, Network::Internal) if region.starts_with("rg-") => {
                return wrong("the region-less buckets have no internal host; drop `with_network`");
            }
            (Service::Oss, Network::Internal) => format!("oss-{region}-internal.aliyuncs.com"),
            (Service::Oss, Network::DualStack) => format!("{region}.oss.aliyuncs.com"),
            (Service::OssTables, Network::Internal) => format!("{region}-internal.oss-tables.aliyuncs.com"),
            (Service::OssTables, Network::DualStack) => {
                return wrong("OSS Tables has no dual-stack host; drop `with_network`, or use `Network::Internal`");
            }
            (Service::Obs, Network::Internal | Network::DualStack) => {
                return wrong(
                    "OBS has one host a region, inside and outside of its cloud; drop `with_network`, \
                     or pass another host with `with_url`",
                );
            }
        };
        // Another address is another clock.
        Ok(Self { address: Arc::new(Address::of_vendor(host)), clock_offset: Arc::default(), ..self })
    }
}

/// The host that a service has in each region.
pub(super) fn public_host(service: Service, region: &str) -> String {
    match service {
        Service::Oss => format!("oss-{region}.aliyuncs.com"),
        Service::OssTables => format!("{region}.oss-tables.aliyuncs.com"),
        Service::Obs => format!("obs.{region}.myhuaweicloud.com"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_follow_the_service_and_the_network() {
        for (service, network, host) in [
            (Service::Oss, Network::Public, Ok("oss-cn-hangzhou.aliyuncs.com")),
            (Service::Oss, Network::Internal, Ok("oss-cn-hangzhou-internal.aliyuncs.com")),
            (Service::Oss, Network::DualStack, Ok("cn-hangzhou.oss.aliyuncs.com")),
            (Service::OssTables, Network::Public, Ok("cn-hangzhou.oss-tables.aliyuncs.com")),
            (Service::OssTables, Network::Internal, Ok("cn-hangzhou-internal.oss-tables.aliyuncs.com")),
            (Service::OssTables, Network::DualStack, Err("no dual-stack host")),
            (Service::Obs, Network::Public, Ok("obs.cn-hangzhou.myhuaweicloud.com")),
            (Service::Obs, Network::Internal, Err("one host a region")),
            (Service::Obs, Network::DualStack, Err("one host a region")),
        ] {
            let endpoint = match service {
                Service::Oss => Endpoint::oss("cn-hangzhou"),
                Service::OssTables => Endpoint::oss_tables("cn-hangzhou"),
                Service::Obs => Endpoint::obs("cn-hangzhou"),
            };
            match (endpoint.unwrap().with_network(network), host) {
                (Ok(endpoint), Ok(host)) => {
                    assert_eq!(endpoint.to_string(), format!("https://{host}"));
                    assert_eq!(endpoint.region(), "cn-hangzhou");
                }
                (Err(error), Err(reason)) => {
                    let text = error.to_string();
                    assert!(text.starts_with("invalid network: ") && text.contains(reason), "{service:?} {text}");
                }
                (outcome, _) => panic!("{service:?} {network:?}: {outcome:?}"),
            }
        }
    }

    #[test]
    fn the_last_network_counts_and_none_beside_a_url() {
        let internal = Endpoint::oss("cn-hangzhou").unwrap().with_network(Network::Internal).unwrap();
        let public = internal.clone().with_network(Network::Public).unwrap();
        assert_eq!(public.to_string(), "https://oss-cn-hangzhou.aliyuncs.com");
        assert!(!Arc::ptr_eq(&public.clock_offset, &internal.clock_offset));

        let custom = internal.with_url("https://oss.example.com").unwrap();
        for network in [Network::Public, Network::Internal, Network::DualStack] {
            let error = custom.clone().with_network(network).unwrap_err();
            assert!(error.to_string().contains("drop that"), "{error}");
        }
        let error = Endpoint::oss("rg-china-mainland").unwrap().with_network(Network::Internal).unwrap_err();
        assert!(error.to_string().contains("no internal host"), "{error}");
    }

    #[test]
    fn a_bucket_stands_before_every_host() {
        for (endpoint, url) in [
            (
                Endpoint::oss("cn-hangzhou").unwrap().with_network(Network::Internal),
                "https://examplebucket.oss-cn-hangzhou-internal.aliyuncs.com/?encryption",
            ),
            (
                Endpoint::oss("cn-hangzhou").unwrap().with_network(Network::DualStack),
                "https://examplebucket.cn-hangzhou.oss.aliyuncs.com/?encryption",
            ),
        ] {
            let request = crate::oss::get_bucket_encryption_request(&endpoint.unwrap(), "examplebucket").unwrap();
            assert_eq!(request.url(), url);
        }
        let arn = "acs:osstables:cn-hangzhou:1234567890:bucket/my-table-bucket".parse().unwrap();
        let endpoint = Endpoint::for_table_bucket(&arn);
        assert_eq!(endpoint.to_string(), "https://cn-hangzhou.oss-tables.aliyuncs.com");
        let internal = endpoint.with_network(Network::Internal).unwrap();
        let request = crate::oss_tables::get_table_bucket_encryption_request(&internal, &arn).unwrap();
        assert!(
            request
                .url()
                .starts_with("https://my-table-bucket-1234567890.cn-hangzhou-internal.oss-tables.aliyuncs.com/"),
            "{}",
            request.url()
        );
    }
}
