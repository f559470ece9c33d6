//! A target that speaks HTTP/2, with or without gRPC in it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, request::Parts};
use tokio::net::{TcpListener, TcpStream};

/// Answers each request with its own body, gRPC ones with the status of a call that went well.
pub struct H2Target {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Parts>>>,
}

// === impl H2Target ===

impl H2Target {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::<Mutex<Vec<Parts>>>::default();
        let remembering = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let seen = Arc::clone(&remembering);
                tokio::spawn(serve(stream, move |parts| {
                    seen.lock().unwrap().push(parts);
                    0
                }));
            }
        });
        Self { address, seen }
    }

    pub fn seen(&self) -> Vec<Parts> {
        self.seen.lock().unwrap().clone()
    }
}

/// Serves one connection; `status` sees each request and gives the `grpc-status` of its answer.
pub async fn serve(stream: TcpStream, status: impl Fn(Parts) -> u16) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (parts, body) = Request::into_parts(request);
        let grpc = parts.headers.get("content-type").cloned();
        let status = status(parts);
        tokio::spawn(async move {
            let body = read(body).await;
            let mut response = Response::new(());
            let is_grpc = grpc.is_some();
            response.headers_mut().extend(grpc.map(|it| (http::header::CONTENT_TYPE, it)));
            let Ok(mut stream) = respond.send_response(response, false) else { return };
            let sent = stream.send_data(body.into(), !is_grpc);
            if is_grpc && sent.is_ok() {
                let status = HeaderValue::from(status);
                let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), status)]);
                let _ = stream.send_trailers(trailers);
            }
        });
    }
}

async fn read(mut body: h2::RecvStream) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(Ok(data)) = body.data().await {
        let data: Bytes = data;
        let _ = body.flow_control().release_capacity(data.len());
        whole.extend_from_slice(&data);
    }
    whole
}
