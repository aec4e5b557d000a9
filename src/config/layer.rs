//! What was given, and where: one layer per source, nothing checked yet.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::env_vars::EnvVar;
use super::paths::InvalidPath;

/// Where a setting came from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An environment variable.
    Environment(&'static EnvVar),
    /// A key of the settings file.
    File(PathBuf, &'static EnvVar),
}

impl Origin {
    pub(super) fn variable(&self) -> &'static EnvVar {
        match self {
            Self::Environment(variable) | Self::File(_, variable) => variable,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => f.write_str(variable.name),
            Self::File(path, variable) => write!(f, "`{}` in {}", variable.key, path.display()),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone)]
pub struct Given<T> {
    /// The value, unchecked.
    pub value: T,
    /// Its source.
    pub origin: Origin,
}

/// A secret, or the file that holds it.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// The secret itself.
    Text(SecretString),
    /// Its file.
    File(PathBuf),
}

/// Something that every source may give, or nothing.
pub type Maybe<T> = Option<Given<T>>;

/// The settings of one source; all optional.
#[derive(Debug, Default)]
pub struct Layer {
    /// The webhook, or its file.
    pub webhook: Maybe<SecretSource>,
    /// The portal of an application.
    pub portal: Maybe<String>,
    /// The application.
    pub client_id: Maybe<String>,
    /// Its secret.
    pub client_secret: Maybe<SecretSource>,
    /// A token to start with.
    pub access_token: Maybe<SecretSource>,
    /// Its refresh token.
    pub refresh_token: Maybe<SecretSource>,
    /// Where tokens are kept.
    pub token_store: Maybe<PathBuf>,
    /// Who exchanges tokens.
    pub oauth_server: Maybe<String>,
    /// What the portal takes.
    pub rate_limit: Maybe<String>,
    /// How long answers, and the address book in memory, count as fresh.
    pub cache_ttl: Maybe<String>,
    /// Time for one look-up.
    pub timeout: Maybe<String>,
    /// What callers over HTTP have to show.
    pub http_token: Maybe<SecretSource>,
    /// Names of the HTTP server.
    pub allowed_hosts: Maybe<String>,
    /// Web pages that may call it.
    pub allowed_origins: Maybe<String>,
    /// How often one caller may call it.
    pub caller_limit: Maybe<String>,
    /// Log level.
    pub log: Maybe<String>,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A variable is not valid Unicode.
    #[error("{0} is not valid Unicode text")]
    NotUnicode(&'static str),
    /// A secret is given twice in one source.
    #[error("{0} and {1} are both set; remove one of them")]
    Twice(Origin, Origin),
    /// A URL was given in place of the settings file; it may be the webhook's, so it is not shown.
    #[error("--config takes the path of a file, not a URL")]
    NotAPath,
    /// The settings file has a path that cannot be used.
    #[error("the settings file {0} {1}")]
    Path(PathBuf, InvalidPath),
    /// A variable of the TLS library has a path that it would take as it stands.
    #[error("{0} begins with `~`, which the TLS library does not replace by the home folder")]
    NotReplaced(&'static str),
    /// The settings file cannot be read.
    #[error("the settings file {path} cannot be used: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why, as a phrase.
        reason: &'static str,
    },
    /// The settings file is not what it should be. The text may hold a secret, so only the place is told.
    #[error("the settings file {path} is wrong at line {line}: {problem}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Line from 1.
        line: usize,
        /// What is wrong, without the text itself.
        problem: String,
    },
}

impl Layer {
    /// This layer, with `below` where this one is silent. Credentials are one thing: a webhook or an application here
    /// hides the other kind below.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let (hides_webhook, hides_application) = (self.portal.is_some(), self.webhook.is_some());
        let application = |below: Maybe<String>| below.filter(|_| !hides_application);
        Self {
            webhook: self.webhook.or(below.webhook.filter(|_| !hides_webhook)),
            portal: self.portal.or(application(below.portal)),
            client_id: self.client_id.or(below.client_id),
            client_secret: self.client_secret.or(below.client_secret),
            access_token: self.access_token.or(below.access_token),
            refresh_token: self.refresh_token.or(below.refresh_token),
            token_store: self.token_store.or(below.token_store),
            oauth_server: self.oauth_server.or(below.oauth_server),
            rate_limit: self.rate_limit.or(below.rate_limit),
            cache_ttl: self.cache_ttl.or(below.cache_ttl),
            timeout: self.timeout.or(below.timeout),
            http_token: self.http_token.or(below.http_token),
            allowed_hosts: self.allowed_hosts.or(below.allowed_hosts),
            allowed_origins: self.allowed_origins.or(below.allowed_origins),
            caller_limit: self.caller_limit.or(below.caller_limit),
            log: self.log.or(below.log),
        }
    }

    /// The files that hold secrets: those that are named for one, and the settings file if one is in it.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let secrets = [
            &self.webhook,
            &self.client_secret,
            &self.access_token,
            &self.refresh_token,
            &self.http_token,
        ];
        let mut files: Vec<PathBuf> = Vec::new();
        for given in secrets.into_iter().flatten() {
            let file = match (&given.value, &given.origin) {
                (SecretSource::File(path), _) | (SecretSource::Text(_), Origin::File(path, _)) => path,
                (SecretSource::Text(_), Origin::Environment(_)) => continue,
            };
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        files
    }

    /// Every setting that was given, and where; the rest has its default.
    pub fn origins(&self) -> Vec<&Origin> {
        fn of<T>(given: &Maybe<T>) -> Option<&Origin> {
            given.as_ref().map(|given| &given.origin)
        }
        [
            of(&self.webhook),
            of(&self.portal),
            of(&self.client_id),
            of(&self.client_secret),
            of(&self.access_token),
            of(&self.refresh_token),
            of(&self.token_store),
            of(&self.oauth_server),
            of(&self.rate_limit),
            of(&self.cache_ttl),
            of(&self.timeout),
            of(&self.http_token),
            of(&self.allowed_hosts),
            of(&self.allowed_origins),
            of(&self.caller_limit),
            of(&self.log),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl<T> Given<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Given<U> {
        Given {
            value: change(self.value),
            origin: self.origin,
        }
    }
}
