//! Whatever a client sends, its line in the access log is one line of all fields.

#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use alb::{
    LogFormat,
    internals::{Entry, EntryKind, Priority, RequestLine, classify, write},
};

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(6, |&byte| byte == 0xff);
    let mut part = || parts.next().unwrap_or_default();
    let (method, target, host, agent, trace, redirect) =
        (part(), part(), part(), part(), part(), part());
    let seed = bytes.len() as u64;
    let entry = Entry {
        load_balancer: "app/fuzz/0123456789abcdef",
        kind: EntryKind::Https,
        finished: SystemTime::UNIX_EPOCH + Duration::from_secs(seed << (seed % 40)),
        created: SystemTime::UNIX_EPOCH,
        client: ([127, 0, 0, 1], 1).into(),
        target: (seed % 2 == 0).then(|| ([127, 0, 0, 1], 2).into()),
        target_group: None,
        request_time: Some(Duration::from_micros(seed)),
        target_time: None,
        response_time: Some(Duration::MAX),
        status: 200,
        target_status: None,
        received: u64::MAX,
        sent: 0,
        request: (!method.is_empty()).then_some(RequestLine { method, target, version: "HTTP/1.1" }),
        scheme: "https",
        host,
        port: 443,
        user_agent: Some(agent),
        tls: None,
        trace_id: Some(trace),
        priority: Priority::Rule(1),
        action: Some("forward"),
        redirect_url: Some(redirect),
        error_reason: None,
        classification: classify(bytes),
        connection: u128::MAX,
        transformed_host: Some(host),
        transformed_uri: Some(target),
        transform_status: None,
        node: [127, 0, 0, 1].into(),
    };
    let mut line = Vec::new();
    write(&entry, LogFormat::Alb, &mut line);
    assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
    assert_eq!(fields(&line), 36, "{}", String::from_utf8_lossy(&line));

    line.clear();
    write(&entry, LogFormat::Json, &mut line);
    let json: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
    assert_eq!(json.as_object().map(serde_json::Map::len), Some(34));
});

/// How many fields a reader finds who splits at blanks outside quotes.
fn fields(line: &[u8]) -> usize {
    let (mut quoted, mut count) = (false, 1);
    for byte in line {
        match byte {
            b'"' => quoted = !quoted,
            b' ' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}
