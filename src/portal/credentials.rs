//! The credentials for a portal: a webhook in a setting or in a file, or an application.

pub(super) mod given_secret;
pub(super) mod oauth;
pub(super) mod small_file;
mod token_store;
pub(super) mod webhook_address;

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::ExposeSecret;

use super::employee::Employee;
use super::error::Error;
use super::origin::Origin;
use super::person::Person;
use super::request::Access;
use super::wire::Wire;
use oauth::Oauth;
use oauth::application::Application;
use small_file::read_small_file;
pub(super) use token_store::TokenStore;
use webhook_address::{InvalidWebhookUrl, WebhookAddress, may_hold_a_webhook};

/// The portal credentials in the settings.
#[derive(Debug)]
pub enum Credentials {
    /// No credentials are set: every call fails with the advice to set them.
    Missing,
    /// A webhook URL.
    Webhook(WebhookAddress),
    /// A wrong webhook URL: every call fails with the reason.
    Invalid(InvalidWebhookUrl),
    /// A file that holds a webhook URL. It is read at every call, which takes microseconds: neither size nor
    /// modification time shows reliably that the secret was replaced.
    WebhookFile(PathBuf),
    /// An application that a user signs in with.
    Application(Application),
    /// A team server's: none of its own. Every call fails, except through
    /// [`Portal::of_employee`](super::Portal::of_employee).
    Team {
        /// The portal of all employees.
        portal: Origin,
    },
}

impl Credentials {
    /// Reads a webhook URL; a wrong one is kept as the reason why calls fail.
    pub fn from_webhook_url(text: &str) -> Self {
        match text.parse() {
            Ok(address) => Self::Webhook(address),
            Err(InvalidWebhookUrl::Empty) => Self::Missing,
            Err(error) => Self::Invalid(error),
        }
    }

    /// The webhook to use now.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] if there is none or its file cannot be read, [`Error::Address`] if the URL is wrong.
    fn webhook(&self) -> Result<WebhookAddress, Error> {
        match self {
            Self::Webhook(address) => Ok(address.clone()),
            Self::Invalid(error) => Err((*error).into()),
            Self::WebhookFile(file) => webhook_in(file),
            Self::Missing | Self::Application(_) | Self::Team { .. } => {
                Err(Error::NoCredentials("no Bitrix24 credentials are set".to_owned()))
            }
        }
    }
}

/// The credentials in use: they authorise each request. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum ActiveCredentials {
    /// A webhook, or none.
    Webhook(Arc<Credentials>),
    Application(Arc<Oauth>),
    /// A team server's: those of one employee, or of nobody.
    Team {
        portal: Arc<Origin>,
        employee: Option<Employee>,
    },
}

impl From<Credentials> for ActiveCredentials {
    fn from(credentials: Credentials) -> Self {
        match credentials {
            Credentials::Application(application) => Self::Application(Arc::new(Oauth::new(application))),
            Credentials::Team { portal } => Self::Team {
                portal: Arc::new(portal),
                employee: None,
            },
            webhook => Self::Webhook(Arc::new(webhook)),
        }
    }
}

impl ActiveCredentials {
    /// The credentials of `employee`. Only a team server has employees: with any other credentials every call fails, and
    /// none is made with the credentials in the settings.
    pub(super) fn of_employee(&self, employee: &Employee) -> Self {
        match self {
            Self::Team { portal, .. } => Self::Team {
                portal: Arc::clone(portal),
                employee: Some(employee.clone()),
            },
            Self::Webhook(_) | Self::Application(_) => Credentials::Missing.into(),
        }
    }

    /// The employee whose credentials these are; `None` in one-person modes, and before a sign-in.
    pub(super) fn employee(&self) -> Option<&Employee> {
        match self {
            Self::Team { employee, .. } => employee.as_ref(),
            Self::Webhook(_) | Self::Application(_) => None,
        }
    }

    /// The person whose turn it is at the portal's limits when these credentials are used. In one-person modes every
    /// call has the same turn, whatever the credentials are.
    pub(super) fn person_in_turn(&self) -> &Person {
        self.employee().map_or(&Person::SERVER, |employee| &employee.person)
    }

    /// The access that authorises a request now.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] if nothing is set or a file cannot be read, [`Error::Address`] if the URL is wrong, and
    /// the errors of [`Oauth::access`].
    pub(super) async fn access(&self, wire: &Arc<dyn Wire>) -> Result<Access, Error> {
        match self {
            Self::Webhook(credentials) => credentials.webhook().map(Access::Webhook),
            Self::Application(oauth) => oauth.access(wire).await,
            Self::Team { portal, employee } => Ok(Access::Token {
                token: employee.as_ref().ok_or_else(nobody)?.tokens.access().await?,
                portal: Origin::clone(portal),
            }),
        }
    }

    /// Refreshes the access token of `access` after the portal has rejected it. Returns `true` if there is another
    /// token to use now, `false` if no other can be requested, as with a webhook.
    ///
    /// # Errors
    /// The errors of [`Oauth::refresh`].
    pub(super) async fn refresh(&self, access: &Access, wire: &Arc<dyn Wire>) -> Result<bool, Error> {
        match (self, access) {
            (Self::Application(oauth), Access::Token { token, .. }) => oauth.refresh(Some(token), wire).await,
            (
                Self::Team {
                    employee: Some(employee),
                    ..
                },
                Access::Token { token, .. },
            ) => employee.tokens.refresh(token).await.map(|()| true),
            _ => Ok(false),
        }
    }

    /// The person behind the credentials. The one person of the settings gets a number that `hashes` makes of the data
    /// that distinguish the account.
    ///
    /// # Errors
    /// As [`access`](Self::access); nothing is sent.
    pub(super) fn person(&self, hashes: &RandomState) -> Result<Person, Error> {
        let mut hasher = hashes.build_hasher();
        match self {
            Self::Webhook(credentials) => {
                let webhook = credentials.webhook()?;
                (webhook.origin(), webhook.user_id(), webhook.secret().expose_secret()).hash(&mut hasher);
            }
            Self::Application(oauth) => oauth.hash_account(&mut hasher)?,
            Self::Team { employee, .. } => return Ok(employee.as_ref().ok_or_else(nobody)?.person.clone()),
        }
        Ok(Person::OfTheSettings(hasher.finish()))
    }

    /// Names what the portal counts operating time by, without a secret: the user of the webhook, or the application.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] or [`Error::Address`].
    pub(super) fn account(&self) -> Result<String, Error> {
        Ok(match self {
            Self::Webhook(credentials) => {
                let webhook = credentials.webhook()?;
                format!("webhook of {} at {}", webhook.user_id(), webhook.origin())
            }
            Self::Application(oauth) => {
                let application = oauth.application();
                let client = application.client_id.as_deref().unwrap_or_default();
                format!("application {client} at {}", application.portal)
            }
            // The store of a team's server is for one application.
            Self::Team { portal, .. } => format!("team at {portal}"),
        })
    }

    /// The portal that these credentials are for.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] or [`Error::Address`].
    pub(super) fn origin(&self) -> Result<Origin, Error> {
        match self {
            Self::Webhook(credentials) => Ok(credentials.webhook()?.origin().clone()),
            Self::Application(oauth) => Ok(oauth.application().portal.clone()),
            Self::Team { portal, .. } => Ok(Origin::clone(portal)),
        }
    }

    /// The application's tokens; `None` with a webhook, and for a team, whose tokens are not kept here.
    pub(super) fn oauth(&self) -> Option<&Arc<Oauth>> {
        match self {
            Self::Webhook(_) | Self::Team { .. } => None,
            Self::Application(oauth) => Some(oauth),
        }
    }
}

/// The error of a team server's call without an employee.
fn nobody() -> Error {
    Error::NotSignedIn("this call is not made for an employee who has signed in".to_owned())
}

fn webhook_in(file: &Path) -> Result<WebhookAddress, Error> {
    let shown = file.to_string_lossy();
    if may_hold_a_webhook(&shown) {
        return Err(Error::NoCredentials(
            "the setting for the webhook's file holds a URL, not the path of a file".to_owned(),
        ));
    }
    let unusable = |reason: &str| Error::NoCredentials(format!("the webhook file {shown} cannot be used: {reason}"));
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
            matches!(credentials.webhook(), Err(Error::NoCredentials(_))),
            "no file yet"
        );

        fs::write(&path, "https://p.example/rest/1/first\n").unwrap();
        assert_eq!(credentials.webhook().unwrap().user_id(), 1);

        let written = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "https://p.example/rest/2/other\n").unwrap();
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(written)
            .unwrap();
        assert_eq!(
            credentials.webhook().unwrap().user_id(),
            2,
            "even if length and time stay the same"
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
