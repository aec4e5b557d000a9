//! Client ID Metadata Documents: clients whose id is the https address of a document that describes them.
//!
//! See <https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/>.

mod hosts;

pub use hosts::{InvalidHosts, MetadataHosts};
