//! The methods of REST 3.0 that this portal has. Pure.

use super::quirks::Quirk;

/// A method of REST 3.0. Names are matched exactly: camel case and `.json` are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    ListContacts,
    ListEmployees,
    Documentation,
    /// Not allowed inside a batch.
    Batch,
}

impl Method {
    /// The method of that name; `None` also if the quirk removes it.
    pub(super) fn find(name: &str, quirk: Option<Quirk>) -> Option<Self> {
        let method = match name {
            "mail.recipient.listcontacts" => Self::ListContacts,
            "mail.recipient.listemployees" => Self::ListEmployees,
            "rest.documentation.openapi" | "documentation" => Self::Documentation,
            "batch" => Self::Batch,
            _ => return None,
        };
        let is_missing = matches!(
            (method, quirk),
            (Self::Batch, Some(Quirk::NoBatch)) | (Self::ListEmployees, Some(Quirk::NoEmployees))
        );
        (!is_missing).then_some(method)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ListContacts => "mail.recipient.listcontacts",
            Self::ListEmployees => "mail.recipient.listemployees",
            Self::Documentation => "rest.documentation.openapi",
            Self::Batch => "batch",
        }
    }
}
