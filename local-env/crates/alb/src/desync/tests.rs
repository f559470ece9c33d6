//! The classes, held to AWS's own guardian.

use http_desync_guardian::request_analyzer::HttpRequestData;
use proptest::prelude::*;

use super::*;
use crate::head::{RequestHead, head_end};

/// What the guardian says, in our words.
fn guardian(head: &[u8]) -> (String, String) {
    let result = HttpRequestData::analyze_raw_request(head);
    (format!("{:?}", result.tier), format!("{:?}", result.reason))
}

fn ours(head: &[u8]) -> (String, String) {
    let classification = classify(head);
    let reason = classification.reason.map_or("Compliant", ClassificationReason::name);
    (classification.class.name().into(), reason.into())
}

fn classification(head: &str) -> String {
    let (class, reason) = ours(head.as_bytes());
    assert_eq!(guardian(head.as_bytes()), (class.clone(), reason.clone()), "{head:?}");
    format!("{class} {reason}")
}

/// With the request's other lines around these fields.
fn of(method: &str, fields: &str) -> String {
    classification(&format!("{method} / HTTP/1.1\r\nHost: h\r\n{fields}\r\n\r\n"))
}

#[test]
fn alb_116_each_kind_of_request_has_its_class_and_reason() {
    const COMPLIANT: &str = "Compliant Compliant";
    for (method, fields, expected) in [
        ("GET", "Content-Length: 0", "Acceptable GetHeadZeroContentLength"),
        ("GET", "Content-Length: 5", "Ambiguous UndefinedContentLengthSemantics"),
        ("HEAD", "Content-Length: 5", "Ambiguous UndefinedContentLengthSemantics"),
        ("DELETE", "Content-Length: 5", COMPLIANT),
        ("POST", "Content-Length:", COMPLIANT),
        ("GET", "Transfer-Encoding: chunked", "Ambiguous UndefinedTransferEncodingSemantics"),
        ("POST", "Content-Length: 5\r\nTransfer-Encoding: chunked", "Ambiguous BothTeClPresent"),
        ("POST", "Content-Length: 5\r\nContent-Length: 5", "Ambiguous DuplicateContentLength"),
        ("POST", "Content-Length: 5\r\nContent-Length: 6", "Severe MultipleContentLength"),
        ("POST", "Content-Length: 5, 5", "Severe BadContentLength"),
        ("POST", "Content-Length: +5", "Severe BadContentLength"),
        ("POST", "Content-Length: 0x5", "Severe BadContentLength"),
        ("POST", "Content-Length: 99999999999999999999", "Severe BadContentLength"),
        ("POST", "Transfer-Encoding: chunked, chunked", "Severe MultipleTransferEncodingChunked"),
        ("POST", "Transfer-Encoding: chunked, identity, chunked", COMPLIANT),
        ("POST", "Transfer-Encoding: x", "Severe BadTransferEncoding"),
        ("POST", "Transfer-Encoding: chunked,", "Severe BadTransferEncoding"),
        ("POST", "Transfer-Encoding: gzip, chunked", COMPLIANT),
        ("POST", "Transfer-Encoding : chunked", "Ambiguous SuspiciousHeader"),
        ("POST", "Transfer_Encoding: chunked", "Ambiguous SuspiciousHeader"),
        ("POST", "Content\u{1}-Length: 5", "Ambiguous SuspiciousHeader"),
        ("POST", "X-Content-Length: 5", COMPLIANT),
        ("POST", "A b: c", "Acceptable NonCompliantHeader"),
        ("POST", "A: \u{1}", "Acceptable NonCompliantHeader"),
        ("POST", "A: \u{e9}", COMPLIANT),
        ("POST", "A_B: c", COMPLIANT),
        ("POST", "Host: other", COMPLIANT),
        ("POST", "Transfer-Encoding: identity", COMPLIANT),
        ("POST", "A: \0", "Severe BadHeader"),
        ("POST", "A\r: b", "Severe BadHeader"),
        ("POST", ": b", "Ambiguous EmptyHeader"),
        ("POST", "A", "Ambiguous MissingHeaderColon"),
        ("POST", "A: b\r\n c", "Ambiguous MultilineHeader"),
        ("POST", "Content-Type: b\r\n c", COMPLIANT),
        ("PO(ST", "A: b", "Severe BadMethod"),
        ("post", "A: b", COMPLIANT),
    ] {
        assert_eq!(of(method, fields), expected, "{method} {fields:?}");
    }
}

#[test]
fn request_lines_have_their_classes_too() {
    for (line, expected) in [
        ("GET /a b HTTP/1.1", "Acceptable SpaceInUri"),
        ("GET /\u{1} HTTP/1.1", "Ambiguous AmbiguousUri"),
        ("GET /\0 HTTP/1.1", "Severe BadUri"),
        ("GET /", "Acceptable NonCompliantVersion"),
        ("GET / HTTP/1.2", "Acceptable NonCompliantVersion"),
        ("GET / HTTP/1.1 ", "Acceptable NonCompliantVersion"),
        ("GET / HTTP/1.10", "Severe BadVersion"),
        ("GET / HTTP/1.x", "Severe BadVersion"),
        ("GET / FOO/1.1", "Severe BadVersion"),
        ("GET / HTTP/2.0", "Compliant Compliant"),
        ("GET HTTP/1.1", "Ambiguous MissingUri"),
        ("GET  ", "Ambiguous MissingUri"),
    ] {
        assert_eq!(classification(&format!("{line}\r\nHost: h\r\n\r\n")), expected, "{line:?}");
    }
    assert_eq!(
        classification("GET / HTTP/1.1\nHost: h\r\n\r\n"),
        "Acceptable NonCrLfLineTermination"
    );
    assert_eq!(classification("GET / HTTP/1.1\r\nHost: h"), "Ambiguous PartialHeaderLine");
    assert_eq!(classification("GET / HTTP/1.1\r\nHost: h\r\n"), "Ambiguous MissingLastEmptyLine");
}

#[test]
fn each_mode_treats_each_class_in_its_way() {
    use DesyncMitigation::{Defensive, Monitor, Strictest};
    let of = |mode| {
        [Class::Compliant, Class::Acceptable, Class::Ambiguous, Class::Severe]
            .map(|class| treatment(mode, class))
    };
    assert_eq!(of(Monitor), [Treatment::Pass; 4]);
    let defensive = [Treatment::Pass, Treatment::Pass, Treatment::PassAndClose, Treatment::Block];
    assert_eq!(of(Defensive), defensive);
    assert_eq!(of(Strictest)[0], Treatment::Pass);
    assert_eq!(of(Strictest)[1..], [Treatment::Block; 3]);
}

/// Heads of all sorts: lines that might mean something, put together and then damaged.
fn nasty_head() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        "GET / HTTP/1.1",
        "POST /a HTTP/1.0",
        "HEAD /a b HTTP/1.1",
        "PUT / HTTP/1.9",
        "GET /",
        "POST HTTP/1.1",
        "echo",
        "GET  ",
        "GET   ",
        "",
        "GET  / HTTP/1.1 \t",
        "DELETE / HTTP/2.0",
        "P\u{1} / HTTP/1.1",
    ]);
    let field = prop::sample::select(vec![
        "Host: h",
        "Content-Length: 0",
        "Content-Length: 5",
        "content-length:5 ",
        "Content-Length:",
        "Content-Length: +5",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip;q=1, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding : chunked",
        "Transfer_Encoding: x",
        "tran\u{17f}fer-encoding: chunked",
        "Content-Type: a",
        " folded",
        "\tfolded: more",
        ": b",
        "   ",
        "no colon",
        "X-Content-Length: 1",
        "-Content-Length-: 1",
        "Content-Lengt----: 5zip",
        "Transfer-------------------: x",
        "A b: c",
        "A: \u{1}",
        "Content\tLength: 1",
    ]);
    let end = prop::sample::select(vec!["\r\n", "\r\n", "\r\n", "\n", "\r", ""]);
    let lines = prop::collection::vec((field, end.clone()), 0..6);
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..2);
    (line, end.clone(), lines, end, damage).prop_map(|(line, first, lines, last, damage)| {
        let mut head = format!("{line}{first}");
        for (field, end) in lines {
            head += field;
            head += end;
        }
        head += last;
        let mut head = head.into_bytes();
        for (at, byte) in damage {
            if !head.is_empty() {
                let at = at.index(head.len());
                head[at] = byte;
            }
        }
        head
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_head_is_judged_as_by_the_guardian(head in nasty_head()) {
        prop_assert_eq!(ours(&head), guardian(&head), "{:?}", String::from_utf8_lossy(&head));
    }

    #[test]
    fn a_plain_head_is_compliant(head in nasty_head()) {
        let Some(end) = head_end(&head, 0) else { return Ok(()) };
        let head = &head[..end];
        let mut request = RequestHead::default();
        if request.read(head).is_ok() && request.is_plain() {
            prop_assert_eq!(classify(head).class, Class::Compliant, "{:?}", head);
        }
    }
}
