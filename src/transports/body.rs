//! The JSON body of a request, within bounds of type, size and time, and of the memory that all of them take together.

use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
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
    _share: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            room: Arc::new(Semaphore::new(limits.all_bodies_bytes.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Bytes of all bodies that are being received or answered.
    pub(super) fn held(&self) -> usize {
        self.limits
            .all_bodies_bytes
            .saturating_sub(self.room.available_permits())
    }

    /// The whole body, if it is JSON by its label.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<ReadBody, Refusal> {
        if !is_json(headers) {
            let message = "the body must be JSON, with the header Content-Type: application/json";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", message));
        }
        let reading = self.received(body);
        tokio::time::timeout(self.limits.body_time, reading)
            .await
            .unwrap_or_else(|_| {
                let message = "the body did not arrive in time";
                Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message))
            })
    }

    /// Takes memory as bytes arrive, so that nobody reserves any by a promise.
    async fn received(&self, body: Body) -> Result<ReadBody, Refusal> {
        let most = self.limits.body_bytes;
        let mut body = Limited::new(body, most);
        let (mut bytes, mut share) = (BytesMut::new(), None::<OwnedSemaphorePermit>);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    let message = format!("a message may have {} KiB at most", most / 1024);
                    return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message);
                }
                Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "body_broken",
                    "the body broke off before its end",
                )
            })?;
            let Ok(data) = frame.into_data() else { continue };
            let more = self.share(data.len())?;
            match share.as_mut() {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            bytes.extend_from_slice(&data);
        }
        Ok(ReadBody {
            bytes: bytes.freeze(),
            _share: share,
        })
    }

    fn share(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Arc::clone(&self.room).try_acquire_many_owned(bytes).map_err(|_| {
            let message = "as much is being received as this server holds at once; try again in a second";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_bytes", message).retry_after(1)
        })
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
