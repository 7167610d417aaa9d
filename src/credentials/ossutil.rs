//! `~/.ossutilconfig`, as ossutil 2 and ossutil 1 write it.

use std::path::Path;

use super::file;
use super::find::Miss;
use super::ini::{self, Section};
use super::profile::{Place, Profile};

const FILE: &str = "~/.ossutilconfig";

/// Reads a profile: `[profile NAME]`; without a name `[default]`, which is short for `[profile default]`, else
/// ossutil 1's `[Credentials]`.
pub(super) fn read(home: &Path, profile: Option<&str>) -> Result<Profile, Miss> {
    let (place, text) = file::read(home, FILE)?;
    let section = |is_wanted: &dyn Fn(&str) -> bool| {
        ini::section(&text, is_wanted).map_err(|bad| Miss::Unusable(place.at(Some(bad.line), bad.reason)))
    };
    if let Some(Section { line, fields }) = section(&str::is_empty)?
        && !fields.is_empty()
    {
        let problem = "it stands before the first section; begin with `[default]`, or `[Credentials]` for ossutil 1";
        return Err(place.at(Some(line), problem).into());
    }
    let wanted = format!("profile {}", profile.unwrap_or("default").trim().to_ascii_lowercase());
    let is_default = wanted == "profile default";
    let found = section(&|name| name == wanted || is_default && name == "default")?;
    let old = if profile.is_none() { section(&|name| name == "credentials")? } else { None };
    // A [default] that holds only settings stands beside the [Credentials] of a file that was ossutil 1's.
    let has_key = |section: &Section| section.fields.iter().any(|field| field.name.starts_with("access-key"));
    let (name, section) = match (found, old) {
        (found, Some(old)) if has_key(&old) && !found.as_ref().is_some_and(has_key) => ("[Credentials]", old),
        (Some(section), _) if is_default => ("[default]", section),
        (Some(section), _) => (wanted.as_str(), section),
        (None, Some(old)) => ("[Credentials]", old),
        (None, None) => {
            let names: Vec<_> = ini::names(&text).filter_map(|name| profile_name(&name)).collect();
            return Err(Miss::Absent(place.at(None, &no_profile(profile, &names))));
        }
    };
    let section_name = if name.starts_with('[') { name.to_owned() } else { format!("[{name}]") };
    Ok(Profile { place: Place { section: section_name, ..place }, fields: section.fields })
}

/// The profile that a section holds.
fn profile_name(section: &str) -> Option<String> {
    if section == "default" { Some("default".to_owned()) } else { section.strip_prefix("profile ").map(str::to_owned) }
}

/// Says that a profile is not there, and which are.
pub(super) fn no_profile(wanted: Option<&str>, names: &[String]) -> String {
    let wanted = wanted.map_or_else(|| "default profile".to_owned(), |name| format!("profile {name:?}"));
    match names {
        [] => format!("there is no {wanted}, and no other"),
        names => format!("there is no {wanted}; there is {}", names.join(", ")),
    }
}
