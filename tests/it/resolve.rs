//! The address book: reading it, finding people in it, asking the user.

/// How long the whole book is used, when it is read again, and for whom.
mod books;
/// Books of which a part could not be read.
mod books_in_part;
/// Many callers at once, in virtual time: how long they wait, and what the portal is asked.
mod crowds;
/// Asking the user by a form: who is asked, in which manner, what becomes of each answer.
mod elicitation;
/// How an open form ends without an answer, and the form as a real MCP client shows it.
mod elicitation_end;
/// What a client carries from a call to the next while its user chooses.
mod elicitation_state;
/// Names that strangers forged, in every form that an answer has.
mod forged_names;
/// Names that become recipients, in one request or call by call.
mod names;
/// Walks over rows that cannot be read.
mod odd_walks;
/// Whole lists of the demo portal, read while they change and while the portal fails.
mod readings;
/// How often the right person is found, by a labelled set.
mod recall;
