//! The texts in English.

use crate::team::pages::notice::Notice;
use crate::team::pages::wording::{ConsentTexts, GoingOnTexts, NoticeTexts, StartTexts, Texts};

pub(super) const TEXTS: Texts = Texts {
    start_link: "Start page of this server",
    no_name: "(no name)",
    consent: ConsentTexts {
        title: "Allow access to your contacts?",
        asks: |client| format!("A program that calls itself {client} asks for access to your Bitrix24 address book."),
        name_is_not_checked: "The program chose this name itself; nobody has checked it.",
        where_the_access_goes: "The access goes to",
        this_computer: "This computer",
        application_here: "An application on this computer",
        only_just_now: "Allow only if you started this sign-in on this computer just now.",
        only_known_site: "Allow only if you know this website and started this sign-in there just now.",
        what_it_can_read: "It will be able to read",
        contacts: "names and addresses of your mail contacts",
        employees: "names and addresses of your company’s employees",
        read_only: "It can change nothing, and it does not see your messages.",
        at_which_portal: "On the portal",
        sign_in_comes_next: "You sign in there in the next step. This server does not see your password.",
        allow: "Allow",
        refuse: "Refuse",
    },
    to_portal: GoingOnTexts {
        title: "Sign in at the portal",
        text: "Your browser goes on to your Bitrix24 portal.",
        link: "Go on to the portal",
    },
    refused: GoingOnTexts {
        title: "You refused the access",
        text: "The program got no access. Your browser goes back to it now, so that it learns of your decision.",
        link: "Back to the program",
    },
    going_on_hint: "If nothing happens, use the button.",
    what_to_do: "What to do",
    reference: "Reference number for the administrator",
    start: StartTexts {
        title: "Your Bitrix24 contacts for your assistant",
        about: "Assistants that draft mail use this server to find the recipients in your own Bitrix24 address book. It only \
                reads, and everybody sees only their own address book.",
        portal: "Portal:",
        connections: "Your connected programs",
        sign_in_hint: "Sign in to see which programs have access to your address book, and to end it. To connect a \
                       program you need not sign in here.",
        sign_in: "Sign in",
        signed_in_as: |employee| format!("You are signed in as {employee}."),
        unnamed_employee: |id| format!("employee {id}"),
        sign_out: "Sign out",
        no_connections: "No program has access to your address book.",
        connected: "Connected:",
        renewed: "Access last renewed:",
        end: "End access",
        end_hint: "A program whose access has ended gets no answer from its next call on.",
        connect: "Connect a program",
        connect_hint: "Add this address to your program. The program opens a browser, in which you sign in at the portal. \
                       No token is needed.",
        claude_code: "Run this in a terminal. Then enter <code>/mcp</code> in Claude Code, choose this server, and sign in.",
        codex: "Run this in a terminal; the sign-in opens by itself. To sign in again later: \
                <code>codex mcp login bitrix24-mail</code>.",
        cursor: "Add this to <code>~/.cursor/mcp.json</code>. Then sign in beside the server’s name in Cursor’s settings.",
        vs_code: "Add this to <code>.vscode/mcp.json</code>. VS Code offers the sign-in when it starts the server.",
        claude: "In the settings, under Connectors, add a custom connector with this address. It works only if the address \
                 can be reached from the internet.",
    },
    notice,
};

fn notice(notice: Notice) -> NoticeTexts {
    let (title, what_happened, what_to_do) = match notice {
        Notice::UnknownClient => (
            "This server does not know the program",
            "The program that opened this page is not registered here. Its registration may have expired.",
            "Remove this server from the program’s settings and add it again. Then sign in again.",
        ),
        Notice::WrongRedirectAddress => (
            "The program’s address does not fit",
            "The program wants the access sent to an address that it has not registered. Nothing was sent.",
            "If you opened this page by a link from somebody, close it. If you started the sign-in yourself, remove this \
             server from the program’s settings, add it again, and sign in again.",
        ),
        Notice::MalformedRequest => (
            "The request cannot be read",
            "A part of the request is missing, occurs twice, or has a wrong form.",
            "Start the sign-in again in your program. If this page comes back, update the program.",
        ),
        Notice::TooManySignIns => (
            "Too many sign-ins",
            "Very many sign-ins from your network have begun and are not finished.",
            "Wait ten minutes. Then start the sign-in again where you began it.",
        ),
        Notice::Expired => (
            "This sign-in is over",
            "A sign-in works once and for ten minutes. This one is too old or has been used.",
            "Start the sign-in again where you began it.",
        ),
        Notice::OtherBrowser => (
            "The sign-in began in another browser",
            "This browser did not begin the sign-in, or it keeps no cookies of this server. Nothing was sent.",
            "If you did not start a sign-in, close this page. If you did, start it again where you began it, allow cookies, \
             and stay in one browser until the end.",
        ),
        Notice::FormRefused => (
            "The form was not accepted",
            "It was sent twice or too late, it came from another page or browser, or this server was opened at another address \
             than its own. Nothing was changed.",
            "Start again: in your program, or on the start page at the address that your administrator gave you.",
        ),
        Notice::PortalTrouble { .. } => (
            "The portal did not complete the sign-in",
            "The Bitrix24 portal did not answer, or not as it should.",
            "Try again: start the sign-in again where you began it. If this page comes back, send the reference number to \
             the administrator of this server.",
        ),
        Notice::ApplicationRefused { .. } => (
            "The portal does not accept this server",
            "The Bitrix24 portal refuses the application that this server signs you in with. It may have been removed or \
             changed.",
            "Send the reference number to the administrator of this server.",
        ),
        Notice::AnotherPortal => (
            "This is another portal",
            "You signed in at a Bitrix24 portal that this server is not for.",
            "Sign out of that portal. Then start the sign-in again, and use your account of the portal that the first \
             page names.",
        ),
        Notice::NotAllowed => (
            "Your account may not use this server",
            "The portal does not let your account use the application: the account is closed, or it is not on the \
             application’s list.",
            "Ask the administrator of your portal to give your account access to the application.",
        ),
        Notice::StoreTrouble { .. } => (
            "This server cannot continue now",
            "Something that it needs for this does not answer. Existing sign-ins are not lost.",
            "Try again in a minute. If this page comes back, send the reference number to the administrator of this \
             server.",
        ),
        Notice::ServerTrouble { .. } => (
            "This server has failed",
            "The request could not be carried out.",
            "Try again in a minute. If this page comes back, send the reference number to the administrator of this \
             server.",
        ),
    };
    NoticeTexts {
        title,
        what_happened,
        what_to_do,
    }
}
