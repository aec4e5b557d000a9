//! Parse, run, exit status; nothing else.

use std::process::ExitCode;

/// A call makes about a thousand small allocations. The system's allocator takes a sixth of the call's instructions for
/// them, and that of musl, for the static builds, far more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bitrix24_mail_mcp::cli::main(std::env::args_os()).into()
}
