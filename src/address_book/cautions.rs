//! The cautions of a contact: suspicious or unusable parts of its name or address. Pure.
//!
//! Names and addresses come from mail headers, so a stranger may have written them: `"boss@contoso.com"
//! <thief@evil.example>`. A caution states a fact and forbids nothing. A rule that cannot distinguish a forgery from an
//! ordinary contact adds no caution, since a reader of many false alarms stops reading. The rules are tuned on
//! `cautions/labelled.tsv` and measured on `labelled.held_out.tsv`.
//!
//! | caution | decided from | in |
//! |---|---|---|
//! | `hidden_characters_removed`, `text_cut`, `address_missing` | the cleaning of the text | `listing` |
//! | `name_shows_other_address` | the name, and the local part of the address | `shown_address`, `local_part` |
//! | `name_is_not_a_name` | the name, and the local part of the address | `markup`, `instructions` |
//! | `lookalike_domain` | the domain, against the other domains of the book | `domains`, `lookalike` |
//! | `mixed_scripts_in_name`, `…_address`, `…_domain` | a word, the local part, a label | `scripts` |
//! | `address_invalid` | the address | `address` |
//! | `same_name_other_address` | the whole page, and the whole book | `same_names`, `index::namesakes` |
//!
//! `tables`, `lures` and `phrases` are data; `look` decides which letters look alike; `registrable` splits a host.

mod address;
mod caution;
mod domains;
mod instructions;
mod local_part;
mod look;
mod lookalike;
mod lures;
mod markup;
mod phrases;
mod registrable;
mod same_names;
mod scripts;
mod shown_address;
mod tables;
#[cfg(test)]
mod tests;

pub(super) use address::MAX_ADDRESS;
pub use caution::Caution;
pub(super) use domains::{BookDomains, DomainJudge};
pub(super) use registrable::{are_of_one_owner, labels_of_owner};
pub(super) use same_names::{key_of_name, same_names};

/// The cautions of one contact, in the order of the enum and each caution once.
///
/// `name` and `email` are cleaned already; an empty `email` is no address. The result never has the three cautions of
/// the cleaning, nor [`Caution::SameNameOtherAddress`], which needs the other contacts.
pub(super) fn of_contact(name: Option<&str>, email: &str, domains: &mut DomainJudge<'_>) -> Vec<Caution> {
    let mut cautions = Vec::new();
    let name = name.unwrap_or_default();
    let (local, domain) = address::split(email).unwrap_or((email, ""));
    if shown_address::shows_other_address(name, email) || local_part::shows_other_address(local, domain, domains.book())
    {
        cautions.push(Caution::NameShowsOtherAddress);
    }
    // A missing address has its own caution, from the cleaning.
    if !email.is_empty() {
        cautions.extend(domains.cautions(email));
        if scripts::mix_in_local_part(local, domain) {
            cautions.push(Caution::MixedScriptsInAddress);
        }
        if !address::is_plausible_apart_from_its_host(email) {
            cautions.push(Caution::AddressInvalid);
        }
    }
    if scripts::mix_in_name(name) {
        cautions.push(Caution::MixedScriptsInName);
    }
    if markup::is_in(name) || instructions::are_in(name) || instructions::are_in(local) {
        cautions.push(Caution::NameIsNotAName);
    }
    cautions.sort_unstable();
    cautions.dedup();
    cautions
}
