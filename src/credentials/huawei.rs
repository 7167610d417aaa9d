//! `~/.obsutilconfig` and `~/.huaweicloud/credentials`.

use std::path::Path;

use super::find::Miss;
use super::profile::{Place, Profile};
use super::{file, ini};
use crate::error::{Error, Result};

/// Huawei's files hold one key each.
pub(super) fn check_profile(profile: Option<&str>) -> Result<()> {
    match profile {
        Some(_) => Err(Error::input("profile", "Huawei's files have no profiles; pass None")),
        None => Ok(()),
    }
}

/// obsutil's file: lines without sections.
pub(super) fn read_obsutil(home: &Path) -> Result<Profile, Miss> {
    read(home, "~/.obsutilconfig", "")
}

/// The SDKs' file: the key for a region's services stands in `[basic]`.
pub(super) fn read_sdk(home: &Path) -> Result<Profile, Miss> {
    read(home, "~/.huaweicloud/credentials", "basic")
}

fn read(home: &Path, file: &'static str, section: &str) -> Result<Profile, Miss> {
    let (place, text) = file::read(home, file)?;
    let found = ini::section(&text, |name| name == section);
    let found = found.map_err(|bad| Miss::Unusable(place.at(Some(bad.line), bad.reason)))?;
    let section = if section.is_empty() { String::new() } else { format!("[{section}]") };
    match found {
        Some(found) => Ok(Profile { place: Place { section, ..place }, fields: found.fields }),
        None if section.is_empty() => Err(Miss::Absent(place.at(None, "it is empty"))),
        None => Err(Miss::Absent(place.at(None, &format!("there is no {section}")))),
    }
}
