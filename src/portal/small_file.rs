//! Reads files that people write by hand: small, ordinary, text. Anything else is refused with a reason in plain words.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

/// Settings and secrets are a few lines; anything longer is another file.
const MAX_SIZE: usize = 64 * 1024;

/// Reads a small text file, or says why not.
///
/// # Errors
/// The reason, as a phrase: "it does not exist".
pub fn read_small_file(path: &Path) -> Result<SecretString, &'static str> {
    // A pipe or a device could keep the whole process waiting, or never end.
    if !fs::metadata(path).map_err(reason)?.is_file() {
        return Err("it is not an ordinary file");
    }
    let limit = u64::try_from(MAX_SIZE).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_string(&mut text))
        .map_err(reason)?;
    let text = SecretString::from(text);
    if text.expose_secret().len() > MAX_SIZE {
        return Err("it is larger than 64 KiB");
    }
    Ok(text)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn reason(error: io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist",
        io::ErrorKind::PermissionDenied => "this process may not read it",
        io::ErrorKind::InvalidData => "it is not UTF-8 text",
        _ => "it cannot be read",
    }
}
