//! The JSON body of a request, within bounds of type, size and time, and of the memory that all of them take together.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::http::Limits;
use super::refusal::Refusal;

/// Reads bodies; those that are read and answered at the same time share [`Limits::all_bodies_bytes`].
#[derive(Debug)]
pub(super) struct Bodies {
    limits: Limits,
    room: Arc<Semaphore>,
}

/// A body, with its share of the memory until it is dropped.
#[derive(Debug)]
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    _share: OwnedSemaphorePermit,
}

impl Bodies {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            room: Arc::new(Semaphore::new(limits.all_bodies_bytes.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// The whole body, if it is JSON by its label.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<ReadBody, Refusal> {
        if !is_json(headers) {
            let message = "the body must be JSON, with the header Content-Type: application/json";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message));
        }
        let most = self.limits.body_bytes;
        let too_large = || {
            let message = format!("a message may have {} KiB at most", most / 1024);
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
        };
        // Who does not tell the length may need all that one body may have.
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok());
        let needed: usize = announced.unwrap_or(most);
        if needed > most {
            return Err(too_large());
        }
        let share = u32::try_from(needed).unwrap_or(u32::MAX);
        let share = Arc::clone(&self.room).try_acquire_many_owned(share).map_err(|_| {
            let message = "as much is being received as this server holds at once; try again in a second";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_bytes", message).retry_after(1)
        })?;
        let reading = Limited::new(body, most).collect();
        match tokio::time::timeout(self.limits.body_time, reading).await {
            Ok(Ok(body)) => Ok(ReadBody {
                bytes: body.to_bytes(),
                _share: share,
            }),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => {
                let message = "the body broke off before its end";
                Err(Refusal::new(StatusCode::BAD_REQUEST, "body_broken", message))
            }
            Err(_) => {
                let message = "the body did not arrive in time";
                Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message))
            }
        }
    }
}

/// Also guards against web pages: without a preflight request they cannot send this type.
fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        return false;
    };
    let essence = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
