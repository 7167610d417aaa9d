//! The server-side encryption algorithm, shared by the three services.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// A server-side encryption algorithm.
///
/// It is made from text: the letter case does not matter and `aws:kms` (what OBS writes to S3 clients) is
/// [`Kms`](Self::Kms). A word that this library does not know is kept as written, so that it can be written back.
///
/// ```
/// use bucket_encryption::SseAlgorithm;
///
/// assert_eq!(SseAlgorithm::from("aes256"), SseAlgorithm::Aes256);
/// assert_eq!(SseAlgorithm::from("aws:kms").as_str(), "KMS");
/// assert_eq!(SseAlgorithm::from("Rot13").as_str(), "Rot13");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SseAlgorithm<'a> {
    /// `AES256`: a key that the service manages.
    Aes256,
    /// `KMS`: a key in the cloud's key management service. OBS writes it in lower case.
    Kms,
    /// `SM4`: a key that OSS manages, with the SM4 cipher.
    Sm4,
    /// A word that this library does not know, as written.
    Other(Cow<'a, str>),
}

impl SseAlgorithm<'_> {
    /// `AES256`, `KMS`, `SM4` or the unknown word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aes256 => "AES256",
            Self::Kms => "KMS",
            Self::Sm4 => "SM4",
            Self::Other(word) => word,
        }
    }

    /// Refuses what a put cannot set: a blank word, which it would leave out, and `None`, which reads as no setting.
    pub(crate) fn check(&self) -> Result<()> {
        match self.as_str().trim() {
            "" => Err(Error::input("sse_algorithm", "it is blank; pass AES256 or KMS")),
            word if word.eq_ignore_ascii_case("None") => {
                Err(Error::input("sse_algorithm", "\"None\" sets nothing; delete the setting to have none"))
            }
            _ => Ok(()),
        }
    }

    /// The same algorithm, owning its text.
    pub fn into_owned(self) -> SseAlgorithm<'static> {
        match self {
            Self::Aes256 => SseAlgorithm::Aes256,
            Self::Kms => SseAlgorithm::Kms,
            Self::Sm4 => SseAlgorithm::Sm4,
            Self::Other(word) => SseAlgorithm::Other(Cow::Owned(word.into_owned())),
        }
    }
}

impl<'a> From<Cow<'a, str>> for SseAlgorithm<'a> {
    fn from(word: Cow<'a, str>) -> Self {
        if word.eq_ignore_ascii_case("AES256") {
            Self::Aes256
        } else if word.eq_ignore_ascii_case("KMS") || word.eq_ignore_ascii_case("aws:kms") {
            Self::Kms
        } else if word.eq_ignore_ascii_case("SM4") {
            Self::Sm4
        } else {
            Self::Other(word)
        }
    }
}

impl<'a> From<&'a str> for SseAlgorithm<'a> {
    fn from(word: &'a str) -> Self {
        Self::from(Cow::Borrowed(word))
    }
}

impl From<String> for SseAlgorithm<'_> {
    fn from(word: String) -> Self {
        Self::from(Cow::Owned(word))
    }
}

impl fmt::Display for SseAlgorithm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SseAlgorithm<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_letter_case() {
        for (word, expected) in [
            ("AES256", SseAlgorithm::Aes256),
            ("aes256", SseAlgorithm::Aes256),
            ("KMS", SseAlgorithm::Kms),
            ("kms", SseAlgorithm::Kms),
            ("aws:kms", SseAlgorithm::Kms),
            ("AWS:KMS", SseAlgorithm::Kms),
            ("sm4", SseAlgorithm::Sm4),
            ("AES-256", SseAlgorithm::Other("AES-256".into())),
            ("aws:kms:dsse", SseAlgorithm::Other("aws:kms:dsse".into())),
            ("", SseAlgorithm::Other("".into())),
        ] {
            assert_eq!(SseAlgorithm::from(word), expected, "{word:?}");
            assert_eq!(SseAlgorithm::from(word.to_owned()), expected, "{word:?}");
        }
    }

    #[test]
    fn an_unknown_word_is_kept_as_written() {
        let algorithm = SseAlgorithm::from("Rot13");
        assert_eq!(algorithm.as_str(), "Rot13");
        assert_eq!(algorithm.to_string(), "Rot13");
        assert_eq!(algorithm.into_owned(), SseAlgorithm::Other("Rot13".into()));
    }

    #[test]
    fn it_serializes_as_its_text() {
        assert_eq!(serde_json::to_string(&SseAlgorithm::Kms).unwrap(), r#""KMS""#);
    }
}
