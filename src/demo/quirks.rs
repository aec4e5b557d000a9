//! The quirks that the demo portal can simulate (`--demo-quirk`): unusual answers of real portals that a client has to
//! accept. Pure.

use std::time::Duration;

/// An unusual answer that a client has to accept.
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
    /// Damaged rows in every page that has room for them, and half a surrogate pair in some names.
    OddRows,
    /// A wrong charset label on UTF-8.
    WrongCharset,
    /// The whole answer in windows-1251, as from a site that never moved to UTF-8.
    Windows1251,
    /// JSON labelled `text/html`.
    TextHtml,
    /// A byte order mark before the JSON.
    ByteOrderMark,
    /// A warning of PHP before the JSON, a NUL and a comment behind it.
    PhpWarnings,
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
}

/// How long an answer of a busy cloud portal takes.
pub(super) const SLOW: Duration = Duration::from_millis(900);

/// The emoji of which half is sent, as from a portal that cuts names by UTF-16 units.
pub(super) const WHOLE_EMOJI: &str = "\u{1F642}";
const HALF_AN_EMOJI: &str = r"\ud83d";

/// PHP prints this before a reply if `display_errors` is on; the message quotes JSON.
const WARNING: &str = "<br />\n<b>Warning</b>:  Undefined key in {\"result\":{\"items\":[{\"id\":1}]}} in \
    <b>/home/bitrix/www/bitrix/modules/mail/lib/contact.php</b> on line <b>42</b><br />\n";
const BEHIND: &str = "\0\n<!-- 0.042 s -->\n";

impl Quirk {
    /// The body of a successful answer as this quirk sends it.
    pub(super) fn sent(self, body: Vec<u8>) -> Vec<u8> {
        match self {
            Self::ByteOrderMark => [b"\xEF\xBB\xBF".as_slice(), &body].concat(),
            Self::PhpWarnings => [WARNING.as_bytes(), &body, BEHIND.as_bytes()].concat(),
            Self::Windows1251 => String::from_utf8_lossy(&body).chars().map(in_windows_1251).collect(),
            Self::OddRows => String::from_utf8_lossy(&body)
                .replace(WHOLE_EMOJI, HALF_AN_EMOJI)
                .into_bytes(),
            _ => body,
        }
    }
}

/// The byte of a Russian letter or an ASCII character; `?` for all others.
fn in_windows_1251(character: char) -> u8 {
    match character {
        '\0'..='\x7f' => u8::try_from(character).unwrap_or(b'?'),
        'А'..='я' => u8::try_from(u32::from(character) - u32::from('А') + 0xC0).unwrap_or(b'?'),
        'Ё' => 0xA8,
        'ё' => 0xB8,
        _ => b'?',
    }
}

/// Every quirk: its name, what it simulates, and the quirk.
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
    (
        "odd-rows",
        "damaged rows among the contacts, and half an emoji in names",
        Quirk::OddRows,
    ),
    ("wrong-charset", "UTF-8 labelled windows-1251", Quirk::WrongCharset),
    (
        "windows-1251",
        "everything in windows-1251, so Cyrillic names cannot be read",
        Quirk::Windows1251,
    ),
    ("text-html", "JSON labelled text/html", Quirk::TextHtml),
    (
        "byte-order-mark",
        "a byte order mark before the JSON",
        Quirk::ByteOrderMark,
    ),
    (
        "php-warnings",
        "PHP displays a warning before the JSON, and a comment follows it",
        Quirk::PhpWarnings,
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
];
