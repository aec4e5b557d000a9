//! A network of prepared replies, for tests.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::json;

use super::address::MetadataAddress;
use super::network::{Network, NoReply, Reply};

pub(in crate::team) const ID: &str = "https://client.example/oauth/client.json";

/// How long each reply takes.
pub(super) const TRIP: Duration = Duration::from_millis(100);

/// The answer to a fetch.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    Reply(Reply),
    None(NoReply),
    Silence,
}

#[derive(Debug)]
struct State {
    /// What the name resolves to, now and later. The last one stays.
    addresses: VecDeque<Vec<IpAddr>>,
    answer: Prepared,
    resolutions: usize,
    fetches: usize,
    running: usize,
    most_running: usize,
    connected_to: Vec<IpAddr>,
}

/// A network of prepared replies. At first every name is public, and every document is that of [`ID`].
#[derive(Debug)]
pub(in crate::team) struct ScriptedNetwork(Mutex<State>);

impl ScriptedNetwork {
    pub(in crate::team) fn new() -> Self {
        Self(Mutex::new(State {
            addresses: VecDeque::from([parsed(&["93.184.216.34"])]),
            answer: good(&["http://127.0.0.1/callback"]),
            resolutions: 0,
            fetches: 0,
            running: 0,
            most_running: 0,
            connected_to: Vec::new(),
        }))
    }

    pub(super) fn resolves_to(&self, addresses: &[&str]) {
        self.0.lock().addresses = VecDeque::from([parsed(addresses)]);
    }

    pub(super) fn resolves_then_to(&self, addresses: &[&str]) {
        self.0.lock().addresses.push_back(parsed(addresses));
    }

    pub(super) fn answers(&self, answer: Prepared) {
        self.0.lock().answer = answer;
    }

    /// Every document is answered by this status without one.
    pub(in crate::team) fn answers_with_status(&self, code: u16) {
        self.answers(status(code));
    }

    pub(super) fn resolutions(&self) -> usize {
        self.0.lock().resolutions
    }

    pub(in crate::team) fn fetches(&self) -> usize {
        self.0.lock().fetches
    }

    pub(super) fn most_running(&self) -> usize {
        self.0.lock().most_running
    }

    pub(super) fn connected_to(&self) -> Vec<String> {
        self.0.lock().connected_to.iter().map(ToString::to_string).collect()
    }
}

impl Network for ScriptedNetwork {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Vec<SocketAddr>> {
        let mut state = self.0.lock();
        state.resolutions += 1;
        let addresses = match state.addresses.len() {
            1 => state.addresses[0].clone(),
            _ => state.addresses.pop_front().unwrap(),
        };
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 443));
        std::future::ready(addresses.collect()).boxed()
    }

    fn get<'a>(&'a self, _: &'a MetadataAddress, hosts: &'a [SocketAddr]) -> BoxFuture<'a, Result<Reply, NoReply>> {
        async move {
            let answer = {
                let mut state = self.0.lock();
                state.fetches += 1;
                state.running += 1;
                state.most_running = state.most_running.max(state.running);
                state.connected_to = hosts.iter().map(SocketAddr::ip).collect();
                state.answer.clone()
            };
            tokio::time::sleep(TRIP).await;
            let reply = match answer {
                Prepared::Reply(reply) => Ok(reply),
                Prepared::None(error) => Err(error),
                Prepared::Silence => std::future::pending().await,
            };
            self.0.lock().running -= 1;
            reply
        }
        .boxed()
    }
}

/// The document of [`ID`] with these redirect URIs.
pub(super) fn document(redirect_uris: &[&str]) -> String {
    json!({"client_id": ID, "client_name": "Client", "redirect_uris": redirect_uris}).to_string()
}

/// The reply with the document of [`ID`] with these redirect URIs.
pub(super) fn good(redirect_uris: &[&str]) -> Prepared {
    Prepared::Reply(Reply {
        status: 200,
        content_type: Some("application/json".to_owned()),
        cache_control: None,
        body: document(redirect_uris).into_bytes(),
    })
}

/// A reply without a document.
pub(super) fn status(status: u16) -> Prepared {
    Prepared::Reply(Reply {
        status,
        ..Reply::default()
    })
}

fn parsed(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|address| address.parse().unwrap()).collect()
}
