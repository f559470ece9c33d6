//! What an environment is to be like, as data.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

use etcetera::BaseStrategy as _;

use super::{
    Error,
    host::MakeLauncher,
    sources::{Origin, Sources},
};
use crate::environment::Settings;
use alb::Failing;
use clock::Clock;
use stack::{Allowed, LogicalId, Stack};

/// The folder within the user's data folder.
const DATA_FOLDER: &str = "local-env";
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What an environment is to be like.
pub(super) struct Plan {
    pub(super) sources: Sources,
    /// By what one calls the service.
    pub(super) scale: Vec<(String, u32)>,
    pub(super) launch: Launch,
    pub(super) ports: Ports,
    /// But for what depends on the stack.
    pub(super) settings: Settings,
    pub(super) data_folder: Option<PathBuf>,
}

/// Where listeners are published.
pub(super) enum Ports {
    /// Each at a free port, but for those that are named.
    Free(BTreeMap<u16, u16>),
    /// At their own port, 8000 higher below 1024, but for those that are named.
    Usual(BTreeMap<u16, u16>),
}

/// What is to run the tasks.
pub(super) enum Launch {
    /// Programs and images, as `local-env.toml` says.
    Tasks,
    /// Something else, which is only watched through the resolver that knows of it.
    Observed { tasks_from: SocketAddr },
    /// Something else.
    Custom(MakeLauncher),
}

// === impl Plan ===

impl Plan {
    pub(super) fn new(origin: Origin) -> Self {
        let settings = Settings {
            clock: Clock::DESK,
            scale: BTreeMap::new(),
            publish: BTreeMap::new(),
            addresses: loopback(),
            failing: Failing::IsTold,
            dns: ANY_PORT,
            dns_upstream: None,
            alias_addresses: Vec::new(),
            discovery: None,
            access_log: None,
            task_metadata: ANY_PORT,
            metrics: None,
            explain: false,
            data_folder: PathBuf::new(),
        };
        Self {
            sources: Sources {
                origin,
                project_file: None,
                processes: Vec::new(),
                allowed: Allowed::default(),
            },
            scale: Vec::new(),
            launch: Launch::Tasks,
            ports: Ports::Free(BTreeMap::new()),
            settings,
            data_folder: None,
        }
    }

    /// Returns the settings for a stack, with `scale` by logical ids.
    pub(super) fn settings(
        &self,
        stack: &Stack,
        scale: BTreeMap<LogicalId, u32>,
        alias_addresses: Vec<Ipv4Addr>,
    ) -> Result<Settings, Error> {
        let publish = self.ports.of(stack)?;
        let data_folder = self.data_folder.clone().map_or_else(usual_data_folder, Ok)?;
        Ok(Settings { scale, publish, alias_addresses, data_folder, ..self.settings.clone() })
    }
}

/// Where the certificate authority is kept unless another folder is named.
fn usual_data_folder() -> Result<PathBuf, Error> {
    let folders = etcetera::choose_base_strategy();
    let folders = folders.map_err(|error| Error::NoDataFolder { why: error.to_string() })?;
    Ok(folders.data_dir().join(DATA_FOLDER))
}

/// Both loopback addresses, since `localhost` may be either; the second only where there is one.
fn loopback() -> Vec<IpAddr> {
    let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let has_v6 = TcpListener::bind((v6, 0)).is_ok();
    [IpAddr::V4(Ipv4Addr::LOCALHOST)].into_iter().chain(has_v6.then_some(v6)).collect()
}

// === impl Ports ===

impl Ports {
    /// Returns local ports by the listeners' ports in AWS.
    fn of(&self, stack: &Stack) -> Result<BTreeMap<u16, u16>, Error> {
        let listeners = stack.load_balancers.iter().flat_map(|balancer| &balancer.listeners);
        let known: Vec<_> = listeners.map(|listener| listener.port).collect();
        let (Self::Free(chosen) | Self::Usual(chosen)) = self;
        if let Some(port) = chosen.keys().find(|port| !known.contains(port)) {
            return Err(Error::NoListener { port: *port, known });
        }
        let free = known.into_iter().filter(|_| matches!(self, Self::Free(_)));
        Ok(free.map(|port| (port, 0)).chain(chosen.clone()).collect())
    }
}
