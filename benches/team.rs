//! Measures what a team's server costs beside a server with one token: `cargo bench -p benches --bench team`.
//!
//! Sequential calls to both servers, taken in turns, with answers from the portal and with answers from the cache. The
//! median of the team's server may be 60 µs longer: it looks the token up in its store at every call.
//!
//! The portal runs in this process, the servers in their own. The exit status is 1 if the limit is missed.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement may fail loudly"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use benches::figures::{median, micros};
use benches::http::{Connection, Post};
use benches::program;
use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Response, redirect};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

/// Limit of the time that a team's server adds to the median, in microseconds.
const ADDED: f64 = 60.0;
const ROUNDS: usize = 3000;
const TOKEN: &str = "a-token-of-this-measurement";
const REDIRECT: &str = "http://127.0.0.1:9/callback";
/// Verifier and challenge of RFC 7636, appendix B.
const PKCE: [&str; 2] = [
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
];

/// A server, killed when dropped.
struct Server(Child);

impl Server {
    fn start(program: &Path, arguments: &[&str], environment: &BTreeMap<&str, String>) -> (Self, SocketAddr) {
        let mut process = Command::new(program)
            .args(arguments)
            .envs(environment)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut note = String::new();
        let stderr = process.stderr.take().unwrap();
        BufReader::new(stderr).read_line(&mut note).unwrap();
        let address = note.split("http://").nth(1).unwrap().split('/').next().unwrap();
        (Self(process), address.parse().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that is free now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The first text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).unwrap().split(after).next().unwrap()
}

fn cookie(response: &Response) -> String {
    let all = response.headers().get_all(SET_COOKIE).iter();
    let set = all.filter_map(|header| header.to_str().ok());
    let live = set.filter(|header| !header.contains("Max-Age=0"));
    live.map(|header| header.split(';').next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("; ")
}

/// Signs user 1 in, as a client and a browser do; returns the access token.
async fn sign_in(base: &str) -> String {
    let browser = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let json_of = async |path: &str, kind: &str, body: String| -> Value {
        let sent = browser
            .post(format!("{base}{path}"))
            .header(CONTENT_TYPE, kind)
            .body(body)
            .send();
        serde_json::from_str(&sent.await.unwrap().text().await.unwrap()).unwrap()
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    let registration = json!({"client_name": "bench", "redirect_uris": [REDIRECT]}).to_string();
    let client = json_of("/oauth/register", "application/json", registration).await;
    let client = client["client_id"].as_str().unwrap();
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("code_challenge", PKCE[1]),
        ("code_challenge_method", "S256"),
    ]);
    let page = browser
        .get(format!("{base}/oauth/authorize?{query}"))
        .send()
        .await
        .unwrap();
    let form_cookie = cookie(&page);
    let page = page.text().await.unwrap();
    let handle = between(&page, "name=\"handle\" value=\"", "\"");
    let allowed = browser
        .post(format!("{base}/oauth/consent"))
        .header(CONTENT_TYPE, FORM)
        .header(ORIGIN, base)
        .header(COOKIE, form_cookie)
        .body(form(&[("handle", handle), ("decision", "allow")]))
        .send()
        .await
        .unwrap();
    let binding = cookie(&allowed);
    let page = allowed.text().await.unwrap();
    let portal = between(&page, "url=", "\"").replace("&amp;", "&");
    let at_portal = browser
        .get(portal)
        .header(COOKIE, "demo_portal_user=1")
        .send()
        .await
        .unwrap();
    let location = |response: &Response| response.headers()[LOCATION].to_str().unwrap().to_owned();
    let back = browser
        .get(location(&at_portal))
        .header(COOKIE, binding)
        .send()
        .await
        .unwrap();
    let code = location(&back);
    let exchange = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("code", between(&code, "code=", "&")),
        ("code_verifier", PKCE[0]),
    ]);
    let tokens = json_of("/oauth/token", FORM, exchange).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

async fn compare(program: &Path, cache_ttl: &str) -> bool {
    let port = free_port();
    let base = format!("http://127.0.0.1:{port}");
    let portal = DemoPortal::start(Settings {
        handler: Some(format!("{base}/oauth/callback")),
        bucket: None,
        operating: None,
        kept_requests: 0,
        ..Settings::default()
    })
    .await
    .unwrap();
    let application = portal.oauth_application();
    let folder = program::target_folder().join("team-bench");
    let _ = std::fs::remove_dir_all(&folder);
    let shared = [
        ("BITRIX24_RATE_LIMIT", "off".to_owned()),
        ("BITRIX24_CACHE_TTL", cache_ttl.to_owned()),
    ];
    let of_one = BTreeMap::from_iter(shared.clone().into_iter().chain([
        ("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap()),
        ("BITRIX24_MCP_HTTP_TOKEN", TOKEN.to_owned()),
    ]));
    let key = Command::new(program).args(["team", "key"]).output().unwrap().stdout;
    let of_team = BTreeMap::from_iter(shared.into_iter().chain([
        ("BITRIX24_PORTAL", application.portal),
        ("BITRIX24_OAUTH_SERVER", application.oauth_server),
        ("BITRIX24_CLIENT_ID", application.client_id),
        ("BITRIX24_CLIENT_SECRET", application.client_secret),
        ("BITRIX24_MCP_PUBLIC_URL", base.clone()),
        ("BITRIX24_MCP_SERVER_KEY", String::from_utf8(key).unwrap()),
        ("BITRIX24_MCP_STORE", format!("sqlite:{}/team.sqlite", folder.display())),
    ]));
    let (_one, one_address) = Server::start(program, &["serve", "--http", "127.0.0.1:0"], &of_one);
    let http = format!("127.0.0.1:{port}");
    let (_team, team_address) = Server::start(program, &["serve", "--http", &http, "--team"], &of_team);
    let access = sign_in(&base).await;
    let mut ways = [
        Connection::open(one_address).await.unwrap().with_token(TOKEN),
        Connection::open(team_address).await.unwrap().with_token(&access),
    ];
    let arguments = json!({"query": "client@example.com"});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "list_mail_contacts", "arguments": arguments}});
    let question = Post::message(message.to_string()).accept("application/json");
    let mut times: [Vec<f64>; 2] = Default::default();
    for round in 0..ROUNDS + 200 {
        for (way, times) in ways.iter_mut().zip(&mut times) {
            let started = Instant::now();
            let (status, body) = way.ask(question.clone()).await.unwrap();
            let took = micros(started.elapsed());
            assert!(
                String::from_utf8_lossy(&body).contains("client@example.com"),
                "{status} {body:?}"
            );
            if round >= 200 {
                times.push(took);
            }
        }
    }
    let [one, team] = times.map(|mut times| median(&mut times));
    println!(
        "answers good for {cache_ttl}, {ROUNDS} rounds: one token {one:.0} µs, a team {team:.0} µs, added {:.0} µs (limit {ADDED} µs)",
        team - one
    );
    team - one < ADDED
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let program = program::release();
    let mut is_met = true;
    for cache_ttl in ["0", "60s"] {
        is_met &= runtime.block_on(compare(&program, cache_ttl));
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
