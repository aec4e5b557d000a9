//! `login`: signs a person in with a local application and stores the tokens.
//!
//! The portal's authorize page sends the browser back to this machine with a code. A person whose browser is on another
//! machine pastes the address instead. The code is exchanged immediately, since it is valid for 30 seconds.
//!
//! The code, the state, tokens and secrets are never printed or logged; the one exception is the state in the authorize
//! page's address. See <https://apidocs.bitrix24.com/settings/oauth/index.html>.

mod callback;
pub(super) mod error;
mod redirected;

use std::io::{self, BufRead, IsTerminal, Read};
use std::pin::pin;
use std::time::Duration;

use clap::Args;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::sync::mpsc;
use url::form_urlencoded;

use super::exit::{ExitStatus, Stop};
use super::report;
use super::wiring::Wiring;
use crate::address_book;
use crate::config::env_vars;
use crate::fixit::Failure;
use crate::portal::{self, Application, GivenSecret, Portal, read_small_file};
use callback::Listener;
use error::Error;
use redirected::{Redirected, State};

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp login
  bitrix24-mail-mcp login --port 9000
  bitrix24-mail-mcp login --no-browser

Needs BITRIX24_PORTAL, BITRIX24_CLIENT_ID and BITRIX24_CLIENT_SECRET (or BITRIX24_CLIENT_SECRET_FILE). Keep to one
port: the address that login listens on has to be entered in the application as its handler path.";

/// Arguments of `login`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The port on 127.0.0.1 that the browser is sent back to; 0 means any free port.
    #[arg(long, value_name = "N", default_value_t = 8025)]
    port: u16,
    /// Only show the address of the sign-in page, open no browser.
    #[arg(long)]
    no_browser: bool,
}

/// How long to wait for the browser: time enough to find the password.
const WAIT: Duration = Duration::from_secs(600);
/// The longest line that is read, in bytes; an address is far shorter.
const MAX_LINE: u64 = 16 * 1024;

pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let portal = wiring.book.portal();
    let code = tokio::select! {
        code = authorize(arguments, portal) => code?,
        () = wiring.interruption.requested.cancelled() => return Ok(ExitStatus::Interrupted),
    };
    let mut signing_in = pin!(portal.sign_in(code));
    let (outcome, status) = tokio::select! {
        outcome = &mut signing_in => (outcome, ExitStatus::Done),
        () = wiring.interruption.requested.cancelled() => {
            // An exchange that has begun is completed, so that its tokens are saved.
            let _ = portal.save_tokens().await;
            (signing_in.await, ExitStatus::Interrupted)
        }
    };
    let error = match outcome {
        Ok(user_id) if portal.save_tokens().await.is_ok() => {
            if let Some(application) = portal.application() {
                report_sign_in(application, user_id);
            }
            return Ok(status);
        }
        // `with_wiring` tries once more to save the tokens, and reports a failure.
        Ok(_) => return Ok(ExitStatus::Failed),
        Err(portal::Error::Cancelled) => return Ok(ExitStatus::Interrupted),
        Err(error) => error,
    };
    report::failure(&Failure::from(&address_book::Error::Portal(error.into())));
    Ok(ExitStatus::Failed)
}

/// Shows the address of the sign-in page and waits for the code.
async fn authorize(arguments: &Arguments, portal: &Portal) -> Result<SecretString, Error> {
    let (application, client_id) = application_of(portal)?;
    let state = State::random().ok_or(Error::NoRandomNumbers)?;
    let mut listener = Listener::bind(arguments.port)
        .await
        .map_err(|error| Error::Port(arguments.port, error))?;
    let redirect_uri = listener.redirect_uri();
    let page = authorize_page(application.portal.as_str(), client_id, &state, &redirect_uri);
    show_sign_in_page(&redirect_uri, &page);
    if !arguments.no_browser && io::stderr().is_terminal() {
        open(page);
    }
    // The listener is dropped before the exchange, so that its port is free again.
    tokio::time::timeout(WAIT, wait_for_code(&mut listener, lines_of_stdin(), &state))
        .await
        .unwrap_or(Err(Error::NotInTime(WAIT)))
}

/// The application and its client id.
///
/// # Errors
/// A setting that the exchange will need is missing, or its file cannot be read.
fn application_of(portal: &Portal) -> Result<(&Application, &str), Error> {
    let application = portal.application().ok_or(Error::Missing(&env_vars::PORTAL))?;
    let client_id = application
        .client_id
        .as_deref()
        .ok_or(Error::Missing(&env_vars::CLIENT_ID))?;
    // Checked now, and not only after the person has signed in.
    match &application.client_secret {
        None => return Err(Error::Missing(&env_vars::CLIENT_SECRET)),
        Some(GivenSecret::Text(_)) => {}
        Some(GivenSecret::File(path)) => {
            let unusable = |reason| Error::Unreadable(&env_vars::CLIENT_SECRET_FILE, reason);
            let secret = read_small_file(path).map_err(unusable)?;
            if secret.expose_secret().trim().is_empty() {
                return Err(unusable("it is empty"));
            }
        }
    }
    Ok((application, client_id))
}

fn authorize_page(portal: &str, client_id: &str, state: &State, redirect_uri: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client_id)
        .append_pair("response_type", "code")
        .append_pair("state", state.expose())
        .append_pair("redirect_uri", redirect_uri)
        .finish();
    format!("{portal}/oauth/authorize/?{query}")
}

fn show_sign_in_page(redirect_uri: &str, page: &str) {
    report::say(&format!(
        "In the settings of the local application, this address must be entered as the handler path:\n\n  {redirect_uri}\n\n\
         Then open this page, sign in to the portal and allow the access:\n\n  {page}\n\n\
         Waiting up to {} for the browser to come back. If the browser cannot reach this machine, copy the address \
         that it ends at (or the code in that address) and paste it here immediately: the code is valid for 30 seconds. \
         Ctrl-C ends.",
        humantime::format_duration(WAIT)
    ));
}

fn report_sign_in(application: &Application, user_id: Option<u64>) {
    let user = user_id.map(|id| format!(" as user {id}")).unwrap_or_default();
    report::say(&format!(
        "Signed in{user}. The tokens are stored in {}\n\n\
         Check the connection with `bitrix24-mail-mcp doctor`, look somebody up with `bitrix24-mail-mcp lookup anna`.\n\
         The assistant's server entry needs the same BITRIX24_PORTAL, BITRIX24_CLIENT_ID and BITRIX24_CLIENT_SECRET (or \
         BITRIX24_CLIENT_SECRET_FILE), and BITRIX24_TOKEN_STORE and BITRIX24_OAUTH_SERVER where you have set them.",
        application.token_store.display()
    ));
}

/// Opens the page in a task of its own: some browsers block their caller until they are closed.
fn open(page: String) {
    tokio::spawn(async move {
        let opened = tokio::task::spawn_blocking(move || webbrowser::open(&page)).await;
        if !matches!(opened, Ok(Ok(()))) {
            report::note("no browser could be opened; open the page yourself");
        }
    });
}

/// The lines of stdin. A thread reads them; the thread does not keep the process alive.
fn lines_of_stdin() -> mpsc::Receiver<SecretString> {
    let (sender, lines) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match stdin.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
                Ok(length) if length > 0 => {}
                _ => return,
            }
            let line = SecretString::from(String::from_utf8_lossy(&line).into_owned());
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Waits for the code, from the browser or pasted by the person.
async fn wait_for_code(
    listener: &mut Listener,
    mut lines: mpsc::Receiver<SecretString>,
    state: &State,
) -> Result<SecretString, Error> {
    let mut has_lines = true;
    loop {
        let (redirected, is_pasted) = tokio::select! {
            redirected = listener.next(state) => (redirected, false),
            line = lines.recv(), if has_lines => match line {
                Some(line) if line.expose_secret().trim().is_empty() => continue,
                Some(line) => (state.read_pasted(line.expose_secret()), true),
                None => {
                    has_lines = false;
                    continue;
                }
            },
        };
        match redirected {
            Redirected::Code(code) => return Ok(code),
            Redirected::Denied => return Err(Error::Denied),
            Redirected::Failed(name) => return Err(Error::Failed(name)),
            Redirected::Foreign if is_pasted => {
                report::note(
                    "the pasted text belongs to another sign-in: its state is not the one in the address above; still waiting",
                );
            }
            Redirected::Foreign => report::note(
                "a browser was redirected here from another sign-in: its state is not the one in the address above; refused, still waiting",
            ),
            Redirected::Nothing => report::note(
                "the pasted text is neither the address that the browser ended at nor a code; still waiting",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_authorize_page_holds_client_state_and_redirect() {
        let state = State::random().unwrap();
        assert_eq!(
            authorize_page("https://p.example", "local.1&2", &state, "http://127.0.0.1:8025/"),
            format!(
                "https://p.example/oauth/authorize/?client_id=local.1%262&response_type=code&state={}&redirect_uri=http%3A%2F%2F127.0.0.1%3A8025%2F",
                state.expose()
            )
        );
    }

    #[tokio::test]
    async fn the_end_of_stdin_does_not_end_the_waiting() {
        let mut listener = Listener::bind(0).await.unwrap();
        let state = State::random().unwrap();
        let (sender, lines) = mpsc::channel(1);
        drop(sender);
        tokio::time::pause();
        let waited = tokio::time::timeout(WAIT, wait_for_code(&mut listener, lines, &state)).await;
        assert!(waited.is_err(), "it ended immediately");
    }
}
