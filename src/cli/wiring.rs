//! The one place that builds the parts: portal client, address book and server, live or on the demo portal.

use std::sync::Arc;

use super::{Global, Stop};
use crate::address_book::AddressBook;
use crate::config;
use crate::demo::{self, DemoPortal};
use crate::mcp::Server;
use crate::portal::{self, Credentials, Portal};

/// The parts, ready for a command.
#[derive(Debug)]
pub(super) struct Wiring {
    /// The address book to ask.
    pub(super) book: Arc<AddressBook>,
    /// Keeps the demo portal alive.
    demo: Option<DemoPortal>,
}

impl Wiring {
    pub(super) async fn build(global: &Global, settings: config::Settings) -> Result<Self, Stop> {
        let demo = match demo_settings(global)? {
            Some(settings) => Some(DemoPortal::start(settings).await.map_err(Stop::Demo)?),
            None => None,
        };
        let portal = match &demo {
            None => settings.portal,
            Some(demo) => portal::Settings {
                credentials: demo
                    .webhook_url()
                    .map_or(Credentials::Missing, |url| Credentials::from_webhook_url(&url)),
                ..settings.portal
            },
        };
        Ok(Self {
            book: Arc::new(AddressBook::new(Portal::new(portal), settings.cache_ttl)),
            demo,
        })
    }

    /// True if a real portal was meant, so that wrong settings are the user's.
    pub(super) fn is_live(&self) -> bool {
        self.demo.is_none()
    }

    /// A server for this address book, and what must live as long as it.
    pub(super) fn into_server(self) -> (Server, Option<DemoPortal>) {
        (Server::new(self.book), self.demo)
    }
}

fn demo_settings(global: &Global) -> Result<Option<demo::Settings>, Stop> {
    let fault = global.demo_fault.as_ref().map(|name| {
        let known = demo::FAULTS.iter().find(|fault| fault.name == name);
        known.ok_or_else(|| Stop::UnknownFault(name.clone()))
    });
    let quirk = global.demo_quirk.as_ref().map(|name| {
        let known = demo::QUIRKS.iter().find(|(known, ..)| known == name);
        known
            .map(|(.., quirk)| *quirk)
            .ok_or_else(|| Stop::UnknownQuirk(name.clone()))
    });
    let (fault, quirk) = (fault.transpose()?, quirk.transpose()?);
    let is_demo = global.demo || fault.is_some() || quirk.is_some();
    Ok(is_demo.then(|| demo::Settings {
        fault,
        quirk,
        ..demo::Settings::default()
    }))
}
