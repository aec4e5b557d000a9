//! The program's entry point: runs the command line and returns its exit status.

use std::process::ExitCode;

/// A call makes about a thousand small allocations. The system's allocator spends a sixth of the call's instructions on
/// them, and musl's allocator, which the static builds would use, far more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bitrix24_mail_mcp::cli::main(std::env::args_os()).into()
}
