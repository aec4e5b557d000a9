//! What is odd about a harvested contact. Pure: no clock, no network, no portal.
//!
//! Names and addresses come from mail headers, so a stranger writes them: `"boss@contoso.com" <thief@evil.example>`.
//! A caution states what is odd and forbids nothing. Where a rule cannot tell a forgery from an ordinary contact it is
//! silent, since a reader who sees many false alarms stops reading. The labelled set is `cautions/labelled.tsv`;
//! `labelled.held_out.tsv` measures it.
//!
//! | caution | decided from | by |
//! |---|---|---|
//! | `hidden_characters_removed`, `text_cut`, `address_missing` | the cleaning of the text | the caller |
//! | `name_shows_other_address` | the name, and the local part of the address | `names`, `local_part` |
//! | `name_is_not_a_name` | the name, and the local part of the address | `names`, `instructions` |
//! | `lookalike_domain` | the domain, against the book's others | `domains` |
//! | `mixed_scripts_in_name`, `…_address`, `…_domain` | a word, the local part, a label | `scripts` |
//! | `address_invalid` | the address | `address` |
//! | `same_name_other_address` | the whole listing, and the whole book | [`same_names`], `index::namesakes` |

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

/// What is odd about one contact, in the order of the enum and each caution once.
///
/// `name` and `email` are cleaned already; `None` is a contact without a name, an empty `email` one without an address.
/// Never says the three cautions of the cleaning, nor [`Caution::SameNameOtherAddress`], which needs the listing.
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
