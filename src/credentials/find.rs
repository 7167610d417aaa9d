//! Where credentials are looked for, and in which order.

use std::ffi::OsString;
use std::path::PathBuf;

use super::profile::{Keys, Profile};
use super::{Credentials, aliyun, env, huawei, ossutil, role};
use crate::error::{Error, Result};

/// Whose keys are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cloud {
    /// Alibaba Cloud: OSS and OSS Tables.
    Alibaba,
    /// Huawei Cloud: OBS.
    Huawei,
}

impl Credentials {
    /// Finds a key where the vendor's tools keep theirs: in the environment, in a file of the home folder, and last in
    /// the role of the machine that the program runs on. [`from_env`](Self::from_env),
    /// [`from_profile`](Self::from_profile) and [`from_role`](Self::from_role) say what each of them reads.
    ///
    /// Only a place without a key lets the search go on. One whose key cannot be used ends it: going on could sign with
    /// another account's key.
    ///
    /// A role's key runs out within hours. A program that runs longer holds a
    /// [`RenewingCredentials`](crate::RenewingCredentials).
    ///
    /// ```no_run
    /// use bucket_encryption::{Cloud, Credentials, Endpoint, oss};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let credentials = Credentials::find(Cloud::Alibaba)?;
    /// let encryption = oss::get_bucket_encryption(&credentials, &Endpoint::oss("cn-hangzhou")?, "examplebucket")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Input`] when there is no key anywhere, with everything that was tried.
    /// - The error of the place whose key cannot be used, as the three functions describe it.
    pub fn find(cloud: Cloud) -> Result<Self> {
        Surroundings::real().find(cloud)
    }

    /// Takes the key from the environment. The first of these sets of which a variable is set is used, and used whole:
    ///
    /// | cloud | access key id | secret | security token, if there is one |
    /// |---|---|---|---|
    /// | Alibaba | `OSS_ACCESS_KEY_ID` | `OSS_ACCESS_KEY_SECRET` | `OSS_SESSION_TOKEN` |
    /// | Alibaba | `ALIBABA_CLOUD_ACCESS_KEY_ID` | `ALIBABA_CLOUD_ACCESS_KEY_SECRET` | `ALIBABA_CLOUD_SECURITY_TOKEN` |
    /// | Huawei | `OBS_ACCESS_KEY_ID` | `OBS_SECRET_ACCESS_KEY` | `OBS_SECURITY_TOKEN` |
    /// | Huawei | `HUAWEICLOUD_SDK_AK` | `HUAWEICLOUD_SDK_SK` | `HUAWEICLOUD_SDK_SECURITY_TOKEN` |
    ///
    /// An empty token is none. An empty id or secret is not taken for an unset one: a script that lost its key should
    /// not go on with another.
    ///
    /// ```no_run
    /// use bucket_encryption::{Cloud, Credentials};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let credentials = Credentials::from_env(Cloud::Huawei)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Input`] that names the variables when none is set, when one of a set is missing or empty, when one is
    /// not UTF-8, and when the values are none that [`new`](Self::new) takes. It never shows a value.
    pub fn from_env(cloud: Cloud) -> Result<Self> {
        Surroundings::real().env(cloud).map_err(Miss::into_error)
    }

    /// Takes the key from a file that the vendor's tools write in the home folder. The first that has the profile, and
    /// a key in it, is used:
    ///
    /// | cloud | file | without a profile |
    /// |---|---|---|
    /// | Alibaba | `~/.ossutilconfig`, as ossutil 2 writes it (`[default]`, `[profile NAME]`) and ossutil 1 (`[Credentials]`) | `[default]`, else `[Credentials]` |
    /// | Alibaba | `~/.aliyun/config.json` | its `current` profile |
    /// | Huawei | `~/.obsutilconfig` | |
    /// | Huawei | `~/.huaweicloud/credentials`, `[basic]` | |
    ///
    /// Huawei's files have no profiles. Of Alibaba's modes, AK and StsToken are read, and EcsRamRole goes on to
    /// [`from_role`](Self::from_role) with the file's role name. The other modes (RamRoleArn, OIDC, a process, ...) need
    /// calls of their own: make them in the function that [`RenewingCredentials::new`](crate::RenewingCredentials::new)
    /// takes.
    ///
    /// ```no_run
    /// use bucket_encryption::{Cloud, Credentials};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let credentials = Credentials::from_profile(Cloud::Alibaba, Some("release"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Input`] that names the file when there is no such file or profile, when it cannot be read (the line
    ///   and what is wrong with it, never a value), when its key is incomplete, and when its mode is another.
    /// - Those of [`from_role`](Self::from_role), where the profile says EcsRamRole.
    ///
    /// <https://www.alibabacloud.com/help/en/oss/developer-reference/configure-ossutil2>
    pub fn from_profile(cloud: Cloud, profile: Option<&str>) -> Result<Self> {
        Surroundings::real().profile(cloud, profile).map_err(Miss::into_error)
    }

    /// Takes the key of the role (Alibaba: RAM role; Huawei: agency) of the machine that the program runs on, from the
    /// machine's own metadata service. The key is temporary, and [`expires_at`](Self::expires_at) tells until when.
    ///
    /// An Alibaba machine's role is found out where none is given; a Huawei machine has one agency, which has no name
    /// here. The metadata is never asked through a proxy, redirects are not followed, and each of the two or three
    /// requests has one second to connect and one for the answer.
    ///
    /// ```no_run
    /// use bucket_encryption::{Cloud, Credentials, RenewingCredentials};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let credentials = Credentials::from_role(Cloud::Alibaba, None)?;
    /// // In a program that runs for hours:
    /// let renewing = RenewingCredentials::new(|| Credentials::from_role(Cloud::Alibaba, None));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Input`] when the machine has no role, or none of that name; when a name is no name, or is given for
    ///   Huawei.
    /// - [`Error::Transport`] when no metadata service answers: this is no machine of that cloud, or its metadata are
    ///   switched off.
    /// - [`Error::Decode`] when the answer is not the metadata's.
    ///
    /// <https://www.alibabacloud.com/help/en/ecs/user-guide/attach-an-instance-ram-role-to-an-ecs-instance>
    pub fn from_role(cloud: Cloud, role: Option<&str>) -> Result<Self> {
        Surroundings::real().role(cloud, role).map_err(Miss::into_error)
    }
}

/// Why a place gave no key.
pub(crate) enum Miss {
    /// There is none: a search goes on.
    Absent(Error),
    /// There is something, and it cannot be used: a search ends.
    Unusable(Error),
}

impl Miss {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Absent(error) | Self::Unusable(error) => error,
        }
    }
}

impl From<Error> for Miss {
    fn from(error: Error) -> Self {
        Self::Unusable(error)
    }
}

/// What the places are made of. Tests have their own, and touch neither the environment nor the home folder nor the
/// machine's metadata.
pub(crate) struct Surroundings<'a> {
    pub(crate) variable: &'a dyn Fn(&str) -> Option<OsString>,
    pub(crate) home: Option<PathBuf>,
    /// Stands for the metadata address of each cloud.
    pub(crate) metadata: Option<&'a str>,
}

impl Surroundings<'static> {
    pub(crate) fn real() -> Self {
        fn variable(name: &str) -> Option<OsString> {
            std::env::var_os(name)
        }
        Self { variable: &variable, home: std::env::home_dir(), metadata: None }
    }
}

impl Surroundings<'_> {
    fn env(&self, cloud: Cloud) -> Result<Credentials, Miss> {
        env::read(cloud, self.variable)
    }

    fn profile(&self, cloud: Cloud, profile: Option<&str>) -> Result<Credentials, Miss> {
        self.in_files(cloud, profile, |found| match found.keys()? {
            Keys::Held(credentials) => Ok(credentials),
            Keys::Role(role) => {
                role.map_or(Ok(()), role::check_role).map_err(|error| found.wrong("ecs-role-name", &reason(&error)))?;
                // The file is there: a machine without that role makes it unusable, not absent.
                Ok(self.role(cloud, role).map_err(Miss::into_error)?)
            }
        })
    }

    fn role(&self, cloud: Cloud, role: Option<&str>) -> Result<Credentials, Miss> {
        role::read(cloud, role, self.metadata)
    }

    fn find(&self, cloud: Cloud) -> Result<Credentials> {
        let places: [&dyn Fn() -> Result<Credentials, Miss>; 3] =
            [&|| self.env(cloud), &|| self.profile(cloud, None), &|| self.role(cloud, None)];
        first("credentials", places.iter().map(|place| place())).map_err(|miss| match miss {
            Miss::Absent(tried) => Error::input("credentials", format!("none were found: {}", reason(&tried))),
            Miss::Unusable(error) => error,
        })
    }

    /// Takes something from the first file that has it in its profile.
    pub(crate) fn in_files<T>(
        &self,
        cloud: Cloud,
        profile: Option<&str>,
        take: impl Fn(&Profile) -> Result<T, Miss>,
    ) -> Result<T, Miss> {
        if cloud == Cloud::Huawei {
            huawei::check_profile(profile)?;
        }
        let home = self.home.as_deref();
        let home = home.ok_or_else(|| Miss::Absent(Error::input("profile", "the home folder is not known")))?;
        let files: [&dyn Fn() -> Result<Profile, Miss>; 2] = match cloud {
            Cloud::Alibaba => [&|| ossutil::read(home, profile), &|| aliyun::read(home, profile)],
            Cloud::Huawei => [&|| huawei::read_obsutil(home), &|| huawei::read_sdk(home)],
        };
        first("profile", files.iter().map(|read| take(&read()?)))
    }
}

/// The first place that has something, usable or not; without one, all that were tried.
pub(crate) fn first<T>(argument: &'static str, places: impl Iterator<Item = Result<T, Miss>>) -> Result<T, Miss> {
    let mut tried = Vec::new();
    for place in places {
        match place {
            Err(Miss::Absent(error)) => tried.push(reason(&error)),
            outcome => return outcome,
        }
    }
    Err(Miss::Absent(Error::input(argument, tried.join("; "))))
}

/// An error's text, as a part of another's.
pub(crate) fn reason(error: &Error) -> String {
    match error {
        Error::Input(error) => error.problem().to_owned(),
        _ => format!("{error:?}"),
    }
}

#[cfg(test)]
mod tests;
