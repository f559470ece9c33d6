//! `X-Amzn-Trace-Id` (alb §5.3).

use std::time::{SystemTime, UNIX_EPOCH};

use test_support::{Setup, Target};

/// The trace id that the target gets when the client sends these fields.
async fn traced(fields: &str) -> String {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.get_with("/", fields).await.status(), 200);
    target.last().get("x-amzn-trace-id").expect("a trace id").to_owned()
}

/// The second at which `1-SECOND-RANDOM` was made.
fn second(id: &str) -> u64 {
    let parts: Vec<_> = id.split('-').collect();
    let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
    assert_eq!((parts[0], lengths.as_slice()), ("1", [1, 8, 24].as_slice()), "{id}");
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    assert!(parts[1..].iter().all(|part| part.chars().all(hex)), "{id}");
    u64::from_str_radix(parts[1], 16).unwrap()
}

fn is_current(id: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(second(id)) <= 10, "{id} at {now}");
}

#[tokio::test]
async fn alb_104_a_request_without_a_trace_id_gets_a_root() {
    is_current(traced("").await.strip_prefix("Root=").expect("a root"));
}

#[tokio::test]
async fn alb_105_a_root_is_kept_and_a_self_put_before_it() {
    let id = traced("X-Amzn-Trace-Id: Root=1-x-y;Sampled=1\r\n").await;
    let (own, rest) = id.split_once(';').expect("several fields");
    is_current(own.strip_prefix("Self=").expect("a self"));
    assert_eq!(rest, "Root=1-x-y;Sampled=1");
}

#[tokio::test]
async fn alb_106_a_self_is_replaced() {
    let id = traced("X-Amzn-Trace-Id: Self=old;Root=r\r\n").await;
    let mut fields: Vec<_> = id.split(';').collect();
    fields.sort_unstable();
    let [root, own] = fields[..] else { panic!("two fields in {id}") };
    assert_eq!(root, "Root=r");
    is_current(own.strip_prefix("Self=").expect("a self"));
}
