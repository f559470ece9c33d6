//! A DNS server that says what a test wants to hear, over UDP and TCP on the same port.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use hickory_resolver::proto::{
    op::{Message, Query, ResponseCode},
    rr::{RData, Record, RecordType},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
};

/// What is said to every query.
#[derive(Clone)]
pub(crate) enum Says {
    /// These addresses with this TTL to an A query; to any other that there is no such record.
    Addresses(Vec<Ipv4Addr>, u32),
    /// The same, over UDP cut off.
    OverTcpOnly(Vec<Ipv4Addr>),
    Code(ResponseCode),
    Nothing,
}

#[derive(Clone)]
pub(crate) struct Dns {
    pub(crate) address: SocketAddr,
    says: Arc<Mutex<Says>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    pub(crate) async fn start(says: Says) -> Self {
        let (udp, tcp) = sockets().await;
        let dns = Self {
            address: udp.local_addr().unwrap(),
            says: Arc::new(Mutex::new(says)),
            asked: Arc::default(),
        };
        tokio::spawn(dns.clone().serve_udp(udp));
        tokio::spawn(dns.clone().serve_tcp(tcp));
        dns
    }

    pub(crate) fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    /// What was asked so far: `udp A service2.services.`
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve_udp(self, socket: UdpSocket) {
        let mut buffer = [0; 4096];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            if let Some(answer) = self.answer(&buffer[..length], "udp") {
                socket.send_to(&answer, client).await.unwrap();
            }
        }
    }

    async fn serve_tcp(self, listener: TcpListener) {
        while let Ok((mut connection, _)) = listener.accept().await {
            if let Some(answer) = self.answer(&read(&mut connection).await, "tcp") {
                let length = u16::try_from(answer.len()).unwrap();
                connection.write_u16(length).await.unwrap();
                connection.write_all(&answer).await.unwrap();
            }
        }
    }

    fn answer(&self, query: &[u8], transport: &str) -> Option<Vec<u8>> {
        let query = Message::from_vec(query).unwrap();
        let question = query.queries[0].clone();
        let asked = format!("{transport} {} {}", question.query_type(), question.name());
        self.asked.lock().unwrap().push(asked);

        let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
        answer.metadata.recursion_available = true;
        answer.add_query(question.clone());
        match &*self.says.lock().unwrap() {
            Says::Nothing => return None,
            Says::Code(code) => answer.metadata.response_code = *code,
            Says::OverTcpOnly(_) if transport == "udp" => answer.metadata.truncation = true,
            Says::OverTcpOnly(addresses) => add(&mut answer, &question, addresses, 60),
            Says::Addresses(addresses, ttl) => add(&mut answer, &question, addresses, *ttl),
        }
        Some(answer.to_vec().unwrap())
    }
}

fn add(answer: &mut Message, question: &Query, addresses: &[Ipv4Addr], ttl: u32) {
    if question.query_type() == RecordType::A {
        for address in addresses {
            let data = RData::A((*address).into());
            answer.add_answer(Record::from_rdata(question.name().clone(), ttl, data));
        }
    }
}

async fn read(connection: &mut TcpStream) -> Vec<u8> {
    let length = connection.read_u16().await.unwrap();
    let mut query = vec![0; length.into()];
    connection.read_exact(&mut query).await.unwrap();
    query
}

async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}
