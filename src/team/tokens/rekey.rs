//! Seals the pairs of all employees by the first of the server's keys, beside servers that run.
//!
//! Begin with all servers having the new key first and the old one after it: a server that still seals by the old key
//! makes pairs that this does not see.

use std::time::Duration;

use tokio::time::sleep;

use crate::team::secret_value::NoRandomNumbers;
use crate::team::server_key::ServerKeys;
use crate::team::store::{Store, Unavailable};

/// How many pairs are read at a time.
const BATCH: usize = 100;
/// The pause before pairs that are being refreshed are tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often they are tried: longer than a refresh can take.
const ROUNDS: u32 = 30;

/// What [`rekey`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rekeyed {
    /// Pairs that are sealed by the first key now.
    pub resealed: usize,
    /// Pairs that are sealed by another key still: none of the keys opens them, or they are always being refreshed. If
    /// there are any, the old key is still needed.
    pub left: usize,
}

/// Why pairs could not be sealed by another key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RekeyError {
    /// The store was made with a key that is not among these.
    #[error("the store was made with another key, which is not among the given ones")]
    OtherKeys,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomNumbers(#[from] NoRandomNumbers),
}

/// Seals all pairs by the first of `keys`. Then, if no pair is left, the store is for the first key: the others are not
/// needed any more. Can be repeated.
///
/// # Errors
/// [`RekeyError`].
pub async fn rekey(store: &dyn Store, keys: &ServerKeys) -> Result<Rekeyed, RekeyError> {
    if !store.pin_key(&keys.ids()).await? {
        return Err(RekeyError::OtherKeys);
    }
    let first = keys.sealing_id();
    let mut resealed = 0;
    let mut left = 0;
    let mut rounds = 0;
    loop {
        // Pairs that stay must not hide the others.
        let batch = store.pairs_sealed_otherwise(first, BATCH + left).await?;
        let (mut done, mut busy) = (0, 0);
        left = 0;
        for (employee, sealed) in &batch {
            match keys.open(employee, sealed) {
                Some(pair) => {
                    let pair = keys.seal(employee, sealed.version + 1, &pair)?;
                    match store.reseal_pair(employee, pair).await? {
                        true => done += 1,
                        false => busy += 1,
                    }
                }
                None => left += 1,
            }
        }
        left += busy;
        resealed += done;
        if left == 0 && done == 0 {
            store.replace_key(first).await?;
            return Ok(Rekeyed { resealed, left });
        }
        if done == 0 {
            rounds += 1;
            if busy == 0 || rounds == ROUNDS {
                return Ok(Rekeyed { resealed, left });
            }
            sleep(PAUSE).await;
        }
    }
}
