//! The metrics of sign-ins and refreshes. No label holds a name, an id or a token.
