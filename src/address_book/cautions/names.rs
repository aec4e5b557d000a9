//! What a name shows besides a name. Pure.
//!
//! | in a name | is |
//! |---|---|
//! | `boss@contoso.com`, `boss [at] contoso [dot] com` | an address; odd if it is not the contact's own |
//! | `Anna @ contoso.com`, `@contoso.com` | a domain with a common ending; odd if the contact is elsewhere |
//! | `@anna.petrova`, `Anna@Contoso`, `Anna @ Contoso`, `icon@2x` | a handle or a company: nothing odd |
//!
//! Whether a name speaks to a model cannot be told in general. [`is_not_a_name`] knows a small list of phrases and marks
//! in [`tables`] that no name holds, and is silent on everything else: it catches the lazy, and never alarms falsely.

use super::{address, domains::Registrable, spelling, tables};

/// Other words between two words of a phrase.
const MAX_WORDS_BETWEEN: usize = 2;
/// What `clean` puts where it cut a text.
const CUT: char = '…';

/// True if `name` shows an address, or a domain behind an `@`, other than those of `email`.
pub(super) fn shows_other_address(name: &str, email: &str) -> bool {
    // Most names have nothing that could be an `@`, also a disguised one.
    if !name.contains(['@', '＠', '﹫', '[', '(', '{']) {
        return false;
    }
    let readable = without_disguise(name);
    if !readable.contains('@') || readable.trim().eq_ignore_ascii_case(email) {
        return false;
    }
    let own = address::split(email).map(|(local, domain)| Shown { local, domain });
    shown_in(&readable)
        .any(|shown| !own.is_some_and(|own| own.is_mailbox_of(&shown)) && !shown.is_start_of(email, name))
}

/// A name folded so that the same words in any order, case and look give one key. `None` if it holds no letter.
pub(super) fn key(name: &str) -> Option<String> {
    let folded = spelling::folded(name);
    let mut words: Vec<&str> = words(&folded).collect();
    words.sort_unstable();
    (!words.is_empty()).then(|| words.join(" "))
}

/// True if `name` reads as an instruction, a link, a formula or markup.
pub(super) fn is_not_a_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    // Every mark has one of these, and most names have none.
    let may_have_marks = lower.contains(tables::IN_MARKS);
    if may_have_marks && tables::MARKS.iter().any(|mark| has_mark(&lower, mark)) || is_formula(&lower) {
        return true;
    }
    let words: Vec<&str> = words(&lower).collect();
    gives_an_order_in_a_role(&lower, &words) || tables::PHRASES.iter().any(|phrase| holds(&words, phrase))
}

/// True if the mark is there, and is not how an address in angle brackets begins: `<svg@example.com>`.
fn has_mark(lower: &str, mark: &str) -> bool {
    let is_address = |text: &str| {
        let inside = text.split('>').next().unwrap_or(text);
        inside.contains('@') && !inside.contains(|c: char| c.is_whitespace() || matches!(c, '=' | '/' | '"' | '\''))
    };
    lower
        .match_indices(mark)
        .filter_map(|(at, _)| lower.get(at..))
        .any(|text| !text.starts_with('<') || !is_address(text))
}

/// An address or, with an empty local part, a domain that a name shows.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    local: &'a str,
    domain: &'a str,
}

impl Shown<'_> {
    /// True if mail to `shown` reaches this mailbox: subdomains, `+tags`, case and a provider's aliases aside.
    fn is_mailbox_of(&self, shown: &Shown<'_>) -> bool {
        let (Some(own_host), Some(shown_host)) = (address::host(self.domain), address::host(shown.domain)) else {
            return false;
        };
        let own_domain = tables::mailbox_domain(Registrable::of(&own_host).domain);
        let shown_domain = tables::mailbox_domain(Registrable::of(&shown_host).domain);
        own_domain == shown_domain
            && (shown.local.is_empty() || mailbox(self.local, own_domain) == mailbox(shown.local, own_domain))
    }

    /// True if the name was cut amid its own address, and amid a label: `boss@contoso.com…` is no start of
    /// `boss@contoso.com.evil.example`.
    fn is_start_of(&self, email: &str, name: &str) -> bool {
        let text = format!("{}@{}", self.local, self.domain).to_lowercase();
        name.ends_with(CUT)
            && !self.local.is_empty()
            && email
                .to_lowercase()
                .strip_prefix(&text)
                .is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    }
}

fn mailbox(local: &str, domain: &str) -> String {
    let local = local.trim_matches(['"', '\'']).to_lowercase();
    let mailbox = local.split_once('+').map_or(local.as_str(), |(mailbox, _)| mailbox);
    if domain == "gmail.com" {
        return mailbox.replace('.', "");
    }
    mailbox.to_owned()
}

/// The text with full-width and spelled-out `@` and dots as such.
fn without_disguise(name: &str) -> String {
    const AT: &[&str] = &["[at]", "(at)", "{at}", "[собака]", "(собака)"];
    const DOT: &[&str] = &["[dot]", "(dot)", "{dot}", "[точка]", "(точка)"];
    let mut text = name.replace(['＠', '﹫'], "@").replace(['。', '．'], ".");
    if text.contains(['[', '(', '{']) {
        let lower = text.to_lowercase();
        if AT.iter().any(|at| lower.contains(at)) {
            text = lower;
            for (spelled, sign) in AT.iter().map(|at| (at, "@")).chain(DOT.iter().map(|dot| (dot, "."))) {
                let parts: Vec<&str> = text.split(spelled).map(str::trim).collect();
                text = parts.join(sign);
            }
        }
    }
    text
}

fn shown_in(text: &str) -> impl Iterator<Item = Shown<'_>> {
    text.match_indices('@').filter_map(|(position, _)| {
        let (before, after) = text.split_at_checked(position)?;
        let after = after.strip_prefix('@')?;
        let local = last_run(before).trim_start_matches(['\'', '`', '=', '/', '.', '*', '&']);
        let domain = first_run(after.strip_prefix(' ').unwrap_or(after));
        // `Anna @ contoso.com` and `Anna@ contoso.com` name a company.
        let local = if after.starts_with(' ') { "" } else { local };
        is_shown_domain(domain, local.is_empty()).then_some(Shown { local, domain })
    })
}

fn last_run(text: &str) -> &str {
    let is_inside = |c: char| c.is_alphanumeric() || "._%+-'`=&/!#$*~^{|}?".contains(c);
    text.strip_prefix(text.trim_end_matches(is_inside)).unwrap_or_default()
}

fn first_run(text: &str) -> &str {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let rest = text.trim_start_matches(is_inside);
    let run = text.strip_suffix(rest).unwrap_or_default();
    run.trim_matches(|c: char| !c.is_alphanumeric())
}

fn is_shown_domain(domain: &str, is_bare: bool) -> bool {
    let Some((front, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_ending = top.chars().count() >= 2 && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--"));
    is_ending && !front.split('.').any(str::is_empty) && (!is_bare || tables::is_common_ending(&top.to_lowercase()))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !spelling::is_alphanumeric(c))
        .filter(|word| !word.is_empty())
}

/// `=HYPERLINK(`, `=cmd|`, and `@SUM(` or `+cmd|`, which spreadsheets take for formulas too. A telephone number is none.
fn is_formula(lower: &str) -> bool {
    const FUNCTIONS: &[&str] = &[
        "cmd",
        "dde",
        "hyperlink",
        "image",
        "importdata",
        "importxml",
        "sum",
        "webservice",
    ];
    let text = lower.trim_start_matches(['"', '\'', ' ']);
    let Some(rest) = text.strip_prefix(['=', '+', '-', '@']) else {
        return false;
    };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
    let function = rest.strip_suffix(after).unwrap_or_default();
    let is_called = after.starts_with(['(', '|']);
    is_called && !function.is_empty() && (text.starts_with('=') || FUNCTIONS.contains(&function))
}

fn gives_an_order_in_a_role(lower: &str, words: &[&str]) -> bool {
    let Some((role, rest)) = words.split_first() else {
        return false;
    };
    let opening = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    let follows = opening.strip_prefix(role).unwrap_or_default();
    tables::ROLES.contains(role)
        && follows.trim_start_matches([']', '>', '*', ' ']).starts_with(':')
        && rest.iter().any(|word| tables::ORDERS.contains(word))
}

fn holds(words: &[&str], phrase: tables::Phrase) -> bool {
    let Some((first, others)) = phrase.split_first() else {
        return false;
    };
    let starts = words.len().saturating_sub(others.len());
    (0..starts).any(|start| {
        let mut rest = words.get(start..).unwrap_or_default().iter();
        rest.next().is_some_and(|word| is_one_of(word, first))
            && others.iter().all(|wanted| {
                let mut near = rest.by_ref().take(MAX_WORDS_BETWEEN + 1);
                near.any(|word| is_one_of(word, wanted))
            })
    })
}

fn is_one_of(word: &str, wanted: &[&str]) -> bool {
    wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == *wanted,
    })
}
