//! `doctor --client`: checks a client's entry, the program and the environment it names, and the MCP handshake with the
//! server that it starts.

mod entry;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use url::Url;

use super::check::{Check, Report};
use crate::cli::exit::Stop;
use crate::cli::global::Global;
use crate::clients::entry::variable;
use crate::clients::handshake::{self, Greeting};
use crate::clients::launch::{self, Launch};
use crate::clients::machine::Machine;
use crate::clients::next_steps::where_secrets_go;
use crate::clients::started::{is_named_like_this, shown_command};
use crate::clients::{Client, ValueSource, relative_paths, warnings};
use crate::config::paths;
use crate::portal::exposures;

/// What the user allows `doctor` to start or contact besides this program when the user's own settings start it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed {
    /// `--trust-folder`.
    pub(super) folder: bool,
    /// `--run-other-program`.
    pub(super) other_program: bool,
}

/// Runs the checks. A check that depends on one that failed is skipped.
pub(super) async fn examine(
    client: Client,
    allowed: Allowed,
    global: &Global,
    machine: &Machine,
    has_command: impl Fn(&[String]) -> bool,
) -> Result<Vec<Check>, Stop> {
    let mut checks = vec![installed(client, machine)];
    let found = match entry::find(client, global, machine) {
        Ok(found) => found,
        Err(check) => {
            checks.push(*check);
            checks.extend(skipped("because entry failed"));
            return Ok(checks);
        }
    };
    // Before the user trusts a file of the current folder, nothing that the file names is looked up.
    let launch = (!found.is_of_the_folder || allowed.folder)
        .then(|| Launch::of(client, &found.entry, machine, allowed.folder))
        .flatten();
    let paths = relative_paths::in_the_current_folder(client, &found.entry, launch.as_ref(), machine);
    checks.push(found.check(client, allowed.folder, &paths, global));
    if checks.last().is_some_and(Check::is_failed) {
        checks.extend(skipped("because entry failed"));
        return Ok(checks);
    }
    let needs_trust = found.is_of_the_folder || !paths.is_empty();
    if needs_trust && !allowed.folder {
        checks.extend(skipped("because the entry depends on this folder"));
        return Ok(checks);
    }
    if let Some((url, headers)) = launch::remote(client, &found.entry, machine) {
        checks.extend(
            ["program", "environment"].map(|name| Check::skipped(name, "because the server is reached over HTTP")),
        );
        if needs_trust {
            found.announce(client, "trusts", machine, None).map_err(Stop::Output)?;
        }
        checks.push(handshake_over_http(client, &url, &headers).await);
        return Ok(checks);
    }
    let Some(launch) = launch else {
        checks.push(Check::failed(
            "program",
            "the entry starts no program",
            &[&entry::install_step(client, global, "")],
        ));
        checks.extend(["environment", "handshake"].map(|name| Check::skipped(name, "because program failed")));
        return Ok(checks);
    };
    let may_run = launch.is_this || needs_trust || allowed.other_program;
    checks.push(program(client, &found.entry, &launch, may_run, machine));
    let has_program = !checks.last().is_some_and(Check::is_failed);
    checks.push(environment(client, &found, &launch, machine));
    if !has_program {
        checks.push(Check::skipped("handshake", "because program failed"));
        return Ok(checks);
    }
    if !may_run {
        checks.push(Check::skipped("handshake", "because the entry starts another program"));
        return Ok(checks);
    }
    if needs_trust || !launch.is_this {
        let verb = if needs_trust { "trusts" } else { "runs" };
        found
            .announce(client, verb, machine, Some(&launch))
            .map_err(Stop::Output)?;
    }
    checks.push(handshake_over_stdio(client, &launch).await);
    if !checks.last().is_some_and(Check::is_failed) {
        checks.extend(checks_by_the_server(&launch, has_command(&launch.arguments)).await);
    }
    Ok(checks)
}

/// The checks that need a trusted entry, as skipped.
fn skipped(reason: &str) -> [Check; 3] {
    ["program", "environment", "handshake"].map(|name| Check::skipped(name, reason))
}

fn installed(client: Client, machine: &Machine) -> Check {
    if let Some(warning) = warnings::about_folders(client, machine) {
        return Check::warning("client", warning, &["Set it to an absolute path, without `~`."]);
    }
    match client.find_on(machine) {
        Some(path) => Check::ok("client", format!("{} ({})", client.title(), path.display())),
        None => Check::warning(
            "client",
            format!("{} was not found on this machine", client.title()),
            &["Install it, or run this where it is installed."],
        ),
    }
}

fn program(client: Client, entry: &Value, launch: &Launch, may_run: bool, machine: &Machine) -> Check {
    if let Some((key, path)) = relative_paths::with_tilde(client, entry) {
        let what = format!(
            "the entry's {key} begins with `~`, which {} may not replace",
            client.title()
        );
        let step = match paths::expanded(Path::new(path), Some(&machine.home)) {
            Ok(whole) => format!("Write {} there.", whole.display()),
            Err(_) => "Write the absolute path there.".to_owned(),
        };
        return Check::failed("program", what, &[&step]);
    }
    let reinstall = if is_named_like_this(&launch.command) {
        format!(
            "To start this one instead, run `{} install {}`.",
            machine.program.display(),
            client.name()
        )
    } else {
        format!(
            "Rename that entry, or replace it: `bitrix24-mail-mcp install {} --force`.",
            client.name()
        )
    };
    let Some(found) = &launch.program else {
        return Check::failed(
            "program",
            format!("{} is not there, or may not be run", shown_command(&launch.command)),
            &[&reinstall],
        );
    };
    let (found, this) = (found.display(), machine.program.display());
    let started = match launch.is_elsewhere {
        true => format!("; started in: {}", launch.folder.display()),
        false => String::new(),
    };
    if launch.is_this {
        Check::ok("program", format!("this one ({found}){started}"))
    } else if may_run {
        Check::warning(
            "program",
            format!("another one ({found}), not this one ({this}){started}"),
            &[&reinstall],
        )
    } else {
        let run = "If you trust that program, add --run-other-program: it is then started with the entry's arguments and environment.";
        Check::warning(
            "program",
            format!("another one ({found}), not this one ({this}); it is not started"),
            &[&reinstall, run],
        )
    }
}

fn environment(client: Client, found: &entry::Found, launch: &Launch, machine: &Machine) -> Check {
    let settings: Vec<String> = launch
        .settings
        .iter()
        .map(|(name, origin)| format!("{name}: {}", origin.described()))
        .collect();
    let settings = if settings.is_empty() {
        "no setting of this program".to_owned()
    } else {
        settings.join(", ")
    };
    let saw = if client.clears_environment() {
        format!("{settings}; {} passes on nothing else", client.title())
    } else {
        format!("{settings}; {} passes on its whole environment", client.title())
    };
    let steps = where_secrets_go(client, &found.entry, machine);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    if let Some(file) = launch.file.as_ref().filter(|_| launch.is_unreadable) {
        return Check::failed(
            "environment",
            format!("{} cannot be read; {saw}", file.display()),
            &steps,
        );
    }
    let is_secret_in_entry = |(_, origin): &(String, ValueSource)| *origin == ValueSource::SecretInEntry;
    let file_with_secret = launch.settings.iter().any(is_secret_in_entry).then_some(&found.file);
    // The server cannot check these two files: only the client reads them.
    let exposures: Vec<_> = file_with_secret
        .into_iter()
        .chain(&launch.file)
        .flat_map(|path| exposures(path))
        .collect();
    let saw = exposures
        .iter()
        .fold(saw, |saw, exposure| format!("{saw}; {}", exposure.saw));
    let mut steps = steps;
    if file_with_secret.is_some() {
        steps.push(
            "Take the secret out of the file and set it in the environment, or name a file that holds it, then install again.",
        );
    }
    steps.extend(exposures.iter().map(|exposure| exposure.step.as_str()));
    if !steps.is_empty() {
        return Check::warning("environment", saw, &steps);
    }
    let is_demo = launch.arguments.iter().any(|argument| argument.starts_with("--demo"));
    let has_settings_file = launch.arguments.iter().any(|argument| argument == "--config");
    let is_credential = |name: &str| variable(name).is_some_and(|variable| variable.is_credential());
    let mut credentials = launch.settings.iter().filter(|(name, _)| is_credential(name));
    let can_call = credentials.any(|(_, origin)| origin.has_value() || *origin == ValueSource::Asked);
    if can_call || is_demo || has_settings_file {
        return Check::ok("environment", saw);
    }
    let set = format!(
        "Set BITRIX24_WEBHOOK_URL where {} is started, or BITRIX24_WEBHOOK_URL_FILE, then install again.",
        client.title()
    );
    Check::warning("environment", saw, &[&set])
}

async fn handshake_over_stdio(client: Client, launch: &Launch) -> Check {
    let run = "Run the entry's command with its arguments in a terminal, and read its messages.";
    handshake_check(handshake::greet(client, launch).await, run)
}

async fn handshake_over_http(client: Client, url: &str, headers: &BTreeMap<String, String>) -> Check {
    let run = "Check that `bitrix24-mail-mcp serve --http` runs at that address, and that the entry has its token.";
    let url = match Url::parse(url) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => url,
        _ => return Check::failed("handshake", "the entry's url is no address of a web server", &[run]),
    };
    if url.scheme() == "https" {
        return Check::warning(
            "handshake",
            "the server is reached over HTTPS; its identity, and whether it answers, were not checked",
            &["Connect with the client itself, and check that it lists the tools."],
        );
    }
    match handshake::http::Loopback::of(&url) {
        Some(place) => handshake_check(handshake::http::greet(client, &place, headers).await, run),
        None => Check::warning(
            "handshake",
            "the server is reached over plain HTTP beyond this machine, where anybody on the network path can read the entry's headers and the answers; it was not contacted",
            &[
                "Put a proxy with TLS before the server, and an https address into the entry; \
                 or run the server on this machine and name it by 127.0.0.1.",
            ],
        ),
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

/// The checks of the portal: `doctor` of the program that the client would start, in the client's environment.
async fn checks_by_the_server(launch: &Launch, has_command: bool) -> Vec<Check> {
    let skipped = |reason: &str| vec![Check::skipped("portal", reason)];
    if !launch.is_this || has_command {
        return skipped("because the entry starts another program, or a command of this one");
    }
    if launch.settings.iter().any(|(_, origin)| *origin == ValueSource::Asked) {
        return skipped("because only the client knows the values that it asked its user for");
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
        None => skipped("because the server's own `doctor` printed no report"),
    }
}
