//! The texts for the people whom a server answers, and the employee of one request.

use std::borrow::Cow;

use rmcp::service::{RequestContext, RoleServer};

use crate::address_book::Employee;
use crate::fixit::Audience;

/// The person whose address book is searched, as the texts for models name this person.
const IN_ONE_PERSON_MODES: &str = "the webhook's owner";
const IN_A_TEAM: &str = "the signed-in employee";

/// A text for models, with the name of the person whose address book is searched.
pub(super) fn text_for(audience: Audience, text: &str) -> Cow<'_, str> {
    match audience {
        Audience::OnePerson => text.into(),
        Audience::Team => text.replace(IN_ONE_PERSON_MODES, IN_A_TEAM).into(),
    }
}

/// The employee for whom a request is made: out of the extensions of the request itself, or of the HTTP request that it
/// came in. `None` in one-person modes, and without a sign-in.
pub(super) fn employee_of(request: &RequestContext<RoleServer>) -> Option<&Employee> {
    let of_http_request = || request.extensions.get::<http::request::Parts>()?.extensions.get();
    request.extensions.get().or_else(of_http_request)
}
