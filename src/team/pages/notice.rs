//! What can end a sign-in, or a request to a page, with a page of ours.

use std::fmt;

/// What ended a sign-in or a request to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::team) enum Notice {
    /// The client is not registered, or its metadata document cannot be used.
    UnknownClient,
    /// The client asks for the code at an address that it has not registered.
    WrongRedirectAddress,
    /// A parameter is missing, occurs twice, or has a wrong form.
    MalformedRequest,
    /// There are too many pending sign-ins of the browser's address.
    TooManySignIns,
    /// The sign-in is too old, or has ended already.
    Expired,
    /// The browser that comes back from the portal did not begin the sign-in, or keeps no cookies.
    OtherBrowser,
    /// The form was sent twice, too late, from another page or by another browser.
    FormRefused,
    /// The portal or its authorization server did not answer, or not as it should.
    PortalTrouble {
        /// Names the line in the operator's log.
        reference: Reference,
    },
    /// The portal refuses this server's application: it was removed, or its secret is wrong.
    ApplicationRefused {
        /// Names the line in the operator's log.
        reference: Reference,
    },
    /// The person signed in at another portal than that of this server.
    AnotherPortal,
    /// The portal does not let the employee use the application: dismissed, or not on the application's list.
    NotAllowed,
    /// The store does not answer, or the host of the client's metadata document.
    StoreTrouble {
        /// Names the line in the operator's log.
        reference: Reference,
    },
    /// This server has failed in another way.
    ServerTrouble {
        /// Names the line in the operator's log.
        reference: Reference,
    },
}

impl Notice {
    /// The HTTP status of the page.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::UnknownClient | Self::WrongRedirectAddress | Self::MalformedRequest | Self::Expired => 400,
            Self::OtherBrowser | Self::FormRefused | Self::AnotherPortal | Self::NotAllowed => 403,
            Self::TooManySignIns => 429,
            Self::ServerTrouble { .. } => 500,
            Self::PortalTrouble { .. } | Self::ApplicationRefused { .. } => 502,
            Self::StoreTrouble { .. } => 503,
        }
    }

    /// Names the line in the operator's log, if there is one.
    pub(super) fn reference(self) -> Option<Reference> {
        match self {
            Self::PortalTrouble { reference }
            | Self::ApplicationRefused { reference }
            | Self::StoreTrouble { reference }
            | Self::ServerTrouble { reference } => Some(reference),
            _ => None,
        }
    }
}

/// A short random number that a page and a line of the operator's log share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::team) struct Reference(u32);

impl Reference {
    /// Makes a new number. It is no secret.
    pub(in crate::team) fn random() -> Self {
        Self(fastrand::u32(..))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}", self.0)
    }
}
