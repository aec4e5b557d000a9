//! What the address of a resource means. Pure.
//!
//! The templates are RFC 6570's simple expansion, so a value is percent-encoded and holds no `/`, `?` or `#` of its own.
//! A character that a client forgot to encode is taken as it is.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The newest contacts.
pub(super) const LATEST: &str = "bitrix24-mail://contacts/latest";
/// Contacts that match.
pub(in super::super) const SEARCH: &str = "bitrix24-mail://contacts/search/{query}";
/// The variable of [`SEARCH`].
pub(in super::super) const QUERY: &str = "query";
/// The fix-it table.
pub(super) const FIXES: &str = "bitrix24-mail://fixes";
/// Its rows for one code.
pub(in super::super) const FIXES_BY_CODE: &str = "bitrix24-mail://fixes/{code}";
/// The variable of [`FIXES_BY_CODE`].
pub(in super::super) const CODE: &str = "code";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Contacts with this text; the newest if it is empty.
    Contacts(String),
    Fixes,
    /// The rows for this code.
    Fix(String),
}

/// Why an address leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    Unknown,
    /// It has percent signs that encode nothing.
    Encoding,
}

impl Asked {
    /// # Errors
    /// [`Unusable`].
    pub(super) fn at(uri: &str) -> Result<Self, Unusable> {
        if uri == LATEST {
            return Ok(Self::Contacts(String::new()));
        }
        if uri == FIXES {
            return Ok(Self::Fixes);
        }
        if let Some(value) = value_of(SEARCH, uri) {
            return decoded(value).map(Self::Contacts);
        }
        match value_of(FIXES_BY_CODE, uri) {
            Some(value) => decoded(value).map(Self::Fix),
            None => Err(Unusable::Unknown),
        }
    }
}

/// The part of `uri` where `template`, which ends in its only variable, has that variable.
fn value_of<'a>(template: &str, uri: &'a str) -> Option<&'a str> {
    let (start, _) = template.split_once('{')?;
    uri.strip_prefix(start).filter(|value| !value.contains(['/', '?', '#']))
}

fn decoded(value: &str) -> Result<String, Unusable> {
    let is_code = |after: &str| {
        after
            .as_bytes()
            .get(..2)
            .is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    };
    if !value.split('%').skip(1).all(is_code) {
        return Err(Unusable::Encoding);
    }
    let text = percent_decode_str(value).decode_utf8();
    text.map(Cow::into_owned).map_err(|_| Unusable::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_address_means_one_thing() {
        let contacts = |text: &str| Ok(Asked::Contacts(text.to_owned()));
        let fix = |code: &str| Ok(Asked::Fix(code.to_owned()));
        for (path, expected) in [
            ("contacts/latest", contacts("")),
            ("contacts/search/", contacts("")),
            ("contacts/search/anna", contacts("anna")),
            ("contacts/search/latest", contacts("latest")),
            ("contacts/search/a%2Fb%20%3f%23%25+c", contacts("a/b ?#%+c")),
            ("contacts/search/%D0%90%D0%BD%D0%BD%D0%B0", contacts("Анна")),
            ("contacts/search/Анна Ivanova", contacts("Анна Ivanova")),
            ("contacts/search/%", Err(Unusable::Encoding)),
            ("contacts/search/%4", Err(Unusable::Encoding)),
            ("contacts/search/%4x", Err(Unusable::Encoding)),
            ("contacts/search/%+4", Err(Unusable::Encoding)),
            ("contacts/search/%ff", Err(Unusable::Encoding)),
            ("contacts/search/%\u{660}\u{660}", Err(Unusable::Encoding)),
            ("contacts/search/a/b", Err(Unusable::Unknown)),
            ("contacts/search/a?limit=5", Err(Unusable::Unknown)),
            ("contacts/latest/", Err(Unusable::Unknown)),
            ("contacts", Err(Unusable::Unknown)),
            ("fixes", Ok(Asked::Fixes)),
            ("fixes/TIMEOUT", fix("TIMEOUT")),
            ("fixes/CRM_%2A", fix("CRM_*")),
            ("fixes/%zz", Err(Unusable::Encoding)),
            ("", Err(Unusable::Unknown)),
        ] {
            assert_eq!(Asked::at(&format!("bitrix24-mail://{path}")), expected, "{path}");
        }
        assert_eq!(Asked::at("file:///etc/passwd"), Err(Unusable::Unknown));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_as_it_was_encoded(text in any::<String>()) {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let uri = SEARCH.replace("{query}", &encoded);
            prop_assert_eq!(Asked::at(&uri), Ok(Asked::Contacts(text)));
        }
    }
}
