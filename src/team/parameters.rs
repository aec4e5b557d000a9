//! The parameters of a query or of a form. Pure.
//!
//! OAuth forbids that a parameter occurs twice (RFC 6749, section 3.1): two readers could take one value each.

use std::borrow::Cow;
use std::collections::HashMap;

use url::form_urlencoded;

/// The parameters of a query or of a form. Empty values count as missing, as OAuth says.
#[derive(Default)]
pub(super) struct Parameters<'a>(HashMap<Cow<'a, str>, Cow<'a, str>>);

/// A parameter that occurs twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeated;

impl<'a> Parameters<'a> {
    /// Reads a query, without `?`, or the body of a form.
    ///
    /// # Errors
    /// [`Repeated`].
    pub(super) fn read(encoded: &'a [u8]) -> Result<Self, Repeated> {
        let mut all = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if all.insert(name, value).is_some() {
                return Err(Repeated);
            }
        }
        all.retain(|_, value| !value.is_empty());
        Ok(Self(all))
    }

    /// The value of the parameter; `None` if it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }
}

impl std::fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parameters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n29_a_parameter_that_occurs_twice_is_refused_even_if_it_is_empty_or_escaped() {
        for twice in ["a=1&a=1", "a=1&a=", "a&a", "a=1&%61=2"] {
            assert_eq!(Parameters::read(twice.as_bytes()).err(), Some(Repeated), "{twice}");
        }
        let read = Parameters::read(b"state=a%26b+c&scope=&x").unwrap();
        assert_eq!(
            (read.get("state"), read.get("scope"), read.get("x")),
            (Some("a&b c"), None, None)
        );
    }
}
