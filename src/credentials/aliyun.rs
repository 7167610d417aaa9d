//! `~/.aliyun/config.json`, as the aliyun command line writes it.

use std::path::Path;

use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use super::file;
use super::find::Miss;
use super::ossutil::no_profile;
use super::profile::{Field, Place, Profile, name_of};

const FILE: &str = "~/.aliyun/config.json";

/// Reads a profile; without a name the file's `current` one.
pub(super) fn read(home: &Path, profile: Option<&str>) -> Result<Profile, Miss> {
    let (place, text) = file::read(home, FILE)?;
    let file = Secret::parse(&text).map_err(|error| Miss::from(place.at(Some(error.line()), &json_problem(&error))))?;
    let Some(profiles) = file.0.get("profiles").and_then(Value::as_array) else {
        return Err(place.at(None, "it has no list `profiles`").into());
    };
    let current = file.0.get("current").and_then(Value::as_str).filter(|current| !current.is_empty());
    let wanted = profile.or(current).unwrap_or("default");
    let name = |profile: &Value| profile.get("name").and_then(Value::as_str).map(str::to_owned);
    let Some(found) = profiles.iter().find(|profile| name(profile).as_deref() == Some(wanted)) else {
        let names: Vec<_> = profiles.iter().filter_map(name).collect();
        let error = place.at(None, &no_profile(Some(wanted), &names));
        // A file that names a profile that it has not is broken; one without the profile that was asked for is not.
        return Err(if profile.is_none() && current.is_some() { Miss::Unusable(error) } else { Miss::Absent(error) });
    };
    let mut fields: Vec<Field> = Vec::new();
    for (name, value) in found.as_object().into_iter().flatten() {
        let Some(name) = name_of(name) else { continue };
        let value = Zeroizing::new(match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        });
        if !value.is_empty() && fields.iter().all(|field| field.name != name) {
            fields.push(Field { name, value, line: None });
        }
    }
    Ok(Profile { place: Place { section: format!("profile {wanted:?}"), ..place }, fields })
}

/// What is wrong with a JSON text, without the text and without the line, which the place tells.
fn json_problem(error: &serde_json::Error) -> String {
    let problem = error.to_string();
    let problem = problem.split(" at line ").next().unwrap_or_default();
    format!("it is not JSON: {problem}, in column {}", error.column())
}

/// A JSON text with secrets in it: wiped when it is dropped.
pub(super) struct Secret(pub(super) Value);

impl Secret {
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map(Self)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        fn wipe(value: &mut Value) {
            match value {
                Value::String(text) => text.zeroize(),
                Value::Array(values) => values.iter_mut().for_each(wipe),
                Value::Object(fields) => fields.values_mut().for_each(wipe),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        wipe(&mut self.0);
    }
}
