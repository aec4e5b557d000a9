//! The domains that a book uses, and what is odd about each. Pure.
//!
//! Every distinct domain is judged once; a contact then costs one look-up.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::lookalike::Frequent;
use super::{address, spelling, tables};

/// A domain may be imitated by one that has at most a third of its addresses, so it has three itself: two happen by
/// chance, and a company with two similar domains in real use passes. A test tries its neighbours on the labelled set.
pub(super) const TIMES: usize = 3;

/// The domains that a book uses, counted over all that the portal answered for one question.
#[derive(Debug)]
pub(in crate::address_book) struct Domains {
    verdicts: HashMap<String, Verdict>,
    frequent: Frequent,
    /// Addresses of each registrable domain.
    counts: HashMap<String, usize>,
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
    /// Counts the domains of `addresses` beside those that were `known` before. The same address counts once, however
    /// often it comes; what is no address does not count.
    pub(super) fn count<'a>(addresses: impl IntoIterator<Item = &'a str>, known: &HashMap<String, usize>) -> Self {
        Self::count_with(addresses, known, TIMES)
    }

    /// The domains that are used often enough to be imitated, and their counts.
    pub(super) fn often(&self) -> impl Iterator<Item = (&str, usize)> {
        let counts = self.counts.iter().filter(|(_, count)| **count >= TIMES);
        counts.map(|(domain, count)| (domain.as_str(), *count))
    }

    pub(super) fn count_with<'a>(
        addresses: impl IntoIterator<Item = &'a str>,
        known: &HashMap<String, usize>,
        times: usize,
    ) -> Self {
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
        for (domain, count) in known {
            let here = counts.entry(domain.clone()).or_default();
            *here = (*here).max(*count);
        }
        let mut domains = Self {
            verdicts: HashMap::new(),
            frequent: Frequent::new(&counts, times),
            counts,
        };
        let verdicts = written.into_keys().map(|domain| {
            let verdict = domains.judge(&domain);
            (domain.into_owned(), verdict)
        });
        domains.verdicts = verdicts.collect();
        domains
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
        let count = self.counts.get(registrable.domain).copied().unwrap_or_default();
        Verdict {
            is_lookalike: !tables::is_well_known(registrable.domain, registrable.label)
                && self.frequent.is_imitated_by(&registrable, count),
            mixes_scripts: spelling::mixes_scripts(&host),
            is_host: address::is_host(domain),
        }
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
