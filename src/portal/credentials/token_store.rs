//! An application's tokens: the pair in the file that all processes of the application share, or a newer pair in
//! memory.
//!
//! A refresh token works once, so after the loss of a pair a user must sign in again. Therefore room for a new pair is
//! made in the file's folder before the pair is requested ([`file`]). A pair that still cannot be saved is kept and
//! used in memory until saving succeeds.

mod file;
mod stored_pair;

use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::time::Instant;

use super::given_secret::is_same;
use crate::portal::error::Error;
pub(super) use file::Lock;
pub(super) use stored_pair::StoredPair;

/// The file of the tokens, and a pair that could not be saved there yet.
#[derive(Debug)]
pub(in crate::portal) struct TokenStore {
    path: PathBuf,
    unsaved: Mutex<Option<Unsaved>>,
}

/// A pair that is only in memory.
#[derive(Debug)]
struct Unsaved {
    pair: StoredPair,
    /// The refresh token that the file had before the pair was issued.
    token_in_file: Option<SecretString>,
    /// Why the pair could not be saved, as a phrase.
    problem: &'static str,
}

impl TokenStore {
    pub(in crate::portal) fn at(path: PathBuf) -> Self {
        Self {
            path,
            unsaved: Mutex::default(),
        }
    }

    pub(in crate::portal) fn path(&self) -> &Path {
        &self.path
    }

    /// The newest pair; `None` if there is none yet.
    ///
    /// # Errors
    /// [`Error::TokenStore`] if the file exists but cannot be read, and there is no newer pair in memory.
    pub(in crate::portal) fn read(&self) -> Result<Option<StoredPair>, Error> {
        let in_file = file::read(&self.path);
        let mut unsaved = self.unsaved.lock();
        let Some(kept) = unsaved.as_ref() else {
            return in_file;
        };
        match &in_file {
            // The file has changed: a user has signed in, or the pair was saved after all.
            Ok(Some(stored))
                if !kept
                    .token_in_file
                    .as_ref()
                    .is_some_and(|token| is_same(token, &stored.refresh_token)) =>
            {
                *unsaved = None;
                in_file
            }
            _ => Ok(Some(kept.pair.clone())),
        }
    }

    /// The refresh token in the file, to be passed to [`keep`](Self::keep): if the file later holds a different token,
    /// that belongs to a newer pair.
    pub(super) fn token_in_file(&self) -> Option<SecretString> {
        match self.unsaved.lock().as_ref() {
            Some(kept) => kept.token_in_file.clone(),
            None => Some(file::read(&self.path).ok()??.refresh_token),
        }
    }

    /// Locks the file and makes room for a pair.
    ///
    /// # Errors
    /// [`Error::NoRoomForTokens`]; [`Error::TokenStore`] if the folder cannot be written, or another process holds the
    /// lock past `deadline`.
    pub(in crate::portal) async fn lock(&self, deadline: Instant) -> Result<Lock, Error> {
        file::lock(&self.path, deadline).await
    }

    /// Keeps a pair that was just issued: in the file, or in memory if there is no lock or writing fails.
    /// `token_in_file` is what [`token_in_file`](Self::token_in_file) returned before the exchange.
    pub(super) fn keep(&self, pair: StoredPair, token_in_file: Option<SecretString>, lock: Option<Lock>) {
        let mut unsaved = self.unsaved.lock();
        let written = match lock {
            Some(lock) => lock.replace(&pair),
            None => Err(unsaved.as_ref().map_or(file::NOT_WRITTEN, |kept| kept.problem)),
        };
        let Err(problem) = written else {
            self.forget_saved(&mut unsaved);
            return;
        };
        if unsaved.is_none() {
            tracing::warn!(
                "the new tokens cannot be written to {}: {problem}. They are kept in memory until they can be. Free space \
                 there, or let this user write there. If this process ends first, run `bitrix24-mail-mcp login`",
                self.path.display()
            );
        }
        *unsaved = Some(Unsaved {
            pair,
            token_in_file,
            problem,
        });
    }

    /// True if the pair with this refresh token is only in memory.
    pub(super) fn is_unsaved(&self, refresh_token: Option<&SecretString>) -> bool {
        let unsaved = self.unsaved.lock();
        unsaved
            .as_ref()
            .zip(refresh_token)
            .is_some_and(|(kept, token)| is_same(&kept.pair.refresh_token, token))
    }

    /// Saves the pair that is only in memory, if there is one. Waits until `deadline` for the lock.
    ///
    /// # Errors
    /// [`Error::TokensNotSaved`]; the pair is then still in memory.
    pub(in crate::portal) async fn save(&self, deadline: Instant) -> Result<(), Error> {
        if self.unsaved.lock().is_none() {
            return Ok(());
        }
        let lock = self.lock(deadline).await;
        // Drops the pair in memory if the file has a newer one. This needs the lock, so that the file does not change
        // afterwards.
        let _ = self.read();
        let mut unsaved = self.unsaved.lock();
        let Some(kept) = unsaved.as_mut() else {
            return Ok(());
        };
        let problem = match lock {
            Ok(lock) => lock.replace(&kept.pair).err(),
            Err(Error::TokenStore { problem, .. } | Error::NoRoomForTokens(_, problem)) => Some(problem),
            Err(error) => return Err(error),
        };
        let Some(problem) = problem else {
            self.forget_saved(&mut unsaved);
            return Ok(());
        };
        kept.problem = problem;
        Err(Error::TokensNotSaved(self.path.display().to_string(), problem))
    }

    fn forget_saved(&self, unsaved: &mut Option<Unsaved>) {
        if unsaved.take().is_some() {
            // At the level of the warning in `keep`, whose advice need not be followed any more.
            tracing::warn!("the new tokens are saved now, in {}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests;
