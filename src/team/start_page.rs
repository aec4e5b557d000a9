//! The start page: what this server is, and, after signing in, the clients that are connected.
