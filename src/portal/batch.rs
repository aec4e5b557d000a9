//! Several calls in one request, by REST 3.0's `batch`.
//!
//! The portal runs a batch all or nothing: an unknown method, or the first item that fails, becomes the reply to the
//! whole batch. [`Failed::blame`] says whether a smaller request may succeed. See
//! <https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch-v3.html>.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::attempt::Progress;
use super::caller::{Caller, Terms};
use super::error::{Error, Speaker, Unreadable};
use super::failed::Failed;
use super::limits::Arrival;
use super::loose::First;
use super::request::Method;

/// The most calls in one batch, as in Bitrix24's SDKs.
pub const MAX_CALLS: usize = 50;

/// One call of a batch: any method but `batch` itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The method's parameters, a JSON object.
    pub parameters: Value,
}

impl Call {
    fn item(&self) -> Value {
        json!({"method": self.method.as_str(), "query": self.parameters})
    }
}

/// Makes all `calls` in one request; see [`Portal::call_all`](super::Portal::call_all).
///
/// # Errors
/// [`Failed`].
pub(super) async fn call_all<T: DeserializeOwned>(
    caller: &Caller,
    arrival: Arrival,
    calls: &[Call],
) -> Result<(Vec<T>, Duration), Failed> {
    let terms = Terms {
        arrival,
        can_be_split: calls.len() != 1,
        ..caller.terms()
    };
    let mut progress = Progress::default();
    if let [call] = calls {
        let result = caller.call(terms, call.method, &call.parameters, &mut progress).await?;
        return Ok((vec![result], progress.last_request));
    }
    let items: Value = calls.iter().map(Call::item).collect();
    let results: First<T, MAX_CALLS> = caller.call(terms, Method::Batch, &items, &mut progress).await?;
    if results.count != calls.len() {
        return Err(wrong_length().into());
    }
    Ok((results.items, progress.last_request))
}

/// The error for a list of results that is not as long as the list of calls: no result can be assigned to its call.
pub(super) fn wrong_length() -> Error {
    Error::Unreadable {
        from: Speaker::Portal,
        http_status: 200,
        reason: Unreadable::Shape,
    }
}
