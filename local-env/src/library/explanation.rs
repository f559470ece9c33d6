//! What would become of a request.

use std::fmt;

use crate::route::{self, AskError, Asked, Told, Url};
use stack::{Listener, LoadBalancer, Stack};

/// What would become of a request: the rule that takes it, why no earlier one does, and what is done.
/// It displays as what `local-env route` prints.
#[derive(Debug)]
pub struct Explained(Result<Told, AskError>);

// === impl Explained ===

impl Explained {
    pub(super) fn of(
        stack: &Stack,
        main: Option<(&LoadBalancer, &Listener)>,
        method: &str,
        target: &str,
    ) -> Self {
        Self(told(stack, main, method, target))
    }

    /// Returns the logical id of the rule that takes the request: `default` for a listener's default
    /// action, and nothing where no listener or rule takes it.
    pub fn rule(&self) -> &str {
        self.0.as_ref().ok().and_then(|told| told.rule.as_deref()).unwrap_or_default()
    }

    /// Returns the logical ids of the target groups that the request may be forwarded to, of which
    /// there are none where it is redirected or answered.
    pub fn target_groups(&self) -> &[String] {
        self.0.as_ref().map(|told| told.target_groups.as_slice()).unwrap_or_default()
    }
}

fn told(
    stack: &Stack,
    main: Option<(&LoadBalancer, &Listener)>,
    method: &str,
    target: &str,
) -> Result<Told, AskError> {
    let method = route::method(method).map_err(AskError::Request)?;
    let asked = |url| Asked::new(&method, url, &[], std::net::IpAddr::from([127, 0, 0, 1]));
    let main = main.filter(|_| target.starts_with('/'));
    let (balancer, listener, asked) = if let Some((balancer, listener)) = main {
        let url = route::url(listener, target).map_err(AskError::Request)?;
        (balancer, listener, asked(url))
    } else {
        let url: Url = target.parse().map_err(AskError::Request)?;
        let (balancer, listener) = route::listener(stack, &url)?;
        (balancer, listener, asked(url))
    };
    route::told(stack, balancer, listener, &asked)
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(told) => f.write_str(&told.text),
            Err(error) => error.fmt(f),
        }
    }
}
