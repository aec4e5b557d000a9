//! The metrics of sign-ins and refreshes. No label holds a name, an id or a token.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::store::records::EndReason;

/// Pairs of name and value.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// The outcomes of a sign-in that an operator has to look at, see `sign_in/stop.rs`.
const TROUBLES: [&str; 4] = [
    "application_refused",
    "portal_trouble",
    "store_trouble",
    "server_trouble",
];

/// The metrics of a team's server. A clone counts into the same metrics.
#[derive(Debug, Clone, Default)]
pub(super) struct Measurements {
    sign_ins: Family<Labels<2>, Counter>,
    token_requests: Family<Labels<3>, Counter>,
    portal_refreshes: Family<Labels<1>, Counter>,
    leases_waited_for: Counter,
    ended_grants: Family<Labels<1>, Counter>,
    unchecked_calls: Counter,
}

impl Measurements {
    /// Records that a sign-in has passed or failed a step: `authorize`, `consent`, `callback`.
    pub(super) fn record_sign_in(&self, step: &'static str, outcome: &'static str) {
        self.sign_ins
            .get_or_create(&[("step", step), ("outcome", outcome)])
            .inc();
    }

    /// Records a request of a client for tokens. `client` is a family of clients, see `tokens/client_family.rs`.
    pub(super) fn record_token_request(&self, grant: &'static str, outcome: &'static str, client: &'static str) {
        self.token_requests
            .get_or_create(&[("grant_type", grant), ("outcome", outcome), ("client", client)])
            .inc();
    }

    /// Records how a refresh of an employee's pair at the portal has ended.
    pub(super) fn record_portal_refresh(&self, outcome: &'static str) {
        self.portal_refreshes.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Records that a refresh waits for another process that refreshes the same pair.
    pub(super) fn record_lease_waited_for(&self) {
        self.leases_waited_for.inc();
    }

    /// Records ended grants.
    pub(super) fn record_ended_grants(&self, reason: EndReason, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.ended_grants
            .get_or_create(&[("reason", reason.as_str())])
            .inc_by(count);
    }

    /// Records a call whose access token was checked a few seconds ago and could not be checked again, since the store
    /// does not answer.
    pub(super) fn record_unchecked_call(&self) {
        self.unchecked_calls.inc();
    }

    /// Adds these metrics to `registry`. Those that alerts count begin at 0: Prometheus sees no increase in a first value.
    pub(super) fn register(&self, registry: &mut Registry) {
        for outcome in ["refreshed", "failed", "lost", "refused"] {
            drop(self.portal_refreshes.get_or_create(&[("outcome", outcome)]));
        }
        for step in ["authorize", "consent", "callback"] {
            for outcome in TROUBLES {
                drop(self.sign_ins.get_or_create(&[("step", step), ("outcome", outcome)]));
            }
        }
        registry.register(
            "mcp_team_sign_ins",
            "Steps of sign-ins, by outcome",
            self.sign_ins.clone(),
        );
        registry.register(
            "mcp_team_token_requests",
            "Requests of clients for tokens, by grant type, outcome and family of clients",
            self.token_requests.clone(),
        );
        registry.register(
            "mcp_team_portal_refreshes",
            "Refreshes of an employee's tokens at the portal, by outcome",
            self.portal_refreshes.clone(),
        );
        registry.register(
            "mcp_team_leases_waited_for",
            "Refreshes that waited for another process's refresh of the same tokens",
            self.leases_waited_for.clone(),
        );
        registry.register(
            "mcp_team_ended_grants",
            "Grants of clients that have ended, by reason",
            self.ended_grants.clone(),
        );
        registry.register(
            "mcp_team_unchecked_calls",
            "Calls that went on without the store, since their access token was checked a few seconds before",
            self.unchecked_calls.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_is_written_under_its_name() {
        let measurements = Measurements::default();
        let mut registry = Registry::default();
        measurements.register(&mut registry);
        measurements.record_sign_in("callback", "completed");
        measurements.record_token_request("refresh_token", "repeated", "codex");
        measurements.record_portal_refresh("refreshed");
        measurements.clone().record_lease_waited_for();
        measurements.record_ended_grants(EndReason::Refused, 2);
        measurements.record_unchecked_call();
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            r#"mcp_team_sign_ins_total{step="callback",outcome="completed"} 1"#,
            r#"mcp_team_token_requests_total{grant_type="refresh_token",outcome="repeated",client="codex"} 1"#,
            r#"mcp_team_portal_refreshes_total{outcome="refreshed"} 1"#,
            "mcp_team_leases_waited_for_total 1",
            r#"mcp_team_ended_grants_total{reason="refused"} 2"#,
            "mcp_team_unchecked_calls_total 1",
            r#"mcp_team_portal_refreshes_total{outcome="lost"} 0"#,
            r#"mcp_team_sign_ins_total{step="authorize",outcome="store_trouble"} 0"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
