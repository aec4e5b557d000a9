//! Calls of several employees without a pause, and how each of them ended.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::replica::{OF_ANNA, OF_BORIS, Replicas};
use crate::support::http_client::try_ask;
use crate::support::http_server::look_up;
use crate::support::team_client::{Client, Tokens, bearer};

/// An employee's client, with a contact of theirs and one of another employee.
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) tokens: Tokens,
    own: &'static str,
    foreign: &'static str,
}

/// Anna and Boris, who have signed in at the first replica.
pub(super) async fn callers(replicas: &Replicas) -> [Caller; 2] {
    let caller = async |name, own, foreign| {
        let client = replicas.client(0).await;
        let tokens = client.sign_in(&mut replicas.browser(0), name).await;
        Caller {
            client,
            tokens,
            own,
            foreign,
        }
    };
    [
        caller("Anna", OF_ANNA, OF_BORIS).await,
        caller("Boris", OF_BORIS, OF_ANNA).await,
    ]
}

/// When a call ended and how: the status, or what was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) at: Instant,
    pub(super) took: Duration,
    pub(super) outcome: String,
}

/// Calls at all replicas, until they are stopped.
pub(super) struct Load<'a> {
    replicas: &'a Replicas,
    callers: &'a [Caller; 2],
    stop: Cell<bool>,
    ended: RefCell<Vec<Ended>>,
}

impl<'a> Load<'a> {
    pub(super) fn new(replicas: &'a Replicas, callers: &'a [Caller; 2]) -> Self {
        Self {
            replicas,
            callers,
            stop: Cell::new(false),
            ended: RefCell::default(),
        }
    }

    /// One caller at each replica for each employee; each calls ten times a second.
    pub(super) async fn run(&self) {
        let addresses = self.replicas.running.iter().map(|program| program.address);
        let pairs = addresses.flat_map(|address| self.callers.iter().map(move |caller| (address, caller)));
        let calling = pairs.map(async |(address, caller)| {
            while !self.stop.get() {
                let began = Instant::now();
                let request = bearer(look_up(1, "client"), &caller.tokens.access);
                let answer = tokio::time::timeout(Duration::from_secs(60), try_ask(address, &request)).await;
                let outcome = match answer {
                    Err(_) => "no answer within a minute".to_owned(),
                    Ok(None) => "the connection ended".to_owned(),
                    Ok(Some(answer)) => outcome(&answer, caller),
                };
                self.ended.borrow_mut().push(Ended {
                    at: Instant::now(),
                    took: began.elapsed(),
                    outcome,
                });
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        futures_util::future::join_all(calling).await;
    }

    /// Ends the calls.
    pub(super) fn stop(&self) {
        self.stop.set(true);
    }

    /// How many of the calls that ended in this time had which outcome.
    pub(super) fn between(&self, from: Instant, to: Instant) -> BTreeMap<String, usize> {
        let mut outcomes = BTreeMap::new();
        for ended in self
            .ended
            .borrow()
            .iter()
            .filter(|ended| (from..to).contains(&ended.at))
        {
            *outcomes.entry(ended.outcome.clone()).or_default() += 1;
        }
        outcomes
    }

    /// The outcomes of each second since `from`, for messages.
    pub(super) fn timeline(&self, from: Instant) -> String {
        let seconds = (0..from.elapsed().as_secs()).map(|second| {
            let begin = from + Duration::from_secs(second);
            format!(
                "{second} s: {:?}\n",
                self.between(begin, begin + Duration::from_secs(1))
            )
        });
        seconds.collect()
    }

    /// How long the longest call took.
    pub(super) fn longest(&self) -> Duration {
        self.ended
            .borrow()
            .iter()
            .map(|ended| ended.took)
            .max()
            .unwrap_or_default()
    }
}

fn outcome(answer: &crate::support::http_client::Answer, caller: &Caller) -> String {
    if answer.body.contains(caller.foreign) {
        return "a contact of another employee".to_owned();
    }
    let status = answer.head.status;
    let has_retry_after = answer.head.header("retry-after").is_some();
    match status {
        200 if answer.body.contains(caller.own) => "200".to_owned(),
        503 if has_retry_after && answer.head.header("www-authenticate").is_none() => "503".to_owned(),
        _ => format!("{status}: {}", answer.body),
    }
}
