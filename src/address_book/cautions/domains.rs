//! The domains of a book's addresses, and the cautions of each domain. Pure.
//!
//! Every distinct domain is judged once; each further contact costs one look-up. The maps use foldhash, which costs a
//! third of the standard hash. Foldhash resists crafted collisions less, but even an attacker with the seed would delay
//! an answer of 10,000 contacts by only about a second.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::caution::Caution;
use super::lookalike::FrequentDomains;
use super::registrable::Registrable;
use super::{address, scripts};

/// How many times more addresses the imitated domain has than the imitating one. So the imitated domain has at least
/// three addresses, since two may be chance, and a company that really uses two similar domains gets no caution. A test
/// tries the neighbours of this number on the labelled set.
pub(super) const TIMES: usize = 3;

/// The domains of the addresses of a book, or of a page.
#[derive(Debug, Default)]
pub(in crate::address_book) struct BookDomains {
    /// The number of addresses of each registrable domain; a domain that is missing here has one address or none.
    counts: HashMap<String, usize>,
    frequent: FrequentDomains,
}

impl BookDomains {
    /// Counts the domains of addresses. Equal addresses count once, and a text without `@` does not count.
    pub(in crate::address_book) fn of<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_times(addresses, TIMES)
    }

    pub(super) fn with_times<'a>(addresses: impl IntoIterator<Item = &'a str>, times: usize) -> Self {
        let (mut seen, mut written) = (HashSet::new(), HashMap::new());
        for email in addresses {
            if let Some((_, domain)) = address::split(email)
                && seen.insert(lower(email))
            {
                *written.entry(lower(domain)).or_insert(0) += 1;
            }
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (domain, count) in written {
            if let Some(host) = address::host(&domain) {
                *counts.entry(Registrable::of(&host).domain.to_owned()).or_default() += count;
            }
        }
        let frequent = FrequentDomains::new(&counts, times);
        counts.retain(|_, count| *count > 1);
        counts.shrink_to_fit();
        Self { counts, frequent }
    }

    /// True if a frequent domain of this book has the same last label as `text`.
    pub(super) fn has_top_of(&self, text: &str) -> bool {
        let top = text.rsplit('.').next().unwrap_or_default();
        self.frequent.has_top(&lower(top))
    }

    /// True if `domain` is a frequent domain of this book.
    pub(super) fn uses_often(&self, domain: &str) -> bool {
        let lower = lower(domain);
        let Registrable { domain, label, .. } = Registrable::of(&lower);
        domain == lower && self.frequent.has(domain, label)
    }

    /// The cautions of a domain.
    fn cautions(&self, domain: &str) -> Vec<Caution> {
        let Some(host) = address::host(domain) else {
            return vec![Caution::AddressInvalid];
        };
        let registrable = Registrable::of(&host);
        let count = self.counts.get(registrable.domain).copied().unwrap_or(1);
        // The search of the long table comes last, since hardly any domain imitates another.
        let is_lookalike = self.frequent.is_imitated_by(&registrable, count) && !registrable.is_well_known();
        let cautions = [
            (is_lookalike, Caution::LookalikeDomain),
            (scripts::mix_in_host(&host), Caution::MixedScriptsInDomain),
            (!address::is_host(domain), Caution::AddressInvalid),
        ];
        let found = cautions.into_iter().filter(|(is_found, _)| *is_found);
        found.map(|(_, caution)| caution).collect()
    }
}

/// Judges domains against those of a book, each domain once.
pub(in crate::address_book) struct DomainJudge<'a> {
    book: &'a BookDomains,
    judged: HashMap<String, Vec<Caution>>,
}

impl<'a> DomainJudge<'a> {
    pub(in crate::address_book) fn beside(book: &'a BookDomains) -> Self {
        let judged = HashMap::new();
        Self { book, judged }
    }

    /// The book against which domains are judged.
    pub(super) const fn book(&self) -> &'a BookDomains {
        self.book
    }

    /// The cautions of the domain of `email`.
    pub(super) fn cautions(&mut self, email: &str) -> &[Caution] {
        let Some((_, domain)) = address::split(email) else {
            return &[Caution::AddressInvalid];
        };
        let domain = lower(domain);
        if !self.judged.contains_key(domain.as_ref()) {
            let cautions = self.book.cautions(&domain);
            self.judged.insert(domain.clone().into_owned(), cautions);
        }
        self.judged.get(domain.as_ref()).map_or(&[], Vec::as_slice)
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
