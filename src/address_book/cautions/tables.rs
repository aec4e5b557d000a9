//! The lists of words, domains and characters that the rules of the cautions use. Pure data.

use super::lures;

/// Labels before a country's ending below which registries sell names: `co` of `contoso.co.uk`.
const SECOND_LEVELS: &[&str] = &[
    "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "kiev", "kyiv", "lg", "ltd", "me", "mil", "msk", "ne", "net",
    "nom", "or", "org", "plc", "pp", "spb",
];

/// True if names are sold below `second.top`, as below `co.uk`. The Public Suffix List is larger than this server
/// needs.
pub(super) fn is_second_level(second: &str, top: &str) -> bool {
    top.len() == 2 && SECOND_LEVELS.contains(&second)
}

/// Well-known domains that resemble each other or a brand without being forged: mail providers, and services that send
/// mail from a second domain. None of these counts as an imitation; another domain may imitate one of these.
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

/// First labels of well-known domains that exist under many endings: `yahoo.com`, `yahoo.co.uk`.
const WELL_KNOWN_LABELS: &[&str] = &[
    "bitrix24", "gmx", "hotmail", "live", "outlook", "rambler", "yahoo", "yandex",
];

/// True if a registrable domain with the first label `label` is too well known to be a forgery of another domain.
pub(super) fn is_well_known(registrable: &str, label: &str) -> bool {
    WELL_KNOWN_LABELS.contains(&label) || WELL_KNOWN.contains(&registrable)
}

/// Domains below which each customer has a subdomain with the customer's name, and endings that are sold like those of
/// countries (`uk.com`). Domains that give forgers a subdomain for free (`github.io`, `web.app`) are left out.
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

/// True if a registrable domain is one of [`OF_CUSTOMERS`].
pub(super) fn is_of_customers(registrable: &str) -> bool {
    OF_CUSTOMERS.contains(&registrable)
}

/// Domains of services that write the address of a sender into the local part of an address of the service.
const RELAYS: &[&str] = &["appleid.com", "duck.com", "icloud.com", "onmicrosoft.com"];

/// True if a domain, or a domain above it, belongs to one of the [`RELAYS`].
pub(super) fn is_relay(domain: &str) -> bool {
    let lower = domain.to_ascii_lowercase();
    let is_below = |relay: &&str| {
        lower
            .strip_suffix(*relay)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    RELAYS.iter().any(is_below)
}

/// Words that mail software writes before an address within a local part: in bounces, signed senders and forwarded
/// mail.
const OF_MACHINES: &[&str] = &[
    "bounce", "btv1", "daemon", "errors", "fbl", "mailer", "prvs", "return", "srs0", "srs1", "unsub", "verp",
];

/// True if mail software has written `before`, the beginning of a local part in lower case.
pub(super) fn is_of_machine(before: &str) -> bool {
    OF_MACHINES.iter().any(|word| before.contains(word))
}

/// Pairs of domains of one mail provider, at which equal local parts are one mailbox.
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

/// The main domain of a mail provider; any other domain stays as it is.
pub(super) fn mailbox_domain(registrable: &str) -> &str {
    SAME_MAILBOX
        .iter()
        .find(|(alias, _)| *alias == registrable)
        .map_or(registrable, |(_, domain)| domain)
}

/// Labels that name no owner: trades, departments and places. A domain with such a name is not imitated by the name
/// beside a lure or before another domain (`london-mail.example` does not imitate `london.example`).
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

/// True for a label that names no owner, also for a lure.
pub(super) fn is_generic(label: &str) -> bool {
    lures::is_lure(label) || GENERIC_LABELS.contains(&label)
}

/// Endings that distinguish `@contoso.com`, without a local part, from a handle such as `@anna.petrova`.
const COMMON_ENDINGS: &[&str] = &[
    "at", "biz", "by", "ch", "com", "cz", "de", "eu", "example", "fr", "gov", "info", "kz", "net", "org", "pl", "ru",
    "su", "tr", "ua", "uk", "рф", "укр",
];

/// True if a text with this ending is certainly a domain, even without a local part before it.
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

/// True if a reader easily confuses the two letters.
pub(super) fn are_near_letters(one: char, other: char) -> bool {
    NEAR_LETTERS.contains(&(one, other)) || NEAR_LETTERS.contains(&(other, one))
}

/// Characters at the beginning of a text that make spreadsheets read the text as a formula.
pub(super) const BEFORE_FORMULAS: &[char] = &['=', '+', '-', '@'];

/// True for one of a few octets. Each of the [`MARKS`] has at least one of these octets.
pub(super) const fn is_in_marks(octet: u8) -> bool {
    matches!(octet, b'<' | b'[' | b']' | b':' | b'#')
}

/// Marks that occur in no name, in lower case: of chat templates, of markup that runs code or links, of a mail header.
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
