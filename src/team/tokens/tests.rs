//! Tests of the tokens over a demo portal: from the code to the end of a sign-in.

mod access;
mod codes;
mod ended;
mod operation;
mod portal_refresh;
mod portal_trouble;
mod refresh_tokens;
mod rekeying;
mod revoked;
mod support;
mod two_servers;
