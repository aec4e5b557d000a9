//! Whether a name shows another e-mail address than the contact's own. Pure.
//!
//! | text in a name | is | caution |
//! |---|---|---|
//! | `boss@contoso.com`, `boss [at] contoso [dot] com` | an address | if it is not the contact's own |
//! | `Anna @ contoso.com`, `Anna at contoso.com`, `@contoso.com` | a domain with a common ending | if the contact has another domain |
//! | `@anna.petrova`, `Anna@Contoso`, `Anna @ Contoso`, `icon@2x` | a handle or a company | never |

use super::registrable::Registrable;
use super::{address, tables};

/// The character that `clean` puts where it cut a text.
const CUT: char = '…';

/// True if `name` shows another address than `email`, or another domain after an `@`.
pub(super) fn shows_other_address(name: &str, email: &str) -> bool {
    // Most names have no `@`, not even a disguised one.
    if !name.contains(['@', '＠', '﹫', '[', '(', '{']) && !name.contains(" at ") {
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

/// An address that a text shows, or only a domain if the local part is empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) local: &'a str,
    pub(super) domain: &'a str,
}

impl Shown<'_> {
    /// True if mail to `shown` reaches this mailbox. Subdomains, `+tags`, case and a provider's aliases do not matter.
    fn is_mailbox_of(&self, shown: &Shown<'_>) -> bool {
        let (own, shown_domain) = (provider(self.domain), provider(shown.domain));
        own.is_some_and(|own| {
            shown_domain.as_ref() == Some(&own)
                && (shown.local.is_empty() || mailbox(self.local, &own) == mailbox(shown.local, &own))
        })
    }

    /// True if the name was cut in the middle of the contact's own address and in the middle of a label. So
    /// `boss@contoso.com…` is no start of `boss@contoso.com.evil.example`.
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

/// The registrable part of a domain; the same for all domains of one mail provider.
pub(super) fn provider(domain: &str) -> Option<String> {
    let host = address::host(domain)?;
    Some(tables::mailbox_domain(Registrable::of(&host).domain).to_owned())
}

fn mailbox(local: &str, domain: &str) -> String {
    let local = local.trim_matches(['"', '\'']).to_lowercase();
    let mailbox = local.split_once('+').map_or(local.as_str(), |(mailbox, _)| mailbox);
    if domain == "gmail.com" {
        return mailbox.replace('.', "");
    }
    mailbox.to_owned()
}

/// The text with full-width and spelled-out `@` and dots replaced by plain ones, and without blanks around dots.
fn without_disguise(name: &str) -> String {
    const AT: &[&str] = &["[at]", "(at)", "{at}", "[собака]", "(собака)"];
    const DOT: &[&str] = &["[dot]", "(dot)", "{dot}", "[точка]", "(точка)"];
    let mut text = name.replace(['＠', '﹫'], "@").replace(['。', '．'], ".");
    text = text.replace(" at ", " @ ").replace(" . ", ".");
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

pub(super) fn shown_in(text: &str) -> impl Iterator<Item = Shown<'_>> {
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

/// True for a domain; without a local part, only for one with a common ending.
pub(super) fn is_shown_domain(domain: &str, is_bare: bool) -> bool {
    let Some((front, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_ending = top.chars().count() >= 2 && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--"));
    is_ending && !front.split('.').any(str::is_empty) && (!is_bare || tables::is_common_ending(&top.to_lowercase()))
}
