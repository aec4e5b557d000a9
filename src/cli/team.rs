//! `team`: the sign-ins of a team's server, and its key. The commands work on the store, also while servers run.

use clap::{ArgGroup, Args, Subcommand};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::exit::{ExitStatus, Stop};
use super::format::RecipientFormat;
use super::global::Global;
use super::runtime::{Threads, with_settings};
use super::stdout::{print, print_json};
use super::{report, store, table};
use crate::config::Settings;
use crate::team::records::{EndReason, GrantLine};
use crate::team::{self, ServerKeys, Store};

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp team key > server-key          a new key, for BITRIX24_MCP_SERVER_KEY_FILE
  bitrix24-mail-mcp team list                      which employees are signed in, with which clients
  bitrix24-mail-mcp team end 7                     signs the employee with this id out of all clients
  bitrix24-mail-mcp team end --all                 signs everybody out, as after a leak

An ended sign-in fails at the next call; running servers need no restart.";

/// Arguments of `team`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a new server key.
    ///
    /// To rotate the key, put the new one in front of the old one, restart the servers, run `team rekey`, and then
    /// remove the old one.
    Key,
    /// List the employees that are signed in, and their clients.
    List {
        /// What to print: a table for people, or JSON on one line.
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: RecipientFormat,
    },
    /// Sign an employee, or everybody, out of all clients.
    #[command(group = ArgGroup::new("whom").required(true))]
    End {
        /// The employee's id on the portal, as `team list` shows it.
        #[arg(value_name = "USER", group = "whom", value_parser = user)]
        user: Option<u64>,
        /// Sign everybody out, and forget all tokens of the portal.
        #[arg(long, group = "whom")]
        all: bool,
    },
    /// Seal all tokens in the store by the first of several server keys.
    Rekey,
}

fn user(text: &str) -> Result<u64, &'static str> {
    text.parse()
        .map_err(|_| "it has to be a number, as `team list` shows it")
}

/// Runs a command. All but `team key` need the settings, and work on the store.
pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus, Stop> {
    global.refuse_demo("team")?;
    match &arguments.command {
        Command::Key => key(),
        Command::List { format } => with_store(global, async |store, _| list(store, *format).await),
        Command::End { user: Some(user), .. } => with_store(global, async |store, _| end(store, *user).await),
        Command::End { user: None, .. } => with_store(global, async |store, _| end_all(store).await),
        Command::Rekey => with_store(global, async |store, settings| {
            rekey(store, &settings.team.server_keys()?).await
        }),
    }
}

/// Reads the settings, and runs `command` on their store, beside running servers.
fn with_store<F>(global: &Global, command: F) -> Result<ExitStatus, Stop>
where
    F: AsyncFnOnce(&dyn Store, &Settings) -> Result<ExitStatus, Stop>,
{
    with_settings(Threads::One, global, async |settings| {
        let store = store::for_command(&settings).await?;
        command(store.as_ref(), &settings).await
    })
}

/// Prints a new server key.
fn key() -> Result<ExitStatus, Stop> {
    let key = ServerKeys::generate()?;
    print(&format!("{}\n", key.expose_secret()))
}

/// A sign-in, as `team list` prints it.
#[derive(Serialize)]
struct Line {
    user_id: u64,
    name: String,
    client: String,
    signed_in_at: String,
    last_renewed_at: String,
}

impl From<GrantLine> for Line {
    fn from(grant: GrantLine) -> Self {
        Self {
            user_id: grant.employee.user_id,
            name: grant.name,
            client: grant.client_name,
            signed_in_at: time(grant.created_at),
            last_renewed_at: time(grant.used_at),
        }
    }
}

async fn list(store: &dyn Store, format: RecipientFormat) -> Result<ExitStatus, Stop> {
    let lines: Vec<Line> = store.grants(None).await?.into_iter().map(Line::from).collect();
    if format == RecipientFormat::Json {
        return print_json(&serde_json::json!({"sign_ins": lines}));
    }
    if lines.is_empty() {
        report::say("nobody is signed in");
        return Ok(ExitStatus::Done);
    }
    let row = |line: Line| {
        let cells = [
            line.user_id.to_string(),
            line.name,
            line.client,
            line.signed_in_at,
            line.last_renewed_at,
        ];
        cells.map(|cell| report::printable(&cell))
    };
    let header = ["User", "Name", "Client", "Signed in", "Last renewed"];
    print(&table::rows(&header, lines.into_iter().map(row)))
}

async fn end(store: &dyn Store, user: u64) -> Result<ExitStatus, Stop> {
    let mut employees: Vec<_> = store
        .grants(None)
        .await?
        .into_iter()
        .map(|grant| grant.employee)
        .collect();
    employees.retain(|employee| employee.user_id == user);
    employees.dedup();
    let mut ended = 0;
    for employee in employees {
        ended += store.end_employee(&employee, EndReason::Operator).await?;
    }
    if ended == 0 {
        return Err(Stop::NotSignedIn(user));
    }
    report::say(&format!("signed user {user} out: {}", sign_ins(ended)));
    Ok(ExitStatus::Done)
}

async fn end_all(store: &dyn Store) -> Result<ExitStatus, Stop> {
    let ended = store.end_all(EndReason::Operator).await?;
    report::say(&format!("signed everybody out: {}", sign_ins(ended)));
    Ok(ExitStatus::Done)
}

async fn rekey(store: &dyn Store, keys: &ServerKeys) -> Result<ExitStatus, Stop> {
    let rekeyed = team::rekey(store, keys).await?;
    report::say(&format!(
        "sealed the tokens of {} by the first key",
        employees(rekeyed.resealed)
    ));
    if rekeyed.left > 0 {
        return Err(Stop::NotOpened(rekeyed.left));
    }
    Ok(ExitStatus::Done)
}

fn employees(count: usize) -> String {
    match count {
        1 => "1 employee".to_owned(),
        count => format!("{count} employees"),
    }
}

fn sign_ins(count: usize) -> String {
    match count {
        1 => "1 sign-in has ended".to_owned(),
        count => format!("{count} sign-ins have ended"),
    }
}

/// A time in seconds since 1970 as text in UTC.
fn time(seconds: i64) -> String {
    let since = std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string()
}
