//! An update of all replicas, one after another, behind a proxy: no call fails.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bitrix24_mail_mcp::demo;
use futures_util::future::{join, join_all};

use super::replica::{OF_ANNA, OF_BORIS, Replicas};
use crate::support::http_client::{Connection, Request, try_ask};
use crate::support::http_server::{Program, look_up};
use crate::support::team_client::{Tokens, bearer};

/// A proxy: it sends each request to a replica that was ready a moment ago, and to the next if nobody listens there. It
/// repeats no request that was sent.
#[derive(Default)]
struct Proxy {
    known: RefCell<Vec<SocketAddr>>,
    ready: RefCell<Vec<SocketAddr>>,
    turn: Cell<usize>,
    stop: Cell<bool>,
}

impl Proxy {
    /// Asks all replicas ten times a second whether they are ready.
    async fn check(&self) {
        while !self.stop.get() {
            let known = self.known.borrow().clone();
            let answers = join_all(known.iter().map(async |address| {
                let answer = try_ask(*address, &Request::get("/readyz")).await;
                answer.is_some_and(|answer| answer.head.status == 200)
            }));
            let ready = known.iter().zip(answers.await).filter(|(_, is_ready)| *is_ready);
            let ready = ready.map(|(address, _)| *address).collect();
            self.ready.replace(ready);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn connection(&self) -> Option<Connection> {
        let ready = self.ready.borrow().clone();
        self.turn.set(self.turn.get() + 1);
        for offset in 0..ready.len() {
            let address = ready[(self.turn.get() + offset) % ready.len()];
            if let Some(connection) = Connection::try_open(address).await {
                return Some(connection);
            }
        }
        None
    }

    /// How a request ended: the status, or what was wrong.
    async fn ask(&self, request: &Request, own: &str, foreign: &str) -> String {
        let Some(mut connection) = self.connection().await else {
            return "no replica".to_owned();
        };
        if !connection.try_send(&request.bytes()).await {
            return "not sent".to_owned();
        }
        match connection.answer().await {
            None => "no answer".to_owned(),
            Some(answer) if answer.body.contains(foreign) => "a contact of another employee".to_owned(),
            Some(answer) if answer.head.status == 200 && answer.body.contains(own) => "ok".to_owned(),
            Some(answer) => format!("{}: {}", answer.head.status, answer.body),
        }
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn no_call_fails_while_all_replicas_are_replaced_one_after_another() {
    // Calls that take some time, so that some always run when a replica stops.
    let portal = demo::Settings {
        time_per_call: Duration::from_millis(150),
        ..demo::Settings::default()
    };
    let mut replicas = Replicas::with(2, portal, &[("BITRIX24_MCP_CALLER_LIMIT", "off")]).await;
    let client = replicas.client(0).await;
    let anna = client.sign_in(&mut replicas.browser(0), "Anna").await;
    let boris = replicas.sign_in(0, "Boris").await;
    let proxy = Proxy::default();
    proxy
        .known
        .replace(replicas.running.iter().map(|program| program.address).collect());
    let outcomes: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let calling = join_all((0..10).map(async |number: usize| {
        let (pair, own, foreign) = match number % 2 {
            0 => (&anna, OF_ANNA, OF_BORIS),
            _ => (&boris, OF_BORIS, OF_ANNA),
        };
        let request = bearer(look_up(1, "client"), &pair.access);
        while proxy.ready.borrow().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        while !proxy.stop.get() {
            let outcome = proxy.ask(&request, own, foreign).await;
            *outcomes.borrow_mut().entry(outcome).or_default() += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }));
    let updating = async {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let new = Program::spawn(replicas.serve()).await;
            let old = replicas.running.remove(0);
            replicas.running.push(new);
            let addresses = replicas.running.iter().map(|program| program.address);
            proxy.known.replace(addresses.chain([old.address]).collect());
            tokio::time::sleep(Duration::from_secs(1)).await;
            old.terminate();
            let (status, log) = old.ended().await;
            assert_eq!(status, Some(0), "{log}");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        proxy.stop.set(true);
    };
    let ((), (_, ())) = join(proxy.check(), join(calling, updating)).await;
    let outcomes = outcomes.into_inner();
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["ok"], "{outcomes:?}");
    assert!(outcomes["ok"] > 200, "{outcomes:?}");
    for at in 0..2 {
        let refreshed = client.at(replicas.address(at)).refresh(&anna.refresh).await;
        assert!(Tokens::of(&refreshed).is_some(), "{}", refreshed.body);
    }
}
