//! service2 of the sample stack.

use std::process::ExitCode;

use service_kit::Identity;

fn main() -> ExitCode {
    service_kit::run(Identity {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        port: 7072,
    })
}
