//! Parse, run, exit status; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    bitrix24_mail_mcp::cli::main(std::env::args_os()).into()
}
