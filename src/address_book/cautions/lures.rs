//! Words that forgers put beside a company's name. Pure data, and where they stand in a label.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

/// Words that forgers put beside a company's name: money, access, help. Words of ordinary company names (care, group,
/// service, shop, team, bank, online) are left out, for `vostok-service.ru` is rarely a forged `vostok.ru`.
const LURES: &[&str] = &[
    "account",
    "accounting",
    "accounts",
    "admin",
    "alert",
    "alerts",
    "auth",
    "billing",
    "buh",
    "buhgalteria",
    "email",
    "helpdesk",
    "invoice",
    "invoices",
    "login",
    "mail",
    "mailer",
    "noreply",
    "notification",
    "notifications",
    "notify",
    "oplata",
    "pay",
    "payment",
    "payments",
    "pochta",
    "podderzhka",
    "portal",
    "refund",
    "refunds",
    "schet",
    "secure",
    "security",
    "signin",
    "support",
    "update",
    "updates",
    "verification",
    "verify",
];

/// Lures only between hyphens: `contoso-com.ru`.
const HYPHENED_LURES: &[&str] = &["com", "www"];

/// True for a part of a hyphenated label that is a lure.
pub(super) fn is_lure(part: &str) -> bool {
    LURES.contains(&part) || HYPHENED_LURES.contains(&part)
}

/// Lures written together with a name, `contosobilling`. Short ones make real words and brands: `cloudmail`, `webpay`.
const SHORTEST_JOINED: usize = 5;

/// By the byte at one end: this is asked of every domain, and one lure in ten has the right one.
type ByEnd = HashMap<Option<u8>, Vec<&'static str>>;

fn joined_by(end: fn(&str) -> Option<u8>) -> ByEnd {
    let mut by_end = ByEnd::new();
    for lure in LURES.iter().filter(|lure| lure.len() >= SHORTEST_JOINED) {
        by_end.entry(end(lure)).or_default().push(lure);
    }
    by_end
}

fn first(text: &str) -> Option<u8> {
    text.bytes().next()
}

fn last(text: &str) -> Option<u8> {
    text.bytes().next_back()
}

/// What remains of `label`, for each lure joined to it, before or after.
pub(super) fn without_joined(label: &str) -> impl Iterator<Item = &str> {
    static BY_FIRST: LazyLock<ByEnd> = LazyLock::new(|| joined_by(first));
    static BY_LAST: LazyLock<ByEnd> = LazyLock::new(|| joined_by(last));
    let before = BY_FIRST.get(&first(label)).into_iter().flatten();
    let after = BY_LAST.get(&last(label)).into_iter().flatten();
    let rest = before.filter_map(|lure| label.strip_prefix(lure));
    rest.chain(after.filter_map(|lure| label.strip_suffix(lure)))
}
