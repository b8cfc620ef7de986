//! The program: arguments, config, app, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::cli::run()
}
