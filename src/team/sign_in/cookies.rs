//! The cookies of sign-ins: each sign-in has its own, so that several tabs do not mix. Pure.

use std::time::Duration;

use crate::team::cookie::{SetCookie, names, value};
use crate::team::public_url::PublicUrl;
use crate::team::secret_value::{Kind, SecretValue};

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
    pub(super) fn read(&self, url: &PublicUrl, header: &str, kind: Kind) -> Option<SecretValue> {
        SecretValue::read(kind, value(header, url, &self.0)?)
    }

    /// Removes this cookie.
    pub(super) fn removed(&self, url: &PublicUrl) -> SetCookie {
        SetCookie::removed(url, &self.0)
    }

    /// Sets this cookie for `lives`, in place of `done`. The oldest others are removed beyond [`MAX_COOKIES`].
    pub(super) fn set(
        &self,
        (url, lives): (&PublicUrl, Duration),
        header: &str,
        value: &SecretValue,
        done: Option<&Self>,
    ) -> Vec<SetCookie> {
        let mut others = names(header, url, PREFIX);
        others.retain(|name| *name != self.0 && done.is_none_or(|done| *name != done.0));
        // Browsers send the oldest first.
        let too_many = (others.len() + 1).saturating_sub(MAX_COOKIES);
        let oldest = others.into_iter().take(too_many);
        let removed = oldest.chain(done.map(|done| done.0.as_str()));
        let mut cookies: Vec<_> = removed.map(|name| SetCookie::removed(url, name)).collect();
        cookies.push(SetCookie::new(url, &self.0, value.expose(), lives));
        cookies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> PublicUrl {
        "https://mcp.example.com".parse().unwrap()
    }

    fn random(kind: Kind) -> SecretValue {
        SecretValue::random(kind).unwrap()
    }

    #[test]
    fn n33_beyond_eight_the_oldest_go_and_those_of_others_stay() {
        let (handle, key) = (random(Kind::Handle), random(Kind::FormKey));
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        let sent = names.map(|name| format!("__Host-b24mcp-{name}=v"));
        let header = format!("other=1; b24mcp-z=no prefix; {}", sent.join("; "));
        let cookie = SignInCookie::of(&handle);
        let minute = Duration::from_secs(60);
        let set = cookie.set(
            (&url(), minute),
            &header,
            &key,
            Some(&SignInCookie("b24mcp-c".to_owned())),
        );
        let headers: Vec<_> = set.iter().map(SetCookie::header).collect();
        let expected: String = handle.expose().chars().skip(5).take(8).collect();
        assert_eq!(headers.len(), 3, "{headers:?}");
        assert!(
            headers[0].starts_with("__Host-b24mcp-a=; Path=/; Max-Age=0"),
            "{headers:?}"
        );
        assert!(
            headers[1].starts_with("__Host-b24mcp-c=; Path=/; Max-Age=0"),
            "{headers:?}"
        );
        let begin = format!("__Host-b24mcp-{expected}={}; Path=/; Max-Age=60;", key.expose());
        assert!(
            headers[2].starts_with(&begin) && headers[2].ends_with("; Secure"),
            "{headers:?}"
        );
    }

    #[test]
    fn n82_a_cookie_without_the_prefix_or_of_another_kind_is_not_read() {
        let (state, binding) = (random(Kind::State), random(Kind::Binding));
        let cookie = SignInCookie::of(&state);
        let (name, value) = (&cookie.0, binding.expose());
        let read = |header: &str, kind| cookie.read(&url(), header, kind).map(|value| value.digest());
        assert_eq!(
            read(&format!("__Host-{name}={value}"), Kind::Binding),
            Some(binding.digest())
        );
        assert_eq!(read(&format!("{name}={value}"), Kind::Binding), None);
        assert_eq!(read(&format!("__Host-{name}={value}"), Kind::FormKey), None);
        assert_eq!(
            read(&format!("__Host-{name}={value}; __Host-{name}=x"), Kind::Binding),
            None
        );
    }
}
