//! Reads the body of a request, within limits of type, size and time, and of the memory that all bodies share.
//!
//! One caller cannot occupy all of that memory: a caller may hold a [`CALLER_PART`]th of it, not counting the first
//! [`UNCOUNTED_BYTES`] of each body, and may send as many bodies at the same time as calls may run.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::guard::{CallerKey, CallerQuota, Reservation};
use super::limits::Limits;
use super::refusal::Refusal;

/// One caller may hold [`Limits::all_bodies_bytes`] divided by this number, but at least one whole body.
const CALLER_PART: usize = 8;

/// Bytes at the start of each body that do not count for its caller. A call has a few hundred bytes, a call with fifty
/// names a few thousand. So large bodies that arrive slowly do not keep out other users with the same address, such as
/// users behind a proxy.
const UNCOUNTED_BYTES: usize = 8 * 1024;

/// Reads bodies. All bodies that are being received or answered share [`Limits::all_bodies_bytes`].
#[derive(Debug)]
pub(super) struct BodyReader {
    limits: Limits,
    /// One permit for each byte of memory that is free.
    free_bytes: Arc<Semaphore>,
    /// Bytes that each caller holds.
    bytes_per_caller: Arc<CallerQuota>,
    /// Bodies of each caller that are still arriving.
    arriving_per_caller: Arc<CallerQuota>,
}

/// A body, and the memory that is reserved for it until this value is dropped.
#[derive(Debug)]
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    memory: ReservedMemory,
}

impl ReadBody {
    /// Replaces the body by a shorter text and releases the memory that is no longer needed.
    pub(super) fn shorten(&mut self, text: Vec<u8>) {
        let (before, after) = (self.bytes.len(), text.len());
        // `into_boxed_slice` frees the spare capacity of the vector, which may be as large as the whole body.
        self.bytes = Bytes::from(text.into_boxed_slice());
        let freed = before.saturating_sub(after);
        drop(self.memory.of_all.as_mut().and_then(|all| all.split(freed)));
        self.memory.of_caller.shrink(counted(after, freed));
    }
}

/// The memory that is reserved for one body.
#[derive(Debug)]
struct ReservedMemory {
    of_all: Option<OwnedSemaphorePermit>,
    of_caller: Reservation,
}

impl BodyReader {
    pub(super) fn new(limits: Limits) -> Self {
        let max_per_caller = (limits.all_bodies_bytes / CALLER_PART).max(limits.body_bytes);
        Self {
            limits,
            free_bytes: Arc::new(Semaphore::new(limits.all_bodies_bytes.min(Semaphore::MAX_PERMITS))),
            bytes_per_caller: CallerQuota::new(max_per_caller),
            arriving_per_caller: CallerQuota::new(limits.running_calls),
        }
    }

    /// Bytes of all bodies that are being received or answered.
    pub(super) fn bytes_in_use(&self) -> usize {
        self.limits
            .all_bodies_bytes
            .saturating_sub(self.free_bytes.available_permits())
    }

    /// Reads the whole body of a message, if the headers declare JSON.
    pub(super) async fn read(&self, caller: IpAddr, headers: &HeaderMap, body: Body) -> Result<ReadBody, Refusal> {
        self.read_within(self.limits.body_bytes, BodyType::Json, caller, headers, body)
            .await
    }

    /// Reads the whole body of `max` bytes at most, if the headers declare this type.
    pub(super) async fn read_within(
        &self,
        max: usize,
        kind: BodyType,
        caller: IpAddr,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<ReadBody, Refusal> {
        check_headers(headers, kind)?;
        let caller = CallerKey::Address(caller);
        let Some(_arriving) = self.arriving_per_caller.reserve(Some(caller.clone())) else {
            return Err(too_much_of_caller("too_many_bodies_of_one"));
        };
        let reading = self.receive(max, caller, body);
        tokio::time::timeout(self.limits.body_time, reading)
            .await
            .unwrap_or_else(|_| {
                let message = "the body did not arrive in time";
                Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message))
            })
    }

    /// Receives a body and reserves memory as its bytes arrive: a `Content-Length` alone reserves none.
    async fn receive(&self, max: usize, caller: CallerKey, body: Body) -> Result<ReadBody, Refusal> {
        let mut body = Limited::new(body, max);
        let mut bytes = BytesMut::new();
        let mut memory = ReservedMemory {
            of_all: None,
            of_caller: self.bytes_per_caller.reserve_nothing(Some(caller)),
        };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    let message = format!("a message may have {} KiB at most", max / 1024);
                    return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message);
                }
                Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "body_broken",
                    "the body broke off before its end",
                )
            })?;
            let Ok(data) = frame.into_data() else { continue };
            self.reserve(&mut memory, bytes.len(), data.len())?;
            bytes.extend_from_slice(&data);
        }
        Ok(ReadBody {
            bytes: bytes.freeze(),
            memory,
        })
    }

    /// Reserves memory for `more` bytes that follow the first `before`.
    fn reserve(&self, memory: &mut ReservedMemory, before: usize, more: usize) -> Result<(), Refusal> {
        if !memory.of_caller.grow(counted(before, more)) {
            return Err(too_much_of_caller("too_many_bytes_of_one"));
        }
        let permits = u32::try_from(more).unwrap_or(u32::MAX);
        let reserved = Arc::clone(&self.free_bytes).try_acquire_many_owned(permits);
        let reserved = reserved.map_err(|_| {
            let message =
                "this server is receiving as many bytes as it may hold at the same time; try again in a second";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_bytes", message).retry_after(1)
        })?;
        match memory.of_all.as_mut() {
            Some(all) => all.merge(reserved),
            None => memory.of_all = Some(reserved),
        }
        Ok(())
    }
}

/// How many of `more` bytes that follow the first `before` count for the caller.
fn counted(before: usize, more: usize) -> usize {
    (before + more).saturating_sub(before.max(UNCOUNTED_BYTES))
}

/// The refusal of a body whose caller holds as much as one caller may.
fn too_much_of_caller(reason: &'static str) -> Refusal {
    let message = "your address is sending as much as one address may send at the same time; try again in a second";
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason, message).retry_after(1)
}

/// The type of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyType {
    /// JSON. A web page cannot send it to another site without a preflight request, which is one more guard against
    /// foreign pages.
    Json,
    /// A form of a web page, or the parameters of an OAuth request.
    Form,
}

impl BodyType {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json", "application/json-rpc", "application/jsonrequest"],
            Self::Form => &["application/x-www-form-urlencoded"],
        }
    }
}

/// Checks that the headers declare text of this type in UTF-8, not compressed.
fn check_headers(headers: &HeaderMap, expected: BodyType) -> Result<(), Refusal> {
    let refused = |reason, message| Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason, message));
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let kind = match (kinds.next(), kinds.next()) {
        (Some(kind), None) => kind.to_str().unwrap_or_default().to_ascii_lowercase(),
        _ => String::new(),
    };
    let (essence, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
    if !expected.names().contains(&essence.trim()) {
        return match expected {
            BodyType::Json => refused(
                "not_json",
                "the body must be JSON, with the header Content-Type: application/json",
            ),
            BodyType::Form => refused(
                "not_a_form",
                "the body must be a form, with the header Content-Type: application/x-www-form-urlencoded",
            ),
        };
    }
    let mut charsets = parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix("charset="));
    if charsets.any(is_wide) {
        return refused(
            "not_utf8",
            "the body must be UTF-8; this Content-Type names another charset",
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
            "the body must not be compressed; this server accepts no Transfer-Encoding but chunked",
        ));
    }
    Ok(())
}

/// True for a charset with two or four bytes per character, which cannot be read as UTF-8.
fn is_wide(charset: &str) -> bool {
    let charset = charset.trim_matches(['"', ' ']);
    ["utf-16", "utf16", "utf-32", "utf32", "ucs-2", "ucs-4"]
        .iter()
        .any(|wide| charset.starts_with(wide))
}

/// The entries of a header whose value is a list, in lower case.
fn codings(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = String> {
    let values = headers.get_all(name).iter();
    let entries = values.flat_map(|value: &HeaderValue| value.as_bytes().split(|byte| *byte == b','));
    let entries = entries.map(|entry| String::from_utf8_lossy(entry.trim_ascii()).to_ascii_lowercase());
    entries.filter(|entry| !entry.is_empty())
}
