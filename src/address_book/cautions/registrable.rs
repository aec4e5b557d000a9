//! A host as its registered domain and the subdomains before it, and the labels that may name the owner. Pure.

use super::{address, tables};

/// The most letters of a label below a country's ending that often belongs to a registry: `dp.ua`, `nsw.au`.
const LONGEST_OF_REGISTRY: usize = 3;

/// A host as its registered domain and the subdomains before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registrable<'a> {
    /// The domain that the owner registered: `contoso.co.uk` of `mail.contoso.co.uk`.
    pub(super) domain: &'a str,
    /// The first label of the domain: `contoso`.
    pub(super) label: &'a str,
    /// The ending after the label: `co.uk`; empty for a host without a dot.
    pub(super) suffix: &'a str,
    /// The labels before the domain: `mail`; empty for no subdomain.
    pub(super) subdomains: &'a str,
}

impl<'a> Registrable<'a> {
    /// Takes a decoded host apart.
    pub(super) fn of(host: &'a str) -> Self {
        let Some((front, top)) = host.rsplit_once('.') else {
            let (domain, label) = (host, host);
            return Self {
                domain,
                label,
                suffix: "",
                subdomains: "",
            };
        };
        let (subdomains, label) = front.rsplit_once('.').unwrap_or(("", front));
        if !subdomains.is_empty() && tables::is_second_level(label, top) {
            let suffix = tail(host, subdomains);
            let (subdomains, label) = subdomains.rsplit_once('.').unwrap_or(("", subdomains));
            return Self {
                domain: tail(host, subdomains),
                label,
                suffix,
                subdomains,
            };
        }
        Self {
            domain: tail(host, subdomains),
            label,
            suffix: top,
            subdomains,
        }
    }

    /// True for a mail provider or a large service, which is never a forgery of another domain.
    pub(super) fn is_well_known(&self) -> bool {
        tables::is_well_known(self.domain, self.label)
    }

    /// True if a company's name before this domain more likely names a customer of the domain's owner than a forgery.
    pub(super) fn has_customers(&self) -> bool {
        let is_registry = self.suffix.len() == 2 && self.label.len() <= LONGEST_OF_REGISTRY;
        is_registry || tables::is_of_customers(self.domain) || self.is_well_known()
    }
}

/// The part of `host` after `front` and a dot; all of `host` if `front` is empty.
fn tail<'a>(host: &'a str, front: &str) -> &'a str {
    if front.is_empty() {
        return host;
    }
    host.strip_prefix(front)
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(host)
}

/// True if the addresses are equal, or both at one registrable domain that is no mail provider's.
pub(in crate::address_book) fn are_of_one_owner(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let is_same = one == other;
    let Some(((_, one), (_, other))) = address::split(&one).zip(address::split(&other)) else {
        return false;
    };
    let (one, other) = (Registrable::of(one), Registrable::of(other));
    is_same || (one.domain == other.domain && !one.is_well_known())
}

/// The labels of a domain that may be the owner's name, the registered label first; none for a mail provider.
pub(in crate::address_book) fn labels_of_owner(domain: &str) -> impl Iterator<Item = &str> {
    let host = Registrable::of(domain);
    let is_owned = !host.suffix.is_empty() && !host.is_well_known();
    let labels = [host.label].into_iter().chain(host.subdomains.rsplit('.'));
    labels.filter(move |_| is_owned)
}
