//! What a store that processes share keeps of the gate of a method.

/// Times of a gate, in milliseconds by the clock of the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptGate {
    /// The gate is active before this time. Afterwards the other fields mean nothing.
    pub active_until: i64,
    /// No call passes before this time, except a probe.
    pub closed_until: i64,
    /// The portal's last refusal; `None` if the method is not closed by one.
    pub refused_at: Option<i64>,
    /// From this time on one call passes as a probe; `None` without a refusal.
    pub probe_at: Option<i64>,
    /// When the portal last reported the operating time; `None` if it has not.
    pub reported_at: Option<i64>,
    /// The operating time of that report, in milliseconds; `None` if there is none.
    pub used_ms: Option<i64>,
}
