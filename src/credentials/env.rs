//! Keys in environment variables.

use std::ffi::OsString;

use zeroize::Zeroizing;

use super::find::Miss;
use super::{Cloud, Credentials};
use crate::error::{Error, Result};

/// Three variables that hold a key together.
struct Set {
    id: &'static str,
    secret: &'static str,
    token: &'static str,
}

/// The service's own variables, and those of all the vendor's tools, in the order in which they are tried.
fn sets(cloud: Cloud) -> [Set; 2] {
    match cloud {
        Cloud::Alibaba => [
            Set { id: "OSS_ACCESS_KEY_ID", secret: "OSS_ACCESS_KEY_SECRET", token: "OSS_SESSION_TOKEN" },
            Set {
                id: "ALIBABA_CLOUD_ACCESS_KEY_ID",
                secret: "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                token: "ALIBABA_CLOUD_SECURITY_TOKEN",
            },
        ],
        Cloud::Huawei => [
            Set { id: "OBS_ACCESS_KEY_ID", secret: "OBS_SECRET_ACCESS_KEY", token: "OBS_SECURITY_TOKEN" },
            Set { id: "HUAWEICLOUD_SDK_AK", secret: "HUAWEICLOUD_SDK_SK", token: "HUAWEICLOUD_SDK_SECURITY_TOKEN" },
        ],
    }
}

pub(super) fn read(cloud: Cloud, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Credentials, Miss> {
    let sets = sets(cloud);
    for set in &sets {
        if let Some(begun) = set.begun(variable) {
            return Ok(set.read(begun, variable)?);
        }
    }
    let [own, general] = sets;
    let problem =
        format!("none of {}, {}, {} and {} is set in the environment", own.id, own.secret, general.id, general.secret);
    Err(Miss::Absent(Error::input("environment", problem)))
}

impl Set {
    /// A variable of the set that is set. An empty token is none, as the vendors' tools write it beside a lasting key.
    fn begun(&self, variable: &dyn Fn(&str) -> Option<OsString>) -> Option<&'static str> {
        let is_set = |name: &&str| variable(name).is_some_and(|value| *name != self.token || !value.is_empty());
        [self.id, self.secret, self.token].into_iter().find(is_set)
    }

    /// Reads the whole set; `begun` is the variable that says it is there.
    fn read(&self, begun: &'static str, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Credentials> {
        let Self { id, secret, token } = self;
        let refused = |name: &'static str, problem: &str| {
            Error::input(name, format!("{problem}; looked for {id}, {secret} and, for a temporary key, {token}"))
        };
        let value = |name: &'static str| match variable(name).map(OsString::into_string) {
            Some(Ok(value)) => Ok(Some(Zeroizing::new(value))),
            Some(Err(_)) => Err(refused(name, "its value is not UTF-8")),
            None => Ok(None),
        };
        let needed = |name: &'static str| match value(name)? {
            Some(value) if value.is_empty() => {
                Err(refused(name, "it is empty; a set of variables is used whole: give it a value, or unset the set"))
            }
            Some(value) => Ok(value),
            None => Err(refused(
                name,
                &format!("it is not set while {begun} is; a set of variables is used whole: set it, or unset {begun}"),
            )),
        };
        let (key_id, key_secret) = (needed(id)?, needed(secret)?);
        let key_token = value(token)?.filter(|value| !value.is_empty());
        Credentials::held(&key_id, &key_secret, key_token.as_ref().map(|token| token.as_str()), |argument, problem| {
            let name = match argument {
                "access_key_id" => id,
                "access_key_secret" => secret,
                _ => token,
            };
            Error::input(name, problem)
        })
    }
}
