//! Whether the local part of an address, which is the part before its `@`, shows another address. Pure.
//!
//! | local part | shows |
//! |---|---|
//! | `"boss@contoso.com"`, `boss%contoso.com`, `contoso.com!boss`, `boss=contoso.com` | an address, whatever the book |
//! | `boss.contoso.com`, `boss-at-contoso.com`, `contoso.com` | an address or a domain, if that domain is frequent in the book |
//!
//! No caution is given for an address that mail software writes (`bounce+anna=contoso.com`, `SRS0=…`), for a tag
//! (`anna+contoso.com`), for a domain that the book does not use often (`romashka.ru@mail.ru`), or for the address's
//! own domain.

use super::domains::BookDomains;
use super::shown_address::{self, Shown};
use super::tables;

/// True if `local` shows an address at another domain than `domain`, where mail would go.
pub(super) fn shows_other_address(local: &str, domain: &str, book: &BookDomains) -> bool {
    // This check decides most local parts: they have no dot.
    if local.len() < SHORTEST || !local.contains('.') {
        return false;
    }
    let is_other = |shown: &str| shown_address::provider(shown) != shown_address::provider(domain);
    let unquoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if let Some(unquoted) = unquoted {
        let text = unquoted.replace('\\', "");
        let is_full = |shown: &Shown<'_>| !shown.local.is_empty() && is_other(shown.domain);
        return shown_address::shown_in(&text).any(|shown| is_full(&shown));
    }
    let is_shown = |shown: &str| shown_address::is_shown_domain(shown, true) && is_other(shown);
    if by_a_sign(local).is_some_and(is_shown) {
        return true;
    }
    !tables::is_relay(domain) && usual_domain_at_its_end(local, book).is_some_and(is_other)
}

/// The shortest local part that can show an address, as long as `a@b.de`.
const SHORTEST: usize = 6;

/// The domain that a local part shows with `%`, `!` or `=` in place of `@`.
fn by_a_sign(local: &str) -> Option<&str> {
    if let Some((_, shown)) = local.rsplit_once('%') {
        return Some(shown);
    }
    if let Some((shown, _)) = local.split_once('!') {
        return Some(shown);
    }
    let (before, shown) = local.split_once('=')?;
    // Mail software writes numbers, tags or its own name before the address.
    let is_of_machine = before.contains(['+', '=']) || tables::is_of_machine(&before.to_lowercase());
    (!is_of_machine && !shown.contains('=')).then_some(shown)
}

/// The frequent domain of the book that `local` ends with; `None` if `local` has a tag.
fn usual_domain_at_its_end<'a>(local: &'a str, book: &BookDomains) -> Option<&'a str> {
    if local.contains(['+', '#']) || !book.has_top_of(local) {
        return None;
    }
    let is_border = |octet: u8| matches!(octet, b'.' | b'_' | b'-');
    let starts = (0..local.len()).filter(|at| *at == 0 || local.as_bytes().get(at - 1).copied().is_some_and(is_border));
    let mut ends = starts.filter_map(|start| local.get(start..));
    ends.find(|end| end.contains('.') && book.uses_often(end))
}
