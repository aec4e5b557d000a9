//! Takes requests to a demo portal without sockets, so that tests may pause the clock.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use secrecy::ExposeSecret;

use crate::demo::DemoPortal;
use crate::portal::{ConnectionFailure, Error, RawReply, Request, Wire};

/// How the next requests for tokens fail; they do not reach the portal.
pub(in crate::team) type TokenFailures = Arc<Mutex<VecDeque<Error>>>;

/// The way to a demo portal without sockets.
#[derive(Debug)]
pub(super) struct DemoWire(pub(super) Arc<DemoPortal>, pub(super) TokenFailures);

impl Wire for DemoWire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        async move {
            let url = url::Url::parse(request.url().expose_secret()).unwrap();
            if url.path() == "/oauth/token/"
                && let Some(failure) = self.1.lock().pop_front()
            {
                return Err(failure);
            }
            let mut headers = vec![("content-type".to_owned(), request.content_type().to_owned())];
            if let Some(value) = request.authorization() {
                headers.push(("authorization".to_owned(), value.expose_secret().to_owned()));
            }
            let answer = self.0.answer("POST", url.path(), &headers, request.body()).await;
            let answer = answer.map_err(|_| Error::Unreachable {
                failure: ConnectionFailure::Lost,
                host: "demo".to_owned(),
            })?;
            let header = |name: &str| {
                let mut known = answer.headers.iter();
                known.find(|(known, _)| known == name).map(|(_, value)| value.clone())
            };
            Ok(RawReply {
                http_status: answer.status,
                location: header("location"),
                retry_after: header("retry-after"),
                body: answer.body,
                ..RawReply::default()
            })
        }
        .boxed()
    }
}
