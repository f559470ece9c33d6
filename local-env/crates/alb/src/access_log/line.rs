//! One line of the access log.
//!
//! All fields stand in one list, in AWS's order and with AWS's names; the two formats differ only in
//! what they put around them. Bytes that would end a field or a line are written as `\xHH`.

use std::{
    io::Write as _,
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Entry, LogFormat, Tls};
use crate::{desync::Class, record::Priority};
use clock::utc::ToTheSecond;

/// What AWS keeps of a `User-Agent`.
const MAX_USER_AGENT: usize = 8 << 10;

/// What stands around a field in ALB's format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Around,
}

/// Puts fields together into a line.
struct Line<'a> {
    out: &'a mut Vec<u8>,
    format: LogFormat,
    first: bool,
}

/// Writes the line of a request, with its end.
pub fn write(entry: &Entry<'_>, format: LogFormat, out: &mut Vec<u8>) {
    let mut line = Line { out, format, first: true };
    line.start();
    line.connection(entry);
    line.times(entry);
    line.answer(entry);
    line.request(entry);
    line.rule(entry);
    line.details(entry);
    line.end();
}

// === impl Line ===

impl Line<'_> {
    fn connection(&mut self, entry: &Entry<'_>) {
        self.word("type", entry.kind.name());
        self.instant("time", entry.finished);
        self.word("elb", entry.load_balancer);
        self.address("client:port", Some(entry.client));
        self.address("target:port", entry.target);
    }

    fn times(&mut self, entry: &Entry<'_>) {
        self.duration("request_processing_time", entry.request_time);
        self.duration("target_processing_time", entry.target_time);
        self.duration("response_processing_time", entry.response_time);
    }

    fn answer(&mut self, entry: &Entry<'_>) {
        self.number("elb_status_code", entry.status);
        match entry.target_status {
            Some(status) => self.number("target_status_code", status),
            None => self.word("target_status_code", "-"),
        }
        self.number("received_bytes", entry.received);
        self.number("sent_bytes", entry.sent);
    }

    fn request(&mut self, entry: &Entry<'_>) {
        self.name("request", Quotes::Around);
        let (scheme, port) = (entry.scheme, entry.port);
        if let Some(request) = &entry.request {
            self.escaped(request.method);
            self.raw(format_args!(" {scheme}://"));
            self.escaped(entry.host);
            self.raw(format_args!(":{port}"));
            self.escaped(request.target);
            self.raw(format_args!(" {}", request.version));
        } else {
            self.raw(format_args!("- {scheme}://"));
            self.escaped(entry.host);
            self.raw(format_args!(":{port}- -"));
        }
        self.close(Quotes::Around);
        let agent = entry.user_agent.map(|it| it.get(..MAX_USER_AGENT).unwrap_or(it));
        self.text("user_agent", agent);
        self.word("ssl_cipher", entry.tls.as_ref().map_or("-", |tls| tls.cipher));
        self.word("ssl_protocol", entry.tls.as_ref().map_or("-", |tls| tls.protocol));
    }

    fn rule(&mut self, entry: &Entry<'_>) {
        let group = entry.target_group.map_or("-", |group| group.arn().as_str());
        self.word("target_group_arn", group);
        self.text("trace_id", entry.trace_id);
        let tls = |part: fn(&Tls<'_>) -> Option<Vec<u8>>| entry.tls.as_ref().and_then(part);
        self.text("domain_name", tls(|tls| Some(tls.domain?.into())).as_deref());
        self.text("chosen_cert_arn", tls(|tls| Some(tls.certificate?.into())).as_deref());
        match entry.priority {
            Priority::Rule(priority) => self.number("matched_rule_priority", priority),
            Priority::Failed => self.number("matched_rule_priority", -1),
            Priority::None => self.word("matched_rule_priority", "-"),
        }
        self.instant("request_creation_time", entry.created);
        self.text("actions_executed", entry.action.map(str::as_bytes));
        self.text("redirect_url", entry.redirect_url);
        self.text("error_reason", entry.error_reason.map(str::as_bytes));
    }

    fn details(&mut self, entry: &Entry<'_>) {
        let target = entry.target.map(|target| target.to_string().into_bytes());
        self.text("target:port_list", target.as_deref());
        let status = entry.target_status.map(|status| status.to_string().into_bytes());
        self.text("target_status_code_list", status.as_deref());
        let classification = &entry.classification;
        let class = (classification.class != Class::Compliant).then(|| classification.class.name());
        self.text("classification", class.map(str::as_bytes));
        let reason = classification.reason.map(|reason| reason.name().as_bytes());
        self.text("classification_reason", reason);
        self.name("conn_trace_id", Quotes::None);
        self.raw(format_args!("TID_{:032x}", entry.connection));
        self.close(Quotes::None);
        self.text("transformed_host", entry.transformed_host);
        self.text("transformed_uri", entry.transformed_uri);
        self.text("request_transform_status", entry.transform_status.map(str::as_bytes));
        self.word("ip_address", &entry.node.to_string());
        if self.format == LogFormat::Alb {
            // Two more fields that AWS has begun to write and does not describe yet.
            self.text("", None);
            self.text("", None);
        }
    }

    fn start(&mut self) {
        if self.format == LogFormat::Json {
            self.out.push(b'{');
        }
    }

    fn end(&mut self) {
        if self.format == LogFormat::Json {
            self.out.push(b'}');
        }
        self.out.push(b'\n');
    }

    /// Begins a field.
    fn name(&mut self, name: &str, quotes: Quotes) {
        let first = std::mem::replace(&mut self.first, false);
        match (self.format, quotes) {
            (LogFormat::Json, _) => {
                self.raw(format_args!("{}\"{name}\":\"", if first { "" } else { "," }));
            }
            (LogFormat::Alb, Quotes::None) if first => {}
            (LogFormat::Alb, Quotes::None) => self.out.push(b' '),
            (LogFormat::Alb, Quotes::Around) => self.out.extend_from_slice(b" \""),
        }
    }

    /// Ends a field.
    fn close(&mut self, quotes: Quotes) {
        if self.format == LogFormat::Json || quotes == Quotes::Around {
            self.out.push(b'"');
        }
    }

    fn text(&mut self, name: &str, value: Option<&[u8]>) {
        self.name(name, Quotes::Around);
        self.escaped(value.unwrap_or(b"-"));
        self.close(Quotes::Around);
    }

    /// Writes a value that has neither blanks nor quotes in it; were there any, they would be
    /// escaped.
    fn word(&mut self, name: &str, value: &str) {
        self.name(name, Quotes::None);
        for &byte in value.as_bytes() {
            if byte == b' ' { self.raw(format_args!("\\x20")) } else { self.escaped(&[byte]) }
        }
        self.close(Quotes::None);
    }

    fn number(&mut self, name: &str, value: impl Into<i128>) {
        self.plain(name, format_args!("{}", value.into()));
    }

    fn plain(&mut self, name: &str, value: std::fmt::Arguments<'_>) {
        self.name(name, Quotes::None);
        self.raw(value);
        self.close(Quotes::None);
    }

    fn address(&mut self, name: &str, address: Option<SocketAddr>) {
        match address {
            Some(address) => self.plain(name, format_args!("{address}")),
            None => self.word(name, "-"),
        }
    }

    fn duration(&mut self, name: &str, duration: Option<Duration>) {
        match duration {
            Some(it) => {
                self.plain(name, format_args!("{}.{:03}", it.as_secs(), it.subsec_millis()));
            }
            None => self.word(name, "-1"),
        }
    }

    /// Writes a date like `2026-11-02T10:15:30.123456Z`.
    fn instant(&mut self, name: &str, time: SystemTime) {
        let micros = time.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_micros();
        self.plain(name, format_args!("{}.{micros:06}Z", ToTheSecond(time)));
    }

    fn escaped(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'"' | b'\\' | 0..=0x1f | 0x7f.. if self.format == LogFormat::Json => {
                    self.raw(format_args!("\\u{byte:04x}"));
                }
                b'"' | b'\\' | 0..=0x1f | 0x7f.. => self.raw(format_args!("\\x{byte:02x}")),
                byte => self.out.push(byte),
            }
        }
    }

    fn raw(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into memory does not fail.
        let _written = self.out.write_fmt(text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        access_log::{EntryKind, RequestLine},
        desync::Classification,
    };

    /// Makes an entry in which everything that a client writes is `text`.
    fn entry(text: &[u8]) -> Entry<'_> {
        Entry {
            load_balancer: "app/demo/0123456789abcdef",
            kind: EntryKind::Http,
            finished: UNIX_EPOCH + Duration::from_micros(1_793_614_530_123_456),
            created: UNIX_EPOCH,
            client: ([192, 0, 2, 1], 51_514).into(),
            target: None,
            target_group: None,
            request_time: Some(Duration::from_micros(1_999)),
            target_time: None,
            response_time: None,
            status: 200,
            target_status: None,
            received: 1,
            sent: 2,
            request: Some(RequestLine { method: text, target: text, version: "HTTP/1.1" }),
            scheme: "http",
            host: text,
            port: 80,
            user_agent: Some(text),
            tls: None,
            trace_id: Some(text),
            priority: Priority::Rule(0),
            action: Some("forward"),
            redirect_url: Some(text),
            error_reason: None,
            classification: Classification::default(),
            connection: 1,
            transformed_host: Some(text),
            transformed_uri: Some(text),
            transform_status: None,
            node: [127, 0, 0, 1].into(),
        }
    }

    fn line(text: &[u8], format: LogFormat) -> String {
        let mut out = Vec::new();
        write(&entry(text), format, &mut out);
        String::from_utf8(out).unwrap()
    }

    /// As AWS's readers split it: at blanks that no quotes enclose.
    fn fields(line: &str) -> usize {
        line.split('"').step_by(2).map(|outside| outside.matches(' ').count()).sum::<usize>() + 1
    }

    #[test]
    fn a_line_begins_as_in_aws() {
        let expected = "http 2026-11-02T10:15:30.123456Z app/demo/0123456789abcdef 192.0.2.1:51514 \
                        - 0.001 -1 -1 200 - 1 2 \"a http://a:80a HTTP/1.1\" \"a\" - - - ";
        assert!(line(b"a", LogFormat::Alb).starts_with(expected));
    }

    #[test]
    fn what_would_end_a_field_is_escaped() {
        let text = line(b"a\"b\\\n\xe9", LogFormat::Alb);
        assert!(text.contains("\"a\\x22b\\x5c\\x0a\\xe9\""), "{text}");
    }

    proptest! {
        #[test]
        fn whatever_a_client_sends_is_one_line_of_all_fields(
            text in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let alb = line(&text, LogFormat::Alb);
            prop_assert_eq!((fields(&alb), alb.matches('\n').count()), (36, 1), "{}", alb);
            let json: serde_json::Value = serde_json::from_str(&line(&text, LogFormat::Json)).unwrap();
            prop_assert_eq!(json.as_object().unwrap().len(), 34);
        }
    }
}
