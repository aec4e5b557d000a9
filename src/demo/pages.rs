//! The pages that the demo portal shows to people: the sign-in page, the page of a signed-in employee, and messages.
//! Pure.
//!
//! They need no script and no other file.

use super::answer::Answer;
use super::people::Person;

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#eef2f6;--card:#fff;--text:#1d2733;--soft:#526070;--line:#c9d3de;--accent:#0b66c3}\
@media(prefers-color-scheme:dark){:root{--page:#12171d;--card:#1c232c;--text:#e8edf3;--soft:#a3b0be;--line:#3b4754;\
--accent:#7cb8ff}}\
*{box-sizing:border-box}\
body{margin:0;padding:1.5rem 1rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}\
main{max-width:26rem;margin:6vh auto 0;padding:1.5rem;background:var(--card);border:1px solid var(--line);\
border-radius:.75rem}\
h1{margin:0 0 .5rem;font-size:1.375rem;line-height:1.25}\
p{margin:0 0 1rem;color:var(--soft)}\
button,input{width:100%;padding:.75rem 1rem;font:inherit;color:inherit;background:transparent;\
border:1px solid var(--line);border-radius:.5rem}\
button{margin:0 0 .625rem;text-align:left;cursor:pointer}\
button:hover{border-color:var(--accent);color:var(--accent)}\
button:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}\
label{display:block;margin:.75rem 0 .25rem;color:var(--soft)}\
input{margin:0 0 .625rem}";

/// The sign-in page: a button for each employee, and a field for the number of any other. `kept` goes on with the form.
pub(super) fn sign_in(people: &[Person], has_others: bool, kept: &[(&str, String)]) -> Answer {
    let hidden: String = kept
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
        .collect();
    let buttons: String = people
        .iter()
        .map(|person| {
            let name = escaped(&person.full_name());
            format!("<button name=\"user\" value=\"{}\">{name}</button>", person.user)
        })
        .collect();
    let form = |fields: &str| format!("<form method=\"post\" action=\"/oauth/sign-in\">{hidden}{fields}</form>");
    let mut content = "<h1>Sign in to the demo portal</h1>\
        <p>This page stands for the sign-in page of your company’s Bitrix24. It asks for no password: choose \
        your name.</p>"
        .to_owned();
    content += &form(&buttons);
    if has_others {
        content += &form(
            "<label for=\"user\">Number of another employee</label>\
            <input id=\"user\" name=\"user\" inputmode=\"numeric\" autocomplete=\"off\" required>\
            <button>Sign in</button>",
        );
    }
    page(200, "Sign in", &content)
}

/// The page for a browser that is signed in.
pub(super) fn signed_in(name: &str) -> Answer {
    let content = format!(
        "<h1>Demo portal</h1><p>{} is signed in to the demo portal in this browser. To sign in as another employee, \
        sign out first.</p><form method=\"post\" action=\"/oauth/sign-out\"><button>Sign out</button></form>",
        escaped(name)
    );
    page(200, "Demo portal", &content)
}

/// A page that says why the portal does not go on.
pub(super) fn message(status: u16, text: &str) -> Answer {
    let text = escaped(text);
    page(
        status,
        &text,
        &format!("<h1>{text}</h1><p>This is the demo portal.</p>"),
    )
}

fn page(status: u16, title: &str, content: &str) -> Answer {
    Answer::html(
        status,
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
            <title>{title}</title><style>{STYLE}</style></head><body><main>{content}</main></body></html>"
        ),
    )
}

/// Text as HTML, inside or outside of an attribute.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
