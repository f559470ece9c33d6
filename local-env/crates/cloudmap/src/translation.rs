//! Answers as containers need them: with the addresses by which these reach tasks.

use std::net::Ipv4Addr;

use hickory_server::proto::{op::Message, rr::RData};

/// Returns a DNS message with other addresses in place of this machine's own ones, 127.0.0.0/8, which
/// are the container itself to a container. A record whose address has no other is left out, and bytes
/// that are no message are returned as they are.
pub fn for_containers(
    answer: Vec<u8>,
    address_of: impl Fn(Ipv4Addr) -> Option<Ipv4Addr>,
) -> Vec<u8> {
    // What cannot be read has no addresses.
    let Ok(mut message) = Message::from_vec(&answer) else { return answer };
    let mut is_changed = false;
    message.answers.retain_mut(|record| {
        let RData::A(address) = &mut record.data else { return true };
        if !address.is_loopback() {
            return true;
        }
        is_changed = true;
        let other = address_of(**address);
        if let Some(other) = other {
            *address = other.into();
        }
        other.is_some()
    });
    if is_changed { message.to_vec().unwrap_or(answer) } else { answer }
}

#[cfg(test)]
mod tests {
    use hickory_server::proto::{
        op::{MessageType, OpCode},
        rr::{Name, Record},
    };

    use super::*;

    #[test]
    fn addresses_of_this_machine_are_replaced_or_left_out() {
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        let name = Name::from_ascii("web.shop.").unwrap();
        for address in ["127.1.1.0", "127.1.1.1", "192.0.2.1"] {
            let address: Ipv4Addr = address.parse().unwrap();
            message.answers.push(Record::from_rdata(name.clone(), 9, RData::A(address.into())));
        }
        let known = |address: Ipv4Addr| {
            (address == Ipv4Addr::new(127, 1, 1, 1)).then(|| Ipv4Addr::new(172, 20, 0, 3))
        };
        let answer = for_containers(message.to_vec().unwrap(), known);
        let answers = Message::from_vec(&answer).unwrap().answers;
        let told: Vec<_> = answers.iter().map(|it| (it.data.to_string(), it.ttl)).collect();
        assert_eq!(told, [("172.20.0.3".to_owned(), 9), ("192.0.2.1".to_owned(), 9)]);
    }

    #[test]
    fn what_is_no_answer_stays_as_it_is() {
        assert_eq!(for_containers(b"x".to_vec(), |_| None), b"x");
    }
}
