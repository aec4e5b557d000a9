//! The MCP clients that may ask for a sign-in: registered ones, and those with a metadata document.

pub(super) mod client_name;
pub(super) mod redirect_uri;
mod registration;
mod registration_limit;

use super::answer::Answer;
use super::client_metadata::{Documents, HostAway, MetadataHosts};
use super::request::Request;
use super::store::records::Client;
use super::store::{Store, Unavailable};
use registration_limit::RegistrationLimit;

/// A client cannot be looked up now. Another attempt may work, so this is no `invalid_client`, for which clients drop
/// what they have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FindError {
    #[error(transparent)]
    Store(#[from] Unavailable),
    #[error(transparent)]
    Document(#[from] HostAway),
}

/// The clients of this server.
#[derive(Debug)]
pub(super) struct Clients {
    registrations: RegistrationLimit,
    documents: Documents,
}

impl Clients {
    /// `hosts` are those whose metadata documents are fetched.
    pub(super) fn new(hosts: &MetadataHosts) -> Self {
        Self {
            registrations: RegistrationLimit::default(),
            documents: Documents::new(hosts.clone()),
        }
    }

    /// Registers a client: `POST /oauth/register`.
    pub(super) async fn register(&self, store: &dyn Store, request: Request<'_>) -> Answer {
        registration::register(store, &self.registrations, request).await
    }

    /// What is known of the client with this id without reading its metadata document: the id alone, if it may have one.
    /// `None` if there is no such client. For endpoints where a token proves its client: a mistake of the document's host
    /// must not cost a client its tokens.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub(super) async fn known(&self, store: &dyn Store, id: &str) -> Result<Option<Client>, Unavailable> {
        if !is_address(id) {
            return store.client(id).await;
        }
        Ok(self.documents.may_have(id).then(|| Client {
            id: id.to_owned(),
            name: String::new(),
            redirect_uris: Vec::new(),
        }))
    }

    /// The client with this id, which has registered or has a metadata document; `None` if there is none.
    ///
    /// # Errors
    /// [`FindError`].
    pub(super) async fn find(&self, store: &dyn Store, id: &str) -> Result<Option<Client>, FindError> {
        match is_address(id) {
            true => Ok(self.documents.find(id).await?),
            false => Ok(store.client(id).await?),
        }
    }
}

/// True if the id is that of a client with a document. No registered client has such an id.
fn is_address(id: &str) -> bool {
    id.starts_with("https:")
}

#[cfg(test)]
mod tests;
