//! Finds the JSON object in a body. Pure.
//!
//! A self-hosted portal with PHP's `display_errors` on prints PHP messages around its reply, and servers add byte order
//! marks, NULs and comments. An object counts if it is whole and has `result`, `error` or `access_token`, and is
//! read if it is the only one that counts:
//!
//! | body | read as the reply |
//! |---|---|
//! | an object, with white space, NULs or byte order marks around it | the object |
//! | text, then an object at the start of a line, then anything | the object |
//! | a whole PHP message, with or without tags around it, then an object on the same line | the object |
//! | an object within a PHP message, within an HTML comment, or after other text on its line | nothing |
//! | two objects that count; an object after page tags that no PHP message quotes; an object within a script | nothing |

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::portal::error::Unreadable;

/// The most possible beginnings of an object that are examined; each costs a pass over the body.
const MAX_OBJECTS: usize = 16;

/// The beginnings of PHP messages, with and without `html_errors`. Two labels lack their first letter, which may be
/// upper or lower case. Every message ends with the line number in the source. See
/// <https://www.php.net/manual/en/errorfunc.configuration.php>.
const LABELS: &[&str] = &[
    "Warning",
    "Notice",
    "Deprecated",
    "Strict Standards",
    "atal error",
    "arse error",
];
const END_OF_MESSAGE: &str = " on line ";

/// Tags of HTML pages: an object after one of them is no reply. (A `div` that is closed does no harm, since
/// `error_prepend_string` and `error_append_string` may add one.)
const PAGE_TAGS: &[&str] = &[
    "!doctype", "html", "head", "title", "meta", "link", "style", "script", "noscript", "template", "body", "main",
    "form", "textarea", "iframe", "svg", "xmp", "?xml", "?php",
];

/// The text without white space, NULs and byte order marks around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || matches!(character, '\0' | '\u{feff}'))
}

/// The object that is the reply, by the table above.
///
/// # Errors
/// The kind of text that was found in place of a reply.
pub(super) fn object_in(text: &str) -> Result<&str, Unreadable> {
    let mut found = None;
    let (mut examined, mut whole_to, mut from) = (0, 0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('{')) {
        let start = from + at;
        from = start + 1;
        let before = text.get(whole_to..start).unwrap_or_default();
        let is_first_of_line = ends_a_line(before);
        if !is_first_of_line && !may_end_a_message(before) {
            continue;
        }
        examined += 1;
        if examined > MAX_OBJECTS {
            return Err(Unreadable::NotJson);
        }
        if is_within_a_message(before) || (!is_first_of_line && last_label(before).is_none()) {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        match serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>().next() {
            Some(Ok(object)) => {
                whole_to = start + object.get().len();
                from = whole_to;
                if is_envelope(object.get()) && found.replace((start, object.get())).is_some() {
                    return Err(Unreadable::NotJson);
                }
            }
            Some(Err(error)) if error.is_eof() => return Err(Unreadable::CutOff),
            _ => {}
        }
    }
    match found {
        Some((start, object))
            if !is_page(text.get(..start).unwrap_or_default())
                && !is_quoted_by_a_message(text.get(start + object.len()..).unwrap_or_default()) =>
        {
            Ok(object)
        }
        _ => Err(kind_without_reply(text)),
    }
}

/// The kind of a text that holds no reply.
fn kind_without_reply(text: &str) -> Unreadable {
    let text = trimmed(text);
    if text.is_empty() {
        return Unreadable::Empty;
    }
    let is_whole = serde_json::from_str::<IgnoredAny>(text).map(drop);
    match is_whole {
        Ok(()) => Unreadable::Shape,
        Err(_) if is_page(text) => Unreadable::Html,
        Err(_) if last_label(text).is_some() => Unreadable::PhpMessages,
        Err(_) if text.starts_with('<') => Unreadable::Html,
        Err(error) if error.is_eof() => Unreadable::CutOff,
        Err(_) => Unreadable::NotJson,
    }
}

/// True if the text after `before` begins the body or a line, or follows a comment.
fn ends_a_line(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '\r', '\0', '\u{feff}']);
    before.is_empty()
        || ["\n", "<br />", "<br/>", "<br>", "-->", "*/"]
            .iter()
            .any(|end| before.ends_with(end))
}

/// True if a PHP message may end with `before`: with the line number in the source, or with a closing tag around it.
fn may_end_a_message(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '\r', '\0', '\u{feff}']);
    let without_digits = before.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let ends_with_a_line = without_digits.len() < before.len() && without_digits.ends_with(END_OF_MESSAGE);
    let name = before
        .strip_suffix('>')
        .map(|before| before.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric()));
    ends_with_a_line || name.is_some_and(|before| before.ends_with("</"))
}

/// True if the object before `behind` is part of a PHP message, which ends later in the line.
fn is_quoted_by_a_message(behind: &str) -> bool {
    let line = behind.split(['\n', '\r']).next().unwrap_or_default();
    line.split_once(END_OF_MESSAGE)
        .is_some_and(|(quoting, _)| last_label(quoting).is_none())
}

/// True if a PHP message or an HTML comment begins in `before` and has not ended.
fn is_within_a_message(before: &str) -> bool {
    let is_open = last_label(before).is_some_and(|message| !message.contains(END_OF_MESSAGE));
    let in_comment = before
        .rfind("<!--")
        .and_then(|at| before.get(at..))
        .is_some_and(|comment| !comment.contains("-->"));
    is_open || in_comment
}

/// The text from the last label of a PHP message on; `None` if there is no label.
fn last_label(text: &str) -> Option<&str> {
    let ends = LABELS
        .iter()
        .flat_map(|label| [":", "</b>:"].map(|end| text.rfind(&format!("{label}{end}"))));
    text.get(ends.flatten().max()?..)
}

/// The text without its complete PHP messages, which may quote tags.
fn without_messages(text: &str) -> String {
    let mut outside = String::new();
    let mut whole_to = 0;
    for (colon, _) in text.match_indices(':') {
        let Some(before) = text.get(whole_to..colon) else {
            continue;
        };
        let label = before.strip_suffix("</b>").unwrap_or(before);
        if !LABELS.iter().any(|known| label.ends_with(known)) {
            continue;
        }
        let Some(length) = text.get(colon..).and_then(|message| message.find(END_OF_MESSAGE)) else {
            break;
        };
        outside.push_str(before);
        whole_to = colon + length + END_OF_MESSAGE.len();
    }
    outside + text.get(whole_to..).unwrap_or_default()
}

/// True if `text` holds tags of an HTML page outside PHP messages, an open script or an open `div`.
fn is_page(text: &str) -> bool {
    let is = |tag: &str, name: &str| {
        let is_it = tag
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name));
        let next = tag.as_bytes().get(name.len());
        is_it && next.is_none_or(|next| !next.is_ascii_alphanumeric())
    };
    let (mut scripts, mut divs) = (0, 0);
    for tag in text.split('<').skip(1) {
        scripts += i32::from(is(tag, "script")) - i32::from(is(tag, "/script"));
    }
    let outside = without_messages(text);
    let has_page_tag = outside.split('<').skip(1).any(|tag| {
        divs += i32::from(is(tag, "div")) - i32::from(is(tag, "/div"));
        PAGE_TAGS.iter().any(|name| is(tag, name))
    });
    scripts > 0 || has_page_tag || divs > 0
}

/// True if the object has a key that the replies of portals and of the authorization server have.
fn is_envelope(object: &str) -> bool {
    #[derive(Deserialize)]
    struct Keys {
        result: Option<IgnoredAny>,
        error: Option<IgnoredAny>,
        access_token: Option<IgnoredAny>,
    }
    serde_json::from_str::<Keys>(object)
        .is_ok_and(|keys| keys.result.is_some() || keys.error.is_some() || keys.access_token.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPLY: &str = r#"{"result":{"items":[]},"time":{}}"#;
    const REPLY_CUT_OFF: &str = r#"{"result":{"items":["#;
    const WARNING: &str =
        "<br />\n<b>Warning</b>:  Undefined array key in <b>/home/p/x.php</b> on line <b>3</b><br />\n";

    #[test]
    fn a_whole_object_is_found_among_the_messages_that_php_prints() {
        for (before, behind) in [
            ("", ""),
            (WARNING, ""),
            (WARNING, WARNING),
            ("", WARNING),
            (&WARNING.repeat(30), ""),
            (
                "PHP Warning:  foo() in /x.php on line 3\n\nWarning: foo() in /x.php on line 3\n",
                "",
            ),
            (
                "\nDeprecated: Return type of A::b() in /x.php on line 12\n",
                "\nNotice: x in /y.php on line 1\n",
            ),
            ("\u{feff}\u{feff}\n\t", "\0\0"),
            ("<!-- cached -->", "<!-- page took 0.1 s -->"),
            ("", "/* done */"),
            ("", "<script>track()</script>"),
            ("debug\r\n", "} end"),
            (
                "<b>( ! ) Warning: x in /x.php on line <i>3</i></b>\n#0 {main}\n",
                "<table class='xdebug-error'></table>",
            ),
            ("Warning: bad {\"result\":{\"items\":[1]}} in /x.php on line 3\n", ""),
            (
                "Warning: bad\n{\"result\":{\"items\":[1]}}\n in /x.php on line 3<br />\n",
                "",
            ),
            ("", "\nWarning: bad {\"result\":{\"items\":[1]}} in /x.php on line 3\n"),
            ("", "\nWarning: bad\n{\"result\":{\"items\":[1]}} in /x.php on line 3\n"),
            ("<!--\n{\"result\":1}\n-->\n", "<!--\n{\"result\":1}\n-->"),
            ("{\"debug\":true}\n", "\n{\"debug\":true}"),
            // error_prepend_string and error_append_string.
            (&format!("<span style='color: #ff0000'>{WARNING}</span>"), ""),
            (&format!("<font color=red>{WARNING}</font> "), ""),
            (&format!("<div class='error'>{WARNING}</div>\n"), ""),
            (&format!("<DIV class='error'><div>{WARNING}</div></DIV>"), ""),
            (&format!("<pre>{WARNING}</pre>"), ""),
            ("Warning: x in /x.php on line 3", ""),
            ("Warning: x in /x.php on line 3", "\nNotice: y in /y.php on line 4\n"),
            ("Warning: x in /x.php on line 3", "Notice: y in /y.php on line 4"),
            ("<b>Warning</b>:  x in <b>/x.php</b> on line <b>3</b>", ""),
            (
                "<font size='1'><table class='xdebug-error'><tr><th>( ! ) Warning: x in /x.php on line <i>3</i></th></tr>\n\
                 <tr><td>{main}( )</td></tr></table></font>",
                "",
            ),
            // Messages that quote tags.
            (
                "\nWarning: DOMDocument::loadHTML(): Unexpected end tag : <div> in Entity, line: 1 in /x.php on line 3\n",
                "",
            ),
            ("\nParse error: unexpected '<?php' in /x.php on line 3\n", ""),
            (
                "\nWarning: misplaced <html> tag, <meta charset> in /x.php on line 3\n",
                "",
            ),
            ("\nWarning: x <script>a</script> in /x.php on line 3\n", "<html></html>"),
        ] {
            let text = format!("{before}{REPLY}{behind}");
            assert_eq!(object_in(&text), Ok(REPLY), "{text}");
        }
    }

    #[test]
    fn an_object_that_may_not_be_the_reply_is_not_read() {
        let fragment = r#"{"result":{"items":[1]}}"#;
        for (text, expected) in [
            (
                format!("Warning: bad {fragment} in /x.php on line 3\n"),
                Unreadable::PhpMessages,
            ),
            (
                format!("Warning: bad\n{fragment}\n in /x.php on line 3\n"),
                Unreadable::PhpMessages,
            ),
            (
                format!("<b>Notice</b>: bad<br />{fragment}<br /> in /x.php on line 3"),
                Unreadable::PhpMessages,
            ),
            (format!("bad {fragment}"), Unreadable::NotJson),
            (format!("<p>bad</p>{fragment}"), Unreadable::Html),
            (format!("bad on line 3{fragment}"), Unreadable::NotJson),
            (
                format!("Warning: bad on line 3{fragment} in /x.php on line 3\n"),
                Unreadable::PhpMessages,
            ),
            (
                format!("Warning: bad </b>{fragment} in /x.php on line 3\n"),
                Unreadable::PhpMessages,
            ),
            (format!("{WARNING}<!DOCTYPE html>\n{REPLY}"), Unreadable::Html),
            (format!("{WARNING}<script>\n{REPLY}</script>"), Unreadable::Html),
            (
                format!("<p>Warning: x <script>/* on line 3 */\n{REPLY}</script>"),
                Unreadable::PhpMessages,
            ),
            (format!("<div>{WARNING}<div></div>\n{REPLY}"), Unreadable::Html),
            (format!("<html>{WARNING}{REPLY}"), Unreadable::Html),
            (format!("{WARNING}{}", REPLY_CUT_OFF), Unreadable::CutOff),
            (
                format!("Warning: x on line 1\n{fragment} on line 3\n{}", REPLY_CUT_OFF),
                Unreadable::CutOff,
            ),
            (
                format!("Warning: x on line 1\n{fragment} on line 3\n{REPLY}"),
                Unreadable::NotJson,
            ),
            (format!("{REPLY}\n{REPLY}"), Unreadable::NotJson),
            (format!("<html><script>\n{REPLY}\n</script></html>"), Unreadable::Html),
            (format!("<script>\n{REPLY}\n</script>"), Unreadable::Html),
            (format!("<!DOCTYPE html>\n{REPLY}"), Unreadable::Html),
            (format!("<div>\n{REPLY}</div>"), Unreadable::Html),
            (
                format!("<p><b>Fatal error</b>: x in /x.php on line 3<br />{}", ""),
                Unreadable::PhpMessages,
            ),
            ("<h1>Warning</h1>".to_owned(), Unreadable::Html),
            ("{\"a\":1}\n!".to_owned(), Unreadable::NotJson),
            (format!("[{REPLY}]"), Unreadable::Shape),
            ("\u{feff} \0".to_owned(), Unreadable::Empty),
        ] {
            assert_eq!(object_in(&text), Err(expected), "{text}");
        }
    }

    /// Each object costs a pass over the body.
    #[test]
    fn few_objects_of_a_long_text_are_examined() {
        for unit in [
            "\n{\"a\":",
            "\n{",
            "Warning:\n{",
            "<!--\n{",
            "</b>{",
            "Warning: on line 3{",
        ] {
            let text = unit.repeat(4 * 1024 * 1024 / unit.len()) + "!";
            assert!(object_in(&text).is_err(), "{unit}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_finder_panic(text in r#"(\{"result":1\}|Warning:| on line 3|<!--|-->|[{}\n<>\\ud8": a\x00é]){0,40}"#) {
            let _ = object_in(&text);
        }
    }
}
