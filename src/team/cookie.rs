//! Cookies of the browser: reading the header `Cookie`, and the values of `Set-Cookie`. Pure.
//!
//! With an https address the name has the prefix `__Host-`, so that no other host and no plain http page can set the
//! cookie. On loopback http a browser accepts neither the prefix nor `Secure`.

use std::time::Duration;

use super::public_url::PublicUrl;

const HOST_PREFIX: &str = "__Host-";

/// A cookie to set, or to remove.
#[derive(Clone)]
pub struct SetCookie {
    name: String,
    value: String,
    lives: Duration,
    is_secure: bool,
}

impl SetCookie {
    /// A cookie that lives for `lives`.
    pub(super) fn new(url: &PublicUrl, name: &str, value: &str, lives: Duration) -> Self {
        Self {
            name: full_name(url, name),
            value: value.to_owned(),
            lives,
            is_secure: url.is_https(),
        }
    }

    /// Removes the cookie from the browser.
    pub(super) fn removed(url: &PublicUrl, name: &str) -> Self {
        Self::new(url, name, "", Duration::ZERO)
    }

    /// The value of the header `Set-Cookie`.
    pub fn header(&self) -> String {
        let Self {
            name,
            value,
            lives,
            is_secure,
        } = self;
        let secure = if *is_secure { "; Secure" } else { "" };
        format!(
            "{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            lives.as_secs()
        )
    }
}

impl std::fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SetCookie {}", self.name)
    }
}

/// The value of the cookie `name` in the header `Cookie`; `None` if it is missing or occurs twice.
pub(super) fn value<'a>(cookies: &'a str, url: &PublicUrl, name: &str) -> Option<&'a str> {
    let name = full_name(url, name);
    let mut values = all(cookies).filter_map(|(known, value)| (known == name).then_some(value));
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// The names of the cookies that begin with `prefix`, without `__Host-`.
pub(super) fn names<'a>(cookies: &'a str, url: &PublicUrl, prefix: &str) -> Vec<&'a str> {
    let host_prefix = if url.is_https() { HOST_PREFIX } else { "" };
    let ours = all(cookies).filter_map(|(name, _)| name.strip_prefix(host_prefix));
    ours.filter(|name| name.starts_with(prefix)).collect()
}

fn all(cookies: &str) -> impl Iterator<Item = (&str, &str)> {
    cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='))
}

fn full_name(url: &PublicUrl, name: &str) -> String {
    match url.is_https() {
        true => format!("{HOST_PREFIX}{name}"),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PublicUrl {
        text.parse().unwrap()
    }

    #[test]
    fn n82_a_host_cookie_is_always_secure_and_loopback_has_neither() {
        let minute = Duration::from_secs(60);
        let cookie = SetCookie::new(&url("https://mcp.example.com"), "b24mcp-x", "v", minute);
        assert_eq!(
            cookie.header(),
            "__Host-b24mcp-x=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let cookie = SetCookie::removed(&url("http://127.0.0.1:8024"), "b24mcp-x");
        assert_eq!(cookie.header(), "b24mcp-x=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name_and_only_once() {
        let url = url("https://mcp.example.com");
        let header = "a=1; __Host-b24mcp-x=v; b24mcp-y=forged;__Host-b24mcp-z=1; __Host-b24mcp-z=2";
        assert_eq!(value(header, &url, "b24mcp-x"), Some("v"));
        assert_eq!(
            value(header, &url, "b24mcp-y"),
            None,
            "without the prefix any host could have set it"
        );
        assert_eq!(value(header, &url, "b24mcp-z"), None);
        assert_eq!(names(header, &url, "b24mcp-"), ["b24mcp-x", "b24mcp-z", "b24mcp-z"]);
    }
}
