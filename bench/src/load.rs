//! Loads, put on by wrk and h2load, and what these say of them.

use std::{process::Command, time::Duration};

use miette::{IntoDiagnostic as _, miette};
use regex::Regex;

use crate::peer::{Running, installed};

/// What is asked for.
const PATH: &str = "/service2/x";

/// ALB, and so local-env, ends a connection after 10 000 requests, which h2load takes for an error.
const HTTP2_REQUESTS: &str = "72000";

/// A kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    Http,
    Https,
    Http2,
}

/// What a load generator has measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measured {
    pub(crate) requests: f64,
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

// === impl Load ===

impl Load {
    pub(crate) const ALL: [Self; 3] = [Self::Http, Self::Https, Self::Http2];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Http => "HTTP/1.1, 64 connections",
            Self::Https => "HTTPS (TLS 1.2, HTTP/1.1), 64 connections",
            Self::Http2 => "HTTP/2 over TLS 1.2, 8 connections of 8 streams",
        }
    }

    /// Puts the load on for so long; with HTTP/2, for a number of requests that takes about a second.
    pub(crate) fn put(self, on: &Running, seconds: u64) -> miette::Result<Measured> {
        let seconds = seconds.to_string();
        let (program, arguments) = match self {
            Self::Http => {
                let url = format!("http://127.0.0.1:{}{PATH}", on.http);
                ("wrk", vec!["-t2", "-c64", "-d", &seconds, "--latency"]).with(url)
            }
            Self::Https => {
                let url = format!("https://localhost:{}{PATH}", on.https);
                ("wrk", vec!["-t2", "-c64", "-d", &seconds, "--latency"]).with(url)
            }
            Self::Http2 => {
                let url = format!("https://localhost:{}{PATH}", on.https);
                ("h2load", vec!["-t2", "-c8", "-m8", "-n", HTTP2_REQUESTS]).with(url)
            }
        };
        let program = installed(program).ok_or_else(|| miette!("{program} is not installed"))?;
        let output = Command::new(program).args(arguments).output().into_diagnostic()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let read = if self == Self::Http2 { read_h2load(&text) } else { read_wrk(&text) };
        read.ok_or_else(|| miette!("the load failed:\n{text}"))
    }
}

trait With<'a> {
    fn with(self, url: String) -> (&'a str, Vec<String>);
}

impl<'a> With<'a> for (&'a str, Vec<&str>) {
    fn with(self, url: String) -> (&'a str, Vec<String>) {
        let arguments = self.1.into_iter().map(str::to_owned).chain([url]);
        (self.0, arguments.collect())
    }
}

/// Nothing where a request failed.
fn read_wrk(text: &str) -> Option<Measured> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return None;
    }
    Some(Measured {
        requests: number(text, r"(\d+) requests in")?,
        per_second: number(text, r"Requests/sec:\s+([\d.]+)")?,
        p50: duration(text, r"50%\s+([\d.]+)(us|ms|s)")?,
        p99: duration(text, r"99%\s+([\d.]+)(us|ms|s)")?,
    })
}

/// h2load tells a mean and the greatest of its waiting times: the mean stands for the middle here, and
/// there is no p99.
fn read_h2load(text: &str) -> Option<Measured> {
    Some(Measured {
        requests: number(text, r"(\d+) succeeded").filter(|&requests| requests > 0.0)?,
        per_second: number(text, r"([\d.]+) req/s")?,
        p50: duration(text, r"time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)")?,
        p99: Duration::ZERO,
    })
}

pub(crate) fn number(text: &str, pattern: &str) -> Option<f64> {
    Regex::new(pattern).ok()?.captures(text)?.get(1)?.as_str().parse().ok()
}

fn duration(text: &str, pattern: &str) -> Option<Duration> {
    let captures = Regex::new(pattern).ok()?.captures(text)?;
    let number: f64 = captures.get(1)?.as_str().parse().ok()?;
    let seconds = match captures.get(2)?.as_str() {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        _ => number,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let text = "  Latency Distribution\n     50%    0.94ms\n     99%  850.00us\n  \
                    244020 requests in 4.00s, 40.00MB read\nRequests/sec:  61005.05\n";
        let measured = Measured {
            requests: 244_020.0,
            per_second: 61_005.05,
            p50: Duration::from_micros(940),
            p99: Duration::from_micros(850),
        };
        assert_eq!(read_wrk(text), Some(measured));
        assert_eq!(read_wrk(&format!("{text}  Non-2xx or 3xx responses: 3\n")), None);
    }

    #[test]
    fn what_h2load_says_is_read() {
        let text = "finished in 3.93s, 50915.58 req/s, 8.16MB/s\nrequests: 200000 total, \
                    200000 started, 200000 done, 199990 succeeded, 10 failed\n\
                    time for request:      151us     25.21ms      1.24ms       0.9ms    80.00%\n";
        let measured = read_h2load(text).unwrap();
        assert_eq!((measured.requests, measured.per_second), (199_990.0, 50_915.58));
        assert_eq!(measured.p50, Duration::from_micros(1240));
    }
}
