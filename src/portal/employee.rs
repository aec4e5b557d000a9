//! The access of one employee who has signed in to a team server.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::error::Error;
use super::person::Person;

/// An employee who has signed in, and the tokens that calls for this employee use. A clone is the same employee.
#[derive(Debug, Clone)]
pub struct Employee {
    /// The person: the key of everything that is kept for this employee.
    pub person: Person,
    /// The employee's tokens.
    pub tokens: Arc<dyn EmployeeTokens>,
}

/// The tokens of one employee, kept by the team's store.
pub trait EmployeeTokens: Debug + Send + Sync {
    /// The access token to use now.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] if the sign-in has ended, or why the token cannot be read or had.
    fn access(&self) -> BoxFuture<'_, Result<SecretString, Error>>;

    /// Makes sure that the token to use is not `rejected`, by a refresh if needed. A call may end before the returned
    /// future: an implementation that exchanges tokens must not lose them then.
    ///
    /// # Errors
    /// The failure of the refresh. Fails if no other token can be had.
    fn refresh<'a>(&'a self, rejected: &'a SecretString) -> BoxFuture<'a, Result<(), Error>>;

    /// Called with the reason after the portal has refused a call for good. If
    /// [`is_about_the_employee`](Error::is_about_the_employee), the sign-in is to be ended.
    fn refused<'a>(&'a self, reason: &'a Error) -> BoxFuture<'a, ()>;
}
