//! What a listener does with connections and requests, as far as a template may change it while the
//! load balancer serves.
//!
//! It is replaced whole, by each worker for itself and between two requests, so that it costs a
//! request no more than a look at a pointer. A request keeps to its end what it began with.

use std::{collections::HashMap, sync::Arc};

use crate::{
    rules::{RouteError, Routes},
    targets::TargetGroup,
};
use stack::{
    Arn, Certificate, Listener, ListenerAttributes, ListenerProtocol, LoadBalancer,
    LoadBalancerAttributes,
};

/// How a listener handles what comes.
#[derive(Clone, Debug)]
pub(crate) struct Handling {
    pub(crate) routes: Routes,
    pub(crate) attributes: Arc<LoadBalancerAttributes>,
    pub(crate) listener: Arc<ListenerAttributes>,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    /// The certificates that clients are shown, for the log to name.
    pub(crate) certificates: Arc<[Certificate]>,
}

// === impl Handling ===

impl Handling {
    /// Compiles what a listener of this load balancer does, whose rules forward to some of
    /// `groups`.
    pub(crate) fn compile(
        model: &LoadBalancer,
        listener: &Listener,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Result<Self, RouteError> {
        Ok(Self {
            routes: Routes::compile(listener, groups)?,
            attributes: Arc::new(model.attributes.clone()),
            listener: Arc::new(listener.attributes.clone()),
            tls,
            certificates: match &listener.protocol {
                ListenerProtocol::Http => [].into(),
                ListenerProtocol::Https { certificates, .. } => certificates.as_slice().into(),
            },
        })
    }
}
