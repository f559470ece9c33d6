//! Errors of the environment in the user's words: what was wanted, who is in the way, what to do.

use std::io;

use miette::Report;

use crate::{
    connect::ConnectError, ecs::EngineError, environment::EnvironmentError, library::Error,
    port_holder,
};
use alb::SetupError;

/// Returns an error as the user is told it.
pub(super) fn error(error: Error) -> Report {
    match error {
        Error::Environment(error) => environment(&error),
        Error::Docker(error) => docker(&error),
        Error::Name(error) => miette::miette!(help = "--scale takes SERVICE=COUNT", "{error}"),
        Error::NoListener { .. } => {
            let help = "--publish takes LOCAL:LISTENER, as in --publish 9443:443";
            miette::miette!(help = help, "{error}")
        }
        Error::NoDataFolder { .. } => {
            miette::miette!(help = "name one with --data-folder", "{error}")
        }
        error => error.into(),
    }
}

fn environment(error: &EnvironmentError) -> Report {
    match error {
        EnvironmentError::LoadBalancer(SetupError::Bind(bind)) if is_taken(&bind.source) => {
            let port = bind.address.port();
            let help = "publish the listener elsewhere, as in --publish 9443:443";
            taken(port, "a listener", help)
        }
        EnvironmentError::Dns(bind) if is_taken(&bind.source) => {
            taken(bind.address.port(), "DNS", "answer elsewhere, as in --dns 127.0.0.1:10054")
        }
        EnvironmentError::Discovery(bind) if is_taken(&bind.source) => {
            let help = "serve it elsewhere, as in --discovery 127.0.0.1:10081";
            taken(bind.address.port(), "Cloud Map's API", help)
        }
        EnvironmentError::Metrics(bind) if is_taken(&bind.source) => {
            let help = "serve them elsewhere, as in --metrics 127.0.0.1:9401";
            taken(bind.address.port(), "metrics", help)
        }
        EnvironmentError::Connect(ConnectError::Bind { address, source, .. })
            if is_taken(source) =>
        {
            let help = "a name of Service Connect is called at this port: end what has it";
            taken(address.port(), "a name of Service Connect", help)
        }
        _ => miette::miette!("{}", chain(error)),
    }
}

/// What Docker does not do.
fn docker(error: &EngineError) -> Report {
    let help = "give each service `run` in local-env.toml, and no container is needed";
    miette::miette!(help = help, "{}", chain(error))
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

fn taken(port: u16, what: &str, help: &str) -> Report {
    let holder = port_holder::described(port);
    miette::miette!(help = help, "port {port}, wanted for {what}, is taken{holder}")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
