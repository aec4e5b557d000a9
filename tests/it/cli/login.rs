//! `login`, from the authorize page's address to the token store. The test plays the browser and the person; the
//! authorization server is scripted.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStderr, Command};
use url::Url;

#[cfg(unix)]
use crate::support::harness::send_signal;
use crate::support::harness::{program, stderr};
use crate::support::scripted_portal::ScriptedPortal;

const CODE: &str = "c0dec4naryc0dec4nary";
const CLIENT_SECRET: &str = "cl1entc4nary";
const ACCESS_TOKEN: &str = "acc3ssc4nary";
const REFRESH_TOKEN: &str = "r3fr3shc4nary";
/// The longest wait for a line; only a program that hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The authorization server, the folder of the token store, and the settings for both.
struct World {
    server: ScriptedPortal,
    folder: TempDir,
}

impl World {
    async fn issuing_tokens() -> Self {
        let body = format!(r#"{{"access_token":"{ACCESS_TOKEN}","refresh_token":"{REFRESH_TOKEN}","user_id":7}}"#);
        Self::answering(200, &body).await
    }

    async fn answering(status: u16, body: &str) -> Self {
        Self {
            server: ScriptedPortal::answering(status, "content-type: application/json\r\n", body.as_bytes()).await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn origin(&self) -> &str {
        self.server.webhook_url.split("/rest/").next().unwrap()
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("tokens.json")
    }

    fn command(&self) -> Command {
        self.command_on("0")
    }

    fn command_on(&self, port: &str) -> Command {
        let mut command = program();
        command
            .args(["login", "--port", port, "--no-browser", "-vvv"])
            .env("BITRIX24_PORTAL", self.origin())
            .env("BITRIX24_OAUTH_SERVER", self.origin())
            .env("BITRIX24_CLIENT_ID", "local.1")
            .env("BITRIX24_CLIENT_SECRET", CLIENT_SECRET)
            .env("BITRIX24_TOKEN_STORE", self.store());
        command
    }

    async fn login(&self) -> Login {
        Login::start(self.command()).await
    }

    fn assert_signed_in(&self, ended: &Ended) {
        assert_eq!(ended.status, Some(0), "{}", ended.log);
        assert!(ended.log.contains("Signed in as user 7"), "{}", ended.log);
        assert!(ended.log.contains(self.store().to_str().unwrap()), "{}", ended.log);
        let stored: Value = serde_json::from_slice(&std::fs::read(self.store()).unwrap()).unwrap();
        assert_eq!(stored["access_token"], ACCESS_TOKEN);
        assert_eq!(stored["refresh_token"], REFRESH_TOKEN);
        assert_eq!(stored["client_id"], "local.1");
        assert_eq!(stored["portal"], self.origin());
        assert_eq!(stored["user_id"], 7);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(self.store()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let requests = self.server.requests();
        assert_eq!(requests.len(), 1, "one exchange");
        let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /oauth/token/ "), "{head}");
        assert!(body.contains("grant_type=authorization_code"), "{body}");
        assert!(body.ends_with(&format!("&code={CODE}")), "{body}");
    }
}

/// The running program, which waits for the browser.
struct Login {
    process: Child,
    errors: Lines<BufReader<ChildStderr>>,
    log: String,
    page: Url,
}

/// How the program ended.
struct Ended {
    status: Option<i32>,
    log: String,
}

impl Login {
    async fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut login = Self {
            process,
            errors,
            log: String::new(),
            page: Url::parse("unknown:").unwrap(),
        };
        let page = login.line_with("/oauth/authorize/?").await;
        login.page = Url::parse(page.trim()).unwrap();
        login.line_with("Waiting").await;
        login
    }

    /// Reads on until a line of stderr contains `text`.
    async fn line_with(&mut self, text: &str) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.errors.next_line()).await.unwrap();
            let Some(line) = line.unwrap() else {
                panic!("the program ended without {text:?}: {}", self.log);
            };
            self.log.push_str(&line);
            self.log.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    fn parameter(&self, name: &str) -> String {
        let found = self.page.query_pairs().find(|(key, _)| key == name);
        found.unwrap().1.into_owned()
    }

    /// The address that the authorize page sends the browser to.
    fn redirect(&self, answer: &str) -> Url {
        let state = self.parameter("state");
        Url::parse(&format!(
            "{}?{answer}&state={state}&domain=portal",
            self.parameter("redirect_uri")
        ))
        .unwrap()
    }

    async fn paste(&mut self, line: &str) {
        let input = self.process.stdin.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Waits for the end, and asserts that stdout is empty and stderr holds no secret.
    async fn end(mut self) -> Ended {
        while let Some(line) = tokio::time::timeout(PATIENCE, self.errors.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            self.log.push_str(&line);
            self.log.push('\n');
        }
        let mut output = String::new();
        let mut stdout = self.process.stdout.take().unwrap();
        stdout.read_to_string(&mut output).await.unwrap();
        assert_eq!(output, "");
        for secret in [CODE, CLIENT_SECRET, ACCESS_TOKEN, REFRESH_TOKEN] {
            assert!(!self.log.contains(secret), "{secret} is in {}", self.log);
        }
        let state = self.parameter("state");
        assert_eq!(
            self.log.matches(&state).count(),
            1,
            "the state is in the address alone: {}",
            self.log
        );
        Ended {
            status: self.process.wait().await.unwrap().code(),
            log: self.log,
        }
    }
}

/// Sends a request as a browser would, and returns the whole response.
async fn browse(method: &str, address: &Url) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", address.port().unwrap()))
        .await
        .unwrap();
    let target = format!("{}?{}", address.path(), address.query().unwrap_or_default());
    let request = format!("{method} {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn a_browser_that_comes_back_signs_in() {
    let world = World::issuing_tokens().await;
    let login = world.login().await;
    assert_eq!(login.page.origin().ascii_serialization(), world.origin());
    assert_eq!(login.parameter("client_id"), "local.1");
    assert_eq!(login.parameter("response_type"), "code");
    assert_eq!(login.parameter("state").len(), 32);
    let redirect_uri = login.parameter("redirect_uri");
    assert!(
        redirect_uri.starts_with("http://127.0.0.1:") && redirect_uri.ends_with('/'),
        "{redirect_uri}"
    );
    assert!(
        login.log.lines().any(|line| line.trim() == redirect_uri),
        "{}",
        login.log
    );

    // Browsers open connections in advance. Such a connection must not hold up the next one.
    let _idle = TcpStream::connect(("127.0.0.1", login.redirect("x=").port().unwrap()))
        .await
        .unwrap();
    let response = browse("GET", &login.redirect(&format!("code={CODE}"))).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    for header in ["cache-control: no-store", "referrer-policy: no-referrer"] {
        assert!(response.contains(header), "{response}");
    }
    assert!(
        !response.contains(CODE) && !response.contains(&login.parameter("state")),
        "{response}"
    );
    let ended = login.end().await;
    world.assert_signed_in(&ended);
    for next in [
        "bitrix24-mail-mcp doctor",
        "bitrix24-mail-mcp lookup",
        "BITRIX24_CLIENT_SECRET_FILE",
    ] {
        assert!(ended.log.contains(next), "{next}: {}", ended.log);
    }
}

#[tokio::test]
async fn an_answer_with_a_wrong_state_is_refused_and_the_right_one_still_works() {
    let world = World::issuing_tokens().await;
    let mut login = world.login().await;
    let right = login.redirect(&format!("code={CODE}"));
    for query in [
        format!("code={CODE}"),
        format!("code={CODE}&state="),
        format!("code={CODE}&state=wrong"),
        "error=access_denied".to_owned(),
    ] {
        let mut wrong = right.clone();
        wrong.set_query(Some(&query));
        let response = browse("GET", &wrong).await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{query}: {response}");
        login.line_with("note: ").await;
    }
    let response = browse("POST", &right).await;
    assert!(response.starts_with("HTTP/1.1 405 "), "{response}");
    let favicon = right.join("/favicon.ico").unwrap();
    let response = browse("GET", &favicon).await;
    assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
    assert!(
        world.server.requests().is_empty() && !world.store().exists(),
        "something was exchanged"
    );

    browse("GET", &right).await;
    world.assert_signed_in(&login.end().await);
}

#[tokio::test]
async fn a_pasted_address_signs_in() {
    let world = World::issuing_tokens().await;
    let mut login = world.login().await;
    login.paste("").await;
    for wrong in ["hello", "http://127.0.0.1/?code=abc&state=wrong"] {
        login.paste(wrong).await;
        login.line_with("note: the pasted text").await;
    }
    assert!(world.server.requests().is_empty(), "something was exchanged");
    let address = login.redirect(&format!("code={CODE}"));
    login.paste(address.as_str()).await;
    world.assert_signed_in(&login.end().await);
}

#[tokio::test]
async fn a_pasted_code_signs_in() {
    let world = World::issuing_tokens().await;
    let mut login = world.login().await;
    login.paste(CODE).await;
    world.assert_signed_in(&login.end().await);
}

#[tokio::test]
async fn a_browser_can_come_after_the_end_of_stdin() {
    let world = World::issuing_tokens().await;
    let mut login = world.login().await;
    drop(login.process.stdin.take());
    browse("GET", &login.redirect(&format!("code={CODE}"))).await;
    world.assert_signed_in(&login.end().await);
}

#[tokio::test]
async fn a_refusal_on_the_page_ends_with_1_and_says_so() {
    let world = World::issuing_tokens().await;
    for (answer, said) in [
        ("error=access_denied", "access was denied"),
        ("error=invalid_scope", "invalid_scope"),
    ] {
        let login = world.login().await;
        let response = browse("GET", &login.redirect(answer)).await;
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        let ended = login.end().await;
        assert_eq!(ended.status, Some(1), "{}", ended.log);
        assert!(ended.log.contains(said) && ended.log.contains("hint:"), "{}", ended.log);
    }
    assert!(
        world.server.requests().is_empty() && !world.store().exists(),
        "something was exchanged"
    );
}

#[tokio::test]
async fn a_failed_exchange_ends_with_1_and_advice() {
    let echo = format!(r#"{{"error":"invalid_grant","error_description":"{CODE} {CLIENT_SECRET}"}}"#);
    let world = World::answering(400, &echo).await;
    let mut login = world.login().await;
    login.paste(CODE).await;
    let ended = login.end().await;
    assert_eq!(ended.status, Some(1), "{}", ended.log);
    for part in ["error:", "code: invalid_grant", "hint:"] {
        assert!(ended.log.contains(part), "{part}: {}", ended.log);
    }
    assert!(!world.store().exists());
}

#[tokio::test]
async fn a_missing_setting_is_named_and_ends_with_2() {
    let world = World::issuing_tokens().await;
    for name in ["BITRIX24_PORTAL", "BITRIX24_CLIENT_ID", "BITRIX24_CLIENT_SECRET"] {
        let output = world.command().env_remove(name).output().await.unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("error:") && first.contains(name), "{text}");
        assert!(text.contains("hint:") && output.stdout.is_empty(), "{text}");
    }
    let output = world
        .command()
        .env_remove("BITRIX24_CLIENT_SECRET")
        .env("BITRIX24_CLIENT_SECRET_FILE", world.folder.path().join("none"))
        .output()
        .await
        .unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("BITRIX24_CLIENT_SECRET_FILE"), "{text}");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let world = World::issuing_tokens().await;
    let held = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = held.local_addr().unwrap().port().to_string();
    let output = world.command_on(&port).output().await.unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("port {port}")), "{text}");
    assert!(text.contains("--port"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_the_waiting() {
    let world = World::issuing_tokens().await;
    let login = world.login().await;
    // Once a request is answered, the program is waiting.
    browse("GET", &login.redirect("x=")).await;
    send_signal("-INT", &login.process);
    assert_eq!(login.end().await.status, Some(130));
}
