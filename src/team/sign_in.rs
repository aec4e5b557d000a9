//! A sign-in: the request of a client, the consent, the way to the portal and back.
