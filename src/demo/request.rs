//! A recorded request, and how the portal reads its path, arguments and token. Pure.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use url::form_urlencoded;

use super::faults::Place;
use super::php;

/// A request as the portal received it.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path with its query string.
    pub path: String,
    /// The headers in the order received, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// The path without its query string.
    pub(super) fn bare_path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The segments of the path; a slash at the end makes no difference.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.bare_path()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect()
    }

    /// How many calls the request makes: the items of a batch, or one.
    pub(super) fn calls(&self) -> u32 {
        let items = match self.segments().last() {
            Some(&"batch") => serde_json::from_slice::<Vec<IgnoredAny>>(&self.body).map(|items| items.len()),
            _ => Ok(1),
        };
        items.ok().and_then(|items| items.try_into().ok()).unwrap_or(1)
    }

    pub(super) fn place(&self) -> Place {
        match self.segments().as_slice() {
            ["rest", "api", ..] => Place::Rest3,
            ["rest", ..] => Place::OldApi,
            ["oauth", "token"] => Place::OAuthServer,
            _ => Place::Page,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    pub(super) fn is_json(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json") || kind.contains("+json"))
    }

    /// A parameter of the query string or, in a POST, of a form.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let is_form = self.method == "POST"
            && self
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let form: &[u8] = if is_form { &self.body } else { &[] };
        form_urlencoded::parse(query.as_bytes())
            .chain(form_urlencoded::parse(form))
            .find(|(known, _)| known == name)
            .map(|(_, value)| Cow::into_owned(value))
    }

    /// The access token: from the header, else from the parameters, else from the JSON of a POST.
    pub(super) fn token(&self) -> Option<String> {
        let bearer = self.header("authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        let names = ["auth", "access_token"];
        bearer
            .or_else(|| names.iter().find_map(|name| self.parameter(name)))
            .or_else(|| {
                let is_post = self.method == "POST" && self.is_json();
                let arguments = is_post.then(|| php::decode(&self.body)).flatten()?;
                names
                    .iter()
                    .find_map(|name| Some(arguments.get(*name)?.as_str()?.to_owned()))
            })
    }
}
