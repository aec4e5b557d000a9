//! The demo portal against the portal contract.

/// Order of checks, search and recording.
mod contract;
/// Employees of the demo portal, alone and in a batch.
mod employees;
/// Every fault of the demo portal, on each of the portal's paths.
mod faults;
/// The limits on requests and on operating time.
mod limits;
/// Batches, documentation, changing address books and the record of the demo portal.
mod methods;
/// The application and the authorization server.
mod oauth;
/// Quirks of the demo portal that concern batches and employees.
mod quirks;
/// Sign-in of employees by the portal's own page.
mod sign_in;
/// Employees who are barred, and faults of a sign-in.
mod sign_in_faults;
