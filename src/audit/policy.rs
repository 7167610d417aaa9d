//! What is enough, and what a finding says.

use std::fmt;

use super::target::Setting;
use crate::error::Error;
use crate::protection::{Protection, is_same_key};

/// What is enough to be compliant.
///
/// ```
/// use bucket_encryption::audit::Policy;
/// use bucket_encryption::{Protection, oss};
///
/// let setting = oss::BucketEncryption::kms();
/// assert_eq!(Policy::Kms.shortfall(&setting.protection()), None);
/// let shortfall = Policy::CustomerKey.shortfall(&setting.protection()).unwrap();
/// assert_eq!(shortfall, "KMS with the default key, data AES256, and a customer's key is asked for");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// Any encryption: also with an algorithm that this library does not know.
    Any,
    /// KMS, with the default key or a customer's.
    Kms,
    /// KMS with a key that the customer names, whichever.
    CustomerKey,
    /// KMS with one of these keys. A key is named by its id, or by the longer form in which the service has it.
    Keys(Vec<String>),
}

impl Policy {
    /// Why a protection is not enough, in a sentence; none where it is.
    pub fn shortfall(&self, protection: &Protection<'_>) -> Option<String> {
        let is_enough = match self {
            Self::Any => *protection != Protection::None,
            Self::Kms => protection.is_kms(),
            Self::CustomerKey => protection.key().is_some(),
            Self::Keys(keys) => protection.key().is_some_and(|key| keys.iter().any(|one| is_same_key(key, one.trim()))),
        };
        (!is_enough).then(|| format!("{protection}, and {self} is asked for"))
    }
}

/// As in `a customer's key`.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any encryption"),
            Self::Kms => f.write_str("KMS"),
            Self::CustomerKey => f.write_str("a customer's key"),
            Self::Keys(keys) => write!(f, "one of the keys {}", keys.join(", ")),
        }
    }
}

/// What was found out about a target.
#[derive(Debug)]
pub enum Verdict {
    /// It has this setting, which is enough.
    Compliant(Setting),
    /// It was read, and what it has is not enough.
    NotCompliant {
        /// The setting; none where nothing is configured.
        setting: Option<Setting>,
        /// What it has, and what is asked for.
        reason: String,
    },
    /// It could not be found out: it may be encrypted or not.
    Unknown(Error),
}

impl Verdict {
    /// Judges what a read gave.
    pub(super) fn of(policy: &Policy, read: Result<Option<Setting>, Error>) -> Self {
        let setting = match read {
            Ok(setting) => setting,
            Err(error) => return Self::Unknown(error),
        };
        let protection = setting.as_ref().map_or(Protection::None, Setting::protection);
        match (policy.shortfall(&protection), setting) {
            (None, Some(setting)) => Self::Compliant(setting),
            (Some(reason), setting) => Self::NotCompliant { setting, reason },
            // No policy is met by nothing.
            (None, None) => Self::NotCompliant { setting: None, reason: Protection::None.to_string() },
        }
    }

    /// The setting that was read. None where nothing is configured, and where it could not be found out.
    pub fn setting(&self) -> Option<&Setting> {
        match self {
            Self::Compliant(setting) => Some(setting),
            Self::NotCompliant { setting, .. } => setting.as_ref(),
            Self::Unknown(_) => None,
        }
    }
}
