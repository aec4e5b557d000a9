//! `doctor --client`: what a client has to start this server with, and whether it would get on with it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use url::Url;

use super::{Check, Report};
use crate::cli::clients::document::Document;
use crate::cli::clients::file::SettingsFile;
use crate::cli::clients::handshake::{self, Greeting};
use crate::cli::clients::launch::{self, Launch, Origin};
use crate::cli::clients::machine::Machine;
use crate::cli::clients::started::{Starts, is_named_like_this, shown, starts};
use crate::cli::clients::{Client, advice, entry};
use crate::cli::{Global, has_command};

/// All checks, in the order of what builds on what.
pub(super) async fn examine(client: Client, global: &Global, machine: &Machine) -> Vec<Check> {
    let mut checks = vec![installed(client, machine)];
    let found = match find(client, global, machine) {
        Ok(found) => found,
        Err(check) => {
            checks.push(*check);
            checks.extend(
                ["program", "environment", "handshake"].map(|name| Check::skipped(name, "because entry failed")),
            );
            return checks;
        }
    };
    let place = format!("`{}` in {}", handshake::short(&found.name), found.file.display());
    checks.push(if advice::is_switched_off(&found.entry) {
        let on = format!("Switch it on in {}.", client.title());
        Check::warning("entry", format!("{place} is switched off"), &[&on])
    } else {
        Check::ok("entry", place)
    });
    if let Some((url, headers)) = launch::remote(client, &found.entry, machine) {
        checks.extend(
            ["program", "environment"].map(|name| Check::skipped(name, "because the server is reached over HTTP")),
        );
        checks.push(greeted_over_http(client, &url, &headers).await);
        return checks;
    }
    let Some(launch) = Launch::of(client, &found.entry, machine) else {
        checks.push(Check::failed(
            "program",
            "the entry starts no program",
            &[&install(client, global)],
        ));
        checks.extend(["environment", "handshake"].map(|name| Check::skipped(name, "because program failed")));
        return checks;
    };
    checks.push(program(client, &launch, machine));
    let has_program = !checks.last().is_some_and(Check::is_failed);
    checks.push(environment(client, &found.entry, &launch, machine));
    if !has_program {
        checks.push(Check::skipped("handshake", "because program failed"));
        return checks;
    }
    checks.push(greeted(client, &launch).await);
    if !checks.last().is_some_and(Check::is_failed) {
        checks.extend(examined_by_the_server(&launch, machine).await);
    }
    checks
}

fn install(client: Client, global: &Global) -> String {
    let demo = if global.wants_demo() { " --demo" } else { "" };
    format!("Run `bitrix24-mail-mcp install {}{demo}`.", client.name())
}

fn installed(client: Client, machine: &Machine) -> Check {
    match client.found(machine) {
        Some(path) => Check::ok("client", format!("{} ({})", client.title(), path.display())),
        None => Check::warning(
            "client",
            format!("{} was not found on this machine", client.title()),
            &["Install it, or run this where it is installed."],
        ),
    }
}

/// The entry that the client would use.
struct Found {
    name: String,
    file: PathBuf,
    entry: Value,
}

fn find(client: Client, global: &Global, machine: &Machine) -> Result<Found, Box<Check>> {
    let name = global.server_name();
    let own = client.file(machine);
    let mut places = client.files_of_the_folder(machine);
    places.push((own.clone(), vec![client.section().to_owned()]));
    for (path, section) in places {
        let mend = format!(
            "Mend {} by hand; {} cannot read it either.",
            path.display(),
            client.title()
        );
        let unusable = |what: String| Box::new(Check::failed("entry", what, &[&mend]));
        let file = SettingsFile::read(&path).map_err(|error| unusable(error.to_string()))?;
        let Some(text) = file.text() else {
            continue;
        };
        let document = Document::parse(client.language(), text)
            .map_err(|problem| unusable(format!("{} cannot be used: {problem}", path.display())))?;
        let section: Vec<&str> = section.iter().map(String::as_str).collect();
        let Some(Value::Object(servers)) = document.get(&section) else {
            continue;
        };
        // Whoever wrote the entry by hand may have called it otherwise.
        let starts_this = |entry: &Value| matches!(starts(Some(entry)), Starts::Copy(_));
        let by_name = servers.get_key_value(name);
        let is_demo = |entry: &Value| {
            let arguments = entry.get("args").and_then(Value::as_array);
            let mut texts = arguments.into_iter().flatten().filter_map(Value::as_str);
            texts.any(|text| text.starts_with("--demo"))
        };
        let by_program = || {
            servers
                .iter()
                .find(|(_, entry)| starts_this(entry) && is_demo(entry) == global.wants_demo())
        };
        if let Some((name, entry)) = by_name.or_else(by_program) {
            return Ok(Found {
                name: name.clone(),
                file: file.path().to_owned(),
                entry: entry.clone(),
            });
        }
    }
    Err(Box::new(Check::failed(
        "entry",
        format!("`{name}` is not in {}", own.display()),
        &[&install(client, global)],
    )))
}

fn program(client: Client, launch: &Launch, machine: &Machine) -> Check {
    let again = if is_named_like_this(&launch.command) {
        format!(
            "To have this one started, run `{} install {}`.",
            machine.program.display(),
            client.name()
        )
    } else {
        format!(
            "Rename that entry, or have it replaced: `bitrix24-mail-mcp install {} --force`.",
            client.name()
        )
    };
    match machine.found(&launch.command) {
        None => Check::failed(
            "program",
            format!("{} is not there, or may not be run", shown(&launch.command)),
            &[&again],
        ),
        Some(found) if machine.is_this(&launch.command) => {
            Check::ok("program", format!("this one ({})", found.display()))
        }
        Some(found) => Check::warning(
            "program",
            format!(
                "another one ({}), not this one ({})",
                found.display(),
                machine.program.display()
            ),
            &[&again],
        ),
    }
}

fn environment(client: Client, entry: &Value, launch: &Launch, machine: &Machine) -> Check {
    let told: Vec<String> = launch
        .settings
        .iter()
        .map(|(name, origin)| format!("{name}: {}", origin.described()))
        .collect();
    let told = if told.is_empty() {
        "no setting of this program".to_owned()
    } else {
        told.join(", ")
    };
    let saw = if client.clears_environment() {
        format!("{told}; {} passes on nothing else", client.title())
    } else {
        format!("{told}; {} passes on its whole environment", client.title())
    };
    let steps = advice::where_secrets_go(client, entry, machine);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    if let Some(file) = &launch.unreadable {
        return Check::failed(
            "environment",
            format!("{} cannot be read; {saw}", file.display()),
            &steps,
        );
    }
    if launch
        .settings
        .iter()
        .any(|(_, origin)| *origin == Origin::SecretInEntry)
    {
        let steps = [
            "Take the secret out of the file and set it in the environment, or name a file that holds it, then install again.",
        ];
        return Check::warning("environment", saw, &steps);
    }
    if !steps.is_empty() {
        return Check::warning("environment", saw, &steps);
    }
    let is_demo = launch.arguments.iter().any(|argument| argument.starts_with("--demo"));
    let is_elsewhere = launch.arguments.iter().any(|argument| argument == "--config");
    let is_credential = |name: &str| entry::variable(name).is_some_and(|variable| variable.is_credential());
    let mut credentials = launch.settings.iter().filter(|(name, _)| is_credential(name));
    let can_call = credentials.any(|(_, origin)| origin.has_value() || *origin == Origin::Asked);
    if can_call || is_demo || is_elsewhere {
        return Check::ok("environment", saw);
    }
    let set = format!(
        "Set BITRIX24_WEBHOOK_URL where {} is started, or BITRIX24_WEBHOOK_URL_FILE, then install again.",
        client.title()
    );
    Check::warning("environment", saw, &[&set])
}

async fn greeted(client: Client, launch: &Launch) -> Check {
    let run = "Run the entry's command with its arguments in a terminal, and read what it says.";
    handshake_check(handshake::greet(client, launch).await, run)
}

async fn greeted_over_http(client: Client, url: &str, headers: &BTreeMap<String, String>) -> Check {
    let run = "See that `bitrix24-mail-mcp serve --http` runs at that address, and that the entry has its token.";
    match Url::parse(url) {
        Ok(url) if url.scheme() == "http" => handshake_check(handshake::http::greet(client, &url, headers).await, run),
        Ok(url) if url.scheme() == "https" => Check::warning(
            "handshake",
            "the server is reached over HTTPS; whose it is, and whether it answers, was not checked",
            &["Let the client itself connect, and see whether it lists the tools."],
        ),
        _ => Check::failed("handshake", "the entry's url is no address of a web server", &[run]),
    }
}

fn handshake_check(greeting: Result<Greeting, handshake::Error>, advice: &str) -> Check {
    match greeting {
        Ok(greeting) => Check::ok(
            "handshake",
            format!(
                "{}, MCP {}, {} tools, in {} ms",
                greeting.server,
                greeting.revision,
                greeting.tools.len(),
                greeting.took.as_millis()
            ),
        ),
        Err(error) => Check::failed("handshake", error.to_string(), &[advice]),
    }
}

/// The other checks, made by the server itself as the client would start it.
async fn examined_by_the_server(launch: &Launch, machine: &Machine) -> Vec<Check> {
    let skipped = |reason: &str| vec![Check::skipped("portal", reason)];
    if !machine.is_this(&launch.command) || has_command(&launch.arguments) {
        return skipped("because the entry starts another program, or a command of this one");
    }
    if launch.settings.iter().any(|(_, origin)| *origin == Origin::Asked) {
        return skipped("because only the client knows what it asked its user for");
    }
    let mut command = handshake::command(launch);
    let output = command
        .args(["doctor", "--format", "json"])
        .stdin(std::process::Stdio::null())
        .output()
        .await;
    let report = output
        .ok()
        .and_then(|output| serde_json::from_slice::<Report>(&output.stdout).ok());
    match report {
        Some(report) => report.checks,
        None => skipped("because the server could not examine itself"),
    }
}
