//! Whether a domain imitates a frequent domain of the book. Pure.
//!
//! | imitation of `contoso.com` | rule |
//! |---|---|
//! | `c0ntoso.com`, `cоntoso.de` (Cyrillic о), `cöntoso.com` | looks the same, under any ending; from 4 letters |
//! | `cotnoso.com`, `conntoso.com`, `con-toso.com`, `comtoso.com` | swapped, doubled, hyphen, near letter; from 5 letters |
//! | `contiso.com`, `ontoso.com` | any other single edit, except another first letter; from 7 letters |
//! | `contoso-mail.example`, `contosobilling.com` | its name and a lure (see `lures`), under any ending |
//! | `contoso.payments.example`, `contoso.com.evil.example` | its name before another's domain, with a lure or its ending |
//! | `contoso.evil.example` | its name alone before another's domain; from 7 letters, or from 5 if its domain is used much more |
//!
//! These are no imitations: `contoso.de` (mostly the same company), `mail.contoso.com`, `contoso-service.com`,
//! `contoso.zendesk.com`, `school12.com` beside `school13.com`. An edit of a name under 7 letters counts only under the
//! same ending, since short names have real neighbours. A digit in place of a letter is no edit (`c0ntosso.com`).
//!
//! A map finds frequent domains by their look. A sorted list finds them by the name and by the name with one letter
//! left out. So a book of thousands of domains needs no comparison of each domain with each.

use std::hash::BuildHasher;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::registrable::Registrable;
use super::{look, lures, tables};

/// The shortest name, in letters, that counts by its look. Shorter names have real neighbours: `vm` and `vrn`.
const LEAST_FOR_LOOK: usize = 4;
/// The shortest name with which an easily overlooked edit counts.
const LEAST_FOR_SMALL_EDIT: usize = 5;
/// The shortest name with which any edit counts, under any ending.
const LEAST_FOR_ANY_EDIT: usize = 7;
/// The most places by which a letter can be moved without a reader noticing.
const MOST_PLACES: usize = 3;
/// How many times more addresses the imitated domain must have if its name has 5 or 6 letters and is alone, without a
/// lure, before another domain.
const TIMES_ALONE: usize = 10;
/// How many names of one look or of one deletion are compared, the most frequent first. An attacker chooses the
/// domains, and without a bound also the cost.
const MAX_BUCKET: usize = 16;
/// How many parts of a hyphenated label are examined.
const MAX_PARTS: usize = 6;

/// The domains that a book uses so often that another domain may imitate them.
#[derive(Debug, Default)]
pub(super) struct FrequentDomains {
    domains: Vec<FrequentDomain>,
    times: usize,
    by_look: HashMap<String, Vec<usize>>,
    /// The last labels of the domains, each once and in order.
    tops: Vec<String>,
    /// The hash of each name and of each of its deletions, with the index of the name; sorted.
    by_deletion: Vec<(u64, usize)>,
    hashing: RandomState,
}

#[derive(Debug)]
struct FrequentDomain {
    label: String,
    suffix: String,
    letters: Vec<char>,
    count: usize,
}

impl FrequentDomains {
    /// Makes the frequent domains of a book: its registrable domains with at least `times` addresses.
    pub(super) fn new(counts: &HashMap<String, usize>, times: usize) -> Self {
        let mut often: Vec<_> = counts.iter().filter(|(_, count)| **count >= times).collect();
        often.sort_unstable_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
        let mut frequent = Self {
            times,
            ..Self::default()
        };
        for (domain, count) in often {
            let Registrable { label, suffix, .. } = Registrable::of(domain);
            frequent.tops.extend(domain.rsplit('.').next().map(str::to_owned));
            frequent.insert(FrequentDomain {
                label: label.to_owned(),
                suffix: suffix.to_owned(),
                letters: label.chars().collect(),
                count: *count,
            });
        }
        frequent.by_deletion.sort_unstable();
        frequent.by_deletion.dedup();
        frequent.tops.sort_unstable();
        frequent.tops.dedup();
        frequent
    }

    fn insert(&mut self, domain: FrequentDomain) {
        let index = self.domains.len();
        let alike = self.by_look.entry(look::of_label(&domain.label)).or_default();
        if alike.len() < MAX_BUCKET {
            alike.push(index);
        }
        if domain.letters.len() >= LEAST_FOR_SMALL_EDIT {
            let hashes = deletions(&self.hashing, &domain.letters);
            self.by_deletion.extend(hashes.into_iter().map(|hash| (hash, index)));
        }
        self.domains.push(domain);
    }

    /// True if `host`, which has `count` addresses, imitates one of these domains.
    pub(super) fn is_imitated_by(&self, host: &Registrable<'_>, count: usize) -> bool {
        if self.domains.is_empty() {
            return false;
        }
        let look = look::of_label(host.label);
        let is_rarer = |known: &&FrequentDomain| known.count >= self.times.saturating_mul(count.max(1));
        // The same name under another ending is mostly the same company's.
        let mut same_looking = self.looking_like(&look).filter(is_rarer);
        if same_looking.any(|known| known.label != host.label && known.letters.len() >= LEAST_FOR_LOOK) {
            return true;
        }
        let written = [Some(host.label.to_owned()), look::without_digits(host.label)];
        let mut edited = written.iter().flatten().flat_map(|label| {
            let letters: Vec<char> = label.chars().collect();
            let near = self.near(&letters).filter(is_rarer);
            near.filter(move |known| known.is_edited_in(&letters, host.suffix))
        });
        edited.next().is_some()
            || (self.beside_lure(host.label).chain(self.in_subdomains(host, count)))
                .filter(is_rarer)
                .any(|known| !tables::is_generic(&known.label))
    }

    /// True if one of these domains ends in the label `top`.
    pub(super) fn has_top(&self, top: &str) -> bool {
        self.tops.binary_search_by(|known| known.as_str().cmp(top)).is_ok()
    }

    /// True if `domain` is one of these domains; `label` is its first label.
    pub(super) fn has(&self, domain: &str, label: &str) -> bool {
        let is_same = |known: &FrequentDomain| {
            domain
                .strip_prefix(&known.label)
                .and_then(|rest| rest.strip_prefix('.'))
                == Some(&known.suffix)
        };
        self.looking_like(&look::of_label(label)).any(is_same)
    }

    fn looking_like(&self, look: &str) -> impl Iterator<Item = &FrequentDomain> + use<'_> {
        let indices = self.by_look.get(look).into_iter().flatten();
        indices.filter_map(|index| self.domains.get(*index))
    }

    /// Frequent domains whose names may be one edit away.
    fn near(&self, letters: &[char]) -> impl Iterator<Item = &FrequentDomain> + use<'_> {
        let hashes = deletions(&self.hashing, letters);
        hashes.into_iter().flat_map(|hash| {
            let first = self.by_deletion.partition_point(|(known, _)| *known < hash);
            let rest = self.by_deletion.get(first..).unwrap_or_default();
            let same = rest.iter().take_while(move |(known, _)| *known == hash);
            same.take(MAX_BUCKET).filter_map(|(_, index)| self.domains.get(*index))
        })
    }

    /// Frequent domains whose names `label` contains beside a lure.
    fn beside_lure(&self, label: &str) -> impl Iterator<Item = &FrequentDomain> {
        let mut names = Vec::new();
        let mut parts: Vec<&str> = Vec::new();
        if label.contains('-') {
            parts.extend(label.split('-').take(MAX_PARTS));
        }
        for start in 0..parts.len() {
            for end in start + 1..=parts.len() {
                let (Some(before), Some(name), Some(after)) =
                    (parts.get(..start), parts.get(start..end), parts.get(end..))
                else {
                    continue;
                };
                if before.iter().chain(after).any(|part| lures::is_lure(part)) {
                    names.push((name.join("-"), LEAST_FOR_LOOK));
                }
            }
        }
        for name in lures::without_joined(label) {
            names.push((name.trim_matches('-').to_owned(), LEAST_FOR_SMALL_EDIT));
        }
        names.into_iter().flat_map(|(name, least)| {
            let known = self.looking_like(&look::of_label(&name));
            known.filter(move |known| known.letters.len() >= least)
        })
    }

    /// Frequent domains whose names are a label before the domain of `host`, which has `count` addresses. A name alone
    /// there may be a customer of that domain's owner, or a branch: `contoso.zendesk.com`.
    fn in_subdomains<'a>(&'a self, host: &Registrable<'a>, count: usize) -> impl Iterator<Item = &'a FrequentDomain> {
        let Registrable { subdomains, label, .. } = *host;
        let has_customers = host.has_customers();
        let is_lured = !has_customers && label.split('-').any(lures::is_lure);
        let rests = std::iter::successors(Some(subdomains), |rest| rest.split_once('.').map(|(_, after)| after));
        rests.flat_map(move |rest| {
            let (name, after) = rest.split_once('.').unwrap_or((rest, ""));
            let known = self.looking_like(&look::of_label(name)).filter(move |known| {
                let rest = after.strip_prefix(known.suffix.as_str());
                let is_followed_by_its_ending = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
                let counts_alone = !has_customers
                    && (known.letters.len() >= LEAST_FOR_ANY_EDIT
                        || (known.letters.len() >= LEAST_FOR_SMALL_EDIT
                            && known.count >= TIMES_ALONE.saturating_mul(count.max(1))));
                known.letters.len() >= LEAST_FOR_LOOK && (is_lured || is_followed_by_its_ending || counts_alone)
            });
            known.chain(self.beside_lure(name))
        })
    }
}

impl FrequentDomain {
    /// True if one edit that a reader may overlook makes this name `other`, which has the ending `suffix`.
    fn is_edited_in(&self, other: &[char], suffix: &str) -> bool {
        let length = self.letters.len();
        let is_long = length >= LEAST_FOR_ANY_EDIT;
        match Edit::between(&self.letters, other) {
            Some(Edit::Small) => length >= LEAST_FOR_SMALL_EDIT && (is_long || self.suffix == suffix),
            Some(Edit::Other) => is_long,
            None => false,
        }
    }
}

/// One edit that turns a name into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    /// Neighbours swapped, a letter doubled or a double letter single, a hyphen more or less, a letter for a near one.
    Small,
    /// One letter added, removed, replaced, or moved by a few places.
    Other,
}

impl Edit {
    /// The edit between two names. `None` if the names are equal, more than one edit apart, or differ in a number. Also
    /// `None` if the first letter is replaced by one that is not near, or an `e`, `i` or `m` is added or removed there:
    /// readers notice these, and they make other names (`eschool`).
    fn between(one: &[char], other: &[char]) -> Option<Self> {
        let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        let (one_rest, other_rest) = (one.get(same..)?, other.get(same..)?);
        let last = same.checked_sub(1).and_then(|last| one.get(last));
        match (one_rest, other_rest) {
            ([a, a_rest @ ..], [b, b_rest @ ..]) if a_rest == b_rest => {
                if a.is_numeric() && b.is_numeric() {
                    None
                } else if tables::are_near_letters(*a, *b) {
                    Some(Self::Small)
                } else {
                    (same > 0).then_some(Self::Other)
                }
            }
            ([a, b, a_rest @ ..], [c, d, b_rest @ ..]) if (a, b) == (d, c) && a_rest == b_rest => {
                (!a.is_numeric() || !b.is_numeric()).then_some(Self::Small)
            }
            ([added, rest @ ..], without) | (without, [added, rest @ ..]) if rest == without => {
                let is_in_a_number = added.is_numeric() && last.is_some_and(|last| last.is_numeric());
                if is_in_a_number {
                    None
                } else if *added == '-' || last == Some(added) {
                    Some(Self::Small)
                } else {
                    (same > 0 || !matches!(added, 'e' | 'i' | 'm')).then_some(Self::Other)
                }
            }
            _ => (is_moved(one_rest, other_rest) || is_moved(other_rest, one_rest)).then_some(Self::Other),
        }
    }
}

/// True if moving the first letter of `one` a few places to the right makes it `other`.
fn is_moved(one: &[char], other: &[char]) -> bool {
    let Some((moved, rest)) = one.split_first() else {
        return false;
    };
    let passed = rest.iter().zip(other).take_while(|(one, other)| one == other).count();
    !moved.is_numeric()
        && (1..=MOST_PLACES).contains(&passed)
        && other.get(passed) == Some(moved)
        && rest.get(passed..) == other.get(passed + 1..)
}

/// The hashes of a name and of the name with each single letter left out. Names one edit apart share a hash. The seed
/// is random per process, so an attacker cannot craft collisions; colliding names are compared, at most [`MAX_BUCKET`].
fn deletions(hashing: &RandomState, letters: &[char]) -> Vec<u64> {
    let without = |left_out: usize| [letters.get(..left_out), letters.get(left_out + 1..)];
    let hash = |left_out| hashing.hash_one(without(left_out).map(Option::unwrap_or_default).concat());
    (0..=letters.len()).map(hash).collect()
}
