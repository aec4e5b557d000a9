//! The demo portal, held against the portal contract.

/// The demo portal itself, held against the portal contract.
mod contract;
/// Employees of the demo portal, alone and in a batch.
mod employees;
/// Every fault of the demo portal, on each of the portal's paths.
mod faults;
/// Requests a second and operating time, as the demo portal counts them.
mod limits;
/// Batches, documentation, changing address books and the record of the demo portal.
mod methods;
/// The demo's application and authorization server.
mod oauth;
/// Quirks of the demo portal that concern batches and employees.
mod quirks;
