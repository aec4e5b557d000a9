//! What is merely odd (`--demo-quirk`), each under a name: things that real portals do and a client must bear. Pure.

use std::time::Duration;

/// A named oddity that a client must bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// Ids as numeric text.
    IdsAsText,
    /// Every name null.
    NullNames,
    /// No name key at all.
    MissingNames,
    /// Keys that no document names.
    UnknownKeys,
    /// No `time` object.
    NoTime,
    /// `result` is a list.
    BareList,
    /// A wrong charset label on UTF-8.
    WrongCharset,
    /// JSON labelled `text/html`.
    TextHtml,
    /// A byte order mark before the JSON.
    ByteOrderMark,
    /// Every answer takes 0.9 seconds.
    Slow,
    /// No method `batch`.
    NoBatch,
    /// No method `mail.recipient.listemployees`.
    NoEmployees,
    /// `mail.recipient.listemployees` ends with 500, and with it a batch that calls it.
    EmployeesFail,
    /// `mail.recipient.listemployees` finds nobody.
    NoHumanResources,
    /// A batch of more than 50 items is refused.
    ShortBatch,
    /// Searches for what contains "zz" end with 500, and with them a batch that holds one.
    UnluckyBatch,
}

/// What a busy cloud portal takes for an answer.
pub(super) const SLOW: Duration = Duration::from_millis(900);

/// Every quirk: its name, what it shows, and the quirk.
pub const QUIRKS: &[(&str, &str, Quirk)] = &[
    ("ids-as-text", "ids come as numeric text", Quirk::IdsAsText),
    ("null-names", "names are null", Quirk::NullNames),
    ("missing-names", "names are missing", Quirk::MissingNames),
    ("unknown-keys", "keys that no document names", Quirk::UnknownKeys),
    (
        "no-time",
        "no time object, as on some self-hosted portals",
        Quirk::NoTime,
    ),
    ("bare-list", "the result is a list without items", Quirk::BareList),
    ("wrong-charset", "UTF-8 labelled windows-1251", Quirk::WrongCharset),
    ("text-html", "JSON labelled text/html", Quirk::TextHtml),
    (
        "byte-order-mark",
        "a byte order mark before the JSON",
        Quirk::ByteOrderMark,
    ),
    ("slow", "every answer takes 0.9 seconds", Quirk::Slow),
    ("no-batch", "there is no method batch", Quirk::NoBatch),
    (
        "no-employees",
        "an older portal, without mail.recipient.listemployees",
        Quirk::NoEmployees,
    ),
    (
        "employees-fail",
        "listing employees ends with 500, as with a broken humanresources module",
        Quirk::EmployeesFail,
    ),
    (
        "no-human-resources",
        "no employee is found, as without the humanresources module",
        Quirk::NoHumanResources,
    ),
    (
        "short-batch",
        "a batch of more than 50 items is refused",
        Quirk::ShortBatch,
    ),
    (
        "unlucky-batch",
        "a search for \"zz\" ends with 500, also for the other items of its batch",
        Quirk::UnluckyBatch,
    ),
];
