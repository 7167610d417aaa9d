//! OSS endpoints from the environment and from the files of the vendor's tools.

use std::ffi::OsString;

use super::{Addressing, Endpoint, SignatureVersion};
use crate::credentials::{Cloud, Field, Miss, Profile, Surroundings, first, reason};
use crate::error::{Error, Result};

const REGION: &str = "OSS_REGION";
const ENDPOINT: &str = "OSS_ENDPOINT";

impl Endpoint {
    /// Finds OSS's region and address where the vendor's tools keep them: in the environment, else in the default
    /// profile of a file. [`oss_from_env`](Self::oss_from_env) and [`oss_from_profile`](Self::oss_from_profile) say
    /// what each of them reads.
    ///
    /// ```no_run
    /// use bucket_encryption::{Cloud, Credentials, Endpoint, oss};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let credentials = Credentials::find(Cloud::Alibaba)?;
    /// let encryption = oss::get_bucket_encryption(&credentials, &Endpoint::find_oss()?, "examplebucket")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] when there is no region anywhere, with everything that was tried, and those of the place that
    /// has one that cannot be used.
    pub fn find_oss() -> Result<Self> {
        find(&Surroundings::real())
    }

    /// OSS in the region of the variable `OSS_REGION`, at the address of `OSS_ENDPOINT` if that is set: a host, or a
    /// URL as [`with_url`](Self::with_url) takes it. A host without a scheme is asked with https.
    ///
    /// # Errors
    /// [`Error::Input`] that names the variable when `OSS_REGION` is not set, also where `OSS_ENDPOINT` is: the region
    /// is signed, and not every host tells it; when one of them is empty, and when its value cannot be used.
    pub fn oss_from_env() -> Result<Self> {
        from_env(&Surroundings::real()).map_err(Miss::into_error)
    }

    /// OSS in the region and at the address of a profile of `~/.ossutilconfig` or `~/.aliyun/config.json`, chosen as by
    /// [`Credentials::from_profile`](crate::Credentials::from_profile); the first that has either is used. Of
    /// ossutil's other settings, `addressing-style` and `sign-version` are kept.
    ///
    /// ```no_run
    /// use bucket_encryption::{Cloud, Credentials, Endpoint, oss};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let profile = Some("release");
    /// let (credentials, endpoint) = (Credentials::from_profile(Cloud::Alibaba, profile)?, Endpoint::oss_from_profile(profile)?);
    /// let encryption = oss::get_bucket_encryption(&credentials, &endpoint, "examplebucket")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] that names the file when there is no such file or profile, when the profile has an endpoint and
    /// no region (ossutil 1 writes none), and when a setting cannot be used.
    ///
    /// <https://www.alibabacloud.com/help/en/oss/developer-reference/configure-ossutil2>
    pub fn oss_from_profile(profile: Option<&str>) -> Result<Self> {
        from_profile(&Surroundings::real(), profile).map_err(Miss::into_error)
    }
}

fn find(around: &Surroundings<'_>) -> Result<Endpoint> {
    let places: [&dyn Fn() -> Result<Endpoint, Miss>; 2] = [&|| from_env(around), &|| from_profile(around, None)];
    first("endpoint", places.iter().map(|place| place())).map_err(|miss| match miss {
        Miss::Absent(tried) => Error::input("endpoint", format!("no region was found: {}", reason(&tried))),
        Miss::Unusable(error) => error,
    })
}

fn from_env(around: &Surroundings<'_>) -> Result<Endpoint, Miss> {
    let value = |name: &'static str| match (around.variable)(name).map(OsString::into_string) {
        Some(Ok(value)) if value.is_empty() => Err(Error::input(name, "it is empty; give it a value, or unset it")),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(Error::input(name, "its value is not UTF-8")),
        None => Ok(None),
    };
    match (value(REGION)?, value(ENDPOINT)?) {
        (Some(region), url) => {
            let endpoint = Endpoint::oss(&region).map_err(|error| renamed(&error, REGION))?;
            Ok(match url {
                Some(url) => at(endpoint, &url).map_err(|error| renamed(&error, ENDPOINT))?,
                None => endpoint,
            })
        }
        (None, Some(_)) => {
            let problem = "it is not set while OSS_ENDPOINT is; the region is signed, and the endpoint may not tell it";
            Err(Error::input(REGION, problem).into())
        }
        (None, None) => Err(Miss::Absent(Error::input("environment", "OSS_REGION is not set in the environment"))),
    }
}

fn from_profile(around: &Surroundings<'_>, profile: Option<&str>) -> Result<Endpoint, Miss> {
    around.in_files(Cloud::Alibaba, profile, of_profile)
}

fn of_profile(profile: &Profile) -> Result<Endpoint, Miss> {
    let place = &profile.place;
    let refused = |field: &Field, problem: &str| profile.wrong(field.name, problem);
    let told = |field: &Field, error: &Error| refused(field, &reason(error));
    let (region, url) = (profile.get("region"), profile.get("endpoint"));
    let Some(region) = region else {
        return Err(match url {
            Some(url) => {
                let problem = "there is no region beside it, and the region is signed; add `region = ...`";
                refused(url, problem).into()
            }
            None => Miss::Absent(place.at(None, "there is no region")),
        });
    };
    let mut endpoint = Endpoint::oss(&region.value).map_err(|error| told(region, &error))?;
    if let Some(url) = url {
        endpoint = at(endpoint, &url.value).map_err(|error| told(url, &error))?;
    }
    if let Some(style) = profile.get("addressing-style") {
        let addressing = match style.value.to_ascii_lowercase().as_str() {
            "virtual" => Addressing::VirtualHosted,
            "path" => Addressing::Path,
            "cname" => Addressing::Cname,
            _ => return Err(refused(style, "it is none of virtual, path and cname").into()),
        };
        endpoint = endpoint.with_addressing(addressing);
    }
    if let Some(version) = profile.get("sign-version") {
        let version = match version.value.to_ascii_lowercase().as_str() {
            "v4" => SignatureVersion::V4,
            "v1" => SignatureVersion::V1,
            _ => return Err(refused(version, "it is neither v1 nor v4").into()),
        };
        endpoint = endpoint.with_signature_version(version);
    }
    Ok(endpoint)
}

/// The vendor's tools take a host as well as a URL.
fn at(endpoint: Endpoint, url: &str) -> Result<Endpoint> {
    if url.contains("://") { endpoint.with_url(url) } else { endpoint.with_url(&format!("https://{url}")) }
}

fn renamed(error: &Error, name: &'static str) -> Error {
    Error::input(name, reason(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::testing::{Home, SECRET, surroundings, variables};

    fn no_variable(_: &str) -> Option<OsString> {
        None
    }

    #[test]
    fn region_and_endpoint_come_from_the_environment() {
        let home = Home::with(&[(".ossutilconfig", "[default]\nregion=cn-beijing")]);
        for (table, expected) in [
            (&[("OSS_REGION", "cn-hangzhou")][..], Ok("https://oss-cn-hangzhou.aliyuncs.com")),
            (
                &[("OSS_REGION", "cn-hangzhou-finance"), ("OSS_ENDPOINT", "oss-cn-hzfinance.aliyuncs.com")],
                Ok("https://oss-cn-hzfinance.aliyuncs.com"),
            ),
            (&[("OSS_REGION", "r"), ("OSS_ENDPOINT", "http://127.0.0.1:9000")], Ok("http://127.0.0.1:9000")),
            (&[], Ok("https://oss-cn-beijing.aliyuncs.com")),
            (
                &[("OSS_ENDPOINT", "oss-cn-hangzhou.aliyuncs.com")],
                Err("invalid OSS_REGION: it is not set while OSS_END"),
            ),
            (&[("OSS_REGION", "")], Err("invalid OSS_REGION: it is empty")),
            (&[("OSS_REGION", "r"), ("OSS_ENDPOINT", "")], Err("invalid OSS_ENDPOINT: it is empty")),
            (&[("OSS_REGION", "oss-cn-hangzhou")], Err("invalid OSS_REGION: \"oss-cn-hangzhou\" is part of a host")),
            (
                &[("OSS_REGION", "r"), ("OSS_ENDPOINT", "a/b")],
                Err("invalid OSS_ENDPOINT: \"https://a/b\" has something"),
            ),
        ] {
            let found = find(&surroundings(&variables(table), &home, None)).map(|endpoint| endpoint.to_string());
            match (found, expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url, expected),
                (Err(error), Err(expected)) => assert!(error.to_string().starts_with(expected), "{error}"),
                (found, _) => panic!("{table:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn region_and_endpoint_come_from_a_profile() {
        let json =
            r#"{"current":"c","profiles":[{"name":"c","mode":"RamRoleArn","region_id":"cn-shanghai"},{"name":"n"}]}"#;
        for (text, profile, expected) in [
            ("[default]\nregion=cn-hangzhou", None, Ok("https://oss-cn-hangzhou.aliyuncs.com")),
            ("[profile x]\nregion=r\nendpoint=http://h:1", Some("x"), Ok("http://h:1")),
            ("[Credentials]\nregion=r\nendpoint=h.example.com", None, Ok("https://h.example.com")),
            ("[default]\nak=a", None, Ok("https://oss-cn-shanghai.aliyuncs.com")),
            ("", Some("c"), Ok("https://oss-cn-shanghai.aliyuncs.com")),
            (
                "[Credentials]\nendpoint=oss-cn-hangzhou.aliyuncs.com",
                None,
                Err(", line 2: endpoint: there is no region"),
            ),
            ("[default]\nregion=r\nendpoint=ftp://h", None, Err(", line 3: endpoint: \"ftp://h\" has another scheme")),
            ("[default]\nregion=R", None, Err(", line 2: region: \"R\" holds 'R'")),
            ("[default]\nregion=r\nsign-version=v2", None, Err(", line 3: sign-version: it is neither")),
            ("[default]\nregion=r\naddressing-style=hunter22", None, Err(", line 3: addressing-style: it is none")),
            ("", Some("n"), Err(", profile \"n\": there is no region")),
            ("", Some("gone"), Err("there is no profile \"gone\"")),
        ] {
            let home = Home::with(&[(".ossutilconfig", text), (".aliyun/config.json", json)]);
            let found = from_profile(&surroundings(&no_variable, &home, None), profile);
            match (found.map_err(Miss::into_error), expected) {
                (Ok(endpoint), Ok(expected)) => assert_eq!(endpoint.to_string(), expected),
                (Err(error), Err(expected)) => {
                    let told = error.to_string();
                    assert!(told.contains(expected) && !told.contains("hunter"), "{text:?}: {told}");
                }
                (found, _) => panic!("{text:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_profiles_style_and_signature_are_kept() {
        let text = "[default]\nregion=r\nendpoint=https://data.example.com\naddressing-style=CNAME\nsign-version=V1\n";
        let home = Home::with(&[(".ossutilconfig", text)]);
        let endpoint = find(&surroundings(&no_variable, &home, None)).unwrap();
        assert_eq!(endpoint.domain(), Some("data.example.com"));
        assert_eq!(endpoint.oss_signature_version(), SignatureVersion::V1);
    }

    #[test]
    fn nothing_found_lists_everything_that_was_tried() {
        let home = Home::with(&[(".ossutilconfig", &format!("[default]\nak=a\nsk={SECRET}"))]);
        let error = find(&surroundings(&no_variable, &home, None)).unwrap_err();
        let expected = format!(
            "invalid endpoint: no region was found: OSS_REGION is not set in the environment; {}, [default]: there is no \
             region; {}: there is no such file",
            home.0.join(".ossutilconfig").display(),
            home.0.join(".aliyun/config.json").display()
        );
        assert_eq!(error.to_string(), expected);
    }
}
