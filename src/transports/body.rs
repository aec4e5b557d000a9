//! The JSON body of a request, within bounds of type, size and time, and of the memory that all of them take together.
//!
//! One caller's bodies leave room for those of all others: it may hold one [`PART`]th of the memory, beside the first
//! [`ORDINARY`] bytes of each body, and have as many bodies under way as calls may run.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::guard::{Share, Shares};
use super::http::Limits;
use super::refusal::Refusal;

/// One caller may hold this part of [`Limits::all_bodies_bytes`], and one whole body in any case.
const PART: usize = 8;

/// Bytes of each body that its caller's share does not count: a call has a few hundred, fifty names a few thousand. So
/// large bodies that arrive slowly do not lock out other users of the same address, such as that of a proxy.
const ORDINARY: usize = 8 * 1024;

/// Reads bodies; those that are read and answered at the same time share [`Limits::all_bodies_bytes`].
#[derive(Debug)]
pub(super) struct Bodies {
    limits: Limits,
    room: Arc<Semaphore>,
    /// Bytes of each caller.
    parts: Arc<Shares>,
    /// Bodies of each caller that have not arrived as a whole.
    arriving: Arc<Shares>,
}

/// A body, with its part of the memory until it is dropped.
#[derive(Debug)]
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    memory: Memory,
}

impl ReadBody {
    /// Puts a shorter text in the place of the body, and gives back the memory that it no longer needs.
    pub(super) fn shorten(&mut self, text: Vec<u8>) {
        let (before, after) = (self.bytes.len(), text.len());
        // A text of its own size: the vector may have room for the whole body.
        self.bytes = Bytes::from(text.into_boxed_slice());
        let freed = before.saturating_sub(after);
        drop(self.memory.of_all.as_mut().and_then(|all| all.split(freed)));
        self.memory.of_caller.shrink(counted(after, freed));
    }
}

/// What a body takes of the memory.
#[derive(Debug)]
struct Memory {
    of_all: Option<OwnedSemaphorePermit>,
    of_caller: Share,
}

impl Bodies {
    pub(super) fn new(limits: Limits) -> Self {
        let part = (limits.all_bodies_bytes / PART).max(limits.body_bytes);
        Self {
            limits,
            room: Arc::new(Semaphore::new(limits.all_bodies_bytes.min(Semaphore::MAX_PERMITS))),
            parts: Shares::new(part),
            arriving: Shares::new(limits.running_calls),
        }
    }

    /// Bytes of all bodies that are being received or answered.
    pub(super) fn held(&self) -> usize {
        self.limits
            .all_bodies_bytes
            .saturating_sub(self.room.available_permits())
    }

    /// The whole body, if it is JSON by its label.
    pub(super) async fn read(&self, caller: IpAddr, headers: &HeaderMap, body: Body) -> Result<ReadBody, Refusal> {
        check_label(headers)?;
        let Some(_arriving) = self.arriving.take(Some(caller)) else {
            return Err(too_much_of_one("too_many_bodies_of_one"));
        };
        let reading = self.received(caller, body);
        tokio::time::timeout(self.limits.body_time, reading)
            .await
            .unwrap_or_else(|_| {
                let message = "the body did not arrive in time";
                Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message))
            })
    }

    /// Takes memory as bytes arrive, so that nobody reserves any by a promise.
    async fn received(&self, caller: IpAddr, body: Body) -> Result<ReadBody, Refusal> {
        let most = self.limits.body_bytes;
        let mut body = Limited::new(body, most);
        let mut bytes = BytesMut::new();
        let mut memory = Memory {
            of_all: None,
            of_caller: self.parts.empty(Some(caller)),
        };
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
            self.take(&mut memory, bytes.len(), data.len())?;
            bytes.extend_from_slice(&data);
        }
        Ok(ReadBody {
            bytes: bytes.freeze(),
            memory,
        })
    }

    /// Takes memory for `more` bytes behind the first `before`.
    fn take(&self, memory: &mut Memory, before: usize, more: usize) -> Result<(), Refusal> {
        if !memory.of_caller.grow(counted(before, more)) {
            return Err(too_much_of_one("too_many_bytes_of_one"));
        }
        let permits = u32::try_from(more).unwrap_or(u32::MAX);
        let taken = Arc::clone(&self.room).try_acquire_many_owned(permits);
        let taken = taken.map_err(|_| {
            let message = "as much is being received as this server holds at once; try again in a second";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_bytes", message).retry_after(1)
        })?;
        match memory.of_all.as_mut() {
            Some(all) => all.merge(taken),
            None => memory.of_all = Some(taken),
        }
        Ok(())
    }
}

/// How many of `more` bytes behind the first `before` a caller's share counts.
fn counted(before: usize, more: usize) -> usize {
    (before + more).saturating_sub(before.max(ORDINARY))
}

fn too_much_of_one(reason: &'static str) -> Refusal {
    let message = "as much is being received from your address as one may send at once; try again in a second";
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason, message).retry_after(1)
}

/// Types of a JSON-RPC message. A web page cannot send them without a preflight request, which guards against pages too.
const JSON: [&str; 3] = ["application/json", "application/json-rpc", "application/jsonrequest"];

/// What the headers say about the body: JSON, in UTF-8, and nothing packed.
fn check_label(headers: &HeaderMap) -> Result<(), Refusal> {
    let refused = |reason, message| Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason, message));
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let kind = match (kinds.next(), kinds.next()) {
        (Some(kind), None) => kind.to_str().unwrap_or_default().to_ascii_lowercase(),
        _ => String::new(),
    };
    let (essence, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
    if !JSON.contains(&essence.trim()) {
        return refused(
            "not_json",
            "the body must be JSON, with the header Content-Type: application/json",
        );
    }
    let mut charsets = parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix("charset="));
    if charsets.any(is_wide) {
        return refused(
            "not_utf8",
            "the body must be UTF-8, as JSON is everywhere; this Content-Type names another charset",
        );
    }
    if codings(headers, CONTENT_ENCODING).any(|coding| coding != "identity") {
        return refused(
            "encoded_body",
            "the body must not be compressed; send it without Content-Encoding",
        )
        .map_err(|refusal| refusal.accept_encoding("identity"));
    }
    if codings(headers, TRANSFER_ENCODING).any(|coding| coding != "chunked") {
        return Err(Refusal::new(
            StatusCode::NOT_IMPLEMENTED,
            "encoded_body",
            "the body must not be compressed; this server knows no Transfer-Encoding but chunked",
        ));
    }
    Ok(())
}

/// Charsets of two or four bytes a letter, which no reader of UTF-8 makes sense of.
fn is_wide(charset: &str) -> bool {
    let charset = charset.trim_matches(['"', ' ']);
    ["utf-16", "utf16", "utf-32", "utf32", "ucs-2", "ucs-4"]
        .iter()
        .any(|wide| charset.starts_with(wide))
}

/// The entries of a header that is a list, in lower case.
fn codings(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = String> {
    let values = headers.get_all(name).iter();
    let entries = values.flat_map(|value: &HeaderValue| value.as_bytes().split(|byte| *byte == b','));
    let entries = entries.map(|entry| String::from_utf8_lossy(entry.trim_ascii()).to_ascii_lowercase());
    entries.filter(|entry| !entry.is_empty())
}
