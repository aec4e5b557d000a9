//! The demo portal as a process of its own, so that its tokens outlive a restart of the server that uses them.
//!
//! ```text
//! cargo run --example demo_portal -- [--port 8025] [--handler http://127.0.0.1:8024/oauth/callback]
//!     [--rate-limit off|RATE/BURST] [--employees COUNT] [--fault NAME] [--seed NUMBER]
//!     [--random-faults PERCENT] [--expired-tokens PERCENT]
//! ```
//!
//! It prints one line of JSON when it listens: `portal`, `client_id` and `client_secret`. Then it obeys the lines of its
//! standard input and ends with it, so that it never outlives the program that started it:
//!
//! | line | what happens |
//! |---|---|
//! | `dismiss USER`, `exclude USER` | the employee is dismissed, or loses the application |
//! | `remove-application` | the application is removed |
//! | `expire USER` | the employee's access tokens expire |
//! | `lose-refresh` | the answer to the next refresh is lost |
//! | `fault NAME`, `fault none` | a fault begins or ends |
//! | `counts` | it prints a line of JSON: how many requests, refreshes and so on there were |
//! | `quit` | the portal ends |
//!
//! For any other line it prints a line of JSON with `error`.

use std::error::Error;
use std::io::{BufRead, Write};

use bitrix24_mail_mcp::demo::{Bucket, CLIENT_ID, CLIENT_SECRET, DemoPortal, FAULTS, Fault, Settings};
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let settings = settings(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let portal = runtime.block_on(DemoPortal::start(settings))?;
    print(&json!({"portal": portal.origin(), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}))?;
    for line in std::io::stdin().lock().lines() {
        match obey(&portal, &line?) {
            Ok(Next::Print(value)) => print(&value)?,
            Ok(Next::Wait) => {}
            Ok(Next::Quit) => break,
            Err(error) => print(&json!({"error": error.to_string()}))?,
        }
    }
    Ok(())
}

fn print(value: &Value) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{value}")?;
    stdout.flush()
}

/// The settings that the arguments describe.
fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Settings, Failure> {
    let mut settings = Settings {
        // Nothing here reads the requests, and a soak has many.
        kept_requests: 0,
        ..Settings::default()
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--port" => settings.port = value.parse()?,
            "--handler" => settings.handler = Some(value),
            "--rate-limit" => settings.bucket = bucket(&value)?,
            "--employees" => settings.generated_employees = value.parse()?,
            "--fault" => settings.fault = fault(&value)?,
            "--seed" => settings.seed = value.parse()?,
            "--random-faults" => settings.random_faults = value.parse()?,
            "--expired-tokens" => settings.expired_tokens = value.parse()?,
            _ => return Err(format!("there is no argument {name}").into()),
        }
    }
    Ok(settings)
}

/// `off`, or requests a second and burst, such as `2/50`.
fn bucket(text: &str) -> Result<Option<Bucket>, Failure> {
    if text == "off" {
        return Ok(None);
    }
    let (rate, burst) = text.split_once('/').ok_or("the rate limit is `off` or RATE/BURST")?;
    Ok(Some(Bucket {
        threshold: burst.parse()?,
        drain_per_second: rate.parse()?,
    }))
}

/// The fault of this name; `None` for `none`.
fn fault(name: &str) -> Result<Option<&'static Fault>, Failure> {
    if name == "none" {
        return Ok(None);
    }
    let fault = FAULTS.iter().find(|fault| fault.name == name);
    fault
        .map(Some)
        .ok_or_else(|| format!("there is no fault {name}").into())
}

/// What follows after a line.
#[derive(Debug, PartialEq)]
enum Next {
    Print(Value),
    Wait,
    Quit,
}

/// Does what a line of the input says.
fn obey(portal: &DemoPortal, line: &str) -> Result<Next, Failure> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["dismiss", user] => portal.dismiss(user.parse()?),
        ["exclude", user] => portal.exclude(user.parse()?),
        ["expire", user] => portal.expire_access(user.parse()?),
        ["remove-application"] => portal.remove_application(),
        ["lose-refresh"] => portal.lose_next_refresh(),
        ["fault", name] => portal.set_fault(fault(name)?),
        ["counts"] => {
            return Ok(Next::Print(json!({
                "requests": portal.request_count(),
                "throttled": portal.throttled(),
                "authorize_requests": portal.authorize_requests(),
                "code_exchanges": portal.code_exchanges(),
                "refreshes": portal.refreshes(),
                "spent_refreshes": portal.spent_refreshes(),
            })));
        }
        ["quit"] => return Ok(Next::Quit),
        [] => {}
        _ => return Err(format!("there is no command `{line}`").into()),
    }
    Ok(Next::Wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &str) -> Result<Settings, Failure> {
        settings(arguments.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_describe_the_portal() {
        let portal = read(
            "--port 8025 --handler http://127.0.0.1:1/x --rate-limit 5/250 --employees 100 --fault oauth-down \
            --seed 7 --random-faults 0.5 --expired-tokens 1",
        )
        .unwrap();
        assert_eq!((portal.port, portal.generated_employees, portal.seed), (8025, 100, 7));
        assert_eq!(portal.handler.as_deref(), Some("http://127.0.0.1:1/x"));
        assert_eq!((portal.random_faults, portal.expired_tokens), (0.5, 1.0));
        assert_eq!(portal.fault.map(|fault| fault.name), Some("oauth-down"));
        let bucket = portal.bucket.unwrap();
        assert_eq!((bucket.threshold, bucket.drain_per_second), (250, 5.0));
        assert_eq!(read("--rate-limit off").unwrap().bucket, None);
        for wrong in ["--port", "--port x", "--rate-limit 5", "--fault x", "--x 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn lines_of_the_input_are_obeyed() {
        let portal = DemoPortal::start(read("--handler http://127.0.0.1:1/x").unwrap())
            .await
            .unwrap();
        let status_of_user_7 = async || {
            let cookie = ("cookie".to_owned(), "demo_portal_user=7".to_owned());
            let path = format!("/oauth/authorize/?client_id={CLIENT_ID}&state=s");
            portal.answer("GET", &path, &[cookie], b"").await.unwrap().status
        };
        assert_eq!(status_of_user_7().await, 302);
        for (line, status) in [
            ("exclude 7", 403),
            ("", 403),
            ("dismiss 7", 200),
            ("fault removed-application", 404),
            ("fault none", 200),
            ("expire 7", 200),
            ("lose-refresh", 200),
            ("remove-application", 404),
        ] {
            assert_eq!(obey(&portal, line).unwrap(), Next::Wait, "{line}");
            assert_eq!(status_of_user_7().await, status, "{line}");
        }
        let Next::Print(counts) = obey(&portal, "counts").unwrap() else {
            panic!("no counts")
        };
        assert_eq!(
            (&counts["requests"], &counts["authorize_requests"]),
            (&json!(9), &json!(9))
        );
        assert_eq!(obey(&portal, "quit").unwrap(), Next::Quit);
        for wrong in ["dismiss", "dismiss x", "fault x", "x"] {
            assert!(obey(&portal, wrong).is_err(), "{wrong}");
        }
    }
}
