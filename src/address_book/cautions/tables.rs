//! The words and domains of the rules. Pure data; each list says what belongs in it.

use super::lures;

/// Second-level labels below a country's ending under which registries sell names: `contoso.co.uk`, `contoso.com.tr`.
const SECOND_LEVELS: &[&str] = &[
    "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "kiev", "kyiv", "lg", "ltd", "me", "mil", "msk", "ne", "net",
    "nom", "or", "org", "plc", "pp", "spb",
];

/// True for `co.uk` and the like. It stands in for the Public Suffix List, which is larger than this server needs.
pub(super) fn is_second_level(second: &str, top: &str) -> bool {
    top.len() == 2 && SECOND_LEVELS.contains(&second)
}

/// Well-known domains that resemble each other or a brand without being forged: mail providers, and services that write
/// from a domain of their own. They never imitate another domain; others may imitate them.
const WELL_KNOWN: &[&str] = &[
    // Mail providers
    "163.com",
    "126.com",
    "aol.com",
    "bigmir.net",
    "bk.ru",
    "email.com",
    "email.cz",
    "email.de",
    "fastmail.com",
    "fastmail.fm",
    "freemail.hu",
    "freenet.de",
    "gmail.com",
    "googlemail.com",
    "hey.com",
    "hotmail.com",
    "i.ua",
    "icloud.com",
    "inbox.lv",
    "inbox.ru",
    "internet.ru",
    "interia.pl",
    "list.ru",
    "live.com",
    "mac.com",
    "mail.bg",
    "mail.com",
    "mail.de",
    "mail.ee",
    "mail.kz",
    "mail.ru",
    "mail.ua",
    "mailbox.org",
    "me.com",
    "meta.ua",
    "msn.com",
    "narod.ru",
    "o2.pl",
    "onet.pl",
    "orange.fr",
    "outlook.com",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "qip.ru",
    "qq.com",
    "rambler.ru",
    "rocketmail.com",
    "seznam.cz",
    "t-online.de",
    "tut.by",
    "tuta.com",
    "tutanota.com",
    "ukr.net",
    "vk.com",
    "web.de",
    "wp.pl",
    "xmail.ru",
    "ya.ru",
    "ymail.com",
    "zoho.com",
    "zoho.eu",
    "zohomail.com",
    "zohomail.eu",
    // Services with a second domain, or with one for each customer
    "amazonpay.com",
    "airbnbmail.com",
    "atlassian.net",
    "docusign.net",
    "facebookmail.com",
    "freshdesk.com",
    "helpdesk.com",
    "onmicrosoft.com",
    "zendesk.com",
];

/// The names of providers that use many endings.
const WELL_KNOWN_LABELS: &[&str] = &[
    "bitrix24", "gmx", "hotmail", "live", "outlook", "rambler", "yahoo", "yandex",
];

/// True if a registrable domain, whose first label is `label`, is too well known to be a forgery of another.
pub(super) fn is_well_known(registrable: &str, label: &str) -> bool {
    WELL_KNOWN_LABELS.contains(&label) || WELL_KNOWN.contains(&registrable)
}

/// Domains below which each customer has a subdomain with its company's name, and endings that are sold like a
/// country's. Domains where forgers get a subdomain for free (`github.io`, `web.app`) are left out.
const OF_CUSTOMERS: &[&str] = &[
    "amocrm.ru",
    "atlassian.net",
    "bamboohr.com",
    "basecamphq.com",
    "co.com",
    "dynamics.com",
    "eu.com",
    "force.com",
    "freshdesk.com",
    "freshservice.com",
    "getcourse.ru",
    "greenhouse.io",
    "helpscoutapp.com",
    "hubspotemail.net",
    "intercom-mail.com",
    "lever.co",
    "lviv.ua",
    "myfreshworks.com",
    "myshopify.com",
    "myworkday.com",
    "odoo.com",
    "okdesk.ru",
    "omnidesk.ru",
    "onmicrosoft.com",
    "personio.com",
    "personio.de",
    "pipedrive.com",
    "recruitee.com",
    "ru.com",
    "ru.net",
    "salesforce.com",
    "service-now.com",
    "sharepoint.com",
    "slack.com",
    "teamtailor.com",
    "uk.com",
    "us.com",
    "usedesk.ru",
    "workable.com",
    "youtrack.cloud",
    "zendesk.com",
    "zohodesk.com",
    "zohodesk.eu",
];

/// True if each customer of this domain's owner has a subdomain of it.
pub(super) fn is_of_customers(registrable: &str) -> bool {
    OF_CUSTOMERS.contains(&registrable)
}

/// Services that put the address of a sender into an address of their own.
const RELAYS: &[&str] = &["appleid.com", "duck.com", "icloud.com", "onmicrosoft.com"];

/// True if a domain, or a domain above it, belongs to such a service.
pub(super) fn is_relay(domain: &str) -> bool {
    let lower = domain.to_ascii_lowercase();
    let is_below = |relay: &&str| {
        lower
            .strip_suffix(*relay)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    RELAYS.iter().any(is_below)
}

/// What machines write before an address that they put into another: in bounces, signed senders and forwarded mail.
const OF_MACHINES: &[&str] = &[
    "bounce", "btv1", "daemon", "errors", "fbl", "mailer", "prvs", "return", "srs0", "srs1", "unsub", "verp",
];

/// True if a machine has written `before`, the beginning of a local part in lower case.
pub(super) fn is_of_machine(before: &str) -> bool {
    OF_MACHINES.iter().any(|word| before.contains(word))
}

/// Domains of one provider at which the same local part is the same mailbox.
const SAME_MAILBOX: &[(&str, &str)] = &[
    ("googlemail.com", "gmail.com"),
    ("pm.me", "proton.me"),
    ("protonmail.ch", "proton.me"),
    ("protonmail.com", "proton.me"),
    ("mac.com", "icloud.com"),
    ("me.com", "icloud.com"),
    ("narod.ru", "yandex.ru"),
    ("ya.ru", "yandex.ru"),
    ("yandex.by", "yandex.ru"),
    ("yandex.com", "yandex.ru"),
    ("yandex.kz", "yandex.ru"),
    ("yandex.ua", "yandex.ru"),
];

/// The domain that stands for all domains of the same provider.
pub(super) fn mailbox_domain(registrable: &str) -> &str {
    SAME_MAILBOX
        .iter()
        .find(|(alias, _)| *alias == registrable)
        .map_or(registrable, |(_, domain)| domain)
}

/// Labels that name no owner: trades, departments and places. They imitate nobody beside a lure or before another's
/// domain.
const GENERIC_LABELS: &[&str] = &[
    "academy",
    "alumni",
    "america",
    "asia",
    "bank",
    "berlin",
    "budapest",
    "business",
    "client",
    "clients",
    "cloud",
    "company",
    "customer",
    "digital",
    "education",
    "energy",
    "europe",
    "finance",
    "germany",
    "group",
    "hosting",
    "inbox",
    "info",
    "international",
    "legal",
    "logistics",
    "london",
    "madrid",
    "market",
    "marketing",
    "media",
    "mobile",
    "moscow",
    "moskva",
    "office",
    "online",
    "paris",
    "partner",
    "partners",
    "prague",
    "press",
    "research",
    "russia",
    "sales",
    "server",
    "service",
    "shop",
    "staff",
    "store",
    "student",
    "students",
    "studio",
    "system",
    "team",
    "travel",
    "ukraine",
    "university",
    "warsaw",
];

/// True if a label names no owner.
pub(super) fn is_generic(label: &str) -> bool {
    lures::is_lure(label) || GENERIC_LABELS.contains(&label)
}

/// Endings that distinguish `@contoso.com`, without a local part, from a handle such as `@anna.petrova`.
const COMMON_ENDINGS: &[&str] = &[
    "at", "biz", "by", "ch", "com", "cz", "de", "eu", "example", "fr", "gov", "info", "kz", "net", "org", "pl", "ru",
    "su", "tr", "ua", "uk", "рф", "укр",
];

/// True if a text with this ending, without a local part, is surely a domain.
pub(super) fn is_common_ending(top: &str) -> bool {
    COMMON_ENDINGS.contains(&top)
}

/// Letters and digits that differ by one stroke; TR39 does not pair them.
const NEAR_LETTERS: &[(char, char)] = &[
    ('m', 'n'),
    ('i', 'l'),
    ('u', 'v'),
    ('v', 'y'),
    ('g', 'q'),
    ('c', 'e'),
    ('f', 't'),
    ('i', 'j'),
    ('i', '1'),
    ('b', '6'),
    ('z', '2'),
];

/// True if a reader easily takes one letter for the other.
pub(super) fn are_near_letters(one: char, other: char) -> bool {
    NEAR_LETTERS.contains(&(one, other)) || NEAR_LETTERS.contains(&(other, one))
}

/// Spreadsheets take what begins with one of these for a formula.
pub(super) const BEFORE_FORMULAS: &[char] = &['=', '+', '-', '@'];

/// True for an octet of a small set of which every one of the [`MARKS`] has at least one.
pub(super) const fn is_in_marks(octet: u8) -> bool {
    matches!(octet, b'<' | b'[' | b']' | b':' | b'#')
}

/// Text that occurs in no name, in lower case: marks of chat templates, markup that runs code or links, a mail header.
pub(super) const MARKS: &[&str] = &[
    "<|",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "<system",
    "</",
    "<script",
    "<img",
    "<iframe",
    "<svg",
    "<a href",
    "](http",
    "javascript:",
    "://",
    "### instruction",
    "### system",
    "bcc:",
];
