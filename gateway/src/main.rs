//! The program: arguments, config, app, exit code.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A chat is thousands of small texts that one thread makes and another lets go: what the system's
/// own allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    gateway::cli::run()
}
