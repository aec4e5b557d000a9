//! The address book: reading it, finding people in it, and letting the user choose.

/// How long the whole book is used, when it is read again, and which callers share a reading.
mod books;
/// Address books that could be read only in part.
mod books_in_part;
/// Many callers at once, in virtual time: how long they wait, and which requests the portal gets.
mod crowds;
/// Forms that let the user choose: when and how they are shown, and what each answer does.
mod elicitation;
/// How an open form ends without an answer, and the form as a real MCP client shows it.
mod elicitation_end;
/// The state of a question to an employee.
mod elicitation_of_employees;
/// The state that a client returns with the user's choice in its next call.
mod elicitation_state;
/// Names that strangers forged, in every output format.
mod forged_names;
/// Names that become recipients, on portals with and without batch.
mod names;
/// Walks over rows that cannot be read.
mod odd_walks;
/// Whole lists of the demo portal, read while they change and while the portal fails.
mod readings;
/// How often the right person is found in a labelled set.
mod recall;
