//! Reads a document from its host: resolves the name once, checks every address, and connects to no other.

use std::time::Duration;

use tokio::time::timeout;

use super::address::MetadataAddress;
use super::document::{self, InvalidDocument, is_json};
use super::freshness::kept_for;
use super::network::{Network, NoReply, Reply};
use super::public_address::is_public;
use crate::team::store::records::Client;

/// The time for all of it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a document could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadError {
    #[error("the host did not answer within five seconds")]
    TooSlow,
    #[error("the host has no address")]
    NoAddress,
    #[error("the host has an address that is not public")]
    InnerAddress,
    #[error(transparent)]
    NoReply(#[from] NoReply),
    #[error("the host answered with HTTP {0}")]
    Status(u16),
    #[error("the document is no application/json")]
    NoJson,
    #[error(transparent)]
    Invalid(#[from] InvalidDocument),
}

impl ReadError {
    /// True if the host says that there is no such client; false if it is away, or something in between answers for it.
    pub(super) fn is_final(self) -> bool {
        matches!(
            self,
            Self::NoReply(NoReply::TooLarge) | Self::Status(404 | 410) | Self::NoJson | Self::Invalid(_)
        )
    }
}

/// The client that the document at `address` describes, and how long to keep it.
pub(super) async fn read(network: &dyn Network, address: &MetadataAddress) -> Result<(Client, Duration), ReadError> {
    let reply = timeout(TIMEOUT, fetch(network, address)).await;
    let reply = reply.map_err(|_| ReadError::TooSlow)??;
    if reply.status != 200 {
        return Err(ReadError::Status(reply.status));
    }
    if !is_json(reply.content_type.as_deref()) {
        return Err(ReadError::NoJson);
    }
    let client = document::read(address, &reply.body)?;
    Ok((client, kept_for(reply.cache_control.as_deref())))
}

async fn fetch(network: &dyn Network, address: &MetadataAddress) -> Result<Reply, ReadError> {
    let hosts = network.resolve(address.host()).await;
    if hosts.is_empty() {
        return Err(ReadError::NoAddress);
    }
    if !hosts.iter().all(|host| is_public(host.ip())) {
        return Err(ReadError::InnerAddress);
    }
    Ok(network.get(address, &hosts).await?)
}

#[cfg(test)]
mod tests {
    use super::super::scripted_network::{ID, Prepared, ScriptedNetwork, document};
    use super::*;

    async fn read_from(network: &ScriptedNetwork) -> Result<(Client, Duration), ReadError> {
        read(network, &MetadataAddress::read(ID).unwrap()).await
    }

    #[tokio::test(start_paused = true)]
    async fn n19_a_host_with_any_inner_address_is_not_asked() {
        for addresses in [
            &["127.0.0.1"][..],
            &["10.1.2.3"],
            &["169.254.169.254"],
            &["100.64.0.1"],
            &["::1"],
            &["fc00::1"],
            &["::ffff:10.0.0.1"],
            &["64:ff9b::a00:1"],
            &["2002:a00:1::"],
            &["93.184.216.34", "10.0.0.1"],
            &["2607:6bc0::10", "fe80::1"],
        ] {
            let network = ScriptedNetwork::new();
            network.resolves_to(addresses);
            assert_eq!(read_from(&network).await, Err(ReadError::InnerAddress), "{addresses:?}");
            assert_eq!(network.fetches(), 0, "{addresses:?}");
        }
        let network = ScriptedNetwork::new();
        network.resolves_to(&[]);
        assert_eq!(read_from(&network).await, Err(ReadError::NoAddress));
    }

    #[tokio::test(start_paused = true)]
    async fn n20_the_checked_addresses_are_connected_to_whatever_the_name_resolves_to_later() {
        let network = ScriptedNetwork::new();
        network.resolves_to(&["93.184.216.34", "2607:6bc0::10"]);
        network.resolves_then_to(&["10.0.0.1"]);
        read_from(&network).await.unwrap();
        assert_eq!(network.resolutions(), 1);
        assert_eq!(network.connected_to(), ["93.184.216.34", "2607:6bc0::10"]);
    }

    #[tokio::test(start_paused = true)]
    async fn n21_only_a_short_prompt_json_reply_of_200_is_read() {
        let json = Some("application/json".to_owned());
        let reply = |status, content_type: &Option<String>, body: &str| {
            Prepared::Reply(Reply {
                status,
                content_type: content_type.clone(),
                cache_control: None,
                body: body.as_bytes().to_vec(),
            })
        };
        let good = document(&["http://127.0.0.1/callback"]);
        let other = good.replace("client.json", "client.json/");
        let html = Some("text/html".to_owned());
        let other_address = ReadError::Invalid(InvalidDocument::OtherAddress);
        for (prepared, error, is_final) in [
            (reply(302, &json, &good), ReadError::Status(302), false),
            (reply(201, &json, &good), ReadError::Status(201), false),
            (reply(403, &json, &good), ReadError::Status(403), false),
            (reply(404, &json, &good), ReadError::Status(404), true),
            (reply(503, &json, &good), ReadError::Status(503), false),
            (reply(200, &html, &good), ReadError::NoJson, true),
            (reply(200, &None, &good), ReadError::NoJson, true),
            (reply(200, &json, &other), other_address, true),
            (
                Prepared::None(NoReply::TooLarge),
                ReadError::NoReply(NoReply::TooLarge),
                true,
            ),
            (
                Prepared::None(NoReply::Connection),
                ReadError::NoReply(NoReply::Connection),
                false,
            ),
            (Prepared::Silence, ReadError::TooSlow, false),
        ] {
            let network = ScriptedNetwork::new();
            network.answers(prepared);
            assert_eq!(read_from(&network).await, Err(error));
            assert_eq!(error.is_final(), is_final, "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_document_is_kept_as_its_reply_says() {
        let network = ScriptedNetwork::new();
        network.answers(Prepared::Reply(Reply {
            status: 200,
            content_type: Some("application/json".to_owned()),
            cache_control: Some("public, max-age=3600".to_owned()),
            body: document(&["http://127.0.0.1/callback"]).into_bytes(),
        }));
        let (client, kept_for) = read_from(&network).await.unwrap();
        assert_eq!(client.redirect_uris, ["http://127.0.0.1/callback"]);
        assert_eq!(kept_for, Duration::from_secs(3600));
    }
}
