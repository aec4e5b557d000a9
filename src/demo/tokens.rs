//! The application's tokens and codes (portal contract, section 13): one valid pair at a time; a refresh spends it.
//!
//! Pure: time is a parameter. Tokens only look random, so that runs repeat; they open nothing but this demo.

use std::collections::VecDeque;
use std::time::Duration;

/// How long an access token is valid.
pub(super) const ACCESS_LIFE: Duration = Duration::from_secs(3600);
const REFRESH_LIFE: Duration = Duration::from_secs(180 * 24 * 3600);
const CODE_LIFE: Duration = Duration::from_secs(30);

/// How many old pairs and codes are still recognised; older ones count as unknown.
const REMEMBERED: usize = 1000;

/// A pair of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
    /// When the access token expires, since the portal's start.
    pub(super) access_expires: Duration,
    refresh_expires: Duration,
}

/// Whether an access token is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Valid,
    /// Too old, or replaced by a newer one.
    Expired,
    Unknown,
}

/// Why a refresh token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefreshRefusal {
    Spent,
    Unknown,
}

/// Every token and code that was issued.
#[derive(Debug)]
pub(super) struct Tokens {
    issued: u64,
    current: Pair,
    old: VecDeque<Pair>,
    codes: VecDeque<(String, Duration)>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self {
            issued: 0,
            current: pair(0, Duration::ZERO),
            old: VecDeque::new(),
            codes: VecDeque::new(),
        }
    }

    pub(super) fn current(&self) -> &Pair {
        &self.current
    }

    pub(super) fn expire_access(&mut self, now: Duration) {
        self.current.access_expires = self.current.access_expires.min(now);
    }

    pub(super) fn judge(&self, access: &str, now: Duration) -> Verdict {
        if access == self.current.access && now < self.current.access_expires {
            Verdict::Valid
        } else if access == self.current.access || self.old.iter().any(|old| old.access == access) {
            Verdict::Expired
        } else {
            Verdict::Unknown
        }
    }

    pub(super) fn refresh(&mut self, refresh: &str, now: Duration) -> Result<Pair, RefreshRefusal> {
        if refresh == self.current.refresh && now < self.current.refresh_expires {
            Ok(self.issue(now))
        } else if self.old.iter().any(|old| old.refresh == refresh) {
            Err(RefreshRefusal::Spent)
        } else {
            Err(RefreshRefusal::Unknown)
        }
    }

    /// Issues a code.
    pub(super) fn new_code(&mut self, now: Duration) -> String {
        self.issued += 1;
        let code = text("dem0c0d3", self.issued);
        self.codes.push_back((code.clone(), now + CODE_LIFE));
        if self.codes.len() > REMEMBERED {
            self.codes.pop_front();
        }
        code
    }

    /// Exchanges a code for a pair; `None` if the code is unknown, used or expired.
    pub(super) fn redeem(&mut self, code: &str, now: Duration) -> Option<Pair> {
        let at = self.codes.iter().position(|(known, _)| known == code)?;
        let (_, expires) = self.codes.remove(at)?;
        (now < expires).then(|| self.issue(now))
    }

    fn issue(&mut self, now: Duration) -> Pair {
        self.issued += 1;
        let new = pair(self.issued, now);
        self.old.push_back(std::mem::replace(&mut self.current, new.clone()));
        if self.old.len() > REMEMBERED {
            self.old.pop_front();
        }
        new
    }
}

fn pair(number: u64, now: Duration) -> Pair {
    Pair {
        access: text("dem0acc3ss", number),
        refresh: text("dem0r3fr3sh", number),
        access_expires: now + ACCESS_LIFE,
        refresh_expires: now + REFRESH_LIFE,
    }
}

/// A token or code: a prefix that tests search for, and 32 characters derived from the prefix and the number.
fn text(prefix: &str, number: u64) -> String {
    let seed = prefix.bytes().fold(number, |seed, byte| {
        seed.wrapping_mul(0x0100_0000_01B3).wrapping_add(u64::from(byte))
    });
    let mut dice = fastrand::Rng::with_seed(seed);
    let tail = (0..32).map(|_| dice.alphanumeric());
    prefix.chars().chain(tail).collect()
}
