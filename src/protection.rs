//! What a setting amounts to: one view for the three services, and the rules by which settings are compared.

use std::fmt;

use crate::algorithm::SseAlgorithm;

/// The data algorithm where none is named.
const DEFAULT_DATA_ALGORITHM: &str = "AES256";

/// What a setting of any of the three services amounts to: who keeps the key, and what encrypts the data.
///
/// It is a view: made from a setting, or from the `Option` that a get returns, and borrowing its texts from there. The
/// setting itself keeps every field.
///
/// ```
/// use bucket_encryption::{Protection, obs, oss};
///
/// let setting = oss::BucketEncryption::kms().with_kms_master_key_id("9468da86").with_kms_data_encryption("SM4");
/// let protection = Protection::from(&setting);
/// assert_eq!(protection, Protection::KmsCustomerKey { key: "9468da86", data_algorithm: "SM4" });
/// assert_eq!(protection.to_string(), "KMS with the customer's key 9468da86, data SM4");
///
/// // What a get returned: nothing is configured.
/// let answer: Option<obs::BucketEncryption> = None;
/// assert_eq!(Protection::from(answer.as_ref()), Protection::None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection<'a> {
    /// Nothing is configured.
    None,
    /// A key that the service makes and keeps: `AES256`, or `SM4`.
    ServiceKey {
        /// What encrypts the data.
        data_algorithm: &'a str,
    },
    /// KMS, with the key that the cloud makes there for the service.
    KmsDefaultKey {
        /// What encrypts the data: `AES256` unless the setting names another.
        data_algorithm: &'a str,
    },
    /// KMS, with a key that the customer names.
    KmsCustomerKey {
        /// The key, as the setting names it.
        key: &'a str,
        /// What encrypts the data: `AES256` unless the setting names another.
        data_algorithm: &'a str,
    },
    /// An algorithm that this library does not know.
    Other {
        /// The word, as written.
        algorithm: &'a str,
    },
}

impl<'a> Protection<'a> {
    /// The customer's key, where there is one.
    pub fn key(&self) -> Option<&'a str> {
        match *self {
            Self::KmsCustomerKey { key, .. } => Some(key),
            _ => None,
        }
    }

    /// What encrypts the data. None where nothing is configured or the algorithm is not known.
    pub fn data_algorithm(&self) -> Option<&'a str> {
        match *self {
            Self::ServiceKey { data_algorithm }
            | Self::KmsDefaultKey { data_algorithm }
            | Self::KmsCustomerKey { data_algorithm, .. } => Some(data_algorithm),
            Self::None | Self::Other { .. } => None,
        }
    }

    /// Whether the key is in KMS, whoever made it.
    pub fn is_kms(&self) -> bool {
        matches!(self, Self::KmsDefaultKey { .. } | Self::KmsCustomerKey { .. })
    }

    /// Whether the other one lacks what this one has: the key in KMS, the customer's key, another data algorithm than
    /// the default, or an algorithm of which nothing is known.
    pub(crate) fn has_more_than(&self, other: &Self) -> bool {
        let keeps_key = !self.is_kms() || other.is_kms() && (self.key().is_none() || other.key().is_some());
        let keeps_data = match (self, other) {
            (Self::Other { algorithm: ours }, Self::Other { algorithm: theirs }) => ours.eq_ignore_ascii_case(theirs),
            (Self::Other { .. }, _) => false,
            _ => [None, Some(DEFAULT_DATA_ALGORITHM), other.data_algorithm()].contains(&self.data_algorithm()),
        };
        !(keeps_key && keeps_data)
    }
}

impl<'a, T> From<Option<&'a T>> for Protection<'a>
where
    Self: From<&'a T>,
{
    fn from(setting: Option<&'a T>) -> Self {
        setting.map_or(Self::None, Self::from)
    }
}

/// As in `KMS with the customer's key 9468da86, data SM4`.
impl fmt::Display for Protection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("nothing is configured"),
            Self::ServiceKey { data_algorithm } => write!(f, "a key of the service, data {data_algorithm}"),
            Self::KmsDefaultKey { data_algorithm } => write!(f, "KMS with the default key, data {data_algorithm}"),
            Self::KmsCustomerKey { key, data_algorithm } => {
                write!(f, "KMS with the customer's key {key}, data {data_algorithm}")
            }
            Self::Other { algorithm } => write!(f, "the unknown algorithm {algorithm:?}"),
        }
    }
}

/// What the three services' settings have in common.
pub(crate) struct Terms<'a> {
    pub(crate) algorithm: &'a SseAlgorithm<'a>,
    pub(crate) key: Option<&'a str>,
    pub(crate) data: Option<&'a str>,
}

impl<'a> Terms<'a> {
    /// Whether these terms have what the wanted ones name.
    pub(crate) fn satisfy(&self, wanted: &Terms<'_>) -> bool {
        // Without KMS the service drops the data algorithm.
        let has_data = match given(wanted.data) {
            Some(data) if is_kms(self.algorithm) => {
                given(self.data).unwrap_or(DEFAULT_DATA_ALGORITHM).eq_ignore_ascii_case(data)
            }
            _ => true,
        };
        let has_key = match (given(self.key), given(wanted.key)) {
            (_, None) => true,
            (Some(key), Some(wanted)) => is_same_key(key, wanted),
            (None, Some(_)) => false,
        };
        is_same_algorithm(self.algorithm, wanted.algorithm) && has_key && has_data
    }

    pub(crate) fn protection(&self) -> Protection<'a> {
        let known = SseAlgorithm::from(self.algorithm.as_str());
        let data_algorithm = given(self.data).map_or(DEFAULT_DATA_ALGORITHM, well_spelled);
        match (known, given(self.key)) {
            (SseAlgorithm::Aes256, _) => Protection::ServiceKey { data_algorithm: "AES256" },
            (SseAlgorithm::Sm4, _) => Protection::ServiceKey { data_algorithm: "SM4" },
            (SseAlgorithm::Kms, None) => Protection::KmsDefaultKey { data_algorithm },
            (SseAlgorithm::Kms, Some(key)) => Protection::KmsCustomerKey { key, data_algorithm },
            (SseAlgorithm::Other(_), _) => Protection::Other { algorithm: self.algorithm.as_str() },
        }
    }
}

/// The text, trimmed; none where nothing is left, because a service reads an empty element as an absent one.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Whether it is KMS, also where the caller made it `Other("kms")`.
pub(crate) fn is_kms(algorithm: &SseAlgorithm<'_>) -> bool {
    is_same_algorithm(algorithm, &SseAlgorithm::Kms)
}

fn is_same_algorithm(one: &SseAlgorithm<'_>, other: &SseAlgorithm<'_>) -> bool {
    let read = |algorithm: &SseAlgorithm<'_>| SseAlgorithm::from(algorithm.as_str().trim()).into_owned();
    read(one).as_str().eq_ignore_ascii_case(read(other).as_str())
}

/// Whether two texts name the same key. OBS takes a key as its id and as `regionID:domainID:key/id`, and OSS Tables as
/// `acs:kms:region:account:key/id`: where one of the two is the id alone, the ids are compared.
pub(crate) fn is_same_key(one: &str, other: &str) -> bool {
    let id = |key: &'_ str| key.rsplit_once(":key/").map(|(_, id)| id.to_owned());
    match (id(one), id(other)) {
        (Some(id), None) => id == other,
        (None, Some(id)) => id == one,
        _ => one == other,
    }
}

/// The data algorithms that have a name, in its usual letter case.
fn well_spelled(algorithm: &str) -> &str {
    ["AES256", "SM4"].into_iter().find(|known| known.eq_ignore_ascii_case(algorithm)).unwrap_or(algorithm)
}

#[cfg(test)]
mod tests;
