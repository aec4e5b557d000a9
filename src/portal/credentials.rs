//! Where the webhook comes from: a setting, or a file that is read again when it changes.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

use secrecy::ExposeSecret;

use super::address::{InvalidWebhookUrl, WebhookAddress};
use super::error::Error;

/// A webhook file is one line; anything longer is another file.
const MAX_FILE_SIZE: u64 = 16 * 1024;

/// The portal credentials as the settings gave them.
#[derive(Debug)]
pub enum Credentials {
    /// Nothing was set: every call fails with the advice to set it.
    Missing,
    /// A webhook URL.
    Webhook(WebhookAddress),
    /// A webhook URL that cannot be used: every call fails with the reason.
    Invalid(InvalidWebhookUrl),
    /// A file that holds a webhook URL, read at the first call and again whenever it changes.
    WebhookFile(WebhookFile),
}

impl Credentials {
    /// Takes a webhook URL as text; a wrong one is kept as the reason why calls fail.
    pub fn from_webhook_url(text: &str) -> Self {
        match text.parse() {
            Ok(address) => Self::Webhook(address),
            Err(InvalidWebhookUrl::Empty) => Self::Missing,
            Err(error) => Self::Invalid(error),
        }
    }

    /// The webhook to use for a call that starts now.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] if nothing is set or the file cannot be read, [`Error::Address`] if the URL is wrong.
    pub fn current(&self) -> Result<WebhookAddress, Error> {
        match self {
            Self::Missing => Err(Error::NoCredentials("no Bitrix24 credentials are set".to_owned())),
            Self::Webhook(address) => Ok(address.clone()),
            Self::Invalid(error) => Err((*error).into()),
            Self::WebhookFile(file) => file.current(),
        }
    }
}

/// A file with one webhook URL in it.
#[derive(Debug)]
pub struct WebhookFile {
    path: PathBuf,
    last_read: Mutex<Option<LastRead>>,
}

#[derive(Debug)]
struct LastRead {
    modified: Option<SystemTime>,
    length: u64,
    address: Result<WebhookAddress, Error>,
}

impl WebhookFile {
    /// Names the file; nothing is read yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            last_read: Mutex::new(None),
        }
    }

    fn current(&self) -> Result<WebhookAddress, Error> {
        let metadata = fs::metadata(&self.path).map_err(|error| self.unreadable(&error.kind().to_string()))?;
        let (modified, length) = (metadata.modified().ok(), metadata.len());
        // A poisoned lock only means that another reader panicked; what it guards is replaced whole.
        let mut last_read = self.last_read.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &*last_read {
            Some(last) if last.modified == modified && last.length == length && modified.is_some() => {
                last.address.clone()
            }
            _ => {
                let address = self.read(length);
                *last_read = Some(LastRead {
                    modified,
                    length,
                    address: address.clone(),
                });
                address
            }
        }
    }

    fn read(&self, length: u64) -> Result<WebhookAddress, Error> {
        if length > MAX_FILE_SIZE {
            return Err(self.unreadable("it is larger than 16 KiB"));
        }
        let text = fs::read_to_string(&self.path)
            .map(secrecy::SecretString::from)
            .map_err(|error| self.unreadable(&error.kind().to_string()))?;
        match text.expose_secret().parse() {
            Ok(address) => Ok(address),
            Err(InvalidWebhookUrl::Empty) => Err(self.unreadable("it is empty")),
            Err(error) => Err(error.into()),
        }
    }

    fn unreadable(&self, reason: &str) -> Error {
        Error::NoCredentials(format!(
            "the webhook file {} gives no webhook: {reason}",
            self.path.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_file_is_read_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("webhook");
        let credentials = Credentials::WebhookFile(WebhookFile::new(path.clone()));
        assert!(
            matches!(credentials.current(), Err(Error::NoCredentials(_))),
            "no file yet"
        );

        fs::write(&path, "https://p.example/rest/1/first\n").unwrap();
        assert_eq!(credentials.current().unwrap().user_id(), 1);

        fs::write(&path, "https://p.example/rest/22/second\n").unwrap();
        assert_eq!(credentials.current().unwrap().user_id(), 22);
    }

    #[test]
    fn a_folder_an_empty_and_a_huge_file_are_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        fs::write(&empty, "\n").unwrap();
        let huge = folder.path().join("huge");
        fs::write(&huge, vec![b'a'; 20_000]).unwrap();
        for path in [folder.path().to_owned(), empty, huge] {
            let error = WebhookFile::new(path).current().unwrap_err();
            assert!(matches!(error, Error::NoCredentials(_)), "{error}");
        }
    }
}
