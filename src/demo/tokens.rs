//! The application's tokens and codes, for each user (portal contract, section 13). A refresh spends its pair.
//!
//! Pure: time is a parameter. Tokens only look random, so that runs repeat; they open nothing but this demo.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// How long an access token is valid.
pub(super) const ACCESS_LIFE: Duration = Duration::from_secs(3600);
const REFRESH_LIFE: Duration = Duration::from_secs(180 * 24 * 3600);
const CODE_LIFE: Duration = Duration::from_secs(30);

/// How many replaced pairs and how many codes are still recognised; older ones count as unknown.
const REMEMBERED: usize = 1000;

/// A pair of tokens of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) user: u64,
    pub(super) access: String,
    pub(super) refresh: String,
    /// When the access token expires, since the portal's start.
    pub(super) access_expires: Duration,
    refresh_expires: Duration,
    /// True once a newer pair has replaced this one.
    is_replaced: bool,
}

/// Whether an access token is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Valid, and this user's.
    Valid(u64),
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

/// A code that was issued and not used.
#[derive(Debug)]
struct Code {
    text: String,
    user: u64,
    expires: Duration,
}

/// Every token and code that was issued.
#[derive(Debug)]
pub(super) struct Tokens {
    issued: u64,
    pairs: HashMap<u64, Pair>,
    /// The number of the pair that a token belongs to, for tokens of both kinds.
    numbers: HashMap<String, u64>,
    /// Replaced pairs, the oldest first.
    replaced: VecDeque<u64>,
    /// The newest pair of the user with whose tokens the demo starts.
    newest_of_owner: Pair,
    codes: VecDeque<Code>,
}

/// The user with whose tokens the demo starts.
const OWNER: u64 = 1;

impl Tokens {
    pub(super) fn new() -> Self {
        let mut tokens = Self {
            issued: 0,
            pairs: HashMap::new(),
            numbers: HashMap::new(),
            replaced: VecDeque::new(),
            newest_of_owner: pair(0, OWNER, Duration::ZERO),
            codes: VecDeque::new(),
        };
        tokens.keep(0, tokens.newest_of_owner.clone());
        tokens
    }

    /// The newest pair of user 1.
    pub(super) fn current(&self) -> &Pair {
        &self.newest_of_owner
    }

    /// Expires the access tokens of `user`, or of everybody.
    pub(super) fn expire_access(&mut self, user: Option<u64>, now: Duration) {
        for pair in self.pairs.values_mut() {
            if user.is_none_or(|user| user == pair.user) {
                pair.access_expires = pair.access_expires.min(now);
            }
        }
    }

    /// Expires one access token.
    pub(super) fn expire_token(&mut self, access: &str, now: Duration) {
        let number = self.numbers.get(access);
        if let Some(pair) = number.and_then(|number| self.pairs.get_mut(number)) {
            pair.access_expires = pair.access_expires.min(now);
        }
    }

    pub(super) fn judge(&self, access: &str, now: Duration) -> Verdict {
        match self.find(access) {
            Some((_, pair)) if pair.access != access => Verdict::Unknown,
            Some((_, pair)) if pair.is_replaced || now >= pair.access_expires => Verdict::Expired,
            Some((_, pair)) => Verdict::Valid(pair.user),
            None => Verdict::Unknown,
        }
    }

    /// The user of a refresh token that would be accepted now.
    pub(super) fn user_of(&self, refresh: &str, now: Duration) -> Result<u64, RefreshRefusal> {
        match self.find(refresh) {
            Some((_, pair)) if pair.refresh != refresh => Err(RefreshRefusal::Unknown),
            Some((_, pair)) if pair.is_replaced => Err(RefreshRefusal::Spent),
            Some((_, pair)) if now >= pair.refresh_expires => Err(RefreshRefusal::Unknown),
            Some((_, pair)) => Ok(pair.user),
            None => Err(RefreshRefusal::Unknown),
        }
    }

    /// Replaces the pair of a refresh token by a new one.
    pub(super) fn refresh(&mut self, refresh: &str, now: Duration) -> Result<Pair, RefreshRefusal> {
        let user = self.user_of(refresh, now)?;
        if let Some((number, _)) = self.find(refresh) {
            self.replace(number);
        }
        Ok(self.issue(user, now))
    }

    /// Issues a code to a user.
    pub(super) fn new_code(&mut self, user: u64, now: Duration) -> String {
        self.issued += 1;
        let code = text("dem0c0d3", self.issued);
        self.codes.push_back(Code {
            text: code.clone(),
            user,
            expires: now + CODE_LIFE,
        });
        if self.codes.len() > REMEMBERED {
            self.codes.pop_front();
        }
        code
    }

    /// Exchanges a code for a pair of its user; `None` if the code is unknown, used or expired. The user's earlier
    /// pairs stay valid unless `ends_earlier_pairs`.
    pub(super) fn redeem(&mut self, code: &str, now: Duration, ends_earlier_pairs: bool) -> Option<Pair> {
        let at = self.codes.iter().position(|known| known.text == code)?;
        let code = self.codes.remove(at)?;
        if now >= code.expires {
            return None;
        }
        if ends_earlier_pairs {
            let is_earlier = |pair: &Pair| pair.user == code.user && !pair.is_replaced;
            let earlier = self.pairs.iter().filter(|(_, pair)| is_earlier(pair));
            let earlier: Vec<u64> = earlier.map(|(number, _)| *number).collect();
            earlier.into_iter().for_each(|number| self.replace(number));
        }
        Some(self.issue(code.user, now))
    }

    fn find(&self, token: &str) -> Option<(u64, &Pair)> {
        let number = *self.numbers.get(token)?;
        Some((number, self.pairs.get(&number)?))
    }

    fn issue(&mut self, user: u64, now: Duration) -> Pair {
        self.issued += 1;
        let new = pair(self.issued, user, now);
        self.keep(self.issued, new.clone());
        if user == OWNER {
            self.newest_of_owner = new.clone();
        }
        new
    }

    fn keep(&mut self, number: u64, pair: Pair) {
        self.numbers.insert(pair.access.clone(), number);
        self.numbers.insert(pair.refresh.clone(), number);
        self.pairs.insert(number, pair);
    }

    /// Ends a pair, and forgets the oldest of the ended ones when there are too many.
    fn replace(&mut self, number: u64) {
        if let Some(pair) = self.pairs.get_mut(&number) {
            pair.is_replaced = true;
            self.replaced.push_back(number);
        }
        if self.replaced.len() > REMEMBERED
            && let Some(oldest) = self.replaced.pop_front()
            && let Some(pair) = self.pairs.remove(&oldest)
        {
            self.numbers.remove(&pair.access);
            self.numbers.remove(&pair.refresh);
        }
    }
}

fn pair(number: u64, user: u64, now: Duration) -> Pair {
    Pair {
        user,
        access: text("dem0acc3ss", number),
        refresh: text("dem0r3fr3sh", number),
        access_expires: now + ACCESS_LIFE,
        refresh_expires: now + REFRESH_LIFE,
        is_replaced: false,
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
