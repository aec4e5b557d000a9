//! The parts of an address, and whether mail can be sent to it. Pure.
//!
//! The rules are RFC 5321 with RFC 6531 (letters of any script), with two exceptions. A host needs a dot, apart from
//! `localhost`, since a cloud portal cannot reach `anna@gmail`. A host name may have `_`, since mail systems accept it.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The most octets of an address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
pub(in crate::address_book) const MAX_ADDRESS: usize = 254;
/// The most octets of a local part (section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The most octets of a domain (section 4.5.3.1.2).
const MAX_DOMAIN: usize = 255;
/// The most octets of a label (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// Splits an address at its last `@` into local part and domain. `None` if there is no `@`.
pub(super) fn split(email: &str) -> Option<(&str, &str)> {
    // A search by bytes is twice as fast as one by characters on texts of this length; it runs three times per contact.
    let at = email.bytes().rposition(|byte| byte == b'@')?;
    Some((email.get(..at)?, email.get(at + 1..)?))
}

/// True if the address is short enough and its local part is valid. The host is not checked.
pub(super) fn is_plausible_apart_from_its_host(email: &str) -> bool {
    email.len() <= MAX_ADDRESS && split(email).is_some_and(|(local, _)| is_local_part(local))
}

/// The domain as a reader sees it: in lower case, with `xn--` labels decoded. `None` if it is too long for a domain.
pub(super) fn host(domain: &str) -> Option<Cow<'_, str>> {
    if domain.len() > MAX_DOMAIN {
        return None;
    }
    let is_simple = domain.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_simple && !has_encoded_label(domain) {
        return Some(Cow::Borrowed(domain));
    }
    let (host, _) = idna::domain_to_unicode(domain);
    Some(Cow::Owned(host))
}

/// True for a host name with a dot, `localhost`, or an address literal such as `[192.0.2.1]`.
pub(super) fn is_host(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match literal.split_once(':') {
            Some((tag, literal)) => tag.eq_ignore_ascii_case("ipv6") && literal.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        };
    }
    if domain.len() > MAX_DOMAIN {
        return false;
    }
    let ascii = if domain.is_ascii() && !has_encoded_label(domain) {
        Cow::Borrowed(domain)
    } else {
        match idna::domain_to_ascii(domain) {
            Ok(ascii) => Cow::Owned(ascii),
            Err(_) => return false,
        }
    };
    let Some((_, top)) = ascii.rsplit_once('.') else {
        return ascii.eq_ignore_ascii_case("localhost");
    };
    // `anna@192.0.2.1` lacks the brackets.
    !top.bytes().all(|byte| byte.is_ascii_digit()) && ascii.split('.').all(is_label)
}

/// True if a label may be Punycode. The search for one character comes first: it costs a tenth of the other.
fn has_encoded_label(domain: &str) -> bool {
    domain.contains('-') && domain.contains("xn--")
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_local_part(local: &str) -> bool {
    if local.is_empty() || local.len() > MAX_LOCAL {
        return false;
    }
    match local.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(is_quoted_text),
        None => local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character)),
    }
}

/// True if all characters are printable and each quote has a `\` before it.
fn is_quoted_text(text: &str) -> bool {
    let mut is_escaped = false;
    for character in text.chars() {
        if character.is_control() || (character == '"' && !is_escaped) {
            return false;
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    !is_escaped
}

fn is_atom_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character);
    }
    // Full-width and small forms of `@` look like a second `@`; `…` marks a text that was cut.
    !character.is_whitespace() && !character.is_control() && !matches!(character, '＠' | '﹫' | '…')
}
