//! Bounds of the memory, time and connections that clients of the HTTP server can use up.

use std::time::Duration;

use super::{guard, messages};

/// Bounds of the memory, time and connections that clients can use up.
///
/// Together the bounds limit memory: an idle connection takes about 10 kB, a running call 70 kB, an idle session of
/// 2024-11-05 80 kB.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for a request's head to arrive, and for an idle connection to be used again. A head mostly is one packet.
    pub head_time: Duration,
    /// Time for a request's body to arrive. A body is a few packets.
    pub body_time: Duration,
    /// Time in which a client must accept at least some of the bytes sent to it. A phone may lose its network for a
    /// while.
    pub write_time: Duration,
    /// Bytes of one body. A call has a few hundred, a call with fifty names a few thousand.
    pub body_bytes: usize,
    /// Bytes of all responses to one batch, which are kept until the last response is ready.
    pub batch_answer_bytes: usize,
    /// Bytes of all bodies that are being received or answered. Each caller may hold a part of these bytes.
    pub all_bodies_bytes: usize,
    /// Open connections: several for each client of a large company, and below the usual hard limits of open files.
    pub connections: usize,
    /// Calls that run at the same time.
    pub running_calls: usize,
    /// Open sessions of the transport of 2024-11-05: one for each client.
    pub sessions: usize,
    /// The time after which a session without any message ends; longer than a lunch break.
    pub session_idle: Duration,
    /// Silence on an event stream before the server sends a comment. Proxies close a silent connection after a minute.
    pub keep_alive: Duration,
    /// Time in which a server that stops still accepts connections and requests: a proxy learns from its checks of health
    /// that it has to go elsewhere. Most check every second or two.
    pub late_requests: Duration,
    /// Time for running calls to finish when the server stops, with `late_requests`. This time, the time for the last
    /// answers and the time to save tokens are together below the 30 seconds that Kubernetes allows.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(15),
            write_time: Duration::from_secs(60),
            body_bytes: messages::MAX_BYTES,
            batch_answer_bytes: 1024 * 1024,
            all_bodies_bytes: 64 * 1024 * 1024,
            connections: 8192,
            running_calls: guard::MAX_RUNNING,
            sessions: 1000,
            session_idle: Duration::from_secs(60 * 60),
            keep_alive: Duration::from_secs(15),
            late_requests: Duration::from_secs(2),
            grace: Duration::from_secs(20),
        }
    }
}
