//! The cookies of sign-ins: each sign-in has its own, so that several tabs do not mix. Pure.

use crate::team::cookie::{SetCookie, names, value};
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::settings::Settings;

/// The cookie of a browser that has signed in to the start page.
pub(in crate::team) const PAGE_SESSION: &str = "b24page";

/// Begins the names of these cookies.
const PREFIX: &str = "b24mcp-";

/// The most such cookies of a browser.
const MAX_COOKIES: usize = 8;

/// The length of a value's prefix, such as `b24h_`.
const VALUE_PREFIX: usize = 5;

/// The cookie that belongs to a handle or to a state: its name, made of 8 characters of that value.
pub(super) struct SignInCookie(String);

impl SignInCookie {
    pub(super) fn of(value: &SecretValue) -> Self {
        let characters = value.expose().chars().skip(VALUE_PREFIX).take(8);
        Self(PREFIX.chars().chain(characters).collect())
    }

    /// The value of `kind` that the browser sent in this cookie.
    pub(super) fn read(&self, settings: &Settings, header: &str, kind: Kind) -> Option<SecretValue> {
        SecretValue::read(kind, value(header, &settings.public_url, &self.0)?)
    }

    /// Removes this cookie.
    pub(super) fn removed(&self, settings: &Settings) -> SetCookie {
        SetCookie::removed(&settings.public_url, &self.0)
    }

    /// Sets this cookie in place of `done`. The oldest others are removed beyond [`MAX_COOKIES`].
    pub(super) fn set(
        &self,
        settings: &Settings,
        header: &str,
        value: &SecretValue,
        done: Option<&Self>,
    ) -> Vec<SetCookie> {
        let url = &settings.public_url;
        let mut others = names(header, url, PREFIX);
        others.retain(|name| *name != self.0 && done.is_none_or(|done| *name != done.0));
        // Browsers send the oldest first.
        let too_many = (others.len() + 1).saturating_sub(MAX_COOKIES);
        let oldest = others.into_iter().take(too_many);
        let removed = oldest.chain(done.map(|done| done.0.as_str()));
        let mut cookies: Vec<_> = removed.map(|name| SetCookie::removed(url, name)).collect();
        let lives = settings.lifetimes.pending_sign_in;
        cookies.push(SetCookie::new(url, &self.0, value.expose(), lives));
        cookies
    }
}
