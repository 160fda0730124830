//! The `dontpanic` binary; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    dontpanic::cli::run(std::env::args_os())
}
