//! The access tokens that this process has checked within the last seconds, for calls while the store does not answer.
//!
//! A call goes on without the store for at most [`MAX_AGE`] after a check. That is safe: the store said then that the
//! token is valid, the remembered pair of the portal's tokens is sealed as in the store, and the portal itself still
//! checks the employee at each call. It costs that a sign-in which ended, or a token which expired, in these seconds
//! works up to [`MAX_AGE`] longer, only at a process that cannot reach the store. Everything that changes something
//! needs the store: a refresh, a sign-in, the end of one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::team::secret_value::Digest;
use crate::team::store::records::Session;

/// How long after a check a call goes on without the store: long enough for a database that restarts, or for a standby
/// that takes over.
pub(super) const MAX_AGE: Duration = Duration::from_secs(15);
/// The most remembered tokens. Those that were not used for the longest time are forgotten first.
const MAX_TOKENS: usize = 10_000;

/// The remembered tokens.
#[derive(Debug)]
pub(in crate::team) struct RecentSessions {
    /// Each with the time at which its check began.
    tokens: Cache<Digest, (Instant, Session)>,
    /// How often all were forgotten.
    ends: AtomicU64,
}

/// The beginning of a check.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    at: Instant,
    ends: u64,
}

impl Default for RecentSessions {
    fn default() -> Self {
        Self {
            tokens: Cache::new(MAX_TOKENS),
            ends: AtomicU64::new(0),
        }
    }
}

impl RecentSessions {
    /// Begins a check.
    pub(super) fn ask(&self) -> Asked {
        Asked {
            at: Instant::now(),
            ends: self.ends.load(Ordering::SeqCst),
        }
    }

    /// Remembers what the store said about a token in a check that began with `asked`, unless all tokens were forgotten
    /// meanwhile: the answer may be older than that.
    pub(super) fn remember(&self, token: Digest, asked: Asked, session: Session) {
        self.tokens.insert(token, (asked.at, session));
        // After the insertion: either this or `forget_all` removes it.
        if self.ends.load(Ordering::SeqCst) != asked.ends {
            self.tokens.remove(&token);
        }
    }

    /// What the store said about the token, if that check began less than [`MAX_AGE`] ago.
    pub(super) fn get(&self, token: Digest) -> Option<Session> {
        let (asked, session) = self.tokens.get(&token)?;
        (asked.elapsed() < MAX_AGE).then_some(session)
    }

    /// Forgets a token that the store does not know.
    pub(super) fn forget(&self, token: Digest) {
        self.tokens.remove(&token);
    }

    /// Forgets all tokens, because this process has ended a sign-in or revoked a token.
    pub(in crate::team) fn forget_all(&self) {
        self.ends.fetch_add(1, Ordering::SeqCst);
        self.tokens.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::EmployeeId;
    use crate::team::secret_value::{Kind, SecretValue};

    #[tokio::test(start_paused = true)]
    async fn the_number_of_remembered_tokens_is_bounded() {
        let recent = RecentSessions::default();
        let session = Session {
            employee: EmployeeId {
                member_id: "m".into(),
                user_id: 1,
            },
            resource: String::new(),
            pair: None,
        };
        let tokens: Vec<_> = (0..MAX_TOKENS + 500)
            .map(|_| SecretValue::random(Kind::AccessToken).unwrap().digest())
            .collect();
        for token in &tokens {
            recent.remember(*token, recent.ask(), session.clone());
        }
        let kept = tokens.iter().filter(|token| recent.get(**token).is_some()).count();
        assert!((MAX_TOKENS / 2..=MAX_TOKENS).contains(&kept), "{kept}");
        let asked = recent.ask();
        recent.forget_all();
        recent.remember(tokens[0], asked, session);
        assert!(tokens.iter().all(|token| recent.get(*token).is_none()));
    }
}
