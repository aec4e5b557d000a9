//! Where the right to call comes from: a webhook in a setting or in a file, or an application.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::address::{InvalidWebhookUrl, WebhookAddress, may_hold_a_webhook};
use super::error::Error;
use super::oauth::{Application, Oauth};
use super::origin::Origin;
use super::request::Access;
use super::small_file::read_small_file;
use super::wire::Wire;

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
    /// An application that somebody signs in with.
    Application(Application),
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
}

/// A secret in the settings: itself, or the file that holds it, which is read whenever the secret is needed.
#[derive(Debug, Clone)]
pub enum GivenSecret {
    /// The secret.
    Text(SecretString),
    /// Its file.
    File(PathBuf),
}

impl GivenSecret {
    pub(super) fn read(&self) -> Result<SecretString, Error> {
        match self {
            Self::Text(secret) => Ok(secret.clone()),
            Self::File(path) => {
                // Without a folder it may be the secret itself.
                let shown = if path.components().count() > 1 {
                    path.display().to_string()
                } else {
                    "of a secret".to_owned()
                };
                let unusable = |reason: &str| Error::NoCredentials(format!("the file {shown} gives nothing: {reason}"));
                let text = read_small_file(path).map_err(unusable)?;
                match text.expose_secret().trim() {
                    "" => Err(unusable("it is empty")),
                    secret => Ok(secret.into()),
                }
            }
        }
    }
}

/// Credentials in use: what authorises the next call.
#[derive(Debug)]
pub(super) enum Authority {
    /// A webhook, or none.
    Webhook(Box<Credentials>),
    Application(Arc<Oauth>),
}

impl From<Credentials> for Authority {
    fn from(credentials: Credentials) -> Self {
        match credentials {
            Credentials::Application(application) => Self::Application(Arc::new(Oauth::new(application))),
            webhook => Self::Webhook(Box::new(webhook)),
        }
    }
}

impl Authority {
    /// What to call the portal with, now.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] if nothing is set or a file cannot be read, [`Error::Address`] if the URL is wrong, and
    /// those of [`Oauth::access`].
    pub(super) async fn access(&self, wire: &Arc<dyn Wire>) -> Result<Access, Error> {
        match self {
            Self::Application(oauth) => oauth.access(wire).await,
            _ => self.webhook().map(Access::Webhook),
        }
    }

    /// Distinguishes whoever is behind the credentials from others, without telling who it is.
    ///
    /// # Errors
    /// As [`access`](Self::access), without asking anybody.
    pub(super) fn identify(&self, hasher: &mut impl Hasher) -> Result<(), Error> {
        match self {
            Self::Application(oauth) => oauth.identify(hasher),
            _ => {
                let webhook = self.webhook()?;
                (webhook.origin(), webhook.user_id(), webhook.secret().expose_secret()).hash(hasher);
                Ok(())
            }
        }
    }

    /// The portal that is asked.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] or [`Error::Address`].
    pub(super) fn origin(&self) -> Result<Origin, Error> {
        match self {
            Self::Application(oauth) => Ok(oauth.application().portal.clone()),
            _ => Ok(self.webhook()?.origin().clone()),
        }
    }

    fn webhook(&self) -> Result<WebhookAddress, Error> {
        let credentials = match self {
            Self::Webhook(credentials) => credentials,
            Self::Application(_) => &Credentials::Missing,
        };
        match credentials {
            Credentials::Webhook(address) => Ok(address.clone()),
            Credentials::Invalid(error) => Err((*error).into()),
            Credentials::WebhookFile(file) => webhook_in(file),
            _ => Err(Error::NoCredentials("no Bitrix24 credentials are set".to_owned())),
        }
    }

    pub(super) fn oauth(&self) -> Option<&Arc<Oauth>> {
        match self {
            Self::Application(oauth) => Some(oauth),
            _ => None,
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
        let authority = Authority::from(Credentials::WebhookFile(path.clone()));
        assert!(
            matches!(authority.webhook(), Err(Error::NoCredentials(_))),
            "no file yet"
        );

        fs::write(&path, "https://p.example/rest/1/first\n").unwrap();
        assert_eq!(authority.webhook().unwrap().user_id(), 1);

        let written = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "https://p.example/rest/2/other\n").unwrap();
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(written)
            .unwrap();
        assert_eq!(
            authority.webhook().unwrap().user_id(),
            2,
            "also if length and time stay the same"
        );
    }

    /// The secret itself in place of its file's path is a common slip.
    #[test]
    fn a_secret_in_place_of_a_path_is_not_shown() {
        let error = GivenSecret::File("canary0123456789".into()).read().unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        let error = GivenSecret::File("/nowhere/secret".into()).read().unwrap_err();
        assert!(error.to_string().contains("/nowhere/secret"), "{error}");
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
