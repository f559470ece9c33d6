//! What all HTTP clients of a service have in common.

use reqwest::{Client, ClientBuilder, redirect};
use rustls::crypto::ring;

/// A client that takes an answer as it is: it follows no redirect and knows no proxy.
pub(crate) fn builder() -> ClientBuilder {
    // reqwest comes without cryptography. An error says that some is there already, which will do.
    let _ = ring::default_provider().install_default();
    Client::builder().redirect(redirect::Policy::none()).no_proxy()
}
