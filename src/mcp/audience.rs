//! The people whom a server answers: the one person of its settings, or the employees of a team.

use std::borrow::Cow;

use rmcp::service::{RequestContext, RoleServer};

use crate::address_book::Employee;

/// The people whom a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// The person whose credentials are in the settings.
    OnePerson,
    /// Every employee who has signed in.
    Team,
}

/// The person whose address book is searched, as the texts for models name this person.
const IN_ONE_PERSON_MODES: &str = "the webhook's owner";
const IN_A_TEAM: &str = "the signed-in employee";

impl Audience {
    /// A text for models, with the name of the person whose address book is searched.
    pub(super) fn text(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::OnePerson => text.into(),
            Self::Team => text.replace(IN_ONE_PERSON_MODES, IN_A_TEAM).into(),
        }
    }
}

/// The employee for whom a request is made: out of the extensions of the request itself, or of the HTTP request that it
/// came in. `None` in one-person modes, and without a sign-in.
pub(super) fn employee_of(request: &RequestContext<RoleServer>) -> Option<&Employee> {
    let of_http_request = || request.extensions.get::<http::request::Parts>()?.extensions.get();
    request.extensions.get().or_else(of_http_request)
}
