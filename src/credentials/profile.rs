//! A profile: what a file of the vendors' tools says together, and the key in it.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use zeroize::Zeroizing;

use super::Credentials;
use super::find::Miss;
use crate::error::{Error, Result};

/// What one file says about one profile.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) place: Place,
    pub(crate) fields: Vec<Field>,
}

/// Where a profile stands, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// As the vendor's pages call the file, and the argument of an error.
    pub(crate) file: &'static str,
    pub(crate) path: PathBuf,
    /// `[section]`, or how else the profile is called; nothing where a file has but one.
    pub(crate) section: String,
}

/// One setting of a profile that is not empty.
pub(crate) struct Field {
    /// One of [`NAMES`]' canonical names.
    pub(crate) name: &'static str,
    pub(crate) value: Zeroizing<String>,
    /// None in a JSON file.
    pub(crate) line: Option<usize>,
}

/// The names of the fields that are read: the canonical one, as ossutil 2 writes it, and its spellings without `-` and
/// `_` and in lower case.
const NAMES: [(&str, &[&str]); 17] = [
    ("access-key-id", &["accesskeyid", "accessid", "ak"]),
    ("access-key-secret", &["accesskeysecret", "accesskey", "sk"]),
    ("sts-token", &["ststoken", "securitytoken", "token"]),
    ("sts-expiration", &["stsexpiration"]),
    ("mode", &["mode"]),
    ("ecs-role-name", &["ecsrolename", "ramrolename"]),
    ("role-arn", &["rolearn", "ramrolearn"]),
    ("oidc-provider-arn", &["oidcproviderarn"]),
    ("credential-process", &["credentialprocess", "processcommand"]),
    ("credential-uri", &["credentialuri", "credentialsuri"]),
    ("source-profile", &["sourceprofile"]),
    ("idp-id", &["idpid"]),
    ("ecs-ak", &["ecsak"]),
    ("region", &["region", "regionid"]),
    ("endpoint", &["endpoint", "host"]),
    ("addressing-style", &["addressingstyle"]),
    ("sign-version", &["signversion"]),
];

/// The modes that need more than a file or the machine's role, so that an error may show them: what else stands there
/// may be a secret in the wrong line.
const OTHER_MODES: [&str; 13] = [
    "RamRoleArn",
    "RamRoleArnWithEcs",
    "RamRoleArnWithRoleName",
    "ChainableRamRoleArn",
    "RsaKeyPair",
    "OIDC",
    "OidcRoleArn",
    "Process",
    "External",
    "URI",
    "CredentialsURI",
    "CloudSSO",
    "OAuth",
];

/// The fields that say, without a mode, that a key comes from elsewhere.
const ELSEWHERE: [&str; 6] =
    ["role-arn", "oidc-provider-arn", "credential-process", "credential-uri", "source-profile", "idp-id"];

/// The canonical name of a field, none if it is not read.
pub(super) fn name_of(spelling: &str) -> Option<&'static str> {
    let plain = spelling.replace(['-', '_'], "").to_ascii_lowercase();
    NAMES.iter().find(|(_, spellings)| spellings.contains(&plain.as_str())).map(|(name, _)| *name)
}

/// The key of a profile.
#[derive(Debug)]
pub(super) enum Keys<'a> {
    Held(Credentials),
    /// The machine's role, by name where one is given, has it.
    Role(Option<&'a str>),
}

impl Profile {
    pub(crate) fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|field| field.value.as_str())
    }

    /// Reads the key, by the profile's mode.
    pub(super) fn keys(&self) -> Result<Keys<'_>, Miss> {
        let mode = self.text("mode").unwrap_or_default();
        let is_mode = |known: &&&str| known.eq_ignore_ascii_case(mode);
        match mode.to_ascii_lowercase().as_str() {
            "" => {
                if let Some(field) = ELSEWHERE.iter().find_map(|name| self.get(name)) {
                    let problem = format!("{} has the key come from elsewhere; {REMEDY}", field.name);
                    return Err(self.place.at(field.line, &problem).into());
                }
                if self.text("access-key-id").is_none() && self.get("ecs-role-name").is_some() {
                    return Ok(Keys::Role(self.text("ecs-role-name")));
                }
                self.held(self.text("sts-token"))
            }
            "ak" => self.held(None),
            "ststoken" => match self.text("sts-token") {
                Some(token) => self.held(Some(token)),
                None if self.get("access-key-id").is_none() => self.held(None),
                None => Err(self.lacks("sts-token").into()),
            },
            "ecsramrole" | "ali-ecsramrole" => Ok(Keys::Role(self.text("ecs-role-name"))),
            _ => {
                let line = self.get("mode").and_then(|field| field.line);
                let problem = match OTHER_MODES.iter().chain(&["Anonymous"]).find(is_mode) {
                    Some(known) => format!("the mode {known} is not supported; {REMEDY}"),
                    None => "the mode is unknown; AK, StsToken and EcsRamRole are supported".to_owned(),
                };
                Err(self.place.at(line, &problem).into())
            }
        }
    }

    fn held(&self, token: Option<&str>) -> Result<Keys<'_>, Miss> {
        let (id, secret) = match (self.text("access-key-id"), self.text("access-key-secret")) {
            (Some(id), Some(secret)) => (id, secret),
            (Some(_), None) => return Err(self.lacks("access-key-secret").into()),
            (None, Some(_)) => return Err(self.lacks("access-key-id").into()),
            (None, None) if token.is_some() => return Err(self.lacks("access-key-id").into()),
            (None, None) => return Err(Miss::Absent(self.place.at(None, "there is no access key"))),
        };
        let credentials = Credentials::held(id, secret, token, |argument, problem| {
            self.wrong(name_of(argument).unwrap_or("sts-token"), problem)
        })?;
        // In seconds after 1970; 0 stands for none.
        let seconds = token.and_then(|_| self.text("sts-expiration")?.parse().ok()).filter(|seconds| *seconds > 0);
        let expiry = seconds.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        Ok(Keys::Held(match expiry {
            Some(expiry) => credentials.with_expiry(expiry),
            None => credentials,
        }))
    }

    /// An error of a field, where it stands.
    pub(crate) fn wrong(&self, name: &str, problem: &str) -> Error {
        self.place.at(self.get(name).and_then(|field| field.line), &format!("{name}: {problem}"))
    }

    fn lacks(&self, name: &str) -> Error {
        self.place.at(None, &format!("{name} is missing, and a key is used whole"))
    }
}

/// What to do about a mode that needs more.
const REMEDY: &str = "AK, StsToken and EcsRamRole are supported: take the key in a function of your own, \
    for `RenewingCredentials`";

impl Place {
    /// An error of this place: `{path}, line {line}: {problem}`.
    pub(crate) fn at(&self, line: Option<usize>, problem: &str) -> Error {
        let path = self.path.display();
        Error::input(
            self.file,
            match line {
                Some(line) => format!("{path}, line {line}: {problem}"),
                None if self.section.is_empty() => format!("{path}: {problem}"),
                None => format!("{path}, {}: {problem}", self.section),
            },
        )
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("name", &self.name).field("line", &self.line).finish_non_exhaustive()
    }
}
