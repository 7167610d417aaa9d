//! The key of a machine's role, from the machine's metadata service.

use std::borrow::Cow;
use std::time::Instant;

use serde_json::Value;
use zeroize::Zeroizing;

use super::aliyun::Secret;
use super::find::Miss;
use super::{Cloud, Credentials};
use crate::error::{Error, Result};
use crate::name::check_segment;
use crate::request::encode_segment;
use crate::sign::time;
use crate::transport::metadata::{Answer, NoAnswer, Question, ask};

/// What a token of the metadata service is asked to last, in seconds: the longest, as the vendors' SDKs ask.
const TOKEN_SECONDS: &str = "21600";

/// Longer than any token that was seen: it goes into a header.
const MAX_TOKEN_BYTES: usize = 4096;

/// A RAM role's name has at most 64 characters.
const MAX_ROLE_BYTES: usize = 64;

/// Asks for the key; `base` stands for the cloud's metadata address.
pub(super) fn read(cloud: Cloud, role: Option<&str>, base: Option<&str>) -> Result<Credentials, Miss> {
    let target = role.map_or(Cow::Borrowed("of this machine"), |role| format!("{role:?} of this machine").into());
    let (operation, target) = ("the role", &*target);
    let question = |base| Question { operation, target, base, started: Instant::now() };
    match cloud {
        Cloud::Alibaba => {
            role.map_or(Ok(()), check_role)?;
            let base = base.unwrap_or("http://100.100.100.200");
            alibaba(&Service { question: question(base) }, role)
        }
        Cloud::Huawei if role.is_some() => {
            Err(Error::input("role", "a Huawei machine has one agency, which is not asked for by name; pass None")
                .into())
        }
        Cloud::Huawei => {
            let base = base.unwrap_or("http://169.254.169.254");
            huawei(&Service { question: question(base) })
        }
    }
}

/// One segment of a path, of what a RAM role's name may hold. The message does not show it: a file may have it wrong.
pub(super) fn check_role(role: &str) -> Result<()> {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+');
    if let Some(bad) = role.chars().find(|c| !is_allowed(c)) {
        return Err(Error::input(
            "role",
            format!("it holds {bad:?}; a role's name is of letters, digits and `- _ . @ +`"),
        ));
    }
    if role.len() > MAX_ROLE_BYTES {
        let problem = format!("it has {} characters, and a role's name at most {MAX_ROLE_BYTES}", role.len());
        return Err(Error::input("role", problem));
    }
    check_segment("role", role)
}

/// A token, the role's name unless it is given, and the key.
fn alibaba(service: &Service<'_>, role: Option<&str>) -> Result<Credentials, Miss> {
    const PATH: &str = "/latest/meta-data/ram/security-credentials/";
    let answer = service.open("/latest/api/token", "X-aliyun-ecs-metadata-token-ttl-seconds")?;
    let token = service.token(&answer)?;
    let header = Some(("X-aliyun-ecs-metadata-token", token));
    let role = match role {
        Some(role) => role.to_owned(),
        None => service.role_name(&service.get(PATH, header)?)?,
    };
    let answer = service.get(&format!("{PATH}{}", encode_segment(&role)), header)?;
    if answer.status == 404 {
        return Err(Error::input("role", format!("this machine has no RAM role {role:?}")).into());
    }
    let json = service.json(&answer)?;
    match json.0.get("Code").and_then(Value::as_str) {
        Some("Success") | None => {}
        Some(code) => return Err(service.wrong(&format!("its Code is {}", shown(code))).into()),
    }
    Ok(service.key(&json.0, ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"])?)
}

/// A token, without which older services answer too, and the key.
fn huawei(service: &Service<'_>) -> Result<Credentials, Miss> {
    let answer = service.open("/meta-data/latest/api/token", "X-Metadata-Token-Ttl-Seconds")?;
    let token = match answer.status {
        // A service that knows no tokens, as Huawei's own SDKs take it.
        404 | 405 | 503 => None,
        _ => Some(service.token(&answer)?),
    };
    let header = token.map(|token| ("X-Metadata-Token", token));
    let answer = service.get("/openstack/latest/securitykey", header)?;
    if answer.status == 404 {
        return Err(Error::input("role", "this machine has no agency; choose one in its settings").into());
    }
    let json = service.json(&answer)?;
    let credential = json.0.get("credential").ok_or_else(|| service.wrong("it has no `credential`"))?;
    Ok(service.key(credential, ["access", "secret", "securitytoken", "expires_at"])?)
}

/// The metadata service, and what it is asked.
struct Service<'a> {
    question: Question<'a>,
}

impl Service<'_> {
    /// The first request. Nobody may be there to answer it.
    fn open(&self, path: &str, lifetime: &str) -> Result<Answer, Miss> {
        let header = Some((lifetime, TOKEN_SECONDS));
        ask(&self.question, "PUT", path, header).map_err(|NoAnswer { error, is_absent }| {
            if is_absent { Miss::Absent(error) } else { Miss::Unusable(error) }
        })
    }

    /// Another request, to a service that has answered before.
    fn get(&self, path: &str, token: Option<(&str, &str)>) -> Result<Answer> {
        ask(&self.question, "GET", path, token).map_err(|no_answer| no_answer.error)
    }

    /// An answer that is none of a metadata service. None of its text is kept: a key may be in it.
    fn wrong(&self, problem: &str) -> Error {
        Error::decode_of(self.question.call(), problem)
    }

    fn text<'a>(&self, answer: &'a Answer) -> Result<&'a str> {
        if answer.status != 200 {
            return Err(self.wrong(&format!("it is HTTP {}, not 200", answer.status)));
        }
        let text = answer.text.as_deref().ok_or_else(|| self.wrong("it has more than 64 KiB, or is not UTF-8"))?;
        Ok(text.trim())
    }

    fn token<'a>(&self, answer: &'a Answer) -> Result<&'a str> {
        let token = self.text(answer)?;
        let is_token =
            (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        if is_token { Ok(token) } else { Err(self.wrong("it is no token: one word of visible ASCII")) }
    }

    /// The machine's role: one segment of the path of the next request.
    fn role_name(&self, answer: &Answer) -> Result<String> {
        if answer.status == 404 {
            return Err(Error::input("role", "this machine has no RAM role; attach one to it"));
        }
        let name = self.text(answer)?;
        check_role(name).map(|()| name.to_owned()).map_err(|_| self.wrong("it is no role's name"))
    }

    fn json(&self, answer: &Answer) -> Result<Secret> {
        let text = self.text(answer)?;
        Secret::parse(text).map_err(|error| self.wrong(&format!("it is not JSON: {error}")))
    }

    /// The key, from the fields with these names: id, secret, token and expiry.
    fn key(&self, json: &Value, [id, secret, token, expiry]: [&str; 4]) -> Result<Credentials> {
        let text = |name: &str| match json.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(Zeroizing::new(text.clone())),
            _ => Err(self.wrong(&format!("it has no text `{name}`"))),
        };
        let at = time::parse(&text(expiry)?);
        let at = at.ok_or_else(|| self.wrong(&format!("`{expiry}` is no time like 2025-04-10T08:00:00Z")))?;
        let held = Credentials::held(&text(id)?, &text(secret)?, Some(&text(token)?), |argument, problem| {
            self.wrong(&format!("its {argument} cannot be used: {problem}"))
        });
        Ok(held?.with_expiry(at))
    }
}

/// A word of a server's in a message.
fn shown(word: &str) -> String {
    format!("{:?}", word.chars().take(64).collect::<String>())
}

#[cfg(test)]
mod tests;
