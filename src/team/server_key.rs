//! The server's keys: they seal the portal's tokens before the store keeps them, and what clients carry between calls.
//!
//! A pair of tokens is sealed by AES-256-GCM with a fresh nonce. The seal is bound to the employee and to the version of
//! the pair, so that a row copied onto another employee does not open. The first key seals; all open, so that keys can
//! be rotated without signing anyone out.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use super::secret_value::NoRandomNumbers;
use super::store::records::SealedPair;
use crate::portal::EmployeeId;

const KEY_BYTES: usize = 32;

/// The server's keys, the sealing key first.
#[derive(Debug)]
pub struct ServerKeys {
    first: ServerKey,
    others: Vec<ServerKey>,
}

/// A text that is no server key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a key that `bitrix24-mail-mcp team key` prints, or several with blanks between them")]
pub struct InvalidServerKey;

/// A pair of the portal's tokens. Debug hides it.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The access token.
    pub access: SecretString,
    /// The refresh token.
    pub refresh: SecretString,
}

struct ServerKey {
    id: String,
    pairs: LessSafeKey,
    elicitation: [u8; KEY_BYTES],
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerKey {}", self.id)
    }
}

/// The length of a derived key, for ring.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl ServerKey {
    fn read(text: &str) -> Option<Self> {
        let secret = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == KEY_BYTES)?;
        let root = Salt::new(HKDF_SHA256, env!("CARGO_PKG_NAME").as_bytes()).extract(&secret);
        let derived = |purpose: &'static [u8], bytes: &mut [u8]| {
            let info = [purpose];
            let filled = root.expand(&info, Length(bytes.len())).and_then(|key| key.fill(bytes));
            filled.ok()
        };
        let mut id = [0; 8];
        derived(b"id", &mut id)?;
        let mut pairs = [0; KEY_BYTES];
        derived(b"pairs", &mut pairs)?;
        let mut elicitation = [0; KEY_BYTES];
        derived(b"elicitation", &mut elicitation)?;
        Some(Self {
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
            pairs: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &pairs).ok()?),
            elicitation,
        })
    }
}

impl FromStr for ServerKeys {
    type Err = InvalidServerKey;

    /// Reads one key or several with blanks or line breaks between them.
    fn from_str(text: &str) -> Result<Self, InvalidServerKey> {
        let keys: Option<Vec<_>> = text.split_whitespace().map(ServerKey::read).collect();
        let mut keys = keys.ok_or(InvalidServerKey)?.into_iter();
        let first = keys.next().ok_or(InvalidServerKey)?;
        Ok(Self {
            first,
            others: keys.collect(),
        })
    }
}

impl ServerKeys {
    /// Makes a key, as text.
    ///
    /// # Errors
    /// [`NoRandomNumbers`].
    pub fn generate() -> Result<SecretString, NoRandomNumbers> {
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomNumbers)?;
        Ok(STANDARD.encode(bytes).into())
    }

    /// The ids of all keys, that of the sealing key first. An id reveals nothing of the key.
    pub fn ids(&self) -> Vec<String> {
        self.all().map(|key| key.id.clone()).collect()
    }

    /// The id of the key that seals.
    pub fn sealing_id(&self) -> &str {
        &self.first.id
    }

    /// The keys for what clients carry between two calls, the sealing one first.
    pub fn elicitation_keys(&self) -> Vec<[u8; KEY_BYTES]> {
        self.all().map(|key| key.elicitation).collect()
    }

    /// Seals the pair that becomes the employee's pair of `version`.
    ///
    /// # Errors
    /// [`NoRandomNumbers`].
    pub fn seal(&self, employee: &EmployeeId, version: i64, pair: &Pair) -> Result<SealedPair, NoRandomNumbers> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| NoRandomNumbers)?;
        // A token has no line break: the portal's tokens are letters and digits.
        let text = format!("{}\n{}", pair.access.expose_secret(), pair.refresh.expose_secret());
        let mut sealed = text.into_bytes();
        let bound_to = Aad::from(bound_to(employee, version));
        let key = &self.first;
        // ring refuses only a text of more than 64 GiB, so this fails for no pair.
        key.pairs
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to, &mut sealed)
            .map_err(|_| NoRandomNumbers)?;
        Ok(SealedPair {
            version,
            key_id: key.id.clone(),
            sealed: [&nonce, sealed.as_slice()].concat(),
        })
    }

    /// The tokens of a pair; `None` if it was changed, belongs to another employee or version, or was sealed by a key
    /// that is not among these.
    pub fn open(&self, employee: &EmployeeId, pair: &SealedPair) -> Option<Pair> {
        let key = self.all().find(|key| key.id == pair.key_id)?;
        let (nonce, sealed) = pair.sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let bound_to = Aad::from(bound_to(employee, pair.version));
        let opened = key.pairs.open_in_place(nonce, bound_to, &mut sealed).ok()?;
        let (access, refresh) = std::str::from_utf8(opened).ok()?.split_once('\n')?;
        Some(Pair {
            access: access.into(),
            refresh: refresh.into(),
        })
    }

    fn all(&self) -> impl Iterator<Item = &ServerKey> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// What a seal is bound to. The length of the first part keeps the parts apart.
fn bound_to(employee: &EmployeeId, version: i64) -> Vec<u8> {
    let EmployeeId { member_id, user_id } = employee;
    format!("pairs {} {member_id} {user_id} {version}", member_id.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (String, String) {
        let [one, other] = [0, 1].map(|_| ServerKeys::generate().unwrap().expose_secret().to_owned());
        (one, other)
    }

    fn employee(user_id: u64) -> EmployeeId {
        EmployeeId {
            member_id: "portal".into(),
            user_id,
        }
    }

    fn pair() -> Pair {
        Pair {
            access: "acc3ss".into(),
            refresh: "r3fr3sh".into(),
        }
    }

    #[test]
    fn n77_n78_a_pair_opens_only_unchanged_for_its_employee_its_version_and_its_key() {
        let (one, other) = keys();
        let keys: ServerKeys = one.parse().unwrap();
        let sealed = keys.seal(&employee(1), 4, &pair()).unwrap();
        let opened = keys.open(&employee(1), &sealed).unwrap();
        assert_eq!(
            (opened.access.expose_secret(), opened.refresh.expose_secret()),
            ("acc3ss", "r3fr3sh")
        );
        assert!(keys.open(&employee(7), &sealed).is_none());
        let later = SealedPair {
            version: 5,
            ..sealed.clone()
        };
        assert!(keys.open(&employee(1), &later).is_none());
        for at in 0..sealed.sealed.len() {
            let mut changed = sealed.clone();
            changed.sealed[at] ^= 1;
            assert!(keys.open(&employee(1), &changed).is_none(), "byte {at}");
        }
        for length in 0..sealed.sealed.len() {
            let mut short = sealed.clone();
            short.sealed.truncate(length);
            assert!(keys.open(&employee(1), &short).is_none(), "{length} bytes");
        }
        let stranger: ServerKeys = other.parse().unwrap();
        assert!(stranger.open(&employee(1), &sealed).is_none());
        let unknown = SealedPair {
            key_id: stranger.first.id.clone(),
            ..sealed
        };
        assert!(
            stranger.open(&employee(1), &unknown).is_none(),
            "wrong key under a known id"
        );
    }

    #[test]
    fn n79_the_first_key_seals_and_all_open() {
        let (old, new) = keys();
        let before: ServerKeys = old.parse().unwrap();
        let sealed = before.seal(&employee(1), 1, &pair()).unwrap();
        let both: ServerKeys = format!("{new}\n{old}\n").parse().unwrap();
        assert!(both.open(&employee(1), &sealed).is_some());
        let again = both.seal(&employee(1), 2, &pair()).unwrap();
        assert_eq!(again.key_id, both.sealing_id());
        let after: ServerKeys = new.parse().unwrap();
        assert_eq!(both.ids(), [after.sealing_id(), before.sealing_id()]);
        assert!(after.open(&employee(1), &again).is_some() && after.open(&employee(1), &sealed).is_none());
        assert_ne!(before.elicitation_keys(), after.elicitation_keys());
    }

    #[test]
    fn a_key_of_another_length_or_alphabet_is_refused_and_never_shown() {
        for wrong in ["", " ", "c2hvcnQ=", "not a key", &"A".repeat(44)] {
            assert!(wrong.parse::<ServerKeys>().is_err(), "{wrong}");
        }
        let (one, _) = keys();
        let shown = format!("{:?} {InvalidServerKey}", one.parse::<ServerKeys>().unwrap());
        assert!(!shown.contains(one.get(..8).unwrap()), "{shown}");
    }

    #[test]
    fn two_seals_of_one_pair_differ() {
        let keys: ServerKeys = keys().0.parse().unwrap();
        let [one, other] = [0, 1].map(|_| keys.seal(&employee(1), 1, &pair()).unwrap());
        assert_ne!(one.sealed, other.sealed);
    }
}
