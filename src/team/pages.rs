//! The pages that people see in a browser, in English and Russian.
//!
//! A page holds no script and loads nothing, so the header `Content-Security-Policy` forbids both. Every text from
//! outside is escaped, and a name that a client claims is cleaned, cut and isolated from the text around it. Forms and
//! links to this server have no host. So a form of a page that was opened at another address of the server gets a page
//! that says so; `form-action 'self'` would block a full address without a word.
//!
//! | file | content |
//! |---|---|
//! | `language.rs` | the language of a browser, by `Accept-Language` |
//! | `texts.rs`, `wording.rs` | all words of all pages, one file per language |
//! | `layout.rs`, `style.css` | the frame of every page |
//! | `markup.rs` | escaping |
//! | `consent.rs` | the question whether a client gets access |
//! | `going_on.rs` | the page that sends the browser on |
//! | `notice.rs`, `notice_page.rs` | what can end a sign-in, and the page that says so |
//! | `start.rs`, `snippets.rs` | the start page |

mod consent;
mod going_on;
mod language;
mod layout;
mod markup;
mod notice;
mod notice_page;
mod snippets;
mod start;
#[cfg(test)]
mod tests;
mod texts;
mod wording;

pub(super) use consent::{Consent, consent};
pub(super) use going_on::{GoingOn, going_on};
pub(super) use language::Language;
pub use layout::style_hash;
pub use markup::escaped;
pub(super) use notice::{Notice, Reference};
pub(super) use notice_page::notice;
pub(super) use start::{SignedIn, Start, start};
