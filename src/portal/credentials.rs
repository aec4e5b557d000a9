//! Where the webhook comes from: a setting, or a file.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::address::{InvalidWebhookUrl, WebhookAddress, may_hold_a_webhook};
use super::error::Error;
use super::small_file::read_small_file;

/// The portal credentials as the settings gave them.
#[derive(Debug)]
pub enum Credentials {
    /// Nothing was set: every call fails with the advice to set it.
    Missing,
    /// A webhook URL.
    Webhook(WebhookAddress),
    /// A webhook URL that cannot be used: every call fails with the reason.
    Invalid(InvalidWebhookUrl),
    /// A file that holds a webhook URL, read at every call: a small file costs microseconds, and no other sign of a
    /// change is sure, since secrets all have one length and a copy can keep its time.
    WebhookFile(PathBuf),
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
            Self::WebhookFile(file) => webhook_in(file),
        }
    }
}

fn webhook_in(file: &Path) -> Result<WebhookAddress, Error> {
    let shown = file.to_string_lossy();
    if may_hold_a_webhook(&shown) {
        return Err(Error::NoCredentials(
            "the setting for the webhook's file holds a URL, not the path of a file".to_owned(),
        ));
    }
    let unusable = |reason: &str| Error::NoCredentials(format!("the webhook file {shown} gives no webhook: {reason}"));
    match read_small_file(file).map_err(unusable)?.expose_secret().parse() {
        Err(InvalidWebhookUrl::Empty) => Err(unusable("it is empty")),
        parsed => Ok(parsed?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_webhook_file_is_read_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("webhook");
        let credentials = Credentials::WebhookFile(path.clone());
        assert!(
            matches!(credentials.current(), Err(Error::NoCredentials(_))),
            "no file yet"
        );

        fs::write(&path, "https://p.example/rest/1/first\n").unwrap();
        assert_eq!(credentials.current().unwrap().user_id(), 1);

        let written = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "https://p.example/rest/2/other\n").unwrap();
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(written)
            .unwrap();
        assert_eq!(
            credentials.current().unwrap().user_id(),
            2,
            "also if length and time stay the same"
        );
    }

    #[test]
    fn a_folder_an_empty_and_a_huge_file_are_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        fs::write(&empty, "\n").unwrap();
        let huge = folder.path().join("huge");
        fs::write(&huge, vec![b'a'; 70_000]).unwrap();
        for path in [folder.path().to_owned(), empty, huge, "/dev/zero".into()] {
            let error = webhook_in(&path).unwrap_err();
            assert!(matches!(error, Error::NoCredentials(_)), "{error}");
        }
    }

    #[test]
    fn a_url_in_place_of_a_path_is_not_shown() {
        let error = webhook_in(Path::new("https://p.example/rest/1/canary/")).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
