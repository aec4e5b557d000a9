//! Every page, with the given texts from outside.

use crate::portal::EmployeeId;
use crate::team::answer::Answer;
use crate::team::pages::{
    Consent, GoingOn, Language, Notice, Reference, SignedIn, Start, consent, going_on, notice, start,
};
use crate::team::store::records::GrantLine;

pub(super) const LANGUAGES: [Language; 2] = [Language::English, Language::Russian];

/// The texts from outside.
#[derive(Clone)]
pub(super) struct Words {
    pub(super) client_name: String,
    pub(super) employee_name: String,
    pub(super) handle: String,
    /// A redirect address.
    pub(super) address: String,
}

pub(super) static HARMLESS: std::sync::LazyLock<Words> = std::sync::LazyLock::new(|| Words {
    client_name: "Claude Code (bitrix24-mail)".to_owned(),
    employee_name: "Anna Petrova".to_owned(),
    handle: "b24h_handle".to_owned(),
    address: "https://example.com/callback".to_owned(),
});

impl Words {
    pub(super) fn all(&self) -> [&String; 4] {
        [&self.client_name, &self.employee_name, &self.handle, &self.address]
    }
}

/// Every notice.
pub(super) fn notices() -> Vec<Notice> {
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

pub(super) fn notice_html(language: Language, about: Notice) -> String {
    match notice(language, about) {
        Answer::Page { html, .. } => html,
        other => panic!("{other:?} is no page"),
    }
}

/// The consent page for a code that goes to `address`.
pub(super) fn consent_to(language: Language, address: &str) -> String {
    consent_for(
        language,
        &Words {
            address: address.to_owned(),
            ..HARMLESS.clone()
        },
    )
}

fn consent_for(language: Language, words: &Words) -> String {
    let asked = Consent {
        client_name: &words.client_name,
        redirect_uri: &words.address,
        portal: &"https://company.bitrix24.example".parse().unwrap(),
        handle: &words.handle,
    };
    consent(language, &asked)
}

fn start_for(language: Language, employee: Option<SignedIn<'_>>) -> String {
    let shown = Start {
        url: &"https://mcp.example.com".parse().unwrap(),
        portal: &"https://company.bitrix24.example".parse().unwrap(),
        employee,
    };
    start(language, &shown)
}

/// The name and the HTML of every page.
pub(super) fn all_pages(language: Language, words: &Words) -> Vec<(String, String)> {
    let here = |address: &str| Words {
        address: address.to_owned(),
        ..words.clone()
    };
    let line = |grant, client_name: &str| GrantLine {
        grant,
        employee: EmployeeId {
            member_id: "portal".into(),
            user_id: 7,
        },
        name: words.employee_name.clone(),
        client_name: client_name.to_owned(),
        created_at: 1_790_000_000,
        used_at: 1_790_300_000,
    };
    let grants = [line(1, &words.client_name), line(2, "Codex"), line(3, "")];
    let signed_in = |name, grants| {
        let employee = SignedIn {
            name,
            user_id: 7,
            grants,
        };
        start_for(language, Some(employee))
    };
    let mut pages = vec![
        ("consent-site", consent_for(language, words)),
        (
            "consent-loopback",
            consent_for(language, &here("http://127.0.0.1:33418/")),
        ),
        (
            "consent-own-scheme",
            consent_for(language, &here("cursor://anysphere.cursor-mcp/oauth/callback")),
        ),
        (
            "to-portal",
            going_on(
                language,
                "https://company.bitrix24.example/oauth/authorize/?client_id=local.1&state=b24s_x",
                GoingOn::ToPortal,
            ),
        ),
        ("refused", going_on(language, &words.address, GoingOn::BackToClient)),
        ("start", start_for(language, None)),
        ("start-signed-in", signed_in(&words.employee_name, &grants)),
        ("start-no-connections", signed_in("", &[])),
    ]
    .into_iter()
    .map(|(name, html)| (name.to_owned(), html))
    .collect::<Vec<_>>();
    pages.extend(notices().into_iter().map(|about| {
        let words = format!("{about:?}");
        let name = words.split([' ', '(']).next().unwrap();
        (format!("notice-{name}"), notice_html(language, about))
    }));
    pages
}
