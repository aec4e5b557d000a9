//! Checks the connection to the portal without credentials: name, port, TLS, and the clock, on which TLS depends.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use super::finding::{Finding, Remedy, Status, because};
use crate::portal::certificate;
use crate::portal::error::{ConnectionFailure, Error};
use crate::portal::origin::Origin;
use crate::portal::reply::RawReply;
use crate::portal::request::Request;
use crate::portal::wire::Wire;

/// The checks of this file, in order.
pub(super) const CHECKS: &[&str] = &["dns", "tcp", "tls", "clock"];

const TCP_TIMEOUT: Duration = Duration::from_secs(5);
/// A certificate that expires sooner is a warning. Certificates are usually renewed a month before they expire.
const SOON: Duration = Duration::from_secs(14 * DAY);
const DAY: u64 = 24 * 60 * 60;
/// The largest difference between the two clocks that is not a warning.
const LARGEST_SKEW: Duration = Duration::from_secs(60);
/// How many of the host's addresses are shown.
const MAX_ADDRESSES: usize = 4;

/// Makes the checks of this file. Returns the findings, and the error if the portal sent no reply.
pub(super) async fn check(
    origin: &Origin,
    wire: &Arc<dyn Wire>,
    timeout: Duration,
    deadline: Instant,
) -> (Vec<Finding>, Option<Error>) {
    let (mut dns, addresses) = dns(origin, deadline).await;
    let mut tcp = tcp(origin, &addresses, deadline).await;
    // Sent even if the direct connection failed: a proxy may reach the portal.
    let probed = timeout_at(deadline, wire.send_for_certificate(Request::probe(origin)))
        .await
        .unwrap_or(Err(Error::TimedOut { after: timeout }));
    if probed.is_ok() {
        for finding in [&mut dns, &mut tcp] {
            make_warning(finding);
        }
    }
    let blocked = [&dns, &tcp]
        .into_iter()
        .find(|finding| finding.status == Status::Failed)
        .map(|finding| finding.name);
    let tls = match (&probed, blocked) {
        (_, Some(name)) => Finding::skipped("tls", because(name)),
        _ if origin.is_plain_http() => Finding::skipped("tls", "plain http on loopback"),
        (Ok(reply), _) => tls(origin, reply, now_by_the_clock()),
        (Err(error @ Error::Unreachable { .. }), _) => Finding::failed("tls", error.clone()),
        (Err(_), _) => Finding::skipped("tls", "there was no reply"),
    };
    let clock = match (&probed, blocked) {
        (Ok(reply), _) => clock(reply, now_by_the_clock()),
        (Err(_), Some(name)) => Finding::skipped("clock", because(name)),
        (Err(_), None) if tls.status == Status::Failed => Finding::skipped("clock", because("tls")),
        (Err(_), None) => Finding::skipped("clock", "there was no reply to compare it with"),
    };
    (vec![dns, tcp, tls, clock], probed.err())
}

/// Makes a failure of the direct connection a warning: the portal was reached, through a proxy.
fn make_warning(finding: &mut Finding) {
    if finding.status == Status::Failed {
        finding.status = Status::Warning;
        finding.saw.push_str("; the portal was reached anyway");
        finding.remedy = Some(Remedy::Steps(vec![
            "Nothing, if a proxy (HTTPS_PROXY) is meant to be the only way to the portal.".to_owned(),
        ]));
    }
}

fn unreachable(failure: ConnectionFailure, origin: &Origin) -> Error {
    Error::Unreachable {
        failure,
        host: origin.authority().to_owned(),
    }
}

async fn dns(origin: &Origin, deadline: Instant) -> (Finding, Vec<SocketAddr>) {
    const NAME: &str = "dns";
    let (host, port) = (origin.host(), origin.port());
    if let Ok(address) = host.parse::<IpAddr>() {
        let finding = Finding::skipped(NAME, "the host is an address, not a name");
        return (finding, vec![SocketAddr::new(address, port)]);
    }
    let addresses: Vec<_> = match timeout_at(deadline, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        let error = unreachable(ConnectionFailure::NameNotResolved, origin);
        return (Finding::failed(NAME, error), addresses);
    }
    let mut shown: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    if shown.len() > MAX_ADDRESSES {
        shown.truncate(MAX_ADDRESSES);
        shown.push("more".to_owned());
    }
    (Finding::ok(NAME, format!("{host} is {}", shown.join(", "))), addresses)
}

async fn tcp(origin: &Origin, addresses: &[SocketAddr], deadline: Instant) -> Finding {
    const NAME: &str = "tcp";
    if addresses.is_empty() {
        return Finding::skipped(NAME, because("dns"));
    }
    let started = Instant::now();
    let deadline = deadline.min(started + TCP_TIMEOUT);
    let failure = match timeout_at(deadline, TcpStream::connect(addresses)).await {
        Ok(Ok(stream)) => {
            let address = stream
                .peer_addr()
                .map_or_else(|_| origin.authority().to_owned(), |address| address.to_string());
            let saw = format!("{address} accepts connections, {} ms", started.elapsed().as_millis());
            return Finding::ok(NAME, saw);
        }
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => ConnectionFailure::Refused,
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::TimedOut => ConnectionFailure::NotAccepted,
        Ok(Err(_)) => ConnectionFailure::Lost,
        Err(_) => ConnectionFailure::NotAccepted,
    };
    Finding::failed(NAME, unreachable(failure, origin))
}

fn tls(origin: &Origin, reply: &RawReply, now: SystemTime) -> Finding {
    const NAME: &str = "tls";
    let trusted = format!("the certificate for {} is trusted", origin.host());
    let Some(expiry) = reply.certificate.as_deref().and_then(certificate::expiry) else {
        return Finding::ok(NAME, trusted);
    };
    let left = expiry.duration_since(now).unwrap_or_default();
    let date: String = humantime::format_rfc3339_seconds(expiry)
        .to_string()
        .chars()
        .take(10)
        .collect();
    let saw = format!("{trusted} until {date}, {} days left", left.as_secs() / DAY);
    if left < SOON {
        return Finding::warning(NAME, saw, &["Let the portal's administrator renew the certificate."]);
    }
    Finding::ok(NAME, saw)
}

fn clock(reply: &RawReply, now: SystemTime) -> Finding {
    const NAME: &str = "clock";
    let portal_time = reply
        .date
        .as_deref()
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(portal_time) = portal_time else {
        return Finding::skipped(NAME, "the portal's reply has no readable date");
    };
    let (skew, side) = match now.duration_since(portal_time) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let saw = format!("{} s {side} the portal's", skew.as_secs());
    if skew > LARGEST_SKEW {
        let steps = ["Set this machine's clock, best by NTP: with a wrong one certificates look expired."];
        return Finding::warning(NAME, saw, &steps);
    }
    Finding::ok(NAME, saw)
}

/// The time by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the clock itself is checked")]
fn now_by_the_clock() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use std::time::UNIX_EPOCH;

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_certificate_that_expires_within_two_weeks_is_a_warning() {
        let mut parameters = CertificateParams::new(vec!["p.example".to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(2027, 3, 1);
        let certificate = parameters.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let reply = RawReply {
            certificate: Some(certificate.der().to_vec()),
            ..RawReply::default()
        };
        let origin = "https://p.example".parse().unwrap();
        let early = tls(&origin, &reply, at("2027-02-01T00:00:00Z"));
        assert_eq!(early.status, Status::Ok);
        assert!(early.saw.ends_with("until 2027-03-01, 28 days left"), "{}", early.saw);
        let late = tls(&origin, &reply, at("2027-02-16T00:00:00Z"));
        assert_eq!((late.status, late.remedy.is_some()), (Status::Warning, true));
    }

    #[test]
    fn a_clock_that_differs_by_more_than_a_minute_is_a_warning() {
        let reply = RawReply {
            date: Some("Tue, 24 Nov 2026 00:01:00 GMT".to_owned()),
            ..RawReply::default()
        };
        let status = |now: &str| clock(&reply, at(now)).status;
        assert_eq!(status("2026-11-24T00:02:00Z"), Status::Ok);
        assert_eq!(status("2026-11-24T00:02:01Z"), Status::Warning);
        assert_eq!(status("2026-11-23T23:59:59Z"), Status::Warning);
        assert_eq!(clock(&RawReply::default(), UNIX_EPOCH).status, Status::Skipped);
    }

    #[test]
    fn a_failed_direct_connection_is_a_warning_if_the_portal_was_reached() {
        let origin = "https://p.example".parse().unwrap();
        let mut finding = Finding::failed("tcp", unreachable(ConnectionFailure::Refused, &origin));
        make_warning(&mut finding);
        assert_eq!(finding.status, Status::Warning);
        assert!(matches!(finding.remedy, Some(Remedy::Steps(_))));
    }
}
