//! The texts that every language has. All are HTML; a name that goes into one is HTML already.

use super::notice::Notice;

/// The texts of one language.
pub(super) struct Texts {
    /// The link to the start page.
    pub(super) start_link: &'static str,
    /// Stands for a missing name.
    pub(super) no_name: &'static str,
    pub(super) consent: ConsentTexts,
    /// The page that goes on to the portal.
    pub(super) to_portal: GoingOnTexts,
    /// The page that goes back to the client after a refusal.
    pub(super) refused: GoingOnTexts,
    /// What to do if the browser does not go on by itself; an address may follow.
    pub(super) going_on_hint: &'static str,
    pub(super) what_to_do: &'static str,
    /// The label of a reference number.
    pub(super) reference: &'static str,
    pub(super) start: StartTexts,
    pub(super) notice: fn(Notice) -> NoticeTexts,
}

/// The texts of the page that asks whether a client gets access.
pub(super) struct ConsentTexts {
    pub(super) title: &'static str,
    /// The sentence with the client's name.
    pub(super) asks: fn(&str) -> String,
    pub(super) name_is_not_checked: &'static str,
    pub(super) where_the_access_goes: &'static str,
    pub(super) this_computer: &'static str,
    pub(super) application_here: &'static str,
    /// The warning for a program on this computer.
    pub(super) only_just_now: &'static str,
    /// The warning for a website.
    pub(super) only_known_site: &'static str,
    pub(super) what_it_can_read: &'static str,
    pub(super) contacts: &'static str,
    pub(super) employees: &'static str,
    pub(super) read_only: &'static str,
    pub(super) at_which_portal: &'static str,
    pub(super) sign_in_comes_next: &'static str,
    pub(super) allow: &'static str,
    pub(super) refuse: &'static str,
}

/// The texts of a page that sends the browser on.
pub(super) struct GoingOnTexts {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) link: &'static str,
}

/// The texts of a notice.
pub(super) struct NoticeTexts {
    pub(super) title: &'static str,
    pub(super) what_happened: &'static str,
    pub(super) what_to_do: &'static str,
}

/// The texts of the start page.
pub(super) struct StartTexts {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    /// The portal's name follows.
    pub(super) portal: &'static str,
    /// The heading above the employee's connected clients.
    pub(super) connections: &'static str,
    pub(super) sign_in_hint: &'static str,
    pub(super) sign_in: &'static str,
    /// The sentence with the employee's name.
    pub(super) signed_in_as: fn(&str) -> String,
    /// Stands for the name of the employee with this id.
    pub(super) unnamed_employee: fn(u64) -> String,
    pub(super) sign_out: &'static str,
    pub(super) no_connections: &'static str,
    /// A date follows.
    pub(super) connected: &'static str,
    /// A date follows.
    pub(super) renewed: &'static str,
    pub(super) end: &'static str,
    pub(super) end_hint: &'static str,
    /// The heading above the snippets.
    pub(super) connect: &'static str,
    /// The address follows.
    pub(super) connect_hint: &'static str,
    pub(super) claude_code: &'static str,
    pub(super) codex: &'static str,
    pub(super) cursor: &'static str,
    pub(super) vs_code: &'static str,
    pub(super) claude: &'static str,
}
