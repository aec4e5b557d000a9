//! A secret in the settings: the text itself, or a file that holds it.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::small_file::read_small_file;
use crate::portal::error::Error;

/// True if two secrets are equal. The comparison takes the same time wherever they differ.
pub(super) fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret()
        .as_bytes()
        .ct_eq(other.expose_secret().as_bytes())
        .into()
}

/// A secret in the settings: the text itself, or a file, which is read each time the secret is needed.
#[derive(Debug, Clone)]
pub enum GivenSecret {
    /// The secret.
    Text(SecretString),
    /// The file that holds the secret.
    File(PathBuf),
}

impl GivenSecret {
    /// The secret now.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] if its file cannot be read or is empty.
    pub fn read(&self) -> Result<SecretString, Error> {
        match self {
            Self::Text(secret) => Ok(secret.clone()),
            Self::File(path) => {
                // A path without a folder may be the secret itself, which must not be shown.
                let shown = if path.components().count() > 1 {
                    path.display().to_string()
                } else {
                    "of a secret".to_owned()
                };
                let unusable =
                    |reason: &str| Error::NoCredentials(format!("the file {shown} cannot be used: {reason}"));
                let text = read_small_file(path).map_err(unusable)?;
                match text.expose_secret().trim() {
                    "" => Err(unusable("it is empty")),
                    secret => Ok(secret.into()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To set the secret itself in place of its file's path is a common mistake.
    #[test]
    fn a_secret_in_place_of_a_path_is_not_shown() {
        let error = GivenSecret::File("canary0123456789".into()).read().unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        let error = GivenSecret::File("/nowhere/secret".into()).read().unwrap_err();
        assert!(error.to_string().contains("/nowhere/secret"), "{error}");
    }
}
