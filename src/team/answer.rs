//! The answer of a page or an OAuth endpoint. The transport adds the headers that all answers of a kind share.

use serde_json::{Value, json};

use super::cookie::SetCookie;

/// The answer of a page or an OAuth endpoint. Debug shows its kind and status only, since it may hold a secret.
pub enum Answer {
    /// A page of ours.
    Page {
        /// The HTTP status.
        status: u16,
        /// The whole document.
        html: String,
        /// Cookies to set or to remove.
        cookies: Vec<SetCookie>,
    },
    /// `303 See Other`.
    Redirect {
        /// The address to go to.
        to: String,
        /// Cookies to set or to remove.
        cookies: Vec<SetCookie>,
    },
    /// A JSON document.
    Json {
        /// The HTTP status.
        status: u16,
        /// The document.
        body: Value,
        /// Seconds for the header `Retry-After`.
        retry_after: Option<u64>,
    },
    /// No body.
    Empty {
        /// The HTTP status.
        status: u16,
    },
}

impl Answer {
    /// Seconds after which a client may try again when this server cannot answer.
    pub const RETRY_AFTER: u64 = 5;

    /// What a client's developer reads when this server cannot answer now, for whatever reason.
    pub const UNAVAILABLE: &str = "this server cannot answer now; try again in a few seconds";

    /// A document with status 200.
    pub(super) fn json(body: Value) -> Self {
        Self::Json {
            status: 200,
            body,
            retry_after: None,
        }
    }

    /// An OAuth error (RFC 6749, section 5.2) with a description for the developer of the client.
    pub(super) fn error(status: u16, code: &str, description: &str) -> Self {
        Self::Json {
            status,
            body: json!({"error": code, "error_description": description}),
            retry_after: None,
        }
    }

    /// `503 temporarily_unavailable`: the client keeps its tokens and tries again.
    pub(super) fn unavailable() -> Self {
        Self::Json {
            status: 503,
            body: json!({
                "error": "temporarily_unavailable",
                "error_description": Self::UNAVAILABLE,
            }),
            retry_after: Some(Self::RETRY_AFTER),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Page { status, .. } | Self::Json { status, .. } | Self::Empty { status } => *status,
            Self::Redirect { .. } => 303,
        }
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Page { .. } => "Page",
            Self::Redirect { .. } => "Redirect",
            Self::Json { .. } => "Json",
            Self::Empty { .. } => "Empty",
        };
        write!(f, "{kind} {}", self.status())
    }
}
