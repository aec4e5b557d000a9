//! The URIs of resources: which exist, and which resource a URI names. Pure.
//!
//! The templates are RFC 6570's simple expansion, so a value is percent-encoded and has no `/`, `?` or `#` of its own.
//! Any other character that a client forgot to encode stands for itself.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The URI of the newest contacts.
pub(super) const LATEST: &str = "bitrix24-mail://contacts/latest";
/// The template for contacts that match a query.
pub(in super::super) const SEARCH: &str = "bitrix24-mail://contacts/search/{query}";
/// The variable of [`SEARCH`].
pub(in super::super) const QUERY: &str = "query";
/// The URI of the fix-it table.
pub(super) const FIXES: &str = "bitrix24-mail://fixes";
/// The template for the rows of one code.
pub(in super::super) const FIXES_BY_CODE: &str = "bitrix24-mail://fixes/{code}";
/// The variable of [`FIXES_BY_CODE`].
pub(in super::super) const CODE: &str = "code";

/// The resource that a URI names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// The newest contacts that match this text; an empty text matches all.
    Contacts(String),
    /// The fix-it table.
    Fixes,
    /// The rows of the fix-it table for this code.
    Fix(String),
}

/// Why a URI names no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InvalidUri {
    Unknown,
    /// The URI has a percent sign without two hexadecimal digits, or the bytes are not UTF-8.
    Encoding,
}

impl Target {
    /// Reads a URI.
    ///
    /// # Errors
    /// [`InvalidUri`] if it names no resource.
    pub(super) fn at(uri: &str) -> Result<Self, InvalidUri> {
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
            None => Err(InvalidUri::Unknown),
        }
    }
}

/// The value of the only variable of `template`, with which the template ends; `None` if `uri` is not of the template.
fn value_of<'a>(template: &str, uri: &'a str) -> Option<&'a str> {
    let (start, _) = template.split_once('{')?;
    uri.strip_prefix(start).filter(|value| !value.contains(['/', '?', '#']))
}

fn decoded(value: &str) -> Result<String, InvalidUri> {
    let is_code = |after: &str| {
        after
            .as_bytes()
            .get(..2)
            .is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    };
    if !value.split('%').skip(1).all(is_code) {
        return Err(InvalidUri::Encoding);
    }
    let text = percent_decode_str(value).decode_utf8();
    text.map(Cow::into_owned).map_err(|_| InvalidUri::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_uri_names_one_resource_or_none() {
        let contacts = |text: &str| Ok(Target::Contacts(text.to_owned()));
        let fix = |code: &str| Ok(Target::Fix(code.to_owned()));
        for (path, expected) in [
            ("contacts/latest", contacts("")),
            ("contacts/search/", contacts("")),
            ("contacts/search/anna", contacts("anna")),
            ("contacts/search/latest", contacts("latest")),
            ("contacts/search/a%2Fb%20%3f%23%25+c", contacts("a/b ?#%+c")),
            ("contacts/search/%D0%90%D0%BD%D0%BD%D0%B0", contacts("Анна")),
            ("contacts/search/Анна Ivanova", contacts("Анна Ivanova")),
            ("contacts/search/%", Err(InvalidUri::Encoding)),
            ("contacts/search/%4", Err(InvalidUri::Encoding)),
            ("contacts/search/%4x", Err(InvalidUri::Encoding)),
            ("contacts/search/%+4", Err(InvalidUri::Encoding)),
            ("contacts/search/%ff", Err(InvalidUri::Encoding)),
            ("contacts/search/%\u{660}\u{660}", Err(InvalidUri::Encoding)),
            ("contacts/search/a/b", Err(InvalidUri::Unknown)),
            ("contacts/search/a?limit=5", Err(InvalidUri::Unknown)),
            ("contacts/latest/", Err(InvalidUri::Unknown)),
            ("contacts", Err(InvalidUri::Unknown)),
            ("fixes", Ok(Target::Fixes)),
            ("fixes/TIMEOUT", fix("TIMEOUT")),
            ("fixes/CRM_%2A", fix("CRM_*")),
            ("fixes/%zz", Err(InvalidUri::Encoding)),
            ("", Err(InvalidUri::Unknown)),
        ] {
            assert_eq!(Target::at(&format!("bitrix24-mail://{path}")), expected, "{path}");
        }
        assert_eq!(Target::at("file:///etc/passwd"), Err(InvalidUri::Unknown));
    }

    proptest! {
        #[test]
        fn a_percent_encoded_text_is_decoded_to_the_same_text(text in any::<String>()) {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let uri = SEARCH.replace("{query}", &encoded);
            prop_assert_eq!(Target::at(&uri), Ok(Target::Contacts(text)));
        }
    }
}
