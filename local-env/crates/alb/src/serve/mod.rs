//! Serving a client's connection: its requests are read in the protocol that it speaks, and each is
//! handed to the exchange.

mod http1;
mod http2;

pub(crate) use http1::serve as serve_http1;
pub(crate) use http2::serve as serve_http2;
