//! The MCP handshake over Streamable HTTP, as a client makes it: one POST for each message, to a server on this
//! computer.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::{Answer, Error, Greeting, greeting_from, introduction_of, one_line};
use crate::clients::client::Client;
use crate::clients::redactor::Redactor;

/// The largest response that is read: more than any list of tools has.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// A server's address on this computer. Beyond this computer, anybody on the network path could read the headers. No
/// name is resolved, since a resolver may return another address for `localhost`.
pub(crate) struct Loopback<'a> {
    url: &'a Url,
    addresses: Vec<SocketAddr>,
}

impl<'a> Loopback<'a> {
    /// `None` for an address of another computer, and for `https`.
    pub(crate) fn of(url: &'a Url) -> Option<Self> {
        let port = url.port_or_known_default()?;
        let hosts: Vec<IpAddr> = match url.host()? {
            Host::Ipv4(address) => vec![address.into()],
            Host::Ipv6(address) => vec![IpAddr::from(address).to_canonical()],
            Host::Domain("localhost") => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Host::Domain(_) => return None,
        };
        let is_here = url.scheme() == "http" && hosts.iter().all(IpAddr::is_loopback);
        let addresses = hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect();
        is_here.then_some(Self { url, addresses })
    }
}

/// Makes the handshake with the entry's headers, and lists the tools.
pub(crate) async fn greet(
    client: Client,
    place: &Loopback<'_>,
    headers: &BTreeMap<String, String>,
) -> Result<Greeting, Error> {
    let introduction = introduction_of(client);
    let started = Instant::now();
    let mut session = Session {
        place,
        headers: headers_of(headers, introduction.revision),
        redactor: Redactor::of(&secrets_in(place.url, headers)),
        timeout: introduction.timeout,
    };
    let answer = session.ask(1, "initialize", introduction.initialize_params()).await?;
    let took = started.elapsed();
    session.notify("notifications/initialized").await?;
    let list = session.ask(2, "tools/list", json!({})).await?;
    Ok(greeting_from(&answer, &list, took, |text| {
        session.redactor.redact(text)
    }))
}

/// The values that may be secret: headers, query parameters and the password of the address.
fn secrets_in(url: &Url, headers: &BTreeMap<String, String>) -> Vec<String> {
    let parameters = url.query_pairs().map(|(_, value)| value.into_owned());
    let password = url.password().map(str::to_owned);
    headers.values().cloned().chain(parameters).chain(password).collect()
}

fn headers_of(given: &BTreeMap<String, String>, revision: &'static str) -> HeaderMap {
    let mut headers: HeaderMap = given
        .iter()
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?)))
        .collect();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accepted = HeaderValue::from_static("application/json, text/event-stream");
    headers.insert(header::ACCEPT, accepted);
    headers.insert("mcp-protocol-version", HeaderValue::from_static(revision));
    headers
}

struct Session<'a> {
    place: &'a Loopback<'a>,
    headers: HeaderMap,
    redactor: Redactor,
    timeout: Duration,
}

impl Session<'_> {
    async fn ask(&mut self, id: u64, method: &'static str, parameters: Value) -> Result<Value, Error> {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
        let text = self.post(method, &request).await?;
        // In an event stream the response is the data of one event.
        let answers = text.lines().map(|line| line.strip_prefix("data:").unwrap_or(line));
        let answer = std::iter::once(text.as_str())
            .chain(answers)
            .filter_map(|text| serde_json::from_str::<Answer>(text).ok())
            .find(|answer| answer.id == id);
        match answer {
            None => Err(Error::Refused(method, ": the reply is not an MCP response".to_owned())),
            Some(Answer { error: Some(error), .. }) => Err(Error::Refused(
                method,
                format!(": {}", one_line(&self.redactor.redact(&error.message))),
            )),
            Some(Answer { result, .. }) => Ok(result.unwrap_or_default()),
        }
    }

    async fn notify(&mut self, method: &'static str) -> Result<(), Error> {
        let message = json!({"jsonrpc": "2.0", "method": method});
        self.post(method, &message).await.map(drop)
    }

    async fn post(&mut self, method: &'static str, message: &Value) -> Result<String, Error> {
        let (status, session, text) = tokio::time::timeout(self.timeout, self.exchange(message))
            .await
            .map_err(|_| Error::Silent(method, self.timeout))?
            .map_err(|reason| Error::Unreachable(self.address(), reason))?;
        if let Some(session) = session {
            self.headers.insert(SESSION, session);
        }
        if !status.is_success() {
            return Err(Error::Refused(method, format!(": HTTP {status}")));
        }
        Ok(text)
    }

    /// Host and port, without user name and password.
    fn address(&self) -> String {
        let url = self.place.url;
        let host = url.host_str().unwrap_or_default();
        url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))
    }

    async fn exchange(&self, message: &Value) -> Result<(http::StatusCode, Option<HeaderValue>, String), String> {
        let failed = |error: &dyn std::error::Error| one_line(&error.to_string());
        let addresses = self.place.addresses.as_slice();
        let stream = TcpStream::connect(addresses).await.map_err(|error| failed(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(&error))?;
        let connection = tokio::spawn(connection);
        let url = self.place.url;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut request = Request::post(path)
            .header(header::HOST, self.address())
            .body(Full::new(Bytes::from(message.to_string())))
            .map_err(|error| failed(&error))?;
        request.headers_mut().extend(self.headers.clone());
        let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
        let (status, session) = (response.status(), response.headers().get(SESSION).cloned());
        let body = Limited::new(response.into_body(), MAX_BYTES).collect().await;
        let body = body.map_err(|error| one_line(&error.to_string()))?.to_bytes();
        connection.abort();
        Ok((status, session, String::from_utf8_lossy(&body).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, is_here) in [
            ("http://127.0.0.1:8024/mcp", true),
            ("http://127.8.9.10/mcp", true),
            ("http://2130706433/mcp", true),
            ("http://[::1]:8024/mcp", true),
            ("http://[::ffff:127.0.0.1]/mcp", true),
            ("http://LOCALHOST:8024/mcp", true),
            ("https://127.0.0.1/mcp", false),
            ("http://0.0.0.0/mcp", false),
            ("http://[::]/mcp", false),
            ("http://10.0.0.1/mcp", false),
            ("http://[::ffff:10.0.0.1]/mcp", false),
            ("http://localhost.example.com/mcp", false),
            ("http://127.0.0.1.example.com/mcp", false),
            ("http://127.0.0.1@example.com/mcp", false),
            ("http://localhost@10.0.0.1/mcp", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(Loopback::of(&url).is_some(), is_here, "{url}");
        }
    }
}
