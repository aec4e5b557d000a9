//! The documents that were read: each is kept for a while, and read by one caller at a time.
//!
//! | the host | the client |
//! |---|---|
//! | sends the document | is that of the document, for as long as `Cache-Control` says |
//! | is away | is that of the last document for a day, then that of a ready-made copy, or else [`HostAway`] |
//! | says that there is no such document, or sends another | is unknown |
//!
//! After a failure the host is not asked for a short time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::address::MetadataAddress;
use super::copies::copy_of;
use super::fetch::HttpNetwork;
use super::hosts::MetadataHosts;
use super::network::Network;
use super::reading;
#[cfg(test)]
use super::scripted_network::ScriptedNetwork;
use crate::team::store::records::Client;

/// The most documents that are kept.
const MAX_DOCUMENTS: usize = 100;

/// The most documents that are read at the same time.
const MAX_READINGS: usize = 4;

/// How long a document is still used after it should have been read again, if its host is away.
const USED_WITHOUT_HOST: Duration = Duration::from_secs(24 * 3600);

/// How long a host is not asked again after a failure: with a client to go on with, and without one.
const PAUSE_WITH_CLIENT: Duration = Duration::from_secs(5 * 60);
const PAUSE_WITHOUT_CLIENT: Duration = Duration::from_secs(30);

/// The clients that have a Client ID Metadata Document.
#[derive(Debug)]
pub(in crate::team) struct Documents {
    hosts: MetadataHosts,
    network: Arc<dyn Network>,
    entries: Mutex<HashMap<String, SharedEntry>>,
    readings: Semaphore,
}

/// The host of a document does not answer, or not by itself, and there is no document or copy to go on with. Another
/// attempt may work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the metadata document of the client cannot be read now")]
pub(in crate::team) struct HostAway;

/// Locked by the caller that reads the document; the others wait for it.
type SharedEntry = Arc<tokio::sync::Mutex<Entry>>;

#[derive(Debug)]
struct Entry {
    client: Result<Option<Client>, HostAway>,
    /// The time of the next reading.
    read_at: Instant,
    /// The time until which the document is used if its host is away.
    used_until: Instant,
    last_use: Instant,
}

impl Documents {
    /// Reads documents of these hosts over the network.
    pub(in crate::team) fn new(hosts: MetadataHosts) -> Self {
        Self::with_network(hosts, Arc::new(HttpNetwork::default()))
    }

    /// Documents of these hosts over a network of prepared replies.
    #[cfg(test)]
    pub(in crate::team) fn over(network: &Arc<ScriptedNetwork>, hosts: MetadataHosts) -> Self {
        Self::with_network(hosts, Arc::<ScriptedNetwork>::clone(network))
    }

    fn with_network(hosts: MetadataHosts, network: Arc<dyn Network>) -> Self {
        Self {
            hosts,
            network,
            entries: Mutex::default(),
            readings: Semaphore::new(MAX_READINGS),
        }
    }

    /// The client whose id is the address `id`; `None` if it is no such address, if its host is not one of the given
    /// ones, or if there is no valid document.
    ///
    /// # Errors
    /// [`HostAway`].
    pub(in crate::team) async fn find(&self, id: &str) -> Result<Option<Client>, HostAway> {
        let Some(address) = self.address(id) else {
            return Ok(None);
        };
        let entry = self.entry(&address).ok_or(HostAway)?;
        let mut entry = entry.lock().await;
        entry.last_use = Instant::now();
        if entry.read_at <= entry.last_use {
            let _permit = self.readings.acquire().await.map_err(|_| HostAway)?;
            self.read(&address, &mut entry).await;
        }
        entry.client.clone()
    }

    /// True if `id` is the address of a document of one of the given hosts. Nothing is read.
    pub(in crate::team) fn may_have(&self, id: &str) -> bool {
        self.address(id).is_some()
    }

    fn address(&self, id: &str) -> Option<MetadataAddress> {
        MetadataAddress::read(id).filter(|address| self.hosts.allow(address.host()))
    }

    async fn read(&self, address: &MetadataAddress, entry: &mut Entry) {
        let read = reading::read(self.network.as_ref(), address).await;
        let now = Instant::now();
        let error = match read {
            Ok((client, kept_for)) => {
                entry.client = Ok(Some(client));
                entry.read_at = now + kept_for;
                entry.used_until = entry.read_at + USED_WITHOUT_HOST;
                return;
            }
            Err(error) => error,
        };
        tracing::warn!(client.host = address.host(), %error, "a client's metadata document cannot be read");
        if error.is_final() {
            entry.client = Ok(None);
        } else if entry.used_until <= now {
            entry.client = copy_of(address).map(Some).ok_or(HostAway);
        }
        let pause = match &entry.client {
            Ok(Some(_)) => PAUSE_WITH_CLIENT,
            Ok(None) | Err(HostAway) => PAUSE_WITHOUT_CLIENT,
        };
        entry.read_at = now + pause;
    }

    /// The entry of `address`. A new one takes the place of another if there are too many; `None` if there is no room.
    fn entry(&self, address: &MetadataAddress) -> Option<SharedEntry> {
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.get(address.as_str()) {
            return Some(Arc::clone(entry));
        }
        if entries.len() >= MAX_DOCUMENTS {
            let least = least_needed(&entries)?;
            entries.remove(&least);
        }
        let now = Instant::now();
        let entry = Entry {
            client: Ok(None),
            read_at: now,
            used_until: now,
            last_use: now,
        };
        let entry = Arc::new(tokio::sync::Mutex::new(entry));
        entries.insert(address.as_str().to_owned(), Arc::clone(&entry));
        Some(entry)
    }
}

/// How much an entry is needed, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    NoClient { last_use: Instant },
    BeingRead,
    Client { last_use: Instant },
}

/// The address of the entry that makes room for another. Documents that do not exist, however many of them are asked
/// for, replace no other: while some are being read there is no room.
fn least_needed(entries: &HashMap<String, SharedEntry>) -> Option<String> {
    let needs = entries.iter().map(|(address, entry)| {
        let need = entry.try_lock().map_or(Need::BeingRead, |entry| {
            let last_use = entry.last_use;
            match entry.client {
                Ok(Some(_)) => Need::Client { last_use },
                Ok(None) | Err(HostAway) => Need::NoClient { last_use },
            }
        });
        (need, address)
    });
    let (need, address) = needs.min_by_key(|(need, _)| *need)?;
    (need != Need::BeingRead).then(|| address.clone())
}

#[cfg(test)]
mod tests;
