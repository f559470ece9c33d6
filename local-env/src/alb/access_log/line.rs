//! One line of the access log.
//!
//! All fields stand in one list, in AWS's order and with AWS's names; the two formats differ only in
//! what they put around them. Bytes that would end a field or a line are written as `\xHH`.

use std::{
    io::Write as _,
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    super::{
        desync::Class,
        record::{Priority, Record, Tls},
    },
    LogFormat,
};

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
pub fn write(record: &Record<'_>, format: LogFormat, out: &mut Vec<u8>) {
    let mut line = Line { out, format, first: true };
    line.start();
    line.connection(record);
    line.times(record);
    line.answer(record);
    line.request(record);
    line.rule(record);
    line.details(record);
    line.end();
}

// === impl Line ===

impl Line<'_> {
    fn connection(&mut self, record: &Record<'_>) {
        self.word("type", record.kind.name());
        self.instant("time", record.finished);
        self.word("elb", record.load_balancer);
        self.address("client:port", Some(record.client));
        self.address("target:port", record.target);
    }

    fn times(&mut self, record: &Record<'_>) {
        self.duration("request_processing_time", record.request_time);
        self.duration("target_processing_time", record.target_time);
        self.duration("response_processing_time", record.response_time);
    }

    fn answer(&mut self, record: &Record<'_>) {
        self.number("elb_status_code", record.status);
        match record.target_status {
            Some(status) => self.number("target_status_code", status),
            None => self.word("target_status_code", "-"),
        }
        self.number("received_bytes", record.received);
        self.number("sent_bytes", record.sent);
    }

    fn request(&mut self, record: &Record<'_>) {
        self.name("request", Quotes::Around);
        let (scheme, port) = (record.scheme, record.port);
        if let Some(request) = &record.request {
            self.escaped(request.method);
            self.raw(format_args!(" {scheme}://"));
            self.escaped(record.host);
            self.raw(format_args!(":{port}"));
            self.escaped(request.target);
            self.raw(format_args!(" {}", request.version));
        } else {
            self.raw(format_args!("- {scheme}://"));
            self.escaped(record.host);
            self.raw(format_args!(":{port}- -"));
        }
        self.close(Quotes::Around);
        let agent = record.user_agent.map(|it| it.get(..MAX_USER_AGENT).unwrap_or(it));
        self.text("user_agent", agent);
        self.word("ssl_cipher", record.tls.as_ref().map_or("-", |tls| tls.cipher));
        self.word("ssl_protocol", record.tls.as_ref().map_or("-", |tls| tls.protocol));
    }

    fn rule(&mut self, record: &Record<'_>) {
        let group = record.target_group.map_or("-", |group| group.arn().as_str());
        self.word("target_group_arn", group);
        self.text("trace_id", record.trace_id);
        let tls = |part: fn(&Tls<'_>) -> Option<Vec<u8>>| record.tls.as_ref().and_then(part);
        self.text("domain_name", tls(|tls| Some(tls.domain?.into())).as_deref());
        self.text("chosen_cert_arn", tls(|tls| Some(tls.certificate?.into())).as_deref());
        match record.priority {
            Priority::Rule(priority) => self.number("matched_rule_priority", priority),
            Priority::Failed => self.number("matched_rule_priority", -1),
            Priority::None => self.word("matched_rule_priority", "-"),
        }
        self.instant("request_creation_time", record.created);
        self.text("actions_executed", record.action.map(str::as_bytes));
        self.text("redirect_url", record.redirect_url);
        self.text("error_reason", record.error_reason.map(str::as_bytes));
    }

    fn details(&mut self, record: &Record<'_>) {
        let target = record.target.map(|target| target.to_string().into_bytes());
        self.text("target:port_list", target.as_deref());
        let status = record.target_status.map(|status| status.to_string().into_bytes());
        self.text("target_status_code_list", status.as_deref());
        let verdict = &record.verdict;
        let class = (verdict.class != Class::Compliant).then(|| verdict.class.name());
        self.text("classification", class.map(str::as_bytes));
        let reason = verdict.reason.map(|reason| reason.name().as_bytes());
        self.text("classification_reason", reason);
        self.name("conn_trace_id", Quotes::None);
        self.raw(format_args!("TID_{:032x}", record.connection));
        self.close(Quotes::None);
        self.text("transformed_host", record.transformed_host);
        self.text("transformed_uri", record.transformed_uri);
        self.text("request_transform_status", record.transform_status.map(str::as_bytes));
        self.word("ip_address", &record.node.to_string());
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

    /// What has neither blanks nor quotes in it; were there any, they would be escaped.
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

    /// `2026-11-02T10:15:30.123456Z`.
    fn instant(&mut self, name: &str, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let micros = since.subsec_micros();
        self.plain(
            name,
            format_args!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
            ),
        );
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

/// Year, month and day of a day since 1970 (Howard Hinnant's `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}
