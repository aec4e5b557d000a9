//! Client ID Metadata Documents: clients whose id is the https address of a document that describes them.
//!
//! See <https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/>.

mod address;
mod copies;
mod document;
mod documents;
mod fetch;
mod freshness;
mod hosts;
mod network;
mod public_address;
mod reading;
#[cfg(test)]
pub(super) mod scripted_network;

pub(super) use documents::{Documents, HostAway};
pub use hosts::{InvalidHosts, MetadataHosts};
