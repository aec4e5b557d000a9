//! The portal's limits hold for all replicas together.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bitrix24_mail_mcp::demo::{self, Bucket, DemoPortal};
use futures_util::future::{join, join_all};
use serde_json::Value;

use super::replica::{Replicas, database};
use crate::support::commands::on;
use crate::support::demo_in_process::with_fault;
use crate::support::http_client::{Request, ask};
use crate::support::http_server::{Program, look_up};
use crate::support::postgres_server::{Cluster, Database};

/// A portal with this limit on requests alone.
fn portal(per_second: f64, burst: u32) -> demo::Settings {
    demo::Settings {
        bucket: Some(Bucket {
            threshold: burst,
            drain_per_second: per_second,
        }),
        operating: None,
        ..demo::Settings::default()
    }
}

/// How many calls had which outcome: `ok`, or the code of an error.
fn outcomes(answers: impl IntoIterator<Item = Value>) -> HashMap<String, usize> {
    let mut outcomes = HashMap::new();
    for answer in answers {
        let content = &answer["result"]["structuredContent"];
        assert!(content.is_object(), "{answer}");
        let code = content["error"]["code"].as_str().unwrap_or("ok");
        *outcomes.entry(code.to_owned()).or_default() += 1;
    }
    outcomes
}

/// Two hundred different look-ups of three employees at four replicas, all at once.
async fn two_hundred_look_ups(replicas: &Replicas) -> HashMap<String, usize> {
    let mut people = Vec::new();
    for name in ["Anna", "Boris", "Carla"] {
        people.push(replicas.sign_in(people.len(), name).await.access);
    }
    let calls = (0..200).map(|number: usize| {
        let request = look_up(1, &format!("nobody {number}"));
        replicas.ask(number % 4, request, &people[number % 3])
    });
    outcomes(join_all(calls).await.iter().map(|answer| answer.message()))
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn two_hundred_look_ups_of_four_replicas_keep_within_the_limit_of_an_enterprise_portal() {
    let settings = [
        ("BITRIX24_RATE_LIMIT", "20/50"),
        ("BITRIX24_TIMEOUT", "50s"),
        ("BITRIX24_MCP_CALLER_LIMIT", "off"),
    ];
    let replicas = Replicas::limited(4, portal(20.0, 50), &settings).await;
    let began = Instant::now();
    let outcomes = two_hundred_look_ups(&replicas).await;
    let took = began.elapsed();
    assert_eq!(replicas.demo.throttled(), 0, "{outcomes:?}");
    assert_eq!(outcomes, HashMap::from([("ok".to_owned(), 200)]), "{took:?}");
    // All four share one bucket, and use it fully.
    let requests = replicas.demo.rest3_request_count();
    assert!(took < Duration::from_secs(15), "{requests} requests took {took:?}");
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn two_hundred_look_ups_of_four_replicas_keep_within_the_limit_of_a_portal() {
    let settings = [
        ("BITRIX24_RATE_LIMIT", "2/50"),
        ("BITRIX24_TIMEOUT", "12s"),
        ("BITRIX24_MCP_CALLER_LIMIT", "off"),
    ];
    let replicas = Replicas::limited(4, portal(2.0, 50), &settings).await;
    let outcomes = two_hundred_look_ups(&replicas).await;
    assert_eq!(replicas.demo.throttled(), 0, "{outcomes:?}");
    // Queued look-ups of one employee share requests, so more are answered than requests are allowed in the time.
    let ok = outcomes["ok"];
    let own = ["ok", "TOO_MANY_LOOKUPS", "TIMED_OUT"].map(|code| outcomes.get(code).copied().unwrap_or_default());
    assert_eq!(own.iter().sum::<usize>(), 200, "{outcomes:?}");
    let requests = replicas.demo.rest3_request_count();
    assert!(
        (50..=80).contains(&requests) && ok >= requests - 5,
        "{requests} requests: {outcomes:?}"
    );
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n75_one_employee_at_full_speed_at_two_replicas_makes_another_wait_no_longer_than_a_fair_share() {
    let settings = [
        ("BITRIX24_RATE_LIMIT", "4/4"),
        ("BITRIX24_TIMEOUT", "50s"),
        ("BITRIX24_MCP_CALLER_LIMIT", "off"),
    ];
    let replicas = Replicas::limited(2, portal(4.0, 4), &settings).await;
    let anna = replicas.sign_in(0, "Anna").await;
    let boris = replicas.sign_in(1, "Boris").await;
    let greedy = async {
        let calls = (0..60).map(|number: usize| {
            let request = look_up(1, &format!("greedy {number}"));
            replicas.ask(number % 2, request, &anna.access)
        });
        outcomes(join_all(calls).await.iter().map(|answer| answer.message()))
    };
    let patient = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut waits = Vec::new();
        for number in 0..8 {
            let began = Instant::now();
            let request = look_up(1, &format!("patient {number}"));
            let answer = replicas.ask(number % 2, request, &boris.access).await;
            assert_eq!(outcomes([answer.message()])["ok"], 1);
            waits.push(began.elapsed());
        }
        waits
    };
    let (greedy, waits) = join(greedy, patient).await;
    assert_eq!((greedy["ok"], replicas.demo.throttled()), (60, 0));
    // Four requests a second: each replica has half of them, and of these the other employee every second one.
    let longest = waits.iter().max().unwrap();
    assert!(*longest < Duration::from_secs(2), "{waits:?}");
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn operating_time_that_is_used_up_at_one_replica_stops_the_other() {
    let settings = [("BITRIX24_RATE_LIMIT", "off"), ("BITRIX24_TIMEOUT", "2s")];
    let replicas = Replicas::limited(2, with_fault("operating-limit"), &settings).await;
    let anna = replicas.sign_in(0, "Anna").await;
    let ask = async |at: usize, number: usize| {
        let request = look_up(1, &format!("nobody {number}"));
        let answer = replicas.ask(at, request, &anna.access).await;
        assert_eq!(answer.message()["result"]["isError"], true, "{}", answer.body);
    };
    let before = replicas.demo.rest3_request_count();
    for number in 0..3 {
        ask(0, number).await;
    }
    let after = replicas.demo.rest3_request_count();
    assert!(after > before, "the portal has refused nothing");
    for number in 3..8 {
        ask(1, number).await;
    }
    // All replicas together try once a minute whether the portal lets a call of a method through again.
    assert_eq!(replicas.demo.rest3_request_count(), after);
}

/// Servers of one person, which share the limit alone.
struct OfOnePerson {
    demo: DemoPortal,
    running: Vec<Program>,
}

impl OfOnePerson {
    async fn start(store: &str, rate: &str, portal: demo::Settings) -> Self {
        let demo = DemoPortal::start(portal).await.unwrap();
        let mut running = Vec::new();
        for _ in 0..2 {
            let mut command = on(&demo);
            command.args(["serve", "--http", "127.0.0.1:0"]).envs([
                ("BITRIX24_MCP_STORE", store),
                ("BITRIX24_RATE_LIMIT", rate),
                ("BITRIX24_TIMEOUT", "5s"),
                ("BITRIX24_CACHE_TTL", "0s"),
                ("BITRIX24_MCP_REPLICAS", "2"),
            ]);
            running.push(Program::spawn(command).await);
        }
        Self { demo, running }
    }

    /// So many callers that both servers always have calls waiting, for this long. Returns the outcomes.
    async fn load(&self, time: Duration) -> HashMap<String, usize> {
        let until = Instant::now() + time;
        let caller = async |number: usize| {
            let mut answers = Vec::new();
            while Instant::now() < until {
                let query = format!("nobody {number} {}", fastrand::u32(..));
                let request: Request = look_up(1, &query);
                answers.push(ask(self.running[number % 2].address, &request).await.message());
            }
            answers
        };
        outcomes(join_all((0..16).map(caller)).await.into_iter().flatten())
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn two_servers_of_one_person_share_the_limit() {
    let database = database().await;
    let servers = OfOnePerson::start(&database.address(), "10/20", portal(10.0, 20)).await;
    let outcomes = servers.load(Duration::from_secs(8)).await;
    assert_eq!(servers.demo.throttled(), 0, "{outcomes:?}");
    // Between half and all of what the limit lets through.
    let ok = outcomes["ok"];
    assert!((50..=110).contains(&ok), "{outcomes:?}");
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn without_the_store_all_servers_together_keep_within_the_limit() {
    let cluster = Cluster::start_new("").await;
    let database = Database::at(&cluster.address()).await;
    let servers = OfOnePerson::start(&database.address(), "10/20", portal(10.0, 20)).await;
    let outage = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cluster.kill().await;
        let (at, before) = (Instant::now(), servers.demo.request_count());
        tokio::time::sleep(Duration::from_secs(6)).await;
        let (time, requests) = (at.elapsed(), servers.demo.request_count() - before);
        cluster.start().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        requests as f64 / time.as_secs_f64()
    };
    let (outcomes, rate) = join(servers.load(Duration::from_secs(17)), outage).await;
    assert_eq!(servers.demo.throttled(), 0, "{outcomes:?}, {rate} requests a second");
    // They go on without the store, and slower only if one of them has less to do.
    assert!((4.0..=11.0).contains(&rate), "{outcomes:?}, {rate} requests a second");
    assert!(outcomes["ok"] > 100, "{outcomes:?}");
}
