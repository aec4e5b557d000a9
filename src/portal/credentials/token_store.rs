//! An application's tokens: those in the file that every process of the application shares, or newer ones in memory.
//!
//! A refresh token works once, so a pair that is lost means signing in again. Hence room for a new pair is made in the
//! file's folder before one is asked for ([`file`]), and a pair that cannot be saved all the same is kept in memory and
//! used until it can be.

mod file;
mod stored_pair;

use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::portal::error::Error;
pub(super) use file::Lock;
pub(super) use stored_pair::StoredPair;

/// The file of the tokens, and the pair that could not be written there yet.
#[derive(Debug)]
pub(in crate::portal) struct TokenStore {
    path: PathBuf,
    unsaved: Mutex<Option<Unsaved>>,
}

/// A pair that is in memory alone.
#[derive(Debug)]
struct Unsaved {
    pair: StoredPair,
    /// What [`TokenStore::token_in_file`] was before the pair was issued.
    in_file: Option<SecretString>,
    /// Why it could not be written, as a phrase.
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
    /// [`Error::TokenStore`] if there is a file that cannot be read, and no newer pair in memory.
    pub(in crate::portal) fn read(&self) -> Result<Option<StoredPair>, Error> {
        let in_file = file::read(&self.path);
        let mut unsaved = self.unsaved.lock();
        let Some(kept) = unsaved.as_ref() else {
            return in_file;
        };
        match &in_file {
            // Somebody has signed in since then, or the pair was saved after all.
            Ok(Some(stored)) if !is_same(Some(&stored.refresh_token), kept.in_file.as_ref()) => {
                *unsaved = None;
                in_file
            }
            _ => Ok(Some(kept.pair.clone())),
        }
    }

    /// The refresh token in the file, for [`keep`](Self::keep): if the file has another one later, that is the newer.
    pub(super) fn token_in_file(&self) -> Option<SecretString> {
        match self.unsaved.lock().as_ref() {
            Some(kept) => kept.in_file.clone(),
            None => Some(file::read(&self.path).ok()??.refresh_token),
        }
    }

    /// Waits for the right to write, and makes room for a pair.
    ///
    /// # Errors
    /// [`Error::NoRoomForTokens`]; [`Error::TokenStore`] if the folder cannot be written, or another process holds the
    /// lock past `deadline`.
    pub(in crate::portal) async fn lock(&self, deadline: Instant) -> Result<Lock, Error> {
        file::lock(&self.path, deadline).await
    }

    /// Takes a pair that was just issued: into the file, or without a lock, and if that fails, into memory. `in_file` is
    /// what [`token_in_file`](Self::token_in_file) was before.
    pub(super) fn keep(&self, pair: StoredPair, in_file: Option<SecretString>, lock: Option<Lock>) {
        let mut unsaved = self.unsaved.lock();
        let written = match lock {
            Some(lock) => lock.replace(&pair),
            None => Err(unsaved.as_ref().map_or(file::NOT_WRITTEN, |kept| kept.problem)),
        };
        let Err(problem) = written else {
            self.saved(&mut unsaved);
            return;
        };
        if unsaved.is_none() {
            tracing::warn!(
                "the new tokens cannot be written to {}: {problem}. They are kept in memory, and this is tried again. Free \
                 space there, or let this user write there; if this process ends before, run `bitrix24-mail-mcp login`",
                self.path.display()
            );
        }
        *unsaved = Some(Unsaved { pair, in_file, problem });
    }

    /// True if the pair with this refresh token is in memory alone.
    pub(super) fn is_unsaved(&self, refresh_token: Option<&SecretString>) -> bool {
        let unsaved = self.unsaved.lock();
        unsaved
            .as_ref()
            .is_some_and(|kept| is_same(Some(&kept.pair.refresh_token), refresh_token))
    }

    /// Saves the pair that is in memory alone, if there is one. Waits until `deadline` for another process.
    ///
    /// # Errors
    /// [`Error::TokensNotSaved`]; the pair is still there then.
    pub(in crate::portal) async fn save(&self, deadline: Instant) -> Result<(), Error> {
        if self.unsaved.lock().is_none() {
            return Ok(());
        }
        let lock = self.lock(deadline).await;
        // Under the lock: nobody signs in between this look and the replacement.
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
            self.saved(&mut unsaved);
            return Ok(());
        };
        kept.problem = problem;
        Err(Error::TokensNotSaved(self.path.display().to_string(), problem))
    }

    fn saved(&self, unsaved: &mut Option<Unsaved>) {
        if unsaved.take().is_some() {
            // As loud as the advice before it, which nobody has to follow now.
            tracing::warn!("the new tokens are saved now, in {}", self.path.display());
        }
    }
}

fn is_same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    one.map(ExposeSecret::expose_secret) == other.map(ExposeSecret::expose_secret)
}

#[cfg(test)]
mod tests;
