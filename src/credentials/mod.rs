//! Credentials: how an access key is held and hidden. Where one comes from is in the modules below.

mod aliyun;
mod env;
mod file;
mod find;
mod huawei;
mod ini;
mod ossutil;
mod profile;
mod renewing;
mod role;
#[cfg(test)]
pub(crate) mod testing;

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroizing;

pub use self::find::Cloud;
pub(crate) use self::find::{Miss, Surroundings, first, reason};
pub(crate) use self::profile::{Field, Profile};
pub use self::renewing::RenewingCredentials;
use crate::error::{Error, Result};
use crate::hide;
use crate::sign::time::Timestamp;

/// An access key: its id, its secret and, for temporary keys (STS), the security token.
///
/// [`find`](Self::find) looks for one where the vendors' tools keep theirs; [`from_env`](Self::from_env),
/// [`from_profile`](Self::from_profile) and [`from_role`](Self::from_role) look in one place.
///
/// `Debug` shows the access key id and nothing else. Every copy of the secret and the token that this library owns is
/// wiped when it is dropped.
///
/// ```
/// use bucket_encryption::Credentials;
///
/// # fn main() -> bucket_encryption::Result<()> {
/// let credentials = Credentials::new("LTAI5tExample", "the secret")?.with_security_token("CAIS...")?;
/// assert!(!format!("{credentials:?}").contains("secret\""));
///
/// let error = Credentials::new("LTAI5tExample", "the secret\n").unwrap_err();
/// assert!(error.to_string().contains("access_key_secret"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    access_key_secret: Zeroizing<String>,
    security_token: Option<Zeroizing<String>>,
    expires_at: Option<SystemTime>,
}

impl Credentials {
    /// Holds an access key id and its secret.
    ///
    /// # Errors
    /// [`Error::Input`] when one of them is empty, has blanks at an end or holds a control character; when the id has
    /// a character that is not visible ASCII, or one of `/`, `,` and `:`, which separate the fields of a signature.
    /// A secret may be any other text.
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Result<Self> {
        let access_key_id = access_key_id.into();
        let access_key_secret = Zeroizing::new(access_key_secret.into());
        check_text("access_key_id", &access_key_id)?;
        check_visible("access_key_id", &access_key_id)?;
        if let Some(separator) = access_key_id.chars().find(|c| matches!(c, '/' | ',' | ':')) {
            return Err(Error::input(
                "access_key_id",
                format!("it holds {separator:?}, which no access key id does; pass the id alone"),
            ));
        }
        check_text("access_key_secret", &access_key_secret)?;
        Ok(Self { access_key_id, access_key_secret, security_token: None, expires_at: None })
    }

    /// Adds the security token of a temporary key (STS). It is sent with every request and signed.
    ///
    /// # Errors
    /// [`Error::Input`] when the token is empty, has blanks at an end or a character that is not visible ASCII.
    pub fn with_security_token(self, token: impl Into<String>) -> Result<Self> {
        let token = Zeroizing::new(token.into());
        check_text("security_token", &token)?;
        check_visible("security_token", &token)?;
        Ok(Self { security_token: Some(token), ..self })
    }

    /// A key that stands somewhere outside of the program. `wrong` tells where, for the argument that is refused.
    fn held(id: &str, secret: &str, token: Option<&str>, wrong: impl Fn(&str, &str) -> Error) -> Result<Self> {
        let made = Self::new(id, secret).and_then(|key| match token {
            Some(token) => key.with_security_token(token),
            None => Ok(key),
        });
        made.map_err(|error| match &error {
            Error::Input(input) => wrong(input.argument(), input.problem()),
            _ => error,
        })
    }

    /// Says when the key runs out. From then on [`Request::sign`](crate::Request::sign) refuses it, and
    /// [`RenewingCredentials`] renews it before.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use bucket_encryption::{Credentials, Endpoint, oss};
    ///
    /// # fn main() -> bucket_encryption::Result<()> {
    /// let issued = SystemTime::now();
    /// let key = Credentials::new("STS.NUExample", "the secret")?
    ///     .with_security_token("CAIS...")?
    ///     .with_expiry(issued + Duration::from_secs(3600));
    ///
    /// let request = oss::get_bucket_encryption_request(&Endpoint::oss("cn-hangzhou")?, "examplebucket")?;
    /// assert!(request.sign(&key, issued).is_ok());
    /// let error = request.sign(&key, issued + Duration::from_secs(3600)).unwrap_err();
    /// assert!(error.is_expired());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_expiry(self, at: SystemTime) -> Self {
        Self { expires_at: Some(at), ..self }
    }

    /// When the key runs out, where that is known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Refuses a key that has run out at that time, which is the time of signing.
    pub(crate) fn check_expiry(&self, at: SystemTime) -> Result<()> {
        let Some(expiry) = self.expires_at.filter(|expiry| *expiry <= at) else {
            return Ok(());
        };
        let when =
            Timestamp::new(expiry).map_or_else(|| "before 1970".to_owned(), |time| format!("at {}", time.http()));
        Err(Error::expired("credentials", format!("the key {:?} ran out {when}; get a new one", self.access_key_id)))
    }

    /// The access key id, which is no secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(crate) fn access_key_secret(&self) -> &str {
        &self.access_key_secret
    }

    pub(crate) fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref().map(String::as_str)
    }

    /// Takes the secret and the token out of a text that a server sent: a StringToSign holds the token, and a hostile
    /// server may echo anything.
    pub(crate) fn hide_in(&self, text: &mut String) {
        let token = self.security_token.as_deref();
        for secret in [Some(&*self.access_key_secret), token].into_iter().flatten() {
            hide::hide(text, secret);
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// The rules for all three texts. The messages never show any of a text: it may be the wrong one.
fn check_text(argument: &'static str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::input(argument, "it is empty"));
    }
    if text.trim() != text {
        return Err(Error::input(argument, "it begins or ends with a blank or line break; trim it"));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::input(argument, "it holds a control character; copy it again, without line breaks"));
    }
    Ok(())
}

fn check_visible(argument: &'static str, text: &str) -> Result<()> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Error::input(argument, "it holds a character that is not visible ASCII; copy it again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_keys_are_taken() {
        for (id, secret) in [("ak", "sk"), ("LTAI5t.8-_", "a/b+c="), ("x", "密码 mit Leerzeichen")] {
            let credentials = Credentials::new(id, secret).unwrap();
            assert_eq!(credentials.access_key_id(), id);
            assert_eq!(credentials.access_key_secret(), secret);
        }
    }

    #[test]
    fn bad_keys_are_refused_with_the_argument_and_without_the_text() {
        for (id, secret, argument) in [
            ("", "hunter22", "access_key_id"),
            (" id", "hunter22", "access_key_id"),
            ("id\n", "hunter22", "access_key_id"),
            ("i d", "hunter22", "access_key_id"),
            ("i/d", "hunter22", "access_key_id"),
            ("i,d", "hunter22", "access_key_id"),
            ("i:d", "hunter22", "access_key_id"),
            ("iäd", "hunter22", "access_key_id"),
            ("i\u{7f}d", "hunter22", "access_key_id"),
            ("id", "", "access_key_secret"),
            ("id", "hunter22 ", "access_key_secret"),
            ("id", "hunter22\r\n", "access_key_secret"),
            ("id", "hunter\u{0}22", "access_key_secret"),
            ("id", "\u{a0}hunter22", "access_key_secret"),
        ] {
            let error = Credentials::new(id, secret).unwrap_err();
            let text = format!("{error} {error:?} {error:#}");
            assert!(matches!(error, Error::Input(_)), "{id:?} {secret:?}");
            assert!(text.contains(argument), "{id:?} {secret:?}: {text}");
            assert!(!text.contains("hunter"), "{text}");
        }
    }

    #[test]
    fn bad_tokens_are_refused() {
        for token in ["", " token", "token\n", "to ken", "tökén", "to\tken"] {
            let error = Credentials::new("id", "secret").unwrap().with_security_token(token).unwrap_err();
            assert!(error.to_string().contains("security_token"), "{token:?}: {error}");
        }
    }

    #[test]
    fn an_expired_key_is_refused_with_the_time() {
        let expiry = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_744_272_000);
        let second = std::time::Duration::from_secs(1);
        let credentials = Credentials::new("id", "hunter22").unwrap();
        assert!(credentials.expires_at().is_none() && credentials.check_expiry(expiry).is_ok());
        let credentials = credentials.with_expiry(expiry).with_security_token("CAIS-token").unwrap();
        assert_eq!(credentials.expires_at(), Some(expiry));
        assert!(credentials.check_expiry(expiry - second).is_ok());
        for at in [expiry, expiry + second] {
            let error = credentials.check_expiry(at).unwrap_err();
            assert!(error.is_expired() && matches!(error, Error::Input(_)), "{error}");
            assert_eq!(
                error.to_string(),
                "invalid credentials: the key \"id\" ran out at Thu, 10 Apr 2025 08:00:00 GMT; get a new one"
            );
        }
        let ancient = credentials.with_expiry(std::time::UNIX_EPOCH - second).check_expiry(expiry).unwrap_err();
        assert!(ancient.to_string().contains("ran out before 1970"), "{ancient}");
    }

    #[test]
    fn debug_shows_the_access_key_id_and_nothing_else() {
        let credentials = Credentials::new("id", "hunter22").unwrap().with_security_token("CAIS-token").unwrap();
        assert_eq!(format!("{credentials:?}"), r#"Credentials { access_key_id: "id", .. }"#);
    }

    #[test]
    fn secret_and_token_are_taken_out_of_a_servers_text() {
        let credentials = Credentials::new("id", "hunter/22").unwrap().with_security_token("CAIS+/token==").unwrap();
        for (text, expected) in [
            ("x-oss-security-token:CAIS+/token==\n", "x-oss-security-token:[hidden]\n"),
            ("hunter/22 CAIS%2B%2Ftoken%3D%3D", "[hidden] [hidden]"),
            (r"CAIS+\/token==", "[hidden]"),
            ("nothing of ours", "nothing of ours"),
        ] {
            let mut text = text.to_owned();
            credentials.hide_in(&mut text);
            assert_eq!(text, expected);
        }
    }
}
