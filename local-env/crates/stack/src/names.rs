//! What people call a service: on the screen, in `--scale` and in `local-env.toml`.

use super::{Container, Service, Stack};

/// The name does not mean exactly one service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No service is called so.
    #[error("there is no service {name}; the stack has {}", known.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names of all services.
        known: Vec<String>,
    },
    /// Several services are called so.
    #[error("{name} may mean {}", candidates.join(" or "))]
    Ambiguous {
        /// The name that was asked for.
        name: String,
        /// The names that tell them apart.
        candidates: Vec<String>,
    },
}

// === impl Stack ===

impl Stack {
    /// Returns the name that its peers call a service by in Cloud Map, else its name in ECS.
    pub fn local_name<'a>(&'a self, service: &'a Service) -> &'a str {
        let registry = service.registry.as_ref();
        let discovered = registry.and_then(|registry| self.discovery_service(&registry.service));
        discovered.map_or(&service.name, |(_, service)| &service.name)
    }

    /// Returns the service that `name` means: by its name in Cloud Map or ECS, its logical id or
    /// the repository of its image.
    ///
    /// # Errors
    /// If there is no such service, or if several are called so.
    pub fn service_named(&self, name: &str) -> Result<&Service, NameError> {
        let is_called = |service: &&Service| service_names(self, service).contains(&name);
        let found: Vec<_> = self.services.iter().filter(is_called).collect();
        let names = |services: &[&Service]| {
            services.iter().map(|service| self.local_name(service).to_owned()).collect()
        };
        match found[..] {
            [service] => Ok(service),
            [] => {
                let known = names(&self.services.iter().collect::<Vec<_>>());
                Err(NameError::Unknown { name: name.to_owned(), known })
            }
            _ => Err(NameError::Ambiguous { name: name.to_owned(), candidates: names(&found) }),
        }
    }
}

/// Returns all that a service may be called, the best name first.
pub fn service_names<'a>(stack: &'a Stack, service: &'a Service) -> Vec<&'a str> {
    let mut names = vec![stack.local_name(service), &service.name, service.logical_id.as_str()];
    // Those of its other containers may be other services' too.
    let main = service.task_definition.containers.iter().find(|container| container.essential);
    names.extend(main.map(Container::repository));
    names
}
