//! Reading a file of the vendors' tools.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::find::Miss;
use super::profile::Place;

/// Far more than a file of keys has.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A file's text, wiped when it is dropped. `file` is `~/` and the path in the home folder.
pub(super) fn read(home: &Path, file: &'static str) -> Result<(Place, Zeroizing<String>), Miss> {
    let path = home.join(file.trim_start_matches("~/"));
    let place = Place { file, path, section: String::new() };
    let refused = |problem: &str| Miss::Unusable(place.at(None, problem));
    let opened = std::fs::File::open(&place.path);
    let opened = opened.map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Miss::Absent(place.at(None, "there is no such file")),
        _ => refused(&format!("it cannot be opened: {error}")),
    })?;
    // Room for all of it: a buffer that grows leaves copies behind.
    let size = opened.metadata().map_or(0, |metadata| metadata.len()).min(MAX_FILE_BYTES);
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 64));
    let read = opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| refused(&format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(refused("it has more than 1 MiB, as no file of keys has"));
    }
    let text = str::from_utf8(&bytes).map_err(|error| {
        let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        Miss::Unusable(place.at(Some(line), "it is not UTF-8"))
    })?;
    let text = Zeroizing::new(text.to_owned());
    Ok((place, text))
}
