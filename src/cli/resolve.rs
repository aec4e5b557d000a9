//! `resolve`: finds the recipients that names mean, as the tool `resolve_mail_recipients` does, for a person at a
//! terminal or a script.

use std::io::{self, Read};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use indicatif::ProgressDrawTarget;

use super::answer::fail;
use super::exit::{ExitStatus, Stop};
use super::format::RecipientFormat;
use super::stdout::{print, print_json};
use super::wiring::Wiring;
use super::{progress, report, table};
use crate::address_book::{Names, Source};
use crate::fixit::Audience;
use crate::mcp::resolve_mail_recipients::Output;
use crate::portal::decode_utf8;

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp resolve \"Anna Schmidt\" \"Иван Петров\"
  bitrix24-mail-mcp resolve \"Anna at Contoso\" --source contacts
  bitrix24-mail-mcp resolve - --format json < names.txt
  bitrix24-mail-mcp resolve anna Bdfyjd --demo

Exit status 1 if the contacts, or the employees, could not be read at all (`not_asked`). If they were read only in
part, names are marked `incomplete`, and the exit status is still 0.";

/// Arguments of `resolve`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Names or addresses, up to 50; `-` reads them from standard input, one a line.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Where to look; may be given twice [default: both].
    #[arg(long, value_name = "SOURCE")]
    source: Vec<Source>,
    /// What to print: a table for people, or the tool's JSON.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: RecipientFormat,
}

impl ValueEnum for Source {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let cancellation = &wiring.interruption.requested;
    let texts = tokio::select! {
        texts = texts_of(arguments) => texts?,
        () = cancellation.cancelled() => return Ok(ExitStatus::Interrupted),
    };
    let found = match Names::new(&texts, &arguments.source) {
        Ok(names) => {
            let line = progress::line(ProgressDrawTarget::hidden());
            let show = |contacts| progress::show(&line, contacts);
            let resolving = wiring.book.resolve(&names, &show, cancellation);
            let show_line = || line.set_draw_target(ProgressDrawTarget::stderr());
            let found = progress::during(resolving, show_line).await;
            line.finish_and_clear();
            found
        }
        Err(error) => Err(error.into()),
    };
    match found {
        Ok(resolution) => show(arguments.format, &Output::new(Audience::OnePerson, resolution)),
        Err(error) => fail::<Output>(arguments.format == RecipientFormat::Json, &error, wiring),
    }
}

/// The names on the command line, or the lines of standard input.
async fn texts_of(arguments: &Arguments) -> Result<Vec<String>, Stop> {
    if arguments.names != ["-"] {
        return Ok(arguments.names.clone());
    }
    tracing::info!("waiting for names, until the end of standard input");
    // On a thread of its own: a blocking read cannot be cancelled.
    let reading = tokio::task::spawn_blocking(|| {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        decode_utf8(bytes).map_err(io::Error::other)
    });
    let text = reading.await.map_err(io::Error::other).flatten().map_err(Stop::Input)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

const INCOMPLETE: &str = "incomplete: the address book was not read whole, so somebody may be missing; give first and last name \
or the company, or try again later";

fn show(format: RecipientFormat, output: &Output) -> Result<ExitStatus, Stop> {
    let recipients = output.recipients.as_deref().unwrap_or_default();
    match format {
        // The JSON itself explains cautions and says which names are incomplete.
        RecipientFormat::Json => print_json(output).map(drop)?,
        RecipientFormat::Table => {
            print(&table::recipients(recipients))?;
            for (code, meaning) in &output.caution_meanings {
                report::note(&format!("{}: {meaning}", code.replace('_', " ")));
            }
            for recipient in recipients.iter().filter(|recipient| !recipient.entries.is_empty()) {
                let entries = recipient.entries.join("\n  ");
                report::note(&format!(
                    "one name holds several recipients; ask for each:\n  {entries}"
                ));
            }
            if recipients.iter().any(|recipient| recipient.incomplete) {
                report::note(INCOMPLETE);
            }
        }
    }
    for failed in &output.not_asked {
        report::note(&format!("{} could not be read", failed.source.as_str()));
        report::failure(&failed.error);
    }
    // A script must not mistake an incomplete result for a complete one.
    Ok(if output.not_asked.is_empty() {
        ExitStatus::Done
    } else {
        ExitStatus::Failed
    })
}
