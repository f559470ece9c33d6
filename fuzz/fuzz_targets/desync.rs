//! Any head is judged as by AWS's own guardian, and a plain one is compliant.

#![no_main]

use http_desync_guardian::request_analyzer::HttpRequestData;
use libfuzzer_sys::fuzz_target;
use alb::internals::{Class, ClassificationReason, RequestHead, classify};

fuzz_target!(|head: &[u8]| {
    let ours = classify(head);
    let theirs = HttpRequestData::analyze_raw_request(head);
    assert_eq!(ours.class.name(), format!("{:?}", theirs.tier));
    let reason = ours.reason.map_or("Compliant", ClassificationReason::name);
    assert_eq!(reason, format!("{:?}", theirs.reason));

    let mut request = RequestHead::default();
    if head.ends_with(b"\r\n\r\n") && request.read(head).is_ok() && request.is_plain() {
        assert!(ours.class == Class::Compliant || has_rest(head), "{ours:?}");
    }
});

/// Whether the head ends before its bytes do: what follows is not looked at by who reads it.
fn has_rest(head: &[u8]) -> bool {
    let end = head.windows(2).position(|two| two == b"\n\n");
    let end = end.or_else(|| head.windows(3).position(|three| three == b"\n\r\n"));
    end.is_some_and(|at| at + 3 < head.len())
}
