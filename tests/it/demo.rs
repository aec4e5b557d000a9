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
