//! The tokens of clients: the token endpoint, revocation, and the check of each call's token.
