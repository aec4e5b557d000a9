//! The domains that a book uses, and what is odd about each. Pure.
//!
//! Every distinct domain is judged once; a contact then costs one look-up. The maps hash with foldhash, at a third of
//! the standard hash's cost. It resists made-up collisions less, but who guessed the seed would hold up one answer for
//! about a second: there are 10,000 contacts at most.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::lookalike::Frequent;
use super::{address, scripts, tables};

/// A domain may be imitated by one that has at most a third of its addresses, so it has three itself: two happen by
/// chance, and a company with two similar domains in real use passes. A test tries its neighbours on the labelled set.
pub(super) const TIMES: usize = 3;

/// The domains that a book uses, counted over all that the portal answered for one question.
#[derive(Debug)]
pub(in crate::address_book) struct Domains {
    verdicts: HashMap<String, Verdict>,
    /// Addresses of each registrable domain, of those that were counted now.
    counts: HashMap<String, usize>,
    known: Arc<Known>,
}

/// The domains that an address book uses often, and how to find the one that another imitates. Finding is prepared once
/// for many pages.
#[derive(Debug)]
pub(super) struct Known {
    counts: HashMap<String, usize>,
    frequent: Frequent,
    times: usize,
}

impl Known {
    /// None yet; a domain is used often from so many `times` on.
    pub(super) fn none(times: usize) -> Self {
        Self::of(HashMap::new(), times)
    }

    fn of(counts: HashMap<String, usize>, times: usize) -> Self {
        Self {
            frequent: Frequent::new(&counts, times),
            counts,
            times,
        }
    }

    /// Those of `counts` that are used often and more often than was known.
    pub(super) fn news_in<'a>(&self, counts: &'a HashMap<String, usize>) -> Vec<(&'a str, usize)> {
        let is_news = |domain: &str, count: usize| count >= self.times && count > self.count(domain);
        let counts = counts.iter().map(|(domain, count)| (domain.as_str(), *count));
        counts.filter(|(domain, count)| is_news(domain, *count)).collect()
    }

    /// With these beside the others.
    pub(super) fn with(&self, news: &[(&str, usize)]) -> Self {
        let mut counts = self.counts.clone();
        counts.extend(news.iter().map(|(domain, count)| ((*domain).to_owned(), *count)));
        Self::of(counts, self.times)
    }

    pub(super) fn count(&self, domain: &str) -> usize {
        self.counts.get(domain).copied().unwrap_or_default()
    }
}

/// The domains of a whole book.
#[derive(Debug, Clone)]
pub(in crate::address_book) struct BookDomains(Arc<Known>);

impl Default for BookDomains {
    fn default() -> Self {
        Self(Arc::new(Known::none(TIMES)))
    }
}

impl BookDomains {
    /// Counts the domains of a book's addresses.
    pub(in crate::address_book) fn of<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut counts = Counted::of(addresses).counts;
        // A domain that is asked about is there once anyway.
        counts.retain(|_, count| *count > 1);
        counts.shrink_to_fit();
        Self(Arc::new(Known::of(counts, TIMES)))
    }

    /// These and those of another book, each as often as it is in one of them.
    pub(in crate::address_book) fn and(&self, other: &Self) -> Self {
        let news = self.0.news_in(&other.0.counts);
        if news.is_empty() {
            return self.clone();
        }
        Self(Arc::new(self.0.with(&news)))
    }

    /// What is odd about the domains of `addresses`, beside the book's.
    pub(in crate::address_book) fn with<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> Domains {
        Counted::of(addresses).judged_by(Arc::clone(&self.0))
    }
}

/// What is odd about a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Looks like another one that is used often.
    pub(super) is_lookalike: bool,
    /// Mixes alphabets.
    pub(super) mixes_scripts: bool,
    /// Mail can be sent to it.
    pub(super) is_host: bool,
}

impl Domains {
    /// Of `addresses` alone. The same address counts once, however often it comes; what is no address does not count.
    #[cfg(test)]
    pub(super) fn count<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        Self::count_with(addresses, TIMES)
    }

    #[cfg(test)]
    pub(super) fn count_with<'a>(addresses: impl IntoIterator<Item = &'a str>, times: usize) -> Self {
        let counted = Counted::of(addresses);
        let known = Known::none(times);
        let known = known.with(&known.news_in(&counted.counts));
        counted.judged_by(Arc::new(known))
    }

    /// What is odd about the domain of `email`, also if it was not counted.
    pub(super) fn verdict(&self, email: &str) -> Verdict {
        let Some((_, domain)) = address::split(email) else {
            return Verdict::NO_DOMAIN;
        };
        let domain = lower(domain);
        self.verdicts
            .get(domain.as_ref())
            .copied()
            .unwrap_or_else(|| self.judge(&domain))
    }

    fn judge(&self, domain: &str) -> Verdict {
        let Some(host) = address::host(domain) else {
            return Verdict::NO_DOMAIN;
        };
        let registrable = Registrable::of(&host);
        let here = self.counts.get(registrable.domain).copied().unwrap_or_default();
        let count = here.max(self.known.count(registrable.domain));
        Verdict {
            // The long list last: hardly any domain imitates another.
            is_lookalike: self.known.frequent.is_imitated_by(&registrable, count)
                && !tables::is_well_known(registrable.domain, registrable.label),
            mixes_scripts: scripts::mix_in_host(&host),
            is_host: address::is_host(domain),
        }
    }
}

/// Addresses by their domains, as they are written and as they were registered.
pub(super) struct Counted<'a> {
    written: HashSet<Cow<'a, str>>,
    pub(super) counts: HashMap<String, usize>,
}

impl<'a> Counted<'a> {
    /// The same address counts once, however often it comes; what is no address does not count.
    pub(super) fn of(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut seen = HashSet::new();
        let mut written: HashMap<Cow<'a, str>, usize> = HashMap::new();
        for email in addresses {
            if let Some((_, domain)) = address::split(email)
                && seen.insert(lower(email))
            {
                *written.entry(lower(domain)).or_default() += 1;
            }
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (domain, count) in &written {
            if let Some(host) = address::host(domain) {
                let registrable = Registrable::of(&host).domain;
                match counts.get_mut(registrable) {
                    Some(known) => *known += count,
                    None => {
                        counts.insert(registrable.to_owned(), *count);
                    }
                }
            }
        }
        Self {
            written: written.into_keys().collect(),
            counts,
        }
    }

    /// What is odd about each of the domains, beside those that are known.
    pub(super) fn judged_by(self, known: Arc<Known>) -> Domains {
        let mut domains = Domains {
            verdicts: HashMap::new(),
            counts: self.counts,
            known,
        };
        let verdicts = self.written.into_iter().map(|domain| {
            let verdict = domains.judge(&domain);
            (domain.into_owned(), verdict)
        });
        domains.verdicts = verdicts.collect();
        domains
    }
}

impl Verdict {
    const NO_DOMAIN: Self = Self {
        is_lookalike: false,
        mixes_scripts: false,
        is_host: false,
    };
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// A host taken apart: what its owner registered, and what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registrable<'a> {
    /// `contoso.co.uk` of `mail.contoso.co.uk`.
    pub(super) domain: &'a str,
    /// `contoso`.
    pub(super) label: &'a str,
    /// `co.uk`; empty for a host without a dot.
    pub(super) suffix: &'a str,
    /// `mail`; empty if nothing stands before.
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
}

/// What follows `front` and a dot in `host`; all of it if `front` is empty.
fn tail<'a>(host: &'a str, front: &str) -> &'a str {
    if front.is_empty() {
        return host;
    }
    host.strip_prefix(front)
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(host)
}
