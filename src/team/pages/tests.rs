//! Checks of all pages in both languages.

use super::*;
use crate::team::answer::Answer;

const LANGUAGES: [Language; 2] = [Language::English, Language::Russian];

/// Every notice.
fn notices() -> Vec<Notice> {
    let reference = Reference::random();
    vec![
        Notice::UnknownClient,
        Notice::WrongRedirectAddress,
        Notice::MalformedRequest,
        Notice::TooManySignIns,
        Notice::Expired,
        Notice::OtherBrowser,
        Notice::FormRefused,
        Notice::PortalTrouble { reference },
        Notice::ApplicationRefused { reference },
        Notice::AnotherPortal,
        Notice::NotAllowed,
        Notice::StoreTrouble { reference },
        Notice::ServerTrouble { reference },
    ]
}

fn notice_html(language: Language, about: Notice) -> String {
    let Answer::Page { html, .. } = notice(language, about) else {
        unreachable!("a notice is a page")
    };
    html
}
