//! A server that a team shares: each employee signs in with their own Bitrix24 account, and each call sees the address
//! book of its own employee.

mod answer;
mod client_metadata;
mod clients;
mod cookie;
mod documents;
mod employee_id;
mod measurements;
mod pages;
mod parameters;
mod public_url;
mod request;
mod secret_value;
mod server_key;
mod settings;
mod sign_in;
mod start_page;
mod store;
mod tokens;

pub use answer::Answer;
pub use client_metadata::{InvalidHosts, MetadataHosts};
pub use cookie::SetCookie;
pub use employee_id::EmployeeId;
pub use public_url::PublicUrl;
pub use request::Request;
pub use secret_value::{Digest, NoRandomNumbers};
pub use server_key::{InvalidServerKey, Pair, ServerKeys};
pub use settings::{Lifetimes, Settings};
pub use store::sqlite::{OpenError, SqliteStore};
pub use store::{Operation, Store, Unavailable, records};
